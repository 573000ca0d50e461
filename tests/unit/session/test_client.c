// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/client.h"

#include "unit/session/dhcp4_world.h"
#include "unit/test.h"
#include "wire/pxe.h"

static struct world world;

static void sends_discover(void)
{
    world_send(&world);
}

static void start(void)
{
    world_init(&world);
    world_request(&world, DHCP4_DISCOVER, 1);
}

static void a_plain_client_is_a_system(void **state)
{
    (void)state;
    start();
    dhcp4_put_string(&world.request, DHCP4_OPTION_VENDOR_CLASS, "udhcp 1.35.0");
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_SYSTEM);
    assert_int_equal(world.client.architecture, BOOT_ARCHITECTURE_NONE);
    assert_true(uuid_is_useless(&world.client.uuid));
    assert_int_equal(world.client.mac.octets[5], 1);
}

static void firmware_is_known_by_its_class_and_architecture(void **state)
{
    (void)state;
    static const struct {
        uint16_t architecture;
        enum boot_platform platform;
    } ROWS[] = {
        {PXE_X86_BIOS, BOOT_PLATFORM_BIOS},
        {PXE_IA32_UEFI, BOOT_PLATFORM_UEFI},
        {PXE_X64_UEFI, BOOT_PLATFORM_UEFI},
        {PXE_EBC_UEFI, BOOT_PLATFORM_UEFI},
        {PXE_ARM64_UEFI, BOOT_PLATFORM_UEFI},
        {PXE_RISCV64_UEFI, BOOT_PLATFORM_UEFI},
        {PXE_LOONGARCH64_UEFI, BOOT_PLATFORM_UEFI},
        {PXE_POWER_OPAL, BOOT_PLATFORM_OTHER},
        {PXE_NEC_PC98, BOOT_PLATFORM_OTHER},
        {PXE_ARM_RPIBOOT, BOOT_PLATFORM_OTHER},
        {0x7777, BOOT_PLATFORM_OTHER},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        start();
        world_add_pxe(&world, "PXEClient:Arch:00000:UNDI:003000", ROWS[i].architecture);
        sends_discover();
        assert_int_equal(world.client.stage, BOOT_STAGE_FIRMWARE);
        assert_int_equal(world.client.architecture, ROWS[i].architecture);
        assert_int_equal(world.client.platform, ROWS[i].platform);
        assert_false(world.client.wants_http);
    }
}

static void the_uuid_is_read_in_smbios_order(void **state)
{
    (void)state;
    char text[UUID_TEXT_BYTES];
    start();
    world_add_pxe(&world, "PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI);
    sends_discover();
    assert_string_equal(uuid_print(&world.client.uuid, text), "4c4c4544-0201-0403-0506-0708090a0b0c");
}

static void a_uuid_in_the_client_identifier_of_firmware_counts_without_97(void **state)
{
    (void)state;
    static const uint8_t ID[17] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    char text[UUID_TEXT_BYTES];
    start();
    dhcp4_put_string(&world.request, DHCP4_OPTION_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001");
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_CLIENT_ID, ID, sizeof ID);
    sends_discover();
    assert_string_equal(uuid_print(&world.client.uuid, text), "04030201-0605-0807-090a-0b0c0d0e0f10");
    dhcp4_put_nothing(&world.request, DHCP4_OPTION_VENDOR_CLASS);
    sends_discover();
    assert_true(uuid_is_useless(&world.client.uuid));
}

static void the_class_tells_the_architecture_when_93_is_missing(void **state)
{
    (void)state;
    start();
    dhcp4_put_string(&world.request, DHCP4_OPTION_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016");
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_FIRMWARE);
    assert_int_equal(world.client.architecture, PXE_X64_UEFI);
}

static void uefi_http_boot_wants_a_url(void **state)
{
    (void)state;
    start();
    world_add_pxe(&world, "HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP);
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_FIRMWARE);
    assert_true(world.client.wants_http);
    assert_int_equal(world.client.platform, BOOT_PLATFORM_UEFI);
}

static void ipxe_is_known_by_77_or_175_and_tells_whether_it_has_http(void **state)
{
    (void)state;
    start();
    world_add_ipxe(&world, PXE_X86_BIOS);
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_IPXE);
    assert_true(world.client.has_http);
    assert_int_equal(world.client.platform, BOOT_PLATFORM_BIOS);
    dhcp4_put_nothing(&world.request, DHCP4_OPTION_USER_CLASS);
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_IPXE);

    start();
    dhcp4_put_string(&world.request, DHCP4_OPTION_USER_CLASS, "iPXE");
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_IPXE);
    assert_false(world.client.has_http);

    static const uint8_t EFI_WITHOUT_HTTP[] = {PXE_IPXE_EFI, 1, 1};
    start();
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_IPXE, EFI_WITHOUT_HTTP, sizeof EFI_WITHOUT_HTTP);
    sends_discover();
    assert_int_equal(world.client.platform, BOOT_PLATFORM_UEFI);
    assert_false(world.client.has_http);
}

static void selftest_is_known_by_its_user_class(void **state)
{
    (void)state;
    static const char CLASSES[] = "\x04iPXE\x10" CLIENT_TEST_CLASS;
    start();
    world_add_ipxe(&world, PXE_X64_UEFI);
    sends_discover();
    assert_false(world.client.is_test);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_USER_CLASS, CLASSES, sizeof CLASSES - 1);
    sends_discover();
    assert_true(world.client.is_test);
    assert_int_equal(world.client.stage, BOOT_STAGE_IPXE);
    assert_int_equal(world.client.architecture, PXE_X64_UEFI);
}

static void other_user_classes_are_not_ipxe(void **state)
{
    (void)state;
    start();
    dhcp4_put_string(&world.request, DHCP4_OPTION_USER_CLASS, "RRAS.Microsoft");
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_SYSTEM);
}

static void broken_options_are_not_told(void **state)
{
    (void)state;
    start();
    dhcp4_put_string(&world.request, DHCP4_OPTION_VENDOR_CLASS, "PXEClient");
    dhcp4_put_u8(&world.request, DHCP4_OPTION_ARCHITECTURE, 7);
    dhcp4_put_u8(&world.request, DHCP4_OPTION_MACHINE_UUID, 0);
    sends_discover();
    assert_int_equal(world.client.stage, BOOT_STAGE_FIRMWARE);
    assert_int_equal(world.client.architecture, BOOT_ARCHITECTURE_NONE);
    assert_int_equal(world.client.platform, BOOT_PLATFORM_OTHER);
    assert_true(uuid_is_useless(&world.client.uuid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_client_is_a_system),
        cmocka_unit_test(firmware_is_known_by_its_class_and_architecture),
        cmocka_unit_test(the_uuid_is_read_in_smbios_order),
        cmocka_unit_test(a_uuid_in_the_client_identifier_of_firmware_counts_without_97),
        cmocka_unit_test(the_class_tells_the_architecture_when_93_is_missing),
        cmocka_unit_test(uefi_http_boot_wants_a_url),
        cmocka_unit_test(ipxe_is_known_by_77_or_175_and_tells_whether_it_has_http),
        cmocka_unit_test(selftest_is_known_by_its_user_class),
        cmocka_unit_test(other_user_classes_are_not_ipxe),
        cmocka_unit_test(broken_options_are_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
