// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/boot_plan.h"

#include "unit/test.h"

#define NOW_S 5000

// One machine with everything it needs to boot an image; each test takes something away.
struct world {
    struct machine machine;
    struct machine other;
    struct policy policy;
    struct order order;
    struct profile profile;
    struct image image;
    struct image agent;
    struct boot_client client;
    struct boot_facts facts;
};

static void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->machine = (struct machine){.id = 3, .name = "lab-01", .state = MACHINE_APPROVED};
    world->other = (struct machine){.id = 4, .name = "lab-02", .state = MACHINE_APPROVED};
    world->order = (struct order){
        .id = 7, .machine_id = 3, .profile = "office", .state = ORDER_ARMED, .expires_s = NOW_S + 1};
    strcpy(world->profile.name, "office");
    strcpy(world->profile.image, "debian-12");
    strcpy(world->image.name, "debian-12");
    world->facts = (struct boot_facts){
        .client = &world->client,
        .identity = {.kind = IDENTITY_KNOWN, .machine = &world->machine},
        .policy = &world->policy,
        .order = &world->order,
        .profile = &world->profile,
        .image = &world->image,
        .now_s = NOW_S,
    };
}

static void check_plan(const struct world *world, enum plan_kind kind, enum reason_id reason)
{
    struct boot_plan plan = boot_plan_decide(&world->facts);
    assert_string_equal(plan_kind_text(plan.kind), plan_kind_text(kind));
    if (!reasons_has(&plan.reasons, reason)) {
        fail_msg("%s is not among the reasons", reason_get(reason)->name);
    }
    assert_ptr_equal(plan.machine, world->facts.identity.machine);
    bool is_image = kind == PLAN_IMAGE;
    assert_ptr_equal(plan.order, is_image ? &world->order : NULL);
    assert_ptr_equal(plan.profile, is_image ? &world->profile : NULL);
    assert_ptr_equal(plan.image, is_image ? &world->image : NULL);
    assert_ptr_equal(plan.boots, !is_image ? NULL : world->order.by_agent ? &world->agent : &world->image);
}

// The same, but its order is one for the agent.
static void world_init_agent(struct world *world)
{
    world_init(world);
    world->order.by_agent = true;
    world->image.kind = IMAGE_ROOT;
    strcpy(world->agent.family, IMAGE_AGENT_FAMILY);
    world->facts.agent = &world->agent;
}

static void a_machine_waits_while_the_clock_is_before_its_orders_making(void **state)
{
    (void)state;
    struct world world;
    world_init_agent(&world);
    world.order.created_s = NOW_S + 1000000;
    world.order.expires_s = NOW_S + 2000000;
    check_plan(&world, PLAN_WAIT, REASON_CLOCK_BACK);
    world.order.state = ORDER_CANCELLED;
    check_plan(&world, PLAN_LOCAL, REASON_ORDER_CANCELLED);
}

static void an_image_for_disks_is_written_by_the_agent(void **state)
{
    (void)state;
    struct world world;
    world_init_agent(&world);
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
    assert_int_equal(boot_plan_decide(&world.facts).reasons.count, 1);
    world.image.kind = IMAGE_DISK;
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
}

static void without_an_agent_the_screen_says_how_to_build_one(void **state)
{
    (void)state;
    struct world world;
    world_init_agent(&world);
    world.facts.agent = NULL;
    check_plan(&world, PLAN_WAIT, REASON_AGENT_MISSING);
}

static void a_machine_where_nobody_pressed_the_key_boots_its_own_disk_for_a_while(void **state)
{
    (void)state;
    struct world world;
    world_init_agent(&world);
    world.order.expires_s = NOW_S + 10000;
    world.order.skip_until_s = NOW_S + 1;
    check_plan(&world, PLAN_LOCAL, REASON_PROMPT_NOT_PRESSED);
    world.facts.agent = NULL; // nothing that is missing matters then
    world.facts.image = NULL;
    check_plan(&world, PLAN_LOCAL, REASON_PROMPT_NOT_PRESSED);
    world.facts.agent = &world.agent;
    world.facts.image = &world.image;
    world.order.skip_until_s = NOW_S;
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
}

