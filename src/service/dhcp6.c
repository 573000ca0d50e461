// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp6.h"

#include "io/heap.h"
#include "service/dhcp6_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define RETRY_MS 10000 // after a socket could not be had

static const struct ip6 ALL_ROUTERS = {{0xff, 0x02, [15] = 2}};
static const struct ip6 ALL_AGENTS = {{0xff, 0x02, [13] = 1, [15] = 2}};  // RFC 8415 section 7.1
static const struct ip6 ALL_SERVERS = {{0xff, 0x05, [13] = 1, [15] = 3}}; // relays write to it

struct dhcp6_port *dhcp6_port_find(const struct dhcp6_service *service, uint32_t interface_index)
{
    struct dhcp6_port *port = service->ports;
    while (port != NULL && port->interface.index != interface_index) {
        port = port->next;
    }
    return port;
}

static bool dhcp6_port_open_server(struct dhcp6_port *port, struct problem *problem)
{
    struct socket6_options options = {.interface = port->interface.name,
                                      .interface_index = port->interface.index,
                                      .port = DHCP6_SERVER_PORT,
                                      .groups = {ALL_AGENTS, ALL_SERVERS}};
    if (port->server == NULL) {
        port->server = socket6_open(port->service->settings.loop, &options, dhcp6_receive, port, problem);
    }
    return port->server != NULL;
}

static bool dhcp6_port_open_router(struct dhcp6_port *port, struct problem *problem)
{
    struct socket6_options options = {
        .interface = port->interface.name, .interface_index = port->interface.index, .groups = {ALL_ROUTERS}};
    if (port->router == NULL && dhcp6_port_is_advertised(port)) {
        port->router = socket6_open(port->service->settings.loop, &options, dhcp6_hear_router, port, problem);
        radv_init(&port->radv, loop_now_ms());
        return port->router != NULL;
    }
    return true;
}

// Whether both sockets are there.
static bool dhcp6_port_open(struct dhcp6_port *port, struct problem *problem)
{
    return dhcp6_port_open_server(port, problem) && dhcp6_port_open_router(port, problem);
}

static void dhcp6_port_tick(void *context)
{
    struct dhcp6_port *port = context;
    struct problem problem;
    problem_clear(&problem);
    if (port->server != NULL) {
        dhcp6_advertise(port);
    } else if (dhcp6_port_open(port, &problem)) {
        log_write(port->service->settings.log, LOG_LEVEL_NOTICE, "DHCPv6 is served on %s now",
                  port->interface.name);
        dhcp6_advertise(port);
    } else {
        loop_timer_start(port->timer, RETRY_MS, 0);
    }
}

static void dhcp6_port_begin(struct dhcp6_port *port)
{
    struct log *log = port->service->settings.log;
    struct problem problem;
    problem_clear(&problem);
    if (dhcp6_port_open(port, &problem)) {
        dhcp6_advertise(port);
        return;
    }
    char text[PROBLEM_TEXT_BYTES + PROBLEM_REMEDY_BYTES];
    log_write(log, LOG_LEVEL_ERROR, "no DHCPv6 on %s for now, IPv4 goes on: %s", port->interface.name,
              problem_print(&problem, text, sizeof text));
    loop_timer_start(port->timer, RETRY_MS, 0);
}

static void dhcp6_port_close(struct dhcp6_port *port)
{
    dhcp6_advertise_end(port);
    loop_timer_free(port->timer);
    socket6_close(port->server);
    socket6_close(port->router);
    heap_free(port);
}

// Addresses that somebody has for good are never given away; when there are more of them than slots, clients
// find it out themselves (DECLINE).
static void dhcp6_keep(struct dhcp6_service *service, struct ip6 address)
{
    if (!ip6_is_link_local(address)) {
        enum status status =
            pool6_keep(&service->pool, address, POOL6_FOR_NOBODY, desk_now_s(service->settings.desk));
        (void)status;
    }
}

static void dhcp6_keep_own(struct dhcp6_service *service, const struct interface *interface)
{
    for (unsigned i = 0; i < interface->address6_count; i++) {
        dhcp6_keep(service, interface->addresses6[i].address);
    }
}

static bool dhcp6_port_has_network(const struct dhcp6_port *port)
{
    const struct config_dhcp6 *dhcp6 = &port->service->settings.config->dhcp6;
    for (unsigned i = 0; i < port->interface.address6_count; i++) {
        if (network6_find(dhcp6->subnets, dhcp6->subnet_count, port->interface.addresses6[i].address) !=
            NULL) {
            return true;
        }
    }
    return false;
}

void dhcp6_service_add(struct dhcp6_service *service, const struct interface *interface)
{
    if (dhcp6_port_find(service, interface->index) != NULL) {
        return;
    }
    struct dhcp6_port *port = heap_new(sizeof *port);
    port->service = service;
    port->interface = *interface;
    port->next = service->ports;
    service->ports = port;
    port->timer = loop_timer_new(service->settings.loop, dhcp6_port_tick, port);
    dhcp6_keep_own(service, interface);
    dhcp6_port_begin(port);
    if (!dhcp6_port_has_network(port)) {
        log_write(service->settings.log, LOG_LEVEL_WARNING,
                  "no address of %s is in one of dhcp6.subnets, so only clients behind relays are served by "
                  "DHCPv6 there; give it one, or add its network",
                  interface->name);
    }
}

