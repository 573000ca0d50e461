// SPDX-License-Identifier: GPL-3.0-or-later
// The answer files that a machine was given, for those who look after it.
#include "service/answers_kept.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_route.h"

#include <stdio.h>
#include <string.h>

static json_t *answer_json(const struct answer_kept *kept, bool with_text)
{
    char address[IP_TEXT_BYTES];
    json_t *object =
        json_pack("{s:I, s:I, s:o, s:o, s:s, s:I, s:I, s:I, s:I}", "number", (json_int_t)kept->number,
                  "order_id", (json_int_t)kept->order_id, "profile", control_json_text(kept->profile), "file",
                  control_json_text(kept->file), "address", ip_print(kept->address, address), "first_s",
                  (json_int_t)kept->first_s, "last_s", (json_int_t)kept->last_s, "times",
                  (json_int_t)kept->times, "bytes", (json_int_t)kept->text_bytes);
    if (with_text) {
        json_object_set_new(object, "text", json_stringn(kept->text, kept->text_bytes));
    }
    return object;
}

void control_answer_list(struct control_request *request)
{
    const struct answers_kept *kept = request->world->desk->answers;
    const struct machine *machine = control_machine_find(request, request->names[0]);
    if (machine == NULL) {
        return;
    }
    json_t *list = json_array();
    const struct answer_kept *row;
    for (size_t i = 0; kept != NULL && (row = answers_kept_get(kept, machine->id, i)) != NULL; i++) {
        json_array_append_new(list, answer_json(row, false));
    }
    control_answer(request, MHD_HTTP_OK, json_pack("{s:o}", "answers", list));
}

void control_answer_show(struct control_request *request)
{
    const struct answers_kept *kept = request->world->desk->answers;
    const struct machine *machine = control_machine_find(request, request->names[0]);
    const char *wanted = request->names[1];
    if (machine == NULL) {
        return;
    }
    const struct answer_kept *row;
    for (size_t i = 0; kept != NULL && (row = answers_kept_get(kept, machine->id, i)) != NULL; i++) {
        char number[24];
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)row->number);
        if (strcmp(wanted, "last") == 0 || strcmp(wanted, number) == 0) {
            control_answer(request, MHD_HTTP_OK, answer_json(row, true));
            return;
        }
    }
    char remedy[PROBLEM_REMEDY_BYTES];
    (void)snprintf(remedy, sizeof remedy,
                   "imprint machine answers %s lists those that are kept, since the daemon started",
                   machine->name);
    control_refuse_text(request, MHD_HTTP_NOT_FOUND, remedy, "there is no answer file '%.40s' of %s", wanted,
                        machine->name);
}
