// SPDX-License-Identifier: GPL-3.0-or-later
// Who else answers here? The question (a DISCOVER that looks like a PXE client's, marked so that another
// imprint knows it for what it is), the answer to another imprint's question, and what a heard reply says
// about its sender. Bytes and values only.
#pragma once

#include "service/dhcp.h"
#include "wire/dhcp4.h"
#include "wire/frame.h"

/// Writes the question into `out`: a DISCOVER from `hw` with transaction id `xid`, naming our `address`. Its
/// length, 0 when it does not fit.
size_t dhcp_probe_encode(const struct hw *hw, struct ip4 address, uint32_t xid, void *out, size_t out_bytes);

/// Whether `message` is such a question; `*address` is then the asking imprint's own.
bool dhcp_probe_is(const struct dhcp4_message *message, struct ip4 *address);

/// Fills `reply` with the answer that tells another imprint about us, and whether we give addresses: an OFFER
/// without an address, marked.
void dhcp_probe_reply(const struct dhcp4_message *question, struct ip4 server, const char *server_name,
                      bool gives_addresses, struct dhcp4_reply *reply);

/// What `message`, a reply that somebody else sent from `from`/`from_hw`, says about its sender. false when
/// it says nothing.
bool dhcp_probe_classify(const struct dhcp4_message *message, struct ip4 from, const struct hw *from_hw,
                         struct dhcp_other *other);

/// The reason that goes with somebody else of that kind.
enum reason_id dhcp_other_reason(enum dhcp_other_kind kind);

/// "DHCP server", "ProxyDHCP server" or "imprint".
const char *dhcp_other_text(enum dhcp_other_kind kind);
