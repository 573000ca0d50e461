// SPDX-License-Identifier: GPL-3.0-or-later
// What each kind of client is told about booting, and where replies go: relays, broadcasts, frames.
#include "session/dhcp4_boot.h"

#include "unit/session/dhcp4_world.h"
#include "unit/test.h"
#include "wire/pxe.h"

#define BROADCAST 0xffffffffu
#define URL       "http://10.0.0.1/shimx64.efi"

static struct world world;
static const uint8_t DIRECT[] = {6, 1, 8, 255};

static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    return 0;
}

static void discover_pxe(const char *class, uint16_t architecture)
{
    world_request(&world, DHCP4_DISCOVER, 1);
    world_add_pxe(&world, class, architecture);
    assert_true(world_send(&world));
}

// All four places, with the NUL inside the options.
static void assert_boots(const char *file)
{
    assert_int_equal(world.reply.siaddr.value, world_ip(1).value);
    assert_string_equal(world.reply.file, file);
    assert_true(world_has(&world, DHCP4_OPTION_TFTP_SERVER, "10.0.0.1", 9));
    assert_true(world_has(&world, DHCP4_OPTION_BOOT_FILE, file, strlen(file) + 1));
}

static void assert_boots_nothing(void)
{
    static const uint8_t CODES[] = {DHCP4_OPTION_VENDOR, DHCP4_OPTION_VENDOR_CLASS, DHCP4_OPTION_TFTP_SERVER,
                                    DHCP4_OPTION_BOOT_FILE, DHCP4_OPTION_IPXE};
    assert_int_equal(world.reply.siaddr.value, 0);
    assert_string_equal(world.reply.file, "");
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        assert_null(dhcp4_find(&world.reply, CODES[i]));
    }
}

static void pxe_firmware_gets_a_file_and_no_second_step(void **state)
{
    (void)state;
    static const uint16_t ARCHITECTURES[] = {PXE_X86_BIOS, PXE_IA32_UEFI, PXE_X64_UEFI, PXE_EBC_UEFI};
    world_set_boot(&world, "pxelinux.0");
    for (size_t i = 0; i < COUNT_OF(ARCHITECTURES); i++) {
        discover_pxe("PXEClient:Arch:00007:UNDI:003000", ARCHITECTURES[i]);
        assert_boots("pxelinux.0");
        assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9));
        assert_true(world_has(&world, DHCP4_OPTION_VENDOR, DIRECT, sizeof DIRECT));
        assert_int_equal(dhcp4_find(&world.reply, DHCP4_OPTION_MACHINE_UUID)->length, 17);
        assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_IPXE));
    }
}

static void the_ack_says_the_same_as_the_offer(void **state)
{
    (void)state;
    world_set_boot(&world, "shimx64.efi");
    discover_pxe("PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI);
    struct ip4 address = world.reply.yiaddr;
    world_request(&world, DHCP4_REQUEST, 1);
    world_add_pxe(&world, "PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(1));
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, address);
    assert_true(world_send(&world));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
    assert_boots("shimx64.efi");
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR, DIRECT, sizeof DIRECT));
}

static void inform_is_told_the_boot_file_too(void **state)
{
    (void)state;
    world_set_boot(&world, "shimx64.efi");
    world_request(&world, DHCP4_INFORM, 1);
    world_add_pxe(&world, "PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI);
    world.request.ciaddr = world_ip(42);
    assert_true(world_send(&world));
    assert_boots("shimx64.efi");
    assert_int_equal(world.actions.to.value, world_ip(42).value);
}

static void uefi_http_boot_gets_a_url_and_its_class_back(void **state)
{
    (void)state;
    world_set_boot(&world, URL);
    discover_pxe("HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP);
    assert_boots(URL);
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "HTTPClient", 10));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR));
}

