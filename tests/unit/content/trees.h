// SPDX-License-Identifier: GPL-3.0-or-later
// A folder of its own for a test, with helpers to fill it; tree_remove takes everything away again.
#pragma once

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
    char base[64];  // holds the root and what lies beside it
    char root[80];  // base/root
    char name[640]; // scratch
};

/// The full name of `path` below the root; valid until the next call.
static inline const char *tree_name(struct tree *tree, const char *path)
{
    int length = snprintf(tree->name, sizeof tree->name, "%s/%s", tree->root, path);
    assert(length > 0 && (size_t)length < sizeof tree->name);
    return tree->name;
}

/// Makes a folder.
static inline void tree_folder(struct tree *tree, const char *path)
{
    int failed = mkdir(tree_name(tree, path), 0755);
    assert(failed == 0);
}

/// Writes a file with the given text and mode.
static inline void tree_file(struct tree *tree, const char *path, const char *text, mode_t mode)
{
    int fd = open(tree_name(tree, path), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert(fd >= 0);
    ssize_t written = write(fd, text, strlen(text));
    assert(written == (ssize_t)strlen(text));
    int failed = fchmod(fd, mode);
    assert(failed == 0);
    close(fd);
}

/// Makes a symbolic link `path` -> `target`.
static inline void tree_link(struct tree *tree, const char *path, const char *target)
{
    int failed = symlink(target, tree_name(tree, path));
    assert(failed == 0);
}

/// Makes an empty tree; for a test's setup.
static inline int tree_make(void **state)
{
    struct tree *tree = calloc(1, sizeof *tree);
    assert(tree != NULL);
    snprintf(tree->base, sizeof tree->base, "/tmp/imprint-tree-XXXXXX");
    if (mkdtemp(tree->base) == NULL) {
        return -1;
    }
    snprintf(tree->root, sizeof tree->root, "%s/root", tree->base);
    *state = tree;
    return mkdir(tree->root, 0755);
}

static inline int tree_remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

/// Removes the tree; for a test's teardown.
static inline int tree_remove(void **state)
{
    struct tree *tree = *state;
    int failed = nftw(tree->base, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(tree);
    return failed;
}
