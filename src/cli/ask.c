// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/ask.h"

#include "cli/fact.h"
#include "config/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *ask_socket(const struct call *call, char *out, size_t out_bytes)
{
    const char *variable = getenv("IMPRINT_SOCKET");
    struct problem ignored;
    struct config config;
    problem_clear(&ignored);
    if (call->socket != NULL) {
        (void)text_copy(out, out_bytes, call->socket);
    } else if (variable != NULL && variable[0] != '\0') {
        (void)text_copy(out, out_bytes, variable);
    } else if (config_load(NULL, &config, &ignored) == STATUS_OK) { // a broken file is the daemon's news
        (void)text_copy(out, out_bytes, config.control_socket);
        config_clear(&config);
    } else {
        (void)text_copy(out, out_bytes, ASK_SOCKET_DEFAULT);
    }
    return out;
}

struct client *ask_client(struct call *call)
{
    char socket[CLIENT_PATH_BYTES];
    if (call->client == NULL) {
        call->client = client_new(ask_socket(call, socket, sizeof socket));
    }
    return call->client;
}

json_t *ask(struct call *call, const char *method, const char *path, const json_t *body)
{
    struct problem problem;
    json_t *answer = NULL;
    problem_clear(&problem);
    if (client_ask(ask_client(call), method, path, body, &answer, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return NULL;
    }
    return answer;
}

json_t *ask_name(struct call *call, const char *method, const char *first, const char *name, const char *rest,
                 const json_t *body)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add(&text, first);
    if (name != NULL && (name[0] == '\0' || strchr(name, '/') != NULL)) {
        ask_complain_text(call, "", "there is nothing called '%.80s' among %s", name, first);
        return NULL;
    }
    if (name != NULL) {
        text_add_char(&text, '/');
        client_add_name(&text, name);
    }
    if (rest != NULL) {
        text_add_format(&text, "/%s", rest);
    }
    if (text.cut) {
        ask_complain_text(call, "", "that name is too long to be one");
        return NULL;
    }
    return ask(call, method, path, body);
}

static void complain_json(const struct problem *problem)
{
    json_t *error = json_object();
    json_object_set_new(error, "text", fact_from_text(problem->text));
    if (problem->remedy[0] != '\0') {
        json_object_set_new(error, "remedy", fact_from_text(problem->remedy));
    }
    if (problem->file[0] != '\0') {
        json_object_set_new(error, "file", fact_from_text(problem->file));
        json_object_set_new(error, "line", json_integer(problem->line));
        json_object_set_new(error, "column", json_integer(problem->column));
    }
    json_t *object = json_pack("{s:o}", "error", error);
    (void)json_dumpf(object, stderr, JSON_INDENT(2));
    (void)fputc('\n', stderr);
    json_decref(object);
}

void ask_complain(const struct call *call, const struct problem *problem)
{
    (void)fflush(call->out.out); // what was said before stands before
    if (call->is_json) {
        complain_json(problem);
        return;
    }
    struct screen screen = screen_open(stderr);
    if (problem->file[0] == '\0') {
        (void)fputs("imprint: ", stderr);
    } else {
        screen_print_safe(stderr, problem->file, false);
        if (problem->line != 0) {
            (void)fprintf(stderr, ":%u", problem->line);
        }
        if (problem->column != 0) {
            (void)fprintf(stderr, ":%u", problem->column);
        }
        (void)fputs(": ", stderr);
    }
    screen_paint(&screen, SCREEN_BAD, problem->text);
    (void)fputc('\n', stderr);
    if (problem->remedy[0] != '\0') {
        (void)fputs("  ", stderr);
        screen_print_safe(stderr, problem->remedy, false);
        (void)fputc('\n', stderr);
    }
}

void ask_complain_text(const struct call *call, const char *remedy, const char *format, ...)
{
    struct problem problem;
    va_list arguments;
    problem_clear(&problem);
    va_start(arguments, format);
    (void)vsnprintf(problem.text, sizeof problem.text, format, arguments);
    va_end(arguments);
    problem_set_remedy(&problem, "%s", remedy);
    ask_complain(call, &problem);
}

bool ask_refuse_file(const struct call *call, const char *path, const char *remedy, const char *text)
{
    struct problem problem;
    problem_clear(&problem);
    problem_set(&problem, "%s", text);
    problem_set_remedy(&problem, "%s", remedy);
    problem_set_place(&problem, path, 0, 0);
    ask_complain(call, &problem);
    return false;
}

void ask_print_json(const struct call *call, const json_t *json)
{
    if (json != NULL) {
        (void)json_dumpf(json, call->out.out, JSON_INDENT(2) | JSON_ENCODE_ANY);
        (void)fputc('\n', call->out.out);
    }
}

json_t *ask_list(struct call *call, const char *path, const char *member)
{
    json_t *answer = ask(call, "GET", path, NULL);
    if (answer == NULL) {
        return NULL;
    }
    json_t *list = json_object_get(answer, member);
    list = list == NULL ? json_array() : json_incref(list);
    json_decref(answer);
    return list;
}
