// SPDX-License-Identifier: GPL-3.0-or-later
// cpio archives in the "newc" form, as the Linux kernel unpacks them
// (Documentation/driver-api/early-userspace, buffer-format): headers only, since files' bytes go past by
// themselves.
#pragma once

#include "base/status.h"

#define CPIO_HEADER_BYTES_MOST (110 + 1024 + 4)

struct cpio_entry {
    const char *name;                    // relative, "bin/tool"; at most 1000 bytes
    uint32_t mode;                       // S_IFREG|0755 ...
    uint32_t bytes;                      // of the file, or of a symbolic link's target
    uint32_t device_major, device_minor; // of device nodes
    uint32_t inode;                      // unique for each entry
};

/// Encodes the header and name of `entry`, padded to 4 bytes, into `out`; `*out_bytes` tells how many. After
/// it come `entry->bytes` bytes and padding to 4. STATUS_TOO_LONG when the name is.
MUST_USE enum status cpio_encode(const struct cpio_entry *entry, uint8_t out[CPIO_HEADER_BYTES_MOST],
                                 size_t *out_bytes);

#define CPIO_HEAD_BYTES 4096

/// Encodes the header of `entry` so that it is CPIO_HEAD_BYTES long, its name with more NULs behind it than
/// usual: then the file can be loaded right behind it by whoever puts pieces at multiples of 4 or of 4096
/// bytes. STATUS_TOO_LONG when the name is.
MUST_USE enum status cpio_encode_head(const struct cpio_entry *entry, uint8_t out[CPIO_HEAD_BYTES]);

/// Encodes the entry that ends an archive. Padded to 4 bytes.
void cpio_encode_end(uint8_t out[CPIO_HEADER_BYTES_MOST], size_t *out_bytes);
