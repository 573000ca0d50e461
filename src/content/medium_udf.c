// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the folders of UDF into an index, by libudfread. Where a file's pieces are is asked block by block,
// since that is how the library tells it; pieces that follow each other become one.
#include "content/medium_inner.h"

#include "base/text.h"

#include <string.h>
#include <udfread/blockinput.h>
#include <udfread/udfread.h>

#define BLOCK_BYTES       UDF_BLOCK_SIZE
#define INSIDE_BYTES_MOST (1u << 20) // of a file whose content lies in its own descriptor

struct block_source { // what the library reads by; its first member is the library's
    udfread_block_input input;
    struct medium *medium;
};

static int source_close(udfread_block_input *input)
{
    (void)input;
    return 0;
}

static uint32_t source_size(udfread_block_input *input)
{
    const struct block_source *source = (const struct block_source *)input;
    uint64_t blocks = source->medium->file_bytes / BLOCK_BYTES;
    return blocks > UINT32_MAX ? UINT32_MAX : (uint32_t)blocks;
}

static int source_read(udfread_block_input *input, uint32_t block, void *out, uint32_t count, int flags)
{
    const struct block_source *source = (const struct block_source *)input;
    (void)flags;
    enum status status =
        medium_read(source->medium, (uint64_t)block * BLOCK_BYTES, out, (size_t)count * BLOCK_BYTES);
    return status == STATUS_OK ? (int)count : -1;
}

struct udf_place { // a folder that is still to be read
    uint32_t position;
    unsigned depth;
};

struct udf_walk {
    struct medium *medium;
    udfread *volume;
    struct heap_array places; // of struct udf_place
    uint64_t blocks;          // of all files; what is more than the medium has cannot be true
};

// A small file may lie in its own descriptor, which is no piece of the medium that can be sent.
static enum status add_inside(struct udf_walk *walk, UDFFILE *file, uint64_t bytes)
{
    struct medium *medium = walk->medium;
    struct medium_entry *entry = heap_array_get(&medium->entries, medium->entries.count - 1);
    uint8_t content[BLOCK_BYTES];
    if (bytes > sizeof content || medium->bytes.count > INSIDE_BYTES_MOST ||
        udfread_file_read(file, content, (size_t)bytes) != (ssize_t)bytes) {
        return medium_refuse(medium, "it does not say where %.200s lies",
                             medium_path(medium, (uint32_t)medium->entries.count - 1));
    }
    entry->is_memory = true;
    entry->memory = (uint32_t)medium->bytes.count;
    entry->size = bytes;
    for (size_t i = 0; i < bytes; i++) {
        heap_array_add(&medium->bytes, &content[i]);
    }
    return STATUS_OK;
}

static enum status add_pieces(struct udf_walk *walk, UDFFILE *file)
{
    int64_t size = udfread_file_size(file);
    uint64_t left = size < 0 ? 0 : (uint64_t)size;
    uint64_t blocks = left / BLOCK_BYTES + 1;
    walk->blocks += blocks;
    if (size < 0 || walk->blocks > 2 * (walk->medium->file_bytes / BLOCK_BYTES + MEDIUM_ENTRIES_MOST)) {
        return medium_refuse(walk->medium, "its files are longer than it is");
    }
    enum status status = STATUS_OK;
    for (uint32_t block = 0; status == STATUS_OK && left != 0; block++) {
        uint32_t place = udfread_file_lba(file, block);
        if (place == 0) {
            return block == 0
                       ? add_inside(walk, file, left)
                       : medium_refuse(walk->medium, "it does not say where a part of %.200s lies",
                                       medium_path(walk->medium, (uint32_t)walk->medium->entries.count - 1));
        }
        uint64_t bytes = left < BLOCK_BYTES ? left : BLOCK_BYTES;
        status = medium_add_extent(walk->medium, (uint64_t)place * BLOCK_BYTES, bytes);
        left -= bytes;
    }
    return status;
}

static bool is_usable(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (text_is_control(*at) || *at == '/' || *at == '\\') {
            return false;
        }
    }
    return name[0] != '\0' && strlen(name) < MEDIUM_NAME_BYTES && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static enum status add_entry(struct udf_walk *walk, UDFDIR *folder, const struct udf_place *place,
                             const struct udfread_dirent *entry)
{
    uint32_t position;
    if (!is_usable(entry->d_name)) {
        return STATUS_OK;
    }
    bool is_folder = entry->d_type == UDF_DT_DIR;
    enum status status = medium_add(walk->medium, place->position, entry->d_name, is_folder, 0, &position);
    if (status != STATUS_OK) {
        return status;
    }
    if (is_folder) {
        if (place->depth == MEDIUM_DEPTH_MOST) {
            return medium_refuse(walk->medium, "its folders are deeper than %d, or run in circles",
                                 MEDIUM_DEPTH_MOST);
        }
        struct udf_place next = {position, place->depth + 1};
        heap_array_add(&walk->places, &next);
        return STATUS_OK;
    }
    UDFFILE *file = udfread_file_openat(folder, entry->d_name);
    if (file == NULL) {
        return medium_refuse(walk->medium, "%.200s cannot be opened", medium_path(walk->medium, position));
    }
    status = add_pieces(walk, file);
    udfread_file_close(file);
    return status;
}

static enum status read_folder(struct udf_walk *walk, struct udf_place place)
{
    char path[CONTENT_PATH_BYTES + 1];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "/%s",
                    place.position == MEDIUM_ROOT ? "" : medium_path(walk->medium, place.position));
    UDFDIR *folder = udfread_opendir(walk->volume, path);
    if (folder == NULL) {
        return medium_refuse(walk->medium, "its folder %.200s cannot be read", path);
    }
    struct udfread_dirent entry;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && udfread_readdir(folder, &entry) != NULL) {
        status = add_entry(walk, folder, &place, &entry);
    }
    udfread_closedir(folder);
    return status;
}

static enum status read_tree(struct udf_walk *walk)
{
    struct udf_place root = {MEDIUM_ROOT, 0};
    walk->places = heap_array_init(sizeof root);
    heap_array_add(&walk->places, &root);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < walk->places.count; i++) {
        status = read_folder(walk, *(struct udf_place *)heap_array_get(&walk->places, i));
    }
    heap_array_clear(&walk->places);
    return status;
}

enum status medium_udf_read(struct medium *medium)
{
    struct block_source source = {.input = {.close = source_close, .read = source_read, .size = source_size},
                                  .medium = medium};
    struct udf_walk walk = {.medium = medium, .volume = udfread_init()};
    if (walk.volume == NULL || udfread_open_input(walk.volume, &source.input) < 0) {
        udfread_close(walk.volume);
        problem_clear(medium->problem); // of a block that it looked for
        return STATUS_NOT_FOUND;
    }
    const char *label = udfread_get_volume_id(walk.volume);
    struct text text;
    text_init(&text, medium->label, sizeof medium->label);
    text_add_bytes(&text, label == NULL ? "" : label,
                   label == NULL ? 0 : strnlen(label, MEDIUM_LABEL_BYTES - 1));
    enum status status = read_tree(&walk);
    udfread_close(walk.volume);
    return status;
}
