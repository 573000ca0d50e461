// SPDX-License-Identifier: GPL-3.0-or-later
// From DHCPv6 options to the model's words: what firmware or loader is it, and who is it.
#pragma once

#include "model/boot_client.h"
#include "wire/dhcp6.h"

/// Reads options 1, 15, 16, 18, 37, 38, 61 and 79, and the address that the message came from. Never fails:
/// what is missing or broken is "not told". An iPXE is known by user class "iPXE", firmware by vendor class
/// "PXEClient"/"HTTPClient" or by 61. The MAC address may stand only in the DUID: see dhcp6_find_hw.
void client_from_dhcp6(const struct dhcp6_message *message, struct ip6 source, struct boot_client *client);
