// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_status.h"

#include "base/time.h"
#include "io/heap.h"
#include "loader/loader.h"
#include "service/dhcp_probe.h"

#include <jansson.h>
#include <string.h>

static const char *server_port_state_text(const struct dhcp_port_status *port)
{
    switch (port->state) {
    case DHCP_PORT_LISTENING:
        return "listening";
    case DHCP_PORT_SERVER:
        return "server";
    case DHCP_PORT_PROXY:
        break;
    }
    return "proxy";
}

static json_t *server_status_interfaces(const struct server_ports *ports, const struct dhcp_status *dhcp)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < ports->served_count; i++) {
        char address[IP4_TEXT_BYTES];
        const char *mode = "off";
        bool lacks_subnet = false;
        for (unsigned j = 0; j < dhcp->port_count; j++) {
            if (strcmp(dhcp->ports[j].interface, ports->served[i].name) == 0) {
                mode = server_port_state_text(&dhcp->ports[j]);
                lacks_subnet = dhcp->ports[j].lacks_subnet;
            }
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:b}", "name", ports->served[i].name, "address",
                                        ip4_print(ports->served[i].addresses[0].address, address), "dhcp",
                                        mode, "lacks_subnet", lacks_subnet));
    }
    return list;
}

static json_t *server_status_others(const struct dhcp_status *dhcp)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < dhcp->other_count; i++) {
        const struct dhcp_other *other = &dhcp->others[i];
        char address[IP4_TEXT_BYTES];
        char hw[HW_TEXT_BYTES];
        char seen[TIME_TEXT_BYTES];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "kind", dhcp_other_text(other->kind),
                            "interface", other->interface, "address", ip4_print(other->address, address),
                            "mac", hw_print(&other->hw, hw), "name", other->name, "last_seen",
                            time_print(other->last_seen_s, seen), "unexpected", other->is_unexpected));
    }
    return list;
}

static json_t *server_status_transfers(const struct transfer_stats *stats)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "live", (json_int_t)stats->live,
                     "started", (json_int_t)stats->started, "done", (json_int_t)stats->done, "probed",
                     (json_int_t)stats->probed, "not_found", (json_int_t)stats->not_found, "refused",
                     (json_int_t)stats->refused, "failed", (json_int_t)stats->failed, "dropped",
                     (json_int_t)stats->dropped, "sent_bytes", (json_int_t)stats->sent_bytes);
}

static json_t *server_status_loaders(uint32_t available)
{
    json_t *object = json_object();
    for (unsigned id = LOADER_NONE + 1; id < LOADER_COUNT; id++) {
        json_object_set_new(object, loader_get((enum loader_id)id)->name, json_boolean(available >> id & 1));
    }
    return object;
}

static json_t *server_status_ports6(const struct dhcp6_report *report)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < report->port_count; i++) {
        const struct dhcp6_port_status *port = &report->ports[i];
        char address[IP6_TEXT_BYTES];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b, s:b, s:b, s:I}", "name", port->interface, "address",
                                        ip6_is_none(port->address) ? "" : ip6_print(port->address, address),
                                        "open", port->is_open, "has_network", port->has_network, "advertises",
                                        port->is_advertised, "advertised", (json_int_t)port->advertised));
    }
    return list;
}

static json_t *server_status_dhcp6(const struct dhcp6_service *dhcp6)
{
    if (dhcp6 == NULL) {
        return json_null();
    }
    struct dhcp6_report *report = heap_new(sizeof *report);
    dhcp6_service_status(dhcp6, report);
    const struct dhcp6_counters *counters = &report->counters;
    json_t *object =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "received", (json_int_t)counters->received,
                  "malformed", (json_int_t)counters->malformed, "replied", (json_int_t)counters->replied,
                  "silent", (json_int_t)counters->silent, "unsent", (json_int_t)counters->unsent, "leases",
                  (json_int_t)report->leases, "interfaces", server_status_ports6(report));
    heap_free(report);
    return object;
}

void server_status_add(const struct server_ports *ports, const struct dhcp_service *dhcp, uint32_t loaders,
                       struct json_t *object)
{
    struct dhcp_status status = {0};
    if (dhcp != NULL) {
        dhcp_service_status(dhcp, &status);
    }
    const struct dhcp_counters *counters = &status.counters;
    struct transfer_stats tftp = tftp_service_stats(ports->tftp);
    struct transfer_stats http = http_service_stats(ports->http);
    json_object_set_new(object, "interfaces", server_status_interfaces(ports, &status));
    json_object_set_new(object, "others", server_status_others(&status));
    json_object_set_new(object, "dhcp",
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "received", (json_int_t)counters->received,
                                  "malformed", (json_int_t)counters->malformed, "replied",
                                  (json_int_t)counters->replied, "silent", (json_int_t)counters->silent,
                                  "unsent", (json_int_t)counters->unsent));
    json_object_set_new(object, "dhcp6", server_status_dhcp6(ports->dhcp6));
    json_object_set_new(object, "tftp", server_status_transfers(&tftp));
    json_object_set_new(object, "http", server_status_transfers(&http));
    if (ports->ftp != NULL) {
        struct transfer_stats ftp = ftp_service_stats(ports->ftp);
        json_object_set_new(object, "ftp", server_status_transfers(&ftp));
    }
    json_object_set_new(object, "https_port",
                        ports->https_port == 0 ? json_null() : json_integer(ports->https_port));
    json_object_set_new(object, "loaders", server_status_loaders(loaders));
}
