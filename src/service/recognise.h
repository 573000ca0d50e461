// SPDX-License-Identifier: GPL-3.0-or-later
// What an image is, found out from its files: an image for disks, a medium, or a tree for network boot.
#pragma once

#include "catalog/catalog.h"

/// Looks at what lies in `folder`, which becomes the image's. Fills in what catalog_packed_read or
/// catalog_recognise do, and for a medium ("medium.iso") where it is. A medium that nothing of the catalogue
/// knows still boots as a whole where that is possible, and says why no better. `image->name` must be set.
/// Blocks on the disk: for a worker thread. STATUS_NOT_FOUND and `problem` when nothing in it boots; the
/// others as of those functions.
MUST_USE enum status recognise_folder(const struct catalog *catalog, const char *folder, struct image *image,
                                      struct problem *problem);
