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

#define IMAGE_SHA256_BYTES 65

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

enum image_way {      // what a loader does with what it fetched
    IMAGE_WAY_KERNEL, // starts `kernel` with its initrds and arguments
    IMAGE_WAY_EFI,    // starts the EFI program `kernel`
    IMAGE_WAY_BIOS,   // starts the BIOS program `kernel`: a network boot program, memtest, a .c32 of pxelinux
    IMAGE_WAY_DISK,   // gives the machine the disk `kernel` (an ISO, a floppy) in its memory and boots that
    IMAGE_WAY_COUNT
};

// On which firmware a way works; bits.
#define IMAGE_ON_BIOS  1u
#define IMAGE_ON_X64   2u // UEFI
#define IMAGE_ON_IA32  4u // UEFI
#define IMAGE_ON_ARM64 8u // UEFI

#define IMAGE_METHODS_MOST      6
#define IMAGE_METHOD_NAME_BYTES 32
#define IMAGE_INITRDS_BYTES     512
#define IMAGE_REMARK_BYTES      256

struct image_method { // one way to boot an image; the first one that fits the machine is taken
    char name[IMAGE_METHOD_NAME_BYTES]; // for people: "netboot", "ram", "iso"
    enum image_way way;
    uint8_t on;                       // IMAGE_ON_*
    char kernel[IMAGE_PATH_BYTES];    // relative to the image's folder
    char initrd[IMAGE_INITRDS_BYTES]; // paths with blanks between; empty = none. "PATH:NAME": that file, put
                                      // into the initramfs under that name
    char arguments[IMAGE_ARGUMENTS_BYTES]; // template
    uint64_t memory_bytes;                 // the machine needs at least so much; 0 = not known
};

enum image_grade {          // what can be expected of a boot image
    IMAGE_GRADE_NONE,       // not judged: images from before, images for disks
    IMAGE_GRADE_UNATTENDED, // installs itself, with an answer file
    IMAGE_GRADE_INSTALLS,   // its installer comes up, and somebody must answer it
    IMAGE_GRADE_LIVE,       // comes up and runs; installs nothing
    IMAGE_GRADE_WHOLE,      // boots only as a whole disk in the machine's memory
    IMAGE_GRADE_COUNT
};

enum image_efi { IMAGE_EFI_X64, IMAGE_EFI_IA32, IMAGE_EFI_ARM64, IMAGE_EFI_COUNT };

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

    // Of IMAGE_BOOT; an image from before has none of them.
    char medium[IMAGE_PATH_BYTES];   // the ISO that its files are in, relative to the folder of all images;
                                     // empty = they lie in the image's folder
    char sha256[IMAGE_SHA256_BYTES]; // of `medium`, hex; empty = not known
    enum image_grade grade;
    char remark[IMAGE_REMARK_BYTES]; // why that grade, or what to know; for people
    // The medium's own first EFI program (its shim), by enum image_efi, when what it starts can boot from the
    // network; empty = imprint's own. Secure Boot accepts a system's kernel only after that system's shim.
    char efi_loader[IMAGE_EFI_COUNT][IMAGE_PATH_BYTES];
    struct image_method methods[IMAGE_METHODS_MOST]; // [0] is kernel, initrd and arguments above
    uint8_t method_count;                            // 0 = those above, wherever that architecture is
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

/// "kernel", "efi", "bios" or "disk".
const char *image_way_text(enum image_way way);

/// The way called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status image_way_parse(const char *text, enum image_way *way);

/// "", "unattended", "installs", "live" or "whole".
const char *image_grade_text(enum image_grade grade);

/// The grade called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status image_grade_parse(const char *text, enum image_grade *grade);

/// One sentence for people: "installs without a question".
const char *image_grade_sentence(enum image_grade grade);

/// "bios, uefi-x64" for a set of IMAGE_ON_* bits; "nothing" for none. Appends to `out`.
void image_on_print(uint8_t on, struct text *out);

/// The IMAGE_ON_* bit called `text` ("bios", "uefi-x64", "uefi-ia32", "uefi-arm64"), or STATUS_NOT_FOUND.
MUST_USE enum status image_on_parse(const char *text, uint8_t *on);

/// The first method of `image` that works on one of the firmwares `on` (IMAGE_ON_*; 0 = not known, any) in
/// `memory_bytes` of memory (0 = not known, enough). NULL when none does; `*needs_bytes` (may be NULL) is
/// then the least memory that one for this firmware needs, 0 when there is none for it at all.
const struct image_method *image_find_method(const struct image *image, uint8_t on, uint64_t memory_bytes,
                                             uint64_t *needs_bytes);
