// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dhcp_option.h"

#include "unit/test.h"
#include "wire/dhcp4_options.h"

static struct dhcp_option_set set;
static struct problem problem;

static const struct dhcp_definitions definitions = {
    .items = {{.name = "phone-server", .code = 225, .type = DHCP_OPTION_IP_LIST},
              {.name = "controller", .code = 60, .type = DHCP_OPTION_IP, .vendor = "ArubaAP"},
              {.name = "menu", .code = 3, .type = DHCP_OPTION_STRING, .vendor = "Aruba"}},
    .count = 3};

static int set_up(void **state)
{
    (void)state;
    dhcp_option_set_init(&set);
    problem = (struct problem){0};
    return 0;
}

static enum status read(const char *pair)
{
    problem_clear(&problem);
    return dhcp_option_parse_pair(&set, &definitions, pair, &problem);
}

static void assert_bytes(uint8_t code, const void *bytes, size_t count)
{
    const struct dhcp_option_entry *entry = dhcp_option_find(&set, code);
    assert_non_null(entry);
    assert_int_equal(entry->length, count);
    assert_memory_equal(dhcp_option_data(&set, entry), bytes, count);
}

#define ASSERT_READ(pair, code, bytes)                                                                       \
    assert_int_equal(read(pair), STATUS_OK);                                                                 \
    assert_bytes(code, bytes, sizeof(bytes) - 1)

static void values_become_the_bytes_that_go_out(void **state)
{
    (void)state;
    ASSERT_READ("ntp-servers=192.0.2.1, 192.0.2.2", 42, "\xc0\x00\x02\x01\xc0\x00\x02\x02");
    ASSERT_READ("42=192.0.2.3", 42, "\xc0\x00\x02\x03");
    ASSERT_READ("interface-mtu=1400", 26, "\x05\x78");
    ASSERT_READ("mtu=0x578", 26, "\x05\x78");
    ASSERT_READ("default-ttl=64", 23, "\x40");
    ASSERT_READ("renewal-time=30m", 58, "\x00\x00\x07\x08");
    ASSERT_READ("time-offset=-3600", 2, "\xff\xff\xf1\xf0");
    ASSERT_READ("ip-forwarding=yes", 19, "\x01");
    ASSERT_READ("domain-name=example.org", 15, "example.org");
    ASSERT_READ("static-routes=10.0.0.0 192.0.2.1", 33, "\x0a\x00\x00\x00\xc0\x00\x02\x01");
    ASSERT_READ("path-mtu-plateaus=68,1500", 25, "\x00\x44\x05\xdc");
    ASSERT_READ("slp-directory-agents=yes, 192.0.2.1", 78, "\x01\xc0\x00\x02\x01");
    ASSERT_READ("slp-service-scopes=no, office", 79, "\x00office");
    ASSERT_READ("sip-servers=192.0.2.1", 120, "\x01\xc0\x00\x02\x01");
    ASSERT_READ("sip-servers=a.example", 120,
                "\x00\x01"
                "a\x07"
                "example\x00");
    ASSERT_READ("224=01:02", 224, "\x01\x02");
    ASSERT_READ("224=hex:0x0304", 224, "\x03\x04");
    ASSERT_READ("phone-server=192.0.2.9", 225, "\xc0\x00\x02\x09");
}

// RFC 3442: as many octets of the network as its prefix covers.
static void routes_are_as_short_as_their_prefix(void **state)
{
    (void)state;
    ASSERT_READ("classless-routes=10.0.0.0/8 192.0.2.1, default via 192.0.2.2, 192.0.2.128/25 192.0.2.3", 121,
                "\x08\x0a\xc0\x00\x02\x01"
                "\x00\xc0\x00\x02\x02"
                "\x19\xc0\x00\x02\x80\xc0\x00\x02\x03");
}

// RFC 3397: names end in pointers to what stood before.
static void search_lists_are_compressed(void **state)
{
    (void)state;
    ASSERT_READ("domain-search=eng.apple.com., marketing.apple.com", 119,
                "\x03"
                "eng\x05"
                "apple\x03"
                "com\x00"
                "\x09"
                "marketing\xc0\x04");
}

