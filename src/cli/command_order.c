// SPDX-License-Identifier: GPL-3.0-or-later
// imprint deploy, imprint order ....
#include "base/time.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"

#include <string.h>

#define ENDED_SHOWN_S   ((int64_t)24 * 3600)
#define EXPIRES_LEAST_S 60
#define EXPIRES_MOST_S  (366 * 24 * 3600)

static void print_orders(struct call *call, const json_t *answer)
{
    size_t position;
    json_t *order;
    const json_t *orders = fact_get(answer, "orders");
    json_array_foreach(orders, position, order)
    {
        char until[SHOW_TIME_BYTES];
        (void)fprintf(call->out.out, "order %lld: %s for %s, expires %s\n",
                      (long long)fact_number(order, "id"), fact_text(order, "profile"),
                      fact_text(order, "machine"), show_time(call, fact_number(order, "expires_s"), until));
    }
    if (json_array_size(orders) == 1) {
        const char *machine = fact_text(json_array_get(orders, 0), "machine");
        show_hint(call, "next: let %s boot from the network, and see it with 'imprint watch %s'", machine,
                  machine);
    } else {
        show_hint(call, "next: let them boot from the network, and see it with 'imprint watch'");
    }
}

int command_deploy(struct call *call)
{
    const char *expires = call_option(call, "expires");
    uint32_t expires_s = 0;
    json_t *machines = json_array();
    if (expires != NULL && (duration_parse(expires, &expires_s) != STATUS_OK || expires_s < EXPIRES_LEAST_S ||
                            expires_s > EXPIRES_MOST_S)) {
        json_decref(machines);
        ask_complain_text(call, "write it as 90m, 2h or 3d; 1m is the least, 366d the most",
                          "'%.40s' is no time after which an order expires", expires);
        return CLI_EXIT_USAGE;
    }
    for (size_t i = 0; i < call->argument_count; i++) {
        json_array_append_new(machines, fact_from_text(call->arguments[i]));
    }
    json_t *body = json_pack("{s:o, s:o}", "machines", machines, "profile",
                             fact_from_text(call_option(call, "profile")));
    if (expires != NULL) {
        json_object_set_new(body, "expires_s", json_integer(expires_s));
    }
    json_t *answer = ask(call, "POST", "orders", body);
    json_decref(body);
    if (answer != NULL && call->is_json) { // the array alone, as lists are everywhere
        json_t *orders = json_incref(json_object_get(answer, "orders"));
        json_decref(answer);
        answer = orders;
    }
    return show_one(call, answer, print_orders);
}

static enum screen_paint paint_state(const char *state)
{
    return strcmp(state, "finished") == 0                                     ? SCREEN_GOOD
           : strcmp(state, "booting") == 0 || strcmp(state, "used") == 0      ? SCREEN_WARN
           : strcmp(state, "expired") == 0 || strcmp(state, "cancelled") == 0 ? SCREEN_DIM
                                                                              : SCREEN_PLAIN;
}

static void add_row(struct table *table, const struct call *call, const json_t *order)
{
    char time[SHOW_TIME_BYTES];
    const char *state = fact_text(order, "state");
    const char *machine = fact_text(order, "machine");
    bool is_live = fact_is(order, "is_live");
    table_add_format(table, SCREEN_BOLD, "%lld", (long long)fact_number(order, "id"));
    table_add(table, SCREEN_PLAIN, machine[0] == '\0' ? "(removed)" : machine);
    table_add(table, SCREEN_PLAIN, fact_text(order, "profile"));
    table_add(table, paint_state(state), state);
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
        {"ORDER", true, false}, {"MACHINE", false, true}, {"PROFILE", false, true},  {"STATE", false, false},
        {"BY", false, true},    {"MADE", false, false},   {"EXPIRES", false, false}, {"ENDED", false, false}};
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
    json_array_foreach(list, position, order)
    {
        add_row(&table, call, order);
    }
    return show_list(call, list, &table,
                     call_has(call, "all")
                         ? "there was no order yet: 'imprint deploy MACHINE --profile PROFILE'"
                         : "there is no order now: 'imprint deploy MACHINE --profile PROFILE', "
                           "or 'imprint order list --all' for old ones");
}

static void show_order(struct call *call, const json_t *order)
{
    static const struct {
        const char *label;
        const char *member;
    } times[] = {{"made", "created_s"},
                 {"expires", "expires_s"},
                 {"started", "started_s"},
                 {"used", "used_s"},
                 {"ended", "ended_s"}};
    const char *state = fact_text(order, "state");
    const char *machine = fact_text(order, "machine");
    show_field_format(call, "order", "%lld", (long long)fact_number(order, "id"));
    show_field(call, "machine", SCREEN_PLAIN, machine[0] == '\0' ? "(removed)" : machine);
    show_field(call, "profile", SCREEN_PLAIN, fact_text(order, "profile"));
    show_field(call, "state", paint_state(state), state);
    show_field(call, "by", SCREEN_PLAIN, fact_text(order, "owner"));
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char time[SHOW_TIME_BYTES];
        show_field(call, times[i].label, SCREEN_PLAIN,
                   show_time(call, fact_number(order, times[i].member), time));
    }
    show_field_format(call, "given out", "%lld times", (long long)fact_number(order, "boots"));
}

int command_order_show(struct call *call)
{
    return show_one(call, ask_name(call, "GET", "orders", call->arguments[0], NULL, NULL), show_order);
}

static void print_cancelled(struct call *call, const json_t *order)
{
    (void)fprintf(call->out.out, "order %lld (%s for %s) is cancelled\n", (long long)fact_number(order, "id"),
                  fact_text(order, "profile"), fact_text(order, "machine"));
}

int command_order_cancel(struct call *call)
{
    return show_each(call, &(struct show_each){"POST", "orders", "cancel", NULL, print_cancelled});
}
