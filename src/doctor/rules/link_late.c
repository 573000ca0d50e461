// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define SECS_LEAST 8 // of firmware that was heard first
#define SECS_MOST  120
#define GAP_LEAST  15 // seconds

// When the loader came that sends the DISCOVER at `at_us`; 0 = no loader came just before.
static int64_t loader_before(const struct story *story, int64_t at_us)
{
    int64_t before = 0;
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        if (transfer->ended_us < at_us) {
            bool is_loader = transfer->state == STORY_DONE && role_of(transfer->name) == ROLE_LOADER;
            before = is_loader ? transfer->ended_us : 0;
        }
    }
    return before;
}

// The switch lets the link through only after a while: what is sent before is lost.
bool rule_link_late(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        if (row->message.is_reply || row->message.kind != DHCP4_DISCOVER) {
            continue;
        }
        int64_t loader_us = loader_before(story, row->at_us);
        int64_t gap = loader_us == 0 ? 0 : (row->at_us - loader_us) / RULE_SECOND_US;
        if (gap >= GAP_LEAST && gap <= SECS_MOST && row->message.is_ipxe) {
            finding_begin(finding, REASON_LINK_LATE, story, FINDING_LIKELY, row->at_us);
            finding_say(finding,
                        "was not heard for %lld s after its loader had come: the switch port was closed.",
                        (long long)gap);
            finding_show(finding, loader_us, "the loader came whole");
            finding_show(finding, row->at_us, "the loader's first DISCOVER");
            return true;
        }
        bool is_first = i == 0 && story->transfer_count == 0 && story->dhcp_dropped == 0;
        if (is_first && row->message.class == SIGHT_CLASS_PXE && !row->message.is_ipxe &&
            story->knows_silence && row->message.secs >= SECS_LEAST && row->message.secs <= SECS_MOST) {
            finding_begin(finding, REASON_LINK_LATE, story, FINDING_LIKELY, row->at_us);
            finding_say(finding,
                        "had been asking for %u s when it was first heard: the switch port was closed.",
                        (unsigned)row->message.secs);
            finding_show(finding, row->at_us, "the first DISCOVER that came through says secs %u",
                         (unsigned)row->message.secs);
            return true;
        }
    }
    return false;
}