static void a_value_of_another_type_is_refused_with_what_it_takes(void **state)
{
    (void)state;
    static const struct {
        const char *pair;
        const char *text;
        const char *remedy;
    } rows[] = {
        {"ntp-servers=pool.ntp.org", "'ntp-servers' (42) cannot be 'pool.ntp.org'", "IPv4 addresses"},
        {"subnet-mask=1.2.3.4, 1.2.3.5", "'subnet-mask' (1) cannot be", "an IPv4 address"},
        {"interface-mtu=70000", "cannot be '70000'", "0 to 65535"},
        {"ip-forwarding=maybe", "cannot be 'maybe'", "yes or no"},
        {"classless-routes=10.0.0.1/8 192.0.2.1", "cannot be", "networks with their routers"},
        {"domain-search=a..b", "cannot be 'a..b'", "domain names"},
        {"sip-servers=192.0.2.1, a.example", "cannot be", "but not both"},
        {"domain-name=a\tb", "cannot be 'a\\x09b'", "a text without"},
        {"224=xyz", "(224) cannot be 'xyz'", "bytes in hex"},
        {"224=hex:012", "cannot be", "bytes in hex"},
        {"controller=x", "(ArubaAP 60) cannot be 'x'", "an IPv4 address"},
        {"dns-severs=1.2.3.4", "there is no DHCP option 'dns-severs'", "did you mean 'dns-servers'?"},
        {"255=1", "there is no DHCP option '255'", "1 to 254"},
        {"no value", "'no value' is not a DHCP option", "NAME=VALUE"},
        {"=x", "is not a DHCP option", "NAME=VALUE"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_not_equal(read(rows[i].pair), STATUS_OK);
        if (strstr(problem.text, rows[i].text) == NULL || strstr(problem.remedy, rows[i].remedy) == NULL) {
            fail_msg("%s: %s; %s", rows[i].pair, problem.text, problem.remedy);
        }
    }
    assert_int_equal(set.count, 0);
}

static void what_makes_the_conversation_is_imprints_own(void **state)
{
    (void)state;
    static const char *const pairs[] = {"lease-time=60", "server-identifier=1.2.3.4", "53=hex:01",
                                        "61=01:02",      "relay-agent=01:01:00",      "97=00",
                                        "overload=1"};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        assert_int_equal(read(pairs[i]), STATUS_DENIED);
        assert_true(problem_is_set(&problem));
    }
    assert_int_equal(read("lease-time=60"), STATUS_DENIED);
    assert_non_null(strstr(problem.remedy, "'lease'"));
    assert_int_equal(read("boot-file-name=phone.cnf"), STATUS_OK);
    assert_true(dhcp_option_is_ours(67, true));
    assert_false(dhcp_option_is_ours(67, false));
}

// Every option of IANA's that may be set can be given as bytes, is printed so that it is read again as the
// same bytes, and its name leads back to its code.
static void every_option_prints_as_it_is_read(void **state)
{
    (void)state;
    const struct dhcp4_option_row *row;
    for (size_t i = 0; (row = dhcp4_option_at(i)) != NULL; i++) {
        char pair[DHCP_OPTION_LINE_BYTES];
        struct text text;
        if (dhcp_option_is_ours(row->code, false)) {
            continue;
        }
        for (unsigned bytes = row->least_bytes; bytes < 40u; bytes++) {
            static uint8_t data[40];
            memset(data, 'a', sizeof data);
            dhcp_option_set_init(&set);
            assert_int_equal(dhcp_option_put(&set, row->code, data, bytes, bytes % 2 == 0), STATUS_OK);
            text_init(&text, pair, sizeof pair);
            dhcp_option_print_name(&set, &set.entries[0], NULL, &text);
            text_add(&text, "=");
            dhcp_option_print_value(&set, &set.entries[0], NULL, &text);
            struct dhcp_option_set again = {0};
            if (bytes != 0) {
                assert_int_equal(dhcp_option_parse_pair(&again, NULL, pair, &problem), STATUS_OK);
                assert_memory_equal(&again, &set, sizeof set);
            }
        }
    }
}

