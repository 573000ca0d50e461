// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#include <string.h>

// What follows the first '-' of the base name that a digit follows: "6.1.0-18-amd64".
static const char *version_of(const char *name)
{
    for (const char *at = strchr(role_base(name), '-'); at != NULL; at = strchr(at + 1, '-')) {
        if (at[1] >= '0' && at[1] <= '9') {
            return at + 1;
        }
    }
    return NULL;
}

// The length of "images/NAME/" at the path's begin; 0 = none.
static size_t image_of(const char *name)
{
    const char *at = name + strspn(name, "/");
    if (strncmp(at, "images/", 7) != 0) {
        return 0;
    }
    size_t length = strcspn(at + 7, "/");
    return at[7 + length] == '/' ? (size_t)(at - name) + 7 + length : 0;
}

// Kernel and initrd are of different systems.
bool rule_kernel_mixed(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    const struct story_transfer *kernel = rule_last(story, STORY_DONE, ROLE_KERNEL);
    const struct story_transfer *initrd = rule_last(story, STORY_DONE, ROLE_INITRD);
    if (kernel == NULL || initrd == NULL || initrd->began_us < kernel->began_us) {
        return false;
    }
    const char *one = version_of(kernel->name);
    const char *other = version_of(initrd->name);
    size_t length = one == NULL || other == NULL ? 0 : strcspn(one, "/");
    size_t image = image_of(kernel->name);
    bool are_versions_other = length != 0 && strncmp(one, other, strcspn(one, "-")) != 0;
    bool are_images_other =
        image != 0 && image_of(initrd->name) != 0 &&
        (image != image_of(initrd->name) || strncmp(kernel->name, initrd->name, image) != 0);
    if (!are_versions_other && !are_images_other) {
        return false;
    }
    finding_begin(finding, REASON_KERNEL_MIXED, story, FINDING_LIKELY, initrd->ended_us);
    finding_say(finding, "boots the kernel %.48s with the initrd %.48s of another system.", kernel->name,
                initrd->name);
    rule_show_transfer(finding, kernel);
    rule_show_transfer(finding, initrd);
    return true;
}
