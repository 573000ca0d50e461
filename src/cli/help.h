// SPDX-License-Identifier: GPL-3.0-or-later
// The table of commands, for reading: help on the terminal, and the list in imprint(1).
#pragma once

#include "cli/call.h"

#include <stdio.h>

/// Explains the command or group of words that `call` names, or gives the overview.
void help_print(FILE *out, const struct call *call);

/// Explains one command.
void help_print_command(FILE *out, const struct command *command);

/// Lists the commands of the group `group` ("" = all).
void help_print_group(FILE *out, const char *group);

/// Prints all commands as an mdoc list; man/imprint.1 holds exactly this text.
void help_print_manual(FILE *out);
