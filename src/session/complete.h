// SPDX-License-Identifier: GPL-3.0-or-later
// Beside another DHCP server: its own offer or acknowledgement said again, completed with the boot fields.
// For UEFI machines: their GRUB takes the boot server from the DHCP acknowledgement alone and never looks at
// a ProxyDHCP answer (docs/decisions/0034-completed-offers.md). The address, its times and the server
// identifier stay the other server's, whose lease it is.
#pragma once

#include "session/dhcp4.h"

/// Whether `theirs`, heard from another server, is an offer that can be completed for the client that `ours`,
/// our ProxyDHCP offer, was for: an OFFER of an address with a server identifier, the same transaction, not
/// relayed.
bool complete_is_for(const struct dhcp4_message *theirs, const struct dhcp4_reply *ours);

/// Whether `request` is the client's REQUEST for what `theirs` offered.
bool complete_is_taken(const struct dhcp4_message *request, const struct dhcp4_message *theirs);

/// Says `theirs` again as `kind` (DHCP4_OFFER or DHCP4_ACK) with the boot fields of `ours`, whose siaddr is
/// our own address: fills has_reply, reply, reply_kind, to and to_port. What cannot be said beside the boot
/// fields (its own 43, 60, 66, 67, 150) is left out.
void complete_step(const struct dhcp4_message *theirs, const struct dhcp4_reply *ours, enum dhcp4_kind kind,
                   struct dhcp4_actions *actions);
