// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// One network card, two machines: a dongle or a dock that goes around.
bool rule_card_shared(const struct rule_view *view, struct finding *finding)
{
    static const struct uuid NONE = {0};
    const struct story *story = view->story;
    char one[UUID_TEXT_BYTES];
    char other[UUID_TEXT_BYTES];
    if (uuid_equal(&story->other_uuid, &NONE) || uuid_is_same_machine(&story->uuid, &story->other_uuid)) {
        return false;
    }
    finding_begin(finding, REASON_CARD_SHARED, story, FINDING_SURE, story->last_us);
    finding_say(finding, "is one network card of two machines: what is ordered for one may reach the other.");
    finding_show(finding, 0, "option 97 says %s and, at another time, %s",
                 uuid_print(&story->other_uuid, one), uuid_print(&story->uuid, other));
    return true;
}