static void an_agent_that_was_cut_off_is_started_again_wherever_it_was(void **state)
{
    (void)state;
    static const enum order_state states[] = {ORDER_BOOTING, ORDER_RUNNING, ORDER_CONFIRM, ORDER_WRITING,
                                              ORDER_SEALING};
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        struct world world;
        world_init_agent(&world);
        world.order.state = states[i];
        check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
        check_plan(&world, PLAN_IMAGE, REASON_ORDER_RESUMED);
        world.order.expires_s = NOW_S;
        check_plan(&world, PLAN_LOCAL, REASON_ORDER_EXPIRED);
    }
}

static void an_order_that_the_agent_gave_up_leaves_the_machine_its_own_disk(void **state)
{
    (void)state;
    struct world world;
    world_init_agent(&world);
    world.order.state = ORDER_FAILED;
    check_plan(&world, PLAN_LOCAL, REASON_ORDER_FAILED);
    world.order.state = ORDER_FINISHED;
    check_plan(&world, PLAN_LOCAL, REASON_ORDER_FINISHED);
}

static void a_profile_that_got_another_kind_of_image_carries_out_nothing(void **state)
{
    (void)state;
    struct world world;
    world_init_agent(&world);
    world.image.kind = IMAGE_BOOT;
    check_plan(&world, PLAN_WAIT, REASON_ORDER_BROKEN);
    world_init(&world);
    world.image.kind = IMAGE_DISK;
    check_plan(&world, PLAN_WAIT, REASON_ORDER_BROKEN);
}

static void an_approved_machine_with_an_order_gets_its_image(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
    assert_int_equal(boot_plan_decide(&world.facts).reasons.count, 1);
}

static void an_order_under_way_is_tried_again_and_says_so(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.order.state = ORDER_BOOTING;
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
    check_plan(&world, PLAN_IMAGE, REASON_ORDER_RETRIED);
}

static void without_an_order_it_boots_its_own_disk(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.facts.order = NULL;
    check_plan(&world, PLAN_LOCAL, REASON_NO_ORDER);
}

static void a_menu_comes_where_no_order_is_and_to_approved_machines_only(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.facts.has_menu = true;
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
    world.facts.order = NULL;
    check_plan(&world, PLAN_MENU, REASON_MENU_SHOWN);
    world.machine.state = MACHINE_NEW;
    check_plan(&world, PLAN_WAIT, REASON_MACHINE_HELD);
    world.machine.state = MACHINE_REJECTED;
    check_plan(&world, PLAN_NOTHING, REASON_MACHINE_REJECTED);
}

static void another_machines_order_is_no_order(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.order.machine_id = world.other.id;
    check_plan(&world, PLAN_LOCAL, REASON_NO_ORDER);
}

