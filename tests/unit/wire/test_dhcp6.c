// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/dhcp6.h"

#include "unit/test.h"

// A SOLICIT as OVMF sends it: DUID-UUID, IA_NA, option request, architecture 7, vendor class PXEClient.
static const uint8_t SOLICIT[] = {
    0x01, 0xaa, 0xbb, 0xcc,                                                       // SOLICIT
    0x00, 0x01, 0x00, 0x12, 0x00, 0x04,                                           // client id, DUID-UUID
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,                               //
    0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,                               //
    0x00, 0x03, 0x00, 0x0c, 0x01, 0x02, 0x03, 0x04, 0,    0,    0, 0, 0, 0, 0, 0, // IA_NA
    0x00, 0x06, 0x00, 0x04, 0x00, 0x3b, 0x00, 0x3c,                               // wants 59 and 60
    0x00, 0x08, 0x00, 0x02, 0x00, 0x00,                                           // elapsed
    0x00, 0x3d, 0x00, 0x02, 0x00, 0x07,                                           // architecture
    0x00, 0x10, 0x00, 0x0f, 0x00, 0x00, 0x01, 0x57, 0x00, 0x09,                   // vendor class, 343
    'P',  'X',  'E',  'C',  'l',  'i',  'e',  'n',  't'};

static const uint8_t PEER[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x50, 0x54, 0, 0xff, 0xfe, 0x12, 0x34, 0x56};

static struct ip6 address_of(const char *text)
{
    struct ip6 address;
    assert_int_equal(ip6_parse(text, &address), STATUS_OK);
    return address;
}

// `inner` as a relay forwards it, with interface id "eth7" when `has_id`.
static size_t relay(uint8_t hops, const char *link, bool has_id, const void *inner, size_t inner_bytes,
                    uint8_t *out, size_t out_bytes)
{
    struct writer writer = writer_init(out, out_bytes);
    struct ip6 address = address_of(link);
    write_u8(&writer, DHCP6_RELAY_FORWARD);
    write_u8(&writer, hops);
    write_bytes(&writer, address.octets, 16);
    write_bytes(&writer, PEER, 16);
    dhcp6_put(&writer, DHCP6_OPTION_RELAY_MESSAGE, inner, inner_bytes);
    if (has_id) {
        dhcp6_put(&writer, DHCP6_OPTION_INTERFACE_ID, "eth7", 4);
    }
    assert_false(writer.failed);
    return writer_length(&writer);
}

static void what_firmware_asks_is_read(void **state)
{
    (void)state;
    struct dhcp6_message message;
    struct dhcp6_option option;
    struct dhcp6_ia ia;
    struct uuid uuid;
    uint32_t enterprise = 0;
    assert_int_equal(dhcp6_decode(SOLICIT, sizeof SOLICIT, &message, NULL), STATUS_OK);
    assert_int_equal(message.kind, DHCP6_SOLICIT);
    assert_int_equal(message.xid, 0xaabbcc);
    assert_int_equal(message.relay_count, 0);
    assert_true(dhcp6_wants(&message, DHCP6_OPTION_BOOT_URL));
    assert_false(dhcp6_wants(&message, DHCP6_OPTION_DNS));
    assert_true(dhcp6_find(&message.options, DHCP6_OPTION_IA_NA, &option));
    assert_int_equal(dhcp6_decode_ia(&option, &ia), STATUS_OK);
    assert_int_equal(ia.id, 0x01020304);
    assert_true(dhcp6_find(&message.options, DHCP6_OPTION_CLIENT_ID, &option));
    assert_true(dhcp6_duid_find_uuid(&option, &uuid));
    assert_int_equal(uuid.bytes[0], 0x10);
    assert_true(dhcp6_find_vendor_class(&message, "PXEClient", &enterprise));
    assert_int_equal(enterprise, 343);
    assert_false(dhcp6_find_vendor_class(&message, "HTTPClient", &enterprise));
}