void dhcp6_service_change(struct dhcp6_service *service, const struct interface *interface)
{
    struct dhcp6_port *port = dhcp6_port_find(service, interface->index);
    bool is_same = port == NULL || (hw_equal(&port->interface.hw, &interface->hw) &&
                                    port->interface.address6_count == interface->address6_count &&
                                    memcmp(port->interface.addresses6, interface->addresses6,
                                           interface->address6_count * sizeof interface->addresses6[0]) == 0);
    if (is_same) {
        return;
    }
    port->interface = *interface;
    dhcp6_keep_own(service, interface);
    radv_init(&port->radv, loop_now_ms()); // what it says may be news
    dhcp6_port_begin(port);
}

void dhcp6_service_remove(struct dhcp6_service *service, uint32_t interface_index)
{
    for (struct dhcp6_port **at = &service->ports; *at != NULL; at = &(*at)->next) {
        struct dhcp6_port *port = *at;
        if (port->interface.index == interface_index) {
            *at = port->next;
            dhcp6_port_close(port);
            return;
        }
    }
}

static void dhcp6_keep_servers(struct dhcp6_service *service)
{
    const struct config_dhcp6 *dhcp6 = &service->settings.config->dhcp6;
    for (unsigned i = 0; i < dhcp6->subnet_count; i++) {
        for (unsigned j = 0; j < dhcp6->subnets[i].dns_count; j++) {
            dhcp6_keep(service, dhcp6->subnets[i].dns[j]);
        }
    }
}

static bool dhcp6_keep_machine(const struct machine *machine, void *context)
{
    struct dhcp6_service *service = context;
    if (!ip6_is_none(machine->address6)) {
        enum status status =
            pool6_keep(&service->pool, machine->address6, machine->id, desk_now_s(service->settings.desk));
        (void)status; // no room for what is only kept: its machine gets it as long as nobody else does
    }
    return true;
}

void dhcp6_service_keep(struct dhcp6_service *service)
{
    if (service == NULL) {
        return;
    }
    pool6_release(&service->pool);
    for (const struct dhcp6_port *port = service->ports; port != NULL; port = port->next) {
        dhcp6_keep_own(service, &port->interface);
    }
    dhcp6_keep_servers(service);
    store_machine_each(service->settings.desk->store, dhcp6_keep_machine, service);
}

void dhcp6_service_refresh(struct dhcp6_service *service)
{
    if (service == NULL) {
        return;
    }
    dhcp6_service_keep(service);
    for (struct dhcp6_port *port = service->ports; port != NULL; port = port->next) {
        radv_init(&port->radv, loop_now_ms());
        dhcp6_port_begin(port);
    }
}

static bool dhcp6_load_lease(const struct lease6 *lease, void *context)
{
    struct dhcp6_service *service = context;
    enum status status = pool6_put(&service->pool, lease, desk_now_s(service->settings.desk));
    (void)status; // one that is over finds no room among live ones
    return true;
}

static bool dhcp6_pool_open(struct dhcp6_service *service, struct problem *problem)
{
    struct hash_key hash = {0};
    if (getrandom(&hash, sizeof hash, 0) != (ssize_t)sizeof hash) {
        hash.k0 = (uintptr_t)service; // no randomness yet at early boot: tables are only slower under attack
    }
    service->pool_memory = malloc(pool6_bytes(DHCP6_LEASES_MOST)); // what is never used costs nothing
    if (service->pool_memory == NULL) {
        problem_set(problem, "no memory for the leases of DHCPv6");
        return false;
    }
    pool6_init(&service->pool, DHCP6_LEASES_MOST, hash, service->pool_memory);
    store_lease6_each(service->settings.desk->store, dhcp6_load_lease, service);
    return true;
}

struct dhcp6_service *dhcp6_service_new(const struct dhcp_settings *settings, struct problem *problem)
{
    struct dhcp6_service *service = heap_new(sizeof *service);
    service->settings = *settings;
    if (dhcp6_duid_load(settings->config->state, service->duid, problem) != STATUS_OK ||
        !dhcp6_pool_open(service, problem)) {
        heap_free(service);
        return NULL;
    }
    dhcp6_service_keep(service);
    return service;
}

void dhcp6_service_status(const struct dhcp6_service *service, struct dhcp6_report *status)
{
    *status = (struct dhcp6_report){.counters = service->counters, .leases = service->pool.live_count};
    for (const struct dhcp6_port *port = service->ports; port != NULL && status->port_count < INTERFACES_MOST;
         port = port->next) {
        struct dhcp6_port_status *out = &status->ports[status->port_count++];
        *out = (struct dhcp6_port_status){.address = dhcp6_pick_own(&port->interface, NULL),
                                          .is_open = port->server != NULL,
                                          .has_network = dhcp6_port_has_network(port),
                                          .advertised = port->advertised,
                                          .is_advertised = dhcp6_port_is_advertised(port)};
        memcpy(out->interface, port->interface.name, sizeof out->interface);
    }
}

void dhcp6_service_free(struct dhcp6_service *service)
{
    if (service == NULL) {
        return;
    }
    dhcp6_service_flush(service);
    while (service->ports != NULL) {
        struct dhcp6_port *port = service->ports;
        service->ports = port->next;
        dhcp6_port_close(port);
    }
    free(service->pool_memory);
    heap_free(service);
}
