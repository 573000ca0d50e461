// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_probe.h"

#include "desk_bench.h"
#include "unit/test.h"

static _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
static uint8_t bytes[DHCP4_MOST_BYTES];
static struct dhcp4_message message;
static size_t count;

static void decode(void)
{
    struct arena arena = arena_init(memory, sizeof memory);
    assert_int_equal(dhcp4_decode(bytes, count, &arena, &message, NULL), STATUS_OK);
}

static void ask(void)
{
    struct hw hw = bench_mac(1);
    count = dhcp_probe_encode(&hw, bench_ip(7), 4711, bytes, sizeof bytes);
    assert_true(count != 0);
    decode();
}

static struct dhcp_other answer(const struct dhcp4_reply *reply)
{
    assert_int_equal(dhcp4_encode(reply, DHCP4_DEFAULT_LIMIT, bytes, sizeof bytes, &count), STATUS_OK);
    decode();
    struct hw hw = bench_mac(2);
    struct dhcp_other other;
    assert_true(dhcp_probe_classify(&message, bench_ip(2), &hw, &other));
    assert_true(hw_equal(&other.hw, &hw));
    return other;
}

static void a_probe_looks_like_a_pxe_client_and_is_known_for_what_it_is(void **state)
{
    (void)state;
    ask();
    assert_int_equal(message.kind, DHCP4_DISCOVER);
    assert_true(dhcp4_starts(&message, DHCP4_OPTION_VENDOR_CLASS, "PXEClient"));
    struct ip4 address = {0};
    assert_true(dhcp_probe_is(&message, &address));
    assert_true(ip4_equal(address, bench_ip(7)));
}

static void a_pxe_client_is_no_probe(void **state)
{
    (void)state;
    struct dhcp4_message none = {.chaddr = bench_mac(1)};
    struct dhcp4_reply request;
    dhcp4_reply_init(&request, &none, DHCP4_DISCOVER);
    request.op = DHCP4_OP_REQUEST;
    dhcp4_put_string(&request, DHCP4_OPTION_USER_CLASS, "iPXE");
    assert_int_equal(dhcp4_encode(&request, DHCP4_DEFAULT_LIMIT, bytes, sizeof bytes, &count), STATUS_OK);
    decode();
    struct ip4 address;
    assert_false(dhcp_probe_is(&message, &address));
}

static void another_imprint_tells_its_name_and_whether_it_gives_addresses(void **state)
{
    (void)state;
    ask();
    struct dhcp4_reply reply;
    dhcp_probe_reply(&message, bench_ip(2), "station1", true, &reply);
    struct dhcp_other other = answer(&reply);
    assert_int_equal(other.kind, DHCP_OTHER_IMPRINT);
    assert_true(other.gives_addresses);
    assert_string_equal(other.name, "station1");
    ask();
    dhcp_probe_reply(&message, bench_ip(2), "evil\033[2J", false, &reply);
    other = answer(&reply);
    assert_int_equal(other.kind, DHCP_OTHER_IMPRINT);
    assert_false(other.gives_addresses);
    assert_null(strchr(other.name, '\033'));
}

static void a_dhcp_server_and_a_proxy_are_told_apart(void **state)
{
    (void)state;
    ask();
    struct dhcp4_reply reply;
    dhcp4_reply_init(&reply, &message, DHCP4_OFFER);
    reply.yiaddr = bench_ip(150);
    dhcp4_put_ip4(&reply, DHCP4_OPTION_SERVER_ID, bench_ip(9));
    struct dhcp_other other = answer(&reply);
    assert_int_equal(other.kind, DHCP_OTHER_SERVER);
    assert_true(other.gives_addresses);
    assert_true(ip4_equal(other.address, bench_ip(9)));
    ask();
    dhcp4_reply_init(&reply, &message, DHCP4_OFFER);
    dhcp4_put_string(&reply, DHCP4_OPTION_VENDOR_CLASS, "PXEClient");
    other = answer(&reply);
    assert_int_equal(other.kind, DHCP_OTHER_PROXY);
    assert_false(other.gives_addresses);
    assert_true(ip4_equal(other.address, bench_ip(2)));
}

static void a_request_and_an_answer_to_inform_say_nothing_about_their_sender(void **state)
{
    (void)state;
    ask();
    struct hw hw = bench_mac(2);
    struct dhcp_other other;
    assert_false(dhcp_probe_classify(&message, bench_ip(2), &hw, &other));
    struct dhcp4_reply reply;
    dhcp4_reply_init(&reply, &message, DHCP4_ACK);
    assert_int_equal(dhcp4_encode(&reply, DHCP4_DEFAULT_LIMIT, bytes, sizeof bytes, &count), STATUS_OK);
    decode();
    assert_false(dhcp_probe_classify(&message, bench_ip(2), &hw, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_probe_looks_like_a_pxe_client_and_is_known_for_what_it_is),
        cmocka_unit_test(a_pxe_client_is_no_probe),
        cmocka_unit_test(another_imprint_tells_its_name_and_whether_it_gives_addresses),
        cmocka_unit_test(a_dhcp_server_and_a_proxy_are_told_apart),
        cmocka_unit_test(a_request_and_an_answer_to_inform_say_nothing_about_their_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
