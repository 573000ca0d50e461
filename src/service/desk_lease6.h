// SPDX-License-Identifier: GPL-3.0-or-later
// Who has an IPv6 address by a lease of ours, for desk.c only.
#pragma once

#include "service/desk.h"

/// Fills `found` (who was seen with `address`) from the lease of `address`, when there is a live one that
/// tells the card that had its message sent.
void desk_find_lease6(const struct desk *desk, struct ip address, int64_t now_s, struct desk_address *found);
