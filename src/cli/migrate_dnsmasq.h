// SPDX-License-Identifier: GPL-3.0-or-later
// dnsmasq.conf's options about DHCP, for migrate_dnsmasq.c.
#pragma once

#include "cli/migrate_dhcp.h"
#include "format/dnsmasq_conf.h"

/// Reads an option about DHCP. Tags are made by some options and used by others, wherever these stand: the
/// first time with `is_first`, then all again without. False when it is no option about DHCP.
bool migrate_dnsmasq_dhcp(struct migration *migration, const struct dnsmasq_conf_item *item, bool is_first,
                          const char *what);