static void a_message_cut_anywhere_is_malformed_or_shorter_by_whole_options(void **state)
{
    (void)state;
    static const size_t WHOLE[] = {4, 26, 42, 50, 56, 62, sizeof SOLICIT};
    for (size_t count = 0; count <= sizeof SOLICIT; count++) {
        struct dhcp6_message message;
        struct problem problem = {0};
        bool is_whole = false;
        for (size_t i = 0; i < COUNT_OF(WHOLE); i++) {
            is_whole = is_whole || WHOLE[i] == count;
        }
        enum status status = dhcp6_decode(SOLICIT, count, &message, &problem);
        assert_int_equal(status, is_whole ? STATUS_OK : STATUS_MALFORMED);
        assert_int_equal(problem_is_set(&problem), !is_whole);
    }
}

static void kinds_that_nobody_sends_a_server_are_unsupported(void **state)
{
    (void)state;
    static const uint8_t KINDS[] = {0, 14, 36, 255};
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        struct dhcp6_message message;
        const uint8_t bytes[] = {KINDS[i], 1, 2, 3};
        assert_int_equal(dhcp6_decode(bytes, sizeof bytes, &message, NULL), STATUS_UNSUPPORTED);
    }
}

static void a_reply_goes_back_through_every_relay_with_its_interface_id(void **state)
{
    (void)state;
    static const uint8_t REPLY[] = {7, 0xaa, 0xbb, 0xcc};
    uint8_t one[256];
    uint8_t two[512];
    uint8_t out[512];
    struct dhcp6_message request;
    struct dhcp6_message reply;
    struct dhcp6_option id;
    size_t written = 0;
    size_t bytes = relay(0, "2001:db8:7::1", true, SOLICIT, sizeof SOLICIT, one, sizeof one);
    bytes = relay(1, "::", false, one, bytes, two, sizeof two);
    assert_int_equal(dhcp6_decode(two, bytes, &request, NULL), STATUS_OK);
    assert_int_equal(request.relay_count, 2);
    assert_int_equal(request.relays[0].hops, 1);
    assert_true(ip6_equal(request.relays[1].link, address_of("2001:db8:7::1")));
    assert_int_equal(dhcp6_encode_relayed(&request, REPLY, sizeof REPLY, out, sizeof out, &written),
                     STATUS_OK);
    assert_int_equal(out[0], DHCP6_RELAY_REPLY);
    assert_int_equal(dhcp6_decode(out, written, &reply, NULL), STATUS_OK);
    assert_int_equal(reply.kind, DHCP6_REPLY);
    assert_int_equal(reply.relay_count, 2);
    assert_int_equal(reply.relays[1].hops, 0);
    assert_false(dhcp6_find(&reply.relays[0].options, DHCP6_OPTION_INTERFACE_ID, &id));
    assert_true(dhcp6_find(&reply.relays[1].options, DHCP6_OPTION_INTERFACE_ID, &id));
    assert_memory_equal(id.data, "eth7", 4);
    assert_int_equal(dhcp6_encode_relayed(&request, REPLY, sizeof REPLY, out, written - 1, &written),
                     STATUS_TOO_LONG);
}

static void ten_relays_are_one_too_many(void **state)
{
    (void)state;
    uint8_t buffers[2][1024];
    struct dhcp6_message message;
    size_t bytes = sizeof SOLICIT;
    memcpy(buffers[0], SOLICIT, sizeof SOLICIT);
    for (unsigned hops = 0; hops <= DHCP6_RELAYS_MOST; hops++) {
        assert_int_equal(dhcp6_decode(buffers[hops % 2], bytes, &message, NULL), STATUS_OK);
        bytes = relay((uint8_t)hops, "::", false, buffers[hops % 2], bytes, buffers[(hops + 1) % 2], 1024);
    }
    assert_int_equal(dhcp6_decode(buffers[(DHCP6_RELAYS_MOST + 1) % 2], bytes, &message, NULL),
                     STATUS_TOO_LONG);
}

