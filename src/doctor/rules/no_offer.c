// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// It asks for an address, and nobody answers.
bool rule_no_offer(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    uint32_t asked = 0;
    bool is_relayed = false;
    const struct story_dhcp *first = NULL;
    if (story->logs[SIGHT_LOG_POOL_EMPTY] != 0 || story->logs[SIGHT_LOG_NETWORK_UNKNOWN] != 0) {
        return false; // a server said why
    }
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        if (row->message.is_reply || row->message.kind == DHCP4_ACK) {
            return false;
        }
        bool is_asking = !row->message.is_kind_known || row->message.kind == DHCP4_DISCOVER;
        first = first == NULL && is_asking ? row : first;
        asked += is_asking;
        is_relayed = is_relayed || row->message.relay.value != 0;
    }
    if (asked < 2 || view->now_us - first->at_us < 3 * RULE_SECOND_US) {
        return false;
    }
    finding_begin(finding, REASON_DHCP_NO_OFFER, story, FINDING_SURE, first->at_us);
    finding_say(finding, "asked for an address %u times, and no DHCP server answered.", asked);
    finding_show(finding, first->at_us, "first DISCOVER; the last %lld s later",
                 (long long)((story->client_us - first->at_us) / RULE_SECOND_US));
    if (is_relayed) {
        finding_explain(finding,
                        "A relay agent passed its requests on, so the way there works; the server behind "
                        "it is silent, or its answers do not come back to the relay.");
    }
    return true;
}