static void ipxe_gets_its_script_without_class_and_need_not_wait_for_a_proxy(void **state)
{
    (void)state;
    static const uint8_t NO_PROXY[] = {0xb0, 1, 1};
    static const char *const FILES[] = {"http://10.0.0.1/boot.ipxe", "boot.ipxe"};
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        world_set_boot(&world, FILES[i]);
        world_request(&world, DHCP4_DISCOVER, 1);
        world_add_ipxe(&world, PXE_X86_BIOS);
        assert_true(world_send(&world));
        assert_boots(FILES[i]);
        assert_true(world_has(&world, DHCP4_OPTION_IPXE, NO_PROXY, sizeof NO_PROXY));
        assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR_CLASS));
        assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR));
    }
}

static void without_a_file_not_one_word_is_said_about_booting(void **state)
{
    (void)state;
    world_set_boot(&world, "left from before");
    world.facts.boot.has_file = false;
    discover_pxe("PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI);
    assert_boots_nothing();
    discover_pxe("HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP);
    assert_boots_nothing();
    world_request(&world, DHCP4_DISCOVER, 1);
    world_add_ipxe(&world, PXE_X64_UEFI);
    assert_true(world_send(&world));
    assert_boots_nothing();
}

// Without the hint EDK2 waits a minute for offers of other servers.
static void uefi_firmware_is_told_to_boot_its_own_disk(void **state)
{
    (void)state;
    static const char VENDOR[] = "\x06\x01\x03\x09\x0d\x00\x00\x0aLocal boot\x0a\x0b\x00Local boot\xff";
    world_set_boot(&world, "left from before");
    world.facts.boot.has_file = false;
    world.facts.boot.is_local = true;
    discover_pxe("PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI);
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR_CLASS, "PXEClient", 9));
    assert_true(world_has(&world, DHCP4_OPTION_VENDOR, VENDOR, sizeof VENDOR - 1));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_BOOT_FILE));
    discover_pxe("PXEClient:Arch:00000:UNDI:002001", PXE_X86_BIOS);
    assert_boots_nothing();
    discover_pxe("HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP);
    assert_boots_nothing();
}

// Debian's installer would load it as a preseed file.
static void a_url_goes_to_nobody_but_http_boot_and_ipxe(void **state)
{
    (void)state;
    world_set_boot(&world, URL);
    world_request(&world, DHCP4_DISCOVER, 1);
    assert_true(world_send(&world));
    assert_boots_nothing();
    discover_pxe("PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI);
    assert_boots_nothing();
}

static void http_boot_gets_nothing_but_a_url(void **state)
{
    (void)state;
    world_set_boot(&world, "shimx64.efi");
    discover_pxe("HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP);
    assert_boots_nothing();
}

static void a_url_too_long_for_the_header_is_in_67_alone(void **state)
{
    (void)state;
    char url[200];
    memset(url, 'x', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    memcpy(url, "http://10.0.0.1/", 16);
    world_set_boot(&world, url);
    discover_pxe("HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP);
    assert_string_equal(world.reply.file, "");
    assert_true(world_has(&world, DHCP4_OPTION_BOOT_FILE, url, sizeof url));
}

static void a_plain_client_that_boots_by_name_gets_the_name_and_no_class(void **state)
{
    (void)state;
    world_set_boot(&world, "pxelinux.0");
    world_request(&world, DHCP4_DISCOVER, 1);
    assert_true(world_send(&world));
    assert_boots("pxelinux.0");
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_VENDOR_CLASS));
}

static void a_broken_uuid_does_not_come_back(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    dhcp4_put_u8(&world.request, DHCP4_OPTION_MACHINE_UUID, 0);
    assert_true(world_send(&world));
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_MACHINE_UUID));
}

static void who_cannot_hear_unicast_yet_is_answered_by_broadcast(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    world.request.broadcast = true;
    assert_true(world_send(&world));
    assert_int_equal(world.actions.to.value, BROADCAST);
    assert_int_equal(world.actions.to_port, DHCP4_CLIENT_PORT);
    assert_false(world.actions.to_hw);
    assert_true(world.reply.broadcast);
}

static void who_can_is_answered_by_frame_address(void **state)
{
    (void)state;
    world_request(&world, DHCP4_DISCOVER, 1);
    assert_true(world_send(&world));
    assert_int_equal(world.actions.to.value, world.reply.yiaddr.value);
    assert_true(world.actions.to_hw);
}

