// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define PATIENCE_S 90

// An installer runs that was told of an answer file, and does not ask for it.
bool rule_answer_not_asked(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *kernel = rule_last(story, STORY_DONE, ROLE_KERNEL);
    const struct story_transfer *initrd = rule_last(story, STORY_DONE, ROLE_INITRD);
    if (!story->names_answer || kernel == NULL || initrd == NULL || !story->knows_silence ||
        view->now_us - initrd->ended_us < PATIENCE_S * RULE_SECOND_US) {
        return false;
    }
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        enum role role = role_of(transfer->name);
        if (transfer->began_us > kernel->began_us && (role == ROLE_ANSWER || role == ROLE_PACKAGES)) {
            return false;
        }
    }
    finding_begin(finding, REASON_ANSWER_NOT_ASKED, story, FINDING_LIKELY, initrd->ended_us);
    finding_say(finding,
                "started an installer that never asked for its answer file: it waits at the screen.");
    rule_show_transfer(finding, initrd);
    return true;
}
