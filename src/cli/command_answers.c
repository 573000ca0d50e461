// SPDX-License-Identifier: GPL-3.0-or-later
// imprint machine answers
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/show.h"

static void print_answer(struct call *call, const json_t *answer)
{
    const char *text = fact_text(answer, "text");
    if (call->out.is_terminal) {
        screen_print_safe(call->out.out, text, true);
    } else {
        (void)fputs(text, call->out.out);
    }
}

static void add_row(struct table *table, const struct call *call, const json_t *answer)
{
    char time[SHOW_TIME_BYTES];
    char size[SHOW_TIME_BYTES];
    table_add_format(table, SCREEN_BOLD, "%lld", (long long)fact_number(answer, "number"));
    table_add(table, SCREEN_PLAIN, show_time(call, fact_number(answer, "last_s"), time));
    table_add_format(table, SCREEN_PLAIN, "%lld", (long long)fact_number(answer, "times"));
    table_add(table, SCREEN_PLAIN, fact_text(answer, "address"));
    table_add_format(table, SCREEN_PLAIN, "%lld", (long long)fact_number(answer, "order_id"));
    table_add(table, SCREEN_PLAIN, fact_text(answer, "profile"));
    table_add(table, SCREEN_PLAIN, fact_text(answer, "file"));
    table_add(table, SCREEN_PLAIN, show_size(call, fact_number(answer, "bytes"), size));
}

static int list_answers(struct call *call)
{
    static const struct table_column columns[] = {
        {"NUMBER", true, false}, {"GIVEN", false, false},  {"TIMES", true, false}, {"TO", false, false},
        {"ORDER", true, false},  {"PROFILE", false, true}, {"FILE", false, true},  {"SIZE", true, false}};
    char path[CLIENT_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add(&text, "machines/");
    client_add_name(&text, call->arguments[0]);
    text_add(&text, "/answers");
    json_t *list = ask_list(call, path, "answers");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *answer;
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(list, position, answer)
    {
        add_row(&table, call, answer);
    }
    return show_list(call, list, &table,
                     "it was given no answer file since the daemon started; 'imprint profile render' shows "
                     "what it would get");
}

int command_machine_answers(struct call *call)
{
    char rest[CLIENT_PATH_BYTES];
    struct text text;
    const char *wanted = call_option(call, "show");
    if (wanted == NULL) {
        return list_answers(call);
    }
    text_init(&text, rest, sizeof rest);
    text_add(&text, "answers/");
    client_add_name(&text, wanted);
    return show_one(call, ask_name(call, "GET", "machines", call->arguments[0], rest, NULL), print_answer);
}
