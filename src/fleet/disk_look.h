// SPDX-License-Identifier: GPL-3.0-or-later
// Which firmware a disk image can start on, as far as its partition table and the boot loader in its EFI
// system partition tell.
#pragma once

#include "base/compiler.h"

/// IMAGE_STARTS_* of the raw disk image `fd`, which is also `file` for mtools: boot code in the first sector
/// is BIOS, an EFI system partition (GPT or MBR) is UEFI, a signed EFI/BOOT/BOOTX64.EFI in it is Secure Boot
/// (found only with mtools). Damaged tables tell nothing.
uint8_t disk_look(int fd, const char *file);

/// Whether `bytes` bytes of `data`, the beginning of an EFI program, say that it carries a signature.
bool disk_look_is_signed(const uint8_t *data, size_t bytes);
