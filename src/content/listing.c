// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/listing.h"

#include "io/heap.h"

#include <stdlib.h>
#include <string.h>

struct row {
    struct content_entry entry; // its name is ours
    size_t order;               // in which it came: of equal names the first stays
};

struct gathering {
    struct heap_array rows;
    size_t most;
    bool is_cut;
};

static void gather(void *context, const struct content_entry *entry)
{
    struct gathering *gathering = context;
    if (gathering->rows.count == gathering->most) {
        gathering->is_cut = true;
        return;
    }
    struct row row = {*entry, gathering->rows.count};
    row.entry.name = heap_copy_text(entry->name);
    heap_array_add(&gathering->rows, &row);
}

static int compare(const void *a, const void *b)
{
    const struct row *one = a;
    const struct row *other = b;
    int names = strcmp(one->entry.name, other->entry.name);
    return names != 0 ? names : (one->order > other->order) - (one->order < other->order);
}

static char *name_of(const struct content_entry *entry)
{
    char *name;
    memcpy(&name, &entry->name, sizeof name); // made by gather
    return name;
}

static void finish(struct gathering *gathering, struct content_listing *listing)
{
    struct row *rows = gathering->rows.items;
    size_t count = gathering->rows.count;
    *listing = (struct content_listing){.is_cut = gathering->is_cut};
    listing->entries = heap_new_array(count + 1, sizeof listing->entries[0]);
    if (count != 0) {
        qsort(rows, count, sizeof rows[0], compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (i != 0 && strcmp(rows[i].entry.name, listing->entries[listing->count - 1].name) == 0) {
            heap_free(name_of(&rows[i].entry));
            continue;
        }
        listing->entries[listing->count++] = rows[i].entry;
    }
    heap_array_clear(&gathering->rows);
}

static enum status ask(const struct content *content, const char *path,
                       void (*visit)(void *context, const struct content_entry *entry), void *context)
{
    enum status best = STATUS_NOT_FOUND;
    for (unsigned i = 0; i < content->source_count; i++) {
        const struct content_source *source = &content->sources[i];
        if (source->list == NULL) {
            continue;
        }
        enum status status = source->list(source->self, path, visit, context);
        best = status == STATUS_OK || (best == STATUS_NOT_FOUND && status != STATUS_OK) ? status : best;
        if (visit == NULL && best == STATUS_OK) {
            break;
        }
    }
    return path[0] == '\0' && best == STATUS_NOT_FOUND ? STATUS_OK : best; // the root is always there
}

enum status content_listing_read(const struct content *content, const char *path, size_t most,
                                 struct content_listing *listing)
{
    struct gathering gathering = {.rows = heap_array_init(sizeof(struct row)), .most = most};
    enum status status = ask(content, path, gather, &gathering);
    finish(&gathering, listing);
    if (status != STATUS_OK) {
        content_listing_clear(listing);
    }
    return status;
}

enum status content_listing_find(const struct content *content, const char *path)
{
    return ask(content, path, NULL, NULL);
}

struct description {
    const char *name;
    struct content_entry *entry;
    bool is_found;
};

static void describe(void *context, const struct content_entry *entry)
{
    struct description *description = context;
    if (!description->is_found && strcmp(entry->name, description->name) == 0) {
        *description->entry = *entry;
        description->entry->name = description->name;
        description->is_found = true;
    }
}

enum status content_listing_describe(const struct content *content, const char *path,
                                     struct content_entry *entry)
{
    char folder[CONTENT_PATH_BYTES] = "";
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (path[0] == '\0' || length >= sizeof folder) {
        *entry = (struct content_entry){.name = "", .is_folder = true};
        return path[0] == '\0' ? STATUS_OK : STATUS_NOT_FOUND;
    }
    memcpy(folder, path, length);
    struct description description = {.name = slash == NULL ? path : slash + 1, .entry = entry};
    enum status status = ask(content, folder, describe, &description);
    return status != STATUS_OK ? status : description.is_found ? STATUS_OK : STATUS_NOT_FOUND;
}

void content_listing_clear(struct content_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        heap_free(name_of(&listing->entries[i]));
    }
    heap_free(listing->entries);
    *listing = (struct content_listing){0};
}
