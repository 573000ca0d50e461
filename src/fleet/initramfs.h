// SPDX-License-Identifier: GPL-3.0-or-later
// The first file system of a Linux kernel: names and where their bytes are, written as a cpio archive
// compressed with zstd. Same files, same bytes.
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "io/heap.h"

struct initramfs {
    struct heap_array items;
};

/// An empty one.
void initramfs_init(struct initramfs *initramfs);

/// Gives the memory back.
void initramfs_clear(struct initramfs *initramfs);

/// Adds a folder; the folders above any name added come by themselves. Here as below names are relative
/// ("usr/bin"), and of one name only the first one added counts.
void initramfs_add_folder(struct initramfs *initramfs, const char *name);

/// Adds a file with the bytes that `source` has when it is written.
void initramfs_add_file(struct initramfs *initramfs, const char *name, const char *source, uint32_t mode);

/// Adds a symbolic link.
void initramfs_add_link(struct initramfs *initramfs, const char *name, const char *target);

/// Adds a character device that root may use.
void initramfs_add_device(struct initramfs *initramfs, const char *name, uint32_t major, uint32_t minor);

/// Adds the regular files below `folder` under `name`. STATUS_IO and `problem`.
MUST_USE enum status initramfs_add_tree(struct initramfs *initramfs, const char *name, const char *folder,
                                        struct problem *problem);

/// Writes `file`; `*unpacked_bytes` tells how much memory its files take. STATUS_IO, STATUS_FULL and
/// `problem`.
MUST_USE enum status initramfs_write(struct initramfs *initramfs, const char *file, uint64_t *unpacked_bytes,
                                     struct problem *problem);
