// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp.h"

#include "io/heap.h"
#include "io/packet.h"
#include "io/udp.h"
#include "service/dhcp_answer.h"
#include "service/dhcp_probe.h"

#include <stdlib.h>
#include <string.h>

#define PROBES_BEFORE_DECIDING                                                                               \
    3 // in auto mode: questions asked, PROBE_GAP_MS apart, before we believe the silence
#define PROBE_GAP_MS    1000
#define PROBE_REPEAT_MS 600000 // afterwards
#define OTHER_NEWS_S    600    // somebody else is news again after this silence
#define PENDING_MOST    256

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
    struct dhcp_answer answer; // scratch of the datagram at hand
    _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
};

static struct ip4 dhcp_port_address(const struct dhcp_port *port)
{
    return port->interface.addresses[0].address;
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
    struct problem problem;
    problem_clear(&problem);
    struct store *store = service->settings.desk->store;
    if (store_is_dirty(store) && store_commit(store, &problem) != STATUS_OK) {
        char text[PROBLEM_TEXT_BYTES];
        log_write(service->settings.log, LOG_LEVEL_ERROR,
                  "no DHCP answers until the store can be written: %s",
                  problem_print(&problem, text, sizeof text));
        service->counters.unsent += service->pending_count;
        service->pending_count = 0;
        return;
    }
    for (unsigned i = 0; i < service->pending_count; i++) {
        dhcp_send(service, &service->pending[i]);
    }
    service->pending_count = 0;
}

static void dhcp_queue(struct dhcp_port *port, uint16_t own_port, const struct dhcp4_actions *actions,
                       size_t limit_bytes)
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
    pending->from = dhcp_port_address(port);
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

static bool dhcp_port_has_subnet(const struct dhcp_port *port)
{
    const struct dhcp_pools *pools = &port->service->pools;
    for (uint32_t i = 0; i < pools->count; i++) {
        for (unsigned j = 0; j < port->interface.address_count; j++) {
            if (subnet_has(pools->networks[i].subnet, port->interface.addresses[j].address)) {
                return true;
            }
        }
    }
    return false;
}

static void dhcp_port_decide(struct dhcp_port *port, bool is_other_there)
{
    bool has_subnet = dhcp_port_has_subnet(port);
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
    dhcp_note_other(port, &other);
    bool gives_addresses = other.kind == DHCP_OTHER_SERVER;
    bool may_change = port->state == DHCP_PORT_LISTENING || port->lacks_subnet;
    if (gives_addresses && may_change && service->settings.config->dhcp_mode == CONFIG_DHCP_AUTO) {
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
    dhcp_probe_reply(&message, dhcp_port_address(port), service->settings.config->server_name,
                     &actions.reply);
    dhcp_queue(port, DHCP4_SERVER_PORT, &actions, DHCP4_DEFAULT_LIMIT);
    return true;
}

static void dhcp_receive(struct dhcp_port *port, const struct datagram *datagram, uint16_t own_port)
{
    struct dhcp_service *service = port->service;
    service->counters.received++;
    if (dhcp_answer_probe(port, datagram) || port->state == DHCP_PORT_LISTENING) {
        return;
    }
    struct dhcp_answer_world world = {.desk = service->settings.desk,
                                      .pools = &service->pools,
                                      .loaders = service->settings.find_loaders(service->settings.context),
                                      .http_port = service->settings.config->http_port,
                                      .is_proxy = port->state == DHCP_PORT_PROXY,
                                      .address = dhcp_port_address(port)};
    struct dhcp_question question = {.bytes = datagram->bytes,
                                     .count = datagram->count,
                                     .port = own_port,
                                     .from = datagram->from,
                                     .from_port = datagram->from_port,
                                     .is_unicast = ip4_equal(datagram->to, dhcp_port_address(port))};
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
    dhcp_queue(port, own_port, &service->answer.actions, service->answer.limit_bytes);
}

static void dhcp_receive_server(void *context, const struct datagram *datagram)
{
    dhcp_receive(context, datagram, DHCP4_SERVER_PORT);
}

static void dhcp_receive_boot(void *context, const struct datagram *datagram)
{
    dhcp_receive(context, datagram, DHCP4_PXE_PORT);
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
    struct packet_handler handler = {
        .hears = PACKET_HEARS_SERVERS, .hear_udp = dhcp_hear_server, .context = port};
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
    struct packet *packet = dhcp_port_open_packet(port, interface, problem);
    if (packet == NULL) {
        return STATUS_IO;
    }
    packet_close(port->packet);
    port->packet = packet;
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
    dhcp_pools_clear(&service->pools);
    heap_free(service);
}
