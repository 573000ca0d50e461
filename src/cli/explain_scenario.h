// SPDX-License-Identifier: GPL-3.0-or-later
// What was seen of clients as a scenario (tests/scenario/README.md): their side can be played again against
// imprint's own code, and what they got then stands beside it as comments.
#pragma once

#include "doctor/doctor.h"

#include <stdio.h>

/// Prints the world in which `stories` (`count` of them) happened, and then what each client did. Who has no
/// MAC address cannot be played and is a comment.
void explain_scenario_print(const struct story *const *stories, size_t count, FILE *out);
