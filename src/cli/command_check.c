// SPDX-License-Identifier: GPL-3.0-or-later
// imprint check: names the faults in the files that a network boot depends on, of whatever server; needs no
// daemon.
#include "cli/handlers.h"
#include "cli/lint_show.h"
#include "cli/migrate_source.h"
#include "cli/show.h"
#include "config/config.h"

#include <stdio.h>
#include <string.h>

struct counts {
    unsigned errors;
    unsigned warnings;
};

static void count(struct counts *counts, const char *severity)
{
    counts->errors += strcmp(severity, "error") == 0;
    counts->warnings += strcmp(severity, "warning") == 0;
}

// One finding of a file that the rules of answer files and menus know nothing about.
static void add(struct counts *counts, json_t *findings, const char *severity, const char *file,
                unsigned line, const char *sentence, const char *remedy)
{
    count(counts, severity);
    json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "rule", "", "severity",
                                              severity, "file", file, "line", (int)line, "sentence", sentence,
                                              "text", "", "remedy", remedy));
}

// ---- what it is ----

// Where imprint would do something else, nothing is wrong; where the source itself is, that is told, and a
// boot file that is not there for everybody.
static void check_server(const struct migrate_source *source, const struct migrate_text *text,
                         struct counts *counts, json_t *findings)
{
    struct migration migration;
    migrate_init(&migration);
    migration.may_include = true;
    source->read(&migration, text);
    migrate_check(&migration);
    for (size_t i = 0; i < migration.remarks.count; i++) {
        const struct migrate_remark *remark = heap_array_get(&migration.remarks, i);
        bool is_fault = remark->kind == MIGRATE_FAULT;
        bool is_file = remark->kind == MIGRATE_CHANGED && text_starts(remark->from.what, "filename");
        char sentence[MIGRATE_WHAT_BYTES + MIGRATE_TEXT_BYTES + 4];
        (void)snprintf(sentence, sizeof sentence, "%s%s%s", remark->from.what,
                       remark->from.what[0] == '\0' ? "" : ": ", remark->text);
        if (is_fault || is_file) {
            add(counts, findings, is_fault ? "error" : "warning", remark->from.file, remark->from.line,
                sentence, "");
        }
    }
    migrate_clear(&migration);
}

// What kind of file it is; findings only when it is one.
static enum lint_format check_lint(const struct migrate_text *text, struct counts *counts, json_t *findings)
{
    struct lint *lint = heap_new(sizeof *lint);
    char *mended = heap_copy_text(text->bytes);
    lint_init(lint);
    lint_mend_blanks(mended, text->count, lint); // first: they hide what it is
    enum lint_format format = lint_guess_format(text->path, mended, text->count);
    const struct lint_subject subject = {.format = format, .text = mended, .length = text->count};
    if (format == LINT_UNKNOWN) {
        lint_init(lint);
    } else {
        lint_check(&subject, lint);
    }
    lint_sort(lint);
    json_t *list = lint_show_json(lint);
    size_t position;
    json_t *finding;
    json_array_foreach(list, position, finding)
    {
        count(counts, json_string_value(json_object_get(finding, "severity")));
        json_object_set_new(finding, "file", json_string(text->path));
    }
    json_array_extend(findings, list);
    json_decref(list);
    explicit_bzero(mended, text->count);
    heap_free(mended);
    heap_free(lint);
    return format;
}

static void check_own(const struct migrate_text *text, struct counts *counts, json_t *findings)
{
    struct config config;
    struct problem problem;
    problem_clear(&problem);
    if (config_load(text->path, &config, &problem) == STATUS_OK) {
        config_clear(&config);
    } else {
        add(counts, findings, "error", text->path, problem.line, problem.text, problem.remedy);
    }
}

