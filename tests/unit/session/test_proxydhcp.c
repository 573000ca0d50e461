// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/proxydhcp.h"

#include "unit/session/dhcp4_world.h"
#include "unit/test.h"
#include "wire/pxe.h"

#define BROADCAST 0xffffffffu
#define EDK2      "PXEClient:Arch:00007:UNDI:003000"
#define BIOS      "PXEClient:Arch:00000:UNDI:002001"

static struct world world;
static const uint8_t DIRECT[] = {6, 1, 8, 255};

static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    world_set_boot(&world, "loader");
    return 0;
}

static bool discover(void)
{
    return world_send_proxy(&world, DHCP4_SERVER_PORT, (struct ip4){0}, DHCP4_CLIENT_PORT);
}

static bool discover_pxe(const char *class, uint16_t architecture)
{
    world_request(&world, DHCP4_DISCOVER, 1);
    world_add_pxe(&world, class, architecture);
    return discover();
}

// What every reply of a proxy has and has not.
static void assert_boots_without_an_address(const char *file)
{
    assert_int_equal(world.reply.yiaddr.value, 0);
    assert_int_equal(world.reply.siaddr.value, world_ip(1).value);
    assert_true(world_has_ip4(&world, DHCP4_OPTION_SERVER_ID, world_ip(1)));
    assert_string_equal(world.reply.file, file);
    assert_true(world_has(&world, DHCP4_OPTION_BOOT_FILE, file, strlen(file) + 1));
    assert_int_equal(dhcp4_find(&world.reply, DHCP4_OPTION_MACHINE_UUID)->length, 17);
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_LEASE_TIME));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_SUBNET_MASK));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_ROUTERS));
}

static void bios_gets_all_in_the_offer(void **state)
{
    (void)state;
    assert_true(discover_pxe(BIOS, PXE_X86_BIOS));
    assert_int_equal(world.reply.kind, DHCP4_OFFER);
    assert_boots_without_an_address("loader");
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9));
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR, DIRECT, sizeof DIRECT));
    assert_int_equal(world.actions.to.value, BROADCAST);
    assert_int_equal(world.actions.to_port, DHCP4_CLIENT_PORT);
}

static void uefi_is_sent_on_to_port_4011(void **state)
{
    (void)state;
    static const uint16_t ARCHITECTURES[] = {PXE_IA32_UEFI, PXE_X64_UEFI, PXE_EBC_UEFI, PXE_ARM64_UEFI};
    for (size_t i = 0; i < COUNT_OF(ARCHITECTURES); i++) {
        assert_true(discover_pxe(EDK2, ARCHITECTURES[i]));
        assert_boots_without_an_address("loader");
        assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9));
        assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR));
    }
}

static void uefi_http_boot_gets_all_in_the_offer(void **state)
{
    (void)state;
    world_set_boot(&world, "http://10.0.0.1/shimx64.efi");
    assert_true(discover_pxe("HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP));
    assert_boots_without_an_address("http://10.0.0.1/shimx64.efi");
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "HTTPClient", 10));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR));
}

static void ipxe_gets_server_and_script_so_that_it_need_not_ask_again(void **state)
{
    (void)state;
    world_set_boot(&world, "http://10.0.0.1/boot.ipxe");
    world_request(&world, DHCP4_DISCOVER, 1);
    world_add_ipxe(&world, PXE_X64_UEFI);
    assert_true(discover());
    assert_boots_without_an_address("http://10.0.0.1/boot.ipxe");
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR));
}

static void plain_clients_meet_silence(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    assert_false(discover());
    dhcp4_put_string(&world.request, DHCP4_OPTION_VENDOR_CLASS, "MSFT 5.0");
    assert_false(discover());
}

static void replies_of_others_are_ignored(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    world_add_pxe(&world, BIOS, PXE_X86_BIOS);
    world.request.op = DHCP4_OP_REPLY;
    assert_false(discover());
}

static void without_a_file_there_is_silence(void **state)
{
    (void)state;
    world.facts.boot = (struct dhcp4_boot){0};
    assert_false(discover_pxe(BIOS, PXE_X86_BIOS));
    world_request(&world, DHCP4_REQUEST, 1);
    world_add_pxe(&world, EDK2, PXE_X64_UEFI);
    assert_false(world_send_proxy(&world, DHCP4_PXE_PORT, world_ip(42), DHCP4_PXE_PORT));
}

static void uefi_firmware_is_told_to_boot_its_own_disk(void **state)
{
    (void)state;
    world.facts.boot = (struct dhcp4_boot){.is_local = true};
    assert_true(discover_pxe(EDK2, PXE_X64_UEFI));
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9));
    assert_non_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_BOOT_FILE));
    assert_int_equal(world.reply.yiaddr.value, 0);
    assert_false(discover_pxe(BIOS, PXE_X86_BIOS));
    world_request(&world, DHCP4_REQUEST, 1);
    world_add_pxe(&world, EDK2, PXE_X64_UEFI);
    assert_false(world_send_proxy(&world, DHCP4_PXE_PORT, world_ip(42), DHCP4_PXE_PORT));
}

static void requests_on_67_belong_to_the_other_server(void **state)
{
    (void)state;
    static const enum dhcp4_kind KINDS[] = {DHCP4_REQUEST, DHCP4_INFORM, DHCP4_DECLINE, DHCP4_RELEASE,
                                            DHCP4_BOOTP};
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        world_request(&world, KINDS[i], 1);
        world_add_pxe(&world, BIOS, PXE_X86_BIOS);
        assert_false(discover());
        dhcp4_put_bytes(&world.request, DHCP4_OPTION_VENDOR, DIRECT, sizeof DIRECT); // discovers nothing
        assert_false(discover());
    }
}

