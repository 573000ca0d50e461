// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/complete.h"

#include "unit/test.h"
#include "wire/pxe.h"

// Another server's offer of 10.0.0.50 to 52:54:00:00:00:01, and our ProxyDHCP offer to the same client.
struct scene {
    struct dhcp4_reply theirs_written;
    uint8_t bytes[DHCP4_DATAGRAM_BYTES];
    _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
    struct dhcp4_message theirs;
    struct dhcp4_reply ours;
    struct dhcp4_actions actions;
    _Alignas(max_align_t) uint8_t said_memory[DHCP4_ARENA_BYTES];
    uint8_t said_bytes[DHCP4_DATAGRAM_BYTES];
    struct dhcp4_message said;
};

static struct scene scene;
static const uint8_t CLIENT[6] = {0x52, 0x54, 0, 0, 0, 1};
static const struct ip4 SERVER = {0x0a000001};
static const struct ip4 US = {0x0a000002};
static const struct ip4 ADDRESS = {0x0a000032};

static void read_theirs(void)
{
    size_t count = 0;
    struct arena arena = arena_init(scene.memory, sizeof scene.memory);
    assert_int_equal(dhcp4_encode(&scene.theirs_written, 1400, scene.bytes, sizeof scene.bytes, &count),
                     STATUS_OK);
    assert_int_equal(dhcp4_decode(scene.bytes, count, &arena, &scene.theirs, NULL), STATUS_OK);
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){0};
    struct dhcp4_reply *theirs = &scene.theirs_written;
    *theirs = (struct dhcp4_reply){.op = DHCP4_OP_REPLY,
                                   .chaddr = hw_ethernet(CLIENT),
                                   .xid = 0x01020304,
                                   .broadcast = true,
                                   .yiaddr = ADDRESS,
                                   .siaddr = SERVER,
                                   .kind = DHCP4_OFFER};
    dhcp4_put_ip4(theirs, DHCP4_OPTION_SERVER_ID, SERVER);
    dhcp4_put_u32(theirs, DHCP4_OPTION_LEASE_TIME, 600);
    dhcp4_put_ip4(theirs, DHCP4_OPTION_SUBNET_MASK, ip4_mask(24));
    dhcp4_put_ip4(theirs, DHCP4_OPTION_ROUTERS, SERVER);
    dhcp4_put_string(theirs, DHCP4_OPTION_TFTP_SERVER, "elsewhere");
    scene.ours = (struct dhcp4_reply){.op = DHCP4_OP_REPLY,
                                      .chaddr = hw_ethernet(CLIENT),
                                      .xid = 0x01020304,
                                      .kind = DHCP4_OFFER,
                                      .siaddr = US};
    assert_true(dhcp4_put_file(&scene.ours, "shimx64.efi"));
    dhcp4_put_ip4(&scene.ours, DHCP4_OPTION_SERVER_ID, US);
    dhcp4_put_string(&scene.ours, DHCP4_OPTION_VENDOR_CLASS, "PXEClient");
    dhcp4_put_string_nul(&scene.ours, DHCP4_OPTION_TFTP_SERVER, "10.0.0.2");
    dhcp4_put_string_nul(&scene.ours, DHCP4_OPTION_BOOT_FILE, "shimx64.efi");
    read_theirs();
    return 0;
}

static void say(enum dhcp4_kind kind)
{
    size_t count = 0;
    complete_step(&scene.theirs, &scene.ours, kind, &scene.actions);
    struct arena arena = arena_init(scene.said_memory, sizeof scene.said_memory);
    assert_int_equal(
        dhcp4_encode(&scene.actions.reply, 1400, scene.said_bytes, sizeof scene.said_bytes, &count),
        STATUS_OK);
    assert_int_equal(dhcp4_decode(scene.said_bytes, count, &arena, &scene.said, NULL), STATUS_OK);
}

static void assert_text(uint8_t code, const char *wanted, size_t bytes)
{
    const struct dhcp4_option *option = dhcp4_find(&scene.said, code);
    assert_non_null(option);
    assert_int_equal(option->length, bytes);
    assert_memory_equal(option->data, wanted, bytes);
}

