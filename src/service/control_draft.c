// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_draft.h"

#include "base/text.h"
#include "service/control_machine.h"

#include <stdlib.h>
#include <string.h>

void draft_init(struct draft *draft, struct control_request *request, const struct profile *profile,
                const struct image *image)
{
    *draft = (struct draft){.request = request,
                            .profile = profile,
                            .image = image,
                            .ids = heap_array_init(sizeof(uint64_t)),
                            .changes = heap_array_init(sizeof(struct draft_change)),
                            .names = heap_array_init(sizeof(struct draft_name))};
}

void draft_clear(struct draft *draft)
{
    heap_array_clear(&draft->ids);
    heap_array_clear(&draft->changes);
    heap_array_clear(&draft->names);
}

static bool is_by_agent(const struct draft *draft)
{
    return draft->image->kind != IMAGE_BOOT;
}

// ---- changing machines, so that it can be taken back ----

static struct draft_change *find_change(const struct draft *draft, uint64_t machine_id)
{
    for (size_t i = 0; i < draft->changes.count; i++) {
        struct draft_change *change = heap_array_get(&draft->changes, i);
        if (change->before.id == machine_id) {
            return change;
        }
    }
    return NULL;
}

// The change of `machine`, noted as it was before the first one.
static struct draft_change *note_change(struct draft *draft, const struct machine *machine)
{
    struct draft_change *change = find_change(draft, machine->id);
    if (change == NULL) {
        heap_array_add(&draft->changes, &(struct draft_change){.before = *machine});
        change = heap_array_get(&draft->changes, draft->changes.count - 1);
    }
    return change;
}

static bool put_machine(struct draft *draft, struct machine *machine)
{
    struct problem problem = {0};
    enum status status = store_machine_put(draft->request->world->store, machine, &problem);
    if (status != STATUS_OK) {
        control_refuse(draft->request, control_http_status(status), &problem);
        return false;
    }
    return true;
}

void draft_undo(struct draft *draft)
{
    struct store *store = draft->request->world->store;
    bool has_address = false;
    for (size_t i = draft->changes.count; i > 0; i--) {
        struct draft_change *change = heap_array_get(&draft->changes, i - 1);
        has_address = has_address || change->has_address;
        if (change->is_added) {
            (void)store_machine_remove(store, change->before.id);
        } else {
            (void)!store_machine_put(store, &change->before, NULL); // it was so a moment ago
        }
    }
    heap_array_clear(&draft->changes);
    if (has_address && draft->request->world->changed != NULL) { // what was set aside is free again
        draft->request->world->changed(draft->request->world->context);
    }
}

// ---- who is meant ----

static void pick_name(const struct store *store, const struct hw *mac, char out[MACHINE_NAME_BYTES])
{
    struct text text;
    machine_pick_name(mac, out);
    if (store_machine_find_name(store, out) == NULL) {
        return;
    }
    text_init(&text, out, MACHINE_NAME_BYTES); // two cards whose last three octets are equal: take all six
    text_add(&text, "m-");
    for (size_t i = 0; i < size_min(mac->length, HW_BYTES); i++) {
        text_add_format(&text, "%02x", mac->octets[i]);
    }
}

// Whether `name` is a card's MAC address that no machine has: then it stands for a machine that is not there
// yet, for who orders something for it has decided about it.
static bool is_new_card(const struct draft *draft, const char *name, struct hw *mac)
{
    const struct store *store = draft->request->world->store;
    return store_machine_find_name(store, name) == NULL && hw_parse(name, mac) == STATUS_OK &&
           desk_is_card(mac) && store_machine_find_mac(store, mac) == NULL;
}

static const struct machine *add_machine(struct draft *draft, const struct hw *mac)
{
    struct store *store = draft->request->world->store;
    struct machine machine;
    machine_init(&machine);
    machine.state = MACHINE_APPROVED;
    (void)machine_add_mac(&machine, mac);
    pick_name(store, mac, machine.name);
    if (!put_machine(draft, &machine)) {
        return NULL;
    }
    note_change(draft, &machine)->is_added = true;
    return store_machine_get(store, machine.id);
}

