// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent found in a machine: processor, memory, firmware, network cards, disks and what is on them.
// All texts come from hardware or from whatever was on its disks: escape them before they meet a terminal.
#pragma once

#include "base/addr.h"
#include "base/text.h"
#include "base/uuid.h"

#define INVENTORY_DISKS_MOST      24
#define INVENTORY_PARTITIONS_MOST 24 // of one disk; more are counted only
#define INVENTORY_CARDS_MOST      16
#define INVENTORY_TEXT_BYTES      96
#define INVENTORY_NAME_BYTES      32
#define INVENTORY_KEY_BYTES       96

enum inventory_secure_boot { INVENTORY_SECURE_UNKNOWN, INVENTORY_SECURE_OFF, INVENTORY_SECURE_ON };

struct inventory_content { // what one disk or partition holds; all empty = nothing that is known
    char filesystem[INVENTORY_NAME_BYTES]; // "ext4", "ntfs", "crypto_LUKS", "LVM2_member" ... as blkid calls
                                           // it
    char label[INVENTORY_TEXT_BYTES];
    char system[INVENTORY_TEXT_BYTES]; // operating system found: "Debian GNU/Linux 12 (bookworm)", "Windows"
};

struct inventory_partition {
    char name[INVENTORY_NAME_BYTES]; // "vda1"
    uint64_t bytes;
    struct inventory_content content;
};

struct inventory_disk {
    char name[INVENTORY_NAME_BYTES]; // "vda", without /dev/
    char model[INVENTORY_TEXT_BYTES];
    char serial[INVENTORY_TEXT_BYTES];
    char transport[INVENTORY_NAME_BYTES]; // "virtio", "sata", "nvme", "usb", "scsi", "mmc", or ""
    uint64_t bytes;
    uint32_t sector_bytes; // logical
    bool is_removable;
    bool is_read_only;
    bool is_blank; // no signature that blkid knows; first and last MiB are zero, and samples between
    char table[INVENTORY_NAME_BYTES]; // "gpt", "dos", or ""
    struct inventory_content content; // of the whole disk, when it has no table
    uint32_t partition_count;         // all there are
    struct inventory_partition partitions[INVENTORY_PARTITIONS_MOST];
};

struct inventory_card {
    char name[INVENTORY_NAME_BYTES]; // "eth0"
    struct hw mac;
    char pci[INVENTORY_NAME_BYTES];    // "8086:100e", or ""
    char driver[INVENTORY_NAME_BYTES]; // "e1000", or "": the kernel has none
    bool has_link;
};

struct inventory {
    char vendor[INVENTORY_TEXT_BYTES]; // SMBIOS
    char product[INVENTORY_TEXT_BYTES];
    char serial[INVENTORY_TEXT_BYTES];
    char uuid[UUID_TEXT_BYTES]; // canonical, or ""
    char processor[INVENTORY_TEXT_BYTES];
    uint32_t processor_count;
    uint64_t memory_bytes;
    bool is_uefi;
    enum inventory_secure_boot secure_boot;
    char kernel[INVENTORY_TEXT_BYTES]; // the agent's
    char agent[INVENTORY_NAME_BYTES];  // its version
    uint8_t card_count;
    uint8_t disk_count;
    struct inventory_card cards[INVENTORY_CARDS_MOST];
    struct inventory_disk disks[INVENTORY_DISKS_MOST];
};

/// What a disk is called when it must not be mixed up: its serial number, or "vda@8589934592" (name and
/// bytes) when it has none.
const char *inventory_disk_key(const struct inventory_disk *disk, char out[INVENTORY_KEY_BYTES]);

/// The only disk with that key; NULL when there is none or several have it (`*shared` then true; may be
/// NULL).
const struct inventory_disk *inventory_find_disk(const struct inventory *inventory, const char *key,
                                                 bool *shared);

/// Whether nothing at all is on it: `is_blank`, and nothing else here says otherwise.
bool inventory_disk_is_blank(const struct inventory_disk *disk);

/// Says a size as disk vendors do, in powers of 1000: "8 GB", "8.6 GB", "512 MB", "1 TB". Appends to `out`.
void inventory_print_size(uint64_t bytes, struct text *out);

/// Says for a person what is on a disk and would be lost: "disk QEMU_1234, 8 GB: ext4 'root', Debian 12", or
/// "..., blank"; several partitions with "; " between, those with an operating system first. Appends to
/// `out`, printable ASCII only.
void inventory_print_disk(const struct inventory_disk *disk, struct text *out);
