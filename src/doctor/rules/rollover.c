// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define LAST_BLOCK 65535u
#define AROUND     64u // windows may run ahead

// It stops where block numbers begin anew.
bool rule_rollover(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        bool is_there =
            transfer->taken_blocks + AROUND >= LAST_BLOCK && transfer->taken_blocks <= LAST_BLOCK + 1;
        if (transfer->protocol != STORY_TFTP || transfer->state == STORY_DONE || !is_there) {
            continue;
        }
        char bytes[32];
        finding_begin(finding, REASON_TFTP_ROLLOVER, story, FINDING_SURE, transfer->ended_us);
        finding_say(finding, "stopped in %.64s at block %llu: it cannot count beyond 65,535.", transfer->name,
                    (unsigned long long)transfer->taken_blocks);
        finding_show(finding, transfer->ended_us, "blocks of %u bytes reach %s bytes, and the file goes on",
                     transfer->blksize, finding_print_bytes((uint64_t)transfer->blksize * LAST_BLOCK, bytes));
        return true;
    }
    return false;
}
