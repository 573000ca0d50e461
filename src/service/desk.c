// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/desk.h"

#include "base/hash.h"
#include "base/text.h"
#include "service/boots.h"
#include "service/desk_lease6.h"
#include "service/desk_memory.h"
#include "service/menus.h"
#include "service/remedy.h"
#include "session/client.h"

#include <string.h>

#define DESK_SEEN_AGAIN_S 60 // how exact machine.last_seen_s is

static bool desk_count_unknown(const struct machine *machine, void *context)
{
    uint32_t *count = context;
    *count += machine->state == MACHINE_NEW;
    return true;
}

void desk_init(struct desk *desk, struct store *store, struct policy policy)
{
    memset(desk, 0, sizeof *desk);
    desk->store = store;
    desk->policy = policy;
    desk_recount(desk);
}

void desk_recount(struct desk *desk)
{
    desk->unknown_count = 0;
    store_machine_each(desk->store, desk_count_unknown, &desk->unknown_count);
}

int64_t desk_now_s(const struct desk *desk)
{
    return desk->now_ms(desk->context) / 1000;
}

void desk_tell(struct desk *desk, struct event *event)
{
    if (event->at_ms == 0) {
        event->at_ms = desk->now_ms(desk->context);
    }
    if (!desk_news_may(&desk->news, event)) {
        return;
    }
    event->id = store_event_add(desk->store, event);
    if (desk->told != NULL) {
        desk->told(desk->context, event);
    }
    boots_see_event(desk->boots, event);
}

// Names and addresses stay as they are, so nothing can clash; that the disk is full is told by the next
// commit.
static void desk_save(struct desk *desk, struct machine *machine)
{
    enum status status = store_machine_put(desk->store, machine, NULL);
    assert(status == STATUS_OK || status == STATUS_EXISTS);
}

// ---- who was seen where ----

// Neighbouring IPv4 addresses never share a slot; far ones push each other out.
static size_t desk_address_slot(struct ip address)
{
    static const struct hash_key KEY = {0x696d7072696e7436, 0x6465736b00000001};
    uint64_t number =
        ip_is_ip6(address) ? hash_bytes(KEY, &address, sizeof address) : ip_get_ip4(address).value;
    return number % DESK_ADDRESSES_MOST;
}

bool desk_find_address(const struct desk *desk, struct ip address, struct desk_address *out)
{
    const struct desk_address *slot = &desk->addresses[desk_address_slot(address)];
    const struct lease *lease = store_lease_find(desk->store, ip_get_ip4(address));
    int64_t now_s = desk_now_s(desk);
    bool is_seen =
        !ip_is_none(address) && ip_equal(slot->address, address) && now_s - slot->seen_s < DESK_ADDRESS_S;
    struct desk_address found = {
        .address = address, .architecture = BOOT_ARCHITECTURE_NONE, .platform = BOOT_PLATFORM_OTHER};
    if (is_seen) {
        found = *slot;
    }
    if (ip_is_ip6(address)) {
        desk_find_lease6(desk, address, now_s, &found);
        is_seen = is_seen || found.is_leased;
    } else if (lease != NULL && lease->state == LEASE_BOUND && lease->ends_s > now_s) {
        struct hw holder = lease_key_hw(&lease->key);
        if (!hw_equal(&holder, &found.mac)) {
            found.mac = holder;
            found.uuid = (struct uuid){0};
            found.architecture = BOOT_ARCHITECTURE_NONE;
            found.platform = BOOT_PLATFORM_OTHER;
        }
        found.is_leased = is_seen = holder.length != 0;
    }
    if (is_seen && out != NULL) {
        *out = found;
    }
    return is_seen;
}

static void desk_tell_booted(const struct desk *desk, struct ip address)
{
    if (desk->booted != NULL && !ip_is_none(address)) {
        desk->booted(desk->context, address);
    }
}

