// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/pxe.h"

#include "unit/test.h"

// An option over the bytes of a string literal.
#define OPTION(text)                                                                                         \
    (&(const struct dhcp4_option){.length = sizeof(text) - 1, .data = (const uint8_t *)(text)})

static void architectures_come_as_a_list(void **state)
{
    (void)state;
    struct pxe_architectures list = {.count = 9};
    assert_int_equal(pxe_decode_architectures(OPTION("\0\7\0\x10"), &list), STATUS_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.codes[0], PXE_X64_UEFI);
    assert_int_equal(list.codes[1], PXE_X64_UEFI_HTTP);
    assert_int_equal(pxe_decode_architectures(OPTION(""), &list), STATUS_MALFORMED);
    assert_int_equal(pxe_decode_architectures(OPTION("\0\7\0"), &list), STATUS_MALFORMED);
    assert_int_equal(list.count, 2);
    assert_int_equal(pxe_decode_architectures(OPTION("\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10\0\11\0\12"), &list),
                     STATUS_OK);
    assert_int_equal(list.count, PXE_ARCHITECTURES_MOST);
}

static void every_architecture_of_the_registry_has_a_name(void **state)
{
    (void)state;
    for (uint16_t code = 0; code <= PXE_ARM_RPIBOOT; code++) {
        assert_non_null(pxe_architecture_name(code));
    }
    assert_string_equal(pxe_architecture_name(0x0b), "ARM64 UEFI");
    assert_string_equal(pxe_architecture_name(0x1b), "RISC-V 64 UEFI");
    assert_string_equal(pxe_architecture_name(0x27), "LoongArch64 UEFI");
    assert_null(pxe_architecture_name(PXE_ARM_RPIBOOT + 1));
    assert_null(pxe_architecture_name(0xffff));
}

static void http_architectures_are_told_from_tftp_ones(void **state)
{
    (void)state;
    static const uint16_t HTTP[] = {0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x17,
                                    0x18, 0x1a, 0x1c, 0x1e, 0x26, 0x28};
    size_t found = 0;
    for (uint16_t code = 0; code < 0x100; code++) {
        bool is_listed = found < COUNT_OF(HTTP) && HTTP[found] == code;
        assert_int_equal(pxe_architecture_is_http(code), is_listed);
        found += is_listed;
    }
    assert_int_equal(found, COUNT_OF(HTTP));
}

static void the_uuid_is_turned_from_wire_order(void **state)
{
    (void)state;
    struct uuid uuid;
    char printed[UUID_TEXT_BYTES];
    assert_int_equal(
        pxe_decode_uuid(OPTION("\0\x44\x45\x4c\x4c\x57\x00\x10\x58\x80\x4a\xc3\xc0\x4f\x46\x37\x32"), &uuid),
        STATUS_OK);
    assert_string_equal(uuid_print(&uuid, printed), "4c4c4544-0057-5810-804a-c3c04f463732");
    assert_int_equal(pxe_decode_uuid(OPTION("\1aaaaaaaaaaaaaaaa"), &uuid), STATUS_UNSUPPORTED);
    assert_int_equal(pxe_decode_uuid(OPTION("\0aaaaaaaaaaaaaaa"), &uuid), STATUS_MALFORMED);
    assert_int_equal(pxe_decode_uuid(OPTION(""), &uuid), STATUS_MALFORMED);
}

static void the_interface_has_three_bytes(void **state)
{
    (void)state;
    struct pxe_interface interface = {0};
    assert_int_equal(pxe_decode_interface(OPTION("\1\3\x10"), &interface), STATUS_OK);
    assert_int_equal(interface.major, 3);
    assert_int_equal(interface.minor, 16);
    assert_int_equal(pxe_decode_interface(OPTION("\1\3"), &interface), STATUS_MALFORMED);
    assert_int_equal(pxe_decode_interface(OPTION("\1\3\0\0"), &interface), STATUS_MALFORMED);
}

