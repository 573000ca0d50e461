// SPDX-License-Identifier: GPL-3.0-or-later
// What is built into a GRUB for EFI (grub-mkimage): its modules, and where it looks for its configuration. So
// it is known before a machine is told to load it whether that GRUB can read from a network. It lies in the
// section "mods" of the program (GRUB's include/grub/kernel.h; format/pe finds the section).
#pragma once

#include "base/reader.h"

#define GRUB_IMAGE_PREFIX_BYTES 128
#define GRUB_IMAGE_PARTS_MOST   1024

// What it can do; bits.
#define GRUB_IMAGE_EFINET 1u // network cards by the firmware
#define GRUB_IMAGE_TFTP   2u
#define GRUB_IMAGE_HTTP   4u
#define GRUB_IMAGE_LINUX  8u // starts Linux

struct grub_image {
    unsigned can;                         // GRUB_IMAGE_*
    unsigned modules;                     // how many
    char prefix[GRUB_IMAGE_PREFIX_BYTES]; // "/EFI/fedora"; "" = none, or too long
};

/// Reads the section. false when it is no such section, or is cut off; `image` then has what was there before
/// that.
bool grub_image_decode(const uint8_t *section, size_t bytes, struct grub_image *image);
