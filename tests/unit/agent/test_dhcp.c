// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/dhcp.h"
#include "unit/test.h"
#include "wire/dhcp4.h"

static const struct ip4 ADDRESS = {0xc0a84d65}, SERVER = {0xc0a84d01}, OTHER = {0xc0a84d02};

static struct dhcp_ask ask_of(enum dhcp_stage stage)
{
    struct dhcp_ask ask = {.stage = stage,
                           .mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0xaa, 0xbb, 0xcc}),
                           .xid = 0x12345678,
                           .secs = 3};
    if (stage != DHCP_DISCOVER) {
        ask.lease.address = ADDRESS;
        ask.lease.server = SERVER;
    }
    return ask;
}

// What the server would read of `ask`.
static void send_ask(const struct dhcp_ask *ask, struct dhcp4_message *message)
{
    static uint8_t memory[DHCP4_ARENA_BYTES] __attribute__((aligned(16)));
    static uint8_t bytes[600];
    static struct arena arena;
    size_t count = 0;
    assert_int_equal(dhcp_encode(ask, bytes, sizeof bytes, &count), STATUS_OK);
    arena = arena_init(memory, sizeof memory);
    assert_int_equal(dhcp4_decode(bytes, count, &arena, message, NULL), STATUS_OK);
}

// An answer of `kind` to `ask` from SERVER; `change` spoils it.
static size_t answer_of(const struct dhcp_ask *ask, enum dhcp4_kind kind,
                        void (*change)(struct dhcp4_reply *), uint8_t out[1500])
{
    struct dhcp4_reply reply = {.op = DHCP4_OP_REPLY, .chaddr = ask->mac, .xid = ask->xid, .kind = kind};
    size_t count = 0;
    reply.yiaddr = kind == DHCP4_NAK ? (struct ip4){0} : ADDRESS;
    dhcp4_put_ip4(&reply, DHCP4_OPTION_SERVER_ID, SERVER);
    if (kind != DHCP4_NAK) {
        dhcp4_put_u32(&reply, DHCP4_OPTION_LEASE_TIME, 7200);
        dhcp4_put_ip4(&reply, DHCP4_OPTION_SUBNET_MASK, ip4_mask(20));
        dhcp4_put_ip4_list(&reply, DHCP4_OPTION_ROUTERS, (const struct ip4[]){SERVER, OTHER}, 2);
        dhcp4_put_ip4_list(&reply, DHCP4_OPTION_DNS_SERVERS, (const struct ip4[]){OTHER, SERVER}, 2);
        dhcp4_put_string(&reply, DHCP4_OPTION_DOMAIN_NAME, "lab.example");
    }
    if (change != NULL) {
        change(&reply);
    }
    assert_int_equal(dhcp4_encode(&reply, DHCP4_DEFAULT_LIMIT, out, 1500, &count), STATUS_OK);
    return count;
}

static void test_it_asks_as_the_rfc_says(void **state)
{
    (void)state;
    struct dhcp4_message message;
    struct ip4 value;
    struct dhcp_ask ask = ask_of(DHCP_DISCOVER);
    send_ask(&ask, &message);
    assert_int_equal(message.kind, DHCP4_DISCOVER);
    assert_true(message.broadcast);
    assert_int_equal(message.xid, 0x12345678);
    assert_null(dhcp4_find(&message, DHCP4_OPTION_CLIENT_ID));
    assert_true(dhcp4_wants(&message, DHCP4_OPTION_ROUTERS));
    assert_false(dhcp4_starts(&message, DHCP4_OPTION_VENDOR_CLASS, "PXEClient"));

    ask = ask_of(DHCP_REQUEST);
    send_ask(&ask, &message);
    assert_int_equal(message.kind, DHCP4_REQUEST);
    assert_int_equal(message.ciaddr.value, 0);
    assert_true(dhcp4_find_ip4(&message, DHCP4_OPTION_REQUESTED_ADDRESS, &value));
    assert_int_equal(value.value, ADDRESS.value);
    assert_true(dhcp4_find_ip4(&message, DHCP4_OPTION_SERVER_ID, &value));
    assert_int_equal(value.value, SERVER.value);

    ask = ask_of(DHCP_RENEW); // RFC 2131 table 5: neither of the two, and ciaddr
    send_ask(&ask, &message);
    assert_int_equal(message.kind, DHCP4_REQUEST);
    assert_int_equal(message.ciaddr.value, ADDRESS.value);
    assert_false(message.broadcast);
    assert_null(dhcp4_find(&message, DHCP4_OPTION_REQUESTED_ADDRESS));
    assert_null(dhcp4_find(&message, DHCP4_OPTION_SERVER_ID));
}

