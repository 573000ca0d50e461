// SPDX-License-Identifier: GPL-3.0-or-later
// An image: what can be booted or written to a disk. A netboot tree is kernel, initrd and arguments below one
// folder of the image store; an image for disks is one stream of chunks there (format/chunk_index.h).
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "base/text.h"

#define IMAGE_NAME_BYTES      64
#define IMAGE_PATH_BYTES      256
#define IMAGE_ARGUMENTS_BYTES 1024
#define IMAGE_AGENT_FAMILY    "imprint-agent"
#define IMAGE_STREAM_FILE     "image.zst"   // of an image for disks, in its folder
#define IMAGE_INDEX_FILE      "image.index" // the same

enum image_kind {
    IMAGE_BOOT, // kernel and initrd are booted: an installer, a live system, the agent
    IMAGE_DISK, // a whole disk, byte for byte
    IMAGE_ROOT, // the files of a root file system, as a tar
    IMAGE_KIND_COUNT
};

// Which firmware an image for disks can start on; bits.
#define IMAGE_STARTS_BIOS   1u
#define IMAGE_STARTS_UEFI   2u
#define IMAGE_STARTS_SECURE 4u // UEFI with Secure Boot

struct image {
    uint64_t id; // 0 = not stored
    char name[IMAGE_NAME_BYTES];
    char family[IMAGE_NAME_BYTES]; // catalogue family, "debian-installer", or "linux" when not recognised
    char description[128];         // for people: "Debian 12 installer (amd64)"
    char kernel[IMAGE_PATH_BYTES]; // relative to the image's folder
    char initrd[IMAGE_PATH_BYTES]; // the same; empty = none
    char arguments[IMAGE_ARGUMENTS_BYTES]; // kernel arguments that it always needs
    enum image_kind kind;
    uint8_t starts;         // IMAGE_STARTS_*; of IMAGE_DISK and IMAGE_ROOT
    uint64_t content_bytes; // of IMAGE_DISK: the disk's size; of IMAGE_ROOT: of the tar
    uint64_t needs_bytes;   // the smallest disk that it fits on; 0 for IMAGE_BOOT
    uint64_t size_bytes;    // all its files
    uint32_t file_count;
    int64_t created_s; // Unix seconds
};

/// Checks a name for an image or a profile: 1..63 of a-z A-Z 0-9 '.' '_' '-', first one a letter or digit.
MUST_USE enum status image_check_name(const char *name, struct problem *problem);

/// Checks a path inside an image: relative, no empty part, no "." or "..", no backslash, no control
/// characters, at most 255 bytes.
MUST_USE enum status image_check_path(const char *path, struct problem *problem);

/// "boot", "disk" or "root".
const char *image_kind_text(enum image_kind kind);

/// The kind called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status image_kind_parse(const char *text, enum image_kind *kind);

/// "bios, uefi, secure boot" for a set of IMAGE_STARTS_* bits; "nothing" for none. Appends to `out`.
void image_starts_print(uint8_t starts, struct text *out);
