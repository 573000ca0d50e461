// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sqlite_rows.h"

#include "base/text.h"
#include "store/memory.h"
#include "store/sqlite_column.h"
#include "store/sqlite_image.h"
#include "store/sqlite_lease6.h"

#include <string.h>

static void rows_bind_hw(sqlite3_stmt *statement, int at, const struct hw *address)
{
    uint8_t bytes[1 + HW_BYTES] = {address->type};
    memcpy(bytes + 1, address->octets, address->length);
    (void)sqlite3_bind_blob(statement, at, bytes, 1 + address->length, SQLITE_TRANSIENT);
}

static struct ip4 rows_read_ip4(sqlite3_stmt *statement, int at)
{
    return (struct ip4){(uint32_t)sqlite3_column_int64(statement, at)};
}

/// Whether the blob in column `at` has exactly `bytes` bytes.
static bool rows_read_blob(sqlite3_stmt *statement, int at, void *out, size_t bytes)
{
    const void *blob = sqlite3_column_blob(statement, at);
    if (blob == NULL || (size_t)sqlite3_column_bytes(statement, at) != bytes) {
        return false;
    }
    memcpy(out, blob, bytes);
    return true;
}

// None is an empty blob.
static void rows_bind_ip6(sqlite3_stmt *statement, int at, struct ip6 address)
{
    int bytes = ip6_is_none(address) ? 0 : (int)sizeof address.octets;
    (void)sqlite3_bind_blob(statement, at, bytes == 0 ? (const void *)"" : address.octets, bytes,
                            SQLITE_TRANSIENT);
}

static bool rows_read_ip6(sqlite3_stmt *statement, int at, struct ip6 *address)
{
    *address = (struct ip6){{0}};
    return sqlite3_column_bytes(statement, at) == 0 ||
           rows_read_blob(statement, at, address->octets, sizeof address->octets);
}

static bool rows_read_hw(sqlite3_stmt *statement, int at, struct hw *address)
{
    const uint8_t *blob = sqlite3_column_blob(statement, at);
    int bytes = sqlite3_column_bytes(statement, at);
    if (blob == NULL || bytes < 1 || bytes > 1 + HW_BYTES) {
        return false;
    }
    *address = (struct hw){.type = blob[0], .length = (uint8_t)(bytes - 1)};
    memcpy(address->octets, blob + 1, address->length);
    return true;
}

static void machine_bind(sqlite3_stmt *statement, const void *row)
{
    const struct machine *machine = row;
    rows_bind_number(statement, 1, machine->id);
    rows_bind_text(statement, 2, machine->name);
    rows_bind_text(statement, 3, machine_state_text(machine->state));
    rows_bind_text(statement, 4, machine_loader_text(machine->loader));
    (void)sqlite3_bind_blob(statement, 5, machine->uuid.bytes, sizeof machine->uuid.bytes, SQLITE_STATIC);
    rows_bind_text(statement, 6, machine->serial);
    rows_bind_text(statement, 7, machine->hostname);
    rows_bind_number(statement, 8, machine->address.value);
    rows_bind_number(statement, 9, machine->architecture);
    rows_bind_number(statement, 10, machine->last_address.value);
    rows_bind_time(statement, 11, machine->first_seen_s);
    rows_bind_time(statement, 12, machine->last_seen_s);
    rows_bind_number(statement, 13, machine->counter);
    rows_bind_number(statement, 14, machine->tftp_blksize);
    rows_bind_number(statement, 15, machine->tftp_blksize_learned);
    rows_bind_text(statement, 16, machine_rollover_text(machine->tftp_rollover));
    rows_bind_text(statement, 17, machine->dhcp_options);
    rows_bind_text(statement, 18, policy_choice_text(machine->unknown));
    rows_bind_text(statement, 19, machine->proposal);
    rows_bind_text(statement, 20, machine->place);
    rows_bind_text(statement, 21, machine->reply_shape);
    rows_bind_text(statement, 22, machine->firmware);
    rows_bind_ip6(statement, 23, machine->address6);
    rows_bind_text(statement, 24, machine->classes);
}