void desk_note_address(struct desk *desk, const struct boot_client *client, struct ip address)
{
    if (ip_is_none(address) || client->mac.length == 0) {
        return;
    }
    struct desk_address *slot = &desk->addresses[desk_address_slot(address)];
    bool is_same = ip_equal(slot->address, address) && hw_equal(&slot->mac, &client->mac);
    if (!is_same) {
        desk_tell_booted(desk, address);
    }
    if (!is_same || client->architecture != BOOT_ARCHITECTURE_NONE) {
        bool says_uuid = !is_same || !uuid_is_useless(&client->uuid);
        *slot = (struct desk_address){.address = address,
                                      .mac = client->mac,
                                      .uuid = says_uuid ? client->uuid : slot->uuid,
                                      .architecture = client->architecture,
                                      .platform = client->platform};
    }
    slot->seen_s = desk_now_s(desk);
    const struct machine *found = store_machine_find_mac(desk->store, &client->mac);
    struct ip4 ip4 = ip_get_ip4(address);
    if (found != NULL && ip4.value != 0 && !ip4_equal(found->last_address, ip4)) {
        struct machine changed = *found;
        changed.last_address = ip4;
        desk_save(desk, &changed);
    }
}

// ---- machines ----

static void desk_pick_free_name(const struct desk *desk, const struct hw *mac, char out[MACHINE_NAME_BYTES])
{
    machine_pick_name(mac, out);
    if (store_machine_find_name(desk->store, out) == NULL) {
        return;
    }
    struct text name; // two cards whose last three octets are equal: take all six
    text_init(&name, out, MACHINE_NAME_BYTES);
    text_add(&name, "m-");
    for (size_t i = 0; i < size_min(mac->length, HW_BYTES); i++) {
        text_add_format(&name, "%02x", mac->octets[i]);
    }
}

bool desk_is_card(const struct hw *mac)
{
    static const uint8_t NOTHING[HW_BYTES] = {0};
    bool is_group = mac->type == 1 && (mac->octets[0] & 1) != 0;
    return mac->length != 0 && !is_group && memcmp(mac->octets, NOTHING, mac->length) != 0;
}

// What the configuration says of its network and classes; file requests, which do not tell where they come
// from, are decided by it until the next DHCP conversation.
static bool desk_learn_place(struct machine *machine, const struct boot_client *client)
{
    bool is_same = machine->unknown == client->unknown && strcmp(machine->proposal, client->proposal) == 0 &&
                   strcmp(machine->classes, client->classes) == 0;
    if (!client->is_placed || is_same) {
        return false;
    }
    machine->unknown = client->unknown;
    (void)text_copy(machine->proposal, sizeof machine->proposal, client->proposal);
    (void)text_copy(machine->classes, sizeof machine->classes, client->classes);
    return true;
}

// Where relay agents say that it is. What a message without their words would say is left as it was.
static bool desk_learn_relay(struct machine *machine, const struct boot_client *client)
{
    char place[MACHINE_PLACE_BYTES];
    struct text text;
    text_init(&text, place, sizeof place);
    client_print_place(client, &text);
    if (!client->tells_place || strcmp(machine->place, place) == 0) {
        return false;
    }
    (void)text_copy(machine->place, sizeof machine->place, place);
    return true;
}

static const struct machine *desk_record(struct desk *desk, const struct boot_client *client)
{
    if (desk->unknown_count >= DESK_UNKNOWN_MACHINES_MOST || !desk_is_card(&client->mac)) {
        return NULL;
    }
    struct machine machine;
    machine_init(&machine);
    desk_pick_free_name(desk, &client->mac, machine.name);
    (void)machine_add_mac(&machine, &client->mac);
    machine.uuid = client->uuid;
    (void)text_copy(machine.serial, sizeof machine.serial, client->serial);
    machine.architecture = client->architecture;
    machine.first_seen_s = machine.last_seen_s = desk_now_s(desk);
    (void)desk_learn_place(&machine, client);
    (void)desk_learn_relay(&machine, client);
    if (store_machine_put(desk->store, &machine, NULL) != STATUS_OK) {
        return NULL;
    }
    desk->unknown_count++;
    struct event event = {.kind = EVENT_MACHINE, .machine_id = machine.id, .mac = client->mac};
    reasons_add(&event.reasons, REASON_MACHINE_UNKNOWN);
    char mac[HW_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "new machine %s (%s) recorded", machine.name, hw_print(&client->mac, mac));
    desk_tell(desk, &event);
    return store_machine_get(desk->store, machine.id);
}

