// SPDX-License-Identifier: GPL-3.0-or-later
// Between session/adapt, which watches firmware, and the store and the timeline: which shape a client's next
// reply has, and what is learned when it has fetched its file.
#pragma once

#include "service/dhcp_answer.h"

/// Puts the shape of the reply to `answer->message`, which came to our port `port`, into `boot`, and tells
/// when it changes. `machine` may be NULL. Nothing for clients that are no firmware, or get no boot file.
void dhcp_shape_put(const struct dhcp_answer_world *world, const struct dhcp_answer *answer, uint16_t port,
                    const struct machine *machine, struct dhcp4_boot *boot);

/// `mac` asked for a file; with `is_whole` it has it. What that teaches goes to its machine, to `quirks` and
/// to the timeline.
void dhcp_shape_learn(struct desk *desk, struct adapt *adapt, struct quirk_book *quirks, const struct hw *mac,
                      bool is_whole);

/// Fills `quirks` anew with what the machines in `store` taught.
void dhcp_shape_read(const struct store *store, struct quirk_book *quirks);
