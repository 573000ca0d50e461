// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/session/dhcp6_world.h"

#include "unit/test.h"

static const uint8_t UUID_DUID[] = {0,    4,    0x44, 0x45, 0x4c, 0x4c, 0x57, 0x00, 0x10,
                                    0x58, 0x80, 0x4a, 0xc3, 0xc0, 0x4f, 0x46, 0x37, 0x32};

static struct world6 world;

static void client_read(struct boot_client *client)
{
    assert_int_equal(dhcp6_decode(world.bytes, writer_length(&world.writer), &world.request, NULL),
                     STATUS_OK);
    client_from_dhcp6(&world.request, world.facts.source, client);
}

static void start(const char *source)
{
    world6_init(&world);
    world6_start_as(&world, DHCP6_SOLICIT, NULL, source);
    dhcp6_put(&world.writer, DHCP6_OPTION_CLIENT_ID, UUID_DUID, sizeof UUID_DUID);
}

static void uefi_firmware_is_known_with_its_uuid(void **state)
{
    (void)state;
    struct boot_client client;
    char text[UUID_TEXT_BYTES];
    char mac[HW_TEXT_BYTES];
    start("fe80::5054:ff:fe12:3456");
    world6_add_firmware(&world, "PXEClient:Arch:00007:UNDI:003000", 7);
    client_read(&client);
    assert_true(client.is_ip6);
    assert_int_equal(client.stage, BOOT_STAGE_FIRMWARE);
    assert_int_equal(client.platform, BOOT_PLATFORM_UEFI);
    assert_int_equal(client.architecture, 7);
    assert_false(client.wants_http);
    assert_string_equal(hw_print(&client.mac, mac), "52:54:00:12:34:56");
    assert_string_equal(uuid_print(&client.uuid, text), "4c4c4544-0057-5810-804a-c3c04f463732");
    assert_int_equal(client.vendor_class.length, 32);
    assert_memory_equal(client.vendor_class.bytes, "PXEClient:Arch:00007", 20);
}

static void http_boot_is_told_apart(void **state)
{
    (void)state;
    struct boot_client client;
    start("fe80::1");
    dhcp6_put_vendor_class(&world.writer, 9, "something else");
    world6_add_firmware(&world, "HTTPClient:Arch:00016:UNDI:003000", 16);
    client_read(&client);
    assert_int_equal(client.stage, BOOT_STAGE_FIRMWARE);
    assert_true(client.wants_http);
    assert_int_equal(client.mac.length, 0);
    assert_memory_equal(client.vendor_class.bytes, "HTTPClient", 10);
}

static void ipxe_writes_its_uuid_as_people_do(void **state)
{
    (void)state;
    struct boot_client client;
    char text[UUID_TEXT_BYTES];
    start("fe80::5054:ff:fe12:3456");
    dhcp6_put(&world.writer, DHCP6_OPTION_USER_CLASS, "\0\x04iPXE", 6);
    dhcp6_put(&world.writer, DHCP6_OPTION_ARCHITECTURE, "\0\x07", 2);
    client_read(&client);
    assert_int_equal(client.stage, BOOT_STAGE_IPXE);
    assert_true(client.has_http);
    assert_string_equal(uuid_print(&client.uuid, text), "44454c4c-5700-1058-804a-c3c04f463732");
}

static void a_systems_uuid_is_not_the_machines(void **state)
{
    (void)state;
    struct boot_client client;
    start("fe80::5054:ff:fe12:3456");
    client_read(&client);
    assert_int_equal(client.stage, BOOT_STAGE_SYSTEM);
    assert_int_equal(client.architecture, BOOT_ARCHITECTURE_NONE);
    assert_memory_equal(&client.uuid, &(struct uuid){0}, sizeof client.uuid);
}

static void what_the_relay_says_is_kept_as_evidence(void **state)
{
    (void)state;
    static uint8_t bytes[512];
    struct boot_client client;
    struct writer writer = writer_init(bytes, sizeof bytes);
    start("fe80::1");
    write_u8(&writer, DHCP6_RELAY_FORWARD);
    write_zeros(&writer, 33);
    dhcp6_put(&writer, DHCP6_OPTION_INTERFACE_ID, "ge-1/0/7", 8);
    dhcp6_put(&writer, DHCP6_OPTION_REMOTE_ID, "\0\0\0\x09switch3", 11);
    dhcp6_put(&writer, DHCP6_OPTION_SUBSCRIBER_ID, "row B", 5);
    dhcp6_put(&writer, DHCP6_OPTION_LINK_LAYER, "\0\x01\x52\x54\0\x01\x02\x03", 8);
    dhcp6_put(&writer, DHCP6_OPTION_RELAY_MESSAGE, world.bytes, writer_length(&world.writer));
    assert_int_equal(dhcp6_decode(bytes, writer_length(&writer), &world.request, NULL), STATUS_OK);
    client_from_dhcp6(&world.request, world.facts.source, &client);
    assert_int_equal(client.circuit_id.length, 8);
    assert_memory_equal(client.circuit_id.bytes, "ge-1/0/7", 8);
    assert_int_equal(client.remote_id.length, 7);
    assert_memory_equal(client.remote_id.bytes, "switch3", 7);
    assert_int_equal(client.subscriber_id.length, 5);
    assert_int_equal(client.mac.octets[5], 3);
}

static void broken_options_are_not_told(void **state)
{
    (void)state;
    struct boot_client client;
    start("fe80::1");
    dhcp6_put(&world.writer, DHCP6_OPTION_USER_CLASS, "\0\x09iPXE", 6);
    dhcp6_put(&world.writer, DHCP6_OPTION_VENDOR_CLASS, "\0\0\x01", 3);
    dhcp6_put(&world.writer, DHCP6_OPTION_ARCHITECTURE, "\7", 1);
    client_read(&client);
    assert_int_equal(client.stage, BOOT_STAGE_SYSTEM);
    assert_int_equal(client.user_class.length, 0);
    assert_int_equal(client.vendor_class.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uefi_firmware_is_known_with_its_uuid),
        cmocka_unit_test(http_boot_is_told_apart),
        cmocka_unit_test(ipxe_writes_its_uuid_as_people_do),
        cmocka_unit_test(a_systems_uuid_is_not_the_machines),
        cmocka_unit_test(what_the_relay_says_is_kept_as_evidence),
        cmocka_unit_test(broken_options_are_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
