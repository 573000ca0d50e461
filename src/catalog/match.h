// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a tree of files is one of a family, and what an image made of it is.
#pragma once

#include "catalog/catalog.h"

/// The kernel, initrd and all else that `tree` asks for are in `files`: fills in family, description (unless
/// it has one), kernel, initrd, arguments, grade, remark and methods of `image` and leaves the rest. false
/// when something is missing; `image` is then untouched.
bool match_tree(const struct family *family, const struct family_tree *tree,
                const struct catalog_files *files, struct image *image);
