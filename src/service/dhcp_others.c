// SPDX-License-Identifier: GPL-3.0-or-later
// Who else answers DHCP on a network of ours: asking, hearing, telling, and what auto mode makes of it.
#include "service/boots.h"
#include "service/dhcp_probe.h"
#include "service/dhcp_state.h"

#include <string.h>

// In auto mode: questions asked, PROBE_GAP_MS apart, before we believe the silence.
#define PROBES_BEFORE_DECIDING 3
#define PROBE_GAP_MS           1000
#define PROBE_REPEAT_MS        300000 // afterwards, when the mode is not auto
#define OTHER_NEWS_S           600    // somebody else is news again after this silence
#define AUTO_JITTER_MS         60000  // two imprints come back at least a probe apart, most of the time

static void dhcp_tell_other(struct dhcp_port *port, const struct dhcp_other *other)
{
    struct dhcp_service *service = port->service;
    bool is_known = service->settings.config->dhcp.expected_count != 0;
    bool is_expected = is_known ? !other->is_unexpected
                                : other->kind == DHCP_OTHER_SERVER && port->state != DHCP_PORT_SERVER;
    char address[IP4_TEXT_BYTES];
    char hw[HW_TEXT_BYTES];
    struct event event = {.kind = EVENT_SERVER, .mac = other->hw, .address = ip_from_ip4(other->address)};
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "another %s answers on %s: %s (%s)", dhcp_other_text(other->kind),
                    port->interface.name, ip4_print(other->address, address), hw_print(&other->hw, hw));
    if (other->name[0] != '\0') {
        text_add_format(&text, ", named %s", other->name);
    }
    if (!is_expected) {
        enum reason_id reason =
            other->is_unexpected ? REASON_UNEXPECTED_DHCP_SERVER : dhcp_other_reason(other->kind);
        reasons_add(&event.reasons, reason);
        text_add_format(&text, "; %s", reason_get(reason)->remedy);
    }
    desk_tell(service->settings.desk, &event);
}

// Nobody is expected by name unless dhcp.expected_servers names somebody.
static bool dhcp_is_unexpected(const struct config_dhcp *config, struct ip4 address)
{
    for (unsigned i = 0; i < config->expected_count; i++) {
        if (ip4_equal(config->expected[i], address)) {
            return false;
        }
    }
    return config->expected_count != 0;
}

static void dhcp_note_other(struct dhcp_port *port, struct dhcp_other *other)
{
    struct dhcp_service *service = port->service;
    other->is_unexpected = dhcp_is_unexpected(&service->settings.config->dhcp, other->address);
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

static void dhcp_tell_yielded(const struct dhcp_port *port)
{
    struct event event = {.kind = EVENT_SERVER, .address = ip_from_ip4(dhcp_port_address(port))};
    reasons_add(&event.reasons, REASON_OTHER_DHCP_SERVER);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text,
                    "another DHCP server began to give addresses on %s: serving boot information only, until "
                    "it was silent for %lld s",
                    port->interface.name, (long long)(auto_mode_quiet_ms(&port->mode) / 1000));
    desk_tell(port->service->settings.desk, &event);
}

static bool dhcp_port_is_auto(const struct dhcp_port *port)
{
    return port->service->settings.config->dhcp_mode == CONFIG_DHCP_AUTO;
}

// Somebody else gives addresses here: so we do not.
static void dhcp_port_yield(struct dhcp_port *port)
{
    bool is_serving = port->state == DHCP_PORT_SERVER;
    if (port->mode.jitter_ms == 0) {
        struct hw own = packet_hw(port->packet);
        struct hash_key key = {port->interface.index, 0};
        port->mode.jitter_ms = 1 + (uint32_t)(hash_bytes(key, own.octets, own.length) % AUTO_JITTER_MS);
    }
    auto_mode_hear(&port->mode, is_serving, loop_now_ms());
    if (is_serving || port->state == DHCP_PORT_LISTENING || port->lacks_subnet) {
        dhcp_port_decide(port, true);
    }
}

void dhcp_hear_choice(struct dhcp_port *port, const struct dhcp4_message *message)
{
    struct ip4 server;
    bool is_other = message->kind == DHCP4_REQUEST && message->giaddr.value == 0 &&
                    dhcp4_find_ip4(message, DHCP4_OPTION_SERVER_ID, &server) && server.value != 0 &&
                    !dhcp_port_has(port, server);
    if (is_other && dhcp_port_is_auto(port) && port->state == DHCP_PORT_PROXY) {
        auto_mode_hear(&port->mode, false, loop_now_ms());
    }
}

void dhcp_port_decide(struct dhcp_port *port, bool is_other_there)
{
    bool has_subnet = dhcp_port_find_served(port).value != 0;
    port->lacks_subnet = !is_other_there && !has_subnet;
    bool was_server = port->state == DHCP_PORT_SERVER;
    port->state = is_other_there || !has_subnet ? DHCP_PORT_PROXY : DHCP_PORT_SERVER;
    if (port->state == DHCP_PORT_SERVER) {
        auto_mode_serve(&port->mode, loop_now_ms());
    } else if (was_server && is_other_there) {
        dhcp_tell_yielded(port);
        return;
    }
    struct event event = {.kind = EVENT_SERVER, .address = ip_from_ip4(dhcp_port_address(port))};
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

void dhcp_port_probe(void *context)
{
    struct dhcp_port *port = context;
    if (port->state == DHCP_PORT_LISTENING && port->probes >= PROBES_BEFORE_DECIDING) {
        dhcp_port_decide(port, false);
    } else if (dhcp_port_is_auto(port) && port->state == DHCP_PORT_PROXY && !port->lacks_subnet &&
               auto_mode_is_alone(&port->mode, loop_now_ms())) {
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
    auto_mode_ask(&port->mode);
    uint64_t repeat_ms = dhcp_port_is_auto(port) ? AUTO_PROBE_MS : PROBE_REPEAT_MS;
    loop_timer_start(port->timer, port->probes <= PROBES_BEFORE_DECIDING ? PROBE_GAP_MS : repeat_ms, 0);
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

void dhcp_hear_server(void *context, const struct frame_udp4 *frame)
{
    struct dhcp_port *port = context;
    struct dhcp_service *service = port->service;
    struct hw own = packet_hw(port->packet);
    if (hw_equal(&frame->from_hw, &own)) {
        return;
    }
    struct arena arena = arena_init(service->memory_of_theirs, sizeof service->memory_of_theirs);
    struct dhcp4_message message;
    struct dhcp_other other;
    if (dhcp4_decode(frame->payload, frame->payload_bytes, &arena, &message, NULL) != STATUS_OK ||
        !dhcp_probe_classify(&message, frame->from, &frame->from_hw, &other)) {
        return;
    }
    if (dhcp_is_ours(service, other.address)) {
        return; // a relay hands on what we said
    }
    boots_see_dhcp(service->settings.desk->boots, frame->payload, frame->payload_bytes, frame->from);
    struct dhcp4_actions actions;
    if (port->state == DHCP_PORT_PROXY &&
        dhcp_complete_hear(&service->complete, port->interface.index, &message, frame->payload,
                           frame->payload_bytes, &actions)) {
        dhcp_send_now(port, actions.reply.siaddr, &actions);
    }
    dhcp_note_other(port, &other);
    if (other.gives_addresses && dhcp_port_is_auto(port)) {
        dhcp_port_yield(port);
    }
}

bool dhcp_answer_probe(struct dhcp_port *port, const struct datagram *datagram)
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
