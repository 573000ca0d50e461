// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the folders of ISO 9660 into an index. Each folder is read once: one that is met again means that
// the medium runs in circles, and it is refused.
#include "content/medium_inner.h"

#include "base/text.h"
#include "format/iso9660.h"

#include <string.h>

#define DESCRIPTORS_MOST  64
#define FOLDER_BYTES_MOST (64u << 20)
#define AREAS_MOST        32 // continuation areas of one record

struct folder_place {  // a folder that is still to be read
    uint32_t position; // its entry, or MEDIUM_ROOT
    uint32_t block;
    uint32_t bytes; // 0 = not known: its own "." says it (CL)
    unsigned depth;
};

struct iso_walk {
    struct medium *medium;
    bool is_joliet;
    int skip;                 // of system use areas; -1 = no Rock Ridge
    struct heap_array places; // of struct folder_place; those behind `read` are to be read
    uint8_t *met;             // a bit for each block where a folder begins that was met
    size_t read;
    struct iso9660_record previous; // whose file goes on
    bool goes_on;
};

static enum status read_sector(struct medium *medium, uint32_t block, uint8_t sector[ISO9660_SECTOR_BYTES])
{
    return medium_read(medium, (uint64_t)block * ISO9660_SECTOR_BYTES, sector, ISO9660_SECTOR_BYTES);
}

// ---- Rock Ridge ----

static enum status read_extra(struct iso_walk *walk, const struct iso9660_record *record,
                              struct iso9660_extra *extra)
{
    uint8_t area[ISO9660_SECTOR_BYTES];
    *extra = (struct iso9660_extra){0};
    if (walk->skip < 0 || record->system_use_bytes < (size_t)walk->skip) {
        return STATUS_OK;
    }
    iso9660_read_extra(record->system_use + walk->skip, record->system_use_bytes - (size_t)walk->skip, extra);
    for (unsigned areas = 0; extra->more_bytes != 0; areas++) {
        if (areas == AREAS_MOST || extra->more_bytes > sizeof area ||
            extra->more_offset > ISO9660_SECTOR_BYTES) {
            return medium_refuse(walk->medium, "what it says of one file has no end");
        }
        uint32_t bytes = extra->more_bytes;
        uint64_t offset = (uint64_t)extra->more_block * ISO9660_SECTOR_BYTES + extra->more_offset;
        enum status status = medium_read(walk->medium, offset, area, bytes);
        if (status != STATUS_OK) {
            return status;
        }
        iso9660_read_extra(area, bytes, extra);
    }
    return STATUS_OK;
}

// ---- folders ----

// Remembers a folder to be read.
static enum status push_folder(struct iso_walk *walk, const struct folder_place *place)
{
    const char *path = place->position == MEDIUM_ROOT ? "/" : medium_path(walk->medium, place->position);
    if (place->depth > MEDIUM_DEPTH_MOST) {
        return medium_refuse(walk->medium, "its folders are deeper than %d: %.200s", MEDIUM_DEPTH_MOST, path);
    }
    if (place->block >= walk->medium->file_bytes / ISO9660_SECTOR_BYTES) {
        return medium_refuse(walk->medium, "it is cut off: the folder %.200s lies behind its end", path);
    }
    uint8_t bit = (uint8_t)(1u << place->block % 8);
    if ((walk->met[place->block / 8] & bit) != 0) {
        return medium_refuse(walk->medium, "the folder %.200s is in it twice, so it runs in circles", path);
    }
    walk->met[place->block / 8] |= bit;
    heap_array_add(&walk->places, place);
    return STATUS_OK;
}

static enum status add_folder(struct iso_walk *walk, const struct folder_place *parent, const char *name,
                              const struct iso9660_record *record, uint32_t child_block)
{
    struct folder_place place = {.block = child_block != 0 ? child_block : record->block,
                                 .bytes = child_block != 0 ? 0 : record->bytes,
                                 .depth = parent->depth + 1};
    enum status status =
        medium_add(walk->medium, parent->position, name, true, record->modified_s, &place.position);
    return status == STATUS_OK ? push_folder(walk, &place) : status;
}

static enum status add_extent(struct iso_walk *walk, const struct iso9660_record *record)
{
    return medium_add_extent(walk->medium, (uint64_t)record->block * ISO9660_SECTOR_BYTES, record->bytes);
}

