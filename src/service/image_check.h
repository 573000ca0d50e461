// SPDX-License-Identifier: GPL-3.0-or-later
// The closure check: whether every file that the boot of an image will ask for is there and is what it has to
// be, told before a machine fails.
#pragma once

#include "content/content.h"
#include "model/image.h"
#include "service/image_programs.h"

#define IMAGE_FAULTS_MOST      32
#define IMAGE_FAULT_TEXT_BYTES 192

struct image_fault {
    bool is_error; // it will not boot; else it may not
    char file[CONTENT_PATH_BYTES];
    char text[IMAGE_FAULT_TEXT_BYTES];   // what is wrong, one sentence
    char remedy[IMAGE_FAULT_TEXT_BYTES]; // what to do; ""
};

struct image_check {
    struct content_source files; // of all images; any thread may ask it
    struct image image;
    // found:
    struct image_fault faults[IMAGE_FAULTS_MOST];
    unsigned fault_count;
    unsigned file_count; // that were looked at
    struct image_programs programs;
};

/// Looks at the files of `check->image`, however long the disk takes: in a thread of its own.
void image_check_work(struct image_check *check);

/// Whether there is a fault because of which some machine will not boot.
bool image_check_has_error(const struct image_check *check);