static void an_order_that_is_over_leaves_it_its_own_disk(void **state)
{
    (void)state;
    static const struct {
        enum order_state state;
        int64_t expires_s;
        enum reason_id reason;
    } cases[] = {
        {ORDER_ARMED, NOW_S, REASON_ORDER_EXPIRED},
        {ORDER_BOOTING, NOW_S, REASON_ORDER_EXPIRED},
        {ORDER_USED, NOW_S + 1, REASON_ORDER_USED},
        {ORDER_FINISHED, NOW_S + 1, REASON_ORDER_FINISHED},
        {ORDER_EXPIRED, NOW_S + 1, REASON_ORDER_EXPIRED},
        {ORDER_CANCELLED, NOW_S + 1, REASON_ORDER_CANCELLED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world world;
        world_init(&world);
        world.order.state = cases[i].state;
        world.order.expires_s = cases[i].expires_s;
        check_plan(&world, PLAN_LOCAL, cases[i].reason);
    }
}

static void what_the_order_names_and_is_gone_is_said_on_the_screen(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.facts.image = NULL;
    check_plan(&world, PLAN_WAIT, REASON_IMAGE_MISSING);
    world.facts.profile = NULL;
    check_plan(&world, PLAN_WAIT, REASON_PROFILE_MISSING);
}

static void a_profile_or_image_of_another_name_is_not_taken_instead(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    strcpy(world.image.name, "debian-13");
    check_plan(&world, PLAN_WAIT, REASON_IMAGE_MISSING);
    strcpy(world.profile.name, "home");
    check_plan(&world, PLAN_WAIT, REASON_PROFILE_MISSING);
}

static void a_rejected_machine_gets_nothing_even_with_an_order(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.machine.state = MACHINE_REJECTED;
    for (enum policy_unknown unknown = 0; unknown < POLICY_UNKNOWN_COUNT; unknown++) {
        world.policy.unknown = unknown;
        check_plan(&world, PLAN_NOTHING, REASON_MACHINE_REJECTED);
    }
}

// What policy.unknown makes of a machine that nobody decided about, or nobody can name.
static const struct {
    enum policy_unknown unknown;
    enum plan_kind kind;
    enum reason_id reason;
} POLICIES[POLICY_UNKNOWN_COUNT] = {
    {POLICY_UNKNOWN_HOLD, PLAN_WAIT, REASON_MACHINE_HELD},
    {POLICY_UNKNOWN_LOCAL, PLAN_LOCAL, REASON_POLICY_LOCAL},
    {POLICY_UNKNOWN_REFUSE, PLAN_NOTHING, REASON_POLICY_REFUSE},
};

static void a_new_machine_follows_policy(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.machine.state = MACHINE_NEW;
    for (size_t i = 0; i < COUNT_OF(POLICIES); i++) {
        world.policy.unknown = POLICIES[i].unknown;
        check_plan(&world, POLICIES[i].kind, POLICIES[i].reason);
    }
}

static void an_unknown_machine_follows_policy_and_keeps_the_reasons_of_its_identity(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.facts.identity = identity_decide(&(struct evidence){0}, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(POLICIES); i++) {
        world.policy.unknown = POLICIES[i].unknown;
        check_plan(&world, POLICIES[i].kind, POLICIES[i].reason);
        check_plan(&world, POLICIES[i].kind, REASON_MACHINE_UNKNOWN);
    }
}

static void a_machine_recorded_a_moment_ago_is_named_by_the_plan(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.facts.identity = (struct identity){.kind = IDENTITY_UNKNOWN, .machine = &world.machine};
    world.machine.state = MACHINE_NEW;
    check_plan(&world, PLAN_WAIT, REASON_MACHINE_HELD);
}

static void contradicting_evidence_follows_policy_and_says_so(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world.facts.identity.kind = IDENTITY_CONFLICT;
    world.facts.identity.other = &world.other;
    reasons_add(&world.facts.identity.reasons, REASON_IDENTITY_CONFLICT);
    for (size_t i = 0; i < COUNT_OF(POLICIES); i++) {
        world.policy.unknown = POLICIES[i].unknown;
        check_plan(&world, POLICIES[i].kind, REASON_IDENTITY_CONFLICT);
    }
}

// ---- the promise: nothing that could change a disk is sent unless everything agrees ----

// One digit of the combination after another; false once all were seen.
struct combination {
    unsigned identity, state, policy, order, order_state, order_owner, expiry, profile, image, stage, agent;
};

static void combination_pick(struct combination *c, unsigned number)
{
    struct {
        unsigned *digit;
        unsigned base;
    } digits[] = {
        {&c->identity, 3},
        {&c->state, MACHINE_STATE_COUNT},
        {&c->policy, POLICY_UNKNOWN_COUNT},
        {&c->order, 2},
        {&c->order_state, ORDER_STATE_COUNT},
        {&c->order_owner, 2},
        {&c->expiry, 3},
        {&c->profile, 3},
        {&c->image, 3},
        {&c->stage, 2},
        {&c->agent, 3},
    };
    for (size_t i = 0; i < COUNT_OF(digits); i++) {
        *digits[i].digit = number % digits[i].base;
        number /= digits[i].base;
    }
}

#define COMBINATIONS                                                                                         \
    (3u * MACHINE_STATE_COUNT * POLICY_UNKNOWN_COUNT * 2u * ORDER_STATE_COUNT * 2u * 3u * 3u * 3u * 2u * 3u)

static void world_set(struct world *world, const struct combination *c)
{
    world_init(world);
    world->facts.identity.kind = (enum identity_kind)c->identity;
    world->facts.identity.other = c->identity == IDENTITY_CONFLICT ? &world->other : NULL;
    world->machine.state = (enum machine_state)c->state;
    world->policy.unknown = (enum policy_unknown)c->policy;
    world->facts.order = c->order == 0 ? NULL : &world->order;
    world->order.state = (enum order_state)c->order_state;
    world->order.machine_id = c->order_owner == 0 ? world->machine.id : world->other.id;
    world->order.expires_s = (int64_t[]){NOW_S - 1, NOW_S, NOW_S + 1}[c->expiry];
    world->facts.profile = c->profile == 0 ? NULL : &world->profile;
    strcpy(world->profile.name, c->profile == 1 ? "another" : "office");
    world->facts.image = c->image == 0 ? NULL : &world->image;
    strcpy(world->image.name, c->image == 1 ? "another" : "debian-12");
    world->client.stage = (enum boot_stage)c->stage;
    world->order.by_agent = c->agent != 0;
    world->image.kind = c->agent != 0 ? IMAGE_DISK : IMAGE_BOOT;
    world->facts.agent = c->agent == 2 ? &world->agent : NULL;
}

static bool may_get_an_image(const struct combination *c)
{
    bool is_under_way = c->order_state == ORDER_RUNNING || c->order_state == ORDER_CONFIRM ||
                        c->order_state == ORDER_WRITING || c->order_state == ORDER_SEALING;
    bool may_boot =
        c->order_state == ORDER_ARMED || c->order_state == ORDER_BOOTING || (is_under_way && c->agent != 0);
    return c->identity == IDENTITY_KNOWN && c->state == MACHINE_APPROVED && c->order == 1 && may_boot &&
           c->order_owner == 0 && c->expiry == 2 && c->profile == 2 && c->image == 2 && c->agent != 1;
}

static void only_a_known_approved_machine_with_a_live_order_ever_gets_an_image(void **state)
{
    (void)state;
    unsigned images = 0;
    for (unsigned number = 0; number < COMBINATIONS; number++) {
        struct combination combination;
        combination_pick(&combination, number);
        struct world world;
        world_set(&world, &combination);
        struct boot_plan plan = boot_plan_decide(&world.facts);
        bool is_image = plan.kind == PLAN_IMAGE;
        if (is_image != may_get_an_image(&combination)) {
            fail_msg("combination %u: plan %s", number, plan_kind_text(plan.kind));
        }
        assert_int_equal(plan.order != NULL, is_image);
        assert_int_equal(plan.image != NULL, is_image);
        assert_true(plan.reasons.count > 0);
        images += is_image;
    }
    assert_int_equal(images, POLICY_UNKNOWN_COUNT * (2 + 6) * 2);
}

static void the_way_to_boot_fits_firmware_and_memory(void **state)
{
    (void)state;
    const uint64_t gib = UINT64_C(1) << 30;
    struct world world;
    world_init(&world);
    world.client.architecture = 7;
    world.image.method_count = 2;
    world.image.methods[0] =
        (struct image_method){.on = IMAGE_ON_BIOS | IMAGE_ON_X64, .memory_bytes = 8 * gib};
    world.image.methods[1] = (struct image_method){.on = IMAGE_ON_X64, .memory_bytes = 2 * gib};
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE); // its memory is not known
    assert_ptr_equal(boot_plan_decide(&world.facts).method, &world.image.methods[0]);
    world.facts.memory_bytes = 4 * gib;
    check_plan(&world, PLAN_IMAGE, REASON_ASSIGNED_IMAGE);
    assert_ptr_equal(boot_plan_decide(&world.facts).method, &world.image.methods[1]);
    world.facts.memory_bytes = gib;
    check_plan(&world, PLAN_WAIT, REASON_MEMORY_TOO_SMALL);
    world.client.architecture = 0;
    check_plan(&world, PLAN_WAIT, REASON_MEMORY_TOO_SMALL);
    world.client.architecture = 11;
    check_plan(&world, PLAN_WAIT, REASON_IMAGE_NOT_FOR_FIRMWARE);
}

