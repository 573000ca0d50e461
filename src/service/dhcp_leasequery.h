// SPDX-License-Identifier: GPL-3.0-or-later
// LEASEQUERY (RFC 4388): who may ask, and what the books say.
#pragma once

#include "service/dhcp_answer.h"

/// Answers the LEASEQUERY in `answer->message`. Silence for whoever is no relay of a network of ours, or
/// speaks for one from elsewhere.
void dhcp_leasequery(const struct dhcp_answer_world *world, const struct dhcp_question *question,
                     struct dhcp_answer *answer);
