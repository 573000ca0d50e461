// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp.h"

#include "io/heap.h"
#include "io/packet.h"
#include "io/udp.h"
#include "service/dhcp_answer.h"
#include "service/dhcp_conflict.h"
#include "service/dhcp_probe.h"

#include <stdlib.h>
#include <string.h>

#define PROBES_BEFORE_DECIDING                                                                               \
    3 // in auto mode: questions asked, PROBE_GAP_MS apart, before we believe the silence
#define PROBE_GAP_MS    1000
#define PROBE_REPEAT_MS 600000 // afterwards
#define OTHER_NEWS_S    600    // somebody else is news again after this silence
#define PENDING_MOST    256
#define CONFLICT_GAP_MS 25 // how often questions that wait for the network's silence are looked after

struct dhcp_port {
    struct dhcp_service *service;
    struct interface interface;
    struct udp *server; // port 67
    struct udp *boot;   // port 4011
    struct packet *packet;
    struct loop_timer *timer;
    enum dhcp_port_state state;
    bool lacks_subnet;
    unsigned probes;
    struct dhcp_port *next;
};

struct dhcp_pending { // a reply that waits for the turn's commit
    uint32_t interface_index;
    uint16_t port; // of ours
    struct ip4 from;
    struct ip4 to;
    uint16_t to_port;
    bool to_hw;
    struct hw hw;
    size_t count;
    uint8_t bytes[DHCP4_MOST_BYTES];
};

struct dhcp_service {
    struct dhcp_settings settings;
    struct dhcp_pools pools;
    struct dhcp_port *ports;
    struct dhcp_other others[DHCP_OTHERS_MOST];
    unsigned other_count;
    struct dhcp_counters counters;
    unsigned pending_count;
    struct dhcp_pending pending[PENDING_MOST];
    struct dhcp_conflict conflict;
    struct loop_timer *conflict_timer;
    struct dhcp_answer answer; // scratch of the datagram at hand
    _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
};

// The primary one: for what concerns no client.
static struct ip4 dhcp_port_address(const struct dhcp_port *port)
{
    return port->interface.addresses[0].address;
}

static bool dhcp_port_has(const struct dhcp_port *port, struct ip4 address)
{
    for (unsigned i = 0; i < port->interface.address_count; i++) {
        if (ip4_equal(port->interface.addresses[i].address, address)) {
            return true;
        }
    }
    return false;
}

// The first of our addresses that lies in a configured network, or 0.
static struct ip4 dhcp_port_find_served(const struct dhcp_port *port)
{
    const struct dhcp_pools *pools = &port->service->pools;
    for (unsigned i = 0; i < port->interface.address_count; i++) {
        for (uint32_t j = 0; j < pools->count; j++) {
            if (subnet_has(pools->networks[j].subnet, port->interface.addresses[i].address)) {
                return port->interface.addresses[i].address;
            }
        }
    }
    return (struct ip4){0};
}

// By which of our addresses the sender knows us, or can reach us: the one it wrote to, the one in its own
// network, the one in the network that we serve here.
static struct ip4 dhcp_port_pick_address(const struct dhcp_port *port, const struct datagram *datagram)
{
    if (dhcp_port_has(port, datagram->to)) {
        return datagram->to;
    }
    const struct interface_address *near =
        datagram->from.value == 0 ? NULL : interface_find_address(&port->interface, datagram->from);
    if (near != NULL) {
        return near->address;
    }
    struct ip4 served = dhcp_port_find_served(port);
    return served.value != 0 ? served : dhcp_port_address(port);
}

static struct dhcp_port *dhcp_port_find(const struct dhcp_service *service, uint32_t interface_index)
{
    for (struct dhcp_port *port = service->ports; port != NULL; port = port->next) {
        if (port->interface.index == interface_index) {
            return port;
        }
    }
    return NULL;
}

// ---- sending ----

static enum status dhcp_send_frame(struct dhcp_port *port, const struct dhcp_pending *pending)
{
    struct frame_udp4 frame = {.to_hw = pending->hw,
                               .to = pending->to,
                               .from = pending->from,
                               .to_port = pending->to_port,
                               .from_port = pending->port,
                               .payload = pending->bytes,
                               .payload_bytes = pending->count};
    return packet_send_udp(port->packet, &frame);
}

