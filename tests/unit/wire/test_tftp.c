// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/tftp.h"

#include "unit/test.h"

#include <stdlib.h>

// Decodes a string literal without the NUL that C adds.
#define DECODE(text, packet) tftp_decode((text), sizeof(text) - 1, (packet), NULL)

static void a_request_keeps_the_order_of_its_options(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("\0\1boot/x\0octet\0windowsize\0004\0tsize\0000\0blksize\0001468\0", &packet),
                     STATUS_OK);
    assert_int_equal(packet.operation, TFTP_READ_REQUEST);
    assert_string_equal(packet.name, "boot/x");
    assert_int_equal(packet.name_length, 6);
    assert_int_equal(packet.mode, TFTP_MODE_OCTET);
    assert_int_equal(packet.options.count, 3);
    assert_int_equal(packet.options.order[0], TFTP_OPTION_WINDOWSIZE);
    assert_int_equal(packet.options.order[1], TFTP_OPTION_TSIZE);
    assert_int_equal(packet.options.order[2], TFTP_OPTION_BLKSIZE);
    assert_int_equal(packet.options.value[TFTP_OPTION_BLKSIZE], 1468);
    assert_false(packet.options.has[TFTP_OPTION_TIMEOUT]);
}

static void values_are_kept_inside_their_range(void **state)
{
    (void)state;
    static const struct {
        enum tftp_option option;
        const char *number;
        bool is_taken;
        uint64_t value;
    } CASES[] = {
        {TFTP_OPTION_BLKSIZE, "8", true, 8},
        {TFTP_OPTION_BLKSIZE, "7", false, 0},
        {TFTP_OPTION_BLKSIZE, "65464", true, 65464},
        {TFTP_OPTION_BLKSIZE, "70000", true, 65464},
        {TFTP_OPTION_TIMEOUT, "1", true, 1},
        {TFTP_OPTION_TIMEOUT, "255", true, 255},
        {TFTP_OPTION_TIMEOUT, "0", false, 0},
        {TFTP_OPTION_TIMEOUT, "256", false, 0},
        {TFTP_OPTION_TSIZE, "0", true, 0},
        {TFTP_OPTION_TSIZE, "18446744073709551615", true, UINT64_MAX},
        {TFTP_OPTION_TSIZE, "18446744073709551616", false, 0},
        {TFTP_OPTION_TSIZE, "", false, 0},
        {TFTP_OPTION_TSIZE, "-1", false, 0},
        {TFTP_OPTION_TSIZE, "0x10", false, 0},
        {TFTP_OPTION_TSIZE, " 1", false, 0},
        {TFTP_OPTION_WINDOWSIZE, "1", true, 1},
        {TFTP_OPTION_WINDOWSIZE, "0", false, 0},
        {TFTP_OPTION_WINDOWSIZE, "65536", true, 65535},
        {TFTP_OPTION_ROLLOVER, "0", true, 0},
        {TFTP_OPTION_ROLLOVER, "65535", true, 65535},
        {TFTP_OPTION_ROLLOVER, "65536", false, 0},
        {TFTP_OPTION_MSFTWINDOW, "31416", true, 31416},
        {TFTP_OPTION_MSFTWINDOW, "x", false, 0},
        {TFTP_OPTION_BLKSIZE2, "70000", true, 65464},
        {TFTP_OPTION_BLKSIZE2, "7", false, 0},
        {TFTP_OPTION_UTIMEOUT, "9999", false, 0},
        {TFTP_OPTION_UTIMEOUT, "10000", true, 10000},
        {TFTP_OPTION_UTIMEOUT, "255000000", true, 255000000},
        {TFTP_OPTION_UTIMEOUT, "255000001", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char bytes[128];
        struct text text;
        text_init(&text, bytes, sizeof bytes);
        text_add_bytes(&text, "\0\1n\0octet", 10);
        text_add_bytes(&text, tftp_option_name(CASES[i].option),
                       strlen(tftp_option_name(CASES[i].option)) + 1);
        text_add_bytes(&text, CASES[i].number, strlen(CASES[i].number) + 1);
        struct tftp_packet packet;
        assert_int_equal(tftp_decode(bytes, text.length, &packet, NULL), STATUS_OK);
        assert_int_equal(packet.options.has[CASES[i].option], CASES[i].is_taken);
        assert_int_equal(packet.options.unknown, !CASES[i].is_taken);
        if (CASES[i].is_taken) {
            assert_true(packet.options.value[CASES[i].option] == CASES[i].value);
        }
    }
}

static void options_of_others_are_counted_and_left_out(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(
        DECODE("\0\1n\0octet\0x-window\00031416\0blksize3\0001024\0mstfwindow\0\0tsize\0000\0", &packet),
        STATUS_OK);
    assert_int_equal(packet.options.count, 1);
    assert_int_equal(packet.options.unknown, 3);
}

static void multicast_is_empty_in_a_request_and_three_parts_in_an_oack(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("\0\1n\0octet\0multicast\0\0tsize\0000\0", &packet), STATUS_OK);
    assert_true(packet.options.has[TFTP_OPTION_MULTICAST]);
    assert_int_equal(packet.options.count, 2);
    assert_int_equal(DECODE("\0\6multicast\000239.255.69.1,1758,1\0", &packet), STATUS_OK);
    assert_int_equal(packet.options.multicast.group.value, 0xefff4501);
    assert_int_equal(packet.options.multicast.port, 1758);
    assert_true(packet.options.multicast.is_master);
    assert_int_equal(DECODE("\0\6multicast\0,,0\0", &packet), STATUS_OK);
    assert_true(packet.options.has[TFTP_OPTION_MULTICAST]);
    assert_int_equal(packet.options.multicast.group.value, 0);
    assert_int_equal(packet.options.multicast.port, 0);
    assert_false(packet.options.multicast.is_master);
    static const char *const BAD[] = {"",
                                      ",",
                                      "1.2.3.4",
                                      "239.255.69.1,1758",
                                      ",,",
                                      ",,2",
                                      "239.255.69.256,1,1",
                                      "239.255.69.1,65536,1",
                                      ",,1,1",
                                      ",x,1",
                                      "239.255.69.1000000000,1,1"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        char bytes[64];
        struct text text;
        text_init(&text, bytes, sizeof bytes);
        text_add_bytes(&text, "\0\6multicast", 12);
        text_add_bytes(&text, BAD[i], strlen(BAD[i]) + 1);
        assert_int_equal(tftp_decode(bytes, text.length, &packet, NULL), STATUS_OK);
        assert_int_equal(packet.options.unknown, 1);
    }
}

