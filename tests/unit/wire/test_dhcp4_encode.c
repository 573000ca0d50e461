// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/wire/packet.h"

static struct packet packet;
static struct dhcp4_reply reply;
static uint8_t out[1500];
static size_t written;

// A reply to a DISCOVER, with what every lease needs.
static void reply_start(void)
{
    packet_init(&packet);
    packet_add(&packet, 53, "\1", 1);
    packet_add(&packet, 61, "\1\x52\x54\0\x12\x34\x56", 7);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    dhcp4_reply_init(&reply, &packet.message, DHCP4_OFFER);
    dhcp4_put_ip4(&reply, 54, (struct ip4){0x0a000001});
    dhcp4_put_u32(&reply, 51, 3600);
    dhcp4_put_ip4(&reply, 1, (struct ip4){0xffffff00});
    memset(out, 0xee, sizeof out);
}

// Decodes what was written, from a packet of its own.
static const struct dhcp4_message *reply_back(void)
{
    packet_init(&packet);
    packet.writer = writer_init(packet.bytes, sizeof packet.bytes);
    write_bytes(&packet.writer, out, written);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    return &packet.message;
}

static void a_reply_takes_over_who_asked(void **state)
{
    (void)state;
    packet_init(&packet);
    packet.bytes[10] = 0x80;
    memcpy(packet.bytes + 24, "\x0a\2\0\1", 4);
    packet_add(&packet, 53, "\1", 1);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    dhcp4_reply_init(&reply, &packet.message, DHCP4_ACK);
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    const struct dhcp4_message *back = reply_back();
    assert_int_equal(back->op, DHCP4_OP_REPLY);
    assert_int_equal(back->kind, DHCP4_ACK);
    assert_int_equal(back->xid, 0xaabbccdd);
    assert_true(back->broadcast);
    assert_int_equal(back->giaddr.value, 0x0a020001);
    assert_int_equal(back->chaddr.octets[5], 0x56);
}

static void a_short_reply_is_padded_to_300_with_zeros(void **state)
{
    (void)state;
    reply_start();
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 300);
    assert_int_equal(out[299], 0);
    assert_int_equal(out[300], 0xee);
}

static void the_same_reply_gives_the_same_bytes_in_whatever_order_it_was_put(void **state)
{
    (void)state;
    reply_start();
    dhcp4_put_string(&reply, 12, "host");
    dhcp4_put_ip4(&reply, 3, (struct ip4){0x0a0000fe});
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    uint8_t first[sizeof out];
    memcpy(first, out, sizeof first);
    reply_start();
    dhcp4_put_ip4(&reply, 3, (struct ip4){0});
    dhcp4_put_string(&reply, 15, "gone.example");
    dhcp4_put_ip4(&reply, 3, (struct ip4){0x0a0000fe});
    dhcp4_put_string(&reply, 12, "another");
    dhcp4_put_nothing(&reply, 15);
    dhcp4_put_string(&reply, 12, "host");
    dhcp4_put_ip4(&reply, 1, (struct ip4){0xffffff00});
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    assert_memory_equal(out, first, sizeof first);
}

static void type_server_and_lease_come_first_and_the_relay_last(void **state)
{
    (void)state;
    reply_start();
    dhcp4_put_bytes(&reply, 82, "\1\1x", 3);
    dhcp4_put_bytes(&reply, 97, "\0uuuuuuuuuuuuuuuu", 17);
    dhcp4_put_u32(&reply, 211, 5);
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    static const uint8_t ORDER[] = {53, 54, 51, 1, 97, 211, 82};
    const struct dhcp4_message *back = reply_back();
    assert_int_equal(back->options.count, COUNT_OF(ORDER));
    for (size_t i = 0; i < COUNT_OF(ORDER); i++) {
        assert_int_equal(back->options.items[i].code, ORDER[i]);
    }
}

static void boot_names_carry_their_nul_and_others_do_not(void **state)
{
    (void)state;
    reply_start();
    dhcp4_put_string_nul(&reply, 67, "pxelinux.0");
    dhcp4_put_string(&reply, 12, "host");
    dhcp4_put_string(&reply, 15, "");
    dhcp4_put_string_nul(&reply, 66, "");
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    const struct dhcp4_message *back = reply_back();
    assert_int_equal(dhcp4_find(back, 67)->length, 11);
    assert_int_equal(dhcp4_find(back, 67)->data[10], 0);
    assert_int_equal(dhcp4_find(back, 12)->length, 4);
    assert_null(dhcp4_find(back, 15));
    assert_null(dhcp4_find(back, 66));
}

