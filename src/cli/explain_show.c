// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/explain_show.h"

#include "cli/fact.h"
#include "model/reason.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MOST  4 // findings for people; --json has all
#define SURE_MOST   90
#define LIKELY_MOST 70

static void print_line(const struct call *call, const char *text)
{
    screen_print_safe(call->out.out, text, false);
    (void)fputc('\n', call->out.out);
}

static void print_labelled(const struct call *call, const char *label, const char *text)
{
    if (text[0] != '\0') {
        (void)fprintf(call->out.out, "     %-8s ", label);
        print_line(call, text);
    }
}

static void print_at(const struct call *call, const json_t *row)
{
    const char *at = fact_text(row, "at");
    if (at[0] != '\0') {
        screen_print_safe(call->out.out, at, false);
        (void)fputs("  ", call->out.out);
    }
}

static void print_finding(const struct call *call, const json_t *finding, bool is_first)
{
    size_t position;
    json_t *row;
    int64_t sure = fact_number(finding, "sure");
    bool is_symptom = fact_is(finding, "symptom");
    const char *severity = fact_text(finding, "severity");
    const char *name = fact_text(finding, "reason");
    const struct reason *reason = reason_find(name);
    (void)fputs("  ", call->out.out);
    screen_paint(&call->out, strcmp(severity, "error") == 0 ? SCREEN_BAD : SCREEN_WARN,
                 is_symptom ? "consequence" : severity);
    (void)fprintf(call->out.out, " %s (%s): ", reason == NULL ? "" : reason->name,
                  sure >= SURE_MOST     ? "sure"
                  : sure >= LIKELY_MOST ? "likely"
                                        : "possible");
    print_line(call, is_first && reason != NULL ? reason->sentence : fact_text(finding, "sentence"));
    json_array_foreach(fact_get(finding, "evidence"), position, row)
    {
        (void)fprintf(call->out.out, "     %-8s ", "seen");
        print_at(call, row);
        print_line(call, fact_text(row, "text"));
    }
    if (!is_symptom) {
        print_labelled(call, "because", fact_text(finding, "cause"));
        print_labelled(call, "to do", fact_text(finding, "remedy"));
    }
}

static void print_stages(const struct call *call, const json_t *client)
{
    size_t position;
    json_t *stage;
    json_array_foreach(fact_get(client, "stages"), position, stage)
    {
        (void)fputs("  ", call->out.out);
        print_at(call, stage);
        (void)fprintf(call->out.out, "%-14s ", fact_text(stage, "stage"));
        const char *server = fact_text(stage, "server");
        int64_t took_ms = fact_number(stage, "took_ms");
        if (took_ms != 0) {
            (void)fprintf(call->out.out, "%lld.%03lld s ", (long long)(took_ms / 1000),
                          (long long)(took_ms % 1000));
        }
        if (server[0] != '\0') {
            (void)fputs("from ", call->out.out);
            screen_print_safe(call->out.out, server, false);
        }
        print_line(call, fact_is(stage, "done") ? "" : " not done");
    }
}

void explain_show_client(const struct call *call, const json_t *client, bool has_stages)
{
    size_t position;
    json_t *row;
    bool is_fine = fact_is(client, "fine");
    const char *in_order = fact_text(client, "in_order");
    screen_paint(&call->out, is_fine ? SCREEN_GOOD : SCREEN_BOLD, fact_text(client, "verdict"));
    (void)fputc('\n', call->out.out);
    if (!is_fine && in_order[0] != '\0') {
        (void)fputs("  in order: ", call->out.out);
        print_line(call, in_order);
    }
    json_array_foreach(fact_get(client, "findings"), position, row)
    {
        if (position < SHOWN_MOST) {
            print_finding(call, row, position == 0);
        }
    }
    if (has_stages) {
        print_stages(call, client);
    }
    if (call_has(call, "timeline")) {
        json_array_foreach(fact_get(client, "timeline"), position, row)
        {
            (void)fputs("  ", call->out.out);
            print_at(call, row);
            print_line(call, fact_text(row, "text"));
        }
    }
}
