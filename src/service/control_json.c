// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_json.h"

#include "base/text.h"
#include "service/control_machine.h"
#include "service/control_personal.h"

#include <string.h>

json_t *control_json_text(const char *text)
{
    bool plain = true;
    for (const char *at = text; plain && *at != '\0'; at++) {
        plain = !text_is_control(*at);
    }
    json_t *json = plain ? json_string(text) : NULL; // NULL too when it is not UTF-8
    if (json != NULL) {
        return json;
    }
    char escaped[1024];
    struct text builder;
    text_init(&builder, escaped, sizeof escaped);
    text_add_escaped(&builder, text, strlen(text));
    return json_string(escaped);
}

static void put_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, control_json_text(text));
}

static void put_number(json_t *object, const char *name, int64_t number)
{
    json_object_set_new(object, name, json_integer(number));
}

// 0 = not known.
static void put_time(json_t *object, const char *name, int64_t unix_s)
{
    json_object_set_new(object, name,
                        unix_s == 0 || unix_s == INT64_MAX ? json_null() : json_integer(unix_s));
}

static void put_address(json_t *object, const char *name, struct ip4 address)
{
    char text[IP4_TEXT_BYTES];
    json_object_set_new(object, name,
                        address.value == 0 ? json_null() : json_string(ip4_print(address, text)));
}

static void put_ip(json_t *object, const char *name, struct ip address)
{
    char text[IP_TEXT_BYTES];
    json_object_set_new(object, name,
                        ip_is_none(address) ? json_null() : json_string(ip_print(address, text)));
}

static void put_hw(json_t *object, const char *name, const struct hw *hw)
{
    char text[HW_TEXT_BYTES];
    json_object_set_new(object, name, hw->length == 0 ? json_null() : json_string(hw_print(hw, text)));
}

static void put_uuid(json_t *object, const char *name, const struct uuid *uuid)
{
    char text[UUID_TEXT_BYTES];
    static const struct uuid none;
    json_object_set_new(object, name,
                        uuid_equal(uuid, &none) ? json_null() : json_string(uuid_print(uuid, text)));
}

static void put_machine_name(json_t *object, const struct machine *machine)
{
    json_object_set_new(object, "machine", machine == NULL ? json_null() : control_json_text(machine->name));
}

json_t *control_json_machine(const struct store *store, const struct machine *machine)
{
    json_t *object = json_object();
    json_t *macs = json_array();
    for (unsigned i = 0; i < machine->mac_count; i++) {
        char text[HW_TEXT_BYTES];
        json_array_append_new(macs, json_string(hw_print(&machine->macs[i], text)));
    }
    const struct order *order = store_order_find_live(store, machine->id);
    put_number(object, "id", (int64_t)machine->id);
    put_text(object, "name", machine->name);
    put_text(object, "state", machine_state_text(machine->state));
    json_object_set_new(object, "macs", macs);
    put_uuid(object, "uuid", &machine->uuid);
    put_text(object, "serial", machine->serial);
    put_text(object, "hostname", machine_hostname(machine));
    put_address(object, "address", machine->address);
    put_ip(object, "address6", ip_from_ip6(machine->address6));
    put_address(object, "last_address", machine->last_address);
    json_object_set_new(object, "architecture",
                        machine->architecture == UINT16_MAX ? json_null()
                                                            : json_integer(machine->architecture));
    put_text(object, "loader", machine_loader_text(machine->loader));
    json_object_set_new(object, "counter",
                        machine->counter == 0 ? json_null() : json_integer(machine->counter));
    json_object_set_new(object, "tftp_blksize",
                        machine->tftp_blksize == 0 ? json_null() : json_integer(machine->tftp_blksize));
    json_object_set_new(object, "tftp_blksize_learned",
                        machine->tftp_blksize_learned == 0 ? json_null()
                                                           : json_integer(machine->tftp_blksize_learned));
    put_text(object, "tftp_rollover", machine_rollover_text(machine->tftp_rollover));
    json_object_set_new(object, "dhcp_options", control_machine_options_json(machine));
    put_text(object, "proposal", machine->proposal);
    put_text(object, "classes", machine->classes);
    put_text(object, "place", machine->place);
    put_text(object, "reply_shape", machine->reply_shape);
    put_text(object, "firmware", machine->firmware);
    put_time(object, "first_seen_s", machine->first_seen_s);
    put_time(object, "last_seen_s", machine->last_seen_s);
    int64_t found_s = 0;
    (void)store_inventory_find(store, machine->id, &found_s);
    put_time(object, "found_s", found_s);
    json_object_set_new(object, "order", order == NULL ? json_null() : control_json_order(store, order));
    return object;
}