static enum status dhcp_send_datagram(struct dhcp_port *port, const struct dhcp_pending *pending,
                                      struct ip4 to)
{
    struct udp_message message = {.bytes = pending->bytes,
                                  .count = pending->count,
                                  .to = to,
                                  .to_port = pending->to_port,
                                  .from = pending->from,
                                  .interface_index = pending->interface_index};
    return udp_send(pending->port == DHCP4_PXE_PORT ? port->boot : port->server, &message);
}

static void dhcp_send(struct dhcp_service *service, const struct dhcp_pending *pending)
{
    static const struct ip4 EVERYBODY = {UINT32_MAX};
    struct dhcp_port *port = dhcp_port_find(service, pending->interface_index);
    if (port == NULL) {
        return; // the interface went away in the meantime
    }
    enum status status = STATUS_UNSUPPORTED;
    if (pending->to_hw && pending->hw.type == 1 && pending->hw.length == 6) {
        status = dhcp_send_frame(port, pending);
    }
    if (status != STATUS_OK) {
        status = dhcp_send_datagram(port, pending, pending->to_hw ? EVERYBODY : pending->to);
    }
    if (status == STATUS_OK) {
        service->counters.replied++;
    } else {
        service->counters.unsent++;
    }
}

void dhcp_service_flush(struct dhcp_service *service)
{
    if (service == NULL || service->pending_count == 0) {
        return;
    }
    if (store_is_dirty(service->settings.desk->store) &&
        !service->settings.commit(service->settings.context)) {
        service->counters.unsent += service->pending_count;
        service->pending_count = 0;
        return;
    }
    for (unsigned i = 0; i < service->pending_count; i++) {
        dhcp_send(service, &service->pending[i]);
    }
    service->pending_count = 0;
}

static void dhcp_queue(struct dhcp_port *port, struct ip4 from, uint16_t own_port,
                       const struct dhcp4_actions *actions, size_t limit_bytes)
{
    struct dhcp_service *service = port->service;
    if (service->pending_count == PENDING_MOST) {
        dhcp_service_flush(service);
    }
    struct dhcp_pending *pending = &service->pending[service->pending_count];
    enum status status =
        dhcp4_encode(&actions->reply, limit_bytes, pending->bytes, sizeof pending->bytes, &pending->count);
    if (status != STATUS_OK) {
        log_write(service->settings.log, LOG_LEVEL_ERROR, "a DHCP reply could not be written: %s",
                  status_text(status));
        service->counters.unsent++;
        return;
    }
    pending->interface_index = port->interface.index;
    pending->port = own_port;
    pending->from = from;
    pending->to = actions->to;
    pending->to_port = actions->to_port;
    pending->to_hw = actions->to_hw;
    pending->hw = actions->reply.chaddr;
    service->pending_count++;
}

// ---- others on the network ----

static void dhcp_tell_other(struct dhcp_port *port, const struct dhcp_other *other)
{
    struct dhcp_service *service = port->service;
    bool is_expected = other->kind == DHCP_OTHER_SERVER && port->state != DHCP_PORT_SERVER;
    char address[IP4_TEXT_BYTES];
    char hw[HW_TEXT_BYTES];
    struct event event = {.kind = EVENT_SERVER, .mac = other->hw, .address = other->address};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "another %s answers on %s: %s (%s)", dhcp_other_text(other->kind),
                    port->interface.name, ip4_print(other->address, address), hw_print(&other->hw, hw));
    if (other->name[0] != '\0') {
        text_add_format(&text, ", named %s", other->name);
    }
    if (!is_expected) {
        enum reason_id reason = dhcp_other_reason(other->kind);
        reasons_add(&event.reasons, reason);
        text_add_format(&text, "; %s", reason_get(reason)->remedy);
    }
    desk_tell(service->settings.desk, &event);
}

static void dhcp_note_other(struct dhcp_port *port, struct dhcp_other *other)
{
    struct dhcp_service *service = port->service;
    other->last_seen_s = desk_now_s(service->settings.desk);
    (void)text_copy(other->interface, sizeof other->interface, port->interface.name);
    struct dhcp_other *known = NULL;
    struct dhcp_other *oldest = &service->others[0];
    for (unsigned i = 0; i < service->other_count && known == NULL; i++) {
        struct dhcp_other *candidate = &service->others[i];
        bool is_same = candidate->kind == other->kind && hw_equal(&candidate->hw, &other->hw) &&
                       strcmp(candidate->interface, other->interface) == 0;
        known = is_same ? candidate : NULL;
        oldest = candidate->last_seen_s < oldest->last_seen_s ? candidate : oldest;
    }
    bool is_news = known == NULL || other->last_seen_s - known->last_seen_s > OTHER_NEWS_S;
    if (known == NULL) {
        known = service->other_count < DHCP_OTHERS_MOST ? &service->others[service->other_count++] : oldest;
    }
    *known = *other;
    if (is_news) {
        dhcp_tell_other(port, other);
    }
}

