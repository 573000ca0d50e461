// SPDX-License-Identifier: GPL-3.0-or-later
// Orders in the control API. An order is looked at before it is taken: what could not work at the machine is
// refused here, at the desk of the person who can put it right.
#include "base/text.h"
#include "base/time.h"
#include "io/heap.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_route.h"

#include <stdlib.h>
#include <string.h>

#define EXPIRES_LEAST_S 60
#define EXPIRES_MOST_S  (366 * 24 * 3600)
#define MACHINES_MOST   1000u

struct order_list {
    struct control_request *request;
    bool live_only;
};

static bool append_order(const struct order *order, void *context)
{
    const struct order_list *list = context;
    if (!list->live_only || order_is_live(order)) {
        json_array_append_new(json_object_get(list->request->answer, "orders"),
                              control_json_order(list->request->world->store, order));
    }
    return true;
}

void control_order_list(struct control_request *request)
{
    const char *live = control_query(request, "live");
    struct order_list list = {request, live != NULL && strcmp(live, "1") == 0};
    control_answer(request, MHD_HTTP_OK, json_pack("{s:[]}", "orders"));
    store_order_each(request->world->store, append_order, &list);
}

static const struct order *find_order(struct control_request *request)
{
    uint64_t id;
    const struct order *order = NULL;
    if (text_parse_u64(request->names[0], INT64_MAX, &id) == STATUS_OK) {
        order = store_order_get(request->world->store, id);
    }
    if (order == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint order list --all shows all of them",
                            "there is no order '%.40s'", request->names[0]);
    }
    return order;
}

void control_order_show(struct control_request *request)
{
    const struct order *order = find_order(request);
    if (order != NULL) {
        control_answer(request, MHD_HTTP_OK, control_json_order(request->world->store, order));
    }
}

void control_order_cancel(struct control_request *request)
{
    const struct order *order = find_order(request);
    if (order == NULL) {
        return;
    }
    uint64_t id = order->id;
    if (!order_is_live(order)) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "", "order %llu is over already: it is %s",
                            (unsigned long long)id, order_state_text(order->state));
        return;
    }
    desk_step_order(request->world->desk, id, ORDER_EVENT_CANCEL);
    if (control_commit(request)) {
        control_answer(request, MHD_HTTP_OK,
                       control_json_order(request->world->store, store_order_get(request->world->store, id)));
    }
}

// The profile's texts must render for this machine: an undefined value must not become an empty one on a
// disk.
static bool check_text(struct control_request *request, const struct machine *machine,
                       const struct profile *profile, enum control_text which)
{
    if (request->world->render == NULL) {
        return true;
    }
    char *text = NULL;
    struct problem problem = {0};
    enum status status =
        request->world->render(request->world->context, machine, profile, which, &text, &problem);
    free(text);
    if (status == STATUS_OK || (status == STATUS_NOT_FOUND && !problem_is_set(&problem))) {
        return true;
    }
    char where[PROBLEM_PLACE_BYTES];
    (void)snprintf(where, sizeof where, "the %s of profile %s",
                   which == CONTROL_TEXT_ANSWER ? "answer file" : "arguments", profile->name);
    problem_set_place(&problem, where, 0, 0);
    problem_set_remedy(&problem,
                       "imprint profile edit %s --set NAME=VALUE, then imprint profile render %s %s",
                       profile->name, profile->name, machine->name);
    control_refuse(request, MHD_HTTP_CONFLICT, &problem);
    return false;
}

static bool check_machine(struct control_request *request, const struct machine *machine,
                          const struct profile *profile)
{
    const struct order *live = store_order_find_live(request->world->store, machine->id);
    char remedy[PROBLEM_REMEDY_BYTES];
    if (machine->state != MACHINE_APPROVED) {
        (void)snprintf(remedy, sizeof remedy, "imprint machine approve %s", machine->name);
        control_refuse_text(request, MHD_HTTP_CONFLICT, remedy, "%s is not approved: its state is %s",
                            machine->name, machine_state_text(machine->state));
        return false;
    }
    if (live != NULL) {
        (void)snprintf(remedy, sizeof remedy, "imprint order cancel %llu", (unsigned long long)live->id);
        control_refuse_text(request, MHD_HTTP_CONFLICT, remedy,
                            "%s has a live order already: %llu, profile %s, %s", machine->name,
                            (unsigned long long)live->id, live->profile, order_state_text(live->state));
        return false;
    }
    return check_text(request, machine, profile, CONTROL_TEXT_ARGUMENTS) &&
           check_text(request, machine, profile, CONTROL_TEXT_ANSWER);
}

