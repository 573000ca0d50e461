// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's own warnings go home too: they know why a disk or a card does not work.
#pragma once

#include "base/text.h"

/// Starts the thread that follows /dev/kmsg and keeps the kernel off the screen.
void kernel_log_follow(void);

/// Takes a record of /dev/kmsg ("4,339,5140900,-;text\n KEY=value\n") apart: appends its text to `out`,
/// escaped, and says whether it is a warning or worse.
bool kernel_log_parse(const char *record, size_t bytes, struct text *out);
