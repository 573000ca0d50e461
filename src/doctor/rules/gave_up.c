// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

// The client itself ended a transfer with an error.
bool rule_gave_up(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *last = rule_last(story, STORY_BROKEN, ROLE_COUNT);
    if (last == NULL || last->protocol != STORY_TFTP || !last->is_error_of_client ||
        rule_asked_after(story, last->ended_us)) {
        return false;
    }
    finding_begin(finding, REASON_TRANSFER_ABORTED, story, FINDING_SURE, last->ended_us);
    finding->severity = REASON_ERROR;
    finding_say(finding, "gave up in the middle of %.64s, with error %u (%.40s).", last->name,
                (unsigned)last->error,
                last->error_text[0] == '\0' ? tftp_error_name(last->error) : last->error_text);
    rule_show_transfer(finding, last);
    finding_advise(
        finding, "look at its screen at that moment; a file too large for its memory is given up like this");
    if (last->error == TFTP_ERROR_DISK_FULL) {
        finding_explain(
            finding,
            "It has no room for the file: its memory, or what its firmware leaves of it, is too small.");
    }
    return true;
}
