// SPDX-License-Identifier: GPL-3.0-or-later
// The table of commands. Parsing, help, the manual's list and the completion all follow from its rows; a new
// command is one row here, and a function in the file of its noun.
//
// Placeholders are one vocabulary: MACHINE, PROFILE, IMAGE and ORDER are things that the daemon knows by name
// and the completion asks it for; FILE, DIR, REASON and COMMAND are completed from what is here; lower-case
// words with '|' between them are all the values there are; anything else is free text.
#pragma once

#include "base/problem.h"
#include "base/status.h"

struct call;

struct command_option {
    const char *name;  // without the dashes; NULL ends a list
    const char *value; // placeholder; NULL = it takes no value
    const char *about; // a phrase without full stop
    bool repeats;
    bool is_required;
};

struct command {
    const char *words;                    // "machine list"
    const char *arguments;                // "PROFILE MACHINE", "MACHINE...", "[MACHINE]" or ""
    const struct command_option *options; // its own; NULL = none
    const char *about;                    // a phrase without full stop
    const char *detail;                   // whole sentences for its help and the manual, or ""
    int (*run)(struct call *call);        // returns an enum cli_exit
    bool is_hidden;                       // for programs, so that help does not show it
};

#define COMMAND_WORDS_BYTES     64
#define COMMAND_ARGUMENTS_COUNT 4

struct command_argument {
    char name[24]; // the placeholder alone
    bool is_optional;
    bool repeats;
};

/// The rows, in the order of the help, and how many there are.
const struct command *command_table(size_t *count);

/// The options that every command takes, ended by a NULL name.
const struct command_option *command_common_options(void);

/// The row whose words are exactly `words`, or NULL.
const struct command *command_find(const char *words);

/// Whether some visible command's words begin with the whole words `words`; "" is a group too.
bool command_is_group(const char *words);

/// Visits each distinct word that may follow the group `words`; hidden commands are left out. `visit` gets
/// the word and the first row behind it.
void command_each_next(const char *words,
                       void (*visit)(void *context, const char *word, const struct command *command),
                       void *context);

/// The option `name` (without dashes) of `command` or common to all, or NULL.
const struct command_option *command_find_option(const struct command *command, const char *name);

/// Takes the placeholders of `command` apart. How many there are.
size_t command_arguments(const struct command *command,
                         struct command_argument arguments[COMMAND_ARGUMENTS_COUNT]);

/// Says in `problem` that `word` is none of those that may follow the group `words`, and which one is
/// nearest.
void command_refuse_word(const char *words, const char *word, struct problem *problem);

/// Says in `problem` that `command` has no option `name`, and which one is nearest.
void command_refuse_option(const struct command *command, const char *name, struct problem *problem);