static bool machine_read(sqlite3_stmt *statement, void *row)
{
    struct machine *machine = row;
    machine->id = rows_read_number(statement, 0);
    machine->address = rows_read_ip4(statement, 7);
    machine->architecture = (uint16_t)rows_read_number(statement, 8);
    machine->last_address = rows_read_ip4(statement, 9);
    machine->first_seen_s = sqlite3_column_int64(statement, 10);
    machine->last_seen_s = sqlite3_column_int64(statement, 11);
    machine->counter = (uint32_t)rows_read_number(statement, 12);
    machine->tftp_blksize = (uint16_t)rows_read_number(statement, 13);
    machine->tftp_blksize_learned = (uint16_t)rows_read_number(statement, 14);
    return rows_read_text(statement, 1, machine->name, sizeof machine->name) &&
           machine_state_parse(rows_text(statement, 2), &machine->state) == STATUS_OK &&
           machine_loader_parse(rows_text(statement, 3), &machine->loader) == STATUS_OK &&
           machine_rollover_parse(rows_text(statement, 15), &machine->tftp_rollover) == STATUS_OK &&
           policy_choice_parse(rows_text(statement, 17), &machine->unknown) == STATUS_OK &&
           rows_read_text(statement, 16, machine->dhcp_options, sizeof machine->dhcp_options) &&
           rows_read_text(statement, 18, machine->proposal, sizeof machine->proposal) &&
           rows_read_text(statement, 19, machine->place, sizeof machine->place) &&
           rows_read_text(statement, 20, machine->reply_shape, sizeof machine->reply_shape) &&
           rows_read_text(statement, 21, machine->firmware, sizeof machine->firmware) &&
           rows_read_ip6(statement, 22, &machine->address6) &&
           rows_read_text(statement, 23, machine->classes, sizeof machine->classes) &&
           rows_read_blob(statement, 4, machine->uuid.bytes, sizeof machine->uuid.bytes) &&
           rows_read_text(statement, 5, machine->serial, sizeof machine->serial) &&
           rows_read_text(statement, 6, machine->hostname, sizeof machine->hostname);
}

static unsigned machine_part_count(const void *row)
{
    return ((const struct machine *)row)->mac_count;
}

static void machine_part_bind(sqlite3_stmt *statement, const void *row, unsigned position)
{
    rows_bind_hw(statement, 3, &((const struct machine *)row)->macs[position]);
}

static bool machine_part_read(sqlite3_stmt *statement, void *row)
{
    struct machine *machine = row;
    return machine->mac_count < MACHINE_MACS_MOST &&
           rows_read_hw(statement, 0, &machine->macs[machine->mac_count++]);
}

static void profile_bind(sqlite3_stmt *statement, const void *row)
{
    const struct profile *profile = row;
    rows_bind_number(statement, 1, profile->id);
    rows_bind_text(statement, 2, profile->name);
    rows_bind_text(statement, 3, profile->image);
    rows_bind_text(statement, 4, profile->arguments);
    rows_bind_text(statement, 5, profile->answer_name);
    (void)sqlite3_bind_text(statement, 6, profile->answer, (int)profile->answer_bytes, SQLITE_STATIC);
    rows_bind_time(statement, 7, profile->created_s);
    const struct profile_personal *personal = &profile->personal;
    rows_bind_text(statement, 8, personal->hostname);
    rows_bind_text(statement, 9, personal->root_password);
    rows_bind_text(statement, 10, personal->user);
    rows_bind_text(statement, 11, personal->user_password);
    rows_bind_text(statement, 12, personal->timezone);
    rows_bind_text(statement, 13, personal->locale);
    rows_bind_text(statement, 14, personal->packages);
    rows_bind_text(statement, 15, profile_network_text(personal->network));
    rows_bind_text(statement, 16, personal->ssh_keys); // NULL becomes NULL
    rows_bind_text(statement, 17, personal->script);
    rows_bind_text(statement, 18, profile->disk);
}

static bool personal_read(sqlite3_stmt *statement, struct profile_personal *personal)
{
    personal->ssh_keys = (const char *)sqlite3_column_text(statement, 15);
    personal->script = (const char *)sqlite3_column_text(statement, 16);
    return rows_read_text(statement, 7, personal->hostname, sizeof personal->hostname) &&
           rows_read_text(statement, 8, personal->root_password, sizeof personal->root_password) &&
           rows_read_text(statement, 9, personal->user, sizeof personal->user) &&
           rows_read_text(statement, 10, personal->user_password, sizeof personal->user_password) &&
           rows_read_text(statement, 11, personal->timezone, sizeof personal->timezone) &&
           rows_read_text(statement, 12, personal->locale, sizeof personal->locale) &&
           rows_read_text(statement, 13, personal->packages, sizeof personal->packages) &&
           profile_network_parse(rows_text(statement, 14), &personal->network) == STATUS_OK &&
           sqlite3_column_bytes(statement, 15) <= PROFILE_KEYS_BYTES_MOST &&
           sqlite3_column_bytes(statement, 16) <= PROFILE_SCRIPT_BYTES_MOST;
}

