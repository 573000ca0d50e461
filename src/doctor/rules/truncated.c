// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// It came to an end before its announced size.
bool rule_truncated(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        bool is_ended = transfer->protocol == STORY_TFTP ? transfer->state == STORY_DONE : transfer->has_end;
        if (!is_ended || transfer->size == UINT64_MAX || transfer->bytes == 0 ||
            transfer->bytes >= transfer->size) {
            continue;
        }
        char sent[32];
        char announced[32];
        finding_begin(finding, REASON_TRANSFER_TRUNCATED, story, FINDING_SURE, transfer->ended_us);
        finding_say(finding, "got only %s of the %s bytes of %.64s.",
                    finding_print_bytes(transfer->bytes, sent),
                    finding_print_bytes(transfer->size, announced), transfer->name);
        rule_show_transfer(finding, transfer);
        return true;
    }
    return false;
}