static void a_relay_without_a_message_is_malformed(void **state)
{
    (void)state;
    const uint8_t bytes[34] = {DHCP6_RELAY_FORWARD};
    struct dhcp6_message message;
    assert_int_equal(dhcp6_decode(bytes, sizeof bytes, &message, NULL), STATUS_MALFORMED);
}

static void check_hw(const struct dhcp6_message *message, const char *source, const char *expected)
{
    struct hw hw;
    char out[HW_TEXT_BYTES];
    assert_true(dhcp6_find_hw(message, address_of(source), &hw));
    assert_string_equal(hw_print(&hw, out), expected);
}

static void a_machine_is_known_by_where_it_sends_from_or_else_by_its_duid(void **state)
{
    (void)state;
    static const uint8_t LLT[] = {0, 1, 0, 1, 9, 9, 9, 9, 0x52, 0x54, 0, 0xaa, 0xbb, 0xcc};
    uint8_t bytes[64];
    struct writer writer = writer_init(bytes, sizeof bytes);
    struct dhcp6_message message;
    struct hw hw;
    assert_int_equal(dhcp6_decode(SOLICIT, sizeof SOLICIT, &message, NULL), STATUS_OK);
    check_hw(&message, "fe80::5054:ff:fe12:3456", "52:54:00:12:34:56");
    assert_false(dhcp6_find_hw(&message, address_of("fe80::1"), &hw));
    assert_false(dhcp6_find_hw(&message, address_of("2001:db8::5054:ff:fe12:3456"), &hw));
    dhcp6_put_header(&writer, DHCP6_REQUEST, 1);
    dhcp6_put(&writer, DHCP6_OPTION_CLIENT_ID, LLT, sizeof LLT);
    assert_int_equal(dhcp6_decode(bytes, writer_length(&writer), &message, NULL), STATUS_OK);
    check_hw(&message, "fe80::5054:ff:fe12:3456", "52:54:00:12:34:56");
    check_hw(&message, "fe80::1", "52:54:00:aa:bb:cc");
}

static void what_the_relay_saw_counts_more_than_what_the_client_says(void **state)
{
    (void)state;
    static const uint8_t SEEN[] = {0, 1, 0x52, 0x54, 0, 1, 2, 3};
    uint8_t bytes[256];
    struct writer writer = writer_init(bytes, sizeof bytes);
    struct dhcp6_message message;
    size_t length = relay(0, "::", false, SOLICIT, sizeof SOLICIT, bytes, sizeof bytes);
    assert_int_equal(dhcp6_decode(bytes, length, &message, NULL), STATUS_OK);
    check_hw(&message, "fe80::1", "52:54:00:12:34:56"); // the peer, not who sent the datagram
    write_bytes(&writer, bytes, 0);
    writer.at += length;
    dhcp6_put(&writer, DHCP6_OPTION_LINK_LAYER, SEEN, sizeof SEEN);
    assert_int_equal(dhcp6_decode(bytes, writer_length(&writer), &message, NULL), STATUS_OK);
    check_hw(&message, "fe80::1", "52:54:00:01:02:03");
}

static void an_address_preferred_longer_than_valid_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct dhcp6_option option;
    struct dhcp6_ia_address address;
    for (uint32_t preferred = 299; preferred <= 301; preferred++) {
        struct writer writer = writer_init(bytes, sizeof bytes);
        dhcp6_put_ia_address(&writer, address_of("2001:db8::5"), preferred, 300);
        struct reader reader = reader_init(bytes, writer_length(&writer));
        assert_true(dhcp6_option_next(&reader, &option));
        assert_int_equal(dhcp6_decode_ia_address(&option, &address),
                         preferred > 300 ? STATUS_MALFORMED : STATUS_OK);
    }
    assert_true(ip6_equal(address.address, address_of("2001:db8::5")));
}