static void test_an_offer_and_an_ack_are_read_whole(void **state)
{
    (void)state;
    static const struct {
        enum dhcp_stage stage;
        enum dhcp4_kind kind;
        enum dhcp_answer answer;
    } CASES[] = {{DHCP_DISCOVER, DHCP4_OFFER, DHCP_ANSWER_OFFER},
                 {DHCP_REQUEST, DHCP4_ACK, DHCP_ANSWER_ACK},
                 {DHCP_RENEW, DHCP4_ACK, DHCP_ANSWER_ACK}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint8_t bytes[1500];
        struct dhcp_ask ask = ask_of(CASES[i].stage);
        enum dhcp_answer answer = DHCP_ANSWER_NAK;
        struct dhcp_lease lease;
        size_t count = answer_of(&ask, CASES[i].kind, NULL, bytes);
        assert_int_equal(dhcp_decode(bytes, count, &ask, &answer, &lease), STATUS_OK);
        assert_int_equal(answer, CASES[i].answer);
        assert_int_equal(lease.address.value, ADDRESS.value);
        assert_int_equal(lease.server.value, SERVER.value);
        assert_int_equal(lease.router.value, SERVER.value);
        assert_int_equal(lease.prefix, 20);
        assert_int_equal(lease.dns[0].value, OTHER.value);
        assert_int_equal(lease.dns[1].value, SERVER.value);
        assert_int_equal(lease.dns[2].value, 0);
        assert_string_equal(lease.domain, "lab.example");
        assert_int_equal(lease.renew_s, 3600);
        assert_int_equal(lease.rebind_s, 6300);
    }
}

static void no_address(struct dhcp4_reply *reply)
{
    reply->yiaddr = (struct ip4){0};
}
static void no_server(struct dhcp4_reply *reply)
{
    dhcp4_put_nothing(reply, DHCP4_OPTION_SERVER_ID);
}
static void other_xid(struct dhcp4_reply *reply)
{
    reply->xid++;
}
static void other_card(struct dhcp4_reply *reply)
{
    reply->chaddr.octets[5]++;
}
static void question(struct dhcp4_reply *reply)
{
    reply->op = DHCP4_OP_REQUEST;
}
static void other_address(struct dhcp4_reply *reply)
{
    reply->yiaddr = OTHER;
}
static void other_server(struct dhcp4_reply *reply)
{
    dhcp4_put_ip4(reply, DHCP4_OPTION_SERVER_ID, OTHER);
}

