// SPDX-License-Identifier: GPL-3.0-or-later
// GET events: what the store remembers, one JSON object a line, and with ?follow=1 what comes after, until
// the client goes. An empty line now and then says that we are still here.
#pragma once

#include "service/control_request.h"

/// Lets everybody who follows look for new events.
void control_watch_wake(struct control *control);

/// The same, and whoever has none gets an empty line, so that clients that are gone are noticed.
void control_watch_beat(struct control *control);

/// Nobody follows any more: everybody gets what there is, and the end.
void control_watch_end(struct control *control);
