// SPDX-License-Identifier: GPL-3.0-or-later
// What next for one machine, decided once for DHCP, loaders and HTTP alike: nothing, its own disk, wait, or
// an image.
#pragma once

#include "model/boot_client.h"
#include "model/identity.h"
#include "model/order.h"
#include "model/policy.h"
#include "model/profile.h"

enum plan_kind {
    PLAN_NOTHING, // no boot information at all
    PLAN_LOCAL,   // boot its own disk
    PLAN_WAIT,    // say on its screen that it waits, and ask again
    PLAN_MENU,    // let somebody choose on its screen
    PLAN_IMAGE,   // kernel and initrd of `boots`, for `order`
};

struct boot_facts {
    const struct boot_client *client;
    struct identity identity;
    const struct policy *policy;
    const struct order *order;     // the machine's live order, or NULL
    const struct profile *profile; // the order's, or NULL when it is gone
    const struct image *image;     // the profile's, or NULL when it is gone
    const struct image *agent; // what writes images to disks: the newest image of IMAGE_AGENT_FAMILY, or NULL
    bool has_menu;             // a menu is for this machine, and nobody chose its own disk just now
    uint64_t memory_bytes;     // of the machine; 0 = not known
    int64_t now_s;             // Unix seconds
};

struct boot_plan {
    enum plan_kind kind;
    const struct machine *machine; // NULL = not recorded yet
    const struct order *order;     // PLAN_IMAGE only; the same lifetime as the facts'
    const struct profile *profile;
    const struct image *image;
    const struct image
        *boots; // PLAN_IMAGE: whose kernel and initrd are sent: `image`, or the agent that writes it
    const struct image_method *method; // PLAN_IMAGE: how `boots` is booted; NULL = by its kernel and initrd
    struct reasons reasons;
};

/// Decides. Whatever is doubtful ends in WAIT, LOCAL or NOTHING; only a known, approved machine without
/// contradicting evidence and with an order that may boot ever gets PLAN_IMAGE.
struct boot_plan boot_plan_decide(const struct boot_facts *facts);

/// The end of a sentence that begins with the machine: "boots its own disk", "waits", "boots its order".
const char *plan_kind_sentence(enum plan_kind kind);

/// "nothing", "local", "wait", "menu" or "image".
const char *plan_kind_text(enum plan_kind kind);
