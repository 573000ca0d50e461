// SPDX-License-Identifier: GPL-3.0-or-later
// Files that boot loaders look for and go on without. That one of them is missing explains nothing, so it
// must not look like a failure to somebody who searches for one.
#pragma once

#include "base/compiler.h"

/// Whether a loader that asked for `path` (as it wrote it: any case, any slashes, hostile) goes on when there
/// is no such file.
bool optional_is_path(const char *path);