// ---- auto mode ----

static void dhcp_port_decide(struct dhcp_port *port, bool is_other_there)
{
    bool has_subnet = dhcp_port_find_served(port).value != 0;
    port->lacks_subnet = !is_other_there && !has_subnet;
    port->state = is_other_there || !has_subnet ? DHCP_PORT_PROXY : DHCP_PORT_SERVER;
    struct event event = {.kind = EVENT_SERVER, .address = dhcp_port_address(port)};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    if (port->state == DHCP_PORT_SERVER) {
        text_add_format(&text, "nobody else gives addresses on %s: serving addresses and boot information",
                        port->interface.name);
    } else if (is_other_there) {
        text_add_format(&text, "another DHCP server gives addresses on %s: serving boot information only",
                        port->interface.name);
    } else {
        reasons_add(&event.reasons, REASON_NO_DHCP_SERVER);
        char subnet[SUBNET_TEXT_BYTES];
        const struct interface_address *own = &port->interface.addresses[0];
        struct subnet network = {{own->address.value & ip4_mask(own->prefix).value}, own->prefix};
        text_add_format(
            &text,
            "nobody gives addresses on %s: serving boot information only; to serve addresses add network %s "
            "with a range to dhcp.subnets",
            port->interface.name, subnet_print(network, subnet));
    }
    desk_tell(port->service->settings.desk, &event);
}

static void dhcp_port_probe(void *context)
{
    struct dhcp_port *port = context;
    if (port->state == DHCP_PORT_LISTENING && port->probes >= PROBES_BEFORE_DECIDING) {
        dhcp_port_decide(port, false);
    }
    uint8_t bytes[DHCP4_MOST_BYTES];
    struct hw hw = packet_hw(port->packet);
    uint32_t xid =
        (uint32_t)hash_bytes((struct hash_key){port->interface.index, port->probes}, hw.octets, hw.length);
    struct frame_udp4 frame = {.to_hw = frame_broadcast(),
                               .to = {UINT32_MAX},
                               .to_port = DHCP4_SERVER_PORT,
                               .from_port = DHCP4_CLIENT_PORT,
                               .payload = bytes,
                               .payload_bytes =
                                   dhcp_probe_encode(&hw, dhcp_port_address(port), xid, bytes, sizeof bytes)};
    if (frame.payload_bytes != 0) {
        (void)packet_send_udp(port->packet, &frame);
    }
    port->probes++;
    loop_timer_start(port->timer, port->probes <= PROBES_BEFORE_DECIDING ? PROBE_GAP_MS : PROBE_REPEAT_MS, 0);
}

static bool dhcp_is_ours(const struct dhcp_service *service, struct ip4 address)
{
    for (const struct dhcp_port *port = service->ports; port != NULL; port = port->next) {
        if (dhcp_port_has(port, address)) {
            return true;
        }
    }
    return false;
}

static void dhcp_hear_server(void *context, const struct frame_udp4 *frame)
{
    struct dhcp_port *port = context;
    struct dhcp_service *service = port->service;
    struct hw own = packet_hw(port->packet);
    if (hw_equal(&frame->from_hw, &own)) {
        return;
    }
    struct arena arena = arena_init(service->memory, sizeof service->memory);
    struct dhcp4_message message;
    struct dhcp_other other;
    if (dhcp4_decode(frame->payload, frame->payload_bytes, &arena, &message, NULL) != STATUS_OK ||
        !dhcp_probe_classify(&message, frame->from, &frame->from_hw, &other)) {
        return;
    }
    if (dhcp_is_ours(service, other.address)) {
        return; // a relay hands on what we said
    }
    dhcp_note_other(port, &other);
    bool may_change = port->state == DHCP_PORT_LISTENING || port->lacks_subnet;
    if (other.gives_addresses && may_change && service->settings.config->dhcp_mode == CONFIG_DHCP_AUTO) {
        dhcp_port_decide(port, true);
    }
}

// ---- receiving ----

