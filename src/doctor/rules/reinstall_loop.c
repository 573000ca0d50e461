// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#include <string.h>

#define GAP_S 120 // an installation takes longer than this

// The same installation ran twice.
bool rule_reinstall_loop(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *first = NULL;
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        if (transfer->state != STORY_DONE || role_of(transfer->name) != ROLE_ANSWER) {
            continue;
        }
        bool is_again = first != NULL && strcmp(first->name, transfer->name) == 0 &&
                        transfer->began_us - first->ended_us >= GAP_S * RULE_SECOND_US;
        bool has_booted = false;
        for (uint32_t k = 0; is_again && k < i; k++) {
            has_booted = has_booted || (story->transfers[k].began_us > first->ended_us &&
                                        role_of(story->transfers[k].name) == ROLE_KERNEL);
        }
        if (is_again && has_booted) {
            finding_begin(finding, REASON_REINSTALL_LOOP, story, FINDING_LIKELY, transfer->began_us);
            finding_say(finding, "installs itself again and again: it fetched the same answer file twice.");
            rule_show_transfer(finding, first);
            rule_show_transfer(finding, transfer);
            return true;
        }
        first = first == NULL ? transfer : first;
    }
    return false;
}
