// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "doctor/rule.h"
#include "model/boot_client.h"
#include "session/client.h"

#include <string.h>

#define ARCHITECTURE_IA32 6

static bool is_bios_loader(const char *base)
{
    return text_ends(base, ".0") || text_ends(base, ".kpxe") || text_ends(base, ".kkpxe") ||
           text_ends(base, ".pxe") || text_ends(base, ".n12") || text_ends(base, ".com");
}

// The file that was named last; what a client of iPXE is told is for iPXE.
static const char *find_told(const struct story *story, int64_t *at_us)
{
    for (uint32_t i = story->dhcp_count; i > 0; i--) {
        const struct story_dhcp *row = &story->dhcp[i - 1];
        if (row->message.is_reply && row->message.file[0] != '\0' && !story->was_ipxe) {
            *at_us = row->at_us;
            return row->message.file;
        }
    }
    return NULL;
}

// A boot program for another kind of firmware.
bool rule_wrong_firmware(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    int64_t at_us = 0;
    const char *told = find_told(story, &at_us);
    if (told == NULL || story->architecture == BOOT_ARCHITECTURE_NONE) {
        return false;
    }
    char base[SIGHT_NAME_BYTES];
    (void)text_copy(base, sizeof base, role_base(told));
    for (char *at = base; *at != '\0'; at++) {
        *at = text_lower(*at);
    }
    enum boot_platform platform = client_pick_platform(story->architecture);
    bool is_efi = text_ends(base, ".efi");
    bool is_x64 =
        strstr(base, "x64") != NULL || strstr(base, "x86_64") != NULL || strstr(base, "amd64") != NULL;
    bool is_wrong = (platform == BOOT_PLATFORM_BIOS && is_efi) ||
                    (platform == BOOT_PLATFORM_UEFI && is_bios_loader(base)) ||
                    (story->architecture == ARCHITECTURE_IA32 && is_efi && is_x64);
    if (!is_wrong) {
        return false;
    }
    finding_begin(finding, REASON_LOADER_WRONG_FIRMWARE, story, FINDING_SURE, at_us);
    finding_say(finding, "is told to boot %.64s, which is no program for its firmware (%s).", told,
                story_firmware(story));
    finding_show(finding, at_us, "option 93 says %u; the boot file is %.64s", (unsigned)story->architecture,
                 told);
    return true;
}