static void the_names_of_other_servers_are_taken(void **state)
{
    (void)state;
    ASSERT_READ("domain-name-servers=192.0.2.1", 6, "\xc0\x00\x02\x01"); // ISC dhcpd, Kea
    ASSERT_READ("ROUTER=192.0.2.1", 3, "\xc0\x00\x02\x01");              // dnsmasq
    ASSERT_READ("rfc3442-classless-static-routes=0.0.0.0/0 192.0.2.1", 121, "\x00\xc0\x00\x02\x01");
}

static void the_particular_lies_over_the_general(void **state)
{
    (void)state;
    struct dhcp_option_set over = {0};
    assert_int_equal(read("ntp-servers=192.0.2.1"), STATUS_OK);
    assert_int_equal(read("domain-name=example.org"), STATUS_OK);
    assert_int_equal(read("time-servers=192.0.2.5"), STATUS_OK);
    assert_int_equal(dhcp_option_parse_pair(&over, NULL, "ntp-servers=192.0.2.77", NULL), STATUS_OK);
    assert_int_equal(dhcp_option_parse_pair(&over, NULL, "domain-name=", NULL), STATUS_OK);
    assert_int_equal(dhcp_option_merge(&set, &over), STATUS_OK);
    assert_bytes(42, "\xc0\x00\x02\x4d", 4);
    assert_true(dhcp_option_find(&set, 15)->is_none);
    assert_bytes(4, "\xc0\x00\x02\x05", 4);
    assert_int_equal(set.count, 3);
}

static void equal_sets_are_equal_as_memory_whatever_came_first(void **state)
{
    (void)state;
    struct dhcp_option_set other = {0};
    assert_int_equal(read("domain-name=example.org"), STATUS_OK);
    assert_int_equal(read("ntp-servers=192.0.2.1"), STATUS_OK);
    assert_int_equal(read("menu=a"), STATUS_OK);
    assert_int_equal(dhcp_option_parse_pair(&other, &definitions, "menu=other", NULL), STATUS_OK);
    assert_int_equal(dhcp_option_parse_pair(&other, &definitions, "ntp-servers=192.0.2.1", NULL), STATUS_OK);
    assert_int_equal(dhcp_option_parse_pair(&other, &definitions, "menu=a", NULL), STATUS_OK);
    assert_int_equal(dhcp_option_parse_pair(&other, &definitions, "domain-name=example.org", NULL),
                     STATUS_OK);
    assert_memory_equal(&set, &other, sizeof set);
}

static void a_vendors_options_go_into_43_for_its_clients(void **state)
{
    (void)state;
    assert_int_equal(read("controller=192.0.2.1"), STATUS_OK);
    assert_int_equal(read("menu=hi"), STATUS_OK);
    struct dhcp_option_set all = set;
    dhcp_option_resolve(&set, "ArubaAP 7240");
    assert_int_equal(set.count, 1);
    assert_bytes(43, "\x03\x02hi\x3c\x04\xc0\x00\x02\x01", 10);
    assert_true(dhcp_option_find(&set, 43)->is_forced);
    set = all;
    dhcp_option_resolve(&set, "Aruba switch");
    assert_bytes(43, "\x03\x02hi", 4);
    set = all;
    dhcp_option_resolve(&set, "PXEClient");
    assert_int_equal(set.count, 0);
    set = all;
    assert_int_equal(read("43=01:01:05"), STATUS_OK);
    dhcp_option_resolve(&set, "ArubaAP");
    assert_bytes(43, "\x01\x01\x05", 3);
}

