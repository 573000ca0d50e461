// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_https.h"

#include <string.h>

static_assert(GENERATED_CERTIFICATE_BYTES >= CERTIFICATE_TEXT_BYTES, "a digest fits");

enum status server_https_read(const struct config *config, struct certificate *certificate,
                              struct problem *problem)
{
    if (config->https_port == 0 || config->https_certificate[0] == '\0') {
        return STATUS_OK;
    }
    return certificate_read(config->https_key, config->https_certificate, certificate, problem);
}

static void wish_address(struct certificate_wish *wish, struct ip ip)
{
    if (wish->address_count == CERTIFICATE_ADDRESSES_MOST || (ip_is_ip6(ip) && ip6_is_link_local(ip.value))) {
        return;
    }
    struct certificate_address *address = &wish->addresses[wish->address_count++];
    address->byte_count = ip_is_ip6(ip) ? 16 : 4;
    memcpy(address->bytes, ip.value.octets + sizeof ip.value.octets - address->byte_count,
           address->byte_count);
}

// By its name and by every address of the interfaces that are served: firmware checks what stands in its URL.
static void wish_for(const struct server_ports *ports, struct certificate_wish *wish)
{
    *wish = (struct certificate_wish){.name = ports->config->server_name};
    for (unsigned i = 0; i < ports->served_count; i++) {
        const struct interface *interface = &ports->served[i];
        for (unsigned j = 0; j < interface->address_count; j++) {
            wish_address(wish, ip_from_ip4(interface->addresses[j].address));
        }
        for (unsigned j = 0; j < interface->address6_count; j++) {
            wish_address(wish, ip_from_ip6(interface->addresses6[j].address));
        }
    }
}

enum status server_https_begin(const struct server_ports *ports, struct certificate *certificate,
                               struct generated *generated, struct problem *problem)
{
    const struct config *config = ports->config;
    char folder[CONFIG_PATH_BYTES + 32];
    struct text text;
    generated->https_port = ports->https_port;
    if (ports->https_port == 0) {
        certificate_clear(certificate);
        return STATUS_OK;
    }
    if (certificate->key_pem == NULL) {
        text_init(&text, folder, sizeof folder);
        text_add_format(&text, "%s/tls", config->state);
        struct certificate_wish wish;
        wish_for(ports, &wish);
        enum status status = certificate_keep(folder, &wish, certificate, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    http_service_set_certificate(ports->http, certificate->key_pem, certificate->chain_pem);
    (void)certificate_print(certificate, generated->certificate);
    certificate_forget_key(certificate);
    log_write(ports->log, LOG_LEVEL_NOTICE, "agents come by HTTPS, port %u, certificate %s",
              ports->https_port, generated->certificate);
    return STATUS_OK;
}
