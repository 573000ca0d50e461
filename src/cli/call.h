// SPDX-License-Identifier: GPL-3.0-or-later
// One line that somebody typed: which command, with which arguments and options. It checks the line against
// the table of commands, and asks nobody what the names in it mean.
#pragma once

#include "cli/cli.h"
#include "cli/command.h"
#include "cli/screen.h"

struct client;

struct call_option {
    const struct command_option *row;
    const char *value; // NULL when it takes none
};

struct call {
    const struct command *command; // NULL = the words are a group
    char words[COMMAND_WORDS_BYTES];
    const char **arguments;
    size_t argument_count;
    struct call_option *options;
    size_t option_count;
    bool wants_help;
    bool is_json;
    const char *socket; // NULL = not given
    struct screen out;
    struct client *client; // made by ask_client when it is first needed; NULL = not yet
    int (*serve)(const struct server_options *options);
};

/// Takes the `count` words of `line` (without the program's name, borrowed as long as the call lives) apart.
/// STATUS_MALFORMED and `problem` when that is no command; `call` holds what was understood so far then.
/// call_clear must follow in any case.
MUST_USE enum status call_parse(struct call *call, size_t count, char *const line[], struct problem *problem);

/// Gives its memory back.
void call_clear(struct call *call);

/// The value of the option `name`, which the command's row must have; NULL when it was not given.
const char *call_option(const struct call *call, const char *name);

/// The same for a flag: whether it was given.
bool call_has(const struct call *call, const char *name);

/// The next value of the option `name`, which may be given many times; `*position` starts at 0. NULL at the
/// end.
const char *call_next_option(const struct call *call, const char *name, size_t *position);
