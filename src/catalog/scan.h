// SPDX-License-Identifier: GPL-3.0-or-later
// Recognising a folder on disk: lists its files and asks the catalogue.
#pragma once

#include "catalog/catalog.h"

#define SCAN_FILES_MOST 50000

/// catalog_recognise for the regular files below `folder` (links to files count, links to folders are not
/// followed). Reads only names; safe in a worker thread. STATUS_IO and `problem` when the folder cannot be
/// read, STATUS_TOO_LONG above SCAN_FILES_MOST.
MUST_USE enum status catalog_scan(const struct catalog *catalog, const char *folder, struct image *image,
                                  struct problem *problem);
