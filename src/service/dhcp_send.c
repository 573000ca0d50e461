// SPDX-License-Identifier: GPL-3.0-or-later
// Replies wait until all leases of the turn are durable, and then leave together.
#include "service/boots.h"
#include "service/dhcp_state.h"

#include <string.h>

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

static void dhcp_count(struct dhcp_service *service, enum status status)
{
    if (status == STATUS_OK) {
        service->counters.replied++;
    } else {
        service->counters.unsent++;
    }
}

static bool dhcp_is_ethernet(const struct dhcp_pending *pending)
{
    return pending->hw.type == 1 && pending->hw.length == 6;
}

// The kernel keeps 1,024 neighbours unless told otherwise (gc_thresh3), and drops what goes to others while
// all of them are fresh. We know where the client is: it says so.
static bool dhcp_may_frame(const struct dhcp_port *port, const struct dhcp_pending *pending)
{
    return !pending->to_hw && pending->to_port == DHCP4_CLIENT_PORT && dhcp_is_ethernet(pending) &&
           dhcp_port_is_on_link(port, pending->to);
}

static void dhcp_send_refused(struct dhcp_port *port, const struct dhcp_pending *pending, enum status status)
{
    if (status == STATUS_BUSY && dhcp_may_frame(port, pending)) {
        port->crowded_until_ms = loop_now_ms() + DHCP_CROWDED_MS;
        status = dhcp_send_frame(port, pending);
    }
    dhcp_count(port->service, status);
}

// Datagrams that leave by one socket leave with one call.
struct dhcp_batch {
    struct dhcp_port *port;
    struct udp *udp;
    unsigned count;
    struct udp_message messages[UDP_SEND_MOST];
    const struct dhcp_pending *pending[UDP_SEND_MOST];
};

static void dhcp_batch_send(struct dhcp_batch *batch)
{
    unsigned done = 0;
    while (done < batch->count) {
        enum status status = STATUS_OK;
        unsigned sent = udp_send_many(batch->udp, batch->messages + done, batch->count - done, &status);
        batch->port->service->counters.replied += sent;
        done += sent;
        if (done < batch->count) {
            dhcp_send_refused(batch->port, batch->pending[done], status);
            done++;
        }
    }
    batch->count = 0;
}

static void dhcp_batch_add(struct dhcp_batch *batch, struct dhcp_port *port,
                           const struct dhcp_pending *pending)
{
    static const struct ip4 EVERYBODY = {UINT32_MAX};
    struct udp *udp = pending->port == DHCP4_PXE_PORT ? port->boot : port->server;
    if (batch->count == UDP_SEND_MOST || (batch->count != 0 && batch->udp != udp)) {
        dhcp_batch_send(batch);
    }
    batch->port = port;
    batch->udp = udp;
    batch->pending[batch->count] = pending;
    batch->messages[batch->count++] = (struct udp_message){.bytes = pending->bytes,
                                                           .count = pending->count,
                                                           .to = pending->to_hw ? EVERYBODY : pending->to,
                                                           .to_port = pending->to_port,
                                                           .from = pending->from,
                                                           .interface_index = pending->interface_index};
}

// Sends it, or adds it to `batch`, which holds it until it is sent.
static void dhcp_send(struct dhcp_service *service, const struct dhcp_pending *pending,
                      struct dhcp_batch *batch)
{
    struct dhcp_port *port = dhcp_port_find(service, pending->interface_index);
    if (port == NULL) {
        return; // the interface went away in the meantime
    }
    boots_see_dhcp(service->settings.desk->boots, pending->bytes, pending->count, pending->from);
    bool is_crowded = port->crowded_until_ms != 0 && loop_now_ms() < port->crowded_until_ms;
    bool is_frame =
        (pending->to_hw && dhcp_is_ethernet(pending)) || (is_crowded && dhcp_may_frame(port, pending));
    if (is_frame && dhcp_send_frame(port, pending) == STATUS_OK) {
        dhcp_count(service, STATUS_OK);
    } else {
        dhcp_batch_add(batch, port, pending);
    }
}

static void dhcp_send_all(struct dhcp_service *service, struct dhcp_replies *replies)
{
    struct dhcp_batch batch = {0};
    for (unsigned i = 0; i < replies->count; i++) {
        dhcp_send(service, &replies->replies[i], &batch);
    }
    dhcp_batch_send(&batch);
    replies->count = 0;
}

// The disk took nothing. Who has its address from a time when it did keeps it, as long as we live; the others
// stay without, for after a restart their addresses would be given to somebody else.
static void dhcp_send_the_durable(struct dhcp_service *service, struct dhcp_replies *replies)
{
    struct desk *desk = service->settings.desk;
    struct dhcp_batch batch = {0};
    for (unsigned i = 0; i < replies->count; i++) {
        const struct dhcp_pending *pending = &replies->replies[i];
        bool is_lease = pending->leased.value != 0; // else it only informs
        if (!is_lease || store_lease_is_durable(desk->store, pending->leased)) {
            dhcp_send(service, pending, &batch);
            continue;
        }
        service->counters.unsent++;
        struct event event = {
            .kind = EVENT_DHCP, .mac = pending->hw, .address = ip_from_ip4(pending->leased)};
        reasons_add(&event.reasons, REASON_LEASE_NOT_STORED);
        char address[IP4_TEXT_BYTES];
        struct text text;
        text_init(&text, event.text, sizeof event.text);
        text_add_format(&text, "gets no address: %s could not be written down, see the log of imprint",
                        ip4_print(pending->leased, address));
        desk_tell(desk, &event);
    }
    dhcp_batch_send(&batch);
    replies->count = 0;
}

