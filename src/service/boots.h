// SPDX-License-Identifier: GPL-3.0-or-later
// The boots that are under way, and the last ones that are over: what the daemon's own services see of each
// client becomes its story, and the same rules as for a capture say why it stopped, without anybody asking.
#pragma once

#include "io/loop.h"
#include "service/desk.h"
#include "service/transfer.h"

#define BOOTS_LIVE_MOST 1024 // those that are over: STORE_BOOTS_MOST

struct boots;
struct json_t;

/// Watches for `desk`, whose timeline gets the verdicts. Yours; boots_free. Never NULL.
struct boots *boots_new(struct desk *desk, struct loop *loop);

/// Puts away what is known of the boots under way, and frees it; NULL is allowed. Before the loop is, and
/// before the store is.
void boots_free(struct boots *boots);

// NULL instead of `boots` is allowed in all that follow: nothing is watched then.

/// Lets time pass: judges who fell silent, and puts away what is over. Its own timer calls it every second
/// while somebody boots; `context` is the boots.
void boots_tick(void *context);

/// A DHCP message was received, sent or overheard: a UDP payload, any bytes. Only who boots from the network
/// is watched.
void boots_see_dhcp(struct boots *boots, const void *payload, size_t bytes, struct ip4 from);

/// A client of ours was refused an address: REASON_POOL_FULL, REASON_NO_NETWORK; others say nothing.
void boots_see_refusal(struct boots *boots, const struct hw *mac, enum reason_id reason);

/// A transfer ended.
void boots_see_transfer(struct boots *boots, const struct transfer_end *end);

/// A client fell silent in the middle of a transfer, whose end is to come: judged at once.
void boots_see_stall(struct boots *boots, const struct transfer_end *end);

/// Something was written to the timeline.
void boots_see_event(struct boots *boots, const struct event *event);

/// It was decided what a client boots.
void boots_see_plan(struct boots *boots, const struct boot_client *client, const struct boot_plan *plan);

/// The boots of `machine`, newest first, each {number, at_ms, until_ms, live} and what verdict_json_client
/// has; at most `most`. Yours.
struct json_t *boots_list(struct boots *boots, const struct machine *machine, size_t most);

/// Why the last boot of `machine` that is over stopped: one sentence, or "" when it did not, or nobody knows.
/// `machine` may be NULL. Borrowed until the next call.
const char *boots_last_verdict(const struct boots *boots, const struct machine *machine);
