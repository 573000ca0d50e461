// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define PATIENCE_S 180

// The installer has its answers, and fetches nothing more.
bool rule_installer_waits(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *answer = rule_last(story, STORY_DONE, ROLE_ANSWER);
    if (answer == NULL || rule_last(story, STORY_REFUSED, ROLE_ANSWER) != NULL ||
        rule_asked_after(story, answer->ended_us) || !rule_is_silent(view, PATIENCE_S)) {
        return false;
    }
    finding_begin(finding, REASON_INSTALLER_WAITS, story, FINDING_POSSIBLE, answer->ended_us);
    finding_say(
        finding,
        "has its answer file, and its installer has fetched nothing for %lld s: it may wait at the screen.",
        (long long)((view->now_us - answer->ended_us) / RULE_SECOND_US));
    rule_show_transfer(finding, answer);
    return true;
}
