// SPDX-License-Identifier: GPL-3.0-or-later
// POST orders. An order is looked at before it is taken: what could not work at the machine is refused here,
// at the desk of the person who can put it right.
#include "base/text.h"
#include "base/time.h"
#include "model/guard.h"
#include "service/control_draft.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_order.h"
#include "service/control_order_take.h"
#include "service/control_route.h"
#include "service/control_state.h"

#include <string.h>

#define EXPIRES_LEAST_S 60
#define EXPIRES_MOST_S  (366 * 24 * 3600)
#define MACHINES_MOST   1000u

// The profile that the classes of all the machines named agree on; NULL when there is none, and the answer is
// given then.
static const char *find_proposal(struct control_request *request)
{
    json_t *names;
    const char *proposal = NULL;
    if (!control_get_list(request, "machines", &names)) {
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(names) && i < MACHINES_MOST; i++) {
        const struct machine *machine =
            control_machine_find(request, json_string_value(json_array_get(names, i)));
        if (machine == NULL) {
            return NULL;
        }
        if (machine->proposal[0] == '\0' || (proposal != NULL && strcmp(proposal, machine->proposal) != 0)) {
            proposal = NULL;
            break;
        }
        proposal = machine->proposal;
    }
    if (proposal == NULL) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "imprint profile list shows what there is",
                            "an order needs a profile, and no class of these machines proposes one");
    }
    return proposal;
}

static const struct profile *find_profile(struct control_request *request)
{
    const char *name;
    if (!control_get_text(request, "profile", &name)) {
        return NULL;
    }
    if (name == NULL) {
        name = find_proposal(request);
    }
    if (name == NULL) {
        return NULL;
    }
    const struct profile *profile = store_profile_find(request->world->store, name);
    if (profile == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint profile list shows what there is",
                            "there is no profile '%.80s'", name);
    }
    return profile;
}

static const struct image *find_image(struct control_request *request, const struct profile *profile)
{
    const struct store *store = request->world->store;
    const struct image *image = store_image_find(store, profile->image);
    if (image == NULL) {
        char remedy[PROBLEM_REMEDY_BYTES];
        (void)snprintf(
            remedy, sizeof remedy,
            "imprint image add it under that name, or name another: imprint profile edit %s --image",
            profile->name);
        control_refuse_text(request, MHD_HTTP_CONFLICT, remedy,
                            "profile %s needs the image %s, which does not exist", profile->name,
                            profile->image);
    } else if (image->kind != IMAGE_BOOT && store_image_find_agent(store) == NULL) {
        const struct reason *reason = reason_get(REASON_AGENT_MISSING);
        control_refuse_text(request, MHD_HTTP_CONFLICT, reason->remedy, "%s", reason->sentence);
        return NULL;
    }
    if (image != NULL && image->kind == IMAGE_ROOT && image->starts == 0) {
        control_refuse_text(
            request, MHD_HTTP_CONFLICT,
            "add the packages grub-pc-bin and grub-efi-amd64-bin to that system and take it in "
            "again, or: imprint image build debian-12",
            "image %s holds no boot loader, so no machine could start from it", image->name);
        return NULL;
    }
    return image;
}

// More machines than the policy lets pass by mistake: the person must have counted them.
static bool check_count(struct control_request *request, size_t count)
{
    int64_t counted = 0;
    uint32_t most = request->world->desk->policy.targets_most;
    if (!control_get_number(request, "count", 1, MACHINES_MOST, &counted)) {
        return false;
    }
    if (count == 0 || count > MACHINES_MOST) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "an order names 1 to %u machines, not %zu",
                            MACHINES_MOST, count);
        return false;
    }
    if (counted != 0 && (size_t)counted != count) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "look at the machines named, and count them again",
                            "the count says %lld, but %zu %s named", (long long)counted, count,
                            count == 1 ? "machine is" : "machines are");
        return false;
    }
    if (counted == 0 && count > most) {
        char remedy[PROBLEM_REMEDY_BYTES];
        (void)snprintf(remedy, sizeof remedy, "if all of them are meant, add --count %zu to the command",
                       count);
        control_refuse_text(request, MHD_HTTP_CONFLICT, remedy,
                            "these are %zu machines, and policy.max_targets lets %u pass uncounted", count,
                            (unsigned)most);
        return false;
    }
    return true;
}

