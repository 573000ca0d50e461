// SPDX-License-Identifier: GPL-3.0-or-later
// imprint menu preview
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/show.h"

#include <string.h>

static void add_query(struct text *path, const char *name, const char *value)
{
    if (value != NULL) {
        text_add_format(path, "%c%s=", strchr(path->start, '?') == NULL ? '?' : '&', name);
        client_add_name(path, value);
    }
}

static void print_entries(struct call *call, const json_t *answer)
{
    static const struct table_column columns[] = {
        {"ENTRY", false, true},   {"TITLE", false, true},   {"GROUP", false, true}, {"PROFILE", false, true},
        {"LOCKED", false, false}, {"ERASES", false, false}, {"SHOWN", false, true}};
    struct table table;
    size_t position;
    json_t *entry;
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(json_object_get(answer, "entries"), position, entry)
    {
        bool is_shown = json_is_true(json_object_get(entry, "shown"));
        bool may_erase = json_is_true(json_object_get(entry, "may_erase"));
        table_add(&table, SCREEN_BOLD, fact_text(entry, "name"));
        table_add(&table, SCREEN_PLAIN, fact_text(entry, "title"));
        table_add(&table, SCREEN_PLAIN, fact_text(entry, "group"));
        table_add(&table, SCREEN_PLAIN, fact_text(entry, "profile"));
        table_add(&table, SCREEN_PLAIN, json_is_true(json_object_get(entry, "locked")) ? "yes" : "no");
        table_add(&table, may_erase ? SCREEN_BAD : SCREEN_PLAIN, may_erase ? "may" : "no");
        table_add_format(&table, is_shown ? SCREEN_GOOD : SCREEN_PLAIN, "%s%s",
                         is_shown ? "yes" : "no: ", is_shown ? "" : fact_text(entry, "why"));
    }
    table_print(&table, &call->out);
    table_clear(&table);
}

static void print_preview(struct call *call, const json_t *answer)
{
    const char *machine = fact_text(answer, "machine");
    const char *remark = fact_text(answer, "remark");
    int64_t timeout_s = fact_number(answer, "timeout_s");
    if (!json_is_true(json_object_get(answer, "has_menu"))) {
        show_hint(call, "%s has no menu and boots its own disk; menu in imprint.yaml(5) makes one",
                  *machine == '\0' ? "a machine without classes" : machine);
        return;
    }
    print_entries(call, answer);
    if (timeout_s == 0) {
        (void)fprintf(call->out.out, "\nIt waits until somebody chooses.\n");
    } else {
        (void)fprintf(call->out.out, "\nIf nobody presses a key for %lld s: %s.\n", (long long)timeout_s,
                      fact_text(answer, "default"));
    }
    if (*remark != '\0') {
        (void)fprintf(call->out.out, "%s\n", remark);
    }
    (void)fputc('\n', call->out.out);
    screen_print_safe(call->out.out, fact_text(answer, "text"), true);
}

int command_menu_preview(struct call *call)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add(&text, "menu/preview");
    add_query(&text, "machine", call_option(call, "machine"));
    add_query(&text, "arch", call_option(call, "arch"));
    add_query(&text, "loader", call_option(call, "loader"));
    return show_one(call, ask(call, "GET", path, NULL), print_preview);
}
