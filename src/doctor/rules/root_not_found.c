// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// The installer or live system asks for its file system, and it is not there.
bool rule_root_not_found(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *missing = rule_last(story, STORY_REFUSED, ROLE_ROOT);
    const struct story_transfer *found = rule_last(story, STORY_DONE, ROLE_ROOT);
    if (missing == NULL || (found != NULL && found->began_us > missing->began_us) ||
        rule_last(story, STORY_DONE, ROLE_INITRD) == NULL) {
        return false;
    }
    char server[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_ROOT_NOT_FOUND, story, FINDING_SURE, missing->began_us);
    finding_say(finding, "started its kernel, which asked %s for %.64s, and that is not there.",
                sight_print_ip(missing->server, server), missing->name);
    rule_show_transfer(finding, missing);
    return true;
}
