// SPDX-License-Identifier: GPL-3.0-or-later
// The EFI programs that a boot of an image sends, who signed them, and what that means for machines with
// Secure Boot: told before one of them refuses.
#pragma once

#include "content/program.h"
#include "model/image.h"
#include "service/own_loader.h"

#define IMAGE_PROGRAMS_MOST       16
#define IMAGE_SECURE_SENTENCE_MAX 320

struct image_program {
    char file[CONTENT_PATH_BYTES]; // in the image's folder; of a loader of imprint's own, in the tree
    bool is_loader;
    bool is_ours; // not the image's: from Debian's packages
    uint8_t on;   // IMAGE_ON_*: for which firmware
    struct program program;
};

struct image_secure { // what becomes of a machine with Secure Boot
    uint8_t on;       // one bit of IMAGE_ON_*
    bool starts;
    unsigned trust; // PE_TRUST_*: one of these its firmware must know
    char sentence[IMAGE_SECURE_SENTENCE_MAX];
};

struct image_loader { // what starts it on one firmware
    uint8_t on;       // one bit of IMAGE_ON_*
    bool is_ours;
    char file[CONTENT_PATH_BYTES];
    char why[OWN_LOADER_WHY_BYTES];
};

struct image_programs {
    struct image_loader loaders[IMAGE_EFI_COUNT];
    unsigned loader_count;
    struct image_program rows[IMAGE_PROGRAMS_MOST];
    unsigned count;
    struct image_secure secure[IMAGE_EFI_COUNT];
    unsigned secure_count;
};

/// Reads the programs of `image`, an IMAGE_BOOT, out of `files`, the source of all images, and of the
/// loaders that it is started by. What is not there, or is no EFI program, has no row. However long the disk
/// takes: in a thread of its own.
void image_programs_read(const struct content_source *files, const struct image *image,
                         struct image_programs *programs);
