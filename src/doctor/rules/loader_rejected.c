// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "doctor/rule.h"
#include "model/boot_client.h"
#include "session/client.h"

#include <string.h>

#define PATIENCE_S 10

static bool firmware_began_again(const struct story *story, int64_t after_us)
{
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        if (!row->message.is_reply && row->at_us > after_us && row->message.class != SIGHT_CLASS_NONE &&
            !row->message.is_ipxe && row->message.kind == DHCP4_DISCOVER) {
            return true;
        }
    }
    return false;
}

static bool anybody_asked(const struct story *story, int64_t after_us)
{
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        if (!row->message.is_reply && row->at_us > after_us) {
            return true;
        }
    }
    return rule_asked_after(story, after_us);
}

static bool is_signed_name(const char *base)
{
    return text_starts_nocase(base, "shim") || text_starts_nocase(base, "bootx64") ||
           text_starts_nocase(base, "bootaa64") || strstr(base, "signed") != NULL ||
           text_starts_nocase(base, "bootmgfw");
}

// UEFI fetched a whole loader, and did not start it.
bool rule_loader_rejected(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *last = rule_last_transfer(story);
    if (last == NULL || last->state != STORY_DONE || role_of(last->name) != ROLE_LOADER ||
        client_pick_platform(story->architecture) != BOOT_PLATFORM_UEFI ||
        !(text_ends(last->name, ".efi") || text_ends(last->name, ".EFI"))) {
        return false;
    }
    bool is_again = firmware_began_again(story, last->ended_us);
    if (!is_again && (anybody_asked(story, last->ended_us) || !rule_is_silent(view, PATIENCE_S))) {
        return false;
    }
    bool is_signed = is_signed_name(role_base(last->name));
    finding_begin(finding, REASON_LOADER_REJECTED, story, FINDING_LIKELY, last->ended_us);
    finding_say(finding,
                "fetched the whole loader %.64s and did not start it: most likely Secure Boot refuses it.",
                role_base(last->name));
    rule_show_transfer(finding, last);
    finding_show(finding, last->ended_us,
                 is_again ? "then its firmware began from the start" : "then it asked for nothing more");
    if (is_signed) {
        finding_explain(finding,
                        "Its name is that of a signed loader: it may be revoked (an old shim), signed by a "
                        "certificate that this firmware does not have (Microsoft's of 2011 or of 2023), or "
                        "for another architecture.");
    }
    return true;
}
