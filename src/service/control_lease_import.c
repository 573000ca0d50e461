// SPDX-License-Identifier: GPL-3.0-or-later
// Leases that another server gave come in, a few hundred with each request. What imprint gave itself stands:
// a lease from elsewhere never takes an address away from anybody here.
#include "base/text.h"
#include "base/time.h"
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/control_state.h"
#include "service/dhcp_pools.h"

#include <string.h>

#define IMPORT_MOST       1000 // in one request: about a millisecond of work
#define IMPORT_TIME_MOST  INT64_C(253402300799)
#define IMPORT_TEXT_BYTES 200

enum import_verdict {
    IMPORT_TAKEN,
    IMPORT_UNCHANGED, // it is here already
    IMPORT_EXPIRED,
    IMPORT_OUTSIDE,
    IMPORT_RESERVED,
    IMPORT_EXCLUDED,
    IMPORT_HELD,
    IMPORT_ELSEWHERE, // its client has another address
    IMPORT_VERDICT_COUNT
};

struct import { // one request
    const struct control_world *world;
    struct dhcp_pools *pools;
    int64_t now_s;
    char why[IMPORT_TEXT_BYTES]; // the lease at hand is not taken
};

static const char *verdict_name(enum import_verdict verdict)
{
    static const char *const NAMES[IMPORT_VERDICT_COUNT] = {
        [IMPORT_TAKEN] = "taken",     [IMPORT_UNCHANGED] = "unchanged", [IMPORT_EXPIRED] = "expired",
        [IMPORT_OUTSIDE] = "outside", [IMPORT_RESERVED] = "reserved",   [IMPORT_EXCLUDED] = "excluded",
        [IMPORT_HELD] = "in-use",     [IMPORT_ELSEWHERE] = "elsewhere"};
    return NAMES[verdict];
}

static const struct machine *find_machine(const struct import *import, const struct lease_key *key)
{
    struct hw mac = lease_key_hw(key);
    return mac.length == 0 ? NULL : store_machine_find_mac(import->world->store, &mac);
}

static const char *client_print(const struct lease_key *key, char out[HW_TEXT_BYTES])
{
    struct hw mac = lease_key_hw(key);
    return mac.length == 0 ? "a client without hardware address" : hw_print(&mac, out);
}

static struct pool *find_pool(const struct import *import, struct ip4 address)
{
    for (uint32_t i = 0; i < import->pools->pool_count; i++) {
        if (pool_find_address(&import->pools->pools[i], address) != NULL) {
            return &import->pools->pools[i];
        }
    }
    return NULL;
}

static bool has_network(const struct import *import, struct ip4 address)
{
    bool has = false;
    for (uint32_t i = 0; i < import->pools->count; i++) {
        has = has || subnet_has(import->pools->networks[i].subnet, address);
    }
    return has;
}

PRINTF_LIKE(3, 4)
static enum import_verdict leave(struct import *import, enum import_verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(import->why, sizeof import->why, format, arguments);
    va_end(arguments);
    return verdict;
}

// Whether the address is one that this client may be given here at all.
static enum import_verdict decide_place(struct import *import, const struct lease *lease, struct pool *pool)
{
    const struct machine *owner = store_machine_find_address(import->world->store, lease->address);
    if (owner != NULL && find_machine(import, &lease->key) != owner) {
        return leave(import, IMPORT_RESERVED, "it is reserved for %.60s", owner->name);
    }
    if (!has_network(import, lease->address)) {
        return leave(import, IMPORT_OUTSIDE, "no network of dhcp.subnets has it");
    }
    if (pool == NULL && owner == NULL) {
        return leave(import, IMPORT_OUTSIDE, "no range of dhcp.subnets has it");
    }
    if (owner == NULL && pool_find_address(pool, lease->address)->reserved) {
        return leave(import, IMPORT_EXCLUDED, "it is excluded, or a server or a router has it");
    }
    return IMPORT_TAKEN;
}

