// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define BLOCK_OF_ETHERNET 1468 // with TFTP, UDP and IP headers it makes 1500
#define ANSWERS_LEAST     2

// The server answers, and its answers do not arrive.
bool rule_answer_lost(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        bool is_open = transfer->state == STORY_AGREED || transfer->state == STORY_RUNNING ||
                       (transfer->state == STORY_REFUSED && transfer->requests > ANSWERS_LEAST);
        if (transfer->protocol != STORY_TFTP || !is_open || transfer->requests < 2 ||
            transfer->taken_blocks != 0 || transfer->server_packets < ANSWERS_LEAST ||
            (transfer->state == STORY_RUNNING && transfer->blksize > BLOCK_OF_ETHERNET)) {
            continue;
        }
        char server[SIGHT_IP_BYTES];
        finding_begin(finding, REASON_TFTP_ANSWER_LOST, story, FINDING_LIKELY, transfer->began_us);
        finding_say(finding,
                    "asks for %.64s again and again, although %s answers: the answers do not reach it.",
                    transfer->name, sight_print_ip(transfer->server, server));
        if (transfer->reply_port == 0) {
            finding_show(finding, transfer->began_us, "%u requests, each answered at once",
                         transfer->requests);
        } else {
            finding_show(finding, transfer->began_us, "%u requests to port 69, %u answers from port %u",
                         transfer->requests, transfer->server_packets, (unsigned)transfer->reply_port);
        }
        return true;
    }
    return false;
}
