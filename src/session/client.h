// SPDX-License-Identifier: GPL-3.0-or-later
// From DHCP options to the model's words: what firmware or loader is it, and who is it.
#pragma once

#include "base/text.h"
#include "model/boot_client.h"
#include "wire/dhcp4.h"

#define CLIENT_TEST_CLASS   "imprint-selftest" // user class (option 77) of imprint selftest
#define CLIENT_TEST_ADDRESS 0xc612fffeu // its address, 198.18.255.254 (RFC 2544: nobody's on a real network)

/// Reads options 60, 61, 77, 82, 93, 97, 175 and chaddr. Never fails: what is missing or broken is "not
/// told". An iPXE is known by user class "iPXE" or by option 175, firmware by 60 "PXEClient"/"HTTPClient" or
/// by 93; imprint selftest by its user class.
void client_from_dhcp4(const struct dhcp4_message *message, struct boot_client *client);

/// Prints where relay agents say that the client is, "relay 10.9.0.1, circuit eth0/7, remote
/// 00:11:22:33:44:55"; nothing when no relay is between.
void client_print_place(const struct boot_client *client, struct text *out);

/// What kind of firmware stands behind an architecture code. BOOT_PLATFORM_OTHER: nothing here knows how such
/// a machine boots, and a guess would only make it hang.
enum boot_platform client_pick_platform(uint16_t architecture);
