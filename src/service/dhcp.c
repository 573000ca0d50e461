// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp.h"

#include "io/heap.h"
#include "service/dhcp_shape.h"
#include "service/dhcp_state.h"

#include <string.h>

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

// Told to give addresses where no subnet says which: relayed clients may still be served, those on the wire
// are not.
static void dhcp_port_tell_unserved(const struct dhcp_port *port)
{
    if (port->state != DHCP_PORT_SERVER || dhcp_port_find_served(port).value != 0) {
        return;
    }
    struct event event = {.kind = EVENT_SERVER, .address = ip_from_ip4(dhcp_port_address(port))};
    reasons_add(&event.reasons, REASON_NO_NETWORK);
    char address[IP4_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text,
                    "no network in dhcp.subnets holds %s's address %s, so nobody there gets an address",
                    port->interface.name, ip4_print(dhcp_port_address(port), address));
    desk_tell(port->service->settings.desk, &event);
}

static void dhcp_service_tell_one_kept(const struct dhcp_service *service, const struct dhcp_kept *kept)
{
    struct event event = {.kind = EVENT_SERVER, .address = ip_from_ip4(kept->address)};
    reasons_add(&event.reasons, REASON_ADDRESS_KEPT);
    char address[IP4_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "%s is %s address and lies inside a range of dhcp.subnets; no client gets it",
                    ip4_print(kept->address, address), kept->whose);
    desk_tell(service->settings.desk, &event);
}

// An interface that comes, or gets one more address, may have one of a range.
static void dhcp_service_keep_own(struct dhcp_service *service, const struct interface *interface)
{
    for (unsigned i = 0; i < interface->address_count; i++) {
        if (dhcp_pools_keep_own(&service->pools, interface->addresses[i].address)) {
            struct dhcp_kept kept = {interface->addresses[i].address, "this server's own"};
            dhcp_service_tell_one_kept(service, &kept);
        }
    }
}

// What `pools` left out of the ranges, and `old` (NULL = none) had not yet.
static void dhcp_service_tell_kept(const struct dhcp_service *service, const struct dhcp_pools *pools,
                                   const struct dhcp_pools *old)
{
    for (uint32_t i = 0; i < pools->kept_count; i++) {
        const struct dhcp_kept *kept = &pools->kept[i];
        if (old != NULL && dhcp_pools_has_kept(old, kept->address)) {
            continue;
        }
        dhcp_service_tell_one_kept(service, kept);
    }
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
    dhcp_service_keep_own(service, interface);
    dhcp_port_tell_unserved(port);
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
    dhcp_service_keep_own(service, interface);
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

// The networks are other ones than before.
static enum status dhcp_service_renew_pools(struct dhcp_service *service, struct problem *problem)
{
    struct dhcp_pools pools;
    enum status status =
        dhcp_pools_init(&pools, service->settings.config, service->settings.desk->store, problem);
    if (status == STATUS_OK) {
        dhcp_pools_put_offers(&pools, &service->pools);
        dhcp_service_tell_kept(service, &pools, &service->pools);
        dhcp_pools_clear(&service->pools);
        service->pools = pools;
    }
    return status;
}

enum status dhcp_service_refresh(struct dhcp_service *service, struct problem *problem)
{
    uint32_t kept_count = service->pools.kept_count;
    if (!dhcp_pools_refresh(&service->pools, service->settings.config, service->settings.desk->store)) {
        enum status status = dhcp_service_renew_pools(service, problem);
        if (status != STATUS_OK) {
            return status;
        }
        kept_count = service->pools.kept_count; // they are told
    }
    for (uint32_t i = kept_count; i < service->pools.kept_count; i++) {
        dhcp_service_tell_one_kept(service, &service->pools.kept[i]);
    }
    bool is_auto = service->settings.config->dhcp_mode == CONFIG_DHCP_AUTO;
    for (struct dhcp_port *port = service->ports; port != NULL && is_auto; port = port->next) {
        bool has_subnet = dhcp_port_find_served(port).value != 0;
        if (port->lacks_subnet ? has_subnet : port->state == DHCP_PORT_SERVER && !has_subnet) {
            dhcp_port_decide(port, false);
        }
    }
    return STATUS_OK;
}

struct dhcp_pools *dhcp_service_pools(struct dhcp_service *service)
{
    return service == NULL ? NULL : &service->pools;
}

struct dhcp_service *dhcp_service_new(const struct dhcp_settings *settings, struct problem *problem)
{
    struct dhcp_service *service = heap_new(sizeof *service);
    service->settings = *settings;
    if (dhcp_pools_init(&service->pools, settings->config, settings->desk->store, problem) != STATUS_OK) {
        heap_free(service);
        return NULL;
    }
    dhcp_service_tell_kept(service, &service->pools, NULL);
    service->conflict_timer = loop_timer_new(settings->loop, dhcp_conflict_tick, service);
    service->delay_timer = loop_timer_new(settings->loop, dhcp_delay_tick, service);
    dhcp_shape_read(settings->desk->store, &service->quirks);
    service->waiting = heap_new(sizeof *service->waiting);
    service->leaving = heap_new(sizeof *service->leaving);
    struct worker_options syncer = {.work = dhcp_sync, .done = dhcp_synced, .context = service};
    service->syncer = worker_new(settings->loop, &syncer);
    service->gather_timer = loop_timer_new(settings->loop, dhcp_gathered, service);
    return service;
}

void dhcp_service_note_fetch(struct dhcp_service *service, struct ip address, bool is_whole)
{
    struct desk_address seen;
    if (service != NULL && desk_find_address(service->settings.desk, address, &seen)) {
        dhcp_shape_learn(service->settings.desk, &service->adapt, &service->quirks, &seen.mac, is_whole);
    }
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
    service->is_ending = true;
    dhcp_service_flush(service);
    worker_free(service->syncer); // what it waits for still leaves
    loop_timer_free(service->gather_timer);
    while (service->ports != NULL) {
        struct dhcp_port *port = service->ports;
        service->ports = port->next;
        dhcp_port_close(port);
    }
    loop_timer_free(service->conflict_timer);
    loop_timer_free(service->delay_timer);
    dhcp_pools_clear(&service->pools);
    heap_free(service->waiting);
    heap_free(service->leaving);
    heap_free(service);
}
