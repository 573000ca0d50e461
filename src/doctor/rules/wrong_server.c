// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

static const struct story_dhcp *find_offer(const struct story *story, struct ip4 server, bool is_of)
{
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct sight_dhcp *message = &story->dhcp[i].message;
        bool is_offer = message->is_reply && message->kind == DHCP4_OFFER && message->knows_boot;
        if (is_offer && is_of == (message->server.value == server.value) &&
            (is_of || message->file[0] != '\0')) {
            return &story->dhcp[i];
        }
    }
    return NULL;
}

// It took the offer that has no boot file, though another one had.
bool rule_wrong_server(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_dhcp *request = story_last_dhcp(story, DHCP4_REQUEST, false);
    if (request == NULL || request->message.server.value == 0 || story->class == SIGHT_CLASS_NONE ||
        story->transfer_count != 0) {
        return false;
    }
    const struct story_dhcp *taken = find_offer(story, request->message.server, true);
    const struct story_dhcp *better = find_offer(story, request->message.server, false);
    bool is_combined = better != NULL && better->message.address.value == 0; // a proxy's: it needs no REQUEST
    if (taken == NULL || better == NULL || is_combined || taken->message.file[0] != '\0' ||
        taken->message.has_vendor) {
        return false;
    }
    char one[IP4_TEXT_BYTES];
    char other[IP4_TEXT_BYTES];
    finding_begin(finding, REASON_DHCP_WRONG_SERVER, story, FINDING_SURE, request->at_us);
    finding_say(finding, "took its address from %s, which says nothing of booting; %s offered %.64s in vain.",
                ip4_print(request->message.server, one), ip4_print(better->message.server, other),
                better->message.file);
    finding_show(finding, request->at_us, "REQUEST to %s", one);
    finding_advise(finding,
                   "switch one of the two off: find %s, or have %s only say what to boot (proxy mode)", one,
                   other);
    return true;
}
