// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's neighbour table (ARP, and neighbour discovery of IPv6): which hardware address answers for an
// address on a network of ours. Only what the kernel knows already; nobody is asked.
#pragma once

#include "base/ip.h"

/// The hardware address of `address` on interface `interface_index` (0 = any). STATUS_NOT_FOUND: not known,
/// not complete, or not on-link. STATUS_IO: the kernel did not answer.
MUST_USE enum status neighbour_find(uint32_t interface_index, struct ip address, struct hw *hw);
