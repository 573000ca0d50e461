// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/call.h"

#include "base/text.h"
#include "io/heap.h"

#include <string.h>

struct call_line { // what is left of the line
    char *const *words;
    size_t count;
    bool options_ended; // by "--"
};

// Before the command is known only the common options are.
static const struct command_option *find_option(const struct call *call, const char *name,
                                                struct problem *problem)
{
    const struct command_option *row = command_find_option(call->command, name);
    if (row != NULL) {
        return row;
    }
    if (call->command == NULL) {
        problem_set(problem, "'--%s' stands before any command", name);
        problem_set_remedy(problem, "write the command first, its options behind it");
    } else {
        command_refuse_option(call->command, name, problem);
    }
    return NULL;
}

// The common options set their members, the command's own are kept as they come.
static enum status keep_option(struct call *call, const struct command_option *row, const char *value,
                               struct problem *problem)
{
    if (strcmp(row->name, "json") == 0) {
        call->is_json = true;
        return STATUS_OK;
    }
    if (strcmp(row->name, "help") == 0) {
        call->wants_help = true;
        return STATUS_OK;
    }
    if (strcmp(row->name, "socket") == 0) {
        call->socket = value;
        return STATUS_OK;
    }
    if (!row->repeats && call_has(call, row->name)) {
        problem_set(problem, "'--%s' was given twice", row->name);
        return STATUS_MALFORMED;
    }
    call->options[call->option_count++] = (struct call_option){row, value};
    return STATUS_OK;
}

