// SPDX-License-Identifier: GPL-3.0-or-later
// What makes a written image one machine's own, rendered: a profile's templates with the machine's values in
// their places, and its secrets. It is made for the agent of the machine that is being written, and before an
// order is accepted, to see that it can be made.
#pragma once

#include "catalog/render.h"
#include "talk/talk.h"

/// Renders the profile's personal part into `personal`, with the machine's first card for its network.
/// STATUS_NOT_FOUND when a template names a value that this machine does not have, or its network is to be
/// static and its address or network is not known; STATUS_MALFORMED when a template is broken or what comes
/// out is no host name; STATUS_TOO_LONG. `problem` tells all of it and never quotes a secret. After OK,
/// personal_clear must follow; otherwise `*personal` is empty.
MUST_USE enum status personal_render(const struct render_facts *facts, struct talk_personal *personal,
                                     struct problem *problem);

/// Wipes its secrets and frees what it owns; a zeroed one is allowed.
void personal_clear(struct talk_personal *personal);
