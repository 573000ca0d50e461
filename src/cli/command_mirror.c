// SPDX-License-Identifier: GPL-3.0-or-later
// imprint mirror list, status, clear
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/show.h"

#include <string.h>

#define NO_MIRRORS "there are no mirrors; mirrors in imprint.yaml(5) sets them"

static enum screen_paint paint_of(const char *state)
{
    return strcmp(state, "on") == 0 ? SCREEN_GOOD : strcmp(state, "away") == 0 ? SCREEN_BAD : SCREEN_PLAIN;
}

int command_mirror_list(struct call *call)
{
    static const struct table_column columns[] = {
        {"MIRROR", false, true}, {"STATE", false, false}, {"FILES", true, false},   {"SIZE", true, false},
        {"MOST", true, false},   {"HITS", true, false},   {"FETCHED", true, false}, {"FROM", false, true}};
    json_t *list = ask_list(call, "mirrors", "mirrors");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *mirror;
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(list, position, mirror)
    {
        char size[SHOW_TIME_BYTES];
        const char *state = fact_text(mirror, "state");
        table_add(&table, SCREEN_BOLD, fact_text(mirror, "name"));
        table_add(&table, paint_of(state), state);
        table_add_format(&table, SCREEN_PLAIN, "%lld", (long long)fact_number(mirror, "files"));
        table_add(&table, SCREEN_PLAIN, show_size(call, fact_number(mirror, "bytes"), size));
        table_add(&table, SCREEN_PLAIN, show_size(call, fact_number(mirror, "size_max"), size));
        table_add_format(&table, SCREEN_PLAIN, "%lld", (long long)fact_number(mirror, "hits"));
        table_add_format(&table, SCREEN_PLAIN, "%lld", (long long)fact_number(mirror, "fetched"));
        table_add(&table, SCREEN_PLAIN, fact_text(mirror, "url"));
    }
    return show_list(call, list, &table, NO_MIRRORS);
}

static void print_fetches(const struct call *call, const json_t *mirror)
{
    size_t position;
    json_t *fetch;
    json_array_foreach(json_object_get(mirror, "fetches"), position, fetch)
    {
        char done[SHOW_TIME_BYTES];
        char total[SHOW_TIME_BYTES];
        int64_t total_bytes = fact_number(fetch, "total_bytes");
        show_field_format(call, "fetching", "%s (%s%s%s)", fact_text(fetch, "path"),
                          show_size(call, fact_number(fetch, "done_bytes"), done),
                          total_bytes == 0 ? "" : " of ",
                          total_bytes == 0 ? "" : show_size(call, total_bytes, total));
    }
    int64_t queued = fact_number(mirror, "queued");
    if (queued != 0) {
        show_field_format(call, "waiting", "%lld more", (long long)queued);
    }
}

static void print_mirror(const struct call *call, const json_t *mirror)
{
    char size[SHOW_TIME_BYTES];
    char most[SHOW_TIME_BYTES];
    const char *state = fact_text(mirror, "state");
    show_field(call, "mirror", SCREEN_BOLD, fact_text(mirror, "name"));
    show_field(call, "from", SCREEN_PLAIN, fact_text(mirror, "url"));
    show_field(call, "state", paint_of(state), state);
    show_field_format(call, "cache", "%lld files, %s of %s", (long long)fact_number(mirror, "files"),
                      show_size(call, fact_number(mirror, "bytes"), size),
                      show_size(call, fact_number(mirror, "size_max"), most));
    show_field_format(call, "asked", "%lld times, %lld of them answered from the cache alone",
                      (long long)fact_number(mirror, "asked"), (long long)fact_number(mirror, "hits"));
    show_field_format(call, "server", "%lld files fetched, %lld found unchanged, %lld failed; %s received",
                      (long long)fact_number(mirror, "fetched"), (long long)fact_number(mirror, "checked"),
                      (long long)fact_number(mirror, "failed"),
                      show_size(call, fact_number(mirror, "received_bytes"), size));
    if (fact_number(mirror, "stale") != 0) {
        show_field_format(call, "stale", "%lld times an older list of packages was served",
                          (long long)fact_number(mirror, "stale"));
    }
    if (fact_number(mirror, "removed") != 0) {
        show_field_format(call, "removed", "%lld files, to make room",
                          (long long)fact_number(mirror, "removed"));
    }
    print_fetches(call, mirror);
    show_field(call, "last problem", SCREEN_BAD, fact_text(mirror, "problem"));
    show_field(call, "at", SCREEN_PLAIN, fact_text(mirror, "problem_at"));
}

// Leaves only the mirror called `name` in `list`. Whether it is there.
static bool keep_one(json_t *list, const char *name)
{
    for (size_t i = json_array_size(list); i > 0; i--) {
        if (strcmp(fact_text(json_array_get(list, i - 1), "name"), name) != 0) {
            (void)json_array_remove(list, i - 1);
        }
    }
    return json_array_size(list) != 0;
}

int command_mirror_status(struct call *call)
{
    json_t *list = ask_list(call, "mirrors", "mirrors");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    if (call->argument_count != 0 && !keep_one(list, call->arguments[0])) {
        ask_complain_text(call, "imprint mirror list shows them", "there is no mirror %.80s",
                          call->arguments[0]);
        json_decref(list);
        return CLI_EXIT_REFUSED;
    }
    size_t position;
    json_t *mirror;
    if (call->is_json) {
        ask_print_json(call, list);
    } else if (json_array_size(list) == 0) {
        show_hint(call, "%s", NO_MIRRORS);
    } else {
        json_array_foreach(list, position, mirror)
        {
            (void)fprintf(call->out.out, "%s", position == 0 ? "" : "\n");
            print_mirror(call, mirror);
        }
    }
    json_decref(list);
    return CLI_EXIT_OK;
}

static void print_cleared(struct call *call, const json_t *answer)
{
    char size[SHOW_TIME_BYTES];
    (void)fprintf(call->out.out, "removed %lld files (%s) from the cache of mirror %s\n",
                  (long long)fact_number(answer, "files"),
                  show_size(call, fact_number(answer, "bytes"), size), fact_text(answer, "cleared"));
}

int command_mirror_clear(struct call *call)
{
    json_t *body = json_object();
    if (call->argument_count > 1) {
        json_object_set_new(body, "below", fact_from_text(call->arguments[1]));
    }
    int result =
        show_one(call, ask_name(call, "POST", "mirrors", call->arguments[0], "clear", body), print_cleared);
    json_decref(body);
    return result;
}