static enum status add_file(struct iso_walk *walk, const struct folder_place *parent, const char *name,
                            const struct iso9660_record *record, const struct iso9660_extra *extra)
{
    uint32_t position;
    enum status status =
        medium_add(walk->medium, parent->position, name, false, record->modified_s, &position);
    if (status == STATUS_OK && extra->link_bytes != 0) {
        return medium_set_link(walk->medium, extra->link);
    }
    walk->previous = *record;
    walk->goes_on = record->goes_on;
    return status == STATUS_OK ? add_extent(walk, record) : status;
}

// A name that cannot be one in a tree of files is left out: nobody could ask for it.
static enum status add_record(struct iso_walk *walk, const struct folder_place *parent,
                              const struct iso9660_record *record)
{
    struct iso9660_extra extra;
    char name[ISO9660_NAME_BYTES];
    if (walk->goes_on) { // the next piece of the file before
        walk->goes_on = record->goes_on;
        return add_extent(walk, record);
    }
    enum status status = read_extra(walk, record, &extra);
    bool is_plain = extra.name_bytes == 0;
    if (status != STATUS_OK || record->is_hidden || extra.is_moved) {
        return status;
    }
    bool is_named =
        is_plain ? iso9660_print_name(record, walk->is_joliet, name) == STATUS_OK
                 : iso9660_extra_has_name(&extra) && text_copy(name, sizeof name, extra.name) == STATUS_OK;
    if (!is_named) {
        walk->goes_on = false;
        return STATUS_OK;
    }
    bool is_folder = record->is_folder || extra.child_block != 0;
    return is_folder ? add_folder(walk, parent, name, record, extra.child_block)
                     : add_file(walk, parent, name, record, &extra);
}

static enum status read_sector_of_folder(struct iso_walk *walk, const struct folder_place *place,
                                         const uint8_t sector[ISO9660_SECTOR_BYTES])
{
    for (size_t at = 0; at < ISO9660_SECTOR_BYTES;) {
        struct iso9660_record record;
        enum status status = iso9660_decode_record(sector + at, ISO9660_SECTOR_BYTES - at, &record);
        if (status == STATUS_NOT_FOUND) {
            break;
        }
        if (status != STATUS_OK) {
            return medium_refuse(walk->medium, "a record of the folder %.200s is none",
                                 place->position == MEDIUM_ROOT ? "/"
                                                                : medium_path(walk->medium, place->position));
        }
        if (!record.is_self && !record.is_parent) {
            status = add_record(walk, place, &record);
        }
        if (status != STATUS_OK) {
            return status;
        }
        at += record.length;
    }
    return STATUS_OK;
}

// The first record of a folder is itself.
static enum status read_self(struct iso_walk *walk, struct folder_place *place,
                             const uint8_t sector[ISO9660_SECTOR_BYTES])
{
    struct iso9660_record self;
    if (iso9660_decode_record(sector, ISO9660_SECTOR_BYTES, &self) != STATUS_OK || !self.is_self) {
        return medium_refuse(walk->medium, "there is no folder at block %u", place->block);
    }
    if (place->position == MEDIUM_ROOT && !walk->is_joliet) {
        walk->skip = iso9660_find_skip(self.system_use, self.system_use_bytes);
    }
    place->bytes = place->bytes != 0 ? place->bytes : self.bytes;
    return STATUS_OK;
}

static enum status read_folder(struct iso_walk *walk, struct folder_place place)
{
    uint8_t sector[ISO9660_SECTOR_BYTES];
    walk->goes_on = false;
    enum status status = read_sector(walk->medium, place.block, sector);
    if (status == STATUS_OK) {
        status = read_self(walk, &place, sector);
    }
    if (status == STATUS_OK && place.bytes > FOLDER_BYTES_MOST) {
        return medium_refuse(walk->medium, "a folder of it has %u bytes", place.bytes);
    }
    uint32_t blocks = place.bytes / ISO9660_SECTOR_BYTES + (place.bytes % ISO9660_SECTOR_BYTES != 0);
    for (uint32_t i = 0; status == STATUS_OK && i < blocks; i++) {
        status = i == 0 ? STATUS_OK : read_sector(walk->medium, place.block + i, sector);
        if (status == STATUS_OK) {
            status = read_sector_of_folder(walk, &place, sector);
        }
    }
    return status;
}

