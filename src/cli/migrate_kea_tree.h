// SPDX-License-Identifier: GPL-3.0-or-later
// Kea's configuration as a tree whose values know their file and line, with the files that it includes
// (<?include "FILE"?>) put where they are named, as Kea does it.
#pragma once

#include "cli/migrate_source.h"
#include "format/kea_conf.h"

#define KEA_NODE_NONE   SIZE_MAX
#define KEA_BYTES_MOST  ((size_t)8 << 20) // with everything that is included
#define KEA_NODES_MOST  500000
#define KEA_PATHS_BYTES MIGRATE_PATH_BYTES

struct kea_node {
    enum kea_conf_kind kind; // OBJECT, ARRAY, TEXT, NUMBER or WORD
    unsigned file;
    unsigned line;
    char *key;    // "" in arrays
    char *text;   // of OBJECT and ARRAY ""
    size_t first; // of what is in it; KEA_NODE_NONE = nothing
    size_t next;  // beside it
    bool is_cut;  // its text or key was too long
};

struct kea_tree {
    struct heap_array nodes; // the first is the whole
    struct heap_array paths; // char[KEA_PATHS_BYTES]
};

/// Reads `text` and what it includes; what is wrong in it is remarked, and what stands before is there.
void kea_tree_init(struct kea_tree *tree, struct migration *migration, const struct migrate_text *text);

/// Gives its memory back.
void kea_tree_clear(struct kea_tree *tree);

/// The node at `position`, which must be one; valid as long as the tree.
const struct kea_node *kea_tree_get(const struct kea_tree *tree, size_t position);

/// The member `key` of the object at `position`, or KEA_NODE_NONE.
size_t kea_tree_find(const struct kea_tree *tree, size_t position, const char *key);

/// The text, number or word of the member `key`, or "".
const char *kea_tree_find_text(const struct kea_tree *tree, size_t position, const char *key);
