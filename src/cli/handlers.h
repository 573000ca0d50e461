// SPDX-License-Identifier: GPL-3.0-or-later
// What the rows of the table of commands call: one function a command, in the file of its noun. Each takes a
// line that fits its row, prints its result on standard output and what is wrong on standard error, and
// returns an enum cli_exit.
#pragma once

#include "cli/call.h"

/// serve: hands over to the daemon.
int serve_run(struct call *call);

/// version.
int version_show(struct call *call);

/// help [COMMAND...].
int help_show(struct call *call);
