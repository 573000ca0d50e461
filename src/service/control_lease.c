// SPDX-License-Identifier: GPL-3.0-or-later
// Leases: listed piece by piece, so that a million of them hold no DHCP client up, and ended by hand.
#include "base/text.h"
#include "base/time.h"
#include "io/heap.h"
#include "service/address_list.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_route.h"
#include "service/control_state.h"
#include "service/dhcp_pools.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES   ((size_t)4 * 1024)
#define ROWS_A_TURN   8192u  // looked at
#define SORT_A_TURN   32768u // put in order
#define LINE_BYTES    2048
#define FILTER_STATES 4 // and the one for all that stand

struct lease_filter {
    char state[16]; // "" = those that stand
    bool has_all;
    bool has_subnet;
    struct subnet subnet;
    struct ip address; // none = any
    uint64_t machine_id;
    bool has_macs;
    struct hw macs[MACHINE_MACS_MOST];
    unsigned mac_count;
};

struct lease_list {
    const struct control_world *world;
    struct lease_filter filter;
    uint32_t row; // the next one to look at
    bool is_sorted;
    struct address_list found;
    size_t at;     // the next one to tell
    uint32_t row6; // behind those, of DHCPv6, in no order
    bool is_lines; // one object a line; else one object in all
    bool is_begun;
    bool is_ended;
    char line[LINE_BYTES]; // being given, from `line_at`
    size_t line_bytes;
    size_t line_at;
};

static bool filter_has_client(const struct lease_filter *filter, const struct hw *mac)
{
    for (unsigned i = 0; i < filter->mac_count; i++) {
        if (hw_equal(&filter->macs[i], mac)) {
            return true;
        }
    }
    return !filter->has_macs;
}

static bool filter_has_state(const struct lease_filter *filter, enum lease_state state, int64_t ends_s,
                             int64_t now_s)
{
    bool is_standing = state != LEASE_FREE && ends_s > now_s;
    return filter->state[0] != '\0'
               ? strcmp(filter->state, control_json_lease_state(state, ends_s, now_s)) == 0
               : filter->has_all || is_standing;
}

static bool filter_has(const struct lease_filter *filter, const struct lease *lease, int64_t now_s)
{
    struct hw mac = lease_key_hw(&lease->key);
    return filter_has_state(filter, lease->state, lease->ends_s, now_s) &&
           (!filter->has_subnet || subnet_has(filter->subnet, lease->address)) &&
           filter_has_client(filter, &mac);
}

static bool filter_has6(const struct lease_filter *filter, const struct lease6 *lease, int64_t now_s)
{
    bool is_machine = filter->machine_id != 0 && lease->client.machine_id == filter->machine_id;
    return filter_has_state(filter, lease->state, lease->ends_s, now_s) && !filter->has_subnet &&
           (ip_is_none(filter->address) || ip_equal(filter->address, ip_from_ip6(lease->address))) &&
           (is_machine || filter_has_client(filter, &lease->client.hw));
}

static const struct lease *list_find(const struct lease_list *list, struct ip4 address)
{
    const struct lease *lease = store_lease_find(list->world->store, address);
    bool is_wanted = lease != NULL && filter_has(&list->filter, lease, desk_now_s(list->world->desk));
    return is_wanted ? lease : NULL;
}

static void list_look(struct lease_list *list)
{
    const struct store *store = list->world->store;
    int64_t now_s = desk_now_s(list->world->desk);
    uint32_t end = store_lease_rows(store);
    end = end - list->row > ROWS_A_TURN ? list->row + ROWS_A_TURN : end;
    for (; list->row < end; list->row++) {
        const struct lease *lease = store_lease_at(store, list->row);
        if (lease != NULL && filter_has(&list->filter, lease, now_s)) {
            address_list_add(&list->found, lease->address);
        }
    }
}

// Some of the work that comes before the first lease can be told. Whether there is none left.
static bool list_prepare(struct lease_list *list)
{
    if (list->is_sorted) {
        return true;
    }
    if (!ip_is_none(list->filter.address)) {
        address_list_add(&list->found, ip_get_ip4(list->filter.address)); // 0 has no lease
        list->is_sorted = true;
    } else if (list->row < store_lease_rows(list->world->store) && list->found.sorted == NULL) {
        list_look(list);
    } else {
        list->is_sorted = address_list_step(&list->found, SORT_A_TURN);
    }
    return list->is_sorted;
}

static void list_print(struct lease_list *list, json_t *taken_json)
{
    json_t *json = taken_json;
    const char *before = list->is_lines ? "" : list->is_begun ? "," : "{\"leases\":[";
    list->is_begun = true;
    size_t head = strlen(before);
    memcpy(list->line, before, head);
    size_t bytes = json_dumpb(json, list->line + head, sizeof list->line - head - 1, JSON_COMPACT);
    json_decref(json);
    assert(bytes < sizeof list->line - head - 1); // all its texts are short
    list->line_bytes = head + bytes;
    if (list->is_lines) {
        list->line[list->line_bytes++] = '\n';
    }
    list->line_at = 0;
}