static void port_4011_answers_where_it_was_asked_from(void **state)
{
    (void)state;
    static const struct {
        enum dhcp4_kind kind;
        uint16_t from_port;
    } ROWS[] = {{DHCP4_REQUEST, DHCP4_PXE_PORT}, {DHCP4_REQUEST, DHCP4_CLIENT_PORT}, {DHCP4_INFORM, 4011}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        world_request(&world, ROWS[i].kind, 1);
        world_add_pxe(&world, EDK2, PXE_X64_UEFI);
        world.request.ciaddr = world_ip(42);
        assert_true(world_send_proxy(&world, DHCP4_PXE_PORT, world_ip(42), ROWS[i].from_port));
        assert_int_equal(world.reply.kind, DHCP4_ACK);
        assert_boots_without_an_address("loader");
        assert_int_equal(world.reply.ciaddr.value, world_ip(42).value);
        assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9));
        assert_int_equal(world.actions.to.value, world_ip(42).value);
        assert_int_equal(world.actions.to_port, ROWS[i].from_port);
    }
    world_request(&world, DHCP4_DISCOVER, 1);
    world_add_pxe(&world, EDK2, PXE_X64_UEFI);
    assert_false(world_send_proxy(&world, DHCP4_PXE_PORT, world_ip(42), DHCP4_PXE_PORT));
}

static void boot_server_discovery_gets_its_item_back(void **state)
{
    (void)state;
    static const uint8_t ITEM[] = {71, 4, 0x80, 0x01, 0, 2, 255};
    static const uint8_t CREDENTIALS[] = {71, 4, 0x80, 0x01, 0x80, 0, 255};
    static const uint16_t PORTS[] = {DHCP4_SERVER_PORT, DHCP4_PXE_PORT};
    for (size_t i = 0; i < COUNT_OF(PORTS); i++) {
        world_request(&world, DHCP4_REQUEST, 1);
        world_add_pxe(&world, BIOS, PXE_X86_BIOS);
        world.request.ciaddr = world_ip(42);
        dhcp4_put_bytes(&world.request, DHCP4_OPTION_VENDOR, ITEM, sizeof ITEM);
        assert_true(world_send_proxy(&world, PORTS[i], world_ip(42), DHCP4_CLIENT_PORT));
        assert_int_equal(world.reply.kind, DHCP4_ACK);
        assert_boots_without_an_address("loader");
        assert_true(world_has(&world, DHCP4_OPTION_VENDOR, ITEM, sizeof ITEM));
        assert_int_equal(world.actions.to.value, world_ip(42).value);
        assert_int_equal(world.actions.to_port, DHCP4_CLIENT_PORT);
        dhcp4_put_bytes(&world.request, DHCP4_OPTION_VENDOR, CREDENTIALS, sizeof CREDENTIALS);
        assert_false(world_send_proxy(&world, PORTS[i], world_ip(42), DHCP4_CLIENT_PORT));
    }
}

static void a_client_without_a_source_address_is_answered_by_what_it_says(void **state)
{
    (void)state;
    static const uint8_t ITEM[] = {71, 4, 0, 0, 0, 0, 255};
    world_request(&world, DHCP4_REQUEST, 1);
    world_add_pxe(&world, BIOS, PXE_X86_BIOS);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_VENDOR, ITEM, sizeof ITEM);
    assert_true(discover());
    assert_int_equal(world.actions.to.value, BROADCAST);
    world.request.ciaddr = world_ip(42);
    assert_true(discover());
    assert_int_equal(world.actions.to.value, world_ip(42).value);
}

static void relayed_offers_go_to_the_relay(void **state)
{
    (void)state;
    static const uint8_t CIRCUIT[] = {1, 2, 'x', 'y'};
    world_request(&world, DHCP4_DISCOVER, 1);
    world_add_pxe(&world, BIOS, PXE_X86_BIOS);
    world.request.giaddr = world_ip(254);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_RELAY, CIRCUIT, sizeof CIRCUIT);
    assert_true(discover());
    assert_int_equal(world.actions.to.value, world_ip(254).value);
    assert_int_equal(world.actions.to_port, DHCP4_SERVER_PORT);
    assert_true(world_has(&world, DHCP4_OPTION_RELAY, CIRCUIT, sizeof CIRCUIT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bios_gets_all_in_the_offer, set_up),
        cmocka_unit_test_setup(uefi_is_sent_on_to_port_4011, set_up),
        cmocka_unit_test_setup(uefi_http_boot_gets_all_in_the_offer, set_up),
        cmocka_unit_test_setup(ipxe_gets_server_and_script_so_that_it_need_not_ask_again, set_up),
        cmocka_unit_test_setup(plain_clients_meet_silence, set_up),
        cmocka_unit_test_setup(replies_of_others_are_ignored, set_up),
        cmocka_unit_test_setup(without_a_file_there_is_silence, set_up),
        cmocka_unit_test_setup(uefi_firmware_is_told_to_boot_its_own_disk, set_up),
        cmocka_unit_test_setup(requests_on_67_belong_to_the_other_server, set_up),
        cmocka_unit_test_setup(port_4011_answers_where_it_was_asked_from, set_up),
        cmocka_unit_test_setup(boot_server_discovery_gets_its_item_back, set_up),
        cmocka_unit_test_setup(a_client_without_a_source_address_is_answered_by_what_it_says, set_up),
        cmocka_unit_test_setup(relayed_offers_go_to_the_relay, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
