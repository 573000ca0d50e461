// SPDX-License-Identifier: GPL-3.0-or-later
// Which interfaces are served, and the services on each: opened at the start, and again whenever interfaces
// come, go or change their addresses.
#pragma once

#include "config/config.h"
#include "io/interface.h"
#include "service/dhcp.h"
#include "service/dhcp6.h"
#include "service/ftp.h"
#include "service/http.h"
#include "service/tftp.h"

struct server_ports { // the services are borrowed; dhcp and dhcp6 may be NULL (mode off)
    const struct config *config;
    struct log *log;
    struct dhcp_service *dhcp;
    struct dhcp6_service *dhcp6;
    struct tftp_service *tftp;
    struct http_service *http;
    struct ftp_service *ftp; // NULL = none
    uint16_t https_port;     // 0 = there is no HTTPS: not wanted, or another program has the port
    bool is_https_settled;   // it could be opened once: from then on it must be
    struct interface served[INTERFACES_MOST];
    unsigned served_count;
};

/// Brings what is served in line with the machine's interfaces as they are now. STATUS_OK even when none is
/// there yet; else the first thing that could not be opened, in `problem`; all others are open.
MUST_USE enum status server_ports_update(struct server_ports *ports, struct problem *problem);
