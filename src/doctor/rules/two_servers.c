// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// Two servers give addresses on one network.
bool rule_two_servers(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_dhcp *first = NULL;
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        bool is_address = row->message.is_reply && row->message.kind == DHCP4_OFFER &&
                          row->message.address.value != 0 && row->message.server.value != 0;
        if (is_address && first != NULL && row->message.server.value != first->message.server.value &&
            row->message.xid == first->message.xid) {
            char one[IP4_TEXT_BYTES];
            char other[IP4_TEXT_BYTES];
            char address[IP4_TEXT_BYTES];
            finding_begin(finding, REASON_OTHER_DHCP_SERVER, story, FINDING_SURE, row->at_us);
            finding_say(finding, "is offered addresses by two DHCP servers, %s and %s.",
                        ip4_print(first->message.server, one), ip4_print(row->message.server, other));
            finding_show(finding, first->at_us, "%s offers %s%s", one,
                         ip4_print(first->message.address, address),
                         first->message.file[0] == '\0' ? ", without a boot file" : "");
            finding_show(finding, row->at_us, "%s offers %s%s", other,
                         ip4_print(row->message.address, address),
                         row->message.file[0] == '\0' ? ", without a boot file" : "");
            return true;
        }
        first = is_address && (first == NULL || row->message.xid != first->message.xid) ? row : first;
    }
    return false;
}
