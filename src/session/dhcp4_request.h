// SPDX-License-Identifier: GPL-3.0-or-later
// REQUEST in its four states (RFC 2131 section 4.3.2): who gets an ACK, who a NAK, and whom to leave alone.
#pragma once

#include "session/dhcp4.h"

/// Decides about a REQUEST from a client with `key` in a network that we serve.
void dhcp4_request_step(const struct dhcp4_facts *facts, const struct lease_key *key,
                        struct dhcp4_actions *actions);