static void a_completed_offer_keeps_their_lease_and_adds_our_boot_fields(void **state)
{
    (void)state;
    say(DHCP4_OFFER);
    struct ip4 server;
    struct ip4 router;
    uint32_t lease_s;
    assert_int_equal(scene.said.kind, DHCP4_OFFER);
    assert_int_equal(scene.said.yiaddr.value, ADDRESS.value);
    assert_int_equal(scene.said.siaddr.value, US.value);
    assert_string_equal(scene.said.file, "shimx64.efi");
    assert_true(dhcp4_find_ip4(&scene.said, DHCP4_OPTION_SERVER_ID, &server));
    assert_int_equal(server.value, SERVER.value);
    assert_true(dhcp4_find_u32(&scene.said, DHCP4_OPTION_LEASE_TIME, &lease_s));
    assert_int_equal(lease_s, 600);
    assert_true(dhcp4_find_ip4(&scene.said, DHCP4_OPTION_ROUTERS, &router));
    assert_text(DHCP4_OPTION_BOOT_FILE, "shimx64.efi", sizeof "shimx64.efi");
    assert_text(DHCP4_OPTION_TFTP_SERVER, "10.0.0.2", sizeof "10.0.0.2");
    assert_text(DHCP4_OPTION_VENDOR, "\x06\x01\x08\xff", 4);
    assert_text(DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9);
}

static void a_completed_acknowledgement_goes_to_everybody_as_one(void **state)
{
    (void)state;
    say(DHCP4_ACK);
    assert_int_equal(scene.said.kind, DHCP4_ACK);
    assert_int_equal(scene.said.siaddr.value, US.value);
    assert_int_equal(scene.actions.to.value, UINT32_MAX);
    assert_int_equal(scene.actions.to_port, DHCP4_CLIENT_PORT);
    assert_false(scene.actions.has_lease);
}

static void only_an_offer_of_an_address_in_the_same_conversation_is_completed(void **state)
{
    (void)state;
    assert_true(complete_is_for(&scene.theirs, &scene.ours));
    struct dhcp4_message other = scene.theirs;
    other.xid++;
    assert_false(complete_is_for(&other, &scene.ours));
    other = scene.theirs;
    other.yiaddr.value = 0; // another ProxyDHCP server's
    assert_false(complete_is_for(&other, &scene.ours));
    other = scene.theirs;
    other.kind = DHCP4_ACK;
    assert_false(complete_is_for(&other, &scene.ours));
    other = scene.theirs;
    other.giaddr.value = 1;
    assert_false(complete_is_for(&other, &scene.ours));
    other = scene.theirs;
    other.chaddr.octets[5]++;
    assert_false(complete_is_for(&other, &scene.ours));
}

static bool is_taken(struct ip4 server, struct ip4 wanted, uint8_t last, enum dhcp4_kind kind)
{
    struct dhcp4_reply written = {.op = DHCP4_OP_REQUEST, .chaddr = hw_ethernet(CLIENT), .kind = kind};
    written.chaddr.octets[5] = last;
    dhcp4_put_ip4(&written, DHCP4_OPTION_SERVER_ID, server);
    dhcp4_put_ip4(&written, DHCP4_OPTION_REQUESTED_ADDRESS, wanted);
    uint8_t bytes[600];
    size_t count = 0;
    struct dhcp4_message request;
    struct arena arena = arena_init(scene.said_memory, sizeof scene.said_memory);
    assert_int_equal(dhcp4_encode(&written, 548, bytes, sizeof bytes, &count), STATUS_OK);
    assert_int_equal(dhcp4_decode(bytes, count, &arena, &request, NULL), STATUS_OK);
    return complete_is_taken(&request, &scene.theirs);
}

static void only_a_request_for_just_that_offer_takes_it(void **state)
{
    (void)state;
    assert_true(is_taken(SERVER, ADDRESS, 1, DHCP4_REQUEST));
    assert_false(is_taken(US, ADDRESS, 1, DHCP4_REQUEST));
    assert_false(is_taken(SERVER, (struct ip4){ADDRESS.value + 1}, 1, DHCP4_REQUEST));
    assert_false(is_taken(SERVER, ADDRESS, 2, DHCP4_REQUEST));
    assert_false(is_taken(SERVER, ADDRESS, 1, DHCP4_DECLINE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_completed_offer_keeps_their_lease_and_adds_our_boot_fields, set_up),
        cmocka_unit_test_setup(a_completed_acknowledgement_goes_to_everybody_as_one, set_up),
        cmocka_unit_test_setup(only_an_offer_of_an_address_in_the_same_conversation_is_completed, set_up),
        cmocka_unit_test_setup(only_a_request_for_just_that_offer_takes_it, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