static void numbers_go_out_in_network_order(void **state)
{
    (void)state;
    reply_start();
    const struct ip4 servers[] = {{0x0a000035}, {0x0a000036}};
    dhcp4_put_u8(&reply, 23, 64);
    dhcp4_put_u16(&reply, 26, 1500);
    dhcp4_put_u32(&reply, 58, 1800);
    dhcp4_put_ip4_list(&reply, 6, servers, 2);
    dhcp4_put_ip4_list(&reply, 42, servers, 0);
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    const struct dhcp4_message *back = reply_back();
    assert_memory_equal(dhcp4_find(back, 23)->data, "\x40", 1);
    assert_memory_equal(dhcp4_find(back, 26)->data, "\x05\xdc", 2);
    assert_memory_equal(dhcp4_find(back, 58)->data, "\0\0\x07\x08", 4);
    assert_memory_equal(dhcp4_find(back, 6)->data, "\x0a\0\0\x35\x0a\0\0\x36", 8);
    assert_int_equal(dhcp4_find(back, 6)->length, 8);
    assert_null(dhcp4_find(back, 42)); // an empty list would cost EDK2 the whole reply
}

static void a_crowded_reply_drops_what_is_least_dear(void **state)
{
    (void)state;
    reply_start();
    char filler[150];
    memset(filler, 'f', sizeof filler);
    dhcp4_put_bytes(&reply, 67, filler, 120); // boot: stays
    dhcp4_put_bytes(&reply, 12, filler, 100); // useful: stays, there is room
    dhcp4_put_bytes(&reply, 40, filler, 100); // other: goes
    dhcp4_put_bytes(&reply, 23, "\x40", 1);   // other: small enough to stay
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    assert_true(written <= 548);
    const struct dhcp4_message *back = reply_back();
    assert_non_null(dhcp4_find(back, 67));
    assert_non_null(dhcp4_find(back, 12));
    assert_null(dhcp4_find(back, 40));
    assert_non_null(dhcp4_find(back, 23));
    assert_non_null(dhcp4_find(back, 1));
    assert_int_equal(dhcp4_encode(&reply, 1472, out, sizeof out, &written), STATUS_OK);
    assert_non_null(dhcp4_find(reply_back(), 40));
}

static void a_reply_fills_its_limit_to_the_byte(void **state)
{
    (void)state;
    reply_start();
    // 240 + type 3 + server 6 + lease 6 + mask 6 + END 1 = 262
    char filler[255] = {0};
    dhcp4_put_bytes(&reply, 40, filler, 255);
    dhcp4_put_bytes(&reply, 41, filler, 548 - 262 - 257 - 2);
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 548);
    assert_non_null(dhcp4_find(reply_back(), 41));
    dhcp4_put_bytes(&reply, 41, filler, 548 - 262 - 257 - 1);
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    assert_null(dhcp4_find(reply_back(), 41));
}

static void a_reply_without_room_for_what_boots_is_refused(void **state)
{
    (void)state;
    reply_start();
    char filler[250] = {1};
    dhcp4_put_bytes(&reply, 67, filler, 200);
    dhcp4_put_bytes(&reply, 43, filler, 200);
    written = 7;
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_TOO_LONG);
    assert_int_equal(written, 7);
}

static void what_cannot_be_put_fails_the_whole_reply(void **state)
{
    (void)state;
    char filler[300] = {0};
    reply_start();
    dhcp4_put_bytes(&reply, 43, filler, 256);
    assert_int_equal(dhcp4_encode(&reply, 1472, out, sizeof out, &written), STATUS_TOO_LONG);
    reply_start();
    for (uint8_t code = 100; code < 110; code++) {
        dhcp4_put_bytes(&reply, code, filler, 255);
    }
    assert_true(reply.failed);
    reply_start();
    for (unsigned code = 100; code < 100 + DHCP4_REPLY_OPTIONS; code++) {
        dhcp4_put_u8(&reply, (uint8_t)code, 1);
    }
    assert_true(reply.failed);
    reply_start();
    struct ip4 many[64] = {{0}};
    dhcp4_put_ip4_list(&reply, 6, many, 63);
    assert_false(reply.failed);
    dhcp4_put_ip4_list(&reply, 6, many, 64);
    assert_true(reply.failed);
}

