// SPDX-License-Identifier: GPL-3.0-or-later
// imprint explain: the table of reasons, and what a capture or a log tells; needs no daemon.
#include "cli/explain_file.h"
#include "cli/handlers.h"
#include "cli/show.h"
#include "model/reason.h"

#include <string.h>
#include <unistd.h>

#define DISTANCE_MOST 5 // further away was not meant

static enum screen_paint paint_severity(enum reason_severity severity)
{
    return severity == REASON_ERROR ? SCREEN_BAD : severity == REASON_WARNING ? SCREEN_WARN : SCREEN_PLAIN;
}

static json_t *reason_json(const struct reason *reason)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", reason->name, "severity",
                     reason_severity_text(reason->severity), "sentence", reason->sentence, "explanation",
                     reason->explanation, "remedy", reason->remedy);
}

static int list_reasons(struct call *call)
{
    static const struct table_column columns[] = {
        {"REASON", false, false}, {"SEVERITY", false, false}, {"MEANS", false, true}};
    struct table table;
    json_t *list = json_array();
    table_init(&table, columns, COUNT_OF(columns));
    for (int id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        const struct reason *reason = reason_get((enum reason_id)id);
        table_add(&table, SCREEN_BOLD, reason->name);
        table_add(&table, paint_severity(reason->severity), reason_severity_text(reason->severity));
        table_add(&table, SCREEN_PLAIN, reason->sentence);
        json_array_append_new(list, reason_json(reason));
    }
    return show_list(call, list, &table, "");
}

// The reason called `name` in any case; else NULL, and the one nearest to it, or NULL, in `*nearest`.
static const struct reason *find_reason(const char *name, const struct reason **nearest)
{
    unsigned least = DISTANCE_MOST;
    *nearest = NULL;
    for (int id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        const struct reason *reason = reason_get((enum reason_id)id);
        unsigned distance = text_distance(reason->name, name);
        if (text_equal_nocase(reason->name, name)) {
            return reason;
        }
        if (distance < least) {
            least = distance;
            *nearest = reason;
        }
    }
    return NULL;
}

int command_explain(struct call *call)
{
    const struct reason *nearest;
    char remedy[128] = "'imprint explain' lists all of them";
    if (call->argument_count == 0) {
        return list_reasons(call);
    }
    const char *what = call->arguments[0];
    const struct reason *reason = find_reason(what, &nearest);
    bool is_file = strcmp(what, "-") == 0 || strpbrk(what, "/.") != NULL || access(what, F_OK) == 0;
    if (reason == NULL && is_file) {
        return explain_file(call, what);
    }
    if (reason == NULL && nearest == NULL) {
        return command_explain_machine(call);
    }
    if (reason == NULL) {
        if (nearest != NULL) {
            (void)snprintf(remedy, sizeof remedy, "did you mean %s?", nearest->name);
        }
        ask_complain_text(call, remedy, "there is no reason '%.60s'", call->arguments[0]);
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        json_t *json = reason_json(reason);
        ask_print_json(call, json);
        json_decref(json);
        return CLI_EXIT_OK;
    }
    show_field(call, "reason", SCREEN_BOLD, reason->name);
    show_field(call, "severity", paint_severity(reason->severity), reason_severity_text(reason->severity));
    show_field(call, "means", SCREEN_PLAIN, reason->sentence);
    show_field(call, "because", SCREEN_PLAIN, reason->explanation);
    show_field(call, "to do", SCREEN_PLAIN, reason->remedy);
    return CLI_EXIT_OK;
}