static void the_vendor_class_names_architecture_and_undi(void **state)
{
    (void)state;
    struct pxe_vendor_class class;
    pxe_decode_vendor_class(OPTION("PXEClient:Arch:00007:UNDI:003016"), &class);
    assert_int_equal(class.class, PXE_CLASS_PXE);
    assert_true(class.has_architecture);
    assert_int_equal(class.architecture, 7);
    assert_true(class.has_undi);
    assert_int_equal(class.undi_major, 3);
    assert_int_equal(class.undi_minor, 16);
    pxe_decode_vendor_class(OPTION("HTTPClient:Arch:00016:UNDI:003000"), &class);
    assert_int_equal(class.class, PXE_CLASS_HTTP);
    assert_int_equal(class.architecture, 16);
}

static void a_strange_vendor_class_says_no_more_than_it_says(void **state)
{
    (void)state;
    struct pxe_vendor_class class;
    pxe_decode_vendor_class(OPTION("PXEClient"), &class);
    assert_int_equal(class.class, PXE_CLASS_PXE);
    assert_false(class.has_architecture);
    assert_false(class.has_undi);
    pxe_decode_vendor_class(OPTION("PXEClient:Arch:99999:UNDI:00"), &class);
    assert_int_equal(class.class, PXE_CLASS_PXE);
    assert_false(class.has_architecture);
    assert_false(class.has_undi);
    pxe_decode_vendor_class(OPTION("PXEClient:Arch:00000"), &class);
    assert_true(class.has_architecture);
    assert_false(class.has_undi);
    pxe_decode_vendor_class(OPTION("MSFT 5.0"), &class);
    assert_int_equal(class.class, PXE_CLASS_OTHER);
    pxe_decode_vendor_class(OPTION("PXEClien"), &class);
    assert_int_equal(class.class, PXE_CLASS_OTHER);
    pxe_decode_vendor_class(OPTION(""), &class);
    assert_int_equal(class.class, PXE_CLASS_OTHER);
}

static void a_user_class_is_a_list_or_else_one_raw_string(void **state)
{
    (void)state;
    struct pxe_user_classes classes;
    assert_int_equal(pxe_decode_user_classes(OPTION("iPXE"), &classes), STATUS_OK);
    assert_true(classes.is_raw);
    assert_true(pxe_user_classes_has(&classes, "iPXE"));
    assert_false(pxe_user_classes_has(&classes, "iPX"));
    assert_false(pxe_user_classes_has(&classes, "iPXE2"));
    assert_int_equal(pxe_decode_user_classes(OPTION("\4iPXE\3lab"), &classes), STATUS_OK);
    assert_false(classes.is_raw);
    assert_int_equal(classes.count, 2);
    assert_true(pxe_user_classes_has(&classes, "iPXE"));
    assert_true(pxe_user_classes_has(&classes, "lab"));
    assert_int_equal(pxe_decode_user_classes(OPTION("\4iPXE\3la"), &classes), STATUS_OK);
    assert_true(classes.is_raw);
    assert_int_equal(pxe_decode_user_classes(OPTION("\4iPXE\0"), &classes), STATUS_OK);
    assert_true(classes.is_raw);
    assert_int_equal(pxe_decode_user_classes(OPTION(""), &classes), STATUS_MALFORMED);
}

static void ipxe_says_what_it_can_do(void **state)
{
    (void)state;
    struct pxe_ipxe ipxe;
    assert_int_equal(
        pxe_decode_ipxe(OPTION("\xb1\5\1\x1a\xf4\x10\0\xeb\3\1\x15\1\x13\1\1\x15\1\1\x14\1\0\1\1\xff"),
                        &ipxe),
        STATUS_OK);
    assert_true(pxe_ipxe_has(&ipxe, PXE_IPXE_HTTP));
    assert_true(pxe_ipxe_has(&ipxe, PXE_IPXE_TFTP));
    assert_false(pxe_ipxe_has(&ipxe, PXE_IPXE_HTTPS)); // there, but 0
    assert_false(pxe_ipxe_has(&ipxe, PXE_IPXE_NFS));
    assert_true(ipxe.has_bus_id);
    assert_int_equal(ipxe.bus_type, 1);
    assert_int_equal(ipxe.bus_vendor, 0x1af4);
    assert_int_equal(ipxe.bus_device, 0x1000);
    assert_true(ipxe.has_priority);
    assert_int_equal(ipxe.priority, -1);
}

