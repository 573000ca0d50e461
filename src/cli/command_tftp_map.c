// SPDX-License-Identifier: GPL-3.0-or-later
// imprint tftp map: what the rules of a map file make of a name, step by step; needs no daemon.
#include "base/text.h"
#include "cli/ask.h"
#include "cli/handlers.h"
#include "cli/show.h"
#include "content/folder.h"
#include "content/map.h"
#include "content/path.h"

#include <string.h>

#define STEPS_SHOWN_MOST 1000 // a file that goes round for ever says nothing new after so many

struct trace {
    struct table table;
    json_t *steps;
    size_t count;
    struct content content; // of --root; without sources when there is none
    const char *root;
};

static const char *const STEP_WORDS[] = {
    [MAP_STEP_PASSED] = "passed",       [MAP_STEP_MISSED] = "missed", [MAP_STEP_MATCHED] = "matched",
    [MAP_STEP_REPLACED] = "replaced",   [MAP_STEP_UNDONE] = "undone", [MAP_STEP_ENDED] = "ended",
    [MAP_STEP_RESTARTED] = "restarted", [MAP_STEP_JUMPED] = "jumped", [MAP_STEP_REFUSED] = "refused",
};

static const char *const STEP_SENTENCES[] = {
    [MAP_STEP_PASSED] = "is not for such a request",
    [MAP_STEP_MISSED] = "does not match",
    [MAP_STEP_MATCHED] = "matches",
    [MAP_STEP_REPLACED] = "makes it",
    [MAP_STEP_UNDONE] = "is undone, since there is no file",
    [MAP_STEP_ENDED] = "ends it with",
    [MAP_STEP_RESTARTED] = "begins again with",
    [MAP_STEP_JUMPED] = "jumps to the label",
    [MAP_STEP_REFUSED] = "refuses the request, saying",
};

static enum screen_paint paint_step(enum map_step_kind kind)
{
    bool is_quiet = kind == MAP_STEP_PASSED || kind == MAP_STEP_MISSED;
    return is_quiet ? SCREEN_DIM : kind == MAP_STEP_REFUSED ? SCREEN_BAD : SCREEN_PLAIN;
}

// Names are bytes, JSON and terminals are not.
static const char *escaped(const char *name, char *out, size_t out_bytes)
{
    struct text text;
    text_init(&text, out, out_bytes);
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '\\') { // common in these names, and harmless
            text_add_char(&text, '\\');
        } else {
            text_add_escaped(&text, at, 1);
        }
    }
    return out;
}

static void note_step(void *context, const struct map_step *step)
{
    struct trace *trace = context;
    char name[4 * MAP_NAME_BYTES];
    char rule[4 * MAP_LINE_BYTES];
    if (trace->count++ >= STEPS_SHOWN_MOST) {
        return;
    }
    (void)escaped(step->name, name, sizeof name);
    (void)escaped(step->rule, rule, sizeof rule);
    enum screen_paint paint = paint_step(step->kind);
    bool is_quiet = paint == SCREEN_DIM || step->kind == MAP_STEP_MATCHED;
    table_add_format(&trace->table, paint, "%u", step->line);
    table_add(&trace->table, paint, rule);
    table_add(&trace->table, paint, STEP_SENTENCES[step->kind]);
    table_add(&trace->table, paint, is_quiet ? "" : name);
    json_array_append_new(trace->steps,
                          json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)step->line, "rule", rule,
                                    "step", STEP_WORDS[step->kind], "name", name));
}

static bool has_file(void *context, const char *name)
{
    const struct trace *trace = context;
    static const struct content_client nobody = {.query = ""};
    struct content_node node;
    struct reasons ignored = {0};
    size_t length = trace->root == NULL ? 0 : strlen(trace->root);
    bool is_whole = length != 0 && text_starts(name, trace->root) && name[length] == '/';
    const char *inside = is_whole ? name + length : name; // as the daemon takes whole names of its root
    enum status status = content_open(&trace->content, inside, strlen(inside), &nobody, &node, &ignored);
    content_node_close(&node);
    return status == STATUS_OK;
}