static const char *check_text(const struct migrate_text *text, struct counts *counts, json_t *findings)
{
    const struct migrate_source *source = migrate_source_find(NULL, text);
    bool is_script = text_starts(text->bytes, "#!ipxe");
    if (source != NULL && !is_script) {
        check_server(source, text, counts, findings);
        return source->name;
    }
    enum lint_format format = check_lint(text, counts, findings);
    if (format != LINT_UNKNOWN) {
        return lint_format_text(format);
    }
    if (text_ends(text->path, ".yaml") || text_ends(text->path, ".yml")) {
        check_own(text, counts, findings);
        return "imprint.yaml";
    }
    return NULL;
}

// ---- showing ----

static void print(const struct call *call, const json_t *findings)
{
    size_t position;
    json_t *finding;
    json_array_foreach(findings, position, finding)
    {
        const char *severity = json_string_value(json_object_get(finding, "severity"));
        const char *rule = json_string_value(json_object_get(finding, "rule"));
        const char *text = json_string_value(json_object_get(finding, "text"));
        const char *remedy = json_string_value(json_object_get(finding, "remedy"));
        json_int_t line = json_integer_value(json_object_get(finding, "line"));
        screen_print_safe(call->out.out, json_string_value(json_object_get(finding, "file")), false);
        if (line != 0) {
            (void)fprintf(call->out.out, ":%lld", (long long)line);
        }
        (void)fputs(": ", call->out.out);
        screen_paint(&call->out,
                     strcmp(severity, "error") == 0     ? SCREEN_BAD
                     : strcmp(severity, "warning") == 0 ? SCREEN_WARN
                                                        : SCREEN_DIM,
                     severity);
        (void)fputs(": ", call->out.out);
        screen_print_safe(call->out.out, json_string_value(json_object_get(finding, "sentence")), false);
        if (text != NULL && text[0] != '\0') {
            (void)fputs(": ", call->out.out);
            screen_print_safe(call->out.out, text, false);
        }
        (void)fprintf(call->out.out, rule[0] == '\0' ? "%s\n" : " [%s]\n", rule);
        if (remedy[0] != '\0') {
            (void)fputs("  ", call->out.out);
            screen_print_safe(call->out.out, remedy, false);
            (void)fputc('\n', call->out.out);
        }
    }
}

// false: it could not be read, or nobody knows what it is.
static bool check_file(struct call *call, const char *path, json_t *files, struct counts *sum)
{
    struct migrate_text text;
    struct problem problem;
    struct counts counts = {0};
    problem_clear(&problem);
    if (migrate_file_read(path, &text, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return false;
    }
    json_t *findings = json_array();
    const char *kind = check_text(&text, &counts, findings);
    migrate_file_clear(&text);
    if (kind == NULL) {
        json_decref(findings);
        (void)ask_refuse_file(call, path,
                              "'imprint help check' names what it knows; a capture or a log is for 'imprint "
                              "explain'",
                              "nothing in it looks like a file that a network boot depends on");
        return false;
    }
    sum->errors += counts.errors;
    sum->warnings += counts.warnings;
    if (!call->is_json) {
        print(call, findings);
        (void)fflush(call->out.out);
        show_hint(call, "%s (%s): %u error%s, %u warning%s", path, kind, counts.errors,
                  counts.errors == 1 ? "" : "s", counts.warnings, counts.warnings == 1 ? "" : "s");
    }
    json_array_append_new(files,
                          json_pack("{s:s, s:s, s:o}", "file", path, "kind", kind, "findings", findings));
    return true;
}

int command_check(struct call *call)
{
    struct counts sum = {0};
    json_t *files = json_array();
    bool is_known = true;
    for (size_t i = 0; i < call->argument_count; i++) {
        is_known = check_file(call, call->arguments[i], files, &sum) && is_known;
    }
    if (call->is_json) {
        json_t *answer = json_pack("{s:O, s:i, s:i}", "files", files, "errors", (int)sum.errors, "warnings",
                                   (int)sum.warnings);
        ask_print_json(call, answer);
        json_decref(answer);
    }
    json_decref(files);
    return is_known && sum.errors == 0 ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}
