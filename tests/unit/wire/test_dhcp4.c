// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/wire/packet.h"

#include <stdlib.h>

static struct packet packet;

static void a_message_may_stop_after_its_header(void **state)
{
    (void)state;
    packet_init(&packet);
    assert_int_equal(dhcp4_decode(packet.bytes, 236, &packet.arena, &packet.message, NULL), STATUS_OK);
    assert_int_equal(packet.message.kind, DHCP4_BOOTP);
    assert_int_equal(packet.message.options.count, 0);
    assert_int_equal(packet.message.xid, 0xaabbccdd);
    assert_null(dhcp4_find(&packet.message, DHCP4_OPTION_KIND));
    assert_int_equal(dhcp4_decode(packet.bytes, 235, &packet.arena, &packet.message, NULL), STATUS_MALFORMED);
}

static void a_cookie_without_options_is_bootp_too(void **state)
{
    (void)state;
    packet_init(&packet);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_int_equal(packet.message.kind, DHCP4_BOOTP);
    assert_int_equal(packet.message.options.count, 0);
}

static void options_need_no_end(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 53, "\3", 1);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_int_equal(packet.message.kind, DHCP4_REQUEST);
}

static void nothing_behind_the_end_is_read(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 53, "\1", 1);
    write_u8(&packet.writer, 255);
    packet_add(&packet, 12, "ghost", 5);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_null(dhcp4_find(&packet.message, 12));
}

static void padding_between_options_is_skipped(void **state)
{
    (void)state;
    packet_init(&packet);
    write_zeros(&packet.writer, 3);
    packet_add(&packet, 53, "\1", 1);
    write_zeros(&packet.writer, 2);
    packet_add_text(&packet, 12, "x");
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_int_equal(packet.message.options.count, 2);
    assert_int_equal(packet.message.options.items[1].code, 12);
}

static void empty_is_not_unset(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 53, "\1", 1);
    packet_add(&packet, 80, "", 0);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    const struct dhcp4_option *empty = dhcp4_find(&packet.message, 80);
    assert_non_null(empty);
    assert_int_equal(empty->length, 0);
    assert_non_null(empty->data);
    assert_null(dhcp4_find(&packet.message, 81));
}

static void pieces_of_a_long_option_are_joined_across_others(void **state)
{
    (void)state;
    packet_init(&packet);
    char first[200];
    char second[100];
    memset(first, 'a', sizeof first);
    memset(second, 'b', sizeof second);
    packet_add(&packet, 60, first, sizeof first);
    packet_add(&packet, 53, "\1", 1);
    packet_add(&packet, 60, second, sizeof second);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    const struct dhcp4_option *joined = dhcp4_find(&packet.message, 60);
    assert_int_equal(joined->length, 300);
    assert_memory_equal(joined->data, first, sizeof first);
    assert_memory_equal(joined->data + sizeof first, second, sizeof second);
    assert_int_equal(packet.message.kind, DHCP4_DISCOVER);
}

static void overloaded_fields_give_options_and_no_text(void **state)
{
    (void)state;
    packet_init(&packet);
    packet.bytes[44] = 12; // sname: host name "s"
    packet.bytes[45] = 1;
    packet.bytes[46] = 's';
    memcpy(packet.bytes + 108, "\017\001d\377rest", 8); // file: domain name "d", END
    packet_add(&packet, 52, "\3", 1);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_string_equal(packet.message.sname, "");
    assert_string_equal(packet.message.file, "");
    char value[8];
    assert_true(dhcp4_find_string(&packet.message, 12, value, sizeof value));
    assert_string_equal(value, "s");
    assert_true(dhcp4_find_string(&packet.message, 15, value, sizeof value));
    assert_string_equal(value, "d");
}

static void only_the_named_field_is_overloaded(void **state)
{
    (void)state;
    packet_init(&packet);
    memcpy(packet.bytes + 44, "server", 6);
    memcpy(packet.bytes + 108, "\017\001d\377", 4);
    packet_add(&packet, 52, "\1", 1);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_string_equal(packet.message.sname, "server");
    assert_non_null(dhcp4_find(&packet.message, 15));
}

