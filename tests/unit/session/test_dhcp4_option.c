// SPDX-License-Identifier: GPL-3.0-or-later
// The administrator's options on the wire.
#include "session/dhcp4_option.h"

#include "unit/session/dhcp4_world.h"
#include "unit/test.h"

static struct world world;
static struct dhcp_option_set set;

static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    dhcp_option_set_init(&set);
    world.facts.options = &set;
    return 0;
}

static void put(const char *pair)
{
    struct problem problem = {0};
    if (dhcp_option_parse_pair(&set, NULL, pair, &problem) != STATUS_OK) {
        fail_msg("%s: %s", pair, problem.text);
    }
}

static void discover_wanting(const void *codes, size_t count)
{
    world_request(&world, DHCP4_DISCOVER, 1);
    if (count != 0) {
        dhcp4_put_bytes(&world.request, DHCP4_OPTION_PARAMETERS, codes, count);
    }
    assert_true(world_send(&world));
}

static void a_client_gets_what_it_asks_for_and_what_is_forced(void **state)
{
    (void)state;
    put("time-servers=10.0.0.9");
    put("log-servers=10.0.0.8");
    put("+tftp-servers=10.0.0.7");
    discover_wanting("\x04", 1);
    assert_true(world_has_ip4(&world, 4, world_ip(9)));
    assert_null(dhcp4_find(&world.reply, 7));
    assert_true(world_has_ip4(&world, 150, world_ip(7)));
}

static void a_client_that_does_not_say_gets_all(void **state)
{
    (void)state;
    put("log-servers=10.0.0.8");
    discover_wanting("", 0);
    assert_true(world_has_ip4(&world, 7, world_ip(8)));
}

static void what_everybody_is_told_is_replaced_or_taken_out(void **state)
{
    (void)state;
    put("routers=10.0.0.77");
    put("domain-name=");
    discover_wanting("\x2a", 1);
    assert_true(world_has_ip4(&world, 3, world_ip(77)));
    assert_null(dhcp4_find(&world.reply, 15));
    assert_true(world_has_ip4(&world, 6, world_ip(1)));
}

static void boot_fields_are_ours_for_those_that_boot_and_free_for_others(void **state)
{
    (void)state;
    put("+boot-file-name=phone.cnf");
    put("+tftp-server-name=10.0.0.6");
    put("+43=01:01:05");
    world_request(&world, DHCP4_DISCOVER, 1);
    assert_true(world_send(&world));
    assert_true(world_has(&world, 67, "phone.cnf", 9));
    assert_true(world_has(&world, 43, "\x01\x01\x05", 3));
    world_request(&world, DHCP4_DISCOVER, 2);
    world_add_pxe(&world, "PXEClient:Arch:00007:UNDI:003000", 7);
    world_set_boot(&world, "loader.efi");
    assert_true(world_send(&world));
    assert_true(world_has(&world, 67, "loader.efi", sizeof "loader.efi"));
    assert_true(world_has(&world, 43, "\x06\x01\x08\xff", 4));
}

// RFC 3396: the reader joins them.
static void a_long_option_leaves_in_pieces(void **state)
{
    (void)state;
    static uint8_t data[300];
    memset(data, 7, sizeof data);
    assert_int_equal(dhcp_option_put(&set, 224, data, sizeof data, true), STATUS_OK);
    world_request(&world, DHCP4_DISCOVER, 1);
    dhcp4_put_u16(&world.request, DHCP4_OPTION_MAXIMUM_SIZE, 1472);
    assert_true(world_send(&world));
    assert_true(world_has(&world, 224, data, sizeof data));
}

static void what_does_not_fit_never_keeps_a_client_from_its_address(void **state)
{
    (void)state;
    static uint8_t data[DHCP_OPTION_BYTES_MOST];
    memset(data, 'a', sizeof data);
    assert_int_equal(dhcp_option_put(&set, DHCP4_OPTION_ROOT_PATH, data, 250, true), STATUS_OK); // dear
    assert_int_equal(dhcp_option_put(&set, 224, data, 1000, true), STATUS_OK);
    world_request(&world, DHCP4_DISCOVER, 1); // takes 548 bytes
    assert_true(world_send(&world));
    assert_int_not_equal(world.reply.yiaddr.value, 0);
    assert_null(dhcp4_find(&world.reply, DHCP4_OPTION_ROOT_PATH));
    for (unsigned code = 180; code < 180 + 46; code++) {
        dhcp_option_remove(&set, 224);
        assert_int_equal(dhcp_option_put(&set, (uint8_t)code, data, 20, true), STATUS_OK);
    }
    world_request(&world, DHCP4_DISCOVER, 2);
    dhcp4_put_u16(&world.request, DHCP4_OPTION_MAXIMUM_SIZE, 1500);
    assert_true(world_send(&world));
    assert_int_not_equal(world.reply.yiaddr.value, 0);
}

static void a_class_has_its_own_lease_time(void **state)
{
    (void)state;
    world.facts.class_lease_s = 600;
    world_request(&world, DHCP4_DISCOVER, 1);
    assert_true(world_send(&world));
    uint32_t lease_s = 0;
    assert_true(dhcp4_find_u32(&world.reply, DHCP4_OPTION_LEASE_TIME, &lease_s));
    assert_int_equal(lease_s, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_client_gets_what_it_asks_for_and_what_is_forced, set_up),
        cmocka_unit_test_setup(a_client_that_does_not_say_gets_all, set_up),
        cmocka_unit_test_setup(what_everybody_is_told_is_replaced_or_taken_out, set_up),
        cmocka_unit_test_setup(boot_fields_are_ours_for_those_that_boot_and_free_for_others, set_up),
        cmocka_unit_test_setup(a_long_option_leaves_in_pieces, set_up),
        cmocka_unit_test_setup(what_does_not_fit_never_keeps_a_client_from_its_address, set_up),
        cmocka_unit_test_setup(a_class_has_its_own_lease_time, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
