// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue of systems: every os/NAME/family.yaml, read once. Recognises trees by the paths in them, and
// by what is in a few of them; opens none of their files itself.
#pragma once

#include "catalog/family.h"

#define CATALOG_FAMILIES_MOST 64

struct catalog;

struct catalog_files {        // a tree of files: a folder, or the inside of a medium; borrowed
    const char *const *paths; // relative to it, without leading '/', in any order
    size_t count;
    const char *volume; // the medium's name; NULL = it is none
    /// Reads the first `room` bytes of a file. NULL = its contents are not looked at.
    enum status (*read)(void *context, const char *path, char *out, size_t room, size_t *length);
    /// How many bytes a file of `paths` has; 0 when that cannot be told. NULL = it never can.
    uint64_t (*size)(void *context, const char *path);
    void *context;
};

/// The catalogue in `directory` ("/usr/share/imprint/os"): each folder in it with a family.yaml, by name. The
/// caller frees it. NULL and `problem` when the directory cannot be read or a family is wrong (it names file,
/// line and column).
MUST_USE struct catalog *catalog_new(const char *directory, struct problem *problem);

/// Adds the administrator's own families from `directory`, which need not be there. They are asked before the
/// others, and one of the same name takes its place. Those that are wrong are left out, and `told` hears why.
void catalog_add_own(struct catalog *catalog, const char *directory,
                     void (*told)(void *context, const struct problem *problem), void *context);

/// Frees `taken_catalog`; NULL is allowed.
void catalog_free(struct catalog *taken_catalog);

/// The family called `name`, or NULL; valid as long as the catalogue.
const struct family *catalog_find(const struct catalog *catalog, const char *name);

/// How many families there are.
size_t catalog_count(const struct catalog *catalog);

/// Family `index` (below catalog_count), in order of their names.
const struct family *catalog_get(const struct catalog *catalog, size_t index);

/// Recognises a tree by its files. Fills in family, description (unless it has one), kernel, initrd,
/// arguments, grade, remark and methods of `image` and leaves the rest. Families are asked in order of their
/// names, each tree in the order of its file; then the tree's own boot configuration (catalog/unknown.h);
/// "linux" last. STATUS_NOT_FOUND and `problem` (what was looked for, and the way out) when none fits;
/// `image` is then untouched.
MUST_USE enum status catalog_recognise(const struct catalog *catalog, const struct catalog_files *files,
                                       struct image *image, struct problem *problem);