static const struct profile *find_profile(struct control_request *request)
{
    const char *name;
    if (!control_get_text(request, "profile", &name)) {
        return NULL;
    }
    if (name == NULL) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "imprint profile list shows what there is",
                            "an order needs a profile");
        return NULL;
    }
    const struct profile *profile = store_profile_find(request->world->store, name);
    if (profile == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint profile list shows what there is",
                            "there is no profile '%.80s'", name);
        return NULL;
    }
    if (store_image_find(request->world->store, profile->image) == NULL) {
        control_refuse_text(
            request, MHD_HTTP_CONFLICT, "imprint image add it, or imprint profile edit --image",
            "profile %s needs the image %s, which does not exist", profile->name, profile->image);
        return NULL;
    }
    return profile;
}

// The ids of the machines asked for, all fit to be given the profile; 0 = the answer is given.
static size_t find_machines(struct control_request *request, const struct profile *profile, uint64_t *ids)
{
    json_t *names;
    if (!control_get_list(request, "machines", &names)) {
        return 0;
    }
    size_t count = json_array_size(names);
    if (count == 0 || count > MACHINES_MOST) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "an order names 1 to %u machines, not %zu",
                            MACHINES_MOST, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const struct machine *machine =
            control_machine_find(request, json_string_value(json_array_get(names, i)));
        if (machine == NULL || !check_machine(request, machine, profile)) {
            return 0;
        }
        ids[i] = machine->id;
        for (size_t j = 0; j < i; j++) {
            if (ids[j] == ids[i]) {
                control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "%s is named twice", machine->name);
                return 0;
            }
        }
    }
    return count;
}

static bool put_order(struct control_request *request, uint64_t machine_id, const char *profile,
                      int64_t expires_s)
{
    struct problem problem = {0};
    int64_t now_s = desk_now_s(request->world->desk);
    struct order order = {
        .machine_id = machine_id, .state = ORDER_ARMED, .created_s = now_s, .expires_s = now_s + expires_s};
    (void)text_copy(order.profile, sizeof order.profile, profile);
    (void)text_copy(order.owner, sizeof order.owner, request->owner);
    enum status status = store_order_put(request->world->store, &order, &problem);
    if (status != STATUS_OK) {
        control_refuse(request, control_http_status(status), &problem);
        return false;
    }
    json_array_append_new(json_object_get(request->json, "made"), json_integer((json_int_t)order.id));
    return true;
}

// Tells of the orders made and answers with them.
static void answer_made(struct control_request *request)
{
    const struct store *store = request->world->store;
    json_t *made = json_object_get(request->json, "made");
    json_t *orders = json_array();
    for (size_t i = 0; i < json_array_size(made); i++) {
        const struct order *order =
            store_order_get(store, (uint64_t)json_integer_value(json_array_get(made, i)));
        const struct machine *machine = store_machine_get(store, order->machine_id);
        char lasts[DURATION_TEXT_BYTES];
        json_array_append_new(orders, control_json_order(store, order));
        control_tell(request, EVENT_ORDER, machine, order->id, "order %llu: deploy %s to %s, by %s, for %s",
                     (unsigned long long)order->id, order->profile, machine->name, order->owner,
                     duration_print((uint32_t)(order->expires_s - order->created_s), lasts));
    }
    control_answer(request, MHD_HTTP_CREATED, json_pack("{s:o}", "orders", orders));
}

// Takes back what was made: who is told that it failed must not find a machine erased later.
static void cancel_made(struct control_request *request)
{
    size_t position;
    json_t *id;
    json_array_foreach(json_object_get(request->json, "made"), position, id)
    {
        desk_step_order(request->world->desk, (uint64_t)json_integer_value(id), ORDER_EVENT_CANCEL);
    }
}

// Makes the orders durable. Other facts are tried again when the disk says no, orders are not.
static bool keep_made(struct control_request *request)
{
    struct problem problem = {0};
    if (store_commit(request->world->store, &problem) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
                            "no order was taken: put that right, and give it again", "%s", problem.text);
        return false;
    }
    return control_commit(request); // nothing is left to write; tells that facts have changed
}

void control_order_add(struct control_request *request)
{
    static const char *const members[] = {"machines", "profile", "expires_s", NULL};
    int64_t expires_s = ORDER_EXPIRES_DEFAULT_S;
    if (!control_allow(request, members) ||
        !control_get_number(request, "expires_s", EXPIRES_LEAST_S, EXPIRES_MOST_S, &expires_s)) {
        return;
    }
    const struct profile *profile = find_profile(request);
    if (profile == NULL) {
        return;
    }
    uint64_t *ids = heap_new_array(MACHINES_MOST, sizeof *ids);
    size_t count = find_machines(request, profile, ids);
    bool good = count > 0;
    json_object_set_new(request->json, "made", json_array());
    for (size_t i = 0; good && i < count;
         i++) { // all were checked, so all of them or, at worst, the first few
        good = put_order(request, ids[i], profile->name, expires_s);
    }
    heap_free(ids);
    if (good && keep_made(request)) {
        answer_made(request);
    } else {
        cancel_made(request);
    }
}
