// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/show.h"

#include "base/time.h"
#include "cli/fact.h"
#include "cli/moment.h"

#include <stdarg.h>

#define LABEL_COLUMNS 14

const char *show_time(const struct call *call, int64_t unix_s, char out[SHOW_TIME_BYTES])
{
    _Static_assert(SHOW_TIME_BYTES >= MOMENT_TEXT_BYTES && SHOW_TIME_BYTES >= TIME_TEXT_BYTES, "both fit");
    if (unix_s == 0) {
        out[0] = '\0';
        return out;
    }
    return call->out.is_terminal ? moment_print(unix_s, moment_now_s(), out) : time_print(unix_s, out);
}

const char *show_size(const struct call *call, int64_t bytes, char out[SHOW_TIME_BYTES])
{
    if (call->out.is_terminal) {
        return moment_print_size(bytes < 0 ? 0 : (uint64_t)bytes, out);
    }
    (void)snprintf(out, SHOW_TIME_BYTES, "%lld", (long long)bytes);
    return out;
}

void show_field(const struct call *call, const char *label, enum screen_paint paint, const char *value)
{
    char padded[LABEL_COLUMNS + 1];
    if (value[0] == '\0') {
        return;
    }
    (void)snprintf(padded, sizeof padded, "%-*s", LABEL_COLUMNS, label);
    screen_paint(&call->out, SCREEN_DIM, padded);
    screen_paint(&call->out, paint, value);
    (void)fputc('\n', call->out.out);
}

void show_field_format(const struct call *call, const char *label, const char *format, ...)
{
    char value[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    show_field(call, label, SCREEN_PLAIN, value);
}

void show_hint(const struct call *call, const char *format, ...)
{
    char text[1024];
    if (call->is_json) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)fflush(call->out.out);
    struct screen screen = screen_open(stderr);
    screen_paint(&screen, SCREEN_DIM, text);
    (void)fputc('\n', stderr);
}

int show_list(const struct call *call, json_t *taken_list, struct table *taken_table, const char *hint)
{
    if (call->is_json) {
        ask_print_json(call, taken_list);
    } else if (taken_table->cells.count == 0) {
        show_hint(call, "%s", hint);
    } else {
        table_print(taken_table, &call->out);
    }
    table_clear(taken_table);
    json_decref(taken_list);
    return CLI_EXIT_OK;
}

int show_one(struct call *call, json_t *taken_answer, void (*print)(struct call *call, const json_t *answer))
{
    if (taken_answer == NULL) {
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        ask_print_json(call, taken_answer);
    } else {
        print(call, taken_answer);
    }
    json_decref(taken_answer);
    return CLI_EXIT_OK;
}

int show_each(struct call *call, const struct show_each *each)
{
    int result = CLI_EXIT_OK;
    json_t *answers = json_array();
    for (size_t i = 0; i < call->argument_count; i++) {
        json_t *answer =
            ask_name(call, each->method, each->first, call->arguments[i], each->rest, each->body);
        if (answer == NULL) {
            result = CLI_EXIT_REFUSED;
            continue;
        }
        if (!call->is_json) {
            each->print(call, answer);
        }
        json_array_append_new(answers, answer);
    }
    if (call->is_json) {
        ask_print_json(call, answers);
    }
    json_decref(answers);
    return result;
}

void show_removed(struct call *call, const json_t *answer)
{
    screen_paint(&call->out, SCREEN_PLAIN, fact_text(answer, "removed"));
    (void)fputs(" is removed\n", call->out.out);
}
