// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's FTP service, as the configuration wants it.
#pragma once

#include "config/config.h"
#include "service/ftp.h"
#include "service/generated.h"
#include "service/server_ports.h"

struct server_ftp_place { // all borrowed, and outlives the service
    struct loop *loop;
    const struct config *config;
    struct log *log;
    const struct content *content;
    struct generated *generated;
    struct transfer_hooks hooks;
};

/// The service, which listens nowhere yet; NULL when none is wanted. Yours: ftp_service_free.
struct ftp_service *server_ftp_new(const struct server_ftp_place *place);

/// Starts it, if there is one, once privileges were given up.
void server_ftp_start(const struct server_ports *ports);
