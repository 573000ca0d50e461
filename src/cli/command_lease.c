// SPDX-License-Identifier: GPL-3.0-or-later
// imprint lease list
#include "base/addr.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

static uint32_t address_value(const json_t *lease)
{
    struct ip4 address = {0};
    return ip4_parse(fact_text(lease, "address"), &address) == STATUS_OK ? address.value : 0;
}

// As numbers, so that .9 comes before .10.
static int compare_addresses(const void *a, const void *b)
{
    uint32_t first = address_value(*(json_t *const *)a);
    uint32_t second = address_value(*(json_t *const *)b);
    return (first > second) - (first < second);
}

// The leases that stand now, or all that are remembered, in the order of their addresses. Yours.
static json_t *sort_leases(const json_t *list, bool wants_all)
{
    size_t count = json_array_size(list);
    int64_t now_s = moment_now_s();
    json_t **leases = heap_new_array(count, sizeof(json_t *));
    json_t *sorted = json_array();
    for (size_t i = 0; i < count; i++) {
        leases[i] = json_array_get(list, i);
    }
    qsort(leases, count, sizeof(json_t *), compare_addresses);
    for (size_t i = 0; i < count; i++) {
        int64_t ends_s = fact_number(leases[i], "ends_s");
        bool stands = strcmp(fact_text(leases[i], "state"), "free") != 0 && (ends_s == 0 || ends_s > now_s);
        if (wants_all || stands) {
            json_array_append(sorted, leases[i]);
        }
    }
    heap_free(leases);
    return sorted;
}

static void add_row(struct table *table, const struct call *call, const json_t *lease)
{
    char ends[SHOW_TIME_BYTES];
    int64_t ends_s = fact_number(lease, "ends_s");
    const char *state = fact_text(lease, "state");
    bool is_over = ends_s != 0 && ends_s <= moment_now_s();
    table_add(table, SCREEN_BOLD, fact_text(lease, "address"));
    table_add(table, SCREEN_PLAIN, fact_text(lease, "mac"));
    table_add(table, SCREEN_PLAIN, fact_text(lease, "machine"));
    table_add(table, SCREEN_PLAIN, fact_text(lease, "hostname"));
    table_add(table,
              is_over                              ? SCREEN_DIM
              : strcmp(state, "declined") == 0 ? SCREEN_WARN
                                                   : SCREEN_PLAIN,
              is_over && strcmp(state, "bound") == 0 ? "ended" : state);
    table_add(table, SCREEN_PLAIN, ends_s == 0 ? "never" : show_time(call, ends_s, ends));
}

int command_lease_list(struct call *call)
{
    static const struct table_column columns[] = {{"ADDRESS", false, false}, {"MAC", false, false},
                                                  {"MACHINE", false, true},  {"HOST NAME", false, true},
                                                  {"STATE", false, false},   {"ENDS", false, false}};
    json_t *list = ask_list(call, "leases", "leases");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *lease;
    json_t *sorted = sort_leases(list, call_has(call, "all"));
    json_decref(list);
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(sorted, position, lease)
    {
        add_row(&table, call, lease);
    }
    return show_list(call, sorted, &table, "no address is given out now");
}
