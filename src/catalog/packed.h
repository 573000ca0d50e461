// SPDX-License-Identifier: GPL-3.0-or-later
// Recognising an image for disks: a folder with a stream and its index (docs/protocols/image-format.md).
#pragma once

#include "base/problem.h"
#include "model/image.h"

#define PACKED_FAMILY_DISK "disk-image"
#define PACKED_FAMILY_ROOT "root-image"

/// Reads and checks the whole index in `folder`, and that the stream beside it has the size it says; the
/// stream's own bytes are not read. Fills in kind, starts, content_bytes, needs_bytes, family and (unless
/// it has one) description of `image`, which then has no kernel, and leaves the rest. STATUS_NOT_FOUND
/// without `problem` when there is no index: something else. STATUS_MALFORMED, STATUS_TOO_LONG or STATUS_IO
/// and `problem`; `image` is then untouched. Safe in a worker thread.
MUST_USE enum status catalog_packed_read(const char *folder, struct image *image, struct problem *problem);