static void an_option_that_runs_past_an_overloaded_field_is_refused(void **state)
{
    (void)state;
    packet_init(&packet);
    packet.bytes[44] = 12;
    packet.bytes[45] = 63; // 62 bytes are left
    packet_add(&packet, 52, "\2", 1);
    assert_int_equal(packet_decode(&packet), STATUS_MALFORMED);
    assert_true(problem_is_set(&packet.problem));
}

static void full_text_fields_without_nul_are_read_whole(void **state)
{
    (void)state;
    packet_init(&packet);
    memset(packet.bytes + 44, 's', 64);
    memset(packet.bytes + 108, 'f', 128);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_int_equal(strlen(packet.message.sname), 64);
    assert_int_equal(strlen(packet.message.file), 128);
}

static void every_truncation_decodes_or_is_refused(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 53, "\1", 1);
    packet_add_text(&packet, 60, "PXEClient:Arch:00007:UNDI:003016");
    packet_add(&packet, 97, "\0aaaaaaaaaaaaaaaa", 17);
    write_u8(&packet.writer, 255);
    size_t whole = writer_length(&packet.writer);
    for (size_t count = 0; count <= whole; count++) {
        uint8_t *exact = malloc(count + (count == 0));
        memcpy(exact, packet.bytes, count);
        arena_clear(&packet.arena);
        enum status status = dhcp4_decode(exact, count, &packet.arena, &packet.message, NULL);
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED);
        assert_true(status == STATUS_MALFORMED || count >= 236);
        free(exact);
    }
}

static void a_refused_message_leaves_the_result_alone(void **state)
{
    (void)state;
    packet_init(&packet);
    packet.message.xid = 7;
    packet_add(&packet, 53, "\1\2", 2);
    assert_int_equal(packet_decode(&packet), STATUS_MALFORMED);
    assert_int_equal(packet.message.xid, 7);
}

static void a_message_type_of_zero_is_malformed_and_an_unknown_one_unsupported(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 53, "\0", 1);
    assert_int_equal(packet_decode(&packet), STATUS_MALFORMED);
    packet_init(&packet);
    packet_add(&packet, 53, "\11", 1);
    assert_int_equal(packet_decode(&packet), STATUS_UNSUPPORTED);
}

static void the_arena_is_enough_for_the_worst_datagram(void **state)
{
    (void)state;
    packet_init(&packet);
    for (unsigned code = 1; code < 255; code++) {
        if (code != 52 && code != 53) {
            packet_add(&packet, (uint8_t)code, "", 0);
        }
    }
    char filler[255] = {0};
    while (writer_length(&packet.writer) + 257 <= DHCP4_DATAGRAM_BYTES) {
        packet_add(&packet, 43, filler, sizeof filler);
    }
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_int_equal(packet.message.options.count, 252);
    assert_true(dhcp4_find(&packet.message, 43)->length > 3000);
}

static void a_small_arena_and_a_long_datagram_are_refused(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 53, "\1", 1);
    packet.arena.capacity = 16;
    assert_int_equal(packet_decode(&packet), STATUS_TOO_LONG);
    packet_init(&packet);
    assert_int_equal(
        dhcp4_decode(packet.bytes, DHCP4_DATAGRAM_BYTES + 1, &packet.arena, &packet.message, NULL),
        STATUS_TOO_LONG);
}

