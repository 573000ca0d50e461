// SPDX-License-Identifier: GPL-3.0-or-later
// Questions, and replies, which wait until all leases of the turn are durable.
#include "io/neighbour.h"
#include "service/dhcp6_state.h"

#include <string.h>

static void dhcp6_send(struct dhcp6_service *service, const struct dhcp6_pending *pending)
{
    struct dhcp6_port *port = dhcp6_port_find(service, pending->interface_index);
    if (port == NULL || port->server == NULL) {
        return; // the interface went away in the meantime
    }
    struct datagram6_out out = {.bytes = pending->bytes,
                                .count = pending->count,
                                .to = pending->to,
                                .to_port = pending->to_port,
                                .from = pending->from};
    if (socket6_send(port->server, &out) == STATUS_OK) {
        service->counters.replied++;
    } else {
        service->counters.unsent++;
    }
}

static bool dhcp6_is_durable(const struct dhcp6_service *service, const struct dhcp6_pending *pending)
{
    for (unsigned i = 0; i < pending->leased_count; i++) {
        if (!store_lease6_is_durable(service->settings.desk->store, pending->leased[i])) {
            return false;
        }
    }
    return true;
}

// The disk took nothing. Who has its address from a time when it did keeps it, as long as we live; the others
// stay without, for after a restart their addresses would be given to somebody else.
static void dhcp6_tell_not_stored(struct dhcp6_service *service, const struct dhcp6_pending *pending)
{
    service->counters.unsent++;
    struct event event = {.kind = EVENT_DHCP, .mac = pending->hw, .address = ip_from_ip6(pending->leased[0])};
    reasons_add(&event.reasons, REASON_LEASE_NOT_STORED);
    char address[IP6_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "gets no address: %s could not be written down, see the log of imprint",
                    ip6_print(pending->leased[0], address));
    desk_tell(service->settings.desk, &event);
}

// Advertisements and information promise nothing that the disk must know.
static bool dhcp6_has_promise(const struct dhcp6_service *service)
{
    for (unsigned i = 0; i < service->pending_count; i++) {
        if (service->pending[i].leased_count != 0) {
            return true;
        }
    }
    return false;
}

void dhcp6_service_flush(struct dhcp6_service *service)
{
    if (service == NULL || service->pending_count == 0) {
        return;
    }
    bool must_store = dhcp6_has_promise(service) && store_is_dirty(service->settings.desk->store);
    bool is_stored = !must_store || service->settings.commit(service->settings.context);
    for (unsigned i = 0; i < service->pending_count; i++) {
        const struct dhcp6_pending *pending = &service->pending[i];
        if (is_stored || dhcp6_is_durable(service, pending)) {
            dhcp6_send(service, pending);
        } else {
            dhcp6_tell_not_stored(service, pending);
        }
    }
    service->pending_count = 0;
}

static void dhcp6_queue(struct dhcp6_port *port, const struct datagram6 *datagram)
{
    struct dhcp6_service *service = port->service;
    const struct dhcp6_actions *actions = &service->answer.actions;
    if (service->pending_count == DHCP6_PENDING_MOST) { // they are asked again: clients repeat
        service->counters.unsent++;
        return;
    }
    struct dhcp6_pending *pending = &service->pending[service->pending_count++];
    pending->leased_count = 0;
    for (size_t i = 0; i < actions->lease_count && actions->reply_kind == DHCP6_REPLY; i++) {
        if (actions->leases[i].state == LEASE_BOUND && pending->leased_count < DHCP6_IAS_MOST) {
            pending->leased[pending->leased_count++] = actions->leases[i].address;
        }
    }
    pending->hw = service->answer.client.mac;
    pending->interface_index = port->interface.index;
    pending->from = ip6_is_group(datagram->to) ? (struct ip6){{0}} : datagram->to;
    pending->to = actions->to;
    pending->to_port = actions->to_port;
    pending->count = actions->reply_bytes;
    memcpy(pending->bytes, actions->reply, actions->reply_bytes);
}

void dhcp6_receive(void *context, const struct datagram6 *datagram)
{
    struct dhcp6_port *port = context;
    struct dhcp6_service *service = port->service;
    service->counters.received++;
    struct dhcp6_world world = {.desk = service->settings.desk,
                                .config = service->settings.config,
                                .pool = &service->pool,
                                .full = &service->full,
                                .duid = service->duid,
                                .duid_bytes = sizeof service->duid,
                                .loaders = service->settings.find_loaders(service->settings.context)};
    struct dhcp6_question question = {.bytes = datagram->bytes,
                                      .count = datagram->count,
                                      .from = datagram->from,
                                      .from_port = datagram->from_port,
                                      .to = datagram->to,
                                      .interface = &port->interface};
    struct hw hw;
    if (ip6_is_link_local(datagram->from) && !dhcp6_address_find_hw(datagram->from, &hw) &&
        neighbour_find(port->interface.index, ip_from_ip6(datagram->from), &hw) == STATUS_OK) {
        question.neighbour = hw;
    }
    if (dhcp6_answer(&world, &question, &service->answer) != STATUS_OK) {
        service->counters.malformed++;
        char from[IP6_TEXT_BYTES];
        log_write(service->settings.log, LOG_LEVEL_DEBUG,
                  "dropped a packet that is no DHCPv6 request, from %s", ip6_print(datagram->from, from));
    } else if (service->answer.actions.has_reply) {
        dhcp6_queue(port, datagram);
    } else {
        service->counters.silent++;
    }
}