static bool profile_read(sqlite3_stmt *statement, void *row)
{
    struct profile *profile = row;
    profile->id = rows_read_number(statement, 0);
    profile->answer = (const char *)sqlite3_column_text(statement, 5);
    profile->answer_bytes = (uint32_t)sqlite3_column_bytes(statement, 5);
    profile->created_s = sqlite3_column_int64(statement, 6);
    return rows_read_text(statement, 1, profile->name, sizeof profile->name) &&
           rows_read_text(statement, 2, profile->image, sizeof profile->image) &&
           rows_read_text(statement, 3, profile->arguments, sizeof profile->arguments) &&
           rows_read_text(statement, 4, profile->answer_name, sizeof profile->answer_name) &&
           rows_read_text(statement, 17, profile->disk, sizeof profile->disk) &&
           profile->answer_bytes <= PROFILE_ANSWER_BYTES_MOST && personal_read(statement, &profile->personal);
}

static unsigned profile_part_count(const void *row)
{
    return ((const struct profile *)row)->value_count;
}

static void profile_part_bind(sqlite3_stmt *statement, const void *row, unsigned position)
{
    const struct profile_value *value = &((const struct profile *)row)->values[position];
    rows_bind_text(statement, 3, value->key);
    rows_bind_text(statement, 4, value->value);
    rows_bind_number(statement, 5, value->is_secret ? 1 : 0);
}

static bool profile_part_read(sqlite3_stmt *statement, void *row)
{
    struct profile *profile = row;
    if (profile->value_count == PROFILE_VALUES_MOST) {
        return false;
    }
    struct profile_value *value = &profile->values[profile->value_count++];
    value->is_secret = rows_read_number(statement, 2) != 0;
    return rows_read_text(statement, 0, value->key, sizeof value->key) &&
           rows_read_text(statement, 1, value->value, sizeof value->value);
}

static void order_bind(sqlite3_stmt *statement, const void *row)
{
    const struct order *order = row;
    rows_bind_number(statement, 1, order->id);
    rows_bind_number(statement, 2, order->machine_id);
    rows_bind_text(statement, 3, order->profile);
    rows_bind_text(statement, 4, order->owner);
    rows_bind_text(statement, 5, order_state_text(order->state));
    rows_bind_time(statement, 6, order->created_s);
    rows_bind_time(statement, 7, order->expires_s);
    rows_bind_time(statement, 8, order->started_s);
    rows_bind_time(statement, 9, order->used_s);
    rows_bind_time(statement, 10, order->ended_s);
    rows_bind_number(statement, 11, order->boots);
    rows_bind_text(statement, 12, order->why);
    rows_bind_number(statement, 13, order->by_agent);
    rows_bind_number(statement, 14, order->tries);
    rows_bind_time(statement, 15, order->skip_until_s);
    rows_bind_text(statement, 16, order->disk);
    rows_bind_text(statement, 17, order->erase);
    rows_bind_text(statement, 18, order->eraser);
    rows_bind_time(statement, 19, order->erase_s);
    rows_bind_text(statement, 20, order->target);
    rows_bind_text(statement, 21, order->trouble);
    rows_bind_text(statement, 22, order->hostname);
    rows_bind_text(statement, 23, order->token);
}