static void typed_getters_want_the_exact_length(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 57, "\x05\xc0", 2);
    packet_add(&packet, 50, "\x0a\x00\x00\x63", 4);
    packet_add(&packet, 51, "\x00\x00\x0e", 3);
    packet_add(&packet, 116, "\1", 1);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    uint8_t byte = 0;
    uint16_t word = 0;
    uint32_t number = 9;
    struct ip4 address = {0};
    assert_true(dhcp4_find_u8(&packet.message, 116, &byte));
    assert_int_equal(byte, 1);
    assert_true(dhcp4_find_u16(&packet.message, 57, &word));
    assert_int_equal(word, 1472);
    assert_true(dhcp4_find_ip4(&packet.message, 50, &address));
    assert_int_equal(address.value, 0x0a000063);
    assert_false(dhcp4_find_u32(&packet.message, 51, &number));
    assert_false(dhcp4_find_u32(&packet.message, 58, &number));
    assert_false(dhcp4_find_u8(&packet.message, 57, &byte));
    assert_false(dhcp4_find_u16(&packet.message, 116, &word));
    assert_int_equal(byte, 1);
    assert_int_equal(word, 1472);
    assert_int_equal(number, 9);
}

static void strings_lose_nuls_at_their_end_and_are_refused_with_one_inside(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 12, "host\0\0", 6);
    packet_add(&packet, 15, "a\0b", 3);
    packet_add(&packet, 17, "\0\0", 2);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    char value[5] = "";
    assert_true(dhcp4_find_string(&packet.message, 12, value, sizeof value));
    assert_string_equal(value, "host");
    assert_false(dhcp4_find_string(&packet.message, 12, value, 4));
    assert_false(dhcp4_find_string(&packet.message, 15, value, sizeof value));
    assert_false(dhcp4_find_string(&packet.message, 17, value, sizeof value));
    assert_false(dhcp4_find_string(&packet.message, 18, value, sizeof value));
    assert_string_equal(value, "host");
}

static void prefix_and_parameter_list_are_asked_by_code(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add_text(&packet, 60, "PXEClient:Arch:00000");
    packet_add(&packet, 55, "\1\3\103", 3);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_true(dhcp4_starts(&packet.message, 60, "PXEClient"));
    assert_false(dhcp4_starts(&packet.message, 60, "HTTPClient"));
    assert_false(dhcp4_starts(&packet.message, 61, "PXEClient"));
    assert_true(dhcp4_wants(&packet.message, 67));
    assert_false(dhcp4_wants(&packet.message, 66));
}

static void relay_suboptions_have_neither_padding_nor_end(void **state)
{
    (void)state;
    packet_init(&packet);
    // 255 and 0 are ordinary codes here.
    packet_add(&packet, 82, "\xff\x01x\x00\x01y\x05\x04\x0a\x02\x00\x00\x0b\x03\x0a\x02\x00", 17);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    struct ip4 address = {0};
    assert_true(dhcp4_find_relay_ip4(&packet.message, DHCP4_RELAY_LINK_SELECTION, &address));
    assert_int_equal(address.value, 0x0a020000);
    assert_false(dhcp4_find_relay_ip4(&packet.message, DHCP4_RELAY_SERVER_ID_OVERRIDE, &address));
    assert_false(dhcp4_find_relay_ip4(&packet.message, DHCP4_RELAY_FLAGS, &address));
}

static void a_suboption_behind_a_broken_one_is_not_found(void **state)
{
    (void)state;
    const uint8_t bytes[] = {6, 9, 8, 71, 4, 0, 0, 0, 0};
    struct dhcp4_option option = {.code = 43, .length = sizeof bytes, .data = bytes};
    struct dhcp4_option sub = {0};
    assert_false(dhcp4_option_find_sub(&option, 71, true, &sub));
}

static void the_limit_follows_option_57_within_bounds(void **state)
{
    (void)state;
    static const struct {
        uint16_t datagram;
        size_t limit;
    } CASES[] = {{0, 548},     {300, 548},   {576, 548},   {577, 549},
                 {1260, 1232}, {1472, 1444}, {1500, 1472}, {65535, 1472}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        packet_init(&packet);
        packet_add(&packet, 53, "\1", 1);
        uint8_t value[2] = {(uint8_t)(CASES[i].datagram >> 8), (uint8_t)CASES[i].datagram};
        packet_add(&packet, 57, value, sizeof value);
        assert_int_equal(packet_decode(&packet), STATUS_OK);
        assert_int_equal(dhcp4_reply_limit(&packet.message), CASES[i].limit);
    }
}