static bool desk_learn_evidence(struct machine *machine, const struct boot_client *client)
{
    bool is_news = false;
    if (uuid_is_useless(&machine->uuid) && !uuid_is_useless(&client->uuid)) {
        machine->uuid = client->uuid;
        is_news = true;
    }
    if (client->mac.length != 0 && machine->mac_count == 0) { // it was added by its UUID
        is_news = machine_add_mac(machine, &client->mac) == STATUS_OK;
    }
    if (machine->serial[0] == '\0' && client->serial[0] != '\0') {
        (void)text_copy(machine->serial, sizeof machine->serial, client->serial);
        is_news = true;
    }
    if (client->architecture != BOOT_ARCHITECTURE_NONE && client->architecture != machine->architecture) {
        machine->architecture = client->architecture;
        is_news = true;
    }
    return desk_learn_place(machine, client) || is_news;
}

static void desk_tell_moved(struct desk *desk, const struct machine *machine, const char *was)
{
    struct event event = {.kind = EVENT_MACHINE, .machine_id = machine->id, .mac = machine->macs[0]};
    struct text text;
    reasons_add(&event.reasons, REASON_MACHINE_MOVED);
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "is at %.100s; it was at %.100s", machine->place, was);
    desk_tell(desk, &event);
}

// What a machine says about itself that we did not know; contradictions never get here.
static const struct machine *desk_learn(struct desk *desk, const struct machine *machine,
                                        const struct boot_client *client)
{
    struct machine changed = *machine;
    int64_t now_s = desk_now_s(desk);
    bool is_elsewhere = desk_learn_relay(&changed, client);
    bool is_news = desk_learn_evidence(&changed, client) || is_elsewhere || changed.first_seen_s == 0;
    if (!is_news && now_s - machine->last_seen_s < DESK_SEEN_AGAIN_S) {
        return machine; // a retransmission or a poll is not worth a write
    }
    changed.first_seen_s = changed.first_seen_s == 0 ? now_s : changed.first_seen_s;
    changed.last_seen_s = now_s;
    if (is_elsewhere && machine->place[0] != '\0' && changed.place[0] != '\0') {
        desk_tell_moved(desk, &changed, machine->place);
    }
    desk_save(desk, &changed);
    return store_machine_get(desk->store, changed.id);
}

static struct identity desk_identify(const struct desk *desk, const struct boot_client *client)
{
    struct evidence evidence = {client->mac, client->uuid, client->serial};
    const struct machine *by_mac =
        client->mac.length == 0 ? NULL : store_machine_find_mac(desk->store, &client->mac);
    bool is_useless = uuid_is_useless(&client->uuid);
    const struct machine *by_uuid =
        is_useless ? NULL : store_machine_find_uuid(desk->store, &client->uuid, NULL);
    return identity_decide(&evidence, by_mac, by_uuid);
}

void desk_hold(struct desk_meeting *meeting, enum reason_id why)
{
    meeting->plan.kind = PLAN_WAIT;
    meeting->plan.order = NULL;
    meeting->plan.profile = NULL;
    meeting->plan.image = NULL;
    meeting->plan.boots = NULL;
    meeting->plan.method = NULL;
    reasons_add(&meeting->plan.reasons, why);
}

