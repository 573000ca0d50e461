// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of folders, made in the client's thread: a disk may have to be waited for.
#include "base/text.h"
#include "content/listing.h"
#include "io/heap.h"
#include "io/loop.h"
#include "service/ftp_state.h"

#include <fnmatch.h>
#include <string.h>

#define FACTS_BYTES 128 // of a line, beside the name
#define STARS_MOST  3   // in a pattern: more could take for ever

// Whether `path` is below, or is, the folder of an image that is shown to nobody.
static bool is_hidden(struct ftp_client *client, const char *path)
{
    struct ftp_question question;
    if (!text_starts(path, "images/")) {
        return false;
    }
    ftp_question_begin(&question, client, FTP_QUESTION_LIST, path, "");
    ftp_ask(&question);
    return question.status != STATUS_OK;
}

static bool is_hidden_in(struct ftp_client *client, const char *folder, const char *name)
{
    char path[FTP_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/%s", folder, name);
    return strcmp(folder, "images") == 0 && is_hidden(client, path);
}

struct selection {
    const char *folder;
    const char *name; // NULL = all
    bool is_pattern;
};

static bool fits(const struct selection *selection, const char *name)
{
    return selection->name == NULL ||
           (selection->is_pattern ? fnmatch(selection->name, name, 0) : strcmp(selection->name, name)) == 0;
}

// Prints what is selected; how many there were.
static size_t print(struct ftp_client *client, const struct content_listing *listing,
                    const struct selection *selection, enum ftp_form form, struct text *text)
{
    size_t printed = 0;
    int64_t now_s = loop_unix_s();
    for (size_t i = 0; i < listing->count; i++) {
        const struct content_entry *found = &listing->entries[i];
        const struct ftp_entry entry = {.name = found->name,
                                        .is_folder = found->is_folder,
                                        .size = found->size,
                                        .modified_s = found->modified_s};
        if (fits(selection, found->name) && !is_hidden_in(client, selection->folder, found->name)) {
            ftp_entry_print(&client->session, form, &entry, now_s, text);
            printed++;
        }
    }
    return printed;
}

// "folder/name" taken apart, `*name` in `path`. The root has no name.
static void split(const char *path, char folder[FTP_PATH_BYTES], const char **name)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    memcpy(folder, path, length);
    folder[length] = '\0';
    *name = slash == NULL ? path : slash + 1;
}

static bool is_pattern(const char *name)
{
    unsigned stars = 0;
    for (const char *at = name; *at != '\0'; at++) {
        stars += *at == '*';
    }
    return strpbrk(name, "*?[") != NULL && stars <= STARS_MOST;
}

static void make_room(const struct content_listing *listing, char **out, struct text *text)
{
    size_t room = 1;
    for (size_t i = 0; i < listing->count; i++) {
        room += strlen(listing->entries[i].name) + FACTS_BYTES;
    }
    *out = heap_new(room);
    text_init(text, *out, room);
}

enum status ftp_list(struct ftp_client *client, const struct ftp_step *step, char **out, size_t *count)
{
    char folder[FTP_PATH_BYTES];
    const struct content *content = client->service->options.content;
    struct content_listing listing = {0};
    struct selection selection = {.folder = step->path};
    enum status status = is_hidden(client, step->path)
                             ? STATUS_NOT_FOUND
                             : content_listing_read(content, step->path, CONTENT_LISTING_MOST, &listing);
    if (status != STATUS_OK && step->form != FTP_FORM_FACTS) { // a file, or a pattern
        split(step->path, folder, &selection.name);
        selection.folder = folder;
        status = is_hidden(client, folder)
                     ? STATUS_NOT_FOUND
                     : content_listing_read(content, folder, CONTENT_LISTING_MOST, &listing);
    }
    if (status == STATUS_OK) {
        struct text text;
        make_room(&listing, out, &text);
        size_t printed = print(client, &listing, &selection, step->form, &text);
        if (printed == 0 && selection.name != NULL && is_pattern(selection.name)) {
            selection.is_pattern = true;
            printed = print(client, &listing, &selection, step->form, &text);
        }
        *count = text.length;
        status = printed == 0 && selection.name != NULL ? STATUS_NOT_FOUND : STATUS_OK;
        if (status != STATUS_OK) {
            heap_free(*out);
        }
    }
    content_listing_clear(&listing);
    return status;
}

bool ftp_is_folder(struct ftp_client *client, const char *path)
{
    return !is_hidden(client, path) &&
           content_listing_find(client->service->options.content, path) == STATUS_OK;
}
