// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_ftp.h"

static bool hides(void *context, const char *image)
{
    return generated_hides(context, image);
}

struct ftp_service *server_ftp_new(const struct server_ftp_place *place)
{
    const struct config_ftp *config = &place->config->ftp;
    const struct ftp_service_options options = {.loop = place->loop,
                                                .content = place->content,
                                                .log = place->log,
                                                .hooks = place->hooks,
                                                .hides = hides,
                                                .context = place->generated,
                                                .port_first = config->passive_ports.first,
                                                .port_last = config->passive_ports.last,
                                                .connections_most = config->connections_most,
                                                .per_client_most = config->per_client_most,
                                                .idle_s = config->idle_s};
    return config->port == 0 ? NULL : ftp_service_new(&options);
}

void server_ftp_start(const struct server_ports *ports)
{
    if (ports->ftp != NULL) {
        ftp_service_start(ports->ftp);
    }
}