static void multicast_is_written_as_it_is_read(void **state)
{
    (void)state;
    struct tftp_options options = {0};
    uint8_t out[64];
    size_t written = 0;
    tftp_options_put(&options, TFTP_OPTION_MULTICAST, 0);
    options.multicast = (struct tftp_multicast){.group = {0xefff4501}, .port = 1758, .is_master = true};
    assert_int_equal(tftp_encode_oack(&options, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 32);
    assert_memory_equal(out, "\0\6multicast\000239.255.69.1,1758,1\0", 32);
    options.multicast = (struct tftp_multicast){.is_master = true};
    assert_int_equal(tftp_encode_oack(&options, out, sizeof out, &written), STATUS_OK);
    assert_memory_equal(out, "\0\6multicast\0,,1\0", 16);
    struct tftp_packet packet = {
        .operation = TFTP_READ_REQUEST, .name = "n", .mode = TFTP_MODE_OCTET, .options = options};
    assert_int_equal(tftp_encode_request(&packet, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 21);
    assert_memory_equal(out, "\0\1n\0octet\0multicast\0\0", 21);
}

static void the_fifth_byte_of_an_ack_is_the_next_window(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("\0\4\0\7", &packet), STATUS_OK);
    assert_int_equal(packet.ack_window, 0);
    assert_int_equal(DECODE("\0\4\0\7\x10", &packet), STATUS_OK);
    assert_int_equal(packet.block, 7);
    assert_int_equal(packet.ack_window, 16);
    uint8_t out[TFTP_ACK_WINDOW_BYTES];
    tftp_encode_ack_window(7, 16, out);
    assert_memory_equal(out, "\0\4\0\7\x10", sizeof out);
}

static void the_first_of_two_equal_options_counts(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("\0\1n\0octet\0blksize\0001024\0BlkSize\000512\0", &packet), STATUS_OK);
    assert_int_equal(packet.options.value[TFTP_OPTION_BLKSIZE], 1024);
    assert_int_equal(packet.options.unknown, 1);
}

