// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"
#include "model/boot_client.h"
#include "session/client.h"

// Firmware of a kind that nothing here knows.
bool rule_architecture_unknown(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    if (story->architecture == BOOT_ARCHITECTURE_NONE ||
        client_pick_platform(story->architecture) != BOOT_PLATFORM_OTHER) {
        return false;
    }
    finding_begin(finding, REASON_ARCHITECTURE_UNKNOWN, story, FINDING_SURE, story->first_us);
    finding_say(finding, "has firmware of kind %u (option 93), for which there is no boot loader.",
                (unsigned)story->architecture);
    finding_show(finding, story->first_us, "its DHCP request says architecture %u",
                 (unsigned)story->architecture);
    return true;
}
