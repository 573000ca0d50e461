// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: what one entry of a medium's own boot menu becomes when it is started over the network.
#pragma once

#include "catalog/catalog.h"
#include "format/boot_entry.h"

// What is to be expected; more is better.
#define UNKNOWN_SCORE_NOTHING 0   // it cannot start
#define UNKNOWN_SCORE_TOOL    20  // a program that tests or shows something
#define UNKNOWN_SCORE_ALONE   50  // all it needs are kernel and initrd, as far as can be seen
#define UNKNOWN_SCORE_NETWORK 100 // it is told where on the network its system is

struct unknown_start {
    const struct catalog_files *files;
    const struct boot_entry *entry;
    const char *config;                    // where it stands
    char kernel[IMAGE_PATH_BYTES];         // as it is among the files
    char initrd[IMAGE_INITRDS_BYTES];      // the same, blanks between
    char arguments[IMAGE_ARGUMENTS_BYTES]; // template
    enum image_way way;
    uint8_t on;
    const char *family; // whose answer files its installer reads
    enum image_grade grade;
    uint64_t memory_bytes;
    int score;
    char why[IMAGE_REMARK_BYTES]; // what was derived, or what is missing; a sentence without its full stop
};

/// The path among `files` that `path` means, written in the configuration file `config`: as GRUB and syslinux
/// write it, absolute or relative, of any case. NULL when there is none. What leads out of the tree is none.
const char *unknown_find_path(const struct catalog_files *files, const char *config, const char *path);

/// Fills in `start`, whose `files`, `entry` and `config` are set. What cannot start has
/// UNKNOWN_SCORE_NOTHING and says why.
void unknown_start_derive(struct unknown_start *start);