static bool approve(struct draft *draft, const struct machine *found)
{
    char remedy[PROBLEM_REMEDY_BYTES];
    if (found->state == MACHINE_APPROVED) {
        return true;
    }
    if (found->state == MACHINE_NEW && draft->may_approve) {
        struct machine machine = *found;
        note_change(draft, found)->is_approved = true;
        machine.state = MACHINE_APPROVED;
        return put_machine(draft, &machine);
    }
    (void)snprintf(remedy, sizeof remedy, "imprint machine approve %s%s", found->name,
                   found->state == MACHINE_NEW ? ", or add --approve" : "");
    control_refuse_text(draft->request, MHD_HTTP_CONFLICT, remedy, "%s is not approved: its state is %s",
                        found->name, machine_state_text(found->state));
    return false;
}

static bool check_free(struct draft *draft, const struct machine *machine)
{
    const struct order *live = store_order_find_live(draft->request->world->store, machine->id);
    char remedy[PROBLEM_REMEDY_BYTES];
    if (live != NULL) {
        bool is_begun = live->state == ORDER_WRITING || live->state == ORDER_SEALING;
        struct text text;
        text_init(&text, remedy, sizeof remedy);
        text_add_format(&text, "imprint watch %s shows when it is over", machine->name);
        if (!is_begun) {
            text_add_format(&text, "; or: imprint order cancel %llu", (unsigned long long)live->id);
        }
        control_refuse_text(draft->request, MHD_HTTP_CONFLICT, remedy,
                            "%s has a live order already: %llu, profile %s, %s", machine->name,
                            (unsigned long long)live->id, live->profile, order_state_text(live->state));
        return false;
    }
    for (size_t i = 0; i < draft->ids.count; i++) {
        if (*(const uint64_t *)heap_array_get(&draft->ids, i) == machine->id) {
            control_refuse_text(draft->request, MHD_HTTP_BAD_REQUEST, "", "%s is named twice", machine->name);
            return false;
        }
    }
    return true;
}

// ---- what the templates ask for ----

