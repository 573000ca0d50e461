// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/scan.h"

#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scan {
    char **paths;
    size_t count;
    size_t capacity;
};

static void scan_add(struct scan *scan, const char *path)
{
    if (scan->count == scan->capacity) {
        size_t capacity = scan->capacity == 0 ? 64 : scan->capacity * 2;
        char **paths = heap_new(capacity * sizeof *paths);
        if (scan->count != 0) {
            memcpy(paths, scan->paths, scan->count * sizeof *paths);
        }
        heap_free(scan->paths);
        scan->paths = paths;
        scan->capacity = capacity;
    }
    scan->paths[scan->count++] = heap_copy_text(path);
}

static enum status scan_walk(struct scan *scan, const char *folder, struct problem *problem)
{
    char *root = heap_copy_text(folder);
    char *roots[] = {root, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
    enum status status = walk == NULL ? STATUS_IO : STATUS_OK;
    size_t skip = strlen(folder) + 1;
    for (FTSENT *entry = walk == NULL ? NULL : fts_read(walk); entry != NULL && status == STATUS_OK;
         entry = fts_read(walk)) {
        bool is_file = entry->fts_info == FTS_F || entry->fts_info == FTS_NSOK || entry->fts_info == FTS_SL ||
                       entry->fts_info == FTS_SLNONE;
        if (is_file && entry->fts_pathlen > skip) {
            scan_add(scan, entry->fts_path + skip);
        } else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
            problem_set(problem, "%s cannot be read: %s", entry->fts_path, strerror(entry->fts_errno));
            status = STATUS_IO;
        }
        if (scan->count > SCAN_FILES_MOST) {
            problem_set(problem, "%s has more than %d files, which is no netboot tree", folder,
                        SCAN_FILES_MOST);
            status = STATUS_TOO_LONG;
        }
    }
    if (walk == NULL) {
        problem_set(problem, "%s cannot be read: %s", folder, strerror(errno));
    } else {
        fts_close(walk);
    }
    heap_free(root);
    return status;
}

// Regular files only, and none that a link leads to: what lies elsewhere is not the image's.
static enum status scan_read(void *context, const char *path, char *out, size_t room, size_t *length)
{
    const int *root = context;
    struct stat about;
    *length = 0;
    int fd = openat(*root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return STATUS_NOT_FOUND;
    }
    ssize_t count = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) ? read(fd, out, room) : -1;
    (void)close(fd);
    *length = count < 0 ? 0 : (size_t)count;
    return count < 0 ? STATUS_IO : STATUS_OK;
}

static uint64_t scan_size(void *context, const char *path)
{
    const int *root = context;
    struct stat about;
    bool is_file = fstatat(*root, path, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode);
    return is_file ? (uint64_t)about.st_size : 0;
}

enum status catalog_scan(const struct catalog *catalog, const char *folder, struct image *image,
                         struct problem *problem)
{
    struct scan scan = {0};
    enum status status = scan_walk(&scan, folder, problem);
    if (status == STATUS_OK) {
        int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct catalog_files files = {.paths = (const char *const *)scan.paths,
                                      .count = scan.count,
                                      .read = root < 0 ? NULL : scan_read,
                                      .size = root < 0 ? NULL : scan_size,
                                      .context = &root};
        status = catalog_recognise(catalog, &files, image, problem);
        if (root >= 0) {
            (void)close(root);
        }
    }
    for (size_t i = 0; i < scan.count; i++) {
        heap_free(scan.paths[i]);
    }
    heap_free(scan.paths);
    return status;
}
