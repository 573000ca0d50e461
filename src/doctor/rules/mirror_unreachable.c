// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define SYN_LEAST 3

// Packages, or whatever else the installer needs from a server, do not come.
bool rule_mirror_unreachable(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *initrd = rule_last(story, STORY_DONE, ROLE_INITRD);
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        bool is_package = role_of(transfer->name) == ROLE_PACKAGES;
        bool is_silent = transfer->protocol != STORY_TFTP && transfer->state == STORY_ASKED &&
                         transfer->requests >= SYN_LEAST && story->knows_silence;
        bool is_closed =
            transfer->protocol != STORY_TFTP && transfer->state == STORY_REFUSED && transfer->error == 0;
        bool is_missing = is_package && transfer->state == STORY_REFUSED && transfer->error >= 400;
        if (initrd == NULL || transfer->began_us < initrd->ended_us ||
            (!is_silent && !is_closed && !is_missing)) {
            continue;
        }
        const struct story_transfer *later = rule_last(story, STORY_DONE, ROLE_PACKAGES);
        if (later != NULL && later->began_us > transfer->began_us) {
            return false;
        }
        char server[SIGHT_IP_BYTES];
        finding_begin(finding, REASON_MIRROR_UNREACHABLE, story, is_missing ? FINDING_LIKELY : FINDING_SURE,
                      transfer->began_us);
        finding_say(finding, "runs its installer, which cannot get %s from %s port %u: %s.",
                    transfer->name[0] == '\0' ? "anything" : role_base(transfer->name),
                    sight_print_ip(transfer->server, server), (unsigned)transfer->server_port,
                    is_silent   ? "nobody answers"
                    : is_closed ? "the port is closed"
                                : "it is not there");
        rule_show_transfer(finding, transfer);
        return true;
    }
    return false;
}
