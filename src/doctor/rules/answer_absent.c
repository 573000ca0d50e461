// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// The answer file was asked for, and is not given.
bool rule_answer_absent(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *missing = rule_last(story, STORY_REFUSED, ROLE_ANSWER);
    const struct story_transfer *found = rule_last(story, STORY_DONE, ROLE_ANSWER);
    if (missing == NULL || (found != NULL && found->began_us > missing->began_us)) {
        return false;
    }
    char server[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_ANSWER_ABSENT, story, FINDING_SURE, missing->began_us);
    finding_say(finding,
                "asked %s for its answer file %.64s and did not get it, so the installer asks at the screen.",
                sight_print_ip(missing->server, server), missing->name);
    rule_show_transfer(finding, missing);
    return true;
}
