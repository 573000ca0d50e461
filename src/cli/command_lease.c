// SPDX-License-Identifier: GPL-3.0-or-later
// imprint lease ...
#include "base/ip.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/lease_import.h"
#include "cli/moment.h"
#include "cli/show.h"

#include <string.h>

#define ROWS_MOST 1000 // printed together; columns are fitted to these

struct listing {
    struct call *call;
    struct table table;
    size_t rows;
    size_t all;
};

static const struct table_column columns[] = {{"ADDRESS", false, false}, {"MAC", false, false},
                                              {"MACHINE", false, true},  {"HOST NAME", false, true},
                                              {"STATE", false, false},   {"ENDS", false, false}};

static void print_rows(struct listing *listing)
{
    if (listing->rows != 0) {
        table_print(&listing->table, &listing->call->out);
        table_clear(&listing->table);
        table_init(&listing->table, columns, COUNT_OF(columns));
        listing->rows = 0;
    }
}

static void add_row(struct listing *listing, const json_t *lease)
{
    char ends[SHOW_TIME_BYTES];
    struct table *table = &listing->table;
    int64_t ends_s = fact_number(lease, "ends_s");
    const char *state = fact_text(lease, "state");
    table_add(table, SCREEN_BOLD, fact_text(lease, "address"));
    table_add(table, SCREEN_PLAIN, fact_text(lease, "mac"));
    table_add(table, SCREEN_PLAIN, fact_text(lease, "machine"));
    table_add(table, SCREEN_PLAIN, fact_text(lease, "hostname"));
    table_add(table, strcmp(state, "declined") == 0 ? SCREEN_WARN : SCREEN_PLAIN, state);
    table_add(table, SCREEN_PLAIN, ends_s == 0 ? "never" : show_time(listing->call, ends_s, ends));
    if (++listing->rows == ROWS_MOST) {
        print_rows(listing);
    }
}

// One object a line, so that a million need not be in memory, and lines can be told apart.
static void print_object(const struct listing *listing, const json_t *lease)
{
    FILE *out = listing->call->out.out;
    (void)fputs(listing->all == 0 ? "[\n" : ",\n", out);
    (void)json_dumpf(lease, out, JSON_COMPACT);
}

static void list_one(void *context, const json_t *lease)
{
    struct listing *listing = context;
    if (listing->call->is_json) {
        print_object(listing, lease);
    } else {
        add_row(listing, lease);
    }
    listing->all++;
}

static void add_query(struct text *path, const char *name, const char *value)
{
    if (value != NULL) {
        text_add_format(path, "&%s=", name);
        client_add_name(path, value);
    }
}

// What is listed: the path of GET leases. False when it is too long, which was told.
static bool print_path(struct call *call, struct text *path)
{
    struct ip address;
    const char *who = call->argument_count == 0 ? NULL : call->arguments[0];
    bool is_address = who != NULL && ip_parse(who, &address) == STATUS_OK;
    text_add(path, call_has(call, "all") ? "leases?lines=1&all=1" : "leases?lines=1");
    add_query(path, "state", call_option(call, "state"));
    add_query(path, "subnet", call_option(call, "subnet"));
    add_query(path, is_address ? "address" : "machine", who);
    if (path->cut) {
        ask_complain_text(call, "", "that is too long for a name");
    }
    return !path->cut;
}

int command_lease_list(struct call *call)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    struct problem problem;
    struct listing listing = {.call = call};
    struct client_lines lines = {list_one, &listing, 0};
    problem_clear(&problem);
    text_init(&text, path, sizeof path);
    if (!print_path(call, &text)) {
        return CLI_EXIT_USAGE;
    }
    table_init(&listing.table, columns, COUNT_OF(columns));
    enum status status = client_follow(ask_client(call), path, &lines, &problem);
    print_rows(&listing);
    table_clear(&listing.table);
    if (status != STATUS_OK) {
        ask_complain(call, &problem);
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        (void)fputs(listing.all == 0 ? "[]\n" : "\n]\n", call->out.out);
    } else if (listing.all == 0) {
        bool is_chosen = text_starts(path, "leases?lines=1&");
        show_hint(call, "%s", is_chosen ? "there is no such lease" : "no address is given out now");
    }
    return CLI_EXIT_OK;
}

static void print_released(struct call *call, const json_t *lease)
{
    char until[SHOW_TIME_BYTES];
    const char *mac = fact_text(lease, "mac");
    const char *address = fact_text(lease, "address");
    int64_t until_s = fact_number(lease, "was_until_s");
    (void)fprintf(call->out.out, "%s is free\n", address);
    if (strcmp(fact_text(lease, "was_state"), "bound") != 0) {
        return;
    }
    (void)fflush(call->out.out);
    if (until_s == 0) {
        show_hint(call, "%s was not told, and goes on using it: its lease had no end, so turn it off first",
                  mac[0] == '\0' ? "its client" : mac);
        return;
    }
    show_hint(
        call,
        "%s was not told: it uses the address until it renews, at the latest %s, and then gets it again "
        "unless somebody else got it meanwhile",
        mac[0] == '\0' ? "its client" : mac, moment_print(until_s, moment_now_s(), until));
}

int command_lease_release(struct call *call)
{
    const char *reason = call_option(call, "reason");
    json_t *body = reason == NULL ? NULL : json_pack("{s:o}", "why", fact_from_text(reason));
    int result = show_each(call, &(struct show_each){"POST", "leases", "release", body, print_released});
    json_decref(body);
    return result;
}

int command_lease_import(struct call *call)
{
    struct lease_source source;
    bool is_good = true;
    lease_source_init(&source, call->arguments);
    for (unsigned i = 0; i < call->argument_count && is_good; i++) {
        is_good = lease_source_read(&source, call, i, call_option(call, "from"));
    }
    int result = CLI_EXIT_REFUSED;
    if (is_good) {
        lease_source_finish(&source);
        result = lease_import(call, &source);
    }
    lease_source_clear(&source);
    return result;
}
