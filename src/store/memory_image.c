// SPDX-License-Identifier: GPL-3.0-or-later
// Images in memory: found by name.
#include "store/memory.h"

#include <string.h>

static struct row_table *image_table(const struct store *store)
{
    return store->tables[STORE_IMAGE];
}

static uint32_t image_find_row(const struct store *store, const char *name)
{
    uint32_t hash = store_hash(store, name, strlen(name));
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->image_by_name, hash, &tries)) != ROW_NONE;) {
        const struct image *image = row_table_get(image_table(store), row);
        if (strcmp(image->name, name) == 0) {
            break;
        }
    }
    return row;
}

static void image_write_row(struct store *store, uint32_t row, const struct image *image)
{
    memcpy(row_table_get(image_table(store), row), image, sizeof *image);
    row_index_add(&store->image_by_name, store_hash(store, image->name, strlen(image->name)), row);
}

static void image_forget_name(struct store *store, uint32_t row)
{
    const struct image *image = row_table_get(image_table(store), row);
    row_index_remove(&store->image_by_name, store_hash(store, image->name, strlen(image->name)), row);
}

void memory_load_image(void *store, const void *image)
{
    const struct image *loaded = image;
    struct store *self = store;
    image_write_row(self, row_table_add(image_table(self), loaded->id), loaded);
}

void store_image_each(const struct store *store, bool (*visit)(const struct image *, void *), void *context)
{
    const struct image *image;
    for (size_t at = 0; (image = row_table_find_next(image_table(store), &at)) != NULL;) {
        if (!visit(image, context)) {
            return;
        }
    }
}

const struct image *store_image_find(const struct store *store, const char *name)
{
    uint32_t row = image_find_row(store, name);
    return row == ROW_NONE ? NULL : row_table_get(image_table(store), row);
}

const struct image *store_image_find_agent(const struct store *store)
{
    const struct image *newest = NULL;
    const struct image *image;
    for (size_t at = 0; (image = row_table_find_next(image_table(store), &at)) != NULL;) {
        if (strcmp(image->family, IMAGE_AGENT_FAMILY) == 0 &&
            (newest == NULL || image->created_s >= newest->created_s)) { // later ids come later
            newest = image;
        }
    }
    return newest;
}

enum status store_image_put(struct store *store, struct image *image, struct problem *problem)
{
    struct row_table *table = image_table(store);
    const struct image *other = store_image_find(store, image->name);
    assert(image->name[0] != '\0');
    if (other != NULL && other->id != image->id) {
        problem_set(problem, "there is an image called '%s' already", image->name);
        problem_set_remedy(problem, "choose another name, or remove that image first");
        return STATUS_EXISTS;
    }
    if (image->id != 0 && row_table_find(table, image->id) == ROW_NONE) {
        problem_set(problem, "the image '%s' was removed meanwhile", image->name);
        return STATUS_NOT_FOUND;
    }
    uint32_t row;
    if (image->id == 0) {
        image->id = table->last_id + 1;
        row = row_table_add(table, image->id);
    } else {
        row = row_table_find(table, image->id);
        image_forget_name(store, row);
    }
    image_write_row(store, row, image);
    row_table_mark(table, image->id);
    return STATUS_OK;
}

enum status store_image_remove(struct store *store, const char *name, struct problem *problem)
{
    uint32_t row = image_find_row(store, name);
    if (row == ROW_NONE) {
        problem_set(problem, "there is no image called '%s'", name);
        return STATUS_NOT_FOUND;
    }
    const char *profile = memory_find_profile_of(store, name);
    if (profile != NULL) {
        problem_set(problem, "the image '%s' is in use by the profile '%s'", name, profile);
        problem_set_remedy(problem,
                           "imprint profile remove %s, or give it another: imprint profile edit %s --image",
                           profile, profile);
        return STATUS_BUSY;
    }
    const struct image *image = row_table_get(image_table(store), row);
    uint64_t id = image->id;
    image_forget_name(store, row);
    row_table_remove(image_table(store), row);
    row_table_mark(image_table(store), id);
    return STATUS_OK;
}
