// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define AGAIN_LEAST_S 4
#define AGAIN_MOST_S  120
#define ROUNDS_LEAST  2

// Whether the transfers between two moments are loaders and their configuration only, so that it was sent to
// its disk.
static bool is_sent_to_disk(const struct story *story, int64_t from_us, int64_t to_us)
{
    bool has_config = false;
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        if (transfer->began_us < from_us || transfer->began_us >= to_us) {
            continue;
        }
        enum role role = role_of(transfer->name);
        bool is_loading = role == ROLE_LOADER || role == ROLE_MODULE || role == ROLE_CONFIG;
        if (!is_loading && transfer->state == STORY_DONE) {
            return false;
        }
        has_config = has_config || (role == ROLE_CONFIG && transfer->state == STORY_DONE);
    }
    return has_config;
}

// It was sent to its own disk, and is back at once.
bool rule_disk_boot_failed(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    unsigned rounds = story->disk_rounds;
    int64_t began_us = 0;
    int64_t last_us = story->first_us;
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        bool is_begin = !row->message.is_reply && row->message.kind == DHCP4_DISCOVER &&
                        !row->message.is_ipxe && row->message.class != SIGHT_CLASS_NONE;
        int64_t gap = began_us == 0 ? 0 : (row->at_us - began_us) / RULE_SECOND_US;
        if (!is_begin || (began_us != 0 && gap < AGAIN_LEAST_S)) {
            continue;
        }
        if (began_us != 0 && gap <= AGAIN_MOST_S && is_sent_to_disk(story, began_us, row->at_us)) {
            rounds++;
            last_us = row->at_us;
        }
        began_us = row->at_us;
    }
    if (rounds < ROUNDS_LEAST) {
        return false;
    }
    finding_begin(finding, REASON_DISK_BOOT_FAILED, story, FINDING_LIKELY, last_us);
    finding_say(finding, "was sent to its own disk and came back to the network at once, %u times.", rounds);
    finding_show(finding, last_us,
                 "firmware asks again, and only a loader and its configuration had been fetched");
    return true;
}
