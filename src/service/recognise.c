// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/recognise.h"

#include "base/text.h"
#include "catalog/packed.h"
#include "catalog/scan.h"
#include "catalog/unknown.h"
#include "content/folder.h"
#include "content/media.h"
#include "content/medium.h"
#include "io/heap.h"
#include "service/own_loader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_BESIDE_BYTES (UINT64_C(512) << 20) // that a system needs besides the disk in memory

struct inside {
    const struct medium *medium;
    uint64_t bytes; // of the medium
};

static enum status read_inside(void *context, const char *path, char *out, size_t room, size_t *length)
{
    const struct inside *inside = context;
    struct content_node node;
    content_node_init(&node);
    *length = 0;
    enum status status = medium_find(inside->medium, path, &node);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t count = content_node_read(&node, 0, out, room);
    content_node_close(&node);
    *length = count < 0 ? 0 : (size_t)count;
    return count < 0 ? STATUS_IO : STATUS_OK;
}

static uint64_t size_inside(void *context, const char *path)
{
    const struct inside *inside = context;
    struct content_node node;
    if (strcmp(path, MEDIA_FILE) == 0) {
        return inside->bytes;
    }
    content_node_init(&node);
    uint64_t size = medium_find(inside->medium, path, &node) == STATUS_OK ? node.size : 0;
    content_node_close(&node);
    return size;
}

// What nobody knows is given as it is. BIOS only: UEFI's loaders cannot make a disk of a file.
static void boot_whole(const struct medium *medium, uint64_t bytes, const char *told, struct image *image)
{
    struct text text;
    struct image_method method = {.name = "disk",
                                  .way = IMAGE_WAY_DISK,
                                  .on = IMAGE_ON_BIOS,
                                  .kernel = MEDIA_FILE,
                                  .arguments = "iso raw",
                                  .memory_bytes = bytes + MEMORY_BESIDE_BYTES};
    (void)text_copy(image->family, sizeof image->family, "medium");
    if (image->description[0] == '\0') {
        (void)snprintf(image->description, sizeof image->description, "medium %.100s", medium_label(medium));
    }
    (void)text_copy(image->kernel, sizeof image->kernel, method.kernel);
    (void)text_copy(image->arguments, sizeof image->arguments, method.arguments);
    text_init(&text, image->remark, sizeof image->remark);
    text_add_format(
        &text,
        "No system of the catalogue, and %.140s. So the whole medium goes into memory, on BIOS, which "
        "most systems lose when they start.",
        told);
    image->grade = IMAGE_GRADE_WHOLE;
    image->methods[0] = method;
    image->method_count = 1;
}

static enum status recognise_inside(const struct catalog *catalog, const struct medium *medium,
                                    uint64_t bytes, struct image *image, struct problem *problem)
{
    size_t count = 0;
    char told[IMAGE_REMARK_BYTES];
    struct text text;
    struct inside inside = {medium, bytes};
    const char **paths = heap_new_array(medium_count(medium) + 1, sizeof *paths);
    for (size_t i = 0; i < medium_count(medium); i++) {
        struct content_entry entry;
        medium_get(medium, i, &entry);
        paths[count] = entry.name;
        count += entry.is_folder ? 0 : 1;
    }
    paths[count++] = MEDIA_FILE; // it is served as a whole, too
    struct catalog_files files = {.paths = paths,
                                  .count = count,
                                  .volume = medium_label(medium),
                                  .read = read_inside,
                                  .size = size_inside,
                                  .context = &inside};
    enum status status = catalog_recognise(catalog, &files, image, problem);
    text_init(&text, told, sizeof told);
    if (status == STATUS_NOT_FOUND) { // asked again for what was missing
        status = unknown_recognise(&files, image, &text);
    }
    heap_free(paths);
    if (status == STATUS_NOT_FOUND && (medium_starts(medium) & MEDIUM_STARTS_BIOS) != 0) {
        problem_clear(problem);
        boot_whole(medium, bytes, told, image);
        return STATUS_OK;
    }
    if (status == STATUS_NOT_FOUND) {
        problem_clear(problem);
        problem_set(problem,
                    "nothing on the medium \"%.100s\" boots: no system of the catalogue, no boot record (El "
                    "Torito)%s, "
                    "and %.200s",
                    medium_label(medium),
                    medium_starts(medium) != 0 ? " for BIOS, where a whole medium could boot" : "", told);
        problem_set_remedy(problem, "unpack it into a folder and add that with --kernel PATH --initrd PATH");
    }
    return status;
}

static enum status look_up_inside(void *self, const char *path, const struct content_client *client,
                                  struct content_node *node, struct reasons *reasons)
{
    (void)client;
    (void)reasons;
    return medium_find(self, path, node);
}

static enum status recognise_medium(const struct catalog *catalog, int taken_fd, struct image *image,
                                    struct problem *problem)
{
    struct stat about;
    uint64_t bytes = fstat(taken_fd, &about) == 0 ? (uint64_t)about.st_size : 0;
    struct medium *medium = medium_new(taken_fd, problem);
    if (medium == NULL) {
        return STATUS_MALFORMED;
    }
    enum status status = recognise_inside(catalog, medium, bytes, image, problem);
    if (status == STATUS_OK) {
        const struct content_source source = {.lookup = look_up_inside, .self = medium};
        own_loader_fill(&source, "", image);
    }
    medium_free(medium);
    struct text text;
    text_init(&text, image->medium, sizeof image->medium);
    text_add_format(&text, "%s/" MEDIA_FILE, image->name);
    return status;
}

static enum status recognise_tree(const struct catalog *catalog, const char *folder, struct image *image,
                                  struct problem *problem)
{
    struct problem ignored = {0};
    enum status status = catalog_scan(catalog, folder, image, problem);
    struct folder *tree = status == STATUS_OK ? folder_new("", folder, &ignored) : NULL;
    if (tree != NULL) {
        const struct content_source source = folder_source(tree, "tree");
        own_loader_fill(&source, "", image);
        folder_free(tree);
    }
    return status;
}

enum status recognise_folder(const struct catalog *catalog, const char *folder, struct image *image,
                             struct problem *problem)
{
    char path[4096];
    struct text text;
    enum status status = catalog_packed_read(folder, image, problem);
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/" MEDIA_FILE, folder);
    int fd = text.cut ? -1 : open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd >= 0 ? recognise_medium(catalog, fd, image, problem)
                   : recognise_tree(catalog, folder, image, problem);
}
