// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// It has an address, and nobody told it what to boot.
bool rule_no_boot_file(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_dhcp *ack = story_last_dhcp(story, DHCP4_ACK, true);
    if (ack == NULL || !ack->message.knows_boot || story->class == SIGHT_CLASS_NONE || rule_was_told(story) ||
        story->transfer_count != 0) {
        return false;
    }
    char server[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_DHCP_NO_BOOT_FILE, story, FINDING_SURE, ack->at_us);
    finding_say(finding, "got an address, but no server told it what to boot (PXE-E53 on its screen).");
    finding_show(finding, ack->at_us, "ACK of %s without boot file, option 67 or PXE menu",
                 sight_print_ip(ack->from, server));
    return true;
}
