// SPDX-License-Identifier: GPL-3.0-or-later
// Replies wait until all leases of the turn are durable, and then leave together.
#include "service/dhcp_state.h"

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

// Fills in `pending` from `actions`. false when the reply cannot be written, which is logged and counted.
static bool dhcp_pending_fill(struct dhcp_port *port, const struct dhcp4_actions *actions, size_t limit_bytes,
                              struct dhcp_pending *pending)
{
    struct dhcp_service *service = port->service;
    enum status status =
        dhcp4_encode(&actions->reply, limit_bytes, pending->bytes, sizeof pending->bytes, &pending->count);
    if (status != STATUS_OK) {
        log_write(service->settings.log, LOG_LEVEL_ERROR, "a DHCP reply could not be written: %s",
                  status_text(status));
        service->counters.unsent++;
        return false;
    }
    pending->interface_index = port->interface.index;
    pending->to = actions->to;
    pending->to_port = actions->to_port;
    pending->to_hw = actions->to_hw;
    pending->hw = actions->reply.chaddr;
    return true;
}

void dhcp_queue(struct dhcp_port *port, struct ip4 from, uint16_t own_port,
                const struct dhcp4_actions *actions, size_t limit_bytes)
{
    struct dhcp_service *service = port->service;
    if (service->pending_count == DHCP_PENDING_MOST) {
        dhcp_service_flush(service);
    }
    struct dhcp_pending *pending = &service->pending[service->pending_count];
    pending->from = from;
    pending->port = own_port;
    if (dhcp_pending_fill(port, actions, limit_bytes, pending)) {
        service->pending_count++;
    }
}

void dhcp_send_now(struct dhcp_port *port, struct ip4 from, const struct dhcp4_actions *actions)
{
    struct dhcp_pending pending = {.from = from, .port = DHCP4_SERVER_PORT};
    if (dhcp_pending_fill(port, actions, DHCP4_MOST_BYTES, &pending)) {
        dhcp_send(port->service, &pending);
    }
}