// Whether some tag of `source` begins with `name`, as {{name}}, {{#name}} or {{name.part}} do.
static bool text_names(const char *source, const char *name)
{
    size_t length = strlen(name);
    while (source != NULL && (source = strstr(source, "{{")) != NULL) {
        source += 2;
        const char *at = source + strspn(source, "{&#^ \t");
        if (strncmp(at, name, length) == 0 && strchr(" \t}.", at[length]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool profile_names(const struct draft *draft, const char *name)
{
    const struct profile *profile = draft->profile;
    for (unsigned i = 0; i < profile->value_count; i++) {
        if (strcmp(profile->values[i].key, name) == 0) { // its own, which goes before ours
            return false;
        }
    }
    bool in_personal = is_by_agent(draft) && (text_names(profile->personal.hostname, name) ||
                                              text_names(profile->personal.script, name));
    bool in_answer = !is_by_agent(draft) && text_names(profile->answer, name);
    return in_personal || in_answer || text_names(profile->arguments, name);
}

static bool give_counter(struct draft *draft, uint64_t machine_id)
{
    struct store *store = draft->request->world->store;
    const struct machine *found = store_machine_get(store, machine_id);
    if (found->counter != 0 || !profile_names(draft, "counter")) {
        return true;
    }
    struct machine machine = *found;
    note_change(draft, found)->has_counter = true;
    machine.counter = store_machine_next_counter(store);
    return put_machine(draft, &machine);
}

// An address that a template or a static network needs must be known before the machine has one: we keep one.
static bool give_address(struct draft *draft, uint64_t machine_id)
{
    const struct control_world *world = draft->request->world;
    const struct machine *found = store_machine_get(world->store, machine_id);
    bool is_static = is_by_agent(draft) && draft->profile->personal.network == PROFILE_NETWORK_STATIC;
    if (found->address.value != 0 || found->last_address.value != 0 || world->pick_address == NULL ||
        (!is_static && !profile_names(draft, "address"))) {
        return true;
    }
    struct machine machine = *found;
    struct problem problem = {0};
    if (world->pick_address(world->context, &machine, &machine.address, &problem) != STATUS_OK) {
        problem_set_remedy(&problem, "imprint machine edit %s --address ADDRESS", machine.name);
        control_refuse(draft->request, MHD_HTTP_CONFLICT, &problem);
        return false;
    }
    note_change(draft, found)->has_address = true;
    return put_machine(draft, &machine);
}

struct ip4 draft_find_address(const struct draft *draft, uint64_t machine_id)
{
    const struct draft_change *change = find_change(draft, machine_id);
    const struct machine *machine = store_machine_get(draft->request->world->store, machine_id);
    bool is_given = change != NULL && machine != NULL && change->has_address;
    return is_given ? machine->address : (struct ip4){0};
}

// ---- whether it can all be rendered ----

static void refuse_text(struct draft *draft, const struct machine *machine, const char *what,
                        struct problem *problem)
{
    const char *profile = draft->profile->name;
    char where[PROBLEM_PLACE_BYTES];
    (void)snprintf(where, sizeof where, "the %s of profile %s", what, profile);
    problem_set_place(problem, where, 0, 0);
    problem_set_remedy(problem, "imprint profile edit %s --set NAME=VALUE, then imprint profile render %s %s",
                       profile, profile, machine->name);
    control_refuse(draft->request, MHD_HTTP_CONFLICT, problem);
}

// The profile's texts must render for this machine: an undefined value must not become an empty one on a
// disk.
static bool check_text(struct draft *draft, const struct machine *machine, enum control_text which)
{
    const struct control_world *world = draft->request->world;
    if (world->render == NULL) {
        return true;
    }
    char *text = NULL;
    struct problem problem = {0};
    enum status status = world->render(world->context, machine, draft->profile, which, &text, &problem);
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
    }
    free(text);
    if (status == STATUS_OK || (status == STATUS_NOT_FOUND && !problem_is_set(&problem))) {
        return true;
    }
    refuse_text(draft, machine, which == CONTROL_TEXT_ANSWER ? "answer file" : "arguments", &problem);
    return false;
}

static void add_name(struct draft *draft, const char *hostname, const struct machine *machine,
                     uint64_t order_id)
{
    struct draft_name name = {.machine_id = machine->id, .order_id = order_id};
    (void)text_copy(name.hostname, sizeof name.hostname, hostname);
    (void)text_copy(name.machine, sizeof name.machine, machine->name);
    heap_array_add(&draft->names, &name);
}

static bool visit_machine(const struct machine *machine, void *context)
{
    add_name(context, machine_hostname(machine), machine, 0);
    return true;
}

// A name stays a machine's until another order that was carried out gives it a new one.
static bool visit_order(const struct order *order, void *context)
{
    struct draft *draft = context;
    const struct machine *machine = store_machine_get(draft->request->world->store, order->machine_id);
    bool has_begun = order_is_live(order) || order->state == ORDER_FINISHED;
    if (machine == NULL || !has_begun || order->hostname[0] == '\0') {
        return true;
    }
    for (size_t i = 0; order->state == ORDER_FINISHED && i < draft->names.count; i++) {
        struct draft_name *older = heap_array_get(&draft->names, i);
        if (older->machine_id == machine->id && older->order_id != 0) { // they come in order of id
            (void)text_copy(older->hostname, sizeof older->hostname, order->hostname);
            older->order_id = order->id;
            return true;
        }
    }
    add_name(draft, order->hostname, machine, order->id);
    return true;
}

// Two machines with one host name on a network are a fault that nobody finds quickly.
static bool check_name(struct draft *draft, const struct machine *machine, const char *hostname)
{
    if (!draft->has_names) {
        draft->has_names = true;
        store_machine_each(draft->request->world->store, visit_machine, draft);
        store_order_each(draft->request->world->store, visit_order, draft);
    }
    for (size_t i = 0; i < draft->names.count; i++) {
        const struct draft_name *other = heap_array_get(&draft->names, i);
        if (other->machine_id == machine->id || !text_equal_nocase(other->hostname, hostname)) {
            continue;
        }
        char remedy[PROBLEM_REMEDY_BYTES];
        (void)snprintf(remedy, sizeof remedy,
                       "imprint profile edit %s --hostname with something of each machine's own in it, such "
                       "as {{counter}}",
                       draft->profile->name);
        control_refuse_text(draft->request, MHD_HTTP_CONFLICT, remedy,
                            "%s would be called %s, and so is %s%s", machine->name, hostname, other->machine,
                            other->order_id == 0 ? "" : " by its order");
        return false;
    }
    add_name(draft, hostname, machine, UINT64_MAX);
    return true;
}

static bool check_personal(struct draft *draft, const struct machine *machine)
{
    const struct control_world *world = draft->request->world;
    char hostname[MACHINE_NAME_BYTES] = "";
    struct problem problem = {0};
    if (world->render_personal == NULL) {
        return true;
    }
    if (world->render_personal(world->context, machine, draft->profile, hostname, &problem) != STATUS_OK) {
        refuse_text(draft, machine, "templates", &problem);
        return false;
    }
    return check_name(draft, machine, hostname);
}

bool draft_add(struct draft *draft, const char *name)
{
    const struct store *store = draft->request->world->store;
    struct hw mac;
    const struct machine *machine = is_new_card(draft, name, &mac)
                                        ? add_machine(draft, &mac)
                                        : control_machine_find(draft->request, name);
    if (machine == NULL) {
        return false;
    }
    uint64_t id = machine->id;
    if (!approve(draft, machine) || !check_free(draft, store_machine_get(store, id)) ||
        !give_counter(draft, id) || !give_address(draft, id)) {
        return false;
    }
    machine = store_machine_get(store, id);
    bool good = is_by_agent(draft) ? check_personal(draft, machine)
                                   : check_text(draft, machine, CONTROL_TEXT_ARGUMENTS) &&
                                         check_text(draft, machine, CONTROL_TEXT_ANSWER);
    if (good) {
        heap_array_add(&draft->ids, &id);
    }
    return good;
}

const char *draft_find_hostname(const struct draft *draft, uint64_t machine_id)
{
    for (size_t i = 0; i < draft->names.count; i++) {
        const struct draft_name *name = heap_array_get(&draft->names, i);
        if (name->machine_id == machine_id && name->order_id == UINT64_MAX) {
            return name->hostname;
        }
    }
    return "";
}

void draft_tell(const struct draft *draft)
{
    struct control_request *request = draft->request;
    for (size_t i = 0; i < draft->changes.count; i++) {
        const struct draft_change *change = heap_array_get(&draft->changes, i);
        const struct machine *machine = store_machine_get(request->world->store, change->before.id);
        if (machine == NULL) {
            continue;
        }
        if (change->is_added || change->is_approved) {
            control_tell(request, EVENT_MACHINE, machine, 0, "%s was %s by %s, with an order for it",
                         machine->name, change->is_added ? "added" : "approved", request->owner);
        }
        if (change->has_counter) {
            control_tell(request, EVENT_MACHINE, machine, 0, "%s has the number %u from now on",
                         machine->name, (unsigned)machine->counter);
        }
        if (change->has_address) {
            char address[IP4_TEXT_BYTES];
            control_tell(request, EVENT_MACHINE, machine, 0,
                         "%s is kept for %s from now on, since profile %s needs its address",
                         ip4_print(machine->address, address), machine->name, draft->profile->name);
        }
    }
}
