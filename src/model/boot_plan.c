// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/boot_plan.h"

#include <string.h>

// Nobody decided about this machine, or nobody can say who it is.
static void plan_by_policy(struct boot_plan *plan, enum policy_unknown unknown)
{
    switch (unknown) {
    case POLICY_UNKNOWN_LOCAL:
        plan->kind = PLAN_LOCAL;
        reasons_add(&plan->reasons, REASON_POLICY_LOCAL);
        return;
    case POLICY_UNKNOWN_REFUSE:
        plan->kind = PLAN_NOTHING;
        reasons_add(&plan->reasons, REASON_POLICY_REFUSE);
        return;
    case POLICY_UNKNOWN_HOLD:
    case POLICY_UNKNOWN_COUNT:
        break;
    }
    plan->kind = PLAN_WAIT;
    reasons_add(&plan->reasons, REASON_MACHINE_HELD);
}

// Why an order that may not boot may not.
static enum reason_id over_reason(const struct order *order)
{
    switch (order->state) {
    case ORDER_USED:
        return REASON_ORDER_USED;
    case ORDER_FINISHED:
        return REASON_ORDER_FINISHED;
    case ORDER_CANCELLED:
        return REASON_ORDER_CANCELLED;
    case ORDER_FAILED:
        return REASON_ORDER_FAILED;
    case ORDER_ARMED:
    case ORDER_BOOTING:
    case ORDER_RUNNING:
    case ORDER_CONFIRM:
    case ORDER_WRITING:
    case ORDER_SEALING:
    case ORDER_EXPIRED:
    case ORDER_STATE_COUNT:
        break;
    }
    return REASON_ORDER_EXPIRED;
}

static void plan_with(struct boot_plan *plan, enum plan_kind kind, enum reason_id why)
{
    plan->kind = kind;
    reasons_add(&plan->reasons, why);
}

// The way to boot `image` on this machine; one that was imported before there were ways has only its kernel.
// false when it has none that fits.
static bool plan_method(struct boot_plan *plan, const struct boot_facts *facts, const struct image *image)
{
    uint64_t needs_bytes;
    if (image->method_count == 0) {
        return true;
    }
    plan->method = image_find_method(image, boot_client_on(facts->client), facts->memory_bytes, &needs_bytes);
    if (plan->method == NULL) {
        plan_with(plan, PLAN_WAIT,
                  needs_bytes == 0 ? REASON_IMAGE_NOT_FOR_FIRMWARE : REASON_MEMORY_TOO_SMALL);
    }
    return plan->method != NULL;
}

// The order is good; is everything there that it names? What is missing is shown on the machine's screen,
// where somebody who ordered an installation is looking.
static void plan_order(struct boot_plan *plan, const struct boot_facts *facts)
{
    const struct order *order = facts->order;
    const struct profile *profile = facts->profile;
    const struct image *image = facts->image;
    if (profile == NULL || strcmp(profile->name, order->profile) != 0) {
        plan_with(plan, PLAN_WAIT, REASON_PROFILE_MISSING);
        return;
    }
    if (image == NULL || strcmp(image->name, profile->image) != 0) {
        plan_with(plan, PLAN_WAIT, REASON_IMAGE_MISSING);
        return;
    }
    if (order->by_agent != (image->kind != IMAGE_BOOT)) { // the profile has another kind of image now
        plan_with(plan, PLAN_WAIT, REASON_ORDER_BROKEN);
        return;
    }
    if (order->by_agent && facts->agent == NULL) {
        plan_with(plan, PLAN_WAIT, REASON_AGENT_MISSING);
        return;
    }
    const struct image *boots = order->by_agent ? facts->agent : image;
    if (!plan_method(plan, facts, boots)) {
        return;
    }
    plan_with(plan, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
    if (order->state != ORDER_ARMED) {
        reasons_add(&plan->reasons, order->by_agent ? REASON_ORDER_RESUMED : REASON_ORDER_RETRIED);
    }
    plan->order = order;
    plan->profile = profile;
    plan->image = image;
    plan->boots = boots;
}

static void plan_approved(struct boot_plan *plan, const struct boot_facts *facts)
{
    const struct order *order = facts->order;
    if (order == NULL || order->machine_id != plan->machine->id) {
        plan_with(plan, facts->has_menu ? PLAN_MENU : PLAN_LOCAL,
                  facts->has_menu ? REASON_MENU_SHOWN : REASON_NO_ORDER);
    } else if (order_is_live(order) && order_is_doubtful(order, facts->now_s)) {
        plan_with(plan, PLAN_WAIT, REASON_CLOCK_BACK);
    } else if (order_is_skipped(order, facts->now_s)) {
        plan_with(plan, PLAN_LOCAL, REASON_PROMPT_NOT_PRESSED);
    } else if (!order_may_boot(order, facts->now_s)) {
        plan_with(plan, PLAN_LOCAL, over_reason(order));
    } else {
        plan_order(plan, facts);
    }
}

struct boot_plan boot_plan_decide(const struct boot_facts *facts)
{
    const struct identity *identity = &facts->identity;
    struct boot_plan plan = {
        .kind = PLAN_NOTHING, .machine = identity->machine, .reasons = identity->reasons};
    if (identity->kind != IDENTITY_KNOWN || identity->machine->state == MACHINE_NEW) {
        // What its network or class says now comes before what it was when the machine was seen last.
        enum policy_choice choice = facts->client->is_placed    ? facts->client->unknown
                                    : identity->machine != NULL ? identity->machine->unknown
                                                                : POLICY_CHOICE_DEFAULT;
        plan_by_policy(&plan, policy_choose(choice, facts->policy->unknown));
    } else if (identity->machine->state == MACHINE_APPROVED) {
        plan_approved(&plan, facts);
    } else {
        plan_with(&plan, PLAN_NOTHING, REASON_MACHINE_REJECTED);
    }
    return plan;
}

const char *plan_kind_text(enum plan_kind kind)
{
    static const char *const TEXTS[] = {[PLAN_NOTHING] = "nothing",
                                        [PLAN_LOCAL] = "local",
                                        [PLAN_WAIT] = "wait",
                                        [PLAN_MENU] = "menu",
                                        [PLAN_IMAGE] = "image"};
    assert(kind < COUNT_OF(TEXTS));
    return TEXTS[kind];
}

const char *plan_kind_sentence(enum plan_kind kind)
{
    switch (kind) {
    case PLAN_NOTHING:
        return "gets no boot information";
    case PLAN_LOCAL:
        return "boots its own disk";
    case PLAN_WAIT:
        return "waits";
    case PLAN_MENU:
        return "shows its menu";
    case PLAN_IMAGE:
        break;
    }
    return "boots its order";
}
