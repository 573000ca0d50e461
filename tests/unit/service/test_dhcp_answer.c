// SPDX-License-Identifier: GPL-3.0-or-later
// From a datagram to actions, the store and the timeline.
#include "service/dhcp_answer.h"

#include "desk_bench.h"
#include "unit/test.h"
#include "wire/pxe.h"

static struct desk_bench bench;
static struct config config;
static struct dhcp_pools pools;
static struct dhcp_answer_world world;
static struct dhcp4_reply request;
static struct dhcp_answer answer;
static struct dhcp_question question;
static _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];

static int begin(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    config_init(&config);
    config.subnets[config.subnet_count++] = (struct network){
        .subnet = {bench_ip(0), 24}, .first = bench_ip(100), .last = bench_ip(109), .lease_s = 3600};
    assert_int_equal(dhcp_pools_init(&pools, &config, bench.store, NULL), STATUS_OK);
    world = (struct dhcp_answer_world){
        .desk = bench.desk, .pools = &pools, .loaders = ~0u, .http_port = 80, .address = bench_ip(1)};
    question = (struct dhcp_question){.port = DHCP4_SERVER_PORT};
    return 0;
}

static int end(void **state)
{
    (void)state;
    dhcp_pools_clear(&pools);
    desk_bench_close(&bench);
    config_clear(&config);
    return 0;
}

static void say(enum dhcp4_kind kind, unsigned number)
{
    struct dhcp4_message none = {.xid = number, .chaddr = bench_mac(number)};
    dhcp4_reply_init(&request, &none, kind);
    request.op = DHCP4_OP_REQUEST;
}

