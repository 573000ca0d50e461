// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// Somebody else has its address.
bool rule_address_conflict(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_dhcp *decline = story_last_dhcp(story, DHCP4_DECLINE, false);
    char mac[HW_TEXT_BYTES];
    if (decline == NULL && story->conflict.length == 0) {
        return false;
    }
    int64_t at_us = decline != NULL ? decline->at_us : story->conflict_us;
    finding_begin(finding, REASON_ADDRESS_DECLINED, story, FINDING_SURE, at_us);
    finding_say(finding, "shares its address with somebody else, so what is sent to it goes astray.");
    if (story->conflict.length != 0) {
        finding_show(finding, story->conflict_us, "ARP: %s says that it has the address, too",
                     hw_print(&story->conflict, mac));
        finding_advise(
            finding, "find the host with the card %s: it has a fixed address within the server's range", mac);
    }
    if (decline != NULL) {
        finding_show(finding, decline->at_us, "DECLINE: it found the address in use");
    }
    return true;
}
