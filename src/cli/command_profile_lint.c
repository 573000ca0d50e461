// SPDX-License-Identifier: GPL-3.0-or-later
// imprint profile lint: what is wrong with an answer file, before a machine is switched on.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/lint_online.h"
#include "cli/lint_profile.h"
#include "cli/lint_show.h"
#include "cli/lint_tool.h"
#include "cli/read.h"
#include "cli/show.h"
#include "model/profile.h"

#include <string.h>
#include <sys/stat.h>

static bool take_values(const struct call *call, json_t *values)
{
    size_t position = 0;
    const char *pair;
    while ((pair = call_next_option(call, "set", &position)) != NULL) {
        size_t length = strcspn(pair, "=");
        if (pair[length] != '=' || length == 0) {
            ask_complain_text(call, "write it as --set mirror=deb.example.test", "'--set %.80s' sets nothing",
                              pair);
            return false;
        }
        json_t *key = json_stringn(pair, length);
        if (key != NULL) {
            json_object_set_new(values, json_string_value(key), fact_from_text(pair + length + 1));
        }
        json_decref(key);
    }
    return true;
}

static int take_file(struct call *call, const char *path, const struct stat *about,
                     struct lint_profile *checked)
{
    json_t *values = json_object();
    if (!take_values(call, values)) {
        json_decref(values);
        return CLI_EXIT_USAGE;
    }
    json_t *source =
        read_text(call, path, PROFILE_ANSWER_BYTES_MOST, "no answer file of a profile may be so long");
    if (source == NULL) {
        json_decref(values);
        return CLI_EXIT_REFUSED;
    }
    lint_profile_take_file(checked, path, source, values);
    const char *text = json_string_value(checked->source);
    const struct lint_subject subject = {.format = checked->format, .text = text, .length = strlen(text)};
    if ((about->st_mode & S_IROTH) != 0 && lint_has_secret(&subject)) {
        lint_add(&checked->lint, LINT_SECRET_READABLE, 0, "%s", "");
    }
    return CLI_EXIT_OK;
}

// What a machine would get. That it cannot be made is a finding, and the rules look at the template then.
static bool take_machine(struct call *call, const char *name, const char *machine,
                         struct lint_profile *checked)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    struct problem problem;
    json_t *rendered = NULL;
    text_init(&text, path, sizeof path);
    text_add(&text, "profiles/");
    client_add_name(&text, name);
    text_add(&text, "/render?machine=");
    client_add_name(&text, machine);
    problem_clear(&problem);
    enum status status =
        text.cut ? STATUS_TOO_LONG : client_ask(ask_client(call), "GET", path, NULL, &rendered, &problem);
    if (status == STATUS_OK) {
        lint_profile_take_rendered(checked, rendered);
    } else if (status == STATUS_CONFLICT && problem.line != 0) {
        lint_add(&checked->lint, LINT_TEMPLATE_BROKEN, problem.line, "%s", problem.text);
    } else {
        ask_complain(call, &problem);
    }
    json_decref(rendered);
    return status == STATUS_OK || (status == STATUS_CONFLICT && problem.line != 0);
}

static int take_profile(struct call *call, const char *name, struct lint_profile *checked)
{
    const char *machine = call_option(call, "machine");
    size_t position = 0;
    if (call_next_option(call, "set", &position) != NULL) {
        ask_complain_text(call, "imprint profile edit PROFILE --set NAME=VALUE",
                          "--set is for files; a profile has its own values");
        return CLI_EXIT_USAGE;
    }
    json_t *profile = ask_name(call, "GET", "profiles", name, NULL, NULL);
    if (profile == NULL) {
        return CLI_EXIT_REFUSED;
    }
    lint_profile_take(checked, profile);
    lint_profile_take_image(checked, call, fact_text(profile, "image"));
    bool has_answer = fact_text(profile, "answer")[0] != '\0';
    json_decref(profile);
    if (!has_answer) {
        json_decref(checked->source);
        checked->source = NULL;
    }
    return machine == NULL || take_machine(call, name, machine, checked) ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}

static void print(struct call *call, const struct lint_profile *checked, const char *tool, unsigned asked)
{
    unsigned errors = lint_count(&checked->lint, LINT_ERROR);
    unsigned warnings = lint_count(&checked->lint, LINT_WARNING);
    if (call->is_json) {
        json_t *answer = json_pack("{s:s, s:s, s:b, s:o, s:i, s:i, s:b}", "file", checked->name, "format",
                                   lint_format_text(checked->format), "rendered", (int)checked->is_rendered,
                                   "findings", lint_show_json(&checked->lint), "errors", (int)errors,
                                   "warnings", (int)warnings, "more", (int)checked->lint.has_more);
        json_object_set_new(answer, "tool", tool == NULL ? json_null() : json_string(tool));
        ask_print_json(call, answer);
        json_decref(answer);
        return;
    }
    const char *place = checked->name[0] == '\0' ? "profile" : checked->name;
    lint_show_text(&call->out, place, &checked->lint, LINT_NOTE);
    show_hint(call, "%s%s: %u error%s, %u warning%s%s%s%s", lint_format_text(checked->format),
              checked->format == LINT_UNKNOWN ? "no format that is known" : "", errors,
              errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s", tool == NULL ? "" : "; asked ",
              tool == NULL ? "" : tool, asked == 0 ? "" : " and the servers in it");
    if (tool == NULL && lint_tool_name(checked->format) != NULL) {
        show_hint(call, "%s would check more, but is not installed here", lint_tool_name(checked->format));
    }
}

static int check(struct call *call, struct lint_profile *checked)
{
    unsigned asked = 0;
    const char *tool = NULL;
    lint_profile_check(checked);
    const struct lint_subject subject = lint_profile_subject(checked);
    if (subject.text != NULL) {
        tool = lint_tool_run(subject.format, subject.text, subject.length, &checked->lint);
        asked = call_has(call, "online") ? lint_online_check(&subject, &checked->lint) : 0;
    }
    lint_sort(&checked->lint);
    print(call, checked, tool, asked);
    return lint_count(&checked->lint, LINT_ERROR) == 0 ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}

int command_profile_lint(struct call *call)
{
    const char *name = call->arguments[0];
    struct stat about = {0};
    struct lint_profile *checked = lint_profile_new();
    if (call_option(call, "snippets") != NULL) {
        lint_profile_take_snippets(checked, call_option(call, "snippets"));
    }
    bool is_file = stat(name, &about) == 0 && !S_ISDIR(about.st_mode);
    int result = is_file || strchr(name, '/') != NULL ? take_file(call, name, &about, checked)
                                                      : take_profile(call, name, checked);
    if (result == CLI_EXIT_OK) {
        result = check(call, checked);
    }
    lint_profile_free(checked);
    return result;
}
