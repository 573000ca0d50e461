// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the files in /etc/default: shell scripts that only assign variables. Takes the shell's quotes away;
// runs nothing, so a value that the shell would have to compute is refused.
#pragma once

#include "format/line.h"

#define SHELL_DEFAULT_NAME_BYTES  64
#define SHELL_DEFAULT_VALUE_BYTES 1024

struct shell_default_item {
    unsigned line;      // where it starts
    enum status status; // MALFORMED no assignment, or an open quote; UNSUPPORTED to be computed; TOO_LONG
    char name[SHELL_DEFAULT_NAME_BYTES];   // "" when the line is no assignment
    char value[SHELL_DEFAULT_VALUE_BYTES]; // without quotes; "" unless STATUS_OK
};

struct shell_default {
    struct reader reader;
    unsigned line;
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct shell_default shell_default_init(const char *text, size_t bytes);

/// The next statement that is no comment; false at the end. It goes on behind what it does not understand.
bool shell_default_next(struct shell_default *file, struct shell_default_item *item);
