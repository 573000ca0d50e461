// SPDX-License-Identifier: GPL-3.0-or-later
// The rules: each a file in rules/, a row in rule_table.h, a fixture and a near miss in tests/integration. A
// rule looks at one story and says whether its failure happened.
#pragma once

#include "doctor/doctor.h"
#include "doctor/role.h"

struct rule_view { // what a rule sees; all borrowed
    const struct doctor *doctor;
    const struct story *story;
    int64_t now_us;
};

#define RULE_SECOND_US INT64_C(1000000)

typedef bool rule_function(const struct rule_view *view, struct finding *finding);

#define RULE_ROW(name) rule_function rule_##name;
#include "doctor/rule_table.h"
#undef RULE_ROW

/// Whether the client said nothing for the last `seconds`, and was there to be heard.
bool rule_is_silent(const struct rule_view *view, unsigned seconds);

/// Whether the client fetched anything, or tried to, after `at_us`.
bool rule_asked_after(const struct story *story, int64_t at_us);

/// The last transfer in `state` of a file whose role is `role` (ROLE_COUNT = any), or NULL.
const struct story_transfer *rule_last(const struct story *story, enum story_state state, enum role role);

/// The last transfer whatever came of it, or NULL.
const struct story_transfer *rule_last_transfer(const struct story *story);

/// Whether somebody told the client what to boot.
bool rule_was_told(const struct story *story);

/// Shows the transfer as evidence: name, bytes, how it ended.
void rule_show_transfer(struct finding *finding, const struct story_transfer *transfer);
