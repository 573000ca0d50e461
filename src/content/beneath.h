// SPDX-License-Identifier: GPL-3.0-or-later
// Opening what lies beneath a folder and nothing else.
#pragma once

#include "base/compiler.h"

/// openat2(2) that stays beneath `root_fd`: neither ".." nor a link leads out. `flags` as of open(2),
/// O_CLOEXEC is added. -1 and errno on failure; EXDEV when the path leads out.
MUST_USE int beneath_open(int root_fd, const char *path, int flags);

/// As beneath_open, but never waits for a disk or a server while it walks: EAGAIN when it would have to.
/// For O_PATH: whether opening for reading waits is up to the file system.
MUST_USE int beneath_open_known(int root_fd, const char *path, int flags);

/// Opens a regular file for reading without waiting: EAGAIN for one of which that cannot be said, since its
/// name is not in memory, or its file system is not known to be this machine's own (content/local.h).
MUST_USE int beneath_open_quick(int root_fd, const char *path);

/// Opens the folder `path` itself (O_PATH) to open what is beneath it. `is_quick`: EAGAIN rather than wait.
MUST_USE int beneath_open_root(const char *path, bool is_quick);
