// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_fetch.h"

#include "base/text.h"
#include "cli/download.h"
#include "cli/show.h"
#include "cli/signature.h"
#include "format/checksum_list.h"
#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTS_MOST      4
#define LIST_BYTES_MOST (16ull << 20)
#define FILE_BYTES_MOST (64ull << 30)
#define KEY_SERVER      "https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr&search=0x"

// "FOLDER/OFFER.WORD", where all of one fetch lies.
static void place(const struct image_fetch *fetch, const char *word, char out[IMAGE_FETCH_PATH_BYTES])
{
    struct text text;
    text_init(&text, out, IMAGE_FETCH_PATH_BYTES);
    text_add_format(&text, "%s/%s.%s", fetch->folder, fetch->offer->name, word);
}

static void place_list(const struct image_fetch *fetch, unsigned number, char out[IMAGE_FETCH_PATH_BYTES])
{
    char word[16];
    (void)snprintf(word, sizeof word, "list%u", number);
    place(fetch, word, out);
}

static enum status take_lock(struct image_fetch *fetch, struct problem *problem)
{
    char path[IMAGE_FETCH_PATH_BYTES];
    place(fetch, "lock", path);
    fetch->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fetch->lock >= 0 && flock(fetch->lock, LOCK_EX | LOCK_NB) == 0) {
        return STATUS_OK;
    }
    problem_set(problem, errno == EWOULDBLOCK ? "%s is being fetched already" : "%s cannot be locked",
                fetch->offer->name);
    if (fetch->lock >= 0) {
        (void)close(fetch->lock);
        fetch->lock = -1;
    }
    return STATUS_BUSY;
}

static enum status download_small(struct image_fetch *fetch, const char *url, const char *path,
                                  struct problem *problem)
{
    struct download download = {
        .url = url, .path = path, .size_most = LIST_BYTES_MOST, .is_https_only = fetch->is_unsigned};
    show_hint(fetch->call, "fetching %s", url);
    return download_run(&download, problem);
}

static void add_url(const struct image_fetch *fetch, const char *path, size_t length, struct text *out)
{
    text_add(out, fetch->base);
    text_add_bytes(out, path, length);
}

// ---- keys ----

static enum status fetch_keys(struct image_fetch *fetch, const char *keyring, struct problem *problem)
{
    char url[OFFER_TEXT_BYTES + sizeof KEY_SERVER];
    char path[IMAGE_FETCH_PATH_BYTES];
    struct text text;
    const struct offer *offer = fetch->offer;
    place(fetch, "key", path);
    text_init(&text, url, sizeof url);
    if (offer->key[0] != '\0') {
        text_add(&text, offer->key);
    } else {
        text_add(&text, KEY_SERVER);
        text_add_bytes(&text, offer->fingerprints, strcspn(offer->fingerprints, " \n"));
    }
    struct problem why;
    problem_clear(&why);
    enum status status = download_small(fetch, url, path, &why);
    if (status != STATUS_OK) {
        problem_set(problem, "%s", why.text);
        problem_set_remedy(problem,
                           "get the key with fingerprint %.160s elsewhere and name its file with --keyring",
                           offer->fingerprints);
        return status;
    }
    return signature_make_keyring(path, keyring, problem);
}

// The keys that are believed, as a keyring of our own. Fetched ones are worth what their fingerprint is.
static enum status find_keys(struct image_fetch *fetch, const char *keyring, struct problem *problem)
{
    const struct offer *offer = fetch->offer;
    if (fetch->keyring != NULL) {
        return signature_make_keyring(fetch->keyring, keyring, problem);
    }
    if (offer->keyring[0] == '/' && access(offer->keyring, R_OK) == 0) {
        return signature_make_keyring(offer->keyring, keyring, problem);
    }
    if (offer->fingerprints[0] != '\0') {
        return fetch_keys(fetch, keyring, problem);
    }
    problem_set(problem, "there are no keys here to check %s with", offer->name);
    if (offer->package[0] != '\0') {
        problem_set_remedy(problem, "apt install %s, or name a file with the signer's keys: --keyring FILE",
                           offer->package);
    }
    problem_set_remedy(problem, "name a file with the signer's keys: --keyring FILE");
    return STATUS_NOT_FOUND;
}

// ---- lists ----