static void list_say(struct lease_list *list, const char *text)
{
    list->line_bytes = strlen(text);
    memcpy(list->line, text, list->line_bytes);
    list->line_at = 0;
}

// The next lease of DHCPv6, or an empty line when some were looked at in vain; false when there is none.
static bool list_fill6(struct lease_list *list)
{
    const struct store *store = list->world->store;
    int64_t now_s = desk_now_s(list->world->desk);
    for (unsigned looked = 0; list->row6 < store_lease6_rows(store); looked++) {
        if (looked == ROWS_A_TURN) {
            list_say(list, "\n");
            return true;
        }
        const struct lease6 *lease = store_lease6_at(store, list->row6++);
        if (lease != NULL && filter_has6(&list->filter, lease, now_s)) {
            list_print(list, control_json_lease6(store, lease, now_s));
            return true;
        }
    }
    return false;
}

// The next piece of text to give; false when there is none.
static bool list_fill(struct lease_list *list)
{
    while (list->at < list->found.items.count) {
        const struct lease *lease = list_find(list, address_list_get(&list->found, list->at++));
        if (lease != NULL) { // else it changed meanwhile
            list_print(list, control_json_lease(list->world->store, lease, desk_now_s(list->world->desk)));
            return true;
        }
    }
    if (list_fill6(list)) {
        return true;
    }
    if (list->is_lines || list->is_ended) {
        return false;
    }
    list_say(list, list->is_begun ? "]}" : "{\"leases\":[]}");
    list->is_ended = true;
    return true;
}

// Each call does a little; a blank, which means nothing between the pieces, asks to be called again.
static ssize_t list_read(void *context, uint64_t position, char *out, size_t most)
{
    (void)position;
    struct lease_list *list = context;
    size_t written = 0;
    if (!list_prepare(list)) {
        out[0] = '\n';
        return 1;
    }
    while (written < most && (list->line_at < list->line_bytes || list_fill(list))) {
        size_t bytes = size_min(list->line_bytes - list->line_at, most - written);
        memcpy(out + written, list->line + list->line_at, bytes);
        written += bytes;
        list->line_at += bytes;
    }
    return written == 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)written;
}

static void list_free(void *context)
{
    struct lease_list *list = context;
    address_list_clear(&list->found);
    heap_free(list);
}

static bool is_set(const struct control_request *request, const char *name)
{
    const char *value = control_query(request, name);
    return value != NULL && strcmp(value, "1") == 0;
}

static bool filter_take_state(struct control_request *request, struct lease_filter *filter)
{
    static const char *const STATES[FILTER_STATES] = {"bound", "declined", "free", "ended"};
    const char *state = control_query(request, "state");
    if (state == NULL) {
        return true;
    }
    if (text_find(state, STATES, COUNT_OF(STATES)) == COUNT_OF(STATES)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "it is bound, declined, free or ended",
                            "a lease is never in the state '%.20s'", state);
        return false;
    }
    (void)text_copy(filter->state, sizeof filter->state, state);
    return true;
}

static bool filter_take_place(struct control_request *request, struct lease_filter *filter)
{
    const char *subnet = control_query(request, "subnet");
    const char *address = control_query(request, "address");
    filter->has_subnet = subnet != NULL;
    if (subnet != NULL && subnet_parse(subnet, &filter->subnet) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "write it as 192.0.2.0/24",
                            "'%.60s' is no network", subnet);
        return false;
    }
    if (address != NULL && ip_parse(address, &filter->address) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "write it as 192.0.2.100 or 2001:db8::100",
                            "'%.60s' is no IP address", address);
        return false;
    }
    return true;
}

// A MAC address need not be a machine's.
static bool filter_take_machine(struct control_request *request, struct lease_filter *filter)
{
    const char *name = control_query(request, "machine");
    if (name == NULL) {
        return true;
    }
    filter->has_macs = true;
    const struct machine *machine = store_machine_find_name(request->world->store, name);
    if (machine == NULL && hw_parse(name, &filter->macs[0]) == STATUS_OK) {
        filter->mac_count = 1;
        machine = store_machine_find_mac(request->world->store, &filter->macs[0]);
    } else if (machine == NULL) {
        machine = control_machine_find(request, name);
    }
    if (machine != NULL) {
        memcpy(filter->macs, machine->macs, sizeof filter->macs);
        filter->mac_count = machine->mac_count;
        filter->machine_id = machine->id;
    }
    return filter->mac_count != 0 || machine != NULL;
}