static void a_small_buffer_is_not_overrun(void **state)
{
    (void)state;
    reply_start();
    assert_int_equal(dhcp4_encode(&reply, 548, out, 299, &written), STATUS_TOO_LONG);
    assert_int_equal(out[299], 0xee);
}

static void header_names_keep_room_for_their_nul(void **state)
{
    (void)state;
    reply_start();
    char name[129];
    memset(name, 'n', sizeof name);
    name[127] = '\0';
    assert_true(dhcp4_put_file(&reply, name));
    name[127] = 'n';
    name[128] = '\0';
    assert_false(dhcp4_put_file(&reply, name));
    assert_string_equal(reply.file, "");
    name[63] = '\0';
    assert_true(dhcp4_put_sname(&reply, name));
    name[63] = 'n';
    name[64] = '\0';
    assert_false(dhcp4_put_sname(&reply, name));
}

static void nothing_behind_the_nul_of_a_header_name_leaves(void **state)
{
    (void)state;
    reply_start();
    memcpy(reply.file, "secret", 7);
    memcpy(reply.file, "a", 2);
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    assert_memory_equal(out + 108, "a\0\0\0\0\0\0", 7);
}

static void an_echo_is_unchanged_and_never_invented(void **state)
{
    (void)state;
    reply_start();
    dhcp4_put_echo(&reply, &packet.message, 61);
    dhcp4_put_echo(&reply, &packet.message, 82);
    assert_int_equal(dhcp4_encode(&reply, 548, out, sizeof out, &written), STATUS_OK);
    const struct dhcp4_message *back = reply_back();
    assert_int_equal(dhcp4_find(back, 61)->length, 7);
    assert_memory_equal(dhcp4_find(back, 61)->data, "\1\x52\x54\0\x12\x34\x56", 7);
    assert_null(dhcp4_find(back, 82));
}

static void a_bootp_reply_has_no_message_type_and_fits_300_bytes(void **state)
{
    (void)state;
    packet_init(&packet);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    dhcp4_reply_init(&reply, &packet.message, DHCP4_BOOTP);
    dhcp4_put_ip4(&reply, 1, (struct ip4){0xffffff00});
    dhcp4_put_string(&reply, 12, "a-host-name-that-is-far-too-long-for-the-vendor-area-of-bootp");
    assert_int_equal(dhcp4_encode(&reply, dhcp4_reply_limit(&packet.message), out, sizeof out, &written),
                     STATUS_OK);
    assert_int_equal(written, 300);
    const struct dhcp4_message *back = reply_back();
    assert_int_equal(back->kind, DHCP4_BOOTP);
    assert_non_null(dhcp4_find(back, 1));
    assert_null(dhcp4_find(back, 12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_takes_over_who_asked),
        cmocka_unit_test(a_short_reply_is_padded_to_300_with_zeros),
        cmocka_unit_test(the_same_reply_gives_the_same_bytes_in_whatever_order_it_was_put),
        cmocka_unit_test(type_server_and_lease_come_first_and_the_relay_last),
        cmocka_unit_test(boot_names_carry_their_nul_and_others_do_not),
        cmocka_unit_test(numbers_go_out_in_network_order),
        cmocka_unit_test(a_crowded_reply_drops_what_is_least_dear),
        cmocka_unit_test(a_reply_fills_its_limit_to_the_byte),
        cmocka_unit_test(a_reply_without_room_for_what_boots_is_refused),
        cmocka_unit_test(what_cannot_be_put_fails_the_whole_reply),
        cmocka_unit_test(a_small_buffer_is_not_overrun),
        cmocka_unit_test(header_names_keep_room_for_their_nul),
        cmocka_unit_test(nothing_behind_the_nul_of_a_header_name_leaves),
        cmocka_unit_test(an_echo_is_unchanged_and_never_invented),
        cmocka_unit_test(a_bootp_reply_has_no_message_type_and_fits_300_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
