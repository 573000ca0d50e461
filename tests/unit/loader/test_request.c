// SPDX-License-Identifier: GPL-3.0-or-later
// The names under which loaders look for their configuration.
#include "loader/loader.h"

#include "unit/test.h"

static const uint8_t OCTETS[6] = {0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc};

static struct loader_request parse(const char *path, enum loader_dialect dialect)
{
    struct loader_request request;
    assert_true(loader_request_parse(path, &request));
    assert_int_equal(request.dialect, dialect);
    return request;
}

static void names_mac(const char *path, enum loader_dialect dialect)
{
    struct loader_request request = parse(path, dialect);
    struct hw expected = hw_ethernet(OCTETS);
    assert_true(hw_equal(&request.mac, &expected));
    assert_false(request.is_generic);
}

static void is_nothing(const char *path)
{
    struct loader_request request;
    assert_false(loader_request_parse(path, &request));
    assert_int_equal(request.mac.length, 0);
    assert_int_equal(ip_get_ip4(request.address).value, 0);
}

static void macs_are_read_in_every_dialect(void **state)
{
    (void)state;
    names_mac("pxelinux.cfg/01-52-54-00-aa-bb-cc", LOADER_DIALECT_PXELINUX);
    names_mac("/pxelinux.cfg/01-52-54-00-AA-BB-CC", LOADER_DIALECT_PXELINUX);
    names_mac("grub/grub.cfg-01-52-54-00-aa-bb-cc", LOADER_DIALECT_GRUB);
    names_mac("machine.ipxe/mac-52-54-00-aa-bb-cc", LOADER_DIALECT_IPXE);
}

static void what_was_chosen_in_a_menu_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum loader_dialect dialect;
    } PATHS[] = {
        {"pxelinux.cfg/choice/0123456789abcdef/web/01-52-54-00-aa-bb-cc", LOADER_DIALECT_PXELINUX},
        {"grub/choice/0123456789abcdef/web/grub.cfg-01-52-54-00-aa-bb-cc", LOADER_DIALECT_GRUB},
        {"choice/0123456789abcdef/web/grub.cfg-01-52-54-00-aa-bb-cc", LOADER_DIALECT_GRUB},
        {"machine.ipxe/choice/0123456789abcdef/web/mac-52-54-00-aa-bb-cc", LOADER_DIALECT_IPXE},
    };
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        names_mac(PATHS[i].path, PATHS[i].dialect);
        struct loader_request request = parse(PATHS[i].path, PATHS[i].dialect);
        assert_string_equal(request.choice, "web");
        assert_string_equal(request.token, "0123456789abcdef");
    }
    assert_string_equal(parse("pxelinux.cfg/default", LOADER_DIALECT_PXELINUX).choice, "");
    is_nothing("pxelinux.cfg/choice/0123456789abcdef/web");
    is_nothing("pxelinux.cfg/choice/0123456789abcde/web/default");
    is_nothing("pxelinux.cfg/choice/0123456789abcdef//default");
    is_nothing("pxelinux.cfg/choice/0123456789abcdef/an-item-with-a-name-of-33-letters/default");
    is_nothing("pxelinux.cfg/choice//web/default");
    is_nothing("grub/choice/grub.cfg");
}

static void wire_order_uuids_become_canonical(void **state)
{
    (void)state;
    char text[UUID_TEXT_BYTES];
    struct loader_request request =
        parse("pxelinux.cfg/44454c4c-5700-1058-804a-c3c04f463732", LOADER_DIALECT_PXELINUX);
    assert_string_equal(uuid_print(&request.uuid, text), "4c4c4544-0057-5810-804a-c3c04f463732");
    request = parse("grub/grub.cfg-44454c4c-5700-1058-804a-c3c04f463732", LOADER_DIALECT_GRUB);
    assert_string_equal(uuid_print(&request.uuid, text), "4c4c4544-0057-5810-804a-c3c04f463732");
}

static void whole_hex_addresses_are_read(void **state)
{
    (void)state;
    assert_int_equal(ip_get_ip4(parse("pxelinux.cfg/C000025B", LOADER_DIALECT_PXELINUX).address).value,
                     0xc000025b);
    assert_int_equal(ip_get_ip4(parse("grub/grub.cfg-C000025B", LOADER_DIALECT_GRUB).address).value,
                     0xc000025b);
}

static void shortened_addresses_and_other_probes_are_nothing(void **state)
{
    (void)state;
    is_nothing("pxelinux.cfg/C000025");
    is_nothing("pxelinux.cfg/C");
    is_nothing("pxelinux.cfg/C000025G");
    is_nothing("pxelinux.cfg/01-525400aabbcc");
    is_nothing("pxelinux.cfg/06-52-54-00-aa-bb-cc");
    is_nothing("pxelinux.cfg");
    is_nothing("pxelinux.cfg/");
    is_nothing("grub/grub.cfg-C000");
    is_nothing("grub/grub.cfg-");
    is_nothing("grub/grub.cfg2");
    is_nothing("grub/x86_64-efi/command.lst");
    is_nothing("machine.ipxe/mac-52-54");
    is_nothing("");
    is_nothing("/");
}

static void last_resorts_are_generic(void **state)
{
    (void)state;
    assert_true(parse("pxelinux.cfg/default", LOADER_DIALECT_PXELINUX).is_generic);
    assert_true(parse("grub/grub.cfg", LOADER_DIALECT_GRUB).is_generic);
    assert_true(parse("boot.ipxe", LOADER_DIALECT_IPXE).is_generic);
    assert_false(parse("machine.ipxe", LOADER_DIALECT_IPXE).is_generic);
}

static void grub_is_found_wherever_signed_grubs_look(void **state)
{
    (void)state;
    const char *const paths[] = {"grub.cfg",
                                 "boot/grub/grub.cfg",
                                 "debian-installer/amd64/grub/grub.cfg",
                                 "EFI/debian/grub.cfg",
                                 "EFI/BOOT/grub.cfg",
                                 "efi/fedora/GRUB.CFG"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        assert_true(parse(paths[i], LOADER_DIALECT_GRUB).is_generic);
    }
    names_mac("EFI/debian/grub.cfg-01-52-54-00-aa-bb-cc", LOADER_DIALECT_GRUB);
}

static void files_of_an_image_stay_what_they_are(void **state)
{
    (void)state;
    is_nothing("images/debian-12/debian-installer/amd64/grub/grub.cfg");
    is_nothing("images/debian-12/pxelinux.cfg/default");
    is_nothing("images/x/boot.ipxe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_read_in_every_dialect),
        cmocka_unit_test(what_was_chosen_in_a_menu_is_read),
        cmocka_unit_test(wire_order_uuids_become_canonical),
        cmocka_unit_test(whole_hex_addresses_are_read),
        cmocka_unit_test(shortened_addresses_and_other_probes_are_nothing),
        cmocka_unit_test(last_resorts_are_generic),
        cmocka_unit_test(grub_is_found_wherever_signed_grubs_look),
        cmocka_unit_test(files_of_an_image_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
