// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define PATIENCE_S 3

// Firmware that boots by IPv6 asks, and nobody answers, or nobody has an address for it.
bool rule_no_offer6(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_dhcp6 *dhcp6 = &story->dhcp6;
    bool is_refused =
        dhcp6->answers != 0 && !dhcp6->has_address && dhcp6->status == DHCP6_STATUS_NO_ADDRESSES;
    if (dhcp6->asked < 2 || (dhcp6->answers != 0 && !is_refused) || story->dhcp_count != 0 ||
        story->transfer_count != 0 || !story->knows_silence ||
        view->now_us - dhcp6->asked_us < PATIENCE_S * RULE_SECOND_US) {
        return false;
    }
    char server[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_DHCP_NO_OFFER, story, FINDING_SURE, dhcp6->asked_us);
    if (is_refused) {
        finding_say(finding, "asked for an IPv6 address %u times, and %s has none for it.", dhcp6->asked,
                    sight_print_ip(dhcp6->server, server));
        finding_show(finding, dhcp6->answered_us, "status 2, NoAddrsAvail (RFC 8415 section 21.13)");
        finding_advise(finding,
                       "give its network a range: dhcp6 in the configuration, or the other server's");
        return true;
    }
    finding_say(finding, "asked for an IPv6 address %u times, and no DHCPv6 server answered.", dhcp6->asked);
    finding_show(finding, dhcp6->asked_us, "first SOLICIT; the last %lld s later",
                 (long long)((story->client_us - dhcp6->asked_us) / RULE_SECOND_US));
    return true;
}
