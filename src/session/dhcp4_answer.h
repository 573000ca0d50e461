// SPDX-License-Identifier: GPL-3.0-or-later
// What the DHCP server's replies say and where they go. Which address it is was decided before.
#pragma once

#include "session/dhcp4.h"

/// A lease on `address` for the sender of the message, from now on for `lease_s` seconds (DURATION_FOREVER_S
/// = never ends), with the name it is told or else tells.
struct lease dhcp4_answer_lease(const struct dhcp4_facts *facts, struct ip4 address, enum lease_state state,
                                uint32_t lease_s);

/// How long a lease the client gets: what it asks for (51), between the network's lease_min and lease_max;
/// else what its class or the network says. Firmware and loaders get no more than lease_boot, if there is
/// one.
uint32_t dhcp4_answer_lease_s(const struct dhcp4_facts *facts);

/// Our server identifier: the relay's override (82.11, RFC 5107), else our address.
struct ip4 dhcp4_answer_server_id(const struct dhcp4_facts *facts);

/// OFFER or ACK of `address` for `lease_s` seconds: all that the client is told about network and boot file.
void dhcp4_answer_put(const struct dhcp4_facts *facts, enum dhcp4_kind kind, struct ip4 address,
                      uint32_t lease_s, struct dhcp4_actions *actions);

/// ACK of an INFORM: the same without an address or lease times.
void dhcp4_answer_put_inform(const struct dhcp4_facts *facts, struct dhcp4_actions *actions);

/// A BOOTP reply (RFC 951, 1542): no DHCP options but those that come back, the boot file in the header
/// alone.
void dhcp4_answer_put_bootp(const struct dhcp4_facts *facts, struct ip4 address,
                            struct dhcp4_actions *actions);

/// NAK with `text` for people (RFC 2131 table 3), and the reason ADDRESS_WRONG.
void dhcp4_answer_put_nak(const struct dhcp4_facts *facts, const char *text, struct dhcp4_actions *actions);
