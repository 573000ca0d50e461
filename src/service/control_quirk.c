// SPDX-License-Identifier: GPL-3.0-or-later
// What firmware was found to need: shipped, and learned by machines here.
#include "io/heap.h"
#include "model/quirk_book.h"
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/dhcp_shape.h"

#include <string.h>

void control_quirk_list(struct control_request *request)
{
    struct quirk_book *book = heap_new(sizeof *book);
    dhcp_shape_read(request->world->store, book);
    json_t *list = json_array();
    size_t count;
    const struct quirk_known *shipped = quirk_shipped(&count);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:s}", "firmware", shipped[i].model,
                                              "shape", shipped[i].shape, "from", "shipped", "machines", 0,
                                              "witness", shipped[i].witness));
    }
    for (uint32_t i = 0; i < book->count; i++) {
        char shape[QUIRK_SHAPE_TEXT_BYTES];
        const struct quirk_row *row = &book->rows[i];
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:s, s:i, s:s}", "firmware", control_json_text(row->model), "shape",
                            quirk_shape_print(&row->shape, shape), "from", "learned", "machines",
                            (int)row->count, "witness", "machines here fetched a file"));
    }
    heap_free(book);
    control_answer(request, MHD_HTTP_OK, json_pack("{s:o}", "quirks", list));
}

struct forget {
    struct store *store;
    const char *firmware;
    uint64_t found[64]; // a machine must not change while they are visited
    unsigned count;
};

static bool find_taught(const struct machine *machine, void *context)
{
    struct forget *forget = context;
    if (strcmp(machine->firmware, forget->firmware) == 0) {
        forget->found[forget->count++] = machine->id;
    }
    return forget->count < COUNT_OF(forget->found);
}

static bool forget_some(struct forget *forget, struct problem *problem)
{
    forget->count = 0;
    store_machine_each(forget->store, find_taught, forget);
    for (unsigned i = 0; i < forget->count; i++) {
        struct machine machine = *store_machine_get(forget->store, forget->found[i]);
        machine.reply_shape[0] = '\0';
        machine.firmware[0] = '\0';
        if (store_machine_put(forget->store, &machine, problem) != STATUS_OK) {
            return false;
        }
    }
    return true;
}

void control_quirk_forget(struct control_request *request)
{
    static const char *const MEMBERS[] = {"firmware", NULL};
    const char *firmware = NULL;
    if (!control_allow(request, MEMBERS) || !control_get_text(request, "firmware", &firmware)) {
        return;
    }
    if (firmware == NULL || firmware[0] == '\0') {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "imprint quirk list shows their names",
                            "it is not said which firmware is meant");
        return;
    }
    struct forget forget = {.store = request->world->store, .firmware = firmware};
    struct problem problem;
    problem_clear(&problem);
    unsigned total = 0;
    do {
        if (!forget_some(&forget, &problem)) {
            control_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, &problem);
            return;
        }
        total += forget.count;
    } while (forget.count != 0);
    if (total == 0) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint quirk list shows what was learned",
                            "no machine has taught anything about firmware %s", firmware);
        return;
    }
    request->world->desk->forgotten++;
    if (control_commit(request)) {
        control_answer(request, MHD_HTTP_OK, json_pack("{s:i}", "machines", (int)total));
    }
}
