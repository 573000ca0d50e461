// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"
#include "session/client.h"

#define PATIENCE_S 3

// It was answered by IPv6, and nobody told it what to boot.
bool rule_no_boot_file6(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_dhcp6 *dhcp6 = &story->dhcp6;
    bool is_unknown = story->architecture != BOOT_ARCHITECTURE_NONE && // that says it all
                      client_pick_platform(story->architecture) == BOOT_PLATFORM_OTHER;
    bool has_answer = dhcp6->answers != 0 && dhcp6->status == DHCP6_STATUS_SUCCESS;
    if (!has_answer || is_unknown || dhcp6->url[0] != '\0' || story->dhcp_count != 0 ||
        story->transfer_count != 0 || !story->knows_silence ||
        view->now_us - dhcp6->answered_us < PATIENCE_S * RULE_SECOND_US) {
        return false;
    }
    char server[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_DHCP_NO_BOOT_FILE, story, FINDING_SURE, dhcp6->answered_us);
    finding_say(finding, "was answered by DHCPv6, but no server told it what to boot (option 59).");
    finding_show(finding, dhcp6->answered_us, "%u answers, the last from %s, without a boot URL",
                 dhcp6->answers, sight_print_ip(dhcp6->server, server));
    return true;
}