static void a_flood_of_options_is_not_followed(void **state)
{
    (void)state;
    uint8_t bytes[2000] = {0, 1, 'n', 0, 'm', 0}; // then hundreds of empty names and values
    struct tftp_packet packet;
    assert_int_equal(tftp_decode(bytes, sizeof bytes, &packet, NULL), STATUS_OK);
    assert_int_equal(packet.options.unknown, TFTP_UNKNOWN_OPTIONS_MOST);
}

static void modes_are_case_blind_and_others_are_told_apart(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("\0\1n\0OCTET\0", &packet), STATUS_OK);
    assert_int_equal(packet.mode, TFTP_MODE_OCTET);
    assert_int_equal(DECODE("\0\2n\0NetAscii\0", &packet), STATUS_OK);
    assert_int_equal(packet.mode, TFTP_MODE_NETASCII);
    assert_int_equal(packet.operation, TFTP_WRITE_REQUEST);
    assert_int_equal(DECODE("\0\1n\0mail\0", &packet), STATUS_OK);
    assert_int_equal(packet.mode, TFTP_MODE_MAIL);
    assert_int_equal(DECODE("\0\1n\0binary\0", &packet), STATUS_OK);
    assert_int_equal(packet.mode, TFTP_MODE_OTHER);
    assert_int_equal(DECODE("\0\1n\0other\0", &packet), STATUS_OK);
    assert_int_equal(packet.mode, TFTP_MODE_OTHER);
}

static void a_name_of_512_bytes_is_taken_and_513_refused(void **state)
{
    (void)state;
    uint8_t bytes[600] = {0, 1};
    memset(bytes + 2, 'n', 512);
    memcpy(bytes + 2 + 512, "\0octet", 7);
    struct tftp_packet packet = {.block = 3};
    assert_int_equal(tftp_decode(bytes, 2 + 512 + 7, &packet, NULL), STATUS_OK);
    assert_int_equal(packet.name_length, TFTP_NAME_BYTES);
    memcpy(bytes + 2 + 512, "n\0octet", 8);
    struct problem problem = {0};
    packet.block = 3;
    assert_int_equal(tftp_decode(bytes, 2 + 513 + 7, &packet, &problem), STATUS_TOO_LONG);
    assert_int_equal(packet.block, 3);
    assert_true(problem_is_set(&problem));
}

static void every_truncation_decodes_or_is_refused(void **state)
{
    (void)state;
    static const char REQUEST[] = "\0\1winxp.0\0octet\0tsize\0000\0blksize\0001408";
    for (size_t count = 0; count <= sizeof REQUEST; count++) {
        uint8_t *exact = malloc(count + (count == 0));
        memcpy(exact, REQUEST, count);
        struct tftp_packet packet;
        enum status status = tftp_decode(exact, count, &packet, NULL);
        assert_int_equal(status, count < 16 ? STATUS_MALFORMED : STATUS_OK);
        free(exact);
    }
}

static void short_packets_of_every_operation_are_refused(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("", &packet), STATUS_MALFORMED);
    assert_int_equal(DECODE("\0", &packet), STATUS_MALFORMED);
    assert_int_equal(DECODE("\0\3\0", &packet), STATUS_MALFORMED);
    assert_int_equal(DECODE("\0\4\0", &packet), STATUS_MALFORMED);
    assert_int_equal(DECODE("\0\5\0", &packet), STATUS_MALFORMED);
    assert_int_equal(DECODE("\0\0\0\0", &packet), STATUS_MALFORMED);
    assert_int_equal(DECODE("\0\7\0\0", &packet), STATUS_MALFORMED);
    assert_int_equal(DECODE("\1\1n\0octet\0", &packet), STATUS_MALFORMED);
}

static void the_last_block_may_be_empty(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("\0\3\xff\xff", &packet), STATUS_OK);
    assert_int_equal(packet.block, 65535);
    assert_int_equal(packet.data_bytes, 0);
    assert_non_null(packet.data);
}

static void an_error_may_lack_its_nul_or_its_text(void **state)
{
    (void)state;
    struct tftp_packet packet;
    assert_int_equal(DECODE("\0\5\0\10stop", &packet), STATUS_OK);
    assert_int_equal(packet.error, TFTP_ERROR_OPTION_NEGOTIATION);
    assert_int_equal(packet.error_text_length, 4);
    assert_int_equal(DECODE("\0\5\0\0", &packet), STATUS_OK);
    assert_int_equal(packet.error_text_length, 0);
    assert_int_equal(DECODE("\0\5\x12\x34text\0junk", &packet), STATUS_OK);
    assert_int_equal(packet.error, 0x1234);
    assert_int_equal(packet.error_text_length, 4);
    assert_string_equal(tftp_error_name(packet.error), "Unknown error");
}

