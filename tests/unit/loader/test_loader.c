// SPDX-License-Identifier: GPL-3.0-or-later
// Which loader for whom, and under which name.
#include "loader/loader.h"

#include "unit/test.h"

#define ALL UINT32_MAX

static struct reasons reasons;

static struct boot_client firmware(uint16_t architecture)
{
    reasons = (struct reasons){.count = 0};
    return (struct boot_client){.stage = BOOT_STAGE_FIRMWARE,
                                .architecture = architecture,
                                .platform = architecture == 0 ? BOOT_PLATFORM_BIOS : BOOT_PLATFORM_UEFI};
}

static enum loader_id pick(const struct boot_client *client, enum machine_loader wish)
{
    const struct loader *loader = loader_pick(client, wish, ALL, &reasons, NULL);
    return loader == NULL ? LOADER_NONE : loader->id;
}

static void architecture_gets(uint16_t architecture, enum loader_id expected, enum reason_id reason)
{
    struct boot_client client = firmware(architecture);
    client.wants_http = reason == REASON_LOADER_FOR_UEFI_HTTP;
    assert_int_equal(pick(&client, MACHINE_LOADER_AUTO), expected);
    assert_true(reasons_has(&reasons, reason));
}

static void every_known_architecture_gets_its_loader(void **state)
{
    (void)state;
    architecture_gets(0, LOADER_PXELINUX, REASON_LOADER_FOR_BIOS);
    architecture_gets(6, LOADER_GRUB_IA32, REASON_LOADER_FOR_UEFI_IA32);
    architecture_gets(7, LOADER_SHIM_X64, REASON_LOADER_FOR_UEFI_X64);
    architecture_gets(9, LOADER_SHIM_X64, REASON_LOADER_FOR_UEFI_X64);
    architecture_gets(11, LOADER_GRUB_ARM64, REASON_LOADER_FOR_UEFI_ARM64);
    architecture_gets(16, LOADER_SNPONLY_X64, REASON_LOADER_FOR_UEFI_HTTP);
    architecture_gets(19, LOADER_GRUB_ARM64, REASON_LOADER_FOR_UEFI_HTTP);
}

static void any_other_architecture_gets_nothing(void **state)
{
    (void)state;
    for (unsigned architecture = 0; architecture <= UINT16_MAX; architecture++) {
        struct boot_client client = firmware((uint16_t)architecture);
        bool is_known = pick(&client, MACHINE_LOADER_AUTO) != LOADER_NONE;
        assert_true(is_known != reasons_has(&reasons, REASON_ARCHITECTURE_UNKNOWN));
        bool expected = architecture == 0 || architecture == 6 || architecture == 7 || architecture == 9 ||
                        architecture == 11 || architecture == 16 || architecture == 19;
        assert_true(is_known == expected);
    }
}

static void ipxe_gets_a_script_on_any_architecture(void **state)
{
    (void)state;
    struct boot_client client = firmware(0x1b);
    client.stage = BOOT_STAGE_IPXE;
    assert_int_equal(pick(&client, MACHINE_LOADER_AUTO), LOADER_IPXE_SCRIPT);
    assert_true(reasons_has(&reasons, REASON_LOADER_FOR_IPXE));
}

static void a_script_is_there_without_any_file(void **state)
{
    (void)state;
    struct boot_client client = firmware(0);
    client.stage = BOOT_STAGE_IPXE;
    assert_non_null(loader_pick(&client, MACHINE_LOADER_AUTO, 0, &reasons, NULL));
}

static void operating_systems_and_loaders_get_none(void **state)
{
    (void)state;
    struct boot_client client = firmware(0);
    client.stage = BOOT_STAGE_SYSTEM;
    assert_int_equal(pick(&client, MACHINE_LOADER_AUTO), LOADER_NONE);
    client.stage = BOOT_STAGE_LOADER;
    assert_int_equal(pick(&client, MACHINE_LOADER_IPXE), LOADER_NONE);
    assert_int_equal(reasons.count, 0);
}

static void a_missing_file_is_told_and_nothing_else_is_given(void **state)
{
    (void)state;
    const struct loader *missing = NULL;
    struct boot_client client = firmware(11);
    uint32_t available = ALL & ~(1u << LOADER_GRUB_ARM64);
    assert_null(loader_pick(&client, MACHINE_LOADER_AUTO, available, &reasons, &missing));
    assert_true(reasons_has(&reasons, REASON_LOADER_MISSING));
    assert_ptr_equal(missing, loader_get(LOADER_GRUB_ARM64));
}