// Checks that `file` is what was signed; an inline signature is taken off it.
static enum status check_signed(struct image_fetch *fetch, const char *file, struct problem *problem)
{
    char keyring[IMAGE_FETCH_PATH_BYTES];
    char signature[IMAGE_FETCH_PATH_BYTES];
    char plain[IMAGE_FETCH_PATH_BYTES];
    char url[OFFER_TEXT_BYTES * 2];
    const struct offer *offer = fetch->offer;
    bool is_inline = strcmp(offer->signature, OFFER_INLINE) == 0;
    struct text text;
    place(fetch, "keyring", keyring);
    place(fetch, "signature", signature);
    place(fetch, "plain", plain);
    enum status status = find_keys(fetch, keyring, problem);
    if (status == STATUS_OK && !is_inline) {
        text_init(&text, url, sizeof url);
        add_url(fetch, offer->signature, strlen(offer->signature), &text);
        status = download_small(fetch, url, signature, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const struct signature_job job = {.keyring = keyring,
                                      .fingerprints = offer->fingerprints,
                                      .file = file,
                                      .signature = is_inline ? NULL : signature,
                                      .out = plain};
    status = signature_check(&job, problem);
    if (status == STATUS_OK && is_inline && rename(plain, file) != 0) {
        problem_set(problem, "%s cannot be written: %s", file, strerror(errno));
        status = STATUS_IO;
    }
    if (status == STATUS_OK) {
        show_hint(fetch->call, "its signature is good");
    }
    return status;
}

// The newest file in the list at `path` that is like `pattern`.
static enum status find_checksum(const char *path, const char *pattern, struct checksum *found,
                                 struct problem *problem)
{
    struct checksum checksum;
    FILE *file = fopen(path, "re");
    char *text = heap_new(LIST_BYTES_MOST);
    size_t count = file == NULL ? 0 : fread(text, 1, LIST_BYTES_MOST, file);
    found->name[0] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
    struct checksum_list list = checksum_list_init(text, count);
    while (checksum_list_next(&list, &checksum)) {
        if (checksum_is_like(checksum.name, pattern) &&
            (found->name[0] == '\0' || checksum_is_older(found->name, checksum.name) ||
             (strcmp(found->name, checksum.name) == 0 && strlen(checksum.hex) > strlen(found->hex)))) {
            *found = checksum;
        }
    }
    heap_free(text);
    if (found->name[0] == '\0') {
        problem_set(problem, "the list of checksums has no file like %s", pattern);
        problem_set_remedy(problem,
                           "there may be a newer release, under another name: imprint image fetch --list");
        return STATUS_NOT_FOUND;
    }
    return STATUS_OK;
}

static enum status check_digest(const char *file, const struct checksum *wanted, struct problem *problem)
{
    char hex[CHECKSUM_HEX_BYTES];
    enum status status = signature_digest(file, strlen(wanted->hex), hex, problem);
    if (status == STATUS_OK && strcmp(hex, wanted->hex) != 0) {
        problem_set(problem, "%s has not the checksum that its list says", wanted->name);
        problem_set_remedy(problem, "it was thrown away; try again, or another server with --from");
        return STATUS_CONFLICT;
    }
    return status;
}

// How much of `path` is its folder, with the '/'.
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

// The list `path` below the base, number `number`; the one before it, at `before`, vouches for it.
static enum status fetch_list(struct image_fetch *fetch, const char *path, unsigned number,
                              const char *before, struct problem *problem)
{
    char url[OFFER_TEXT_BYTES * 2];
    char file[IMAGE_FETCH_PATH_BYTES];
    char last[IMAGE_FETCH_PATH_BYTES];
    struct checksum checksum;
    struct text text;
    place_list(fetch, number, file);
    text_init(&text, url, sizeof url);
    add_url(fetch, path, strlen(path), &text);
    enum status status = download_small(fetch, url, file, problem);
    if (status != STATUS_OK) {
        return status;
    }
    if (number == 0) {
        return fetch->is_unsigned ? STATUS_OK : check_signed(fetch, file, problem);
    }
    size_t folder = folder_length(before);
    place_list(fetch, number - 1, last);
    if (strncmp(path, before, folder) != 0) {
        problem_set(problem, "the list %s does not lie beside or below %s", path, before);
        return STATUS_MALFORMED;
    }
    status = find_checksum(last, path + folder, &checksum, problem);
    return status == STATUS_OK ? check_digest(file, &checksum, problem) : status;
}

// All lists, each vouched for by the one before. `wanted` is then the file's own checksum, and `*folder` the
// folder of the last list below the base (borrowed from `lists`).
static enum status fetch_lists(struct image_fetch *fetch, char *lists, struct checksum *wanted,
                               struct problem *problem)
{
    const char *before = "";
    char file[IMAGE_FETCH_PATH_BYTES];
    char *rest = NULL;
    unsigned number = 0;
    enum status status = STATUS_OK;
    for (char *path = strtok_r(lists, " \n", &rest); path != NULL && status == STATUS_OK;
         path = strtok_r(NULL, " \n", &rest)) {
        status = number == LISTS_MOST ? STATUS_TOO_LONG : fetch_list(fetch, path, number++, before, problem);
        before = path;
    }
    if (status != STATUS_OK) {
        return status;
    }
    place_list(fetch, number - 1, file);
    status = find_checksum(file, fetch->offer->file, wanted, problem);
    memmove(lists, before, folder_length(before));
    lists[folder_length(before)] = '\0';
    return status;
}

// ---- the file ----

// `folder` below the base, "" or with its '/'. One that does not become what it shall be is fetched once more
// from its beginning, when that was an old one.
static enum status fetch_file(struct image_fetch *fetch, const char *folder, const struct checksum *wanted,
                              struct problem *problem)
{
    char url[OFFER_TEXT_BYTES * 3];
    struct text text;
    text_init(&text, url, sizeof url);
    add_url(fetch, folder, strlen(folder), &text);
    text_add(&text, wanted->name);
    (void)text_copy(fetch->name, sizeof fetch->name, wanted->name + folder_length(wanted->name));
    text_init(&text, fetch->file, sizeof fetch->file);
    text_add_format(&text, "%s/%s.%s", fetch->folder, fetch->offer->name, fetch->name);
    show_hint(fetch->call, "fetching %s", url);
    struct download download = {.url = url,
                                .path = fetch->file,
                                .what = fetch->call->is_json ? NULL : fetch->name,
                                .size_most = FILE_BYTES_MOST,
                                .may_resume = true,
                                .is_https_only = fetch->is_unsigned};
    enum status status = download_run(&download, problem);
    if (status != STATUS_OK || wanted->hex[0] == '\0') {
        return status;
    }
    bool was_resumed = download.resumed_from != 0;
    status = check_digest(fetch->file, wanted, was_resumed ? NULL : problem);
    if (status == STATUS_CONFLICT && was_resumed) {
        show_hint(fetch->call, "what was there of it was of another version; fetching it from its beginning");
        download.may_resume = false;
        status = download_run(&download, problem);
        status = status == STATUS_OK ? check_digest(fetch->file, wanted, problem) : status;
    }
    if (status == STATUS_CONFLICT) {
        (void)unlink(fetch->file);
    }
    return status;
}

static enum status fetch_signed_file(struct image_fetch *fetch, struct problem *problem)
{
    struct checksum wanted = {.hex = ""};
    (void)text_copy(wanted.name, sizeof wanted.name, fetch->offer->file);
    enum status status = fetch_file(fetch, "", &wanted, problem);
    status = status == STATUS_OK ? check_signed(fetch, fetch->file, problem) : status;
    if (status == STATUS_DENIED) {
        (void)unlink(fetch->file);
    }
    return status;
}

enum status image_fetch_run(struct image_fetch *fetch, struct problem *problem)
{
    char lists[OFFER_TEXT_BYTES];
    struct checksum wanted;
    fetch->lock = -1;
    fetch->file[0] = '\0';
    enum status status = download_make_folder(fetch->folder, problem);
    if (status == STATUS_OK) {
        status = take_lock(fetch, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (fetch->offer->lists[0] == '\0') {
        return fetch_signed_file(fetch, problem);
    }
    (void)text_copy(lists, sizeof lists, fetch->offer->lists);
    status = fetch_lists(fetch, lists, &wanted, problem);
    return status == STATUS_OK ? fetch_file(fetch, lists, &wanted, problem) : status;
}

void image_fetch_clear(struct image_fetch *fetch, bool is_used)
{
    static const char *const WORDS[] = {"list0",   "list1",     "list2", "list3", "key",
                                        "keyring", "signature", "plain", "lock"};
    char path[IMAGE_FETCH_PATH_BYTES];
    if (fetch->lock < 0) { // another one is at work there, or nothing is
        return;
    }
    if (is_used && fetch->file[0] != '\0') {
        (void)unlink(fetch->file);
    }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        place(fetch, WORDS[i], path);
        (void)unlink(path);
    }
    (void)close(fetch->lock);
    (void)rmdir(fetch->folder); // when nothing is left there
}
