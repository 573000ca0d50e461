// SPDX-License-Identifier: GPL-3.0-or-later
// imprint watch, imprint events.
#include "base/time.h"
#include "cli/ask.h"
#include "cli/handlers.h"
#include "cli/timeline.h"

static bool check_last(const struct call *call)
{
    uint64_t count;
    const char *last = call_option(call, "last");
    if (last != NULL && text_parse_u64(last, INT64_MAX, &count) != STATUS_OK) {
        ask_complain_text(call, "write it as --last 20", "'%.40s' is no number of events", last);
        return false;
    }
    return true;
}

static void print_event(void *context, const json_t *event)
{
    timeline_print(context, event);
}

// The option --for in milliseconds; 0 when it was not given.
static bool find_timeout(const struct call *call, long *timeout_ms)
{
    uint32_t seconds = 0;
    const char *given = call_option(call, "for");
    *timeout_ms = 0;
    if (given == NULL) {
        return true;
    }
    if (duration_parse(given, &seconds) != STATUS_OK || seconds == 0 || seconds > INT32_MAX / 1000) {
        ask_complain_text(call, "write it as --for 30, or 30s, or 5m", "'%.40s' is no time to watch", given);
        return false;
    }
    *timeout_ms = (long)seconds * 1000;
    return true;
}

int command_watch(struct call *call)
{
    char path[CLIENT_PATH_BYTES];
    struct problem problem;
    struct client_lines lines = {print_event, call, 0};
    problem_clear(&problem);
    if (!check_last(call) || !find_timeout(call, &lines.timeout_ms)) {
        return CLI_EXIT_USAGE;
    }
    if (!timeline_path(call, call_has(call, "last") ? "follow=1" : "follow=1&last=0", path, sizeof path)) {
        return CLI_EXIT_REFUSED;
    }
    if (client_follow(ask_client(call), path, &lines, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return CLI_EXIT_REFUSED;
    }
    if (lines.timeout_ms == 0) { // only the daemon's end ends it
        ask_complain_text(call, "'journalctl -u imprint' tells why", "the daemon has ended");
        return CLI_EXIT_REFUSED;
    }
    return CLI_EXIT_OK;
}

static void collect_event(void *context, const json_t *event)
{
    json_array_append_new(context, json_deep_copy(event));
}

int command_events(struct call *call)
{
    char path[CLIENT_PATH_BYTES];
    struct problem problem;
    json_t *all = json_array();
    struct client_lines lines = {print_event, call, 0};
    if (call->is_json) {
        lines = (struct client_lines){collect_event, all, 0};
    }
    problem_clear(&problem);
    int result = CLI_EXIT_REFUSED;
    if (!check_last(call)) {
        result = CLI_EXIT_USAGE;
    } else if (timeline_path(call, "", path, sizeof path)) {
        if (client_follow(ask_client(call), path, &lines, &problem) == STATUS_OK) {
            result = CLI_EXIT_OK;
        } else {
            ask_complain(call, &problem);
        }
    }
    if (call->is_json && result == CLI_EXIT_OK) {
        ask_print_json(call, all);
    }
    json_decref(all);
    return result;
}
