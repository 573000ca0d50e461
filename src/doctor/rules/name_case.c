// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "doctor/rule.h"

#include <string.h>

// Another client's, or its own, transfer of the same name in other letters.
static const struct story_transfer *find_twin(const struct story *story, const struct story_transfer *missing)
{
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        if (transfer->state == STORY_DONE && strcmp(transfer->name, missing->name) != 0 &&
            text_equal_nocase(transfer->name, missing->name)) {
            return transfer;
        }
    }
    return NULL;
}

// The file is there, but for upper and lower case.
bool rule_name_case(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *missing = &story->transfers[i - 1];
        bool is_missing = missing->state == STORY_REFUSED && missing->error == TFTP_ERROR_FILE_NOT_FOUND &&
                          missing->protocol == STORY_TFTP;
        for (uint32_t k = 0; is_missing && k < view->doctor->count; k++) {
            const struct story_transfer *twin = find_twin(&view->doctor->stories[k], missing);
            if (twin == NULL || (&view->doctor->stories[k] == story && twin > missing)) {
                continue;
            }
            finding_begin(finding, REASON_FILE_NAME_CASE, story, FINDING_SURE, missing->began_us);
            finding_say(finding, "asked for %.64s, and the server has it as %.64s.", missing->name,
                        twin->name);
            rule_show_transfer(finding, missing);
            rule_show_transfer(finding, twin);
            return true;
        }
    }
    return false;
}