static json_t *json_starts(uint8_t starts)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {
        {IMAGE_STARTS_BIOS, "bios"}, {IMAGE_STARTS_UEFI, "uefi"}, {IMAGE_STARTS_SECURE, "secureboot"}};
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if ((starts & names[i].bit) != 0) {
            json_array_append_new(list, json_string(names[i].name));
        }
    }
    return list;
}

static json_t *json_methods(const struct image *image)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < image->method_count; i++) {
        const struct image_method *method = &image->methods[i];
        char on[64];
        struct text text;
        json_t *object = json_object();
        text_init(&text, on, sizeof on);
        image_on_print(method->on, &text);
        put_text(object, "name", method->name);
        put_text(object, "way", image_way_text(method->way));
        put_text(object, "on", on);
        put_text(object, "kernel", method->kernel);
        put_text(object, "initrd", method->initrd);
        put_text(object, "arguments", method->arguments);
        put_number(object, "memory_bytes", (int64_t)method->memory_bytes);
        json_array_append_new(list, object);
    }
    return list;
}

json_t *control_json_image(const struct image *image)
{
    json_t *object = json_object();
    put_number(object, "id", (int64_t)image->id);
    put_text(object, "name", image->name);
    put_text(object, "family", image->family);
    put_text(object, "description", image->description);
    put_text(object, "kind", image_kind_text(image->kind));
    json_object_set_new(object, "starts", json_starts(image->starts));
    put_number(object, "content_bytes", (int64_t)image->content_bytes);
    put_number(object, "needs_bytes", (int64_t)image->needs_bytes);
    put_text(object, "kernel", image->kernel);
    put_text(object, "initrd", image->initrd);
    put_text(object, "arguments", image->arguments);
    put_number(object, "size_bytes", (int64_t)image->size_bytes);
    put_number(object, "file_count", image->file_count);
    put_time(object, "created_s", image->created_s);
    put_text(object, "medium", image->medium);
    put_text(object, "sha256", image->sha256);
    put_text(object, "grade", image_grade_text(image->grade));
    put_text(object, "remark", image->remark);
    json_object_set_new(object, "methods", json_methods(image));
    return object;
}

json_t *control_json_profile(const struct profile *profile, bool with_answer)
{
    json_t *object = json_object();
    json_t *values = json_object();
    for (unsigned i = 0; i < profile->value_count; i++) {
        const struct profile_value *value = &profile->values[i];
        if (value->is_secret) {
            json_object_set_new(values, value->key, json_pack("{s:b}", "secret", 1));
        } else {
            put_text(values, value->key, value->value);
        }
    }
    put_number(object, "id", (int64_t)profile->id);
    put_text(object, "name", profile->name);
    put_text(object, "image", profile->image);
    put_text(object, "arguments", profile->arguments);
    put_text(object, "answer_name", profile->answer_name);
    put_number(object, "answer_bytes", profile->answer_bytes);
    if (with_answer) {
        json_object_set_new(object, "answer",
                            profile->answer == NULL ? json_null() : json_string(profile->answer));
    }
    json_object_set_new(object, "values", values);
    control_personal_add(object, profile);
    put_time(object, "created_s", profile->created_s);
    return object;
}

json_t *control_json_order(const struct store *store, const struct order *order)
{
    json_t *object = json_object();
    put_number(object, "id", (int64_t)order->id);
    put_number(object, "machine_id", (int64_t)order->machine_id);
    put_machine_name(object, store_machine_get(store, order->machine_id));
    put_text(object, "profile", order->profile);
    put_text(object, "owner", order->owner);
    put_text(object, "why", order->why);
    put_text(object, "hostname", order->hostname);
    put_text(object, "state", order_state_text(order->state));
    json_object_set_new(object, "is_live", json_boolean(order_is_live(order)));
    json_object_set_new(object, "by_agent", json_boolean(order->by_agent));
    put_number(object, "tries", order->tries);
    put_number(object, "boots", order->boots);
    put_text(object, "disk", order->disk);
    put_text(object, "erase", order->erase);
    put_text(object, "eraser", order->eraser);
    put_time(object, "erase_s", order->erase_s);
    put_text(object, "target", order->target);
    put_text(object, "trouble", order->trouble);
    put_time(object, "created_s", order->created_s);
    put_time(object, "expires_s", order->expires_s);
    put_time(object, "started_s", order->started_s);
    put_time(object, "used_s", order->used_s);
    put_time(object, "ended_s", order->ended_s);
    put_time(object, "skip_until_s", order->skip_until_s);
    return object;
}