static void a_domain_is_written_in_labels(void **state)
{
    (void)state;
    static const uint8_t EXPECTED[] = {0, 24, 0, 12, 3, 'l', 'a', 'b', 6, 't', 'e', 's', 't', 'e', 'd', 0};
    static const char *const BAD[] = {
        "", ".", "a..b", ".a", "a..", "a23456789012345678901234567890123456789012345678901234567890abcd"};
    uint8_t bytes[64];
    for (unsigned dot = 0; dot < 2; dot++) {
        struct writer writer = writer_init(bytes, sizeof bytes);
        assert_int_equal(dhcp6_put_domain(&writer, dot == 0 ? "lab.tested" : "lab.tested."), STATUS_OK);
        assert_int_equal(writer_length(&writer), sizeof EXPECTED);
        assert_memory_equal(bytes, EXPECTED, sizeof EXPECTED);
    }
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct writer writer = writer_init(bytes, sizeof bytes);
        assert_int_equal(dhcp6_put_domain(&writer, BAD[i]), STATUS_MALFORMED);
        assert_int_equal(writer_length(&writer), 0);
    }
}

static void a_reply_prints_as_what_it_says(void **state)
{
    (void)state;
    uint8_t bytes[256];
    char out[1024];
    struct text text;
    struct dhcp6_message message;
    struct ip6 dns = address_of("2001:db8::53");
    struct writer writer = writer_init(bytes, sizeof bytes);
    dhcp6_put_header(&writer, DHCP6_REPLY, 0x010203);
    size_t ia = dhcp6_open_ia(&writer, 7, 100, 160);
    dhcp6_put_ia_address(&writer, address_of("2001:db8::1:5"), 200, 300);
    dhcp6_put_status(&writer, DHCP6_STATUS_NO_BINDING, "who?");
    dhcp6_close_option(&writer, ia);
    dhcp6_put(&writer, DHCP6_OPTION_DNS, dns.octets, 16);
    dhcp6_put(&writer, DHCP6_OPTION_BOOT_URL, "tftp://[2001:db8::1]/a\n", 23);
    dhcp6_put_vendor_class(&writer, 343, "HTTPClient");
    assert_false(writer.failed);
    assert_int_equal(dhcp6_decode(bytes, writer_length(&writer), &message, NULL), STATUS_OK);
    text_init(&text, out, sizeof out);
    dhcp6_print(&message, &text);
    assert_string_equal(out, "REPLY xid 010203\n"
                             "  3 ia-na 00000007 renew 100 rebind 160\n"
                             "    5 address 2001:db8::1:5 preferred 200 valid 300\n"
                             "    13 status 3 \"who?\"\n"
                             "  23 dns 2001:db8::53\n"
                             "  59 boot-url \"tftp://[2001:db8::1]/a\\x0a\"\n"
                             "  16 vendor-class hex 00000157000a48545450436c69656e74\n");
}

static void an_option_too_long_for_its_length_fails_the_writer(void **state)
{
    (void)state;
    static uint8_t bytes[70000];
    struct writer writer = writer_init(bytes, sizeof bytes);
    size_t mark = dhcp6_open_option(&writer, DHCP6_OPTION_BOOT_URL);
    write_zeros(&writer, 65535);
    dhcp6_close_option(&writer, mark);
    assert_false(writer.failed);
    write_zeros(&writer, 1);
    dhcp6_close_option(&writer, mark);
    assert_true(writer.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_firmware_asks_is_read),
        cmocka_unit_test(a_message_cut_anywhere_is_malformed_or_shorter_by_whole_options),
        cmocka_unit_test(kinds_that_nobody_sends_a_server_are_unsupported),
        cmocka_unit_test(a_reply_goes_back_through_every_relay_with_its_interface_id),
        cmocka_unit_test(ten_relays_are_one_too_many),
        cmocka_unit_test(a_relay_without_a_message_is_malformed),
        cmocka_unit_test(a_machine_is_known_by_where_it_sends_from_or_else_by_its_duid),
        cmocka_unit_test(what_the_relay_saw_counts_more_than_what_the_client_says),
        cmocka_unit_test(an_address_preferred_longer_than_valid_is_refused),
        cmocka_unit_test(a_domain_is_written_in_labels),
        cmocka_unit_test(a_reply_prints_as_what_it_says),
        cmocka_unit_test(an_option_too_long_for_its_length_fails_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