static void hardware_without_a_frame_address_is_answered_by_broadcast(void **state)
{
    (void)state;
    static const uint8_t ID[] = {0xff, 1, 2, 3, 4, 5, 6, 7};
    world_request(&world, DHCP4_DISCOVER, 1);
    world.request.chaddr = (struct hw){.type = 32}; // InfiniBand (RFC 4390)
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_CLIENT_ID, ID, sizeof ID);
    assert_true(world_send(&world));
    assert_int_equal(world.actions.to.value, BROADCAST);
    assert_false(world.actions.to_hw);
    dhcp4_put_nothing(&world.request, DHCP4_OPTION_CLIENT_ID); // nobody: no key, no lease
    assert_false(world_send(&world));
    assert_true(reasons_has(&world.actions.reasons, REASON_PACKET_MALFORMED));
}

static void relayed_replies_go_to_the_relay_with_option_82_last(void **state)
{
    (void)state;
    static const uint8_t CIRCUIT[] = {1, 4, 'e', 't', 'h', '7'};
    world_request(&world, DHCP4_DISCOVER, 1);
    world.request.giaddr = world_ip(254);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_RELAY, CIRCUIT, sizeof CIRCUIT);
    assert_true(world_send(&world));
    assert_int_equal(world.actions.to.value, world_ip(254).value);
    assert_int_equal(world.actions.to_port, DHCP4_SERVER_PORT);
    assert_int_equal(world.reply.giaddr.value, world_ip(254).value);
    assert_true(world_has(&world, DHCP4_OPTION_RELAY, CIRCUIT, sizeof CIRCUIT));
    assert_int_equal(world.reply.options.items[world.reply.options.count - 1].code, DHCP4_OPTION_RELAY);
}

static void a_relayed_nak_has_the_broadcast_flag(void **state)
{
    (void)state;
    world_request(&world, DHCP4_REQUEST, 1);
    world.request.giaddr = world_ip(254);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, (struct ip4){0xc0a80105});
    assert_true(world_send(&world));
    assert_int_equal(world.reply.kind, DHCP4_NAK);
    assert_true(world.reply.broadcast);
    assert_int_equal(world.actions.to.value, world_ip(254).value);
}

static void the_relay_may_put_its_own_address_as_server(void **state)
{
    (void)state;
    static const uint8_t OVERRIDE[] = {11, 4, 10, 0, 0, 254};
    world_request(&world, DHCP4_DISCOVER, 1);
    world.request.giaddr = world_ip(254);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_RELAY, OVERRIDE, sizeof OVERRIDE);
    assert_true(world_send(&world));
    assert_true(world_has_ip4(&world, DHCP4_OPTION_SERVER_ID, world_ip(254)));
    struct ip4 address = world.reply.yiaddr;
    world_request(&world, DHCP4_REQUEST, 1);
    world.request.giaddr = world_ip(254);
    dhcp4_put_bytes(&world.request, DHCP4_OPTION_RELAY, OVERRIDE, sizeof OVERRIDE);
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_SERVER_ID, world_ip(254));
    dhcp4_put_ip4(&world.request, DHCP4_OPTION_REQUESTED_ADDRESS, address);
    assert_true(world_send(&world));
    assert_int_equal(world.reply.kind, DHCP4_ACK);
}

