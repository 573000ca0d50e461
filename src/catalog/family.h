// SPDX-License-Identifier: GPL-3.0-or-later
// A family of systems, read from os/NAME/family.yaml: how a tree of it looks, which kernel arguments it
// needs, how its installer is told where its answer file is, and which of its systems can be built here. Data
// only; recognising and rendering are
// elsewhere.
#pragma once

#include "model/image.h"

#define FAMILY_TREES_MOST        16
#define FAMILY_METHODS_MOST      4
#define FAMILY_REQUIRES_MOST     8
#define FAMILY_DESCRIPTION_BYTES 128
#define FAMILY_FILE_BYTES        512

struct family_tree { // one way a tree of the family looks
    char description[FAMILY_DESCRIPTION_BYTES];
    char kernel[IMAGE_PATH_BYTES];                         // glob, relative to the tree
    char initrd[IMAGE_PATH_BYTES];                         // the same; empty = none
    char requires[FAMILY_REQUIRES_MOST][IMAGE_PATH_BYTES]; // what must be there besides kernel and initrd
    uint8_t require_count;
    char arguments[IMAGE_ARGUMENTS_BYTES]; // template; kernel arguments that such a tree always needs
    char volume[FAMILY_DESCRIPTION_BYTES]; // glob; the name of the medium; empty = any, and a folder has none
    char holds_file[IMAGE_PATH_BYTES];     // a file of the tree, one line of which ...
    char holds_text[FAMILY_DESCRIPTION_BYTES]; // ... fits this glob; empty = none needed
    enum image_grade grade;
    char remark[IMAGE_REMARK_BYTES];
    enum image_way way;    // what is done with `kernel`
    uint8_t on;            // IMAGE_ON_*: where kernel and initrd above boot; 0 = not said, as if everywhere
    uint64_t memory_bytes; // that they need
    struct image_method
        methods[FAMILY_METHODS_MOST]; // other ways, asked after that; only those whose files are there
    uint8_t method_count;
};

#define FAMILY_BUILDS_MOST 8

struct family_build {            // one system of the family that can be made here from its packages
    char name[IMAGE_NAME_BYTES]; // "debian-12"
    char description[FAMILY_DESCRIPTION_BYTES];
    char suite[IMAGE_NAME_BYTES];         // "bookworm"
    char mirror[FAMILY_FILE_BYTES];       // empty = what this machine's apt uses
    char packages[FAMILY_FILE_BYTES * 4]; // blanks between
};

struct family {
    char name[IMAGE_NAME_BYTES]; // its folder's name
    char description[FAMILY_DESCRIPTION_BYTES];
    struct family_tree trees[FAMILY_TREES_MOST];
    uint8_t tree_count;
    char answer_file[IMAGE_NAME_BYTES];           // "preseed.cfg"; empty = the family has no answer files
    char answer_arguments[IMAGE_ARGUMENTS_BYTES]; // template; kernel arguments that lead to the answer file
    struct family_build builds[FAMILY_BUILDS_MOST];
    uint8_t build_count;
    char example[FAMILY_FILE_BYTES]; // path of an example answer template beside family.yaml; empty = none
};

/// Reads and checks `file`. `family` is untouched unless OK; on failure `problem` names line and column, the
/// nearest known key and what is allowed. STATUS_IO not readable, STATUS_MALFORMED not YAML or not a family,
/// STATUS_TOO_LONG a text or list longer than there is room for.
MUST_USE enum status family_load(const char *file, struct family *family, struct problem *problem);