// What the person says may be erased. With an inventory a slip of the hand is noticed at once.
static bool check_erase(struct control_request *request, const struct draft *draft, const struct order *order)
{
    if (order->erase[0] == '\0') {
        return true;
    }
    if (draft->image->kind == IMAGE_BOOT) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "leave it out",
                            "image %s is booted, not written to a disk, so there is nothing to erase",
                            draft->image->name);
        return false;
    }
    if (draft->ids.count != 1) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "order for each machine by itself",
                            "a disk to erase can be named for one machine only");
        return false;
    }
    return control_order_check_disk(request, *(const uint64_t *)heap_array_get(&draft->ids, 0), order->erase,
                                    true);
}

// What all orders of the request have in common.
static bool take_order(struct control_request *request, const struct draft *draft, struct order *order)
{
    int64_t now_s = desk_now_s(request->world->desk);
    int64_t expires_s = ORDER_EXPIRES_DEFAULT_S;
    int64_t tries = ORDER_TRIES_DEFAULT;
    struct problem problem = {0};
    *order = (struct order){
        .state = ORDER_ARMED, .by_agent = draft->image->kind != IMAGE_BOOT, .created_s = now_s};
    (void)text_copy(order->profile, sizeof order->profile, draft->profile->name);
    (void)text_copy(order->owner, sizeof order->owner, request->owner);
    if (!control_get_number(request, "expires_s", EXPIRES_LEAST_S, EXPIRES_MOST_S, &expires_s) ||
        !control_get_number(request, "tries", 1, ORDER_TRIES_MOST, &tries) ||
        !control_copy_text(request, "why", order->why, sizeof order->why, NULL) ||
        !control_copy_text(request, "disk", order->disk, sizeof order->disk, NULL) ||
        !control_copy_text(request, "erase", order->erase, sizeof order->erase, NULL)) {
        return false;
    }
    if (guard_check_rule(order->disk, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    order->expires_s = now_s + expires_s;
    order->tries = (uint32_t)tries;
    if (order->erase[0] != '\0') {
        (void)text_copy(order->eraser, sizeof order->eraser, request->owner);
        order->erase_s = now_s;
    }
    return true;
}

static bool add_machines(struct control_request *request, struct draft *draft)
{
    json_t *names;
    json_t *approve = json_object_get(request->json, "approve");
    if (approve != NULL && !json_is_boolean(approve)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'approve' must be true or false");
        return false;
    }
    draft->may_approve = json_is_true(approve);
    if (!control_get_list(request, "machines", &names) || !check_count(request, json_array_size(names))) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(names); i++) {
        if (!draft_add(draft, json_string_value(json_array_get(names, i)))) {
            return false;
        }
    }
    return true;
}

static bool put_orders(struct control_request *request, const struct draft *draft, const struct order *common,
                       struct heap_array *made)
{
    struct problem problem = {0};
    for (size_t i = 0; i < draft->ids.count; i++) {
        struct order order = *common;
        order.machine_id = *(const uint64_t *)heap_array_get(&draft->ids, i);
        (void)text_copy(order.hostname, sizeof order.hostname, draft_find_hostname(draft, order.machine_id));
        enum status status = store_order_put(request->world->store, &order, &problem);
        if (status != STATUS_OK) {
            control_refuse(request, control_http_status(status), &problem);
            return false;
        }
        heap_array_add(made, &order.id);
    }
    return true;
}

// Makes the orders durable. Other facts are tried again when the disk says no, orders are not.
static bool keep_orders(struct control_request *request)
{
    struct problem problem = {0};
    if (store_commit(request->world->store, &problem) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
                            "no order was taken: put that right, and give it again", "%s", problem.text);
        return false;
    }
    return control_commit(request); // nothing is left to write; tells that facts have changed
}

