// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_request.h"

#include "base/text.h"
#include "service/control_json.h"
#include "service/control_state.h"

#include <stdarg.h>
#include <string.h>

void control_answer(struct control_request *request, unsigned http_status, json_t *taken_json)
{
    if (request->http_status != 0) {
        json_decref(taken_json);
        return;
    }
    request->http_status = http_status;
    request->answer = taken_json;
}

void control_refuse(struct control_request *request, unsigned http_status, const struct problem *problem)
{
    json_t *error = json_object();
    json_object_set_new(error, "text", control_json_text(problem->text));
    if (problem->remedy[0] != '\0') {
        json_object_set_new(error, "remedy", control_json_text(problem->remedy));
    }
    if (problem->file[0] != '\0') {
        json_object_set_new(error, "file", control_json_text(problem->file));
        json_object_set_new(error, "line", json_integer(problem->line));
        json_object_set_new(error, "column", json_integer(problem->column));
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "error", error);
    control_answer(request, http_status, answer);
}

void control_refuse_text(struct control_request *request, unsigned http_status, const char *remedy,
                         const char *format, ...)
{
    char text[PROBLEM_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct problem problem = {0};
    problem_set(&problem, "%s", text);
    problem_set_remedy(&problem, "%s", remedy);
    control_refuse(request, http_status, &problem);
}

unsigned control_http_status(enum status status)
{
    switch (status) {
    case STATUS_NOT_FOUND:
        return MHD_HTTP_NOT_FOUND;
    case STATUS_EXISTS:
    case STATUS_CONFLICT:
    case STATUS_BUSY:
        return MHD_HTTP_CONFLICT;
    case STATUS_DENIED:
        return MHD_HTTP_FORBIDDEN;
    case STATUS_FULL:
        return MHD_HTTP_INSUFFICIENT_STORAGE;
    case STATUS_IO:
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    case STATUS_AWAY:
        return MHD_HTTP_BAD_GATEWAY;
    case STATUS_OK:
    case STATUS_MALFORMED:
    case STATUS_TOO_LONG:
    case STATUS_UNSUPPORTED:
    case STATUS_WAITING:
    case STATUS_COUNT:
        break;
    }
    return MHD_HTTP_BAD_REQUEST;
}

bool control_keep(struct control_request *request)
{
    struct problem problem = {0};
    if (store_commit(request->world->store, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, &problem);
        return false;
    }
    return true;
}

bool control_commit(struct control_request *request)
{
    if (!control_keep(request)) {
        return false;
    }
    if (request->world->changed != NULL) {
        request->world->changed(request->world->context);
    }
    return true;
}

void control_tell(struct control_request *request, enum event_kind kind, const struct machine *machine,
                  uint64_t order_id, const char *format, ...)
{
    struct event event = {.kind = kind, .order_id = order_id};
    if (machine != NULL) {
        event.machine_id = machine->id;
        event.mac = machine->macs[0];
        event.address = ip_from_ip4(machine->last_address);
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    desk_tell(request->world->desk, &event);
}

const char *control_query(const struct control_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

// Adds the names to `text`, and the one that is nearest to `written`, if any is near, to `nearest`.
static void names_print(const char *const *names, const char *written, struct text *text,
                        const char **nearest)
{
    unsigned best = 3; // further than two edits away was not meant
    for (size_t i = 0; names[i] != NULL; i++) {
        text_add_format(text, "%s%s", i == 0 ? "" : ", ", names[i]);
        if (text_distance(names[i], written) < best) {
            best = text_distance(names[i], written);
            *nearest = names[i];
        }
    }
}

bool control_allow(struct control_request *request, const char *const *names)
{
    const char *name;
    json_t *value;
    json_object_foreach(request->json, name, value)
    {
        const char *nearest = NULL;
        char allowed[PROBLEM_REMEDY_BYTES / 2];
        char remedy[PROBLEM_REMEDY_BYTES];
        bool known = false;
        for (size_t i = 0; names[i] != NULL; i++) {
            known = known || strcmp(names[i], name) == 0;
        }
        if (known) {
            continue;
        }
        struct text text;
        text_init(&text, allowed, sizeof allowed);
        names_print(names, name, &text, &nearest);
        (void)snprintf(remedy, sizeof remedy, "%s%s%sallowed: %s", nearest == NULL ? "" : "did you mean '",
                       nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'? ", allowed);
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, remedy, "there is no member '%.60s' here", name);
        return false;
    }
    return true;
}

bool control_get_text(struct control_request *request, const char *name, const char **text)
{
    json_t *value = json_object_get(request->json, name);
    *text = NULL;
    if (value == NULL || json_is_null(value)) {
        return true;
    }
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'%s' must be a text", name);
        return false;
    }
    *text = json_string_value(value);
    return true;
}

static bool has_control(const char *text)
{
    while (*text != '\0' && !text_is_control(*text)) {
        text++;
    }
    return *text != '\0';
}

bool control_copy_text(struct control_request *request, const char *name, char *out, size_t out_bytes,
                       bool *given)
{
    const char *text;
    bool here = json_object_get(request->json, name) != NULL;
    if (given != NULL) {
        *given = here;
    }
    if (!here) {
        return true;
    }
    if (!control_get_text(request, name, &text)) {
        return false;
    }
    if (text != NULL && has_control(text)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "write it as one line",
                            "'%s' has a control character", name);
        return false;
    }
    if (text != NULL && strlen(text) >= out_bytes) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'%s' has at most %zu bytes", name,
                            out_bytes - 1);
        return false;
    }
    (void)text_copy(out, out_bytes, text == NULL ? "" : text);
    return true;
}

bool control_get_list(struct control_request *request, const char *name, json_t **list)
{
    *list = json_object_get(request->json, name);
    if (*list == NULL || json_is_null(*list)) {
        *list = NULL;
        return true;
    }
    bool good = json_is_array(*list);
    for (size_t i = 0; good && i < json_array_size(*list); i++) {
        good = json_is_string(json_array_get(*list, i));
    }
    if (!good) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'%s' must be a list of texts", name);
    }
    return good;
}

bool control_get_number(struct control_request *request, const char *name, int64_t least, int64_t most,
                        int64_t *number)
{
    json_t *value = json_object_get(request->json, name);
    if (value == NULL || json_is_null(value)) {
        return true;
    }
    if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "",
                            "'%s' must be a whole number from %lld to %lld", name, (long long)least,
                            (long long)most);
        return false;
    }
    *number = json_integer_value(value);
    return true;
}

void control_request_wait(struct control_request *request)
{
    request->is_waiting = true;
    MHD_suspend_connection(request->connection);
}

void control_request_resume(struct control_request *request)
{
    if (request->is_waiting) {
        request->is_waiting = false;
        MHD_resume_connection(request->connection);
        control_run_soon(request->control);
    }
}
