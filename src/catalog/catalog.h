// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue of operating systems: what os/*/family.yaml say, and which of them a tree of files is.
#pragma once

#include "base/problem.h"
#include "model/image.h"

struct catalog;
struct family; // catalog/family.h

/// Reads every DIRECTORY/*/family.yaml. NULL and `problem` (file, line, column) when one is wrong or there is
/// none. Yours; catalog_free frees it.
struct catalog *catalog_new(const char *directory, struct problem *problem);

/// Frees it; NULL is allowed.
void catalog_free(struct catalog *catalog);

/// The family called `name`, or NULL.
const struct family *catalog_find(const struct catalog *catalog, const char *name);

/// Which family a tree with these `count` relative `paths` is: fills family, description, kernel, initrd and
/// arguments of `image`. STATUS_NOT_FOUND and `problem` (what was looked for, and --kernel as the way out)
/// when it is none.
MUST_USE enum status catalog_recognise(const struct catalog *catalog, const char *const *paths, size_t count,
                                       struct image *image, struct problem *problem);
