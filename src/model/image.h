// SPDX-License-Identifier: GPL-3.0-or-later
// An image: what can be booted. Here a netboot tree: kernel, initrd and arguments below one folder of the
// image store.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define IMAGE_NAME_BYTES      64
#define IMAGE_PATH_BYTES      256
#define IMAGE_ARGUMENTS_BYTES 1024

struct image {
    uint64_t id; // 0 = not stored
    char name[IMAGE_NAME_BYTES];
    char family[IMAGE_NAME_BYTES]; // catalogue family, "debian-installer", or "linux" when not recognised
    char description[128];         // for people: "Debian 12 installer (amd64)"
    char kernel[IMAGE_PATH_BYTES]; // relative to the image's folder
    char initrd[IMAGE_PATH_BYTES]; // the same; empty = none
    char arguments[IMAGE_ARGUMENTS_BYTES]; // kernel arguments that it always needs
    uint64_t size_bytes;                   // all its files
    uint32_t file_count;
    int64_t created_s; // Unix seconds
};

/// Checks a name for an image or a profile: 1..63 of a-z A-Z 0-9 '.' '_' '-', first one a letter or digit.
MUST_USE enum status image_check_name(const char *name, struct problem *problem);

/// Checks a path inside an image: relative, no empty part, no "." or "..", no backslash, no control
/// characters, at most 255 bytes.
MUST_USE enum status image_check_path(const char *path, struct problem *problem);
