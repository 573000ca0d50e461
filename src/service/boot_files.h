// SPDX-License-Identifier: GPL-3.0-or-later
// The files of an image that a machine boots: where they are in the tree, and which of them is the last that
// it needs.
#pragma once

#include "content/content.h"
#include "loader/loader.h"

struct boot_files { // "" = none
    enum image_way way;
    char kernel[CONTENT_PATH_BYTES]; // "/images/NAME/PATH"
    char initrds[LOADER_INITRDS_MOST][CONTENT_PATH_BYTES];
};

/// What boots by `plan`, a PLAN_IMAGE. STATUS_TOO_LONG and `problem` when there are more initrds, or longer
/// paths, than a loader can be told.
MUST_USE enum status boot_files_find(const struct boot_plan *plan, struct boot_files *files,
                                     struct problem *problem);

/// Where in the tree a file of an image is: "/images/NAME/PATH".
void boot_files_print_path(const struct image *image, const char *path, struct text *out);

struct boot_file {
    bool is_kernel; // what is started, by any method of the image
    bool is_last;   // the last that a method needs: its last initrd, or the kernel when it has none
};

/// What the file `path` of the tree (without leading '/', in any case, as the tree finds it) is for booting
/// `image`.
struct boot_file boot_files_look_up(const struct image *image, const char *path);
