// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate_file.h"

#include "base/text.h"
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- one file ----

static enum status refuse(struct problem *problem, const char *path, const char *remedy, const char *text)
{
    problem_set(problem, "%s", text);
    problem_set_remedy(problem, "%s", remedy);
    problem_set_place(problem, path, 0, 0);
    return STATUS_IO;
}

static enum status refuse_errno(struct problem *problem, const char *path)
{
    int error = errno;
    return refuse(problem, path,
                  error == EISDIR   ? "name the files in it"
                  : error == EACCES ? "try it as root"
                                    : "",
                  strerror(error));
}

// Reads up to `most` bytes; -1 with errno.
static ssize_t read_all(int fd, char *bytes, size_t most)
{
    size_t count = 0;
    while (count < most) {
        ssize_t got = read(fd, bytes + count, most - count);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? -1 : (ssize_t)count;
        }
        count += (size_t)got;
    }
    return (ssize_t)count;
}

static enum status read_open(int fd, struct migrate_text *text, struct problem *problem)
{
    struct stat stat;
    char *bytes = heap_new(CONFIG_FILE_BYTES_MOST + 2);
    ssize_t count = fstat(fd, &stat) != 0 ? -1 : read_all(fd, bytes, CONFIG_FILE_BYTES_MOST + 1);
    enum status status = count < 0 ? refuse_errno(problem, text->path) : STATUS_OK;
    if (count > (ssize_t)CONFIG_FILE_BYTES_MOST) {
        status = refuse(problem, text->path, "", "more than 1 MiB is no configuration");
    } else if (status == STATUS_OK && memchr(bytes, '\0', (size_t)count) != NULL) {
        status = refuse(problem, text->path, "", "this is not a text");
    }
    if (status != STATUS_OK) {
        heap_free(bytes);
        return status;
    }
    text->bytes = bytes;
    text->count = (size_t)count;
    text->device = stat.st_dev;
    text->number = stat.st_ino;
    return STATUS_OK;
}

enum status migrate_file_read(const char *path, struct migrate_text *text, struct problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    *text = (struct migrate_text){.path = path};
    if (fd < 0) {
        return refuse_errno(problem, path);
    }
    enum status status = read_open(fd, text, problem);
    (void)close(fd);
    return status;
}

void migrate_file_clear(struct migrate_text *text)
{
    union {
        const char *bytes;
        void *taken;
    } held = {.bytes = text->bytes}; // const for readers only
    heap_free(held.taken);
    text->bytes = NULL;
}

// ---- what a file includes ----

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

// `name` in the folder of `text`.
static enum status join(const struct migrate_text *text, const char *name, char out[MIGRATE_PATH_BYTES])
{
    struct text path;
    text_init(&path, out, MIGRATE_PATH_BYTES);
    text_add_bytes(&path, text->path, (size_t)(last_part(text->path) - text->path));
    text_add(&path, name);
    return path.cut ? STATUS_TOO_LONG : STATUS_OK;
}

static bool is_there(const char *path, mode_t type)
{
    struct stat stat_of;
    return stat(path, &stat_of) == 0 && (stat_of.st_mode & S_IFMT) == type;
}

// The path to `path`, from `text`: where it says, or beside `text`. False when it is nowhere.
static bool find(const struct migrate_text *text, const char *path, mode_t type, char out[MIGRATE_PATH_BYTES],
                 bool *is_beside)
{
    *is_beside = false;
    if (path[0] != '/') {
        return join(text, path, out) == STATUS_OK && is_there(out, type);
    }
    if (text_copy(out, MIGRATE_PATH_BYTES, path) == STATUS_OK && is_there(out, type)) {
        return true;
    }
    *is_beside = true;
    return last_part(path)[0] != '\0' && join(text, last_part(path), out) == STATUS_OK && is_there(out, type);
}

static bool remark(struct migration *migration, const char *what, const char *text)
{
    if (what != NULL) {
        migrate_remark(migration, MIGRATE_LEFT, what, "%s", text);
    }
    return false;
}

