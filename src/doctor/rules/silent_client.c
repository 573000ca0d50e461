// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define ASKED_LEAST 2

// Somebody looks for it, and it does not answer: it has halted or restarted. A consequence, never the cause.
bool rule_silent_client(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    char asker[SIGHT_IP_BYTES];
    if (story->arp_unanswered < ASKED_LEAST) {
        return false;
    }
    finding_begin(finding, REASON_CLIENT_HALTED, story, FINDING_LIKELY, story->arp_first_us);
    finding->is_symptom = true;
    finding_say(finding,
                "does not answer ARP any more: it has halted or restarted. The network is not the cause.");
    finding_show(finding, story->arp_first_us,
                 "%s asks %u times who has its address, after it had fallen silent",
                 sight_print_ip(story->arp_asker, asker), story->arp_unanswered);
    return true;
}
