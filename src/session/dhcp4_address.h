// SPDX-License-Identifier: GPL-3.0-or-later
// Which address a client may have: its machine's reservation before the pool, and nobody's but its own. It
// reads pool and reservation and changes neither.
#pragma once

#include "session/dhcp4.h"

/// Who sends `message`, as leases know clients: chaddr, else option 61. lease_key_is_none when it has
/// neither.
struct lease_key dhcp4_address_key(const struct dhcp4_message *message);

/// What is known about `address`, from the pool or from `reserved_lease`; NULL when nothing.
const struct lease *dhcp4_address_lease(const struct dhcp4_facts *facts, struct ip4 address);

/// The lease that `key` has or had last (any state but LEASE_DECLINED), or NULL.
const struct lease *dhcp4_address_record(const struct dhcp4_facts *facts, const struct lease_key *key);

/// Whether the machine's reserved address lies in the network it asks from and can be used now: free, its
/// own, or held by another MAC of the same machine.
bool dhcp4_address_is_reserved(const struct dhcp4_facts *facts, const struct lease_key *key);

/// Whether `key` may have `address` now: the reserved one if that can be used, else one of the pool that is
/// free for it.
bool dhcp4_address_may_have(const struct dhcp4_facts *facts, const struct lease_key *key, struct ip4 address);

/// Whether `address` lies in a network of the wire that the client asks from.
bool dhcp4_address_is_here(const struct dhcp4_facts *facts, struct ip4 address);

/// The address to offer (RFC 2131 section 4.3.1), 0 when there is none; adds the reason in both cases.
struct ip4 dhcp4_address_pick(const struct dhcp4_facts *facts, const struct lease_key *key,
                              struct reasons *reasons);
