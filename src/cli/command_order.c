// SPDX-License-Identifier: GPL-3.0-or-later
// imprint order ....
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/order_show.h"
#include "cli/show.h"

#include <string.h>

#define ENDED_SHOWN_S ((int64_t)24 * 3600)

static void add_row(struct table *table, const struct call *call, const json_t *order)
{
    char time[SHOW_TIME_BYTES];
    char told[48];
    const char *state = fact_text(order, "state");
    const char *machine = fact_text(order, "machine");
    bool is_live = fact_is(order, "is_live");
    table_add_format(table, SCREEN_BOLD, "%lld", (long long)fact_number(order, "id"));
    table_add(table, SCREEN_PLAIN, machine[0] == '\0' ? "(removed)" : machine);
    table_add(table, SCREEN_PLAIN, fact_text(order, "profile"));
    table_add(table, SCREEN_PLAIN, fact_text(order, "hostname"));
    table_add(table, order_paint_state(state), order_print_state(order, told, sizeof told));
    table_add(table, SCREEN_PLAIN, fact_text(order, "owner"));
    table_add(table, SCREEN_PLAIN, show_time(call, fact_number(order, "created_s"), time));
    table_add(table, SCREEN_PLAIN, is_live ? show_time(call, fact_number(order, "expires_s"), time) : "");
    table_add(table, SCREEN_PLAIN, show_time(call, fact_number(order, "ended_s"), time));
}

// Orders that are over for long are only asked for when one looks for something.
static void keep_recent(json_t *list)
{
    size_t position = 0;
    int64_t since_s = moment_now_s() - ENDED_SHOWN_S;
    while (position < json_array_size(list)) {
        const json_t *order = json_array_get(list, position);
        if (fact_is(order, "is_live") || fact_number(order, "ended_s") >= since_s) {
            position++;
        } else {
            (void)json_array_remove(list, position);
        }
    }
}

int command_order_list(struct call *call)
{
    static const struct table_column columns[] = {
        {"ORDER", true, false},     {"MACHINE", false, true},  {"PROFILE", false, true},
        {"HOST NAME", false, true}, {"STATE", false, false},   {"BY", false, true},
        {"MADE", false, false},     {"EXPIRES", false, false}, {"ENDED", false, false}};
    json_t *list = ask_list(call, "orders", "orders");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *order;
    table_init(&table, columns, COUNT_OF(columns));
    if (!call_has(call, "all")) {
        keep_recent(list);
    }
    int64_t waiting = 0;
    json_array_foreach(list, position, order)
    {
        bool is_waiting = strcmp(fact_text(order, "state"), "needs-confirmation") == 0;
        waiting = waiting == 0 && is_waiting ? fact_number(order, "id") : waiting;
        add_row(&table, call, order);
    }
    int result = show_list(call, list, &table,
                           call_has(call, "all")
                               ? "there was no order yet: 'imprint deploy MACHINE --profile PROFILE'"
                               : "there is no order now: 'imprint deploy MACHINE --profile PROFILE', "
                                 "or 'imprint order list --all' for old ones");
    if (waiting != 0 && !call->is_json) {
        show_hint(call, "'imprint order show %lld' says what would be lost", (long long)waiting);
    }
    return result;
}

int command_order_show(struct call *call)
{
    return show_one(call, ask_name(call, "GET", "orders", call->arguments[0], NULL, NULL), order_show);
}

static void print_cancelled(struct call *call, const json_t *order)
{
    (void)fprintf(call->out.out, "order %lld (%s for %s) is cancelled\n", (long long)fact_number(order, "id"),
                  fact_text(order, "profile"), fact_text(order, "machine"));
}

int command_order_cancel(struct call *call)
{
    const char *reason = call_option(call, "reason");
    json_t *body = json_object();
    if (reason != NULL) {
        json_object_set_new(body, "why", fact_from_text(reason));
    }
    int result = show_each(call, &(struct show_each){"POST", "orders", "cancel", body, print_cancelled});
    json_decref(body);
    return result;
}

static void print_confirmed(struct call *call, const json_t *order)
{
    (void)fprintf(call->out.out, "order %lld: what is on disk ", (long long)fact_number(order, "id"));
    screen_print_safe(call->out.out, fact_text(order, "erase"), false);
    (void)fprintf(call->out.out, " of %s is given up\n", fact_text(order, "machine"));
    show_hint(call, "the machine goes on within some seconds: 'imprint watch %s'",
              fact_text(order, "machine"));
}

int command_order_confirm(struct call *call)
{
    json_t *body = json_object();
    json_object_set_new(body, "erase", fact_from_text(call_option(call, "erase")));
    json_t *order = ask_name(call, "POST", "orders", call->arguments[0], "confirm", body);
    json_decref(body);
    return show_one(call, order, print_confirmed);
}

static void print_log(struct call *call, const json_t *answer)
{
    const char *text = fact_text(answer, "text");
    if (fact_is(answer, "is_cut")) {
        show_hint(call, "this is its end; the beginning was too long to be told");
    }
    screen_print_safe(call->out.out, text, true); // it comes from a machine, so no terminal obeys it
    if (text[0] != '\0' && text[strlen(text) - 1] != '\n') {
        (void)fputc('\n', call->out.out);
    }
}

int command_order_log(struct call *call)
{
    return show_one(call, ask_name(call, "GET", "orders", call->arguments[0], "log", NULL), print_log);
}
