// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define PATIENCE_S 10

// The boot file was asked for, and nothing came back.
bool rule_tftp_silent(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *last = rule_last(story, STORY_ASKED, ROLE_COUNT);
    if (last == NULL || last->protocol != STORY_TFTP || last->server_packets != 0 || !story->knows_silence ||
        story->port_unreachable != 0 || rule_asked_after(story, last->began_us) ||
        (last->requests < 2 && view->now_us - last->began_us < PATIENCE_S * RULE_SECOND_US)) {
        return false;
    }
    char server[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_TFTP_SILENT, story, FINDING_SURE, last->began_us);
    finding_say(finding, "asked %s for %.64s, and nothing came back.", sight_print_ip(last->server, server),
                last->name);
    rule_show_transfer(finding, last);
    return true;
}
