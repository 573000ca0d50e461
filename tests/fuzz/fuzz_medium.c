// SPDX-License-Identifier: GPL-3.0-or-later
// An ISO image without its first 32 KiB, which mean nothing. What is read of it is within it, and its names
// are such that a request can have.
#include "content/medium.h"

#include "fuzz/fuzz.h"

#include "format/iso9660.h"

#include <sys/mman.h>
#include <unistd.h>

#define SYSTEM_AREA_BYTES ((off_t)ISO9660_FIRST_DESCRIPTOR * ISO9660_SECTOR_BYTES)

static int make_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("medium", MFD_CLOEXEC);
    fuzz_must(fd >= 0);
    fuzz_must(pwrite(fd, data, size, SYSTEM_AREA_BYTES) == (ssize_t)size);
    return fd;
}

static void check_node(const struct content_node *node, uint64_t file_bytes)
{
    uint64_t seen = 0;
    while (seen < node->size && node->fd >= 0) {
        uint64_t at;
        uint64_t piece = content_node_find(node, seen, &at);
        fuzz_must(piece != 0 && at <= file_bytes && piece <= file_bytes - at);
        seen += piece;
    }
}

static void visit(void *context, const struct content_entry *entry)
{
    size_t *count = context;
    fuzz_must(strchr(entry->name, '/') == NULL);
    (*count)++;
}

static void check(const struct medium *medium, uint64_t file_bytes)
{
    size_t listed = 0;
    for (size_t i = 0; i < medium_count(medium); i++) {
        struct content_entry entry;
        struct content_node node;
        medium_get(medium, i, &entry);
        content_node_init(&node);
        if (medium_find(medium, entry.name, &node) == STATUS_OK) {
            check_node(&node, file_bytes);
            content_node_close(&node);
        }
        if (entry.is_folder) {
            enum status status = medium_list(medium, entry.name, visit, &listed);
            fuzz_must(status == STATUS_OK || status == STATUS_NOT_FOUND);
        }
    }
    fuzz_must(medium_list(medium, "", visit, &listed) == STATUS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem;
    problem_clear(&problem);
    if (size == 0) {
        return 0;
    }
    struct medium *medium = medium_new(make_file(data, size), &problem);
    fuzz_must((medium == NULL) == problem_is_set(&problem));
    if (medium != NULL) {
        check(medium, (uint64_t)SYSTEM_AREA_BYTES + size);
        medium_free(medium);
    }
    return 0;
}
