// SPDX-License-Identifier: GPL-3.0-or-later
// imprint lease list
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"

#include <string.h>

// Takes those out that stand no more: given back, ended.
static void keep_standing(json_t *list)
{
    size_t position = 0;
    int64_t now_s = moment_now_s();
    while (position < json_array_size(list)) {
        const json_t *lease = json_array_get(list, position);
        int64_t ends_s = fact_number(lease, "ends_s");
        if (strcmp(fact_text(lease, "state"), "free") != 0 && (ends_s == 0 || ends_s > now_s)) {
            position++;
        } else {
            (void)json_array_remove(list, position);
        }
    }
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
    table_add(table, strcmp(state, "declined") == 0 ? SCREEN_WARN : SCREEN_PLAIN,
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
    table_init(&table, columns, COUNT_OF(columns));
    if (!call_has(call, "all")) {
        keep_standing(list);
    }
    json_array_foreach(list, position, lease)
    {
        add_row(&table, call, lease);
    }
    return show_list(call, list, &table, "no address is given out now");
}
