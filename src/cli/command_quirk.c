// SPDX-License-Identifier: GPL-3.0-or-later
// imprint quirk list, forget
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/show.h"

int command_quirk_list(struct call *call)
{
    static const struct table_column columns[] = {{"FIRMWARE", false, true},
                                                  {"TAKES", false, true},
                                                  {"FROM", false, false},
                                                  {"MACHINES", true, false},
                                                  {"WITNESS", false, true}};
    json_t *list = ask_list(call, "quirks", "quirks");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *quirk;
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(list, position, quirk)
    {
        table_add(&table, SCREEN_BOLD, fact_text(quirk, "firmware"));
        table_add(&table, SCREEN_PLAIN, fact_text(quirk, "shape"));
        table_add(&table, SCREEN_PLAIN, fact_text(quirk, "from"));
        table_add_format(&table, SCREEN_PLAIN, "%lld", (long long)fact_number(quirk, "machines"));
        table_add(&table, SCREEN_PLAIN, fact_text(quirk, "witness"));
    }
    return show_list(call, list, &table, "no firmware is known that needs anything special");
}

static void print_forgotten(struct call *call, const json_t *answer)
{
    long long machines = (long long)fact_number(answer, "machines");
    (void)fprintf(call->out.out, "what %lld machine%s taught is forgotten\n", machines,
                  machines == 1 ? "" : "s");
}

int command_quirk_forget(struct call *call)
{
    json_t *body = json_pack("{s:o}", "firmware", fact_from_text(call->arguments[0]));
    int result = show_one(call, ask(call, "POST", "quirks/forget", body), print_forgotten);
    json_decref(body);
    return result;
}
