// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define HEADERS       32 // of IPv4, UDP and TFTP
#define BLOCK_SUSPECT 1024
#define REPEATS_LEAST 2

// Its blocks are larger than the way there lets through.
bool rule_block_above_mtu(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *last = rule_last_transfer(story);
    if (last == NULL || last->protocol != STORY_TFTP || last->state != STORY_RUNNING ||
        last->taken_blocks != 0) {
        return false;
    }
    bool is_told = story->path_mtu != 0 && last->blksize + HEADERS > story->path_mtu;
    bool is_seen = last->blksize > BLOCK_SUSPECT && last->silent_repeats >= REPEATS_LEAST;
    if (!is_told && !is_seen) {
        return false;
    }
    char from[SIGHT_IP_BYTES];
    finding_begin(finding, REASON_TFTP_BLOCK_ABOVE_MTU, story, is_told ? FINDING_SURE : FINDING_LIKELY,
                  last->began_us);
    finding_say(finding, "agreed to blocks of %u bytes for %.64s and never got the first one.", last->blksize,
                last->name);
    finding_show(finding, last->ended_us, "the first block was sent %u times, and not acknowledged",
                 last->repeats + 1);
    if (is_told) {
        finding_show(finding, story->mtu_us, "%s says that only %u bytes pass",
                     sight_print_ip(story->mtu_from, from), (unsigned)story->path_mtu);
    }
    return true;
}
