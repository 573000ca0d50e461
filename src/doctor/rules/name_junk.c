// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// The name has bytes behind it or in it that are no part of it.
bool rule_name_junk(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        if (!transfer->is_name_odd || transfer->state != STORY_REFUSED) {
            continue;
        }
        finding_begin(finding, REASON_FILE_NAME_JUNK, story, FINDING_SURE, transfer->began_us);
        finding_say(finding, "asked for %.64s: its firmware took more for the name than belongs to it.",
                    transfer->name);
        rule_show_transfer(finding, transfer);
        return true;
    }
    return false;
}