static void firmware_is_known_by_its_architecture_else_by_its_platform(void **state)
{
    (void)state;
    static const struct {
        uint16_t architecture;
        enum boot_platform platform;
        uint8_t on;
    } CASES[] = {{0, BOOT_PLATFORM_BIOS, IMAGE_ON_BIOS},
                 {6, BOOT_PLATFORM_UEFI, IMAGE_ON_IA32},
                 {7, BOOT_PLATFORM_UEFI, IMAGE_ON_X64},
                 {9, BOOT_PLATFORM_UEFI, IMAGE_ON_X64},
                 {11, BOOT_PLATFORM_UEFI, IMAGE_ON_ARM64},
                 {16, BOOT_PLATFORM_UEFI, IMAGE_ON_X64},
                 {19, BOOT_PLATFORM_UEFI, IMAGE_ON_ARM64},
                 {BOOT_ARCHITECTURE_NONE, BOOT_PLATFORM_BIOS, IMAGE_ON_BIOS},
                 {BOOT_ARCHITECTURE_NONE, BOOT_PLATFORM_UEFI, IMAGE_ON_X64 | IMAGE_ON_IA32 | IMAGE_ON_ARM64},
                 {BOOT_ARCHITECTURE_NONE, BOOT_PLATFORM_OTHER, 0}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct boot_client client = {.architecture = CASES[i].architecture, .platform = CASES[i].platform};
        assert_int_equal(boot_client_on(&client), CASES[i].on);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approved_machine_with_an_order_gets_its_image),
        cmocka_unit_test(an_order_under_way_is_tried_again_and_says_so),
        cmocka_unit_test(without_an_order_it_boots_its_own_disk),
        cmocka_unit_test(a_menu_comes_where_no_order_is_and_to_approved_machines_only),
        cmocka_unit_test(another_machines_order_is_no_order),
        cmocka_unit_test(an_order_that_is_over_leaves_it_its_own_disk),
        cmocka_unit_test(what_the_order_names_and_is_gone_is_said_on_the_screen),
        cmocka_unit_test(a_profile_or_image_of_another_name_is_not_taken_instead),
        cmocka_unit_test(a_rejected_machine_gets_nothing_even_with_an_order),
        cmocka_unit_test(a_new_machine_follows_policy),
        cmocka_unit_test(an_unknown_machine_follows_policy_and_keeps_the_reasons_of_its_identity),
        cmocka_unit_test(a_machine_recorded_a_moment_ago_is_named_by_the_plan),
        cmocka_unit_test(contradicting_evidence_follows_policy_and_says_so),
        cmocka_unit_test(a_machine_waits_while_the_clock_is_before_its_orders_making),
        cmocka_unit_test(an_image_for_disks_is_written_by_the_agent),
        cmocka_unit_test(without_an_agent_the_screen_says_how_to_build_one),
        cmocka_unit_test(a_machine_where_nobody_pressed_the_key_boots_its_own_disk_for_a_while),
        cmocka_unit_test(an_agent_that_was_cut_off_is_started_again_wherever_it_was),
        cmocka_unit_test(an_order_that_the_agent_gave_up_leaves_the_machine_its_own_disk),
        cmocka_unit_test(a_profile_that_got_another_kind_of_image_carries_out_nothing),
        cmocka_unit_test(only_a_known_approved_machine_with_a_live_order_ever_gets_an_image),
        cmocka_unit_test(the_way_to_boot_fits_firmware_and_memory),
        cmocka_unit_test(firmware_is_known_by_its_architecture_else_by_its_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
