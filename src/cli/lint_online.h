// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the servers that an answer file names are there and give what is asked of them.
#pragma once

#include "model/lint.h"

/// Asks the mirrors and repositories in `subject` (at most 16, five seconds each) and adds those that do not
/// answer to `lint`. How many were asked.
unsigned lint_online_check(const struct lint_subject *subject, struct lint *lint);
