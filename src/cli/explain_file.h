// SPDX-License-Identifier: GPL-3.0-or-later
// imprint explain FILE: what a capture or a log tells of each client in it.
#pragma once

#include "cli/call.h"

/// Reads the file, judges each client and prints it. The exit status.
int explain_file(struct call *call, const char *path);