static void broken_ipxe_options_are_refused_or_skipped(void **state)
{
    (void)state;
    struct pxe_ipxe ipxe = {.bus_type = 9};
    assert_int_equal(pxe_decode_ipxe(OPTION("\x13\1\1\x15\5\1"), &ipxe), STATUS_MALFORMED);
    assert_int_equal(ipxe.bus_type, 9);
    assert_int_equal(pxe_decode_ipxe(OPTION("\xb1\2\1\x1a\x13\0\xff"), &ipxe), STATUS_OK);
    assert_false(ipxe.has_bus_id);
    assert_false(pxe_ipxe_has(&ipxe, PXE_IPXE_HTTP));
    assert_int_equal(pxe_decode_ipxe(OPTION(""), &ipxe), STATUS_OK);
    assert_int_equal(ipxe.features, 0);
}

static void the_reply_tells_ipxe_not_to_wait(void **state)
{
    (void)state;
    uint8_t out[PXE_IPXE_REPLY_BYTES];
    assert_memory_equal(pxe_encode_ipxe(out), "\xb0\1\1", 3);
}

static void the_smallest_option_43_says_use_the_file(void **state)
{
    (void)state;
    uint8_t out[255];
    size_t written = 0;
    struct pxe_vendor vendor = {.has_discovery_control = true, .discovery_control = PXE_DISCOVERY_USE_FILE};
    assert_int_equal(pxe_encode_vendor(&vendor, out, sizeof out, &written), STATUS_OK);
    assert_int_equal(written, 4);
    assert_memory_equal(out, "\6\1\10\xff", 4);
    assert_int_equal(pxe_encode_vendor(&vendor, out, 3, &written), STATUS_TOO_LONG);
}

static void a_menu_survives_the_way_out_and_back(void **state)
{
    (void)state;
    struct pxe_vendor vendor = {
        .has_discovery_control = true,
        .discovery_control = PXE_DISCOVERY_NO_BROADCAST | PXE_DISCOVERY_NO_MULTICAST,
        .has_prompt = true,
        .prompt_timeout_s = 5,
        .prompt = "Press F8",
        .prompt_length = 8,
        .menu_count = 2,
        .menu = {{.type = 0, .text = "Local disk", .length = 10},
                 {.type = 0x8001, .text = "Install", .length = 7, .address = {0x0a000001}}},
    };
    uint8_t out[255];
    size_t written = 0;
    assert_int_equal(pxe_encode_vendor(&vendor, out, sizeof out, &written), STATUS_OK);
    assert_memory_equal(
        out, "\6\1\3\10\7\x80\1\1\x0a\0\0\1\11\x17\0\0\12Local disk\x80\1\7Install\12\11\5Press F8\xff",
        written);
    struct pxe_vendor back;
    struct dhcp4_option option = {.code = 43, .length = (uint16_t)written, .data = out};
    assert_int_equal(pxe_decode_vendor(&option, &back), STATUS_OK);
    assert_int_equal(back.discovery_control, 3);
    assert_int_equal(back.menu_count, 2);
    assert_int_equal(back.menu[1].type, 0x8001);
    assert_memory_equal(back.menu[1].text, "Install", 7);
    assert_int_equal(back.menu[1].address.value, 0x0a000001);
    assert_int_equal(back.menu[0].address.value, 0);
    assert_int_equal(back.prompt_timeout_s, 5);
    assert_memory_equal(back.prompt, "Press F8", 8);
}