static void a_full_set_says_so_and_stays_as_it_was(void **state)
{
    (void)state;
    static uint8_t data[DHCP_OPTION_BYTES_MOST];
    assert_int_equal(dhcp_option_put(&set, 200, data, 1024, false), STATUS_OK);
    assert_int_equal(dhcp_option_put(&set, 201, data, 376, false), STATUS_OK);
    struct dhcp_option_set before = set;
    assert_int_equal(dhcp_option_put(&set, 202, data, 1, false), STATUS_FULL);
    assert_int_equal(read("domain-name=x"), STATUS_FULL);
    assert_non_null(strstr(problem.text, "no room for DHCP option 'domain-name'"));
    assert_memory_equal(&set, &before, sizeof set);
    assert_int_equal(dhcp_option_put(&set, 200, data, 1000, false), STATUS_OK); // in place of the larger one
    dhcp_option_set_init(&set);
    for (unsigned i = 0; i < DHCP_OPTIONS_MOST; i++) {
        assert_int_equal(dhcp_option_put(&set, (uint8_t)(100 + i), data, 1, false), STATUS_OK);
    }
    assert_int_equal(dhcp_option_put(&set, 99, data, 1, false), STATUS_FULL);
    assert_int_equal(dhcp_option_put(&set, 100, data, 1, false), STATUS_OK);
}

static void definitions_keep_off_what_has_a_meaning(void **state)
{
    (void)state;
    struct dhcp_definition good = {.name = "own", .code = 224, .type = DHCP_OPTION_STRING};
    struct dhcp_definition known = {.name = "own", .code = 42, .type = DHCP_OPTION_STRING};
    struct dhcp_definition ours = {.name = "own", .code = 54, .type = DHCP_OPTION_IP};
    struct dhcp_definition name = {.name = "dns-servers", .code = 230, .type = DHCP_OPTION_STRING};
    struct dhcp_definition number = {.name = "42", .code = 230, .type = DHCP_OPTION_STRING};
    struct dhcp_definition inside = {.name = "own", .code = 42, .type = DHCP_OPTION_STRING, .vendor = "X"};
    assert_int_equal(dhcp_definition_check(&good, NULL), STATUS_OK);
    assert_int_equal(dhcp_definition_check(&inside, NULL), STATUS_OK);
    assert_int_equal(dhcp_definition_check(&known, &problem), STATUS_EXISTS);
    assert_non_null(strstr(problem.text, "'ntp-servers'"));
    assert_int_equal(dhcp_definition_check(&ours, NULL), STATUS_DENIED);
    assert_int_equal(dhcp_definition_check(&name, NULL), STATUS_EXISTS);
    assert_int_equal(dhcp_definition_check(&number, NULL), STATUS_MALFORMED);
}

static void lines_that_are_not_understood_are_left_out(void **state)
{
    (void)state;
    dhcp_option_parse_lines(&set, &definitions, "nonsense\nntp-servers=192.0.2.1\n\n999=1\nmenu=a");
    assert_int_equal(set.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_become_the_bytes_that_go_out, set_up),
        cmocka_unit_test_setup(routes_are_as_short_as_their_prefix, set_up),
        cmocka_unit_test_setup(search_lists_are_compressed, set_up),
        cmocka_unit_test_setup(a_value_of_another_type_is_refused_with_what_it_takes, set_up),
        cmocka_unit_test_setup(what_makes_the_conversation_is_imprints_own, set_up),
        cmocka_unit_test_setup(every_option_prints_as_it_is_read, set_up),
        cmocka_unit_test_setup(the_names_of_other_servers_are_taken, set_up),
        cmocka_unit_test_setup(the_particular_lies_over_the_general, set_up),
        cmocka_unit_test_setup(equal_sets_are_equal_as_memory_whatever_came_first, set_up),
        cmocka_unit_test_setup(a_vendors_options_go_into_43_for_its_clients, set_up),
        cmocka_unit_test_setup(a_full_set_says_so_and_stays_as_it_was, set_up),
        cmocka_unit_test_setup(definitions_keep_off_what_has_a_meaning, set_up),
        cmocka_unit_test_setup(lines_that_are_not_understood_are_left_out, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