void desk_meet(struct desk *desk, const struct boot_client *client, struct desk_meeting *meeting)
{
    struct identity identity = desk_identify(desk, client);
    bool is_machine = client->stage != BOOT_STAGE_SYSTEM && !client->is_test;
    if (identity.kind == IDENTITY_KNOWN && is_machine) {
        identity.machine = desk_learn(desk, identity.machine, client);
    } else if (identity.kind == IDENTITY_UNKNOWN && is_machine) {
        identity.machine = desk_record(desk, client);
    }
    const struct order *order =
        identity.machine == NULL ? NULL : store_order_find_live(desk->store, identity.machine->id);
    const struct profile *profile = order == NULL ? NULL : store_profile_find(desk->store, order->profile);
    struct boot_facts facts = {
        .client = client,
        .identity = identity,
        .policy = &desk->policy,
        .order = order,
        .profile = profile,
        .image = profile == NULL ? NULL : store_image_find(desk->store, profile->image),
        .agent = order != NULL && order->by_agent ? store_image_find_agent(desk->store) : NULL,
        .has_menu =
            desk->menus != NULL && identity.machine != NULL && menus_is_for(desk->menus, identity.machine),
        .now_s = desk_now_s(desk),
    };
    if (facts.image != NULL && facts.image->method_count != 0) {
        facts.memory_bytes = desk_memory_find(desk->store, identity.machine->id);
    }
    *meeting = (struct desk_meeting){identity.machine, identity, boot_plan_decide(&facts)};
    if (desk->cannot_store && meeting->plan.kind == PLAN_IMAGE) {
        desk_hold(meeting, REASON_STORE_FAILED);
    }
}

void desk_meet_firmware(struct desk *desk, const struct boot_client *client, struct desk_meeting *meeting)
{
    struct identity identity = desk_identify(desk, client);
    if (identity.kind == IDENTITY_KNOWN) {
        const struct order *order = store_order_find_live(desk->store, identity.machine->id);
        if (order != NULL) {
            desk_step_order(desk, order->id, ORDER_EVENT_FIRMWARE_BOOT);
        }
        if (client->stage == BOOT_STAGE_FIRMWARE) {
            desk_tell_booted(desk, ip_from_ip4(identity.machine->last_address));
        }
    }
    desk_meet(desk, client, meeting);
}

// ---- orders ----

// "order 3 (web) is writing". Where somebody has to do something, it says where to look.
static void desk_print_order(const struct order *order, struct text *out)
{
    unsigned long long id = order->id;
    text_add_format(out, "order %llu (%s) ", id, order->profile);
    if (order->state == ORDER_FAILED) {
        text_add_format(out, "failed (imprint order show %llu)", id);
    } else if (order->state == ORDER_CONFIRM) {
        text_add_format(out, "needs confirmation (imprint order show %llu)", id);
    } else {
        text_add_format(out, "is %s", order_state_text(order->state));
    }
}

static void desk_tell_order(struct desk *desk, const struct order *order, const struct reasons *reasons,
                            const char *ending)
{
    struct event event = {
        .kind = EVENT_ORDER, .machine_id = order->machine_id, .order_id = order->id, .reasons = *reasons};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    desk_print_order(order, &text);
    if (ending != NULL && ending[0] != '\0') {
        text_add_format(&text, ": %s", ending);
    } else if (reasons->count != 0) {
        text_add_format(&text, ": %s", reason_get(reasons_worst(reasons))->sentence);
    }
    if (text.cut) { // the order itself has all of it
        memcpy(event.text + sizeof event.text - 4, "...", 4);
    }
    desk_tell(desk, &event);
}

