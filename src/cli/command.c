// SPDX-License-Identifier: GPL-3.0-or-later
// Looking things up in the table of commands; the rows are in command_table.c.
#include "cli/command.h"

#include "base/text.h"

#include <string.h>

#define DISTANCE_MOST 3 // further away was not meant

struct nearest {
    const char *written;
    char found[COMMAND_WORDS_BYTES];
    unsigned distance;
};

// The word behind the group `words` in `command`'s words, without what follows it; NULL when it is not in the
// group.
static const char *next_word(const struct command *command, const char *words, char out[COMMAND_WORDS_BYTES])
{
    size_t length = strlen(words);
    const char *rest = command->words;
    if (length != 0) {
        if (strncmp(rest, words, length) != 0 || rest[length] != ' ') {
            return NULL;
        }
        rest += length + 1;
    }
    struct text text;
    text_init(&text, out, COMMAND_WORDS_BYTES);
    text_add_bytes(&text, rest, strcspn(rest, " "));
    return out;
}

const struct command *command_find(const char *words)
{
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].words, words) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

bool command_is_group(const char *words)
{
    char word[COMMAND_WORDS_BYTES];
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (next_word(&table[i], words, word) != NULL) {
            return true;
        }
    }
    return false;
}

void command_each_next(const char *words,
                       void (*visit)(void *context, const char *word, const struct command *command),
                       void *context)
{
    char last[COMMAND_WORDS_BYTES] = "";
    char word[COMMAND_WORDS_BYTES];
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (table[i].is_hidden || next_word(&table[i], words, word) == NULL || strcmp(word, last) == 0) {
            continue;
        }
        visit(context, word, &table[i]);
        (void)text_copy(last, sizeof last, word);
    }
}

const struct command_option *command_find_option(const struct command *command, const char *name)
{
    const struct command_option *own = command == NULL ? NULL : command->options;
    for (const struct command_option *row = own; row != NULL && row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }
    for (const struct command_option *row = command_common_options(); row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }
    return NULL;
}

// One placeholder, "[NAME]" or "NAME...".
static struct command_argument argument_parse(const char *text, size_t length)
{
    struct command_argument argument = {.is_optional = text[0] == '['};
    struct text name;
    text_init(&name, argument.name, sizeof argument.name);
    if (argument.is_optional) {
        text++;
        length -= 2;
    }
    argument.repeats = length > 3 && strncmp(text + length - 3, "...", 3) == 0;
    text_add_bytes(&name, text, argument.repeats ? length - 3 : length);
    return argument;
}

size_t command_arguments(const struct command *command,
                         struct command_argument arguments[COMMAND_ARGUMENTS_COUNT])
{
    size_t count = 0;
    const char *at = command->arguments;
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        assert(count < COMMAND_ARGUMENTS_COUNT);
        arguments[count++] = argument_parse(at, length);
        at += length;
        at += *at == ' ' ? 1 : 0;
    }
    return count;
}

static void compare(struct nearest *nearest, const char *word)
{
    unsigned distance = text_distance(word, nearest->written);
    bool is_beginning = strlen(nearest->written) > 1 && text_starts(word, nearest->written);
    if (is_beginning) {
        distance = 1;
    }
    if (distance < nearest->distance && distance < strlen(word)) {
        nearest->distance = distance;
        (void)text_copy(nearest->found, sizeof nearest->found, word);
    }
}

static void compare_next(void *context, const char *word, const struct command *command)
{
    (void)command;
    compare(context, word);
}

void command_refuse_word(const char *words, const char *word, struct problem *problem)
{
    struct nearest nearest = {.written = word, .distance = DISTANCE_MOST};
    const char *space = words[0] == '\0' ? "" : " ";
    command_each_next(words, compare_next, &nearest);
    problem_set(problem, "there is no command '%s%s%.60s'", words, space, word);
    if (nearest.found[0] != '\0') {
        problem_set_remedy(problem, "did you mean 'imprint %s%s%s'?", words, space, nearest.found);
    } else {
        problem_set_remedy(problem, "'imprint help%s%s' shows what there is", space, words);
    }
}

void command_refuse_option(const struct command *command, const char *name, struct problem *problem)
{
    struct nearest nearest = {.written = name, .distance = DISTANCE_MOST};
    for (const struct command_option *row = command->options; row != NULL && row->name != NULL; row++) {
        compare(&nearest, row->name);
    }
    for (const struct command_option *row = command_common_options(); row->name != NULL; row++) {
        compare(&nearest, row->name);
    }
    problem_set(problem, "'%s' has no option '--%.60s'", command->words, name);
    if (nearest.found[0] != '\0') {
        problem_set_remedy(problem, "did you mean '--%s'?", nearest.found);
    } else {
        problem_set_remedy(problem, "'imprint help %s' shows its options", command->words);
    }
}