// Whether a placeholder is a choice of words as they stand, "auto|ipxe|grub", and not "ADDRESS|none".
static bool is_choice(const char *placeholder)
{
    return strchr(placeholder, '|') != NULL && strpbrk(placeholder, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

// Whether `value` is one of the words of a choice; other placeholders take anything.
static enum status check_choice(const struct command_option *row, const char *value, struct problem *problem)
{
    size_t length = strlen(value);
    const char *at = is_choice(row->value) ? row->value : "";
    if (*at == '\0') {
        return STATUS_OK;
    }
    while (*at != '\0') {
        size_t word = strcspn(at, "|");
        if (word == length && strncmp(at, value, length) == 0) {
            return STATUS_OK;
        }
        at += word;
        at += *at == '|' ? 1 : 0;
    }
    problem_set(problem, "'--%s' cannot be '%s'", row->name, value);
    problem_set_remedy(problem, "it is one of %s", row->value);
    return STATUS_MALFORMED;
}

// "--name", "--name value" or "--name=value"; `text` begins behind the dashes.
static enum status take_option(struct call *call, struct call_line *line, const char *text,
                               struct problem *problem)
{
    char name[COMMAND_WORDS_BYTES];
    struct text builder;
    size_t length = strcspn(text, "=");
    text_init(&builder, name, sizeof name);
    text_add_bytes(&builder, text, length);
    const struct command_option *row = find_option(call, name, problem);
    if (row == NULL) {
        return STATUS_MALFORMED;
    }
    const char *value = text[length] == '=' ? text + length + 1 : NULL;
    if (row->value == NULL && value != NULL) {
        problem_set(problem, "'--%s' takes no value", name);
        return STATUS_MALFORMED;
    }
    if (row->value != NULL && value == NULL) {
        if (line->count == 0) {
            problem_set(problem, "'--%s' needs a value: --%s %s", name, name, row->value);
            return STATUS_MALFORMED;
        }
        value = *line->words++;
        line->count--;
    }
    if (value != NULL && check_choice(row, value, problem) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    return keep_option(call, row, value, problem);
}

// A word that is no option: the next one of the command, or an argument.
static enum status take_word(struct call *call, const char *word, struct problem *problem)
{
    if (call->command != NULL) {
        call->arguments[call->argument_count++] = word;
        return STATUS_OK;
    }
    char longer[COMMAND_WORDS_BYTES];
    struct text text;
    text_init(&text, longer, sizeof longer);
    text_add_format(&text, "%s%s%s", call->words, call->words[0] == '\0' ? "" : " ", word);
    call->command = text.cut ? NULL : command_find(longer);
    if (call->command == NULL && (text.cut || word[0] == '\0' || !command_is_group(longer))) {
        command_refuse_word(call->words, word, problem);
        return STATUS_MALFORMED;
    }
    (void)text_copy(call->words, sizeof call->words, longer);
    return STATUS_OK;
}

static enum status take_next(struct call *call, struct call_line *line, struct problem *problem)
{
    const char *word = *line->words++;
    line->count--;
    if (line->options_ended || word[0] != '-' || word[1] == '\0') {
        return take_word(call, word, problem);
    }
    if (strcmp(word, "--") == 0) {
        line->options_ended = true;
        return STATUS_OK;
    }
    if (strcmp(word, "-h") == 0) {
        word = "--help";
    }
    if (call->words[0] == '\0' && strcmp(word, "--version") == 0) {
        return take_word(call, "version", problem);
    }
    if (word[1] != '-') {
        problem_set(problem, "there is no option '%s'", word);
        problem_set_remedy(problem, "options have long names, such as --json");
        return STATUS_MALFORMED;
    }
    return take_option(call, line, word + 2, problem);
}

static void refer_to_help(const struct call *call, struct problem *problem)
{
    problem_set_remedy(problem, "'imprint help %s' explains it", call->command->words);
}

static enum status check_arguments(const struct call *call, struct problem *problem)
{
    struct command_argument arguments[COMMAND_ARGUMENTS_COUNT];
    size_t count = command_arguments(call->command, arguments);
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        if (!arguments[i].is_optional && call->argument_count <= i) {
            problem_set(problem, "'%s' needs %s", call->command->words, arguments[i].name);
            refer_to_help(call, problem);
            return STATUS_MALFORMED;
        }
        most = arguments[i].repeats ? SIZE_MAX : most + 1;
    }
    if (call->argument_count > most) {
        problem_set(problem, "'%s' is one argument too many for '%s'", call->arguments[most],
                    call->command->words);
        refer_to_help(call, problem);
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

static enum status check_options(const struct call *call, struct problem *problem)
{
    for (const struct command_option *row = call->command->options; row != NULL && row->name != NULL; row++) {
        if (row->is_required && !call_has(call, row->name)) {
            problem_set(problem, "'%s' needs --%s %s", call->command->words, row->name, row->value);
            refer_to_help(call, problem);
            return STATUS_MALFORMED;
        }
    }
    return STATUS_OK;
}

enum status call_parse(struct call *call, size_t count, char *const line[], struct problem *problem)
{
    struct call_line rest = {line, count, false};
    *call = (struct call){.out = screen_open(stdout)};
    call->arguments = heap_new_array(count + 1, sizeof *call->arguments);
    call->options = heap_new_array(count + 1, sizeof *call->options);
    enum status status = STATUS_OK;
    while (rest.count != 0 && status == STATUS_OK) {
        status = take_next(call, &rest, problem);
    }
    if (status != STATUS_OK || call->command == NULL || call->wants_help) {
        return status;
    }
    status = check_arguments(call, problem);
    return status == STATUS_OK ? check_options(call, problem) : status;
}

void call_clear(struct call *call)
{
    heap_free(call->arguments);
    heap_free(call->options);
    *call = (struct call){0};
}

const char *call_next_option(const struct call *call, const char *name, size_t *position)
{
    assert(command_find_option(call->command, name) != NULL);
    while (*position < call->option_count) {
        const struct call_option *option = &call->options[(*position)++];
        if (strcmp(option->row->name, name) == 0) {
            return option->value;
        }
    }
    return NULL;
}

const char *call_option(const struct call *call, const char *name)
{
    size_t position = 0;
    return call_next_option(call, name, &position);
}

bool call_has(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->option_count; i++) {
        if (strcmp(call->options[i].row->name, name) == 0) {
            return true;
        }
    }
    return false;
}