// Whether somebody else has the address here, or this client another one on the same wire.
static enum import_verdict decide_rivals(struct import *import, const struct lease *lease, struct pool *pool)
{
    char text[HW_TEXT_BYTES];
    char until[TIME_TEXT_BYTES];
    const struct lease *here = pool != NULL ? &pool_find_address(pool, lease->address)->lease
                                            : store_lease_find(import->world->store, lease->address);
    bool stands = here != NULL && here->state != LEASE_FREE && here->ends_s > import->now_s;
    if (stands && here->state == LEASE_DECLINED) {
        return leave(import, IMPORT_HELD, "it is set aside until %s, since somebody else was seen using it",
                     time_print(here->ends_s, until));
    }
    if (stands && !lease_key_equal(&here->key, &lease->key)) {
        return leave(import, IMPORT_HELD, "%s has it here", client_print(&here->key, text));
    }
    if (stands && here->state == LEASE_BOUND && here->ends_s >= lease->ends_s) {
        return IMPORT_UNCHANGED;
    }
    const struct pool_slot *other = pool == NULL ? NULL : pool_find_key(pool, &lease->key);
    bool is_elsewhere = other != NULL && !ip4_equal(other->lease.address, lease->address) &&
                        other->lease.state == LEASE_BOUND && other->lease.ends_s > import->now_s;
    if (is_elsewhere && other->lease.starts_s >= lease->starts_s) {
        return leave(import, IMPORT_ELSEWHERE, "its client has %s here",
                     ip4_print(other->lease.address, text));
    }
    return IMPORT_TAKEN;
}

static void keep(const struct import *import, const struct lease *lease)
{
    dhcp_pools_put(import->pools, lease);
    store_lease_put(import->world->store, lease);
}

// What the client had before on this wire is free for others.
static void free_older(const struct import *import, const struct lease *lease, struct pool *pool)
{
    const struct pool_slot *other = pool == NULL ? NULL : pool_find_key(pool, &lease->key);
    if (other != NULL && !ip4_equal(other->lease.address, lease->address) &&
        other->lease.state == LEASE_BOUND && other->lease.ends_s > import->now_s) {
        struct lease older = other->lease;
        older.state = LEASE_FREE;
        older.ends_s = import->now_s;
        keep(import, &older);
    }
}

static void take(const struct import *import, struct lease *lease, struct pool *pool)
{
    const struct lease *known = store_lease_find(import->world->store, lease->address);
    bool is_same = known != NULL && lease_key_equal(&known->key, &lease->key);
    if (lease->hostname[0] == '\0' && is_same) {
        memcpy(lease->hostname, known->hostname, sizeof lease->hostname);
    }
    if (lease->starts_s == 0 || lease->starts_s > import->now_s) {
        lease->starts_s = import->now_s;
    }
    free_older(import, lease, pool);
    keep(import, lease);
}

static enum import_verdict import_one(struct import *import, struct lease *lease)
{
    char text[TIME_TEXT_BYTES];
    if (lease->ends_s <= import->now_s) {
        return leave(import, IMPORT_EXPIRED, "it ended at %s", time_print(lease->ends_s, text));
    }
    struct pool *pool = find_pool(import, lease->address);
    enum import_verdict verdict = decide_place(import, lease, pool);
    if (verdict == IMPORT_TAKEN) {
        verdict = decide_rivals(import, lease, pool);
    }
    if (verdict == IMPORT_TAKEN) {
        take(import, lease, pool);
    }
    return verdict;
}

// An element of the request. STATUS_MALFORMED: it is not one, and nothing of the request is done.
static enum status lease_parse(json_t *json, struct lease *lease)
{
    struct hw mac;
    const char *address = NULL;
    const char *mac_text = NULL;
    const char *client = NULL;
    const char *hostname = NULL;
    json_int_t starts_s = 0;
    json_int_t ends_s = INT64_MAX;
    *lease = (struct lease){.state = LEASE_BOUND};
    if (json_unpack(json, "{s:s, s?s, s?s, s?s, s?I, s?I !}", "address", &address, "mac", &mac_text, "client",
                    &client, "hostname", &hostname, "starts_s", &starts_s, "ends_s", &ends_s) != 0 ||
        ip4_parse(address, &lease->address) != STATUS_OK || lease->address.value == 0 ||
        (mac_text == NULL) == (client == NULL)) {
        return STATUS_MALFORMED;
    }
    if (mac_text != NULL && hw_parse(mac_text, &mac) == STATUS_OK) {
        lease->key = lease_key_from(&mac, NULL, 0);
    } else if (mac_text != NULL || !lease_key_parse(client, &lease->key)) {
        return STATUS_MALFORMED;
    }
    bool is_time = starts_s >= 0 && starts_s <= IMPORT_TIME_MOST && ends_s > 0 &&
                   (ends_s <= IMPORT_TIME_MOST || ends_s == INT64_MAX);
    lease->starts_s = starts_s;
    lease->ends_s = ends_s;
    bool is_whole =
        hostname == NULL || text_copy(lease->hostname, sizeof lease->hostname, hostname) == STATUS_OK;
    return is_time && is_whole ? STATUS_OK : STATUS_MALFORMED;
}

