// SPDX-License-Identifier: GPL-3.0-or-later
// imprint machine boots, and imprint explain of a machine.
#include "cli/explain_show.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"

static void boots_path(const struct call *call, const char *more, char path[CLIENT_PATH_BYTES])
{
    struct text text;
    text_init(&text, path, CLIENT_PATH_BYTES);
    text_add(&text, "machines/");
    client_add_name(&text, call->arguments[0]);
    text_add(&text, "/boots");
    text_add(&text, more);
}

// The last stage that was done: how far it came.
static const char *reached(const json_t *boot)
{
    size_t position;
    json_t *stage;
    const char *last = "";
    json_array_foreach(fact_get(boot, "stages"), position, stage)
    {
        last = fact_is(stage, "done") ? fact_text(stage, "stage") : last;
    }
    return last;
}

static void add_row(struct table *table, const struct call *call, const json_t *boot)
{
    char time[SHOW_TIME_BYTES];
    int64_t took_s = (fact_number(boot, "until_ms") - fact_number(boot, "at_ms")) / 1000;
    table_add_format(table, SCREEN_BOLD, "%lld", (long long)fact_number(boot, "number"));
    table_add(table, SCREEN_PLAIN, show_time(call, fact_number(boot, "at_ms") / 1000, time));
    table_add_format(table, SCREEN_PLAIN, "%lld s%s", (long long)took_s, fact_is(boot, "live") ? "+" : "");
    table_add(table, SCREEN_PLAIN, reached(boot));
    table_add(table, fact_is(boot, "fine") ? SCREEN_PLAIN : SCREEN_BAD, fact_text(boot, "verdict"));
}

int command_machine_boots(struct call *call)
{
    static const struct table_column columns[] = {{"NUMBER", true, false},
                                                  {"BEGAN", false, false},
                                                  {"TOOK", true, false},
                                                  {"REACHED", false, false},
                                                  {"VERDICT", false, true}};
    char path[CLIENT_PATH_BYTES];
    boots_path(call, "", path);
    json_t *list = ask_list(call, path, "boots");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *boot;
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(list, position, boot)
    {
        add_row(&table, call, boot);
    }
    return show_list(call, list, &table, "it has not booted from the network since the daemon started");
}

int command_explain_machine(struct call *call)
{
    char path[CLIENT_PATH_BYTES];
    if (call_has(call, "as-scenario") || call_option(call, "client") != NULL) {
        ask_complain_text(call, "capture the boot with tcpdump -w FILE, and explain that",
                          "--as-scenario and --client are for files, and '%.60s' is none",
                          call->arguments[0]);
        return CLI_EXIT_USAGE;
    }
    boots_path(call, "?last=1", path);
    json_t *list = ask_list(call, path, "boots");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    const json_t *boot = json_array_get(list, 0);
    int result = CLI_EXIT_REFUSED;
    if (boot == NULL) {
        show_hint(call,
                  "%s has not booted from the network since the daemon started: no packet of it came to "
                  "this server. Is its network card first in the boot order, its cable plugged in, its "
                  "switch port in this network?",
                  call->arguments[0]);
    } else if (call->is_json) {
        ask_print_json(call, boot);
    } else {
        explain_show_client(call, boot, true);
    }
    if (boot != NULL) {
        result = fact_is(boot, "fine") ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
    }
    json_decref(list);
    return result;
}