static void test_what_does_not_answer_us_is_passed_over(void **state)
{
    (void)state;
    static const struct {
        enum dhcp_stage stage;
        enum dhcp4_kind kind;
        void (*change)(struct dhcp4_reply *);
    } CASES[] = {
        {DHCP_DISCOVER, DHCP4_OFFER, no_address}, // a ProxyDHCP server
        {DHCP_DISCOVER, DHCP4_OFFER, no_server},  {DHCP_DISCOVER, DHCP4_OFFER, other_xid},
        {DHCP_DISCOVER, DHCP4_OFFER, other_card}, {DHCP_DISCOVER, DHCP4_OFFER, question},
        {DHCP_DISCOVER, DHCP4_ACK, NULL},         {DHCP_DISCOVER, DHCP4_NAK, NULL},
        {DHCP_REQUEST, DHCP4_OFFER, NULL},        {DHCP_REQUEST, DHCP4_ACK, other_address},
        {DHCP_REQUEST, DHCP4_NAK, other_server},  {DHCP_REQUEST, DHCP4_ACK, other_xid},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint8_t bytes[1500];
        struct dhcp_ask ask = ask_of(CASES[i].stage);
        enum dhcp_answer answer = DHCP_ANSWER_NAK;
        struct dhcp_lease lease = {.prefix = 99};
        size_t count = answer_of(&ask, CASES[i].kind, CASES[i].change, bytes);
        assert_int_not_equal(dhcp_decode(bytes, count, &ask, &answer, &lease), STATUS_OK);
        assert_int_equal(lease.prefix, 99);
    }
}

static void test_a_nak_from_our_server_is_heard(void **state)
{
    (void)state;
    uint8_t bytes[1500];
    struct dhcp_ask ask = ask_of(DHCP_REQUEST);
    enum dhcp_answer answer = DHCP_ANSWER_ACK;
    struct dhcp_lease lease;
    size_t count = answer_of(&ask, DHCP4_NAK, NULL, bytes);
    assert_int_equal(dhcp_decode(bytes, count, &ask, &answer, &lease), STATUS_OK);
    assert_int_equal(answer, DHCP_ANSWER_NAK);
}

static void strange_values(struct dhcp4_reply *reply)
{
    dhcp4_put_ip4(reply, DHCP4_OPTION_SUBNET_MASK, (struct ip4){0xff00ff00});
    dhcp4_put_u32(reply, DHCP4_OPTION_LEASE_TIME, 1);
    dhcp4_put_u32(reply, DHCP4_OPTION_RENEWAL_TIME, 500);
    dhcp4_put_u32(reply, DHCP4_OPTION_REBINDING_TIME, 400);
    dhcp4_put_string(reply, DHCP4_OPTION_DOMAIN_NAME, "x\nnameserver 6.6.6.6");
    dhcp4_put_nothing(reply, DHCP4_OPTION_ROUTERS);
}

static void test_strange_values_become_sane_ones(void **state)
{
    (void)state;
    uint8_t bytes[1500];
    struct dhcp_ask ask = ask_of(DHCP_DISCOVER);
    enum dhcp_answer answer = DHCP_ANSWER_NAK;
    struct dhcp_lease lease;
    size_t count = answer_of(&ask, DHCP4_OFFER, strange_values, bytes);
    assert_int_equal(dhcp_decode(bytes, count, &ask, &answer, &lease), STATUS_OK);
    assert_int_equal(lease.prefix, 24);
    assert_int_equal(lease.lease_s, 60);
    assert_int_equal(lease.renew_s, 30);
    assert_true(lease.rebind_s > lease.renew_s && lease.rebind_s < lease.lease_s);
    assert_string_equal(lease.domain, "");
    assert_int_equal(lease.router.value, 0);
}

static void test_pauses_grow_and_stay_bounded(void **state)
{
    (void)state;
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        uint32_t base_ms = attempt < 3 ? 2000u << attempt : 16000;
        for (uint32_t random = 0; random < 4000; random += 333) {
            uint32_t pause_ms = dhcp_pause_ms(attempt, random);
            assert_true(pause_ms >= base_ms - 1000 && pause_ms < base_ms + 1000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_asks_as_the_rfc_says),
        cmocka_unit_test(test_an_offer_and_an_ack_are_read_whole),
        cmocka_unit_test(test_what_does_not_answer_us_is_passed_over),
        cmocka_unit_test(test_a_nak_from_our_server_is_heard),
        cmocka_unit_test(test_strange_values_become_sane_ones),
        cmocka_unit_test(test_pauses_grow_and_stay_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