static void say_pxe(enum dhcp4_kind kind, unsigned number)
{
    say(kind, number);
    dhcp4_put_string(&request, DHCP4_OPTION_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001");
    dhcp4_put_u16(&request, DHCP4_OPTION_ARCHITECTURE, PXE_X86_BIOS);
}

static enum status send(void)
{
    static uint8_t bytes[DHCP4_MOST_BYTES];
    assert_int_equal(dhcp4_encode(&request, DHCP4_MOST_BYTES, bytes, sizeof bytes, &question.count),
                     STATUS_OK);
    question.bytes = bytes;
    struct arena arena = arena_init(memory, sizeof memory);
    memset(&answer, 0, sizeof answer);
    return dhcp_answer(&world, &question, &arena, &answer);
}

static void select_offer(void)
{
    struct ip4 offered = answer.actions.reply.yiaddr;
    dhcp4_put_ip4(&request, DHCP4_OPTION_REQUESTED_ADDRESS, offered);
    dhcp4_put_ip4(&request, DHCP4_OPTION_SERVER_ID, world.address);
    assert_int_equal(send(), STATUS_OK);
}

static void get_lease(unsigned number)
{
    say(DHCP4_DISCOVER, number);
    assert_int_equal(send(), STATUS_OK);
    struct dhcp4_actions offer = answer.actions;
    say(DHCP4_REQUEST, number);
    answer.actions = offer;
    select_offer();
    assert_int_equal(answer.actions.reply_kind, DHCP4_ACK);
}

static void a_lease_is_in_the_store_when_its_ack_is_made_and_an_offer_is_not(void **state)
{
    (void)state;
    say(DHCP4_DISCOVER, 5);
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(answer.actions.reply_kind, DHCP4_OFFER);
    assert_false(store_is_dirty(bench.store));
    get_lease(5);
    assert_true(store_is_dirty(bench.store));
    const struct lease *lease = store_lease_find(bench.store, answer.actions.reply.yiaddr);
    assert_non_null(lease);
    assert_int_equal(lease->state, LEASE_BOUND);
}

static void a_printer_gets_an_address_and_not_a_word_about_booting(void **state)
{
    (void)state;
    get_lease(5);
    assert_string_equal(answer.actions.reply.file, "");
    struct hw mac = bench_mac(5);
    assert_null(store_machine_find_mac(bench.store, &mac));
    assert_int_equal(bench.told, 1);
    assert_string_equal(bench.last.text, "has address 192.0.2.100");
}

static void a_renewal_and_an_inform_of_a_system_are_no_news(void **state)
{
    (void)state;
    get_lease(5);
    struct ip4 own = answer.actions.reply.yiaddr;
    desk_bench_wait(&bench, 1800);
    unsigned told = bench.told;
    say(DHCP4_REQUEST, 5);
    request.ciaddr = own;
    question.is_unicast = true;
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(answer.actions.reply_kind, DHCP4_ACK);
    say(DHCP4_INFORM, 5);
    request.ciaddr = own;
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(answer.actions.reply_kind, DHCP4_ACK);
    assert_int_equal(bench.told, told);
}

static void a_stranger_that_boots_gets_the_loader_that_makes_it_wait(void **state)
{
    (void)state;
    say_pxe(DHCP4_DISCOVER, 5);
    assert_int_equal(send(), STATUS_OK);
    assert_string_equal(answer.actions.reply.file, "pxelinux.0");
    struct hw mac = bench_mac(5);
    assert_int_equal(store_machine_find_mac(bench.store, &mac)->state, MACHINE_NEW);
}

static void a_machine_without_order_is_told_no_boot_file(void **state)
{
    (void)state;
    (void)bench_machine(&bench, 5);
    say_pxe(DHCP4_DISCOVER, 5);
    assert_int_equal(send(), STATUS_OK);
    assert_true(answer.actions.has_reply);
    assert_string_equal(answer.actions.reply.file, "");
    assert_int_equal(bench.told_of[REASON_NO_ORDER], 1);
}

static void a_machine_that_comes_back_ends_its_used_order(void **state)
{
    (void)state;
    uint64_t order = bench_order(&bench, bench_machine(&bench, 5), "x");
    desk_step_order(bench.desk, order, ORDER_EVENT_DELIVERED);
    say(DHCP4_DISCOVER, 5); // its installer
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(bench_order_state(&bench, order), ORDER_USED);
    say_pxe(DHCP4_DISCOVER, 5); // its firmware
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(bench_order_state(&bench, order), ORDER_FINISHED);
    assert_string_equal(answer.actions.reply.file, "");
}

static void a_missing_loader_is_named_and_no_other_one_is_sent(void **state)
{
    (void)state;
    world.loaders = 0;
    say_pxe(DHCP4_DISCOVER, 5);
    assert_int_equal(send(), STATUS_OK);
    assert_string_equal(answer.actions.reply.file, "");
    assert_int_equal(bench.told_of[REASON_LOADER_MISSING], 1);
    assert_non_null(strstr(bench.last.text, "pxelinux.0 is not there"));
}

static void retransmissions_are_told_once(void **state)
{
    (void)state;
    (void)bench_machine(&bench, 5);
    for (int i = 0; i < 50; i++) {
        say_pxe(DHCP4_DISCOVER, 5);
        assert_int_equal(send(), STATUS_OK);
    }
    assert_int_equal(bench.told, 1);
}

static void a_request_from_nowhere_is_told_once_a_minute(void **state)
{
    (void)state;
    world.address = (struct ip4){0x0a000001u};
    for (int i = 0; i < 12; i++) {
        say(DHCP4_DISCOVER, 5);
        assert_int_equal(send(), STATUS_OK);
        assert_false(answer.actions.has_reply);
        desk_bench_wait(&bench, 10);
    }
    assert_int_equal(bench.told_of[REASON_NO_NETWORK], 2);
}

static void a_proxy_tells_where_to_boot_and_gives_no_address(void **state)
{
    (void)state;
    world.is_proxy = true;
    say(DHCP4_DISCOVER, 5);
    assert_int_equal(send(), STATUS_OK);
    assert_false(answer.actions.has_reply);
    say_pxe(DHCP4_DISCOVER, 5);
    assert_int_equal(send(), STATUS_OK);
    assert_true(answer.actions.has_reply);
    assert_int_equal(answer.actions.reply.yiaddr.value, 0);
    assert_false(answer.actions.has_lease);
    assert_string_equal(answer.actions.reply.file, "pxelinux.0");
}

static void what_is_no_request_changes_nothing(void **state)
{
    (void)state;
    static const uint8_t NOISE[300] = {1, 1, 6};
    question.bytes = NOISE;
    question.count = sizeof NOISE;
    struct arena arena = arena_init(memory, sizeof memory);
    say(DHCP4_DISCOVER, 5);
    request.op = DHCP4_OP_REPLY;
    assert_int_not_equal(send(), STATUS_OK);
    question.count = 20;
    assert_int_not_equal(dhcp_answer(&world, &question, &arena, &answer), STATUS_OK);
    assert_int_equal(bench.told, 0);
    assert_false(store_is_dirty(bench.store));
}

static void a_full_pool_fills_no_timeline(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        get_lease(20 + i);
    }
    unsigned told = bench.told;
    for (unsigned i = 0; i < 100; i++) {
        say(DHCP4_DISCOVER, 100 + i);
        assert_int_equal(send(), STATUS_OK);
        assert_false(answer.actions.has_reply);
    }
    assert_int_equal(bench.told, told + 1);
    assert_true(reasons_has(&bench.last.reasons, REASON_POOL_FULL));
    bench.now_ms += 60 * 1000;
    say(DHCP4_DISCOVER, 100);
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(bench.told, told + 2);
    assert_non_null(strstr(bench.last.text, "100 requests"));
}