// How deep `text` is included, and whether `file` is one of those around.
static unsigned count_around(const struct migrate_text *text, const struct migrate_text *file, bool *is_cycle)
{
    unsigned depth = 0;
    *is_cycle = false;
    for (const struct migrate_text *around = text; around != NULL; around = around->from, depth++) {
        *is_cycle = *is_cycle || (around->number == file->number && around->device == file->device);
    }
    return depth;
}

static bool open_found(struct migration *migration, const struct migrate_text *text, const char *path,
                       const char *what, struct migrate_text *included)
{
    struct problem problem;
    bool is_cycle;
    problem_clear(&problem);
    char *own = heap_copy_text(path);
    if (migrate_file_read(own, included, &problem) != STATUS_OK) {
        heap_free(own);
        if (what != NULL) {
            migrate_remark(migration, MIGRATE_LEFT, what, "%.200s cannot be read: %s", path, problem.text);
        }
        return false;
    }
    included->from = text;
    if (count_around(text, included, &is_cycle) > MIGRATE_INCLUDE_DEPTH_MOST || is_cycle) {
        migrate_include_clear(included);
        if (what != NULL && is_cycle) {
            migrate_remark(migration, MIGRATE_FAULT, what,
                           "the file includes itself, by whatever way; not read again");
        } else {
            (void)remark(migration, what, "files include each other too deep; not read");
        }
        return false;
    }
    return true;
}

bool migrate_include(struct migration *migration, const struct migrate_text *text, const char *path,
                     const char *what, struct migrate_text *included)
{
    char found[MIGRATE_PATH_BYTES];
    bool is_beside;
    if (!migration->may_include) {
        return remark(migration, what,
                      "what that file says was not read: give it to imprint migrate as well");
    }
    if (migration->include_count >= MIGRATE_INCLUDE_FILES_MOST) {
        return remark(migration, what,
                      "these are too many files; give this one to imprint migrate by itself");
    }
    if (!find(text, path, S_IFREG, found, &is_beside)) {
        return remark(migration, what,
                      "there is no such file here: copy it beside this one, and run imprint migrate again");
    }
    migration->include_count++;
    if (!open_found(migration, text, found, what, included)) {
        return false;
    }
    if (what != NULL) {
        migrate_remark(migration, is_beside ? MIGRATE_CHANGED : MIGRATE_NEEDLESS, what, "%.200s was read%s",
                       found, is_beside ? ", which lies beside this file" : "");
    }
    return true;
}

void migrate_include_clear(struct migrate_text *included)
{
    union {
        const char *path;
        void *taken;
    } held = {.path = included->path};
    migrate_file_clear(included);
    heap_free(held.taken);
    included->path = NULL;
}

static int compare_names(const void *first, const void *second)
{
    return strcmp(first, second);
}

bool migrate_include_folder(struct migration *migration, const struct migrate_text *text, const char *path,
                            const char *what, struct heap_array *names)
{
    char found[MIGRATE_PATH_BYTES];
    char wanted[MIGRATE_PATH_BYTES];
    bool is_beside;
    enum status status = text_copy(wanted, sizeof wanted, path);
    for (size_t length = strlen(wanted); length > 1 && wanted[length - 1] == '/';) {
        wanted[--length] = '\0';
    }
    bool is_found =
        migration->may_include && status == STATUS_OK && find(text, wanted, S_IFDIR, found, &is_beside);
    DIR *folder = is_found ? opendir(found) : NULL;
    *names = heap_array_init(MIGRATE_PATH_BYTES);
    if (folder == NULL) {
        return remark(migration, what,
                      "what its files say was not read: give them to imprint migrate as well");
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[MIGRATE_PATH_BYTES] = "";
        struct text full;
        text_init(&full, name, sizeof name);
        text_add_format(&full, "%s/%s", found, entry->d_name);
        struct stat stat_of;
        if (!full.cut && stat(name, &stat_of) == 0 && S_ISREG(stat_of.st_mode) &&
            names->count < MIGRATE_INCLUDE_FILES_MOST) {
            heap_array_add(names, name);
        }
    }
    (void)closedir(folder);
    if (names->count != 0) {
        qsort(names->items, names->count, MIGRATE_PATH_BYTES, compare_names);
    }
    return true;
}