static void a_bootp_reply_is_no_longer_than_its_request(void **state)
{
    (void)state;
    packet_init(&packet);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_int_equal(dhcp4_reply_limit(&packet.message), 300);
    write_zeros(&packet.writer, 548 - 240);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    assert_int_equal(dhcp4_reply_limit(&packet.message), 548);
}

static void a_printed_message_cannot_bring_control_characters(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 12, "a\nb\x1b[2J\"", 8);
    memcpy(packet.bytes + 108, "x\ny", 3);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    char printed[512];
    struct text text;
    text_init(&text, printed, sizeof printed);
    dhcp4_print(&packet.message, &text);
    assert_non_null(strstr(printed, "a\\x0ab\\x1b[2J"));
    assert_non_null(strstr(printed, "x\\x0ay"));
    assert_null(strchr(printed, 0x1b));
}

static void values_of_the_wrong_length_are_printed_raw(void **state)
{
    (void)state;
    packet_init(&packet);
    packet_add(&packet, 51, "\1\2\3", 3);
    packet_add(&packet, 97, "\1\2", 2);
    packet_add(&packet, 93, "\0\7\0", 3);
    packet_add(&packet, 3, "", 0);
    packet_add(&packet, 43, "\6\011\1", 3);
    packet_add(&packet, 97, "\1aaaaaaaaaaaaaa", 15); // joined: seventeen bytes, but of no known type
    packet_add(&packet, 200, "?", 1);
    assert_int_equal(packet_decode(&packet), STATUS_OK);
    char printed[1024];
    struct text text;
    text_init(&text, printed, sizeof printed);
    dhcp4_print(&packet.message, &text);
    assert_non_null(strstr(printed, "  51 lease-time hex 010203\n"));
    assert_non_null(strstr(printed, "  97 machine-uuid hex 01020161"));
    assert_non_null(strstr(printed, "  93 client-architecture hex 000700\n"));
    assert_non_null(strstr(printed, "  3 routers empty\n"));
    assert_non_null(strstr(printed, "  43 vendor-specific hex 060901\n"));
    assert_non_null(strstr(printed, "  200 unknown hex 3f\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_may_stop_after_its_header),
        cmocka_unit_test(a_cookie_without_options_is_bootp_too),
        cmocka_unit_test(options_need_no_end),
        cmocka_unit_test(nothing_behind_the_end_is_read),
        cmocka_unit_test(padding_between_options_is_skipped),
        cmocka_unit_test(empty_is_not_unset),
        cmocka_unit_test(pieces_of_a_long_option_are_joined_across_others),
        cmocka_unit_test(overloaded_fields_give_options_and_no_text),
        cmocka_unit_test(only_the_named_field_is_overloaded),
        cmocka_unit_test(an_option_that_runs_past_an_overloaded_field_is_refused),
        cmocka_unit_test(full_text_fields_without_nul_are_read_whole),
        cmocka_unit_test(every_truncation_decodes_or_is_refused),
        cmocka_unit_test(a_refused_message_leaves_the_result_alone),
        cmocka_unit_test(a_message_type_of_zero_is_malformed_and_an_unknown_one_unsupported),
        cmocka_unit_test(the_arena_is_enough_for_the_worst_datagram),
        cmocka_unit_test(a_small_arena_and_a_long_datagram_are_refused),
        cmocka_unit_test(typed_getters_want_the_exact_length),
        cmocka_unit_test(strings_lose_nuls_at_their_end_and_are_refused_with_one_inside),
        cmocka_unit_test(prefix_and_parameter_list_are_asked_by_code),
        cmocka_unit_test(relay_suboptions_have_neither_padding_nor_end),
        cmocka_unit_test(a_suboption_behind_a_broken_one_is_not_found),
        cmocka_unit_test(the_limit_follows_option_57_within_bounds),
        cmocka_unit_test(a_bootp_reply_is_no_longer_than_its_request),
        cmocka_unit_test(a_printed_message_cannot_bring_control_characters),
        cmocka_unit_test(values_of_the_wrong_length_are_printed_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
