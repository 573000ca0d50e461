// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the DHCPv6 conversation: the parts of a message that ask for addresses, and what each gets.
#pragma once

#include "session/dhcp6.h"

#define DHCP6_PARTS_MOST 16 // IA_NAs of a message that are answered at all

struct dhcp6_work { // one message under way
    const struct dhcp6_facts *facts;
    struct dhcp6_actions *actions;
    struct writer writer;      // the reply
    struct lease6_client base; // who asks, without IAID
};

/// Whether every IA_NA of the message, and each address in it, is whole.
bool dhcp6_parts_are_whole(const struct dhcp6_message *message);

/// Whether the message has an option of an identity association: IA_NA, IA_TA or IA_PD.
bool dhcp6_has_parts(const struct dhcp6_message *message);

/// Whether addresses are given away on the client's wire at all.
bool dhcp6_wire_has_addresses(const struct dhcp6_facts *facts);

/// Answers SOLICIT (`is_final`: with a lease at once, for rapid commit) or REQUEST: an address for each part.
void dhcp6_put_assigned(struct dhcp6_work *work, bool is_request, bool is_final);

/// Answers RENEW or REBIND: each part's lease extended, or what to do instead. False when there is nothing to
/// say: a REBIND for leases that may be another server's.
bool dhcp6_put_extended(struct dhcp6_work *work, bool is_rebind);

/// Answers RELEASE or DECLINE: parts that have no lease are named.
void dhcp6_put_returned(struct dhcp6_work *work, bool is_declined);

/// CONFIRM: whether all addresses of the message are of the client's wire. False too when it has none; then
/// `*has_any` is false.
bool dhcp6_are_on_wire(const struct dhcp6_work *work, bool *has_any);

/// Refuses what is not given away: prefixes and temporary addresses.
void dhcp6_put_refused(struct dhcp6_work *work);