static void the_machines_own_setting_wins(void **state)
{
    (void)state;
    struct boot_client bios = firmware(0);
    struct boot_client uefi = firmware(7);
    assert_int_equal(pick(&bios, MACHINE_LOADER_IPXE), LOADER_UNDIONLY);
    assert_int_equal(pick(&uefi, MACHINE_LOADER_IPXE), LOADER_SNPONLY_X64);
    assert_true(reasons_has(&reasons, REASON_LOADER_BY_MACHINE));
    bios.stage = BOOT_STAGE_IPXE;
    uefi.stage = BOOT_STAGE_IPXE;
    assert_int_equal(pick(&bios, MACHINE_LOADER_PXELINUX), LOADER_PXELINUX);
    assert_int_equal(pick(&uefi, MACHINE_LOADER_GRUB), LOADER_SHIM_X64);
    struct boot_client http = firmware(16);
    assert_int_equal(pick(&http, MACHINE_LOADER_GRUB), LOADER_SHIM_X64);
    assert_int_equal(pick(&http, MACHINE_LOADER_IPXE), LOADER_SNPONLY_X64);
}

static void chained_ipxe_is_not_chained_again(void **state)
{
    (void)state;
    struct boot_client client = firmware(0);
    client.stage = BOOT_STAGE_IPXE;
    assert_int_equal(pick(&client, MACHINE_LOADER_IPXE), LOADER_IPXE_SCRIPT);
}

static void a_setting_that_the_firmware_cannot_run_is_not_obeyed(void **state)
{
    (void)state;
    struct boot_client uefi = firmware(7);
    assert_int_equal(pick(&uefi, MACHINE_LOADER_PXELINUX), LOADER_SHIM_X64);
    assert_false(reasons_has(&reasons, REASON_LOADER_BY_MACHINE));
    struct boot_client bios = firmware(0);
    assert_int_equal(pick(&bios, MACHINE_LOADER_GRUB), LOADER_PXELINUX);
    struct boot_client strange = firmware(0x1b);
    assert_int_equal(pick(&strange, MACHINE_LOADER_IPXE), LOADER_NONE);
}

static void file_at(enum loader_id id, const struct boot_client *client, const struct loader_place *place,
                    const char *expected)
{
    char out[64];
    struct text text;
    text_init(&text, out, sizeof out);
    assert_int_equal(loader_print_file(loader_get(id), client, place, &text), STATUS_OK);
    assert_string_equal(out, expected);
}

static void file_is(enum loader_id id, const struct boot_client *client, uint16_t port, const char *expected)
{
    const struct loader_place place = {.server = ip_from_ip4((struct ip4){0xc0000201}), .http_port = port};
    file_at(id, client, &place, expected);
}

static void tftp_clients_get_a_plain_name(void **state)
{
    (void)state;
    struct boot_client client = firmware(0);
    file_is(LOADER_PXELINUX, &client, 80, "pxelinux.0");
    client.stage = BOOT_STAGE_IPXE;
    file_is(LOADER_IPXE_SCRIPT, &client, 80, "boot.ipxe");
    client.has_http = true;
    file_is(LOADER_PXELINUX, &client, 80, "pxelinux.0");
}

static void http_clients_get_a_url(void **state)
{
    (void)state;
    struct boot_client client = firmware(16);
    client.wants_http = true;
    file_is(LOADER_SNPONLY_X64, &client, 80, "http://192.0.2.1/snponly.efi");
    file_is(LOADER_SNPONLY_X64, &client, 8080, "http://192.0.2.1:8080/snponly.efi");
    client = firmware(0);
    client.stage = BOOT_STAGE_IPXE;
    client.has_http = true;
    file_is(LOADER_IPXE_SCRIPT, &client, 80, "http://192.0.2.1/boot.ipxe");
}

