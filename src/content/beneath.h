// SPDX-License-Identifier: GPL-3.0-or-later
// Opening what lies beneath a folder and nothing else.
#pragma once

#include "base/compiler.h"

/// openat2(2) that stays beneath `root_fd`: neither ".." nor a link leads out. `flags` as of open(2),
/// O_CLOEXEC is added. -1 and errno on failure; EXDEV when the path leads out.
MUST_USE int beneath_open(int root_fd, const char *path, int flags);
