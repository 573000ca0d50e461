// SPDX-License-Identifier: GPL-3.0-or-later
// imprint deploy.
#include "base/time.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/order_wait.h"
#include "cli/show.h"
#include "model/order.h"

#define EXPIRES_LEAST_S 60
#define EXPIRES_MOST_S  (366 * 24 * 3600)
#define COUNT_MOST      1000

static void print_orders(struct call *call, const json_t *orders)
{
    size_t position;
    json_t *order;
    json_array_foreach(orders, position, order)
    {
        char until[SHOW_TIME_BYTES];
        const char *kept = fact_text(order, "kept_address");
        (void)fprintf(call->out.out, "order %lld: %s for %s, expires %s%s%s\n",
                      (long long)fact_number(order, "id"), fact_text(order, "profile"),
                      fact_text(order, "machine"), show_time(call, fact_number(order, "expires_s"), until),
                      kept[0] == '\0' ? "" : ", its address is from now on ", kept);
    }
    if (call_has(call, "wait")) {
        return;
    }
    if (json_array_size(orders) == 1) {
        const char *machine = fact_text(json_array_get(orders, 0), "machine");
        show_hint(call, "next: let %s boot from the network, and see it with 'imprint watch %s'", machine,
                  machine);
    } else {
        show_hint(call, "next: let them boot from the network, and see it with 'imprint watch'");
    }
}

static bool take_expires(const struct call *call, json_t *body)
{
    const char *expires = call_option(call, "expires");
    uint32_t expires_s = 0;
    if (expires == NULL) {
        return true;
    }
    if (duration_parse(expires, &expires_s) != STATUS_OK || expires_s < EXPIRES_LEAST_S ||
        expires_s > EXPIRES_MOST_S) {
        ask_complain_text(call, "write it as 90m, 2h or 3d; 1m is the least, 366d the most",
                          "'%.40s' is no time after which an order expires", expires);
        return false;
    }
    json_object_set_new(body, "expires_s", json_integer(expires_s));
    return true;
}

static bool take_number(const struct call *call, json_t *body, const char *option, uint64_t most)
{
    const char *given = call_option(call, option);
    uint64_t number = 0;
    if (given == NULL) {
        return true;
    }
    if (text_parse_u64(given, most, &number) != STATUS_OK || number == 0) {
        char remedy[64];
        (void)snprintf(remedy, sizeof remedy, "write a number from 1 to %llu", (unsigned long long)most);
        ask_complain_text(call, remedy, "--%s cannot be '%.40s'", option, given);
        return false;
    }
    json_object_set_new(body, option, json_integer((json_int_t)number));
    return true;
}

// What the call asks for; NULL when something is wrong and that was told.
static json_t *body_from_call(const struct call *call)
{
    static const char *const options[] = {"profile", "reason", "disk", "erase"};
    static const char *const members[] = {"profile", "why", "disk", "erase"};
    json_t *body = json_object();
    json_t *machines = json_array();
    for (size_t i = 0; i < call->argument_count; i++) {
        json_array_append_new(machines, fact_from_text(call->arguments[i]));
    }
    json_object_set_new(body, "machines", machines);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const char *value = call_option(call, options[i]);
        if (value != NULL) {
            json_object_set_new(body, members[i], fact_from_text(value));
        }
    }
    if (call_has(call, "approve")) {
        json_object_set_new(body, "approve", json_true());
    }
    if (!take_expires(call, body) || !take_number(call, body, "tries", ORDER_TRIES_MOST) ||
        !take_number(call, body, "count", COUNT_MOST)) {
        json_decref(body);
        return NULL;
    }
    return body;
}

int command_deploy(struct call *call)
{
    json_t *body = body_from_call(call);
    if (body == NULL) {
        return CLI_EXIT_USAGE;
    }
    json_t *answer = ask(call, "POST", "orders", body);
    json_t *orders =
        json_incref(json_object_get(answer, "orders")); // the array alone, as lists are everywhere
    json_decref(body);
    json_decref(answer);
    if (orders == NULL || !call_has(call, "wait")) {
        return show_one(call, orders, print_orders);
    }
    if (!call->is_json) {
        print_orders(call, orders);
        (void)fflush(call->out.out);
    }
    int result = order_wait(call, orders);
    json_decref(orders);
    return result;
}