static void by_ipv6_every_name_is_a_url(void **state)
{
    (void)state;
    struct loader_place place = {.http_port = 80};
    assert_int_equal(ip_parse("2001:db8::1", &place.server), STATUS_OK);
    struct boot_client client = firmware(7);
    client.is_ip6 = true;
    file_at(LOADER_SNPONLY_X64, &client, &place, "tftp://[2001:db8::1]/snponly.efi");
    client.wants_http = true;
    file_at(LOADER_SNPONLY_X64, &client, &place, "http://[2001:db8::1]/snponly.efi");
    place.http_port = 8080;
    file_at(LOADER_SNPONLY_X64, &client, &place, "http://[2001:db8::1]:8080/snponly.efi");
    client = firmware(7);
    client.stage = BOOT_STAGE_IPXE;
    client.has_http = true;
    file_at(LOADER_IPXE_SCRIPT, &client, &place, "http://[2001:db8::1]:8080/boot.ipxe");
    client.has_http = false;
    file_at(LOADER_IPXE_SCRIPT, &client, &place, "tftp://[2001:db8::1]/boot.ipxe");
}

static void firmware_comes_by_https_where_that_is_wanted_and_nobody_else(void **state)
{
    (void)state;
    struct loader_place place = {
        .server = ip_from_ip4((struct ip4){0xc0000201}), .http_port = 80, .https_port = 443};
    struct boot_client client = firmware(16);
    client.wants_http = true;
    file_at(LOADER_SNPONLY_X64, &client, &place, "https://192.0.2.1/snponly.efi");
    place.https_port = 8443;
    file_at(LOADER_SNPONLY_X64, &client, &place, "https://192.0.2.1:8443/snponly.efi");
    client = firmware(0);
    file_at(LOADER_PXELINUX, &client, &place, "pxelinux.0");
    client.stage = BOOT_STAGE_IPXE;
    client.has_http = true;
    file_at(LOADER_IPXE_SCRIPT, &client, &place, "http://192.0.2.1/boot.ipxe");
}

static void by_ipv6_x64_gets_ipxe_since_debians_grub_knows_ipv4_only(void **state)
{
    (void)state;
    struct boot_client client = firmware(7);
    assert_int_equal(pick(&client, MACHINE_LOADER_AUTO), LOADER_SHIM_X64);
    client.is_ip6 = true;
    assert_int_equal(pick(&client, MACHINE_LOADER_AUTO), LOADER_SNPONLY_X64);
    assert_int_equal(pick(&client, MACHINE_LOADER_GRUB), LOADER_SHIM_X64);
}

static void a_name_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    char out[8];
    struct text text;
    struct boot_client client = firmware(0);
    text_init(&text, out, sizeof out);
    const struct loader_place place = {.server = ip_from_ip4((struct ip4){1}), .http_port = 80};
    assert_int_equal(loader_print_file(loader_get(LOADER_PXELINUX), &client, &place, &text), STATUS_TOO_LONG);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (unsigned id = LOADER_NONE + 1; id < LOADER_COUNT; id++) {
        const struct loader *loader = loader_get((enum loader_id)id);
        assert_int_equal(loader->id, id);
        assert_non_null(loader->name);
        assert_true(loader->reason != REASON_NONE);
        if (loader->files[0].name != NULL) {
            assert_string_equal(loader->files[0].name, loader->file);
        }
        assert_null(loader->files[LOADER_FILES_MOST - 1].name);
        for (const struct loader_file *file = loader->files; file->name != NULL; file++) {
            assert_true((file->path == NULL) == (file->package == NULL));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_architecture_gets_its_loader),
        cmocka_unit_test(any_other_architecture_gets_nothing),
        cmocka_unit_test(ipxe_gets_a_script_on_any_architecture),
        cmocka_unit_test(a_script_is_there_without_any_file),
        cmocka_unit_test(operating_systems_and_loaders_get_none),
        cmocka_unit_test(a_missing_file_is_told_and_nothing_else_is_given),
        cmocka_unit_test(the_machines_own_setting_wins),
        cmocka_unit_test(chained_ipxe_is_not_chained_again),
        cmocka_unit_test(a_setting_that_the_firmware_cannot_run_is_not_obeyed),
        cmocka_unit_test(tftp_clients_get_a_plain_name),
        cmocka_unit_test(http_clients_get_a_url),
        cmocka_unit_test(by_ipv6_every_name_is_a_url),
        cmocka_unit_test(firmware_comes_by_https_where_that_is_wanted_and_nobody_else),
        cmocka_unit_test(by_ipv6_x64_gets_ipxe_since_debians_grub_knows_ipv4_only),
        cmocka_unit_test(a_name_that_does_not_fit_is_refused),
        cmocka_unit_test(every_row_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
