// SPDX-License-Identifier: GPL-3.0-or-later
// imprint image fetch: an image of the catalogue, from where it is made.
#include "catalog/offer.h"
#include "cli/handlers.h"
#include "cli/image_fetch.h"
#include "cli/image_upload.h"
#include "cli/show.h"
#include "content/medium.h"
#include "fleet/process.h"
#include "fleet/scratch.h"
#include "service/server_folders.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OFFERS_FILE "offers.yaml"
#define OFFERS_OWN  "/etc/imprint/os/" OFFERS_FILE
#define PATH_BYTES  1024

// What is shipped, and the administrator's own.
static bool load_offers(const struct call *call, struct offers *offers)
{
    char folder[PATH_BYTES / 2];
    char file[PATH_BYTES];
    struct problem problem;
    const char *given = call_option(call, "offers");
    problem_clear(&problem);
    server_folders_data("os", folder, sizeof folder);
    (void)snprintf(file, sizeof file, "%s/%s", folder, OFFERS_FILE);
    enum status status = offers_load(offers, file, &problem);
    const char *own = given == NULL ? OFFERS_OWN : given;
    if (status == STATUS_OK && (given != NULL || access(own, F_OK) == 0)) {
        status = offers_load(offers, own, &problem);
    }
    if (status != STATUS_OK) {
        ask_complain(call, &problem);
    }
    return status == STATUS_OK;
}

static const char *checked_by(const struct offer *offer)
{
    return offer->signature[0] == '\0'      ? "HTTPS alone"
           : offer->keyring[0] != '\0'      ? offer->keyring
           : offer->fingerprints[0] != '\0' ? offer->fingerprints
                                            : "";
}

static int list_offers(struct call *call, const struct offers *offers)
{
    static const struct table_column columns[] = {
        {"NAME", false, false}, {"WHAT", false, true}, {"FROM", false, true}, {"SIGNED BY", false, true}};
    struct table table;
    json_t *list = json_array();
    table_init(&table, columns, COUNT_OF(columns));
    for (size_t i = 0; i < offers->count; i++) {
        const struct offer *offer = &offers->items[i];
        table_add(&table, SCREEN_BOLD, offer->name);
        table_add(&table, SCREEN_PLAIN, offer->description);
        table_add(&table, SCREEN_PLAIN, offer->base);
        table_add(&table, SCREEN_PLAIN, checked_by(offer));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", offer->name,
                                              "description", offer->description, "base", offer->base, "file",
                                              offer->file, "keyring", offer->keyring, "package",
                                              offer->package, "fingerprints", offer->fingerprints));
    }
    return show_list(call, list, &table, "the catalogue has nothing that can be fetched");
}

static json_t *add_tree(struct call *call, const char *file, const char *name)
{
    struct scratch scratch;
    struct problem problem;
    json_t *image = NULL;
    problem_clear(&problem);
    if (scratch_open(&scratch, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return NULL;
    }
    const char *const words[] = {"tar", "--extract",   "--no-same-owner", "--file",
                                 file,  "--directory", scratch.path,      NULL};
    const struct process_job unpack = {.words = words};
    if (process_run(&unpack, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
    } else {
        const struct image_upload upload = {.name = name, .folder = scratch.path};
        image = image_upload_folder(call, &upload);
    }
    scratch_close(&scratch);
    return image;
}

static json_t *add_medium(struct call *call, const char *file, const char *name)
{
    struct stat about;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool is_medium = fd >= 0 && fstat(fd, &about) == 0 && medium_is_one(fd);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!is_medium) {
        ask_complain_text(call, "an offer that is a tar archive says 'tree: yes'", "%.200s is no ISO image",
                          file);
        return NULL;
    }
    const struct image_upload upload = {.name = name, .medium = file};
    return image_upload_medium(call, &upload, (uint64_t)about.st_size);
}

// Whether what is asked for goes together; tells what does not.
static bool may_fetch(const struct call *call, const struct image_fetch *fetch)
{
    const struct offer *offer = fetch->offer;
    bool is_http = text_starts(fetch->base, "http://");
    if (!is_http && !text_starts(fetch->base, "https://")) {
        ask_complain_text(call, "write it as --from http://mirror.example.test/debian/",
                          "'%.200s' is no URL to fetch from", fetch->base);
        return false;
    }
    if (offer->signature[0] == '\0' && !fetch->is_unsigned) {
        ask_complain_text(call, "with --unsigned HTTPS alone vouches for it", "nobody signs %s", offer->name);
        return false;
    }
    if (fetch->is_unsigned && (is_http || offer->lists[0] == '\0')) {
        ask_complain_text(call, is_http ? "name an https:// server with --from" : "leave --unsigned out",
                          is_http ? "without a signature HTTPS must vouch for the list of checksums"
                                  : "there is no list of checksums of it: its signature is all there is");
        return false;
    }
    return true;
}

static int fetch_offer(struct call *call, const struct offer *offer)
{
    char base[OFFER_TEXT_BYTES];
    struct problem problem;
    struct text text;
    const char *from = call_option(call, "from");
    const char *name = call_option(call, "as") == NULL ? offer->name : call_option(call, "as");
    struct image_fetch fetch = {.call = call,
                                .offer = offer,
                                .base = base,
                                .keyring = call_option(call, "keyring"),
                                .is_unsigned = call_has(call, "unsigned")};
    text_init(&text, base, sizeof base);
    text_add_format(&text, "%.500s%s", from == NULL ? offer->base : from,
                    from != NULL && !text_ends(from, "/") ? "/" : "");
    problem_clear(&problem);
    if (!may_fetch(call, &fetch) || !image_upload_may(call, name)) {
        return CLI_EXIT_REFUSED;
    }
    json_t *image = NULL;
    if (image_fetch_run(&fetch, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
    } else {
        image = offer->is_tree ? add_tree(call, fetch.file, name) : add_medium(call, fetch.file, name);
    }
    image_fetch_clear(&fetch, image != NULL);
    return show_one(call, image, image_upload_show);
}

int command_image_fetch(struct call *call)
{
    struct offers offers;
    int result = CLI_EXIT_REFUSED;
    offers_init(&offers);
    if (load_offers(call, &offers)) {
        const char *nearest = "";
        const char *name = call->argument_count == 0 ? NULL : call->arguments[0];
        const struct offer *offer = name == NULL ? NULL : offers_find(&offers, name, &nearest);
        if (name == NULL || call_has(call, "list")) {
            result = list_offers(call, &offers);
        } else if (offer == NULL) {
            char remedy[160];
            (void)snprintf(remedy, sizeof remedy,
                           "did you mean %.60s? 'imprint image fetch' lists what can be fetched", nearest);
            ask_complain_text(call, remedy, "the catalogue has no image '%.80s' to fetch", name);
        } else {
            result = fetch_offer(call, offer);
        }
    }
    offers_clear(&offers);
    return result;
}
