// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// A server says no to the address that it asks for.
bool rule_refused(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_dhcp *nak = story_last_dhcp(story, DHCP4_NAK, true);
    const struct story_dhcp *ack = story_last_dhcp(story, DHCP4_ACK, true);
    if (nak == NULL || (ack != NULL && ack->at_us > nak->at_us)) {
        return false;
    }
    char server[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_DHCP_REFUSED, story, FINDING_SURE, nak->at_us);
    finding_say(finding, "was refused the address that it asked for, and got no other.");
    finding_show(finding, nak->at_us, "NAK of %s", sight_print_ip(nak->from, server));
    return true;
}