static void tell_order(struct control_request *request, const struct order *order,
                       const struct machine *machine)
{
    char lasts[DURATION_TEXT_BYTES];
    char text[EVENT_TEXT_BYTES];
    struct text out;
    text_init(&out, text, sizeof text);
    text_add_format(&out, "order %llu: deploy %s to %s, by %s, for %s", (unsigned long long)order->id,
                    order->profile, machine->name, order->owner,
                    duration_print((uint32_t)(order->expires_s - order->created_s), lasts));
    if (order->erase[0] != '\0') {
        text_add(&out, ", may erase disk ");
        text_add_escaped(&out, order->erase, strlen(order->erase));
    }
    if (order->why[0] != '\0') {
        text_add_format(&out, "; reason: %s", order->why);
    }
    control_tell(request, EVENT_ORDER, machine, order->id, "%s", text);
}

// Tells of the orders made and answers with them.
static void answer_made(struct control_request *request, const struct draft *draft,
                        const struct heap_array *made)
{
    const struct store *store = request->world->store;
    json_t *orders = json_array();
    draft_tell(draft);
    for (size_t i = 0; i < made->count; i++) {
        const struct order *order = store_order_get(store, *(const uint64_t *)heap_array_get(made, i));
        struct ip4 address = draft_find_address(draft, order->machine_id);
        char kept[IP4_TEXT_BYTES];
        json_t *json = control_order_json(request, order);
        json_object_set_new(json, "kept_address",
                            address.value == 0 ? json_null() : json_string(ip4_print(address, kept)));
        json_array_append_new(orders, json);
        tell_order(request, order, store_machine_get(store, order->machine_id));
    }
    control_answer(request, MHD_HTTP_CREATED, json_pack("{s:o}", "orders", orders));
}

// Takes back what was made: who is told that it failed must not find a machine erased later.
static void cancel_made(struct control_request *request, const struct heap_array *made)
{
    for (size_t i = 0; i < made->count; i++) {
        desk_step_order(request->world->desk, *(const uint64_t *)heap_array_get(made, i), ORDER_EVENT_CANCEL);
    }
}

void control_order_add(struct control_request *request)
{
    static const char *const members[] = {"machines", "profile", "expires_s", "why",     "tries",
                                          "disk",     "erase",   "count",     "approve", NULL};
    struct heap_array made = heap_array_init(sizeof(uint64_t));
    struct draft draft;
    struct order order;
    const struct profile *profile = control_allow(request, members) ? find_profile(request) : NULL;
    const struct image *image = profile == NULL ? NULL : find_image(request, profile);
    if (image == NULL) {
        return;
    }
    draft_init(&draft, request, profile, image);
    bool good = take_order(request, &draft, &order) && add_machines(request, &draft) &&
                check_erase(request, &draft, &order) && put_orders(request, &draft, &order, &made) &&
                keep_orders(request);
    if (good) {
        answer_made(request, &draft, &made);
    } else {
        cancel_made(request, &made);
        draft_undo(&draft);
    }
    draft_clear(&draft);
    heap_array_clear(&made);
}

enum status control_order_take(struct control *control, const char *machine, const char *profile,
                               uint32_t expires_s, struct problem *problem)
{
    struct control_request request = {.control = control, .world = &control->world, .file = -1};
    (void)text_copy(request.owner, sizeof request.owner, CONTROL_ORDER_OWNER);
    request.json = json_pack("{s:[s], s:s, s:I, s:s}", "machines", machine, "profile", profile, "expires_s",
                             (json_int_t)expires_s, "why", "chosen in the machine's menu");
    control_order_add(&request);
    bool is_taken = request.http_status == MHD_HTTP_CREATED;
    if (!is_taken) {
        const json_t *error = json_object_get(request.answer, "error");
        const char *text = json_string_value(json_object_get(error, "text"));
        const char *remedy = json_string_value(json_object_get(error, "remedy"));
        problem_set(problem, "%s", text == NULL ? "no order was taken" : text);
        problem_set_remedy(problem, "%s", remedy == NULL ? "" : remedy);
    }
    json_decref(request.json);
    json_decref(request.answer);
    return is_taken ? STATUS_OK : STATUS_CONFLICT;
}
