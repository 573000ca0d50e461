// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// The server has no address left.
bool rule_pool_empty(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    if (story->logs[SIGHT_LOG_POOL_EMPTY] == 0 || story_count_dhcp(story, DHCP4_ACK, true) != 0) {
        return false;
    }
    finding_begin(finding, REASON_POOL_FULL, story, FINDING_SURE, story->log_us[SIGHT_LOG_POOL_EMPTY]);
    finding_say(finding, "got no address: the server has none left.");
    finding_show(finding, story->log_us[SIGHT_LOG_POOL_EMPTY], "the server's log says so %u time%s",
                 story->logs[SIGHT_LOG_POOL_EMPTY], story->logs[SIGHT_LOG_POOL_EMPTY] == 1 ? "" : "s");
    return true;
}
