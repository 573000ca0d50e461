// SPDX-License-Identifier: GPL-3.0-or-later
#include "contents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void contents_init(struct contents *contents)
{
    *contents = (struct contents){0};
}

static bool contents_grow(struct contents *contents, size_t needed)
{
    if (needed <= contents->capacity) {
        return true;
    }
    if (needed > CONTENTS_MOST_BYTES) {
        return false;
    }
    size_t capacity = size_max(needed, 2 * contents->capacity);
    uint8_t *bytes = realloc(contents->bytes, capacity);
    if (bytes == NULL) {
        return false;
    }
    contents->bytes = bytes;
    contents->capacity = capacity;
    return true;
}

enum status contents_open(struct contents *contents, const char *path, struct problem *problem)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        problem_set(problem, "%s cannot be read: %s", path, strerror(errno));
        return STATUS_IO;
    }
    size_t count = 1;
    while (count != 0 && contents_grow(contents, contents->known + (1u << 16))) {
        count = fread(contents->bytes + contents->known, 1, 1u << 16, file);
        contents->known += count;
    }
    contents->is_whole = feof(file) != 0;
    (void)fclose(file);
    if (!contents->is_whole) {
        problem_set(problem, "%s cannot be read to its end", path);
        return STATUS_IO;
    }
    return STATUS_OK;
}

bool contents_check(struct contents *contents, size_t offset, const uint8_t *bytes, size_t count,
                    bool is_last)
{
    size_t end = offset + count;
    size_t known = offset < contents->known ? size_min(count, contents->known - offset) : 0;
    if (known != 0 && memcmp(contents->bytes + offset, bytes, known) != 0) {
        return false;
    }
    if (end > contents->known) {
        if (contents->is_whole || offset > contents->known || !contents_grow(contents, end)) {
            return false;
        }
        memcpy(contents->bytes + offset, bytes, count);
        contents->known = end;
    }
    if (is_last && !contents->is_whole) {
        contents->is_whole = end == contents->known;
        return contents->is_whole;
    }
    return !is_last || end == contents->known;
}

void contents_clear(struct contents *contents)
{
    free(contents->bytes);
    contents_init(contents);
}
