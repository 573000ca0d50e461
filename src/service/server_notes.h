// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon makes of what its services tell: transfers that ended move orders on and go to the
// timeline; every event goes to the log.
#pragma once

#include "io/log.h"
#include "service/desk.h"
#include "service/transfer.h"

/// A transfer ended: steps its order, and tells the timeline what is worth a line there (what a machine
/// boots, and what went wrong).
void server_note_transfer(struct desk *desk, struct log *log, const struct transfer_end *end);

/// Writes `event` to the log, with the machine's name and the reasons.
void server_log_event(const struct store *store, struct log *log, const struct event *event);
