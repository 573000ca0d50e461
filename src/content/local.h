// SPDX-License-Identifier: GPL-3.0-or-later
// Which file systems answer without a server or a program behind them, so that opening a file whose name and
// inode the kernel has in memory does not wait. Asking a file system what it is may itself wait, so it is
// done by threads that may, and remembered by device.
#pragma once

#include "base/compiler.h"

#include <sys/types.h>

/// Learns what the file system behind `fd` is. It may wait; any thread.
void local_learn(int fd);

/// Whether what lies behind `fd` (O_PATH or open) is known to be on a file system of this machine's. Never
/// waits; false for one that was not learned. `*mode` becomes its type and permissions, 0 when not known.
bool local_is(int fd, mode_t *mode);
