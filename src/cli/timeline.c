// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/timeline.h"

#include "base/time.h"
#include "cli/ask.h"
#include "cli/fact.h"
#include "cli/moment.h"

#include <string.h>

#define NAME_COLUMNS 17 // a MAC address

static enum screen_paint paint_severity(const char *severity)
{
    return strcmp(severity, "error") == 0     ? SCREEN_BAD
           : strcmp(severity, "warning") == 0 ? SCREEN_WARN
                                              : SCREEN_PLAIN;
}

// Whom it is about: the machine's name, or the MAC or address of one that has none, or the daemon itself.
static const char *subject(const json_t *event)
{
    const char *machine = fact_text(event, "machine");
    if (machine[0] == '\0') {
        machine = fact_text(event, "mac");
    }
    if (machine[0] == '\0' && strcmp(fact_text(event, "kind"), "server") != 0) {
        machine = fact_text(event, "address");
    }
    return machine[0] == '\0' ? "imprint" : machine;
}

// The reasons by name, for 'imprint explain'; commas between.
static void print_reasons(const struct call *call, const json_t *event, const char *before, const char *after)
{
    size_t position;
    json_t *reason;
    char text[256];
    struct text builder;
    text_init(&builder, text, sizeof text);
    json_array_foreach(fact_get(event, "reasons"), position, reason)
    {
        text_add_format(&builder, "%s%s", position == 0 ? "" : ",", json_string_value(reason));
    }
    if (text[0] != '\0') {
        (void)fputs(before, call->out.out);
        screen_paint(&call->out, SCREEN_DIM, text);
        (void)fputs(after, call->out.out);
    }
}

static void print_for_people(const struct call *call, const json_t *event)
{
    char clock[MOMENT_TEXT_BYTES];
    char name[128];
    const char *severity = fact_text(event, "severity");
    enum screen_paint paint = paint_severity(severity);
    (void)snprintf(name, sizeof name, "%-*.64s", NAME_COLUMNS, subject(event));
    screen_paint(&call->out, SCREEN_DIM,
                 moment_print_clock(fact_number(event, "at_ms"), moment_now_s() * 1000, clock));
    (void)fputs("  ", call->out.out);
    screen_paint(&call->out, SCREEN_BOLD, name);
    (void)fputs("  ", call->out.out);
    screen_paint(&call->out, paint, fact_text(event, "text"));
    if (paint != SCREEN_PLAIN) {
        print_reasons(call, event, "  ", "");
    }
    (void)fputc('\n', call->out.out);
}

static void print_for_programs(const struct call *call, const json_t *event)
{
    char time[TIME_TEXT_BYTES];
    const char *cells[] = {time_print(fact_number(event, "at_ms") / 1000, time), subject(event),
                           fact_text(event, "kind"), fact_text(event, "severity"), fact_text(event, "text")};
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        screen_print_safe(call->out.out, cells[i], false);
        (void)fputc('\t', call->out.out);
    }
    print_reasons(call, event, "", "");
    (void)fputc('\n', call->out.out);
}

void timeline_print(const struct call *call, const json_t *event)
{
    if (call->is_json) {
        (void)json_dumpf(event, call->out.out, JSON_COMPACT);
        (void)fputc('\n', call->out.out);
    } else if (call->out.is_terminal) {
        print_for_people(call, event);
    } else {
        print_for_programs(call, event);
    }
    (void)fflush(call->out.out);
}

struct last {
    const struct call *call;
    bool has_begun;
};

static void print_last(void *context, const json_t *event)
{
    struct last *last = context;
    if (!last->has_begun) {
        (void)fputc('\n', last->call->out.out);
        last->has_begun = true;
    }
    timeline_print(last->call, event);
}

void timeline_show_last(struct call *call, int64_t machine_id, unsigned count)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    struct problem problem;
    struct last last = {.call = call};
    struct client_lines lines = {print_last, &last, 0};
    problem_clear(&problem);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "events?last=%u&machine=%lld", count, (long long)machine_id);
    if (client_follow(ask_client(call), path, &lines, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
    }
}

bool timeline_path(struct call *call, const char *more, char *path, size_t path_bytes)
{
    struct text text;
    const char *last = call_option(call, "last");
    text_init(&text, path, path_bytes);
    text_add_format(&text, "events?%s", more);
    if (call->argument_count != 0) {
        text_add(&text, "&machine=");
        client_add_name(&text, call->arguments[0]);
    }
    if (last != NULL) {
        text_add(&text, "&last=");
        client_add_name(&text, last);
    }
    if (text.cut) {
        ask_complain_text(call, "", "that name is too long to be one");
    }
    return !text.cut;
}