static void print_steps(const struct call *call, const struct trace *trace)
{
    table_print(&trace->table, &call->out);
    if (trace->count > STEPS_SHOWN_MOST) {
        (void)fprintf(call->out.out, "... and %zu steps more\n", trace->count - STEPS_SHOWN_MOST);
    }
}

/// Says what came out: `result` is the new name, or the text of a rule that refuses.
static void print_result(const struct call *call, struct trace *trace, enum status status, const char *name,
                         const char *result)
{
    char asked[4 * MAP_NAME_BYTES];
    char became[4 * MAP_NAME_BYTES];
    char canonical[CONTENT_PATH_BYTES] = "";
    bool is_refused = status == STATUS_DENIED;
    bool is_path = !is_refused && path_parse(result, strlen(result), canonical) == STATUS_OK;
    bool is_there = is_path && trace->root != NULL && has_file(trace, result);
    (void)escaped(name, asked, sizeof asked);
    (void)escaped(result, became, sizeof became);
    if (call->is_json) {
        json_t *json = json_pack("{s:s, s:b, s:s?, s:s?, s:s?, s:O}", "name", asked, "refused", is_refused,
                                 "result", is_refused ? NULL : became, "text", is_refused ? became : NULL,
                                 "path", is_path ? canonical : NULL, "steps", trace->steps);
        if (trace->root != NULL) {
            json_object_set_new(json, "exists", json_boolean(is_there));
        }
        ask_print_json(call, json);
        json_decref(json);
        return;
    }
    print_steps(call, trace);
    FILE *out = call->out.out;
    if (is_refused) {
        (void)fprintf(out, "%s is refused with \"%s\"\n", asked,
                      became[0] == '\0' ? "Access denied" : became);
    } else if (!is_path) {
        (void)fprintf(out, "%s becomes %s, which no file can be called\n", asked, became);
    } else {
        (void)fprintf(out, "%s becomes %s%s\n", asked, became,
                      trace->root == NULL ? ""
                      : is_there          ? ", which is there"
                                          : ", and there is no such file");
    }
}

static int map_name(struct call *call, const struct map *map, struct trace *trace)
{
    char result[MAP_NAME_BYTES];
    struct problem problem;
    problem_clear(&problem);
    const char *address = call_option(call, "client");
    struct map_question question = {.name = call->arguments[1],
                                    .client = ip_from_ip4((struct ip4){0x7f000001}),
                                    .is_put = call_has(call, "put"),
                                    .has_file = has_file,
                                    .traced = note_step,
                                    .context = trace};
    if (address != NULL && ip_parse(address, &question.client) != STATUS_OK) {
        ask_complain_text(call, "give one such as 192.168.1.5", "'%s' is no IP address", address);
        return CLI_EXIT_USAGE;
    }
    enum status status = map_apply(map, &question, result, &problem);
    if (status == STATUS_CONFLICT) {
        if (!call->is_json) {
            print_steps(call, trace);
        }
        problem_set_place(&problem, call->arguments[0], 0, 0);
        ask_complain(call, &problem);
        return CLI_EXIT_REFUSED;
    }
    print_result(call, trace, status, question.name, result);
    return CLI_EXIT_OK;
}

int command_tftp_map(struct call *call)
{
    static const struct table_column columns[] = {
        {"LINE", true, false}, {"RULE", false, true}, {"WHAT IT DOES", false, false}, {"NAME", false, true}};
    struct problem problem;
    problem_clear(&problem);
    struct trace trace = {.root = call_option(call, "root")};
    content_init(&trace.content);
    struct folder *folder = trace.root == NULL ? NULL : folder_new("", trace.root, &problem);
    struct map *map = problem_is_set(&problem) ? NULL : map_read(call->arguments[0], &problem);
    int exit_status = CLI_EXIT_REFUSED;
    if (folder != NULL) {
        content_add(&trace.content, folder_source(folder, "root"));
    }
    if (map == NULL) {
        ask_complain(call, &problem);
    } else {
        table_init(&trace.table, columns, COUNT_OF(columns));
        trace.steps = json_array();
        exit_status = map_name(call, map, &trace);
        json_decref(trace.steps);
        table_clear(&trace.table);
    }
    map_free(map);
    folder_free(folder);
    return exit_status;
}