// An agent's order that ends without being done leaves a disk behind: which one, and what of it. Where
// somebody knows more, that stays.
static void desk_explain_end(const struct order *before, struct order *order, const struct reasons *reasons,
                             const char *ending)
{
    bool is_undone =
        order->state == ORDER_FAILED || order->state == ORDER_EXPIRED || order->state == ORDER_CANCELLED;
    if (!order->by_agent || !is_undone || strcmp(before->trouble, order->trouble) != 0) {
        return;
    }
    struct text text;
    text_init(&text, order->trouble, sizeof order->trouble);
    if (order->state == ORDER_CANCELLED && ending != NULL && ending[0] != '\0') {
        text_add_format(&text, "Taken back %s. ", ending);
    } else if (before->state == ORDER_CONFIRM) {
        text_add(&text, "Nobody confirmed that its disk may be erased. ");
    } else if (reasons->count != 0) {
        text_add(&text, reason_get(reasons_worst(reasons))->sentence);
        order->trouble[0] = (char)(order->trouble[0] - ('a' - 'A')); // reasons begin with a small letter
        text_add(&text, ". ");
    }
    if (order->target[0] == '\0') {
        text_add(&text, "Nothing on its disks was changed.");
        return;
    }
    text_add(&text, "Its disk ");
    text_add_escaped(&text, order->target, strlen(order->target));
    text_add(&text, before->state == ORDER_SEALING
                        ? " is written, but perhaps does not boot."
                        : " is half written and does not boot; order again to write it anew.");
}

static void desk_apply_change(struct order *order, const struct desk_change *change, int64_t now_s)
{
    // Texts that are too long are cut: keys and sentences come from the model, which has the same sizes.
    if (change->target != NULL) {
        (void)text_copy(order->target, sizeof order->target, change->target);
    }
    if (change->trouble != NULL) {
        (void)text_copy(order->trouble, sizeof order->trouble, change->trouble);
    }
    if (change->erase != NULL) {
        (void)text_copy(order->erase, sizeof order->erase, change->erase);
        (void)text_copy(order->eraser, sizeof order->eraser, change->eraser == NULL ? "" : change->eraser);
        order->erase_s = now_s;
    }
}

bool desk_change_order(struct desk *desk, uint64_t order_id, enum order_event event,
                       const struct desk_change *change)
{
    const struct order *found = order_id == 0 ? NULL : store_order_get(desk->store, order_id);
    if (found == NULL) {
        return false;
    }
    struct order before = *found;
    struct order order = before;
    struct reasons reasons = {0};
    bool is_moved = order_step(&order, event, desk_now_s(desk), &reasons);
    if (!is_moved) {
        return false;
    }
    bool is_asked = order.state != ORDER_EXPIRED; // else its time ran out instead
    if (is_asked) {
        desk_apply_change(&order, change, desk_now_s(desk));
    }
    desk_explain_end(&before, &order, &reasons, is_asked ? change->text : NULL);
    if (order.state == ORDER_FAILED && change->reasons.count != 0) {
        struct text text = {
            .start = order.trouble, .length = strlen(order.trouble), .capacity = sizeof order.trouble};
        remedy_add_sentence(desk->store, reasons_worst(&change->reasons), &order, &text);
    }
    if (store_order_put(desk->store, &order, NULL) != STATUS_OK) {
        return false;
    }
    for (unsigned i = 0; is_asked && i < change->reasons.count; i++) {
        reasons_add(&reasons, change->reasons.ids[i]);
    }
    if (order.state != before.state || reasons.count != 0) {
        bool is_told = order.by_agent && (order.state == ORDER_FAILED || order.state == ORDER_EXPIRED);
        desk_tell_order(desk, &order, &reasons, is_told ? order.trouble : is_asked ? change->text : NULL);
    }
    return is_asked;
}

void desk_step_order(struct desk *desk, uint64_t order_id, enum order_event event)
{
    static const struct desk_change NOTHING;
    (void)desk_change_order(desk, order_id, event, &NOTHING);
}

struct desk_old { // what is over: as many as one tick takes care of
    int64_t now_s;
    uint64_t ids[256];
    size_t count;
};

static bool desk_collect_expired(const struct order *order, void *context)
{
    struct desk_old *expired = context;
    if (order_is_live(order) && order->expires_s <= expired->now_s) {
        expired->ids[expired->count++] = order->id;
    }
    return expired->count < COUNT_OF(expired->ids);
}

