// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

static bool is_none(const struct uuid *uuid)
{
    static const struct uuid NONE = {0};
    return uuid_equal(uuid, &NONE);
}

// Two machines have one UUID.
bool rule_uuid_shared(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    char text[UUID_TEXT_BYTES];
    char mac[HW_TEXT_BYTES];
    for (uint32_t i = 0; i < view->doctor->count && !is_none(&story->uuid) && !uuid_is_useless(&story->uuid);
         i++) {
        const struct story *other = &view->doctor->stories[i];
        if (other == story || hw_equal(&other->mac, &story->mac) ||
            !uuid_is_same_machine(&other->uuid, &story->uuid)) {
            continue;
        }
        finding_begin(finding, REASON_UUID_SHARED, story, FINDING_SURE, story->first_us);
        finding_say(finding, "has the same UUID as %s.", hw_print(&other->mac, mac));
        finding_show(finding, story->first_us, "both say %s in option 97", uuid_print(&story->uuid, text));
        return true;
    }
    return false;
}
