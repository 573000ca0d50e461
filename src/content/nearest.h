// SPDX-License-Identifier: GPL-3.0-or-later
// "Did you mean": the name in a tree that is most like one that is not there.
#pragma once

#include "content/content.h"
#include "content/index.h"

#define NEAREST_NAMES_MOST   1024 // looked at for one answer
#define NEAREST_FOLDERS_MOST 32   // of the tree's top looked into

/// Finds the file below `root_fd` whose name is nearest to that of `path` (canonical): in the same folder, in
/// the root, and in the folders of the root. Only regular files that everybody may read are named. false when
/// none is near.
bool nearest_find(struct index *index, int root_fd, const char *path, char out[CONTENT_PATH_BYTES]);
