// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define REPEATS_LEAST 3
#define PATIENCE_S    10
#define BLOCKS_ROOM   65400u // near there the block numbers end: another rule

// A transfer stopped in the middle.
bool rule_stopped(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *last = rule_last_transfer(story);
    if (last == NULL || last->state != STORY_RUNNING || last->taken_blocks + last->taken_bytes == 0 ||
        last->name[0] == '\0' || role_of(last->name) == ROLE_ROOT || !story->knows_silence ||
        (last->taken_blocks > BLOCKS_ROOM && last->taken_blocks <= UINT16_MAX + 1)) {
        return false;
    }
    bool is_stuck = last->silent_repeats >= REPEATS_LEAST || rule_is_silent(view, PATIENCE_S);
    if (!is_stuck || last->has_end) {
        return false;
    }
    char bytes[32];
    finding_begin(finding, REASON_TRANSFER_TIMEOUT, story, FINDING_SURE, last->ended_us);
    finding->severity = REASON_ERROR;
    finding_say(finding, "stopped answering in the middle of %.64s, after %s bytes.", last->name,
                finding_print_bytes(last->taken_bytes, bytes));
    finding_show(finding, last->ended_us, "the server sent the next block %u times",
                 last->silent_repeats + 1);
    return true;
}
