// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_ports.h"

#include <string.h>

#define SERVER_TFTP_PORT  69
#define SERVER_HTTPS_PORT 443

static bool server_ports_wants(const struct server_ports *ports, const struct interface *interface)
{
    if (interface->address_count == 0 || !interface->is_up) {
        return false;
    }
    for (uint32_t i = 0; i < ports->config->interface_count; i++) {
        if (strcmp(ports->config->interfaces[i], interface->name) == 0) {
            return true;
        }
    }
    return ports->config->interface_count == 0 && interface_is_candidate(interface);
}

static bool server_ports_is_same(const struct interface *a, const struct interface *b)
{
    return a->index == b->index && strcmp(a->name, b->name) == 0 &&
           ip4_equal(a->addresses[0].address, b->addresses[0].address) &&
           a->addresses[0].prefix == b->addresses[0].prefix;
}

static void server_ports_close(struct server_ports *ports, const struct interface *interface)
{
    if (ports->dhcp != NULL) {
        dhcp_service_remove(ports->dhcp, interface->index);
    }
    if (ports->dhcp6 != NULL) {
        dhcp6_service_remove(ports->dhcp6, interface->index);
    }
    tftp_service_unlisten(ports->tftp, interface->name);
    http_service_unlisten(ports->http, interface->name);
    if (ports->ftp != NULL) {
        ftp_service_unlisten(ports->ftp, interface->name);
    }
}

// A port that nobody chose may be another program's: then agents are told by HTTP, and the administrator
// that they are.
static enum status server_ports_open_https(struct server_ports *ports, const struct interface *interface,
                                           struct problem *problem)
{
    if (ports->https_port == 0) {
        return STATUS_OK;
    }
    struct http_service_listener https = {
        .interface = interface->name, .port = ports->https_port, .is_tls = true};
    struct problem found;
    problem_clear(&found);
    enum status status = http_service_listen(ports->http, &https, &found);
    bool is_chosen = ports->https_port != SERVER_HTTPS_PORT || ports->config->is_https_boot ||
                     ports->config->https_certificate[0] != '\0';
    if (status == STATUS_BUSY && !is_chosen && !ports->is_https_settled) {
        char text[PROBLEM_TEXT_BYTES + PROBLEM_REMEDY_BYTES];
        log_write(ports->log, LOG_LEVEL_WARNING,
                  "no HTTPS, so agents are told password hashes and keys by HTTP, which everybody on their "
                  "networks can read; set https.port to a free port, or to 0 to hear this no more: %s",
                  problem_print(&found, text, sizeof text));
        ports->https_port = 0;
        return STATUS_OK;
    }
    if (status != STATUS_OK && status != STATUS_EXISTS) {
        *problem = found;
        return status;
    }
    ports->is_https_settled = true;
    return STATUS_OK;
}

static enum status server_ports_open(struct server_ports *ports, const struct interface *interface,
                                     struct problem *problem)
{
    struct tftp_service_listener tftp = {
        .interface = interface->name, .port = SERVER_TFTP_PORT, .mtu = interface->mtu};
    struct http_service_listener http = {.interface = interface->name, .port = ports->config->http_port};
    enum status status = tftp_service_listen(ports->tftp, &tftp, problem);
    if (status == STATUS_OK || status == STATUS_EXISTS) {
        status = http_service_listen(ports->http, &http, problem);
    }
    if (status == STATUS_OK || status == STATUS_EXISTS) {
        status = server_ports_open_https(ports, interface, problem);
    }
    if ((status == STATUS_OK || status == STATUS_EXISTS) && ports->ftp != NULL) {
        status = ftp_service_listen(ports->ftp, interface->name, ports->config->ftp.port, problem);
    }
    if ((status == STATUS_OK || status == STATUS_EXISTS) && ports->dhcp != NULL) {
        status = dhcp_service_add(ports->dhcp, interface, problem);
    }
    if (status != STATUS_OK && status != STATUS_EXISTS) {
        server_ports_close(ports, interface);
        return status;
    }
    if (ports->dhcp6 != NULL) {
        dhcp6_service_add(ports->dhcp6, interface);
    }
    char address[IP4_TEXT_BYTES];
    log_write(ports->log, LOG_LEVEL_NOTICE, "serving %s, %s", interface->name,
              ip4_print(interface->addresses[0].address, address));
    return STATUS_OK;
}

static const struct interface *server_ports_find(const struct interface *interfaces, unsigned count,
                                                 uint32_t index)
{
    for (unsigned i = 0; i < count; i++) {
        if (interfaces[i].index == index) {
            return &interfaces[i];
        }
    }
    return NULL;
}

enum status server_ports_update(struct server_ports *ports, struct problem *problem)
{
    struct interface now[INTERFACES_MOST];
    unsigned count = interface_list(now);
    unsigned kept = 0;
    enum status worst = STATUS_OK;
    for (unsigned i = 0; i < ports->served_count; i++) {
        const struct interface *same = server_ports_find(now, count, ports->served[i].index);
        if (same == NULL || !server_ports_wants(ports, same) ||
            !server_ports_is_same(same, &ports->served[i])) {
            server_ports_close(ports, &ports->served[i]);
            log_write(ports->log, LOG_LEVEL_NOTICE, "no longer serving %s as it was", ports->served[i].name);
            continue;
        }
        bool is_changed = ports->dhcp == NULL || dhcp_service_change(ports->dhcp, same, problem) == STATUS_OK;
        worst = is_changed ? worst : STATUS_IO;
        if (ports->dhcp6 != NULL) {
            dhcp6_service_change(ports->dhcp6, same);
        }
        ports->served[kept++] = is_changed ? *same : ports->served[i];
    }
    ports->served_count = kept;
    for (unsigned i = 0; i < count; i++) {
        bool is_served = server_ports_find(ports->served, ports->served_count, now[i].index) != NULL;
        if (is_served || !server_ports_wants(ports, &now[i]) || ports->served_count == INTERFACES_MOST) {
            continue;
        }
        enum status status = server_ports_open(ports, &now[i], problem);
        if (status == STATUS_OK) {
            ports->served[ports->served_count++] = now[i];
        } else {
            worst = status;
        }
    }
    return worst;
}
