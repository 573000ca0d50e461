// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/help.h"

#include "base/text.h"
#include "cli/ask.h"
#include "cli/handlers.h"
#include "io/heap.h"

#include <string.h>

#define COMMAND_COLUMNS 34
#define OPTION_COLUMNS  26
#define WORDS_MOST      4

int command_version(struct call *call)
{
    if (call->is_json) {
        json_t *json = json_pack("{s:s}", "version", IMPRINT_VERSION);
        ask_print_json(call, json);
        json_decref(json);
    } else {
        (void)fprintf(call->out.out, "imprint %s\n", IMPRINT_VERSION);
    }
    return CLI_EXIT_OK;
}

// Two columns; what is too wide for the left one gets a line of its own.
static void print_pair(FILE *out, int columns, const char *left, const char *right)
{
    if (strlen(left) + 2 > (size_t)columns) {
        (void)fprintf(out, "  %s\n  %*s%s\n", left, columns, "", right);
    } else {
        (void)fprintf(out, "  %-*s%s\n", columns, left, right);
    }
}

static const char *option_note(const struct command_option *row)
{
    return row->is_required && row->repeats ? "; at least one is needed"
           : row->is_required               ? "; needed"
           : row->repeats                   ? "; may be given many times"
                                            : "";
}

static void print_options(FILE *out, const struct command_option *options)
{
    for (const struct command_option *row = options; row != NULL && row->name != NULL; row++) {
        char left[96];
        char right[192];
        (void)snprintf(left, sizeof left, "--%s%s%s", row->name, row->value == NULL ? "" : " ",
                       row->value == NULL ? "" : row->value);
        (void)snprintf(right, sizeof right, "%s%s", row->about, option_note(row));
        print_pair(out, OPTION_COLUMNS, left, right);
    }
}

void help_print_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, "imprint %s%s%s: %s.\n", command->words, command->arguments[0] == '\0' ? "" : " ",
                  command->arguments, command->about);
    if (command->detail[0] != '\0') {
        (void)fprintf(out, "%s\n", command->detail);
    }
    if (strstr(command->arguments, "MACHINE") != NULL) {
        (void)fputs("MACHINE is a machine's name, id, MAC address or UUID.\n", out);
    }
    (void)fputc('\n', out);
    print_options(out, command->options);
    print_options(out, command_common_options());
}

// Whether `words` begins with the group's words.
static bool is_inside(const char *words, const char *group)
{
    size_t length = strlen(group);
    return length == 0 || (strncmp(words, group, length) == 0 && words[length] == ' ');
}

void help_print_group(FILE *out, const char *group)
{
    size_t count;
    const struct command *table = command_table(&count);
    const char *last = NULL; // the row before
    bool is_last_grouped = false;
    for (size_t i = 0; i < count; i++) {
        char left[96];
        if (table[i].is_hidden || !is_inside(table[i].words, group)) {
            continue;
        }
        size_t word = strcspn(table[i].words, " ");
        bool is_grouped = table[i].words[word] == ' ';
        if (last != NULL && (is_grouped || is_last_grouped) && strncmp(last, table[i].words, word + 1) != 0) {
            (void)fputc('\n', out);
        }
        (void)snprintf(left, sizeof left, "%s %s", table[i].words, table[i].arguments);
        print_pair(out, COMMAND_COLUMNS, left, table[i].about);
        last = table[i].words;
        is_last_grouped = is_grouped;
    }
}

static void print_overview(FILE *out)
{
    (void)fputs("imprint boots bare machines from the network. Its commands:\n\n", out);
    help_print_group(out, "");
    (void)fputs("\nEach of them takes, anywhere on the line:\n\n", out);
    print_options(out, command_common_options());
    (void)fputs(
        "\n'imprint help COMMAND' tells more; so do imprint(1), imprint.yaml(5) and imprint-serve(8).\n",
        out);
}

void help_print(FILE *out, const struct call *call)
{
    if (call->command != NULL) {
        help_print_command(out, call->command);
    } else if (call->words[0] != '\0') {
        help_print_group(out, call->words);
    } else {
        print_overview(out);
    }
}

int command_help(struct call *call)
{
    struct call asked;
    struct problem problem;
    char help[] = "--help";
    char *line[WORDS_MOST] = {help}; // as if it were a line of its own
    size_t count = 1;
    problem_clear(&problem);
    for (size_t i = 0; i < call->argument_count && count < COUNT_OF(line); i++) {
        line[count++] = heap_copy_text(call->arguments[i]);
    }
    enum status status = call_parse(&asked, count, line, &problem);
    if (status == STATUS_OK) {
        help_print(call->out.out, &asked);
    } else {
        ask_complain(call, &problem);
    }
    call_clear(&asked);
    for (size_t i = 1; i < count; i++) {
        heap_free(line[i]);
    }
    return status == STATUS_OK ? CLI_EXIT_OK : CLI_EXIT_USAGE;
}

// ---- for imprint(1) ----

// What keeps a line that begins with `first` from being a request to the formatter.
static const char *manual_guard(char first)
{
    return first == '\'' || first == '.' ? "\\&" : "";
}

// One sentence a line, as mdoc wants it.
static void print_sentences(FILE *out, const char *text)
{
    const char *end;
    while ((end = strstr(text, ". ")) != NULL) {
        (void)fprintf(out, "%s%.*s\n", manual_guard(text[0]), (int)(end - text + 1), text);
        text = end + 2;
    }
    (void)fprintf(out, "%s%s\n", manual_guard(text[0]), text);
}

static void print_manual_options(FILE *out, const struct command_option *options)
{
    if (options == NULL) {
        return;
    }
    (void)fputs(".Bl -tag -width Ds -compact\n", out);
    for (const struct command_option *row = options; row->name != NULL; row++) {
        (void)fprintf(out, ".It Fl -%s", row->name);
        if (row->value != NULL) {
            (void)fprintf(out, " Ar %s", row->value);
        }
        (void)fprintf(out, "\n%c%s%s.\n", row->about[0] - 'a' + 'A', row->about + 1, option_note(row));
    }
    (void)fputs(".El\n", out);
}

static void print_manual_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, ".It Cm %s", command->words);
    if (command->arguments[0] != '\0') {
        (void)fprintf(out, " Ar %s", command->arguments);
    }
    (void)fprintf(out, "\n%c%s.\n", command->about[0] - 'a' + 'A', command->about + 1);
    if (command->detail[0] != '\0') {
        print_sentences(out, command->detail);
    }
    print_manual_options(out, command->options);
}

void help_print_manual(FILE *out)
{
    size_t count;
    const struct command *table = command_table(&count);
    (void)fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < count; i++) {
        if (!table[i].is_hidden) {
            print_manual_command(out, &table[i]);
        }
    }
    (void)fputs(".El\n", out);
}

int command_help_manual(struct call *call)
{
    help_print_manual(call->out.out);
    return CLI_EXIT_OK;
}