static void the_network_is_the_one_that_is_asked_from(void **state)
{
    (void)state;
    static const struct network NETWORKS[] = {
        {.subnet = {{0x0a000000}, 24}}, {.subnet = {{0x0a010000}, 24}}, {.subnet = {{0x0a020000}, 24}}};
    static const uint8_t LINK[] = {5, 4, 10, 2, 0, 0};
    struct dhcp4_option option = {.code = DHCP4_OPTION_SUBNET_SELECTION, .length = 4, .data = LINK + 2};
    struct dhcp4_message message = {.kind = DHCP4_REQUEST};
    struct ip4 here = world_ip(1);
    assert_ptr_equal(dhcp4_pick_network(NETWORKS, 3, &message, false, here), &NETWORKS[0]);
    message.ciaddr.value = 0x0a010005; // by broadcast it has moved here, by unicast it is far away
    assert_ptr_equal(dhcp4_pick_network(NETWORKS, 3, &message, false, here), &NETWORKS[0]);
    assert_ptr_equal(dhcp4_pick_network(NETWORKS, 3, &message, true, here), &NETWORKS[1]);
    message.giaddr.value = 0x0a0200fe;
    assert_ptr_equal(dhcp4_pick_network(NETWORKS, 3, &message, true, here), &NETWORKS[2]);
    message.giaddr.value = 0x0a0900fe;
    assert_null(dhcp4_pick_network(NETWORKS, 3, &message, true, here));
    message.options.items = &option;
    message.options.count = 1;
    message.options.slot[DHCP4_OPTION_SUBNET_SELECTION] = 1;
    assert_ptr_equal(dhcp4_pick_network(NETWORKS, 3, &message, true, here), &NETWORKS[2]);
    option = (struct dhcp4_option){.code = DHCP4_OPTION_RELAY, .length = sizeof LINK, .data = LINK};
    message.options.slot[DHCP4_OPTION_SUBNET_SELECTION] = 0;
    message.options.slot[DHCP4_OPTION_RELAY] = 1;
    assert_ptr_equal(dhcp4_pick_network(NETWORKS, 3, &message, false, here), &NETWORKS[2]);
    message.giaddr.value = 0; // link selection is a relay's word, not a client's
    assert_ptr_equal(dhcp4_pick_network(NETWORKS, 3, &message, false, here), &NETWORKS[0]);
}

static void the_longest_name_that_is_taken_is_told(void **state)
{
    (void)state;
    char file[DHCP4_BOOT_FILE_BYTES];
    memset(file, 'x', sizeof file);
    file[sizeof file - 1] = '\0';
    world_set_boot(&world, file);
    discover_pxe("PXEClient:Arch:00000:UNDI:002001", PXE_X86_BIOS);
    assert_true(world_has(&world, DHCP4_OPTION_BOOT_FILE, file, sizeof file));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pxe_firmware_gets_a_file_and_no_second_step, set_up),
        cmocka_unit_test_setup(the_ack_says_the_same_as_the_offer, set_up),
        cmocka_unit_test_setup(inform_is_told_the_boot_file_too, set_up),
        cmocka_unit_test_setup(uefi_http_boot_gets_a_url_and_its_class_back, set_up),
        cmocka_unit_test_setup(ipxe_gets_its_script_without_class_and_need_not_wait_for_a_proxy, set_up),
        cmocka_unit_test_setup(uefi_firmware_is_told_to_boot_its_own_disk, set_up),
        cmocka_unit_test_setup(without_a_file_not_one_word_is_said_about_booting, set_up),
        cmocka_unit_test_setup(a_url_goes_to_nobody_but_http_boot_and_ipxe, set_up),
        cmocka_unit_test_setup(http_boot_gets_nothing_but_a_url, set_up),
        cmocka_unit_test_setup(a_url_too_long_for_the_header_is_in_67_alone, set_up),
        cmocka_unit_test_setup(the_longest_name_that_is_taken_is_told, set_up),
        cmocka_unit_test_setup(a_plain_client_that_boots_by_name_gets_the_name_and_no_class, set_up),
        cmocka_unit_test_setup(a_broken_uuid_does_not_come_back, set_up),
        cmocka_unit_test_setup(who_cannot_hear_unicast_yet_is_answered_by_broadcast, set_up),
        cmocka_unit_test_setup(who_can_is_answered_by_frame_address, set_up),
        cmocka_unit_test_setup(hardware_without_a_frame_address_is_answered_by_broadcast, set_up),
        cmocka_unit_test_setup(relayed_replies_go_to_the_relay_with_option_82_last, set_up),
        cmocka_unit_test_setup(a_relayed_nak_has_the_broadcast_flag, set_up),
        cmocka_unit_test_setup(the_relay_may_put_its_own_address_as_server, set_up),
        cmocka_unit_test_setup(the_network_is_the_one_that_is_asked_from, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