const char *control_json_lease_state(enum lease_state state, int64_t ends_s, int64_t now_s)
{
    if (ends_s > now_s) {
        return lease_state_text(state);
    }
    return state == LEASE_BOUND ? "ended" : lease_state_text(LEASE_FREE);
}

// What tells a client apart that is not told by an Ethernet address: what struct lease_key has, in
// hexadecimal.
static void put_client(json_t *object, const struct lease_key *key, const struct hw *mac)
{
    char hex[2 * LEASE_KEY_BYTES + 1];
    for (size_t i = 0; i < LEASE_KEY_BYTES; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", key->bytes[i]);
    }
    bool is_plain = lease_key_is_none(key) || (mac->type == 1 && mac->length == 6);
    json_object_set_new(object, "client", is_plain ? json_null() : json_string(hex));
}

json_t *control_json_lease(const struct store *store, const struct lease *lease, int64_t now_s)
{
    json_t *object = json_object();
    struct hw mac = lease_key_hw(&lease->key);
    const struct machine *machine = mac.length == 0 ? NULL : store_machine_find_mac(store, &mac);
    const struct machine *owner = store_machine_find_address(store, lease->address);
    put_address(object, "address", lease->address);
    put_hw(object, "mac", &mac);
    put_client(object, &lease->key, &mac);
    put_text(object, "state", control_json_lease_state(lease->state, lease->ends_s, now_s));
    put_text(object, "hostname", lease->hostname);
    put_machine_name(object, machine);
    json_object_set_new(object, "reserved_for", owner == NULL ? json_null() : control_json_text(owner->name));
    put_time(object, "starts_s", lease->starts_s);
    put_time(object, "ends_s", lease->ends_s);
    return object;
}

json_t *control_json_lease6(const struct store *store, const struct lease6 *lease, int64_t now_s)
{
    char duid[2 * LEASE6_DUID_BYTES + 1] = "";
    const struct lease6_client *client = &lease->client;
    json_t *object = json_object();
    const struct machine *machine = store_machine_get(store, client->machine_id);
    if (machine == NULL && client->hw.length != 0) {
        machine = store_machine_find_mac(store, &client->hw);
    }
    for (size_t i = 0; i < client->duid_length; i++) {
        (void)snprintf(duid + 2 * i, 3, "%02x", client->duid[i]);
    }
    put_ip(object, "address", ip_from_ip6(lease->address));
    put_hw(object, "mac", &client->hw);
    json_object_set_new(object, "duid", json_string(duid));
    put_number(object, "iaid", client->iaid);
    put_text(object, "state", control_json_lease_state(lease->state, lease->ends_s, now_s));
    put_text(object, "hostname", lease->hostname);
    put_machine_name(object, machine);
    put_time(object, "starts_s", lease->starts_s);
    put_time(object, "ends_s", lease->ends_s);
    return object;
}

json_t *control_json_event(const struct store *store, const struct event *event)
{
    json_t *object = json_object();
    json_t *reasons = json_array();
    for (unsigned i = 0; i < event->reasons.count; i++) {
        json_array_append_new(reasons, json_string(reason_get(event->reasons.ids[i])->name));
    }
    enum reason_id worst = reasons_worst(&event->reasons);
    put_number(object, "id", (int64_t)event->id);
    put_number(object, "at_ms", event->at_ms);
    put_text(object, "kind", event_kind_text(event->kind));
    put_text(object, "severity",
             reason_severity_text(worst == REASON_NONE ? REASON_INFO : reason_get(worst)->severity));
    put_number(object, "machine_id", (int64_t)event->machine_id);
    put_machine_name(object, store_machine_get(store, event->machine_id));
    put_number(object, "order_id", (int64_t)event->order_id);
    put_hw(object, "mac", &event->mac);
    put_ip(object, "address", event->address);
    json_object_set_new(object, "reasons", reasons);
    put_text(object, "text", event->text);
    return object;
}
