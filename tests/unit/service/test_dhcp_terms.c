// SPDX-License-Identifier: GPL-3.0-or-later
// From the general to the particular, and what class and network say of machines that nobody decided about.
#include "service/dhcp_terms.h"

#include "desk_bench.h"
#include "unit/test.h"

static struct config config;
static struct desk_bench bench;
static struct dhcp_terms terms;
static struct boot_client client;

static int begin(void **state)
{
    (void)state;
    static const char TEXT[] = "dhcp:\n"
                               "  options: {ntp-servers: 192.0.2.1, dns-servers: 192.0.2.2, 224: '01'}\n"
                               "  definitions: [{name: menu, code: 3, type: string, vendor: PXEClient}]\n"
                               "  classes:\n"
                               "  - name: bios\n"
                               "    match: {architecture: [x86-bios]}\n"
                               "    unknown: refuse\n"
                               "    profile: office\n"
                               "    lease: 10m\n"
                               "    options: {224: '03', menu: hi}\n"
                               "  subnets:\n"
                               "  - network: 192.0.2.0/24\n"
                               "    range: 192.0.2.100-192.0.2.109\n"
                               "    dns: [192.0.2.9]\n"
                               "    unknown: local\n"
                               "    options: {224: '02', 225: '02'}\n";
    struct problem problem = {0};
    if (config_parse(TEXT, strlen(TEXT), "test.yaml", &config, &problem) != STATUS_OK) {
        fail_msg("%u: %s", problem.line, problem.text);
    }
    desk_bench_open(&bench);
    client = bench_client(5);
    static const char CLASS[] = "PXEClient:Arch:00000";
    client.vendor_class.length = sizeof CLASS - 1;
    memcpy(client.vendor_class.bytes, CLASS, sizeof CLASS - 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    desk_bench_close(&bench);
    return 0;
}

static int value_of(uint8_t code)
{
    const struct dhcp_option_entry *entry = dhcp_option_find(&terms.options, code);
    return entry == NULL ? -1 : *(dhcp_option_data(&terms.options, entry) + entry->length - 1);
}

static void merge(const struct network *network, const struct machine *machine)
{
    dhcp_terms_find(&config.dhcp, network, &client, &terms);
    dhcp_terms_merge(&config.dhcp, network, machine, &client, &terms);
}

static void each_lies_over_what_is_more_general(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    (void)text_copy(machine.dhcp_options, sizeof machine.dhcp_options, "226=04\nnot any more=1");
    merge(&config.subnets[0], &machine);
    assert_true(terms.has_options);
    assert_int_equal(value_of(42), 1);   // all clients
    assert_int_equal(value_of(6), -1);   // the network's own key counts, not what all clients are told
    assert_int_equal(value_of(225), 2);  // network
    assert_int_equal(value_of(224), 3);  // class over network over all
    assert_int_equal(value_of(226), 4);  // machine
    assert_int_equal(value_of(43), 'i'); // menu, inside
    (void)text_copy(machine.dhcp_options, sizeof machine.dhcp_options, "224=04");
    merge(&config.subnets[0], &machine);
    assert_int_equal(value_of(224), 4);
    client.architecture = 7;
    client.vendor_class.length = 0;
    merge(NULL, NULL);
    assert_int_equal(value_of(224), 1);
    assert_int_equal(value_of(6), 2);
    assert_int_equal(value_of(43), -1);
}

static void a_class_comes_before_its_network(void **state)
{
    (void)state;
    dhcp_terms_find(&config.dhcp, &config.subnets[0], &client, &terms);
    assert_int_equal(terms.unknown, POLICY_CHOICE_REFUSE);
    assert_string_equal(terms.profile, "office");
    assert_int_equal(terms.lease_s, 600);
    assert_int_equal(terms.classes, 1);
    client.architecture = 7;
    dhcp_terms_find(&config.dhcp, &config.subnets[0], &client, &terms);
    assert_int_equal(terms.unknown, POLICY_CHOICE_LOCAL);
    assert_string_equal(terms.profile, "");
    dhcp_terms_find(NULL, NULL, &client, &terms);
    assert_int_equal(terms.unknown, POLICY_CHOICE_DEFAULT);
}

static void meet(enum policy_choice unknown, const char *proposal, struct desk_meeting *meeting)
{
    client.is_placed = true;
    client.unknown = unknown;
    (void)text_copy(client.proposal, sizeof client.proposal, proposal);
    desk_meet(bench.desk, &client, meeting);
}

// The loader asks for its configuration by HTTP or TFTP, and that does not tell where it comes from.
static void what_was_said_over_dhcp_holds_for_the_files_behind_it(void **state)
{
    (void)state;
    struct desk_meeting meeting;
    meet(POLICY_CHOICE_LOCAL, "office", &meeting);
    assert_int_equal(meeting.plan.kind, PLAN_LOCAL);
    assert_string_equal(meeting.machine->proposal, "office");
    struct boot_client loader = bench_client(5);
    loader.stage = BOOT_STAGE_LOADER;
    desk_meet(bench.desk, &loader, &meeting);
    assert_int_equal(meeting.plan.kind, PLAN_LOCAL);
    meet(POLICY_CHOICE_DEFAULT, "", &meeting);
    assert_int_equal(meeting.plan.kind, PLAN_WAIT);
    desk_meet(bench.desk, &loader, &meeting);
    assert_int_equal(meeting.plan.kind, PLAN_WAIT);
    assert_string_equal(meeting.machine->proposal, "");
}

static void an_approved_machine_is_no_matter_of_policy(void **state)
{
    (void)state;
    struct desk_meeting meeting;
    uint64_t id = bench_machine(&bench, 5);
    bench_order(&bench, id, "");
    meet(POLICY_CHOICE_REFUSE, "", &meeting);
    assert_int_equal(meeting.plan.kind, PLAN_IMAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_lies_over_what_is_more_general, begin, end),
        cmocka_unit_test_setup_teardown(a_class_comes_before_its_network, begin, end),
        cmocka_unit_test_setup_teardown(what_was_said_over_dhcp_holds_for_the_files_behind_it, begin, end),
        cmocka_unit_test_setup_teardown(an_approved_machine_is_no_matter_of_policy, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