static bool order_read(sqlite3_stmt *statement, void *row)
{
    struct order *order = row;
    order->id = rows_read_number(statement, 0);
    order->machine_id = rows_read_number(statement, 1);
    order->created_s = sqlite3_column_int64(statement, 5);
    order->expires_s = sqlite3_column_int64(statement, 6);
    order->started_s = sqlite3_column_int64(statement, 7);
    order->used_s = sqlite3_column_int64(statement, 8);
    order->ended_s = sqlite3_column_int64(statement, 9);
    order->boots = (uint32_t)rows_read_number(statement, 10);
    order->by_agent = rows_read_number(statement, 12) != 0;
    order->tries = (uint32_t)rows_read_number(statement, 13);
    order->skip_until_s = sqlite3_column_int64(statement, 14);
    order->erase_s = sqlite3_column_int64(statement, 18);
    return rows_read_text(statement, 2, order->profile, sizeof order->profile) &&
           rows_read_text(statement, 3, order->owner, sizeof order->owner) &&
           order_state_parse(rows_text(statement, 4), &order->state) == STATUS_OK &&
           rows_read_text(statement, 11, order->why, sizeof order->why) &&
           rows_read_text(statement, 15, order->disk, sizeof order->disk) &&
           rows_read_text(statement, 16, order->erase, sizeof order->erase) &&
           rows_read_text(statement, 17, order->eraser, sizeof order->eraser) &&
           rows_read_text(statement, 19, order->target, sizeof order->target) &&
           rows_read_text(statement, 20, order->trouble, sizeof order->trouble) &&
           rows_read_text(statement, 21, order->hostname, sizeof order->hostname) &&
           rows_read_text(statement, 22, order->token, sizeof order->token);
}

static void lease_bind(sqlite3_stmt *statement, const void *row)
{
    const struct lease *lease = row;
    rows_bind_number(statement, 1, lease->address.value);
    (void)sqlite3_bind_blob(statement, 2, lease->key.bytes, sizeof lease->key.bytes, SQLITE_STATIC);
    rows_bind_text(statement, 3, lease_state_text(lease->state));
    rows_bind_time(statement, 4, lease->starts_s);
    rows_bind_time(statement, 5, lease->ends_s);
    rows_bind_text(statement, 6, lease->hostname);
}

static bool lease_read_state(const char *text, enum lease_state *state)
{
    for (int i = 0; i < LEASE_STATE_COUNT; i++) {
        if (strcmp(lease_state_text((enum lease_state)i), text) == 0) {
            *state = (enum lease_state)i;
            return true;
        }
    }
    return false;
}

static bool lease_read(sqlite3_stmt *statement, void *row)
{
    struct lease *lease = row;
    lease->address = rows_read_ip4(statement, 0);
    lease->starts_s = sqlite3_column_int64(statement, 3);
    lease->ends_s = sqlite3_column_int64(statement, 4);
    return rows_read_blob(statement, 1, lease->key.bytes, sizeof lease->key.bytes) &&
           lease_read_state(rows_text(statement, 2), &lease->state) &&
           rows_read_text(statement, 5, lease->hostname, sizeof lease->hostname);
}

static void inventory_bind(sqlite3_stmt *statement, const void *row)
{
    const struct store_inventory *inventory = row;
    rows_bind_number(statement, 1, inventory->machine_id);
    rows_bind_time(statement, 2, inventory->found_s);
    rows_bind_text(statement, 3, inventory->json);
}

static bool inventory_read(sqlite3_stmt *statement, void *row)
{
    struct store_inventory *inventory = row;
    inventory->machine_id = rows_read_number(statement, 0);
    inventory->found_s = sqlite3_column_int64(statement, 1);
    inventory->json = (const char *)sqlite3_column_text(statement, 2);
    return inventory->json != NULL && sqlite3_column_bytes(statement, 2) <= STORE_INVENTORY_BYTES_MOST;
}

static void boot_bind(sqlite3_stmt *statement, const void *row)
{
    const struct store_boot *boot = row;
    rows_bind_number(statement, 1, boot->id);
    rows_bind_hw(statement, 2, &boot->mac);
    rows_bind_text(statement, 3, boot->verdict);
    rows_bind_text(statement, 4, boot->json);
}

static bool boot_read(sqlite3_stmt *statement, void *row)
{
    struct store_boot *boot = row;
    boot->id = rows_read_number(statement, 0);
    boot->verdict = rows_text(statement, 2);
    boot->json = rows_text(statement, 3);
    return rows_read_hw(statement, 1, &boot->mac) &&
           (size_t)sqlite3_column_bytes(statement, 2) + (size_t)sqlite3_column_bytes(statement, 3) <=
               STORE_BOOT_BYTES_MOST;
}

