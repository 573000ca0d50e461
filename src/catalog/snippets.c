// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/snippets.h"

#include "base/text.h"
#include "io/heap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct snippet {
    char name[SNIPPET_NAME_BYTES];
    char *text;
    size_t bytes;
};

struct snippets {
    size_t count;
    struct snippet snippets[SNIPPETS_MOST];
};

static int is_name(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

static int order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

// Reads all of `fd`. NULL with errno; EFBIG for what is too large.
static char *read_all(int fd, size_t *bytes)
{
    char *text = heap_new(SNIPPET_BYTES_MOST + 1);
    size_t count = 0;
    ssize_t got = 1;
    while (got > 0 && count <= SNIPPET_BYTES_MOST) {
        got = read(fd, text + count, SNIPPET_BYTES_MOST + 1 - count);
        count += got > 0 ? (size_t)got : 0;
    }
    if (got < 0 || count > SNIPPET_BYTES_MOST) {
        errno = got < 0 ? errno : EFBIG;
        heap_free(text);
        return NULL;
    }
    char *exact = heap_copy(text, count);
    heap_free(text);
    *bytes = count;
    return exact;
}

static void take(struct snippets *snippets, const char *folder, const char *name,
                 void (*told)(void *context, const struct problem *problem), void *context)
{
    char path[4096];
    struct text text;
    struct stat about;
    struct problem problem;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/%s", folder, name);
    int fd = text.cut ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        (void)close(fd);
        return;
    }
    struct snippet *snippet = &snippets->snippets[snippets->count];
    bool has_room = snippets->count < SNIPPETS_MOST;
    bool is_file = fd >= 0 && S_ISREG(about.st_mode);
    if (is_file && has_room && text_copy(snippet->name, sizeof snippet->name, name) == STATUS_OK) {
        snippet->text = read_all(fd, &snippet->bytes);
        snippets->count += snippet->text != NULL;
    } else {
        errno = !has_room ? ENOSPC : fd >= 0 ? EINVAL : errno;
    }
    int reason = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (snippets->count == 0 || strcmp(snippets->snippets[snippets->count - 1].name, name) != 0) {
        problem_clear(&problem);
        problem_set(&problem, "%.300s is no snippet of answer files: %s", path,
                    reason == EFBIG    ? "it has more than 64 KiB"
                    : reason == ENOSPC ? "there are 256 before it"
                    : reason == EINVAL ? "it is no file, or its name is longer than 63 bytes"
                                       : strerror(reason));
        told(context, &problem);
    }
}

struct snippets *snippets_load(const char *folder, void (*told)(void *context, const struct problem *problem),
                               void *context)
{
    struct snippets *snippets = heap_new(sizeof *snippets);
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_name, order);
    for (int i = 0; i < count; i++) {
        take(snippets, folder, entries[i]->d_name, told, context);
        free(entries[i]);
    }
    free(entries);
    return snippets;
}

const char *snippets_find(const struct snippets *snippets, const char *name, size_t length, size_t *bytes)
{
    for (size_t i = 0; snippets != NULL && i < snippets->count; i++) {
        const struct snippet *snippet = &snippets->snippets[i];
        if (strlen(snippet->name) == length && memcmp(snippet->name, name, length) == 0) {
            *bytes = snippet->bytes;
            return snippet->text;
        }
    }
    return NULL;
}

void snippets_free(struct snippets *taken_snippets)
{
    for (size_t i = 0; taken_snippets != NULL && i < taken_snippets->count; i++) {
        heap_free(taken_snippets->snippets[i].text);
    }
    heap_free(taken_snippets);
}
