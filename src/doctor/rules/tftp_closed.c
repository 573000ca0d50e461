// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// Nobody listens for TFTP there.
bool rule_tftp_closed(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    char server[SIGHT_IP_BYTES];
    if (story->port_unreachable == 0 || story->unreachable_port != TFTP_PORT) {
        return false;
    }
    finding_begin(finding, REASON_TFTP_CLOSED, story, FINDING_SURE, story->unreachable_us);
    finding_say(finding, "asked %s for its boot file, and no TFTP server runs there.",
                sight_print_ip(story->unreachable_host, server));
    finding_show(finding, story->unreachable_us, "ICMP: port 69 of %s is closed", server);
    return true;
}