static void desk_end_expired(struct desk *desk)
{
    struct desk_old expired = {.now_s = desk_now_s(desk)};
    store_order_each(desk->store, desk_collect_expired, &expired);
    for (size_t i = 0; i < expired.count; i++) {
        desk_step_order(desk, expired.ids[i], ORDER_EVENT_TICK);
    }
}

static bool desk_collect_gone(const struct machine *machine, void *context)
{
    struct desk_old *gone = context;
    bool is_plain =
        machine->state == MACHINE_NEW && machine->first_seen_s != 0 && machine->address.value == 0;
    if (is_plain && gone->now_s - machine->last_seen_s >= DESK_UNKNOWN_GONE_S) {
        gone->ids[gone->count++] = machine->id;
    }
    return gone->count < COUNT_OF(gone->ids);
}

// Without this, whoever once invented many machines would keep real ones from ever being recorded. One that
// waits asks every few seconds and is never gone.
static void desk_forget_gone(struct desk *desk)
{
    if (desk->unknown_count < DESK_UNKNOWN_MACHINES_MOST) {
        return;
    }
    struct desk_old gone = {.now_s = desk_now_s(desk)};
    store_machine_each(desk->store, desk_collect_gone, &gone);
    for (size_t i = 0; i < gone.count; i++) {
        (void)store_machine_remove(desk->store, gone.ids[i]);
    }
    if (gone.count == 0) {
        return;
    }
    desk->unknown_count -= (uint32_t)gone.count;
    struct event event = {.kind = EVENT_SERVER};
    reasons_add(&event.reasons, REASON_MACHINES_FORGOTTEN);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "%zu unknown machines that are gone were forgotten to make room", gone.count);
    desk_tell(desk, &event);
}

static void desk_tell_dropped(struct desk *desk)
{
    uint64_t dropped = desk_news_take_dropped(&desk->news);
    if (dropped == 0) {
        return;
    }
    struct event event = {.kind = EVENT_SERVER};
    reasons_add(&event.reasons, REASON_EVENTS_DROPPED);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "%llu events of very busy hosts were left out here", (unsigned long long)dropped);
    desk_tell(desk, &event);
}

void desk_tick(struct desk *desk)
{
    desk_end_expired(desk);
    desk_forget_gone(desk);
    desk_tell_dropped(desk);
}

// ---- the timeline of decisions ----

void desk_tell_plan(struct desk *desk, const struct desk_meeting *meeting, const struct boot_client *client,
                    struct ip address, const char *detail)
{
    if (client->is_test) {
        return;
    }
    const struct boot_plan *plan = &meeting->plan;
    boots_see_plan(desk->boots, client, plan);
    uint64_t machine_id = meeting->machine == NULL ? 0 : meeting->machine->id;
    struct desk_shown *shown = &desk->shown[machine_id % DESK_SHOWN_MOST];
    enum reason_id worst = reasons_worst(&plan->reasons);
    bool is_loader = client->stage == BOOT_STAGE_LOADER;
    if (is_loader && shown->machine_id == machine_id && shown->kind == plan->kind && shown->reason == worst) {
        return;
    }
    *shown = (struct desk_shown){machine_id, plan->kind, worst};
    struct event event = {.kind = EVENT_BOOT,
                          .machine_id = machine_id,
                          .order_id = plan->order == NULL ? 0 : plan->order->id,
                          .mac = client->mac,
                          .address = address,
                          .reasons = plan->reasons};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add(&text, plan_kind_sentence(plan->kind));
    if (worst != REASON_NONE) {
        text_add_format(&text, ": %s", reason_get(worst)->sentence);
    }
    if (reasons_has(&plan->reasons, REASON_IDENTITY_CONFLICT) && !uuid_is_useless(&client->uuid)) {
        char uuid[UUID_TEXT_BYTES];
        text_add_format(&text, " (it says UUID %s)", uuid_print(&client->uuid, uuid));
    }
    if (detail[0] != '\0') {
        text_add_format(&text, " (%s)", detail);
    }
    desk_tell(desk, &event);
}