// Another imprint asks who is here. Both learn of each other.
static bool dhcp_answer_probe(struct dhcp_port *port, const struct datagram *datagram)
{
    struct dhcp_service *service = port->service;
    struct arena arena = arena_init(service->memory, sizeof service->memory);
    struct dhcp4_message message;
    struct ip4 address;
    if (dhcp4_decode(datagram->bytes, datagram->count, &arena, &message, NULL) != STATUS_OK ||
        !dhcp_probe_is(&message, &address)) {
        return false;
    }
    struct hw own = packet_hw(port->packet);
    if (hw_equal(&message.chaddr, &own)) {
        return true;
    }
    struct dhcp_other other = {.kind = DHCP_OTHER_IMPRINT, .address = address, .hw = message.chaddr};
    dhcp_note_other(port, &other);
    struct dhcp4_actions actions = {.to = {UINT32_MAX}, .to_port = DHCP4_CLIENT_PORT, .has_reply = true};
    struct ip4 own_address = dhcp_port_address(port);
    dhcp_probe_reply(&message, own_address, service->settings.config->server_name,
                     port->state == DHCP_PORT_SERVER, &actions.reply);
    dhcp_queue(port, own_address, DHCP4_SERVER_PORT, &actions, DHCP4_DEFAULT_LIMIT);
    return true;
}

// Whether the offer at hand may leave: the address is the client's own, or is not on this wire, or nobody has
// it. Else its question waits for the network's silence, and is answered anew then. Never about an address
// that the client had before: its firmware or loader may still answer for it.
static bool dhcp_may_offer(struct dhcp_port *port, const struct datagram *datagram)
{
    struct dhcp_service *service = port->service;
    const struct dhcp_answer *answer = &service->answer;
    const struct lease *lease = &answer->actions.lease;
    const struct hw *client = &answer->message.chaddr;
    bool is_new = answer->actions.reply_kind == DHCP4_OFFER && answer->actions.has_lease &&
                  lease->state == LEASE_OFFERED && answer->message.giaddr.value == 0 && client->type == 1 &&
                  interface_find_address(&port->interface, lease->address) != NULL;
    const struct lease *stored = store_lease_find(service->settings.desk->store, lease->address);
    if (!is_new || (stored != NULL && lease_key_equal(&stored->key, &lease->key)) ||
        dhcp_conflict_is_settled(&service->conflict, datagram, client, lease->address, loop_now_ms())) {
        return true;
    }
    loop_timer_start(service->conflict_timer, CONFLICT_GAP_MS, CONFLICT_GAP_MS);
    (void)packet_send_probe(port->packet, lease->address); // not sent, nobody speaks up: offered all the same
    return false;
}

static void dhcp_receive_question(struct dhcp_port *port, const struct datagram *datagram, uint16_t own_port)
{
    struct dhcp_service *service = port->service;
    struct ip4 own = dhcp_port_pick_address(port, datagram);
    struct dhcp_answer_world world = {.desk = service->settings.desk,
                                      .pools = &service->pools,
                                      .loaders = service->settings.find_loaders(service->settings.context),
                                      .http_port = service->settings.config->http_port,
                                      .is_proxy = port->state == DHCP_PORT_PROXY,
                                      .address = own};
    struct dhcp_question question = {.bytes = datagram->bytes,
                                     .count = datagram->count,
                                     .port = own_port,
                                     .from = datagram->from,
                                     .from_port = datagram->from_port,
                                     .is_unicast = dhcp_port_has(port, datagram->to)};
    struct arena arena = arena_init(service->memory, sizeof service->memory);
    memset(&service->answer, 0, sizeof service->answer);
    if (dhcp_answer(&world, &question, &arena, &service->answer) != STATUS_OK) {
        service->counters.malformed++;
        char from[IP4_TEXT_BYTES];
        log_write(service->settings.log, LOG_LEVEL_DEBUG, "dropped a packet that is no DHCP request, from %s",
                  ip4_print(datagram->from, from));
        return;
    }
    if (!service->answer.actions.has_reply) {
        service->counters.silent++;
        return;
    }
    if (dhcp_may_offer(port, datagram)) {
        dhcp_queue(port, own, own_port, &service->answer.actions, service->answer.limit_bytes);
    }
}

static void dhcp_receive(struct dhcp_port *port, const struct datagram *datagram, uint16_t own_port)
{
    port->service->counters.received++;
    if (!dhcp_answer_probe(port, datagram) && port->state != DHCP_PORT_LISTENING) {
        dhcp_receive_question(port, datagram, own_port);
    }
}

