// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/packed.h"

#include "format/chunk_index.h"
#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status packed_explain(const char *folder, const char *file, int error, struct problem *problem)
{
    problem_set(problem, "%s/%s cannot be read: %s", folder, file,
                error == 0 ? "it is no regular file" : strerror(error));
    return STATUS_IO;
}

// Opens a regular file of the folder and says its size.
static enum status packed_open(const char *folder, const char *name, int *file, uint64_t *bytes,
                               struct problem *problem)
{
    struct stat info;
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return packed_explain(folder, name, errno, problem);
    }
    *file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int error = errno;
    close(directory);
    if (*file < 0) {
        return error == ENOENT ? STATUS_NOT_FOUND : packed_explain(folder, name, error, problem);
    }
    if (fstat(*file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(*file);
        return packed_explain(folder, name, 0, problem);
    }
    *bytes = (uint64_t)info.st_size;
    return STATUS_OK;
}

static bool packed_fill(int file, uint8_t *out, uint64_t bytes)
{
    uint64_t count = 0;
    while (count < bytes) {
        ssize_t got = read(file, out + count, bytes - count);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        count += got > 0 ? (uint64_t)got : 0;
    }
    return true;
}

static enum status packed_read_index(const char *folder, struct chunk_index *index, struct problem *problem)
{
    int file;
    uint64_t bytes;
    enum status status = packed_open(folder, IMAGE_INDEX_FILE, &file, &bytes, problem);
    if (status != STATUS_OK) {
        return status;
    }
    if (bytes > chunk_index_bytes(CHUNK_INDEX_CHUNKS_MOST)) {
        close(file);
        problem_set(problem, "%s/%s is larger than any index", folder, IMAGE_INDEX_FILE);
        return STATUS_TOO_LONG;
    }
    uint8_t *data = heap_new(bytes);
    status = packed_fill(file, data, bytes) ? chunk_index_check(data, bytes, index, problem)
                                            : packed_explain(folder, IMAGE_INDEX_FILE, errno, problem);
    heap_free(data);
    close(file);
    return status;
}

static enum status packed_check_stream(const char *folder, const struct chunk_index *index,
                                       struct problem *problem)
{
    int file;
    uint64_t bytes = 0;
    enum status status = packed_open(folder, IMAGE_STREAM_FILE, &file, &bytes, problem);
    if (status == STATUS_NOT_FOUND) {
        problem_set(problem, "%s has an index, but no %s beside it", folder, IMAGE_STREAM_FILE);
        return STATUS_MALFORMED;
    }
    if (status != STATUS_OK) {
        return status;
    }
    close(file);
    if (bytes != index->stream_bytes) {
        problem_set(problem, "%s has %llu bytes, but its index says %llu", IMAGE_STREAM_FILE,
                    (unsigned long long)bytes, (unsigned long long)index->stream_bytes);
        problem_set_remedy(problem, "add the image again; it was not copied whole");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

enum status catalog_packed_read(const char *folder, struct image *image, struct problem *problem)
{
    struct chunk_index index;
    enum status status = packed_read_index(folder, &index, problem);
    if (status == STATUS_OK) {
        status = packed_check_stream(folder, &index, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool is_disk = index.kind == IMAGE_DISK;
    if (image->description[0] == '\0') { // what a person or a program said of it stays
        struct text text;
        text_init(&text, image->description, sizeof image->description);
        text_add_escaped(&text, index.system, strlen(index.system));
        text_add(&text, index.system[0] != '\0' ? "" : is_disk ? "disk image" : "root file system");
    }
    (void)text_copy(image->family, sizeof image->family, is_disk ? PACKED_FAMILY_DISK : PACKED_FAMILY_ROOT);
    image->kind = (enum image_kind)index.kind;
    image->starts = index.starts;
    image->content_bytes = index.content_bytes;
    image->needs_bytes = index.needs_bytes;
    image->kernel[0] = '\0';
    image->initrd[0] = '\0';
    image->arguments[0] = '\0';
    return STATUS_OK;
}