// All of the request must be leases before one is taken.
static json_t *find_leases(struct control_request *request)
{
    static const char *const members[] = {"leases", "from", "is_last", NULL};
    json_t *list = json_object_get(request->json, "leases");
    struct lease lease;
    size_t position;
    json_t *json;
    if (!control_allow(request, members)) {
        return NULL;
    }
    if (!json_is_array(list) || json_array_size(list) > IMPORT_MOST) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'leases' must be a list of at most %d leases",
                            IMPORT_MOST);
        return NULL;
    }
    json_array_foreach(list, position, json)
    {
        if (lease_parse(json, &lease) != STATUS_OK) {
            control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "see docs/protocols/control-api.md",
                                "number %zu of 'leases' is no lease; nothing was taken", position);
            return NULL;
        }
    }
    return list;
}

static json_t *import_all(struct import *import, json_t *list, uint64_t *taken)
{
    struct lease lease;
    size_t position;
    json_t *json;
    json_int_t unchanged = 0;
    json_t *left = json_array();
    *taken = 0;
    json_array_foreach(list, position, json)
    {
        enum status status = lease_parse(json, &lease);
        assert(status == STATUS_OK);
        (void)status;
        enum import_verdict verdict = import_one(import, &lease);
        *taken += verdict == IMPORT_TAKEN ? 1 : 0;
        unchanged += verdict == IMPORT_UNCHANGED ? 1 : 0;
        if (verdict != IMPORT_TAKEN && verdict != IMPORT_UNCHANGED) {
            json_array_append_new(left,
                                  json_pack("{s:I, s:s, s:o}", "number", (json_int_t)position, "reason",
                                            verdict_name(verdict), "text", control_json_text(import->why)));
        }
    }
    return json_pack("{s:I, s:I, s:o}", "taken", (json_int_t)*taken, "unchanged", unchanged, "left", left);
}

// One line of the timeline for all that belongs together.
static void tell_imported(struct control_request *request, uint64_t taken)
{
    const char *from = json_string_value(json_object_get(request->json, "from"));
    request->control->leases_imported += taken;
    if (!json_is_true(json_object_get(request->json, "is_last")) || request->control->leases_imported == 0) {
        return;
    }
    struct event event = {.kind = EVENT_SERVER};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "%llu leases of another server were taken over by %.40s",
                    (unsigned long long)request->control->leases_imported, request->owner);
    if (from != NULL) {
        text_add(&text, ", from ");
        text_add_escaped(&text, from, strlen(from));
    }
    request->control->leases_imported = 0;
    desk_tell(request->world->desk, &event);
}

void control_lease_import(struct control_request *request)
{
    const struct control_world *world = request->world;
    struct import import = {.world = world,
                            .pools = world->pools == NULL ? NULL : world->pools(world->context),
                            .now_s = desk_now_s(world->desk)};
    uint64_t taken;
    json_t *list = find_leases(request);
    if (list == NULL) {
        return;
    }
    if (import.pools == NULL || import.pools->count == 0) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "write the networks into dhcp.subnets first",
                            "imprint has no addresses to give, so it takes no leases over");
        return;
    }
    json_t *answer = import_all(&import, list, &taken);
    if (!control_keep(request)) {
        json_decref(answer);
        return;
    }
    tell_imported(request, taken);
    control_answer(request, MHD_HTTP_OK, answer);
}