static void event_bind(sqlite3_stmt *statement, const void *row)
{
    const struct event *event = row;
    char names[REASONS_MOST * 48];
    struct text text;
    text_init(&text, names, sizeof names);
    for (unsigned i = 0; i < event->reasons.count; i++) {
        text_add_format(&text, "%s%s", i == 0 ? "" : ",", reason_get(event->reasons.ids[i])->name);
    }
    rows_bind_number(statement, 1, event->id);
    rows_bind_time(statement, 2, event->at_ms);
    rows_bind_text(statement, 3, event_kind_text(event->kind));
    rows_bind_number(statement, 4, event->machine_id);
    rows_bind_number(statement, 5, event->order_id);
    rows_bind_hw(statement, 6, &event->mac);
    rows_bind_number(statement, 7, ip_get_ip4(event->address).value);
    (void)sqlite3_bind_text(statement, 8, names, -1, SQLITE_TRANSIENT);
    rows_bind_text(statement, 9, event->text);
    int address_bytes = ip_is_ip6(event->address) ? (int)sizeof event->address.value.octets : 0;
    (void)sqlite3_bind_blob(statement, 10, event->address.value.octets, address_bytes, SQLITE_TRANSIENT);
}

static bool event_read_kind(const char *text, enum event_kind *kind)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        if (strcmp(event_kind_text((enum event_kind)i), text) == 0) {
            *kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

/// Takes the reasons that this version still has; an event may be older than the table of reasons.
static void event_read_reasons(const char *names, struct reasons *reasons)
{
    while (*names != '\0') {
        char name[64];
        struct text text;
        size_t length = strcspn(names, ",");
        text_init(&text, name, sizeof name);
        text_add_bytes(&text, names, length);
        const struct reason *reason = reason_find(name);
        if (reason != NULL) {
            reasons_add(reasons, reason->id);
        }
        names += length + (names[length] == ',');
    }
}

static bool event_read(sqlite3_stmt *statement, void *row)
{
    struct event *event = row;
    event->id = rows_read_number(statement, 0);
    event->at_ms = sqlite3_column_int64(statement, 1);
    event->machine_id = rows_read_number(statement, 3);
    event->order_id = rows_read_number(statement, 4);
    struct ip6 address;
    bool is_ip6 = rows_read_blob(statement, 9, address.octets, sizeof address.octets);
    event->address = is_ip6 ? ip_from_ip6(address) : ip_from_ip4(rows_read_ip4(statement, 6));
    event_read_reasons(rows_text(statement, 7), &event->reasons);
    return event_read_kind(rows_text(statement, 2), &event->kind) &&
           rows_read_hw(statement, 5, &event->mac) &&
           rows_read_text(statement, 8, event->text, sizeof event->text);
}

static const struct sqlite_rows SQLITE_ROWS[STORE_KIND_COUNT] = {
    [STORE_MACHINE] =
        {
            .table = "machine",
            .row_bytes = sizeof(struct machine),
            .put =
                "INSERT INTO machine(id, name, state, loader, uuid, serial, hostname, address, architecture,"
                " last_address, first_seen_s, last_seen_s, counter, tftp_blksize, tftp_blksize_learned,"
                " tftp_rollover, dhcp_options, unknown, proposal, place, reply_shape, firmware, address6,"
                " classes)"
                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
                " ?19, ?20, ?21, ?22, ?23, ?24)",
            .remove = "DELETE FROM machine WHERE id = ?1",
            .load =
                "SELECT id, name, state, loader, uuid, serial, hostname, address, architecture, last_address,"
                " first_seen_s, last_seen_s, counter, tftp_blksize, tftp_blksize_learned, tftp_rollover,"
                " dhcp_options, unknown, proposal, place, reply_shape, firmware, address6, classes"
                " FROM machine ORDER BY id",
            .bind = machine_bind,
            .read = machine_read,
            .part_put = "INSERT INTO machine_mac(machine_id, position, mac) VALUES(?1, ?2, ?3)",
            .part_load = "SELECT mac FROM machine_mac WHERE machine_id = ?1 ORDER BY position",
            .part_count = machine_part_count,
            .part_bind = machine_part_bind,
            .part_read = machine_part_read,
        },
    [STORE_IMAGE] =
        {
            .table = "image",
            .row_bytes = sizeof(struct image),
            .put = SQLITE_IMAGE_PUT,
            .remove = "DELETE FROM image WHERE id = ?1",
            .load = SQLITE_IMAGE_LOAD,
            .bind = sqlite_image_bind,
            .read = sqlite_image_read,
            .part_put = SQLITE_IMAGE_METHOD_PUT,
            .part_load = SQLITE_IMAGE_METHOD_LOAD,
            .part_count = sqlite_image_method_count,
            .part_bind = sqlite_image_method_bind,
            .part_read = sqlite_image_method_read,
        },
    [STORE_PROFILE] =
        {
            .table = "profile",
            .row_bytes = sizeof(struct profile),
            .put = "INSERT INTO profile(id, name, image, arguments, answer_name, answer, created_s, hostname,"
                   " root_password, user, user_password, timezone, locale, packages, network, ssh_keys,"
                   " script, disk) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                   " ?16, ?17, ?18)",
            .remove = "DELETE FROM profile WHERE id = ?1",
            .load = "SELECT id, name, image, arguments, answer_name, answer, created_s, hostname,"
                    " root_password, user, user_password, timezone, locale, packages, network, ssh_keys,"
                    " script, disk FROM profile ORDER BY id",
            .bind = profile_bind,
            .read = profile_read,
            .part_put = "INSERT INTO profile_value(profile_id, position, key, value, is_secret) VALUES(?1, "
                        "?2, ?3, ?4, ?5)",
            .part_load =
                "SELECT key, value, is_secret FROM profile_value WHERE profile_id = ?1 ORDER BY position",
            .part_count = profile_part_count,
            .part_bind = profile_part_bind,
            .part_read = profile_part_read,
        },
    [STORE_ORDER] =
        {
            .table = "orders",
            .row_bytes = sizeof(struct order),
            .put =
                "INSERT INTO orders(id, machine_id, profile, owner, state, created_s, expires_s, started_s,"
                " used_s, ended_s, boots, why, by_agent, tries, skip_until_s, disk, erase, eraser,"
                " erase_s, target, trouble, hostname, token) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                "?11,"
                " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
            .remove = "DELETE FROM orders WHERE id = ?1",
            .load = "SELECT id, machine_id, profile, owner, state, created_s, expires_s, started_s, used_s,"
                    " ended_s, boots, why, by_agent, tries, skip_until_s, disk, erase, eraser, erase_s,"
                    " target, trouble, hostname, token FROM orders ORDER BY id",
            .bind = order_bind,
            .read = order_read,
        },
    [STORE_LEASE] =
        {
            .table = "lease",
            .row_bytes = sizeof(struct lease),
            .put = "INSERT OR REPLACE INTO lease(address, key, state, starts_s, ends_s, hostname)"
                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            .remove = "DELETE FROM lease WHERE address = ?1",
            .load = "SELECT address, key, state, starts_s, ends_s, hostname FROM lease ORDER BY address",
            .bind = lease_bind,
            .read = lease_read,
        },
    [STORE_LEASE6] =
        {
            .table = "lease6",
            .row_bytes = sizeof(struct store_lease6),
            .put = SQLITE_LEASE6_PUT,
            .remove = "DELETE FROM lease6 WHERE id = ?1",
            .load = SQLITE_LEASE6_LOAD,
            .bind = sqlite_lease6_bind,
            .read = sqlite_lease6_read,
        },
    [STORE_INVENTORY] =
        {
            .table = "inventory",
            .row_bytes = sizeof(struct store_inventory),
            .put = "INSERT INTO inventory(machine_id, found_s, json) VALUES(?1, ?2, ?3)",
            .remove = "DELETE FROM inventory WHERE machine_id = ?1",
            .load = "SELECT machine_id, found_s, json FROM inventory ORDER BY machine_id",
            .bind = inventory_bind,
            .read = inventory_read,
        },
    [STORE_BOOT] =
        {
            .table = "boot",
            .row_bytes = sizeof(struct store_boot),
            .put = "INSERT INTO boot(id, mac, verdict, json) VALUES(?1, ?2, ?3, ?4)",
            .remove = "DELETE FROM boot WHERE id = ?1",
            .load = "SELECT id, mac, verdict, json FROM boot ORDER BY id",
            .bind = boot_bind,
            .read = boot_read,
        },
    [STORE_EVENT] =
        {
            .table = "event",
            .row_bytes = sizeof(struct event),
            .put = "INSERT INTO event(id, at_ms, kind, machine_id, order_id, mac, address, reasons, text,"
                   " address6) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            .remove = "DELETE FROM event WHERE id <= ?1",
            .load = "SELECT id, at_ms, kind, machine_id, order_id, mac, address, reasons, text, address6 "
                    "FROM event ORDER BY id",
            .bind = event_bind,
            .read = event_read,
        },
};

const struct sqlite_rows *sqlite_rows_get(enum store_kind kind)
{
    return &SQLITE_ROWS[kind];
}