static void dhcp_receive_server(void *context, const struct datagram *datagram)
{
    dhcp_receive(context, datagram, DHCP4_SERVER_PORT);
}

static void dhcp_receive_boot(void *context, const struct datagram *datagram)
{
    dhcp_receive(context, datagram, DHCP4_PXE_PORT);
}

// ---- addresses that strangers use ----

static void dhcp_hear_arp(void *context, const struct arp *arp)
{
    struct dhcp_port *port = context;
    struct hw own = packet_hw(port->packet);
    dhcp_conflict_hear(&port->service->conflict, port->interface.index, arp, &own);
}

// Its own other card may answer for an address that the machine had.
static bool dhcp_is_stranger(const struct dhcp_service *service, const struct conflict_slot *taken)
{
    const struct machine *machine = store_machine_find_mac(service->settings.desk->store, &taken->client);
    return machine == NULL || !machine_has_mac(machine, &taken->stranger);
}

static void dhcp_set_aside(struct dhcp_service *service, const struct conflict_slot *taken)
{
    struct desk *desk = service->settings.desk;
    int64_t now_s = desk_now_s(desk);
    struct lease lease = {.address = taken->address,
                          .key = lease_key_from(&taken->client, NULL, 0),
                          .state = LEASE_DECLINED,
                          .starts_s = now_s,
                          .ends_s = now_s + DHCP4_DECLINE_HOLD_S};
    dhcp_pools_put(&service->pools, &lease);
    store_lease_put(desk->store, &lease);
    struct event event = {.kind = EVENT_DHCP, .mac = taken->stranger, .address = taken->address};
    reasons_add(&event.reasons, REASON_ADDRESS_IN_USE);
    char address[IP4_TEXT_BYTES];
    char hw[HW_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "%s is used by %s, which did not get it here; it is set aside for %u minutes",
                    ip4_print(taken->address, address), hw_print(&taken->stranger, hw),
                    DHCP4_DECLINE_HOLD_S / 60);
    desk_tell(desk, &event);
}

static void dhcp_conflict_tick(void *context)
{
    struct dhcp_service *service = context;
    struct conflict_slot over;
    while (dhcp_conflict_take(&service->conflict, loop_now_ms(), &over)) {
        struct dhcp_port *port = dhcp_port_find(service, over.interface_index);
        if (over.state == CONFLICT_TAKEN && dhcp_is_stranger(service, &over)) {
            dhcp_set_aside(service, &over);
        }
        if (port != NULL && port->state == DHCP_PORT_SERVER) {
            dhcp_receive_question(port, &over.datagram, DHCP4_SERVER_PORT);
        }
    }
    if (service->conflict.asking == 0) {
        loop_timer_stop(service->conflict_timer);
    }
}

// ---- life ----

static void dhcp_port_close(struct dhcp_port *port)
{
    loop_timer_free(port->timer);
    udp_close(port->server);
    udp_close(port->boot);
    packet_close(port->packet);
    heap_free(port);
}

static struct packet *dhcp_port_open_packet(struct dhcp_port *port, const struct interface *interface,
                                            struct problem *problem)
{
    struct packet_handler handler = {.hears = PACKET_HEARS_SERVERS | PACKET_HEARS_ARP,
                                     .hear_udp = dhcp_hear_server,
                                     .hear_arp = dhcp_hear_arp,
                                     .context = port};
    return packet_open(port->service->settings.loop, interface, &handler, problem);
}

static bool dhcp_port_open(struct dhcp_port *port, struct problem *problem)
{
    struct loop *loop = port->service->settings.loop;
    struct udp_options options = {.port = DHCP4_SERVER_PORT,
                                  .interface = port->interface.name,
                                  .is_shared = true,
                                  .may_broadcast = true};
    port->server = udp_open(loop, &options, dhcp_receive_server, port, problem);
    options.port = DHCP4_PXE_PORT;
    port->boot = port->server == NULL ? NULL : udp_open(loop, &options, dhcp_receive_boot, port, problem);
    port->packet = port->boot == NULL ? NULL : dhcp_port_open_packet(port, &port->interface, problem);
    return port->packet != NULL;
}

static enum dhcp_port_state dhcp_port_first_state(const struct dhcp_service *service)
{
    switch (service->settings.config->dhcp_mode) {
    case CONFIG_DHCP_SERVER:
        return DHCP_PORT_SERVER;
    case CONFIG_DHCP_PROXY:
        return DHCP_PORT_PROXY;
    case CONFIG_DHCP_AUTO:
    case CONFIG_DHCP_OFF:
    case CONFIG_DHCP_MODE_COUNT:
        break;
    }
    return DHCP_PORT_LISTENING;
}

