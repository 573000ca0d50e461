// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"
#include "model/boot_client.h"
#include "session/client.h"

#define PATIENCE_S 15

// BIOS started a loader that then says nothing: it cannot use the card.
bool rule_loader_no_network(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *last = rule_last_transfer(story);
    if (last == NULL || last->state != STORY_DONE || role_of(last->name) != ROLE_LOADER ||
        (story->architecture != BOOT_ARCHITECTURE_NONE &&
         client_pick_platform(story->architecture) != BOOT_PLATFORM_BIOS)) {
        return false;
    }
    if (!rule_is_silent(view, PATIENCE_S) || story->client_us > last->ended_us + RULE_SECOND_US) {
        return false;
    }
    finding_begin(finding, REASON_LOADER_NO_NETWORK, story, FINDING_LIKELY, last->ended_us);
    finding_say(finding, "fetched the whole loader %.64s, which then said nothing on the network.",
                role_base(last->name));
    rule_show_transfer(finding, last);
    return true;
}
