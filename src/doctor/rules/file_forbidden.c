// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "doctor/rule.h"

#include <string.h>

static bool has(const char *text, const char *word)
{
    return text_has_nocase(text, word);
}

// The file is there, and the server may not read it or does not want to give it.
bool rule_file_forbidden(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        bool is_tftp = transfer->protocol == STORY_TFTP;
        bool is_forbidden =
            transfer->state == STORY_REFUSED &&
            (is_tftp ? transfer->error == TFTP_ERROR_ACCESS_VIOLATION ||
                           has(transfer->error_text, "denied") || has(transfer->error_text, "forbidden")
                     : transfer->error == 401 || transfer->error == 403);
        if (!is_forbidden || role_is_optional(transfer->name)) {
            continue;
        }
        finding_begin(finding, REASON_FILE_FORBIDDEN, story, FINDING_SURE, transfer->began_us);
        finding_say(finding, "was refused %.64s: the server may not read it, or must not give it.",
                    transfer->name);
        rule_show_transfer(finding, transfer);
        return true;
    }
    return false;
}
