// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/network.h"

#include "base/text.h"

#include "unit/test.h"

static struct ip4 ip(const char *text)
{
    struct ip4 address = {0};
    assert_int_equal(ip4_parse(text, &address), STATUS_OK);
    return address;
}

static struct network network_with(const char *subnet, const char *first, const char *last)
{
    struct network network = {.first = ip(first), .last = ip(last), .lease_s = NETWORK_LEASE_DEFAULT_S};
    assert_int_equal(subnet_parse(subnet, &network.subnet), STATUS_OK);
    return network;
}

static void a_range_lies_inside_its_subnet_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *subnet;
        const char *first;
        const char *last;
        enum status status;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.100", "192.0.2.199", STATUS_OK},
        {"192.0.2.0/24", "192.0.2.1", "192.0.2.254", STATUS_OK},
        {"192.0.2.0/24", "192.0.2.7", "192.0.2.7", STATUS_OK},
        {"192.0.2.0/24", "192.0.2.8", "192.0.2.7", STATUS_CONFLICT},
        {"192.0.2.0/24", "192.0.2.0", "192.0.2.7", STATUS_CONFLICT},
        {"192.0.2.0/24", "192.0.2.1", "192.0.2.255", STATUS_CONFLICT},
        {"192.0.2.0/24", "192.0.1.1", "192.0.2.7", STATUS_CONFLICT},
        {"192.0.2.0/24", "192.0.2.1", "192.0.3.7", STATUS_CONFLICT},
        {"192.0.2.0/24", "0.0.0.0", "0.0.0.0", STATUS_CONFLICT},
        {"192.0.2.4/31", "192.0.2.4", "192.0.2.5", STATUS_OK},
        {"192.0.2.4/32", "192.0.2.4", "192.0.2.4", STATUS_OK},
        {"10.0.0.0/8", "10.0.0.1", "10.16.0.0", STATUS_OK},
        {"10.0.0.0/8", "10.0.0.1", "10.16.0.1", STATUS_TOO_LONG},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct network network = network_with(cases[i].subnet, cases[i].first, cases[i].last);
        struct problem problem = {0};
        assert_int_equal(network_check(&network, &problem), cases[i].status);
        assert_int_equal(problem_is_set(&problem), cases[i].status != STATUS_OK);
        assert_int_equal(problem.remedy[0] != '\0', cases[i].status != STATUS_OK);
    }
}

static void every_router_is_a_host_of_the_subnet(void **state)
{
    (void)state;
    struct network network = network_with("192.0.2.0/24", "192.0.2.100", "192.0.2.199");
    network.routers[0] = ip("192.0.2.1");
    network.routers[1] = ip("198.51.100.1");
    network.router_count = 1;
    assert_int_equal(network_check(&network, NULL), STATUS_OK);
    network.router_count = 2;
    struct problem problem = {0};
    assert_int_equal(network_check(&network, &problem), STATUS_CONFLICT);
    assert_string_equal(problem.text, "the router 198.51.100.1 is not a host address of 192.0.2.0/24");
    network.routers[1] = ip("192.0.2.255");
    assert_int_equal(network_check(&network, NULL), STATUS_CONFLICT);
}

static void servers_may_be_anywhere(void **state)
{
    (void)state;
    struct network network = network_with("192.0.2.0/24", "192.0.2.100", "192.0.2.199");
    network.dns[0] = ip("198.51.100.53");
    network.dns_count = 1;
    assert_int_equal(network_check(&network, NULL), STATUS_OK);
}

static void a_lease_shorter_than_two_minutes_is_refused(void **state)
{
    (void)state;
    struct network network = network_with("192.0.2.0/24", "192.0.2.100", "192.0.2.199");
    network.lease_s = NETWORK_LEASE_LEAST_S;
    assert_int_equal(network_check(&network, NULL), STATUS_OK);
    network.lease_s = UINT32_MAX;
    assert_int_equal(network_check(&network, NULL), STATUS_OK);
    network.lease_s = NETWORK_LEASE_LEAST_S - 1;
    struct problem problem = {0};
    assert_int_equal(network_check(&network, &problem), STATUS_CONFLICT);
    assert_string_equal(problem.remedy, "use 2m or more");
}

static void a_range_is_two_addresses_with_a_dash(void **state)
{
    (void)state;
    struct ip4 first = {0};
    struct ip4 last = {0};
    assert_int_equal(network_range_parse("192.0.2.100-192.0.2.199", &first, &last), STATUS_OK);
    assert_int_equal(first.value, 0xc0000264);
    assert_int_equal(last.value, 0xc00002c7);
}

static void anything_else_is_no_range_and_leaves_the_result_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "-",
        "192.0.2.100",
        "192.0.2.100-",
        "-192.0.2.100",
        "192.0.2.100 - 192.0.2.199",
        "192.0.2.100-199",
        "192.0.2.100-192.0.2.199-192.0.2.200",
        "192.0.2.100-192.0.2.256",
        "192.000.002.1000000-192.0.2.199",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct ip4 first = {1};
        struct ip4 last = {2};
        assert_int_equal(network_range_parse(texts[i], &first, &last), STATUS_MALFORMED);
        assert_int_equal(first.value, 1);
        assert_int_equal(last.value, 2);
    }
}

static void networks_with_one_name_are_one_wire_and_those_without_are_alone(void **state)
{
    (void)state;
    struct network networks[] = {{.subnet = {{0x0a000000}, 24}, .shared = "hall"},
                                 {.subnet = {{0x0a000100}, 24}, .shared = "hall"},
                                 {.subnet = {{0x0a000200}, 24}, .shared = "cellar"},
                                 {.subnet = {{0x0a000300}, 24}},
                                 {.subnet = {{0x0a000400}, 24}}};
    assert_true(network_is_same_wire(&networks[0], &networks[1]));
    assert_false(network_is_same_wire(&networks[0], &networks[2]));
    assert_false(network_is_same_wire(&networks[3], &networks[4]));
    assert_true(network_is_same_wire(&networks[3], &networks[3]));
    for (uint32_t i = 0; i < COUNT_OF(networks); i++) {
        struct ip4 address = {0x0a000005u + i * 256};
        const struct network *found =
            network_find_on_wire(networks, COUNT_OF(networks), &networks[0], address);
        assert_ptr_equal(found, i < 2 ? &networks[i] : NULL);
    }
    assert_null(network_find_on_wire(NULL, 0, &networks[4], (struct ip4){0x0a000305u}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_with_one_name_are_one_wire_and_those_without_are_alone),
        cmocka_unit_test(a_range_lies_inside_its_subnet_in_order),
        cmocka_unit_test(every_router_is_a_host_of_the_subnet),
        cmocka_unit_test(servers_may_be_anywhere),
        cmocka_unit_test(a_lease_shorter_than_two_minutes_is_refused),
        cmocka_unit_test(a_range_is_two_addresses_with_a_dash),
        cmocka_unit_test(anything_else_is_no_range_and_leaves_the_result_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
