// SPDX-License-Identifier: GPL-3.0-or-later
// What the configuration has for one client of DHCP: its classes, its options from the general to the
// particular, and what is decided for it while nobody decided about its machine.
#pragma once

#include "config/config.h"

struct dhcp_terms {
    uint64_t classes;           // bit N = class N of dhcp.classes
    enum policy_choice unknown; // the first class's, else the network's
    const char *profile;        // the first class's that names one, or ""; borrowed from the configuration
    uint32_t lease_s;           // the first class's that has one, or 0
    bool has_options;           // something is in `options`
    struct dhcp_option_set options;
};

/// Finds the terms for `client` on `network` (NULL = none of ours); `dhcp` may be NULL (no terms at all).
/// Without its options: see dhcp_terms_merge.
void dhcp_terms_find(const struct config_dhcp *dhcp, const struct network *network,
                     const struct boot_client *client, struct dhcp_terms *terms);

/// Merges the options: all clients < network < classes < machine (NULL = none, or not approved). What the
/// network says by its own keys (routers, dns, ntp, domain) counts as the network's. A machine's option that
/// is not understood any more, since a definition went, is left out.
void dhcp_terms_merge(const struct config_dhcp *dhcp, const struct network *network,
                      const struct machine *machine, const struct boot_client *client,
                      struct dhcp_terms *terms);
