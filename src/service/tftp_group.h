// SPDX-License-Identifier: GPL-3.0-or-later
// Multicast groups of the TFTP engine (RFC 2090): which request belongs to which group, group addresses, and
// the way from session/tftp_multicast's decisions to packets. All groups are the first engine thread's.
// tftp_flow.h declares tftp_group_join, which is how the engine comes here.
#pragma once

#include "service/tftp_flow.h"

#define TFTP_GROUP_PORT  1758 // of the group's members; what IANA has for "TFTP multicast"
#define TFTP_GROUPS_MOST 256  // at once

/// Whether this answered question may be tried as multicast at all: asked for, allowed, a whole file in octet
/// mode that is the same for everybody, and few enough blocks.
bool tftp_group_may_join(const struct tftp_question *question);
