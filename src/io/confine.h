// SPDX-License-Identifier: GPL-3.0-or-later
// Landlock (kernel 5.13): from here on only the named folders can be touched. For this room only.
#pragma once

#include "base/problem.h"
#include "base/status.h"

/// Confines this thread, and all that it starts, to `readable` and `writable` (NULL-terminated; missing ones
/// are skipped). STATUS_OK with `*is_confined` false when the kernel has no Landlock. STATUS_IO when it
/// refused.
MUST_USE enum status confine(const char *const readable[], const char *const writable[], bool *is_confined,
                             struct problem *problem);