// Offers, refusals and information promise nothing that the disk must know.
static void dhcp_send_the_free(struct dhcp_service *service)
{
    struct dhcp_replies *waiting = service->waiting;
    struct dhcp_batch batch = {0};
    unsigned kept = 0;
    for (unsigned i = 0; i < waiting->count; i++) {
        if (!waiting->replies[i].is_promise) {
            dhcp_send(service, &waiting->replies[i], &batch);
        }
    }
    dhcp_batch_send(&batch); // before others take their places
    for (unsigned i = 0; i < waiting->count; i++) {
        if (waiting->replies[i].is_promise && kept++ != i) {
            waiting->replies[kept - 1] = waiting->replies[i];
        }
    }
    waiting->count = kept;
}

// The disk is waited for beside the loop, which goes on with the next questions; their leases go together.
static bool dhcp_start_sync(struct dhcp_service *service)
{
    struct store *store = service->settings.desk->store;
    if (!store_lease_may_start(store) || store_lease_start(store, NULL) != STATUS_OK) {
        return false; // a commit says what is wrong
    }
    struct dhcp_replies *empty = service->leaving;
    service->leaving = service->waiting;
    service->waiting = empty;
    service->synced_ms = loop_now_ms();
    worker_start(service->syncer);
    return true;
}

int dhcp_sync(void *context)
{
    const struct dhcp_service *service = context;
    return store_lease_sync(service->settings.desk->store);
}

void dhcp_synced(void *context, int reason)
{
    struct dhcp_service *service = context;
    struct dhcp_settings *settings = &service->settings;
    store_lease_finish(settings->desk->store, reason == 0);
    if (reason != 0 && !settings->desk->cannot_store) {
        log_write(settings->log, LOG_LEVEL_WARNING, "leases could not be written: %s; they are written anew",
                  strerror(reason));
    }
    // A disk that said no once may take them now. If not, the commit says what is wrong, once.
    if (reason == 0 || settings->commit(settings->context)) {
        dhcp_send_all(service, service->leaving);
    } else {
        dhcp_send_the_durable(service, service->leaving);
    }
    dhcp_service_flush(service);
}

bool dhcp_service_is_waiting(const struct dhcp_service *service)
{
    return service != NULL && (service->is_gathering || worker_is_busy(service->syncer));
}

// A sync costs the same for one lease and for many. Whoever asks alone does not wait.
static bool dhcp_gather(struct dhcp_service *service)
{
    if (service->waiting->count >= DHCP_GATHER_MOST || service->is_ending ||
        loop_now_ms() - service->synced_ms >= DHCP_GATHER_MS) {
        return false;
    }
    if (!service->is_gathering) {
        service->is_gathering = true;
        loop_timer_start(service->gather_timer, DHCP_GATHER_MS, 0);
    }
    return true;
}

void dhcp_gathered(void *context)
{
    struct dhcp_service *service = context;
    service->is_gathering = false;
    dhcp_service_flush(service);
}

void dhcp_service_flush(struct dhcp_service *service)
{
    if (service == NULL || service->waiting->count == 0) {
        return;
    }
    dhcp_send_the_free(service);
    if (service->waiting->count == 0 || worker_is_busy(service->syncer) || dhcp_gather(service) ||
        dhcp_start_sync(service)) {
        return;
    }
    if (store_is_dirty(service->settings.desk->store) &&
        !service->settings.commit(service->settings.context)) {
        dhcp_send_the_durable(service, service->waiting);
    }
    dhcp_send_all(service, service->waiting);
}

// Room for one more; waits for the disk when there is none.
static struct dhcp_pending *dhcp_get_room(struct dhcp_service *service)
{
    if (service->waiting->count == DHCP_PENDING_MOST) {
        dhcp_service_flush(service);
    }
    if (service->waiting->count == DHCP_PENDING_MOST) {
        worker_finish(service->syncer);
    }
    assert(service->waiting->count < DHCP_PENDING_MOST);
    return &service->waiting->replies[service->waiting->count];
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
    pending->leased = actions->reply.yiaddr;
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
    struct dhcp_pending *pending = dhcp_get_room(service);
    pending->from = from;
    pending->port = own_port;
    pending->is_promise = actions->reply_kind == DHCP4_ACK || actions->reply_kind == DHCP4_BOOTP;
    if (dhcp_pending_fill(port, actions, limit_bytes, pending)) {
        service->waiting->count++;
    }
}

void dhcp_send_now(struct dhcp_port *port, struct ip4 from, const struct dhcp4_actions *actions)
{
    struct dhcp_pending pending = {.from = from, .port = DHCP4_SERVER_PORT};
    if (dhcp_pending_fill(port, actions, DHCP4_MOST_BYTES, &pending)) {
        struct dhcp_batch batch = {0};
        dhcp_send(port->service, &pending, &batch);
        dhcp_batch_send(&batch);
    }
}
