// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#include <string.h>

// The loader found none of the configurations that it tries.
bool rule_config_absent(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *first = NULL;
    const struct story_transfer *last = NULL;
    uint32_t tried = 0;
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        if (role_of(transfer->name) != ROLE_CONFIG) {
            if (last != NULL && transfer->state == STORY_DONE) {
                return false;
            }
            continue;
        }
        if (transfer->state != STORY_REFUSED) {
            return false;
        }
        first = first == NULL ? transfer : first;
        last = transfer;
        tried++;
    }
    bool is_last = last != NULL && strstr(last->name, "default") != NULL;
    if (tried < 2 || (!is_last && !rule_is_silent(view, 10))) {
        return false;
    }
    finding_begin(finding, REASON_BOOT_CONFIG_ABSENT, story, is_last ? FINDING_SURE : FINDING_LIKELY,
                  last->ended_us);
    finding_say(finding, "has a loader that found no configuration: it tried %u names, none is there.",
                tried);
    finding_show(finding, first->began_us, "first %.80s", first->name);
    finding_show(finding, last->began_us, "last %.80s", last->name);
    return true;
}