static void an_oack_is_lower_case_in_the_order_put_and_ends_in_nul(void **state)
{
    (void)state;
    struct tftp_options options = {0};
    tftp_options_put(&options, TFTP_OPTION_TSIZE, 22454);
    tftp_options_put(&options, TFTP_OPTION_BLKSIZE, 65464);
    tftp_options_put(&options, TFTP_OPTION_BLKSIZE, 1408);
    uint8_t out[64];
    size_t written = 0;
    assert_int_equal(tftp_encode_oack(&options, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 27);
    assert_memory_equal(out, "\0\6tsize\00022454\0blksize\0001408\0", 27);
    assert_int_equal(tftp_encode_oack(&options, out, 26, &written), STATUS_TOO_LONG);
    assert_int_equal(written, 27);
}

static void not_found_has_nineteen_bytes(void **state)
{
    (void)state;
    uint8_t out[TFTP_REQUEST_BYTES];
    size_t written = 0;
    assert_int_equal(
        tftp_encode_error(TFTP_ERROR_FILE_NOT_FOUND, "File not found", out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 19);
    assert_memory_equal(out, "\0\5\0\1File not found\0", 19);
    char longer[300];
    memset(longer, 'e', sizeof longer);
    longer[299] = '\0';
    assert_int_equal(tftp_encode_error(TFTP_ERROR_NOT_DEFINED, longer, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 4 + TFTP_ERROR_TEXT_BYTES);
    assert_int_equal(out[written - 1], 0);
}

static void headers_count_blocks_in_network_order(void **state)
{
    (void)state;
    uint8_t out[TFTP_HEADER_BYTES];
    tftp_encode_data_header(0x1234, out);
    assert_memory_equal(out, "\0\3\x12\x34", 4);
    tftp_encode_ack(0, out);
    assert_memory_equal(out, "\0\4\0\0", 4);
}

static void the_longest_request_fits_its_buffer(void **state)
{
    (void)state;
    char name[TFTP_NAME_BYTES + 1];
    memset(name, 'n', sizeof name);
    name[TFTP_NAME_BYTES] = '\0';
    struct tftp_packet packet = {.operation = TFTP_READ_REQUEST, .name = name, .mode = TFTP_MODE_NETASCII};
    for (size_t i = 0; i < TFTP_OPTION_COUNT; i++) {
        tftp_options_put(&packet.options, (enum tftp_option)i, UINT64_MAX);
    }
    uint8_t out[TFTP_REQUEST_BYTES];
    size_t written = 0;
    assert_int_equal(tftp_encode_request(&packet, out, sizeof out, &written), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_keeps_the_order_of_its_options),
        cmocka_unit_test(values_are_kept_inside_their_range),
        cmocka_unit_test(options_of_others_are_counted_and_left_out),
        cmocka_unit_test(multicast_is_empty_in_a_request_and_three_parts_in_an_oack),
        cmocka_unit_test(multicast_is_written_as_it_is_read),
        cmocka_unit_test(the_fifth_byte_of_an_ack_is_the_next_window),
        cmocka_unit_test(the_first_of_two_equal_options_counts),
        cmocka_unit_test(a_flood_of_options_is_not_followed),
        cmocka_unit_test(modes_are_case_blind_and_others_are_told_apart),
        cmocka_unit_test(a_name_of_512_bytes_is_taken_and_513_refused),
        cmocka_unit_test(every_truncation_decodes_or_is_refused),
        cmocka_unit_test(short_packets_of_every_operation_are_refused),
        cmocka_unit_test(the_last_block_may_be_empty),
        cmocka_unit_test(an_error_may_lack_its_nul_or_its_text),
        cmocka_unit_test(an_oack_is_lower_case_in_the_order_put_and_ends_in_nul),
        cmocka_unit_test(not_found_has_nineteen_bytes),
        cmocka_unit_test(headers_count_blocks_in_network_order),
        cmocka_unit_test(the_longest_request_fits_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
