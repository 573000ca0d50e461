// SPDX-License-Identifier: GPL-3.0-or-later
// How the daemon is, as members of the status object: interfaces and their modes, who else answers, counters,
// missing loaders.
#pragma once

#include "service/server_ports.h"

struct json_t;

/// Adds "interfaces", "others", "dhcp", "dhcp6", "tftp", "http", "ftp" when there is one, and "loaders" to
/// `object` (a jansson object).
void server_status_add(const struct server_ports *ports, const struct dhcp_service *dhcp, uint32_t loaders,
                       struct json_t *object);
