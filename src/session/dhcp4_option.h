// SPDX-License-Identifier: GPL-3.0-or-later
// The administrator's options in a reply: which of them this client gets.
#pragma once

#include "model/boot_client.h"
#include "model/dhcp_option.h"
#include "wire/dhcp4.h"

/// Puts the options of `set` (merged and resolved for this client; may be NULL) into `reply`: those that it
/// asks for (55), those that are forced, those that replace one that is there, and all of them for a client
/// that does not say what it wants. What is imprint's own (dhcp_option_is_ours) is left alone; what does not
/// fit is left out, in rising order of code.
void dhcp4_option_put(const struct dhcp_option_set *set, const struct dhcp4_message *request,
                      const struct boot_client *client, struct dhcp4_reply *reply);
