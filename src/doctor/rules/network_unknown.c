// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// The request reached a server that has no such network: a relay or a subnet is missing.
bool rule_network_unknown(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    if (story->logs[SIGHT_LOG_NETWORK_UNKNOWN] == 0 || story_count_dhcp(story, DHCP4_OFFER, true) != 0) {
        return false;
    }
    finding_begin(finding, REASON_NO_NETWORK, story, FINDING_SURE, story->log_us[SIGHT_LOG_NETWORK_UNKNOWN]);
    finding->severity = REASON_ERROR;
    finding_say(finding, "asks from a network that the DHCP server does not serve.");
    finding_show(finding, story->log_us[SIGHT_LOG_NETWORK_UNKNOWN], "the server's log says so");
    finding_advise(finding,
                   "add a subnet for that network to the server; behind a router, set the relay agent "
                   "(ip helper) to an address of that subnet");
    return true;
}