static void a_boot_item_is_echoed_with_its_layer(void **state)
{
    (void)state;
    struct pxe_vendor vendor;
    assert_int_equal(pxe_decode_vendor(OPTION("\x47\4\x80\0\x80\1"), &vendor), STATUS_OK);
    assert_true(vendor.has_boot_item);
    assert_int_equal(vendor.item_type, 0x8000);
    assert_int_equal(vendor.item_layer & PXE_LAYER_CREDENTIALS, PXE_LAYER_CREDENTIALS);
    uint8_t out[16];
    size_t written = 0;
    assert_int_equal(pxe_encode_vendor(&vendor, out, sizeof out, &written), STATUS_OK);
    assert_memory_equal(out, "\x47\4\x80\0\x80\1\xff", 7);
}

static void broken_option_43_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint16_t length;
    } BROKEN[] = {
        {"\6\2\1\2", 4},           // discovery control of two bytes
        {"\6\0", 2},               // and of none
        {"\6\5\1", 3},             // runs past the end
        {"\x47\3\0\0\0", 5},       // boot item of three bytes
        {"\x47\5\0\0\0\0\0", 7},   // and of five
        {"\12\0", 2},              // prompt without timeout
        {"\11\4\0\0\5a", 6},       // menu text past the end
        {"\11\2\0\0", 4},          // menu without length
        {"\10\7\0\0\2\1\2\3\4", 9} // two servers promised, one there
    };
    struct pxe_vendor vendor = {.menu_count = 7};
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
        struct dhcp4_option option = {.length = BROKEN[i].length, .data = (const uint8_t *)BROKEN[i].bytes};
        assert_int_equal(pxe_decode_vendor(&option, &vendor), STATUS_MALFORMED);
        assert_int_equal(vendor.menu_count, 7);
    }
}

static void a_long_menu_is_cut_when_read_and_refused_when_written(void **state)
{
    (void)state;
    struct pxe_vendor vendor = {0};
    assert_int_equal(
        pxe_decode_vendor(OPTION("\11\x24"
                                 "\0\1\1a\0\2\1b\0\3\1c\0\4\1d\0\5\1e\0\6\1f\0\7\1g\0\10\1h\0\11\1i"),
                          &vendor),
        STATUS_OK);
    assert_int_equal(vendor.menu_count, PXE_MENU_MOST);
    static const char LONG[200] = {0};
    for (size_t i = 0; i < PXE_MENU_MOST; i++) {
        vendor.menu[i] = (struct pxe_menu_entry){.type = 1, .length = sizeof LONG, .text = LONG};
    }
    uint8_t out[2048];
    size_t written = 0;
    assert_int_equal(pxe_encode_vendor(&vendor, out, sizeof out, &written), STATUS_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(architectures_come_as_a_list),
        cmocka_unit_test(every_architecture_of_the_registry_has_a_name),
        cmocka_unit_test(http_architectures_are_told_from_tftp_ones),
        cmocka_unit_test(the_uuid_is_turned_from_wire_order),
        cmocka_unit_test(the_interface_has_three_bytes),
        cmocka_unit_test(the_vendor_class_names_architecture_and_undi),
        cmocka_unit_test(a_strange_vendor_class_says_no_more_than_it_says),
        cmocka_unit_test(a_user_class_is_a_list_or_else_one_raw_string),
        cmocka_unit_test(ipxe_says_what_it_can_do),
        cmocka_unit_test(broken_ipxe_options_are_refused_or_skipped),
        cmocka_unit_test(the_reply_tells_ipxe_not_to_wait),
        cmocka_unit_test(the_smallest_option_43_says_use_the_file),
        cmocka_unit_test(a_menu_survives_the_way_out_and_back),
        cmocka_unit_test(a_boot_item_is_echoed_with_its_layer),
        cmocka_unit_test(broken_option_43_is_refused),
        cmocka_unit_test(a_long_menu_is_cut_when_read_and_refused_when_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
