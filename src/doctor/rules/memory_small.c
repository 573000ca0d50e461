// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#define BYTES_LEAST ((uint64_t)16 << 20)
#define PATIENCE_S  10

// A large file that goes into memory stopped on the way.
bool rule_memory_small(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *last = rule_last_transfer(story);
    if (last == NULL || last->taken_bytes < BYTES_LEAST || last->size == UINT64_MAX ||
        last->taken_bytes >= last->size ||
        (role_of(last->name) != ROLE_ROOT && role_of(last->name) != ROLE_INITRD)) {
        return false;
    }
    bool is_stopped = (last->state == STORY_BROKEN && last->is_error_of_client) ||
                      (last->state == STORY_RUNNING && rule_is_silent(view, PATIENCE_S));
    if (!is_stopped) {
        return false;
    }
    char taken[32];
    char size[32];
    finding_begin(finding, REASON_MEMORY_TOO_SMALL, story, FINDING_LIKELY, last->ended_us);
    finding_say(finding, "stopped in %.48s at %s of %s bytes: its memory is most likely full.",
                role_base(last->name), finding_print_bytes(last->taken_bytes, taken),
                finding_print_bytes(last->size, size));
    rule_show_transfer(finding, last);
    return true;
}
