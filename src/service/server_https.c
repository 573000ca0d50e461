// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_https.h"

static_assert(GENERATED_CERTIFICATE_BYTES >= CERTIFICATE_TEXT_BYTES, "a digest fits");

enum status server_https_read(const struct config *config, struct certificate *certificate,
                              struct problem *problem)
{
    if (config->https_port == 0 || config->https_certificate[0] == '\0') {
        return STATUS_OK;
    }
    return certificate_read(config->https_key, config->https_certificate, certificate, problem);
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
        enum status status = certificate_keep(folder, config->server_name, certificate, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    http_service_set_certificate(ports->http, certificate->key_pem, certificate->chain_pem);
    (void)certificate_print(certificate, generated->certificate);
    certificate_clear(certificate);
    log_write(ports->log, LOG_LEVEL_NOTICE, "agents come by HTTPS, port %u, certificate %s",
              ports->https_port, generated->certificate);
    return STATUS_OK;
}