static void an_address_given_for_ever_is_told(void **state)
{
    (void)state;
    config.subnets[0].ranges[0] =
        (struct network_range){.first = bench_ip(150), .last = bench_ip(150), .has_bootp = true};
    config.subnets[0].range_count = 1;
    dhcp_pools_clear(&pools);
    assert_int_equal(dhcp_pools_init(&pools, &config, bench.store, NULL), STATUS_OK);
    say(DHCP4_BOOTP, 5);
    assert_int_equal(send(), STATUS_OK);
    assert_true(answer.actions.has_reply);
    assert_string_equal(bench.last.text, "has address 192.0.2.150");
    assert_true(store_lease_find(bench.store, bench_ip(150))->ends_s == INT64_MAX);
}

static void a_relay_may_ask_who_has_an_address_and_nobody_else(void **state)
{
    (void)state;
    get_lease(5);
    struct ip4 address = answer.actions.reply.yiaddr;
    unsigned told = bench.told;
    say(DHCP4_LEASEQUERY, 9);
    request.chaddr.length = 0;
    request.ciaddr = address;
    request.giaddr = bench_ip(254);
    assert_int_equal(send(), STATUS_OK);
    assert_false(answer.actions.has_reply); // speaks for a relay from elsewhere
    question.from = bench_ip(254);
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(answer.actions.reply_kind, DHCP4_LEASEACTIVE);
    struct hw mac = bench_mac(5);
    assert_true(hw_equal(&answer.actions.reply.chaddr, &mac));
    say(DHCP4_LEASEQUERY, 5); // by hardware address
    request.giaddr = bench_ip(254);
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(answer.actions.reply_kind, DHCP4_LEASEACTIVE);
    assert_int_equal(answer.actions.reply.ciaddr.value, address.value);
    say(DHCP4_LEASEQUERY, 77);
    request.giaddr = bench_ip(254);
    assert_int_equal(send(), STATUS_OK);
    assert_int_equal(answer.actions.reply_kind, DHCP4_LEASEUNKNOWN);
    mac = bench_mac(77);
    assert_null(store_machine_find_mac(bench.store, &mac));   // who is asked about does not become a machine
    request.giaddr.value = question.from.value = 0x0a0000feu; // a network that is not ours
    assert_int_equal(send(), STATUS_OK);
    assert_false(answer.actions.has_reply);
    assert_int_equal(bench.told, told);
}

#define ANSWER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ANSWER_TEST(a_lease_is_in_the_store_when_its_ack_is_made_and_an_offer_is_not),
        ANSWER_TEST(a_printer_gets_an_address_and_not_a_word_about_booting),
        ANSWER_TEST(a_renewal_and_an_inform_of_a_system_are_no_news),
        ANSWER_TEST(a_stranger_that_boots_gets_the_loader_that_makes_it_wait),
        ANSWER_TEST(a_machine_without_order_is_told_no_boot_file),
        ANSWER_TEST(a_machine_that_comes_back_ends_its_used_order),
        ANSWER_TEST(a_missing_loader_is_named_and_no_other_one_is_sent),
        ANSWER_TEST(retransmissions_are_told_once),
        ANSWER_TEST(a_request_from_nowhere_is_told_once_a_minute),
        ANSWER_TEST(a_proxy_tells_where_to_boot_and_gives_no_address),
        ANSWER_TEST(a_full_pool_fills_no_timeline),
        ANSWER_TEST(an_address_given_for_ever_is_told),
        ANSWER_TEST(a_relay_may_ask_who_has_an_address_and_nobody_else),
        ANSWER_TEST(what_is_no_request_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
