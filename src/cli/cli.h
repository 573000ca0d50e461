// SPDX-License-Identifier: GPL-3.0-or-later
// The command line: finds the command in the table, runs it, says what is wrong with a line that is none.
#pragma once

#include "service/server.h"

enum cli_exit {
    CLI_EXIT_OK = 0,
    CLI_EXIT_REFUSED = 1, // the daemon, or the fact, said no
    CLI_EXIT_USAGE = 2,   // the line is no command
};

/// Runs the command of `argv` (`argc` words, the first is the program's name). `serve` is what the command
/// "serve" calls, and its result is the exit status then. The exit status: one of enum cli_exit.
int cli_run(int argc, char *argv[], int (*serve)(const struct server_options *options));