enum status dhcp_service_add(struct dhcp_service *service, const struct interface *interface,
                             struct problem *problem)
{
    if (dhcp_service_has(service, interface->index)) {
        return STATUS_EXISTS;
    }
    assert(interface->address_count > 0);
    struct dhcp_port *port = heap_new(sizeof *port);
    port->service = service;
    port->interface = *interface;
    port->state = dhcp_port_first_state(service);
    if (!dhcp_port_open(port, problem)) {
        dhcp_port_close(port);
        return STATUS_IO;
    }
    port->next = service->ports;
    service->ports = port;
    port->timer = loop_timer_new(service->settings.loop, dhcp_port_probe, port);
    loop_timer_start(port->timer, 0, 0);
    return STATUS_OK;
}

enum status dhcp_service_change(struct dhcp_service *service, const struct interface *interface,
                                struct problem *problem)
{
    struct dhcp_port *port = dhcp_port_find(service, interface->index);
    if (port == NULL) {
        return STATUS_OK;
    }
    if (!hw_equal(&interface->hw, &port->interface.hw)) {
        struct packet *packet = dhcp_port_open_packet(port, interface, problem);
        if (packet == NULL) {
            return STATUS_IO;
        }
        packet_close(port->packet);
        port->packet = packet;
    }
    port->interface = *interface;
    return STATUS_OK;
}

void dhcp_service_remove(struct dhcp_service *service, uint32_t interface_index)
{
    for (struct dhcp_port **at = &service->ports; *at != NULL; at = &(*at)->next) {
        struct dhcp_port *port = *at;
        if (port->interface.index == interface_index) {
            *at = port->next;
            dhcp_port_close(port);
            return;
        }
    }
}

bool dhcp_service_has(const struct dhcp_service *service, uint32_t interface_index)
{
    return dhcp_port_find(service, interface_index) != NULL;
}

enum status dhcp_service_refresh(struct dhcp_service *service, struct problem *problem)
{
    struct dhcp_pools pools;
    enum status status =
        dhcp_pools_init(&pools, service->settings.config, service->settings.desk->store, problem);
    if (status != STATUS_OK) {
        return status;
    }
    dhcp_pools_clear(&service->pools);
    service->pools = pools;
    bool is_auto = service->settings.config->dhcp_mode == CONFIG_DHCP_AUTO;
    for (struct dhcp_port *port = service->ports; port != NULL && is_auto; port = port->next) {
        bool has_subnet = dhcp_port_find_served(port).value != 0;
        if (port->lacks_subnet ? has_subnet : port->state == DHCP_PORT_SERVER && !has_subnet) {
            dhcp_port_decide(port, false);
        }
    }
    return STATUS_OK;
}

struct dhcp_service *dhcp_service_new(const struct dhcp_settings *settings, struct problem *problem)
{
    struct dhcp_service *service = heap_new(sizeof *service);
    service->settings = *settings;
    if (dhcp_pools_init(&service->pools, settings->config, settings->desk->store, problem) != STATUS_OK) {
        heap_free(service);
        return NULL;
    }
    service->conflict_timer = loop_timer_new(settings->loop, dhcp_conflict_tick, service);
    return service;
}

void dhcp_service_status(const struct dhcp_service *service, struct dhcp_status *status)
{
    *status = (struct dhcp_status){.other_count = service->other_count, .counters = service->counters};
    memcpy(status->others, service->others, sizeof status->others);
    for (const struct dhcp_port *port = service->ports; port != NULL && status->port_count < INTERFACES_MOST;
         port = port->next) {
        struct dhcp_port_status *out = &status->ports[status->port_count++];
        *out = (struct dhcp_port_status){
            .address = dhcp_port_address(port), .state = port->state, .lacks_subnet = port->lacks_subnet};
        memcpy(out->interface, port->interface.name, sizeof out->interface);
    }
}

void dhcp_service_free(struct dhcp_service *service)
{
    if (service == NULL) {
        return;
    }
    dhcp_service_flush(service);
    while (service->ports != NULL) {
        struct dhcp_port *port = service->ports;
        service->ports = port->next;
        dhcp_port_close(port);
    }
    loop_timer_free(service->conflict_timer);
    dhcp_pools_clear(&service->pools);
    heap_free(service);
}
