// SPDX-License-Identifier: GPL-3.0-or-later
// ISO 9660 (ECMA-119) with Rock Ridge (SUSP 1.12, RRIP 1.12) and Joliet, decoded piece by piece from bytes
// that may be anything: a volume descriptor, a directory record, a system use area. It reads no file and
// follows nothing; content/medium_iso does. Ours because libiso9660 2.1, the one in Debian 12, is known to
// write outside its memory on hostile media (docs/decisions/0072).
#pragma once

#include "base/status.h"

#define ISO9660_SECTOR_BYTES     2048
#define ISO9660_FIRST_DESCRIPTOR 16 // the sector of the first volume descriptor
#define ISO9660_LABEL_BYTES      33
#define ISO9660_NAME_BYTES       256 // the longest of Rock Ridge and Linux, with its NUL
#define ISO9660_LINK_BYTES       1024

enum iso9660_descriptor {
    ISO9660_PRIMARY,
    ISO9660_JOLIET, // a supplementary descriptor whose names are UCS-2
    ISO9660_BOOT,   // El Torito: the medium can be booted
    ISO9660_OTHER,
    ISO9660_END,
};

struct iso9660_volume {
    enum iso9660_descriptor kind;
    char label[ISO9660_LABEL_BYTES]; // volume id without trailing blanks; of ISO9660_PRIMARY only
    uint32_t blocks;                 // of the volume
    uint32_t root_block;
    uint32_t root_bytes;
    uint32_t boot_catalogue_block; // of ISO9660_BOOT
};

/// Decodes the volume descriptor in `sector`. STATUS_NOT_FOUND when there is none ("CD001"),
/// STATUS_UNSUPPORTED when its logical blocks are not 2048 bytes, STATUS_MALFORMED when its root directory is
/// none.
MUST_USE enum status iso9660_decode_volume(const uint8_t sector[ISO9660_SECTOR_BYTES],
                                           struct iso9660_volume *volume);

// For whom El Torito has something to start; bits.
#define ISO9660_STARTS_BIOS 1u
#define ISO9660_STARTS_UEFI 2u

/// For which firmware there is something to start in the boot catalogue that begins in `sector` (El
/// Torito 1.0, 2.0: ISO9660_STARTS_*). 0 when it is none: its first entry must have its marks and add up to
/// zero.
uint8_t iso9660_decode_boot_catalogue(const uint8_t sector[ISO9660_SECTOR_BYTES]);

struct iso9660_record { // one directory record; `name` and `system_use` borrow from the bytes
    uint32_t block;     // where its data begins
    uint32_t bytes;     // of data
    int64_t modified_s; // Unix seconds; 0 = not known
    bool is_folder;
    bool is_hidden; // associated files (Macintosh's other fork) too
    bool goes_on;   // the next record of the same name is the next piece of the file
    bool is_self;   // "."
    bool is_parent; // ".."
    size_t length;  // of the record
    const uint8_t *name;
    size_t name_bytes;
    const uint8_t *system_use;
    size_t system_use_bytes;
};

/// Decodes the record at `bytes`, of which `room` bytes are left in its sector. STATUS_NOT_FOUND: no more
/// records in this sector. STATUS_MALFORMED.
MUST_USE enum status iso9660_decode_record(const uint8_t *bytes, size_t room, struct iso9660_record *record);

/// The name of a record without Rock Ridge, in UTF-8: in small letters and without version and lone dot, as
/// Linux shows it; with `is_joliet` the Joliet name. STATUS_MALFORMED when it is empty or holds '/' or a
/// control character, or is
/// "." or "..".
MUST_USE enum status iso9660_print_name(const struct iso9660_record *record, bool is_joliet,
                                        char out[ISO9660_NAME_BYTES]);

struct iso9660_extra { // what Rock Ridge says of a record; begin with all zero, feed all its areas
    char name[ISO9660_NAME_BYTES];
    size_t name_bytes;             // 0 = none
    char link[ISO9660_LINK_BYTES]; // target of a symbolic link
    size_t link_bytes;             // 0 = it is no link
    bool is_link_open;             // the next component goes on with this one
    bool is_rock_ridge;            // there is any field of it
    bool is_broken;                // too long, or a name with '/' in it
    bool is_moved;                 // a folder that is shown where its CL is, not here (RE)
    uint32_t child_block;          // the folder it stands for lies there (CL); 0 = none
    uint32_t more_block;           // the next area to feed (CE); more_bytes 0 = none
    uint32_t more_offset;
    uint32_t more_bytes;
};

/// Reads one system use area of `bytes` bytes into `extra`, which says whether another one follows.
void iso9660_read_extra(const uint8_t *area, size_t bytes, struct iso9660_extra *extra);

/// Whether `extra` has a name that can be used: not empty, not "." or "..", whole.
bool iso9660_extra_has_name(const struct iso9660_extra *extra);

/// How many bytes at the start of each system use area belong to others, from that of the root's "." record
/// (SP); -1 when it has no SP, and so no Rock Ridge.
int iso9660_find_skip(const uint8_t *area, size_t bytes);
