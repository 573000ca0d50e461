// SPDX-License-Identifier: GPL-3.0-or-later
// The header of a qcow2 image (QEMU's docs/interop/qcow2.txt), read before any tool of QEMU sees the file: a
// hostile one can name other files of this machine as its backing or data file.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define QCOW2_HEADER_BYTES 104

/// Checks the first `bytes` bytes of a qcow2 file: one that stands alone, not encrypted, not marked as
/// damaged, with no feature that we do not know. `*disk_bytes` is the size of its disk. STATUS_UNSUPPORTED or
/// STATUS_MALFORMED and `problem`.
MUST_USE enum status qcow2_check(const uint8_t *data, size_t bytes, uint64_t *disk_bytes,
                                 struct problem *problem);