static enum status read_tree(struct iso_walk *walk, const struct iso9660_volume *volume)
{
    struct folder_place root = {
        .position = MEDIUM_ROOT, .block = volume->root_block, .bytes = volume->root_bytes};
    walk->places = heap_array_init(sizeof(struct folder_place));
    walk->met = heap_new(walk->medium->file_bytes / ISO9660_SECTOR_BYTES / 8 + 1);
    enum status status = push_folder(walk, &root);
    while (status == STATUS_OK && walk->read < walk->places.count) {
        struct folder_place place = *(struct folder_place *)heap_array_get(&walk->places, walk->read++);
        status = read_folder(walk, place);
    }
    heap_array_clear(&walk->places);
    heap_free(walk->met);
    return status;
}

// ---- volume ----

struct iso_volumes {
    struct iso9660_volume primary;
    struct iso9660_volume joliet;
    bool has_primary;
    bool has_joliet;
};

static_assert(ISO9660_STARTS_BIOS == MEDIUM_STARTS_BIOS && ISO9660_STARTS_UEFI == MEDIUM_STARTS_UEFI,
              "the same bits");

// One that lies elsewhere, or is none, starts nothing; that is no reason to refuse the medium's files.
static void read_boot_catalogue(struct medium *medium, uint32_t block)
{
    uint8_t sector[ISO9660_SECTOR_BYTES];
    bool is_inside = ((uint64_t)block + 1) * ISO9660_SECTOR_BYTES <= medium->file_bytes;
    if (is_inside && read_sector(medium, block, sector) == STATUS_OK) {
        medium->starts |= iso9660_decode_boot_catalogue(sector);
    }
}

static enum status read_volumes(struct medium *medium, struct iso_volumes *volumes)
{
    uint8_t sector[ISO9660_SECTOR_BYTES];
    struct iso9660_volume volume = {.kind = ISO9660_OTHER};
    for (uint32_t i = 0; i < DESCRIPTORS_MOST && volume.kind != ISO9660_END; i++) {
        uint32_t block = ISO9660_FIRST_DESCRIPTOR + i;
        if ((uint64_t)(block + 1) * ISO9660_SECTOR_BYTES > medium->file_bytes) {
            break;
        }
        enum status status = read_sector(medium, block, sector);
        status = status == STATUS_OK ? iso9660_decode_volume(sector, &volume) : status;
        if (status == STATUS_NOT_FOUND) {
            break;
        }
        if (status != STATUS_OK) {
            return status == STATUS_IO ? status
                                       : medium_refuse(medium, "its volume descriptor %u is none", i);
        }
        if (volume.kind == ISO9660_PRIMARY && !volumes->has_primary) {
            volumes->primary = volume;
            volumes->has_primary = true;
        } else if (volume.kind == ISO9660_JOLIET) {
            volumes->joliet = volume;
            volumes->has_joliet = true;
        }
        if (volume.kind == ISO9660_BOOT) {
            read_boot_catalogue(medium, volume.boot_catalogue_block);
        }
    }
    return volumes->has_primary ? STATUS_OK : STATUS_NOT_FOUND;
}

// Whether the root's own record begins with SUSP's SP field.
static enum status has_rock_ridge(struct medium *medium, const struct iso9660_volume *volume, bool *has)
{
    uint8_t sector[ISO9660_SECTOR_BYTES];
    struct iso9660_record self;
    enum status status = read_sector(medium, volume->root_block, sector);
    *has = status == STATUS_OK && iso9660_decode_record(sector, sizeof sector, &self) == STATUS_OK &&
           iso9660_find_skip(self.system_use, self.system_use_bytes) >= 0;
    return status;
}

enum status medium_iso_read(struct medium *medium, bool *is_poor)
{
    struct iso_volumes volumes = {0};
    bool has = false;
    enum status status = read_volumes(medium, &volumes);
    if (status == STATUS_OK) {
        status = has_rock_ridge(medium, &volumes.primary, &has);
    }
    if (status != STATUS_OK) {
        return status;
    }
    (void)text_copy(medium->label, sizeof medium->label, volumes.primary.label);
    *is_poor = !has;
    bool is_joliet = !has && volumes.has_joliet;
    struct iso_walk walk = {.medium = medium, .skip = -1, .is_joliet = is_joliet};
    return read_tree(&walk, is_joliet ? &volumes.joliet : &volumes.primary);
}