void control_lease_list(struct control_request *request)
{
    struct lease_filter filter = {.has_all = is_set(request, "all")};
    if (!filter_take_state(request, &filter) || !filter_take_place(request, &filter) ||
        !filter_take_machine(request, &filter)) {
        return;
    }
    struct lease_list *list = heap_new(sizeof *list);
    list->world = request->world;
    list->filter = filter;
    list->is_lines = is_set(request, "lines");
    address_list_init(&list->found);
    request->response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES, list_read, list, list_free);
    if (request->response == NULL) {
        list_free(list);
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "", "there is no memory for this");
        return;
    }
    (void)MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                  list->is_lines ? "application/x-ndjson" : "application/json");
    request->http_status = MHD_HTTP_OK;
}

// The lease of the address that the path names, while it stands; else the answer is given.
static const struct lease *find_standing(struct control_request *request)
{
    char text[TIME_TEXT_BYTES];
    struct ip4 address;
    const char *name = request->names[0];
    if (ip4_parse(name, &address) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST,
                            "name the address: imprint lease list MACHINE tells which ones a machine has",
                            "'%.60s' is no IPv4 address", name);
        return NULL;
    }
    const struct lease *lease = store_lease_find(request->world->store, address);
    if (lease == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint lease list shows those that are",
                            "%s was never given out", name);
    } else if (lease->state == LEASE_FREE || lease->ends_s <= desk_now_s(request->world->desk)) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "imprint lease list shows those that are",
                            "%s is not given out: that ended at %s", name, time_print(lease->ends_s, text));
        lease = NULL;
    }
    return lease;
}

// A machine's own address stays its own, lease or not.
static bool check_not_reserved(struct control_request *request, const struct lease *lease)
{
    char remedy[PROBLEM_REMEDY_BYTES];
    struct hw mac = lease_key_hw(&lease->key);
    const struct machine *owner = store_machine_find_address(request->world->store, lease->address);
    if (owner == NULL || lease->state == LEASE_DECLINED ||
        store_machine_find_mac(request->world->store, &mac) != owner) {
        return true;
    }
    (void)snprintf(remedy, sizeof remedy,
                   "take the reservation back first: imprint machine edit %.60s --address none", owner->name);
    control_refuse_text(request, MHD_HTTP_CONFLICT, remedy,
                        "%s is reserved for %.60s, which has it: nobody else could get it anyway",
                        request->names[0], owner->name);
    return false;
}

static void tell_released(struct control_request *request, const struct lease *was, const char *why)
{
    char holder[HW_TEXT_BYTES] = "a client without hardware address";
    char address[IP4_TEXT_BYTES];
    struct hw mac = lease_key_hw(&was->key);
    const struct machine *machine = store_machine_find_mac(request->world->store, &mac);
    struct event event = {.kind = machine == NULL ? EVENT_SERVER : EVENT_MACHINE,
                          .machine_id = machine == NULL ? 0 : machine->id,
                          .address = ip_from_ip4(was->address)};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    reasons_add(&event.reasons, REASON_LEASE_ENDED_BY_HAND);
    text_add_format(&text, "the lease of %s, %s by %s, was ended by %.40s", ip4_print(was->address, address),
                    was->state == LEASE_DECLINED ? "set aside" : "held",
                    mac.length == 0 ? holder : hw_print(&mac, holder), request->owner);
    if (why != NULL && why[0] != '\0') {
        text_add(&text, ": ");
        text_add_escaped(&text, why, strlen(why));
    }
    desk_tell(request->world->desk, &event);
}

void control_lease_release(struct control_request *request)
{
    static const char *const members[] = {"why", NULL};
    const char *why = NULL;
    const struct control_world *world = request->world;
    if (!control_allow(request, members) || !control_get_text(request, "why", &why)) {
        return;
    }
    const struct lease *lease = find_standing(request);
    if (lease == NULL || !check_not_reserved(request, lease)) {
        return;
    }
    const struct lease was = *lease;
    struct lease ended = was;
    ended.state = LEASE_FREE;
    ended.ends_s = desk_now_s(world->desk);
    store_lease_put(world->store, &ended);
    if (world->pools != NULL && world->pools(world->context) != NULL) {
        dhcp_pools_put(world->pools(world->context), &ended);
    }
    if (!control_keep(request)) {
        return;
    }
    tell_released(request, &was, why);
    json_t *answer = control_json_lease(world->store, &ended, ended.ends_s);
    json_object_set_new(answer, "was_state", json_string(lease_state_text(was.state)));
    json_object_set_new(answer, "was_until_s",
                        was.ends_s == INT64_MAX ? json_null() : json_integer(was.ends_s));
    control_answer(request, MHD_HTTP_OK, answer);
}
