// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/config.h"

#include "base/text.h"
#include "unit/test.h"

#include <stdlib.h>
#include <unistd.h>

static enum status parse(const char *text, struct config *config, struct problem *problem)
{
    problem_clear(problem);
    return config_parse(text, strlen(text), "test.yaml", config, problem);
}

// Expects `text` to be refused at line:column with `said` in the problem's text and remedy.
static void assert_refused(const char *text, unsigned line, unsigned column, const char *said)
{
    struct config config;
    struct problem problem;
    char printed[1200];
    assert_int_not_equal(parse(text, &config, &problem), STATUS_OK);
    problem_print(&problem, printed, sizeof printed);
    if (strstr(printed, said) == NULL) {
        fail_msg("'%s' does not say '%s'", printed, said);
    }
    assert_string_equal(problem.file, "test.yaml");
    assert_int_equal(problem.line, line);
    assert_int_equal(problem.column, column);
}

static void an_empty_file_means_the_defaults(void **state)
{
    (void)state;
    struct config config;
    struct config defaults;
    struct problem problem;
    config_init(&defaults);
    static const char *const empty[] = {"", "# nothing\n", "---\n", "dhcp:\n", "\xef\xbb\xbf# with a mark\n"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        assert_int_equal(parse(empty[i], &config, &problem), STATUS_OK);
        assert_string_equal(config.file, "test.yaml");
        config.file[0] = '\0';
        assert_memory_equal(config.state, defaults.state, sizeof config.state);
        assert_int_equal(config.dhcp_mode, CONFIG_DHCP_AUTO);
        assert_int_equal(config.http_port, 80);
        assert_int_equal(config.https_port, 443);
        assert_int_equal(config.https_certificate[0], 0);
        assert_int_equal(config.policy.unknown, POLICY_UNKNOWN_HOLD);
        assert_int_equal(config.policy.targets_most, POLICY_TARGETS_DEFAULT);
        assert_int_equal(config.policy.prompt, POLICY_PROMPT_NONE);
        assert_int_equal(config.policy.prompt_timeout_s, POLICY_PROMPT_S_DEFAULT);
        assert_string_equal(config.user, "imprint");
        assert_string_equal(config.control_socket, "/run/imprint/control.sock");
        assert_int_equal(config.interface_count, 0);
        assert_int_not_equal(config.server_name[0], '\0');
    }
}

static void every_key_of_the_example_arrives(void **state)
{
    (void)state;
    struct config config;
    struct problem problem = {0};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/server.yaml", getenv("EXAMPLES"));
    assert_int_equal(config_load(path, &config, &problem), STATUS_OK);
    assert_string_equal(config.interfaces[0], "br0");
    assert_int_equal(config.interface_count, 1);
    assert_int_equal(config.dhcp_mode, CONFIG_DHCP_SERVER);
    assert_int_equal(config.subnet_count, 1);
    char text[SUBNET_TEXT_BYTES];
    const struct network *network = &config.subnets[0];
    assert_string_equal(subnet_print(network->subnet, text), "192.168.77.0/24");
    assert_string_equal(ip4_print(network->first, text), "192.168.77.100");
    assert_string_equal(ip4_print(network->last, text), "192.168.77.199");
    assert_int_equal(network->router_count, 1);
    assert_string_equal(ip4_print(network->dns[0], text), "192.168.77.1");
    assert_string_equal(network->domain, "example.test");
    assert_int_equal(network->lease_s, 3600);
    assert_string_equal(config.tftp_root, "/srv/tftp");
}

static void all_examples_are_accepted_and_printed_so_that_they_are_read_back(void **state)
{
    (void)state;
    static const char *const names[] = {"server", "proxy", "home", "campus"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct config config;
        struct config again;
        struct problem problem = {0};
        char path[512];
        char *printed = NULL;
        size_t bytes = 0;
        (void)snprintf(path, sizeof path, "%s/%s.yaml", getenv("EXAMPLES"), names[i]);
        if (config_load(path, &config, &problem) != STATUS_OK) {
            char text[1200];
            fail_msg("%s", problem_print(&problem, text, sizeof text));
        }
        FILE *out = open_memstream(&printed, &bytes);
        config_print(&config, out);
        assert_int_equal(fclose(out), 0);
        if (config_parse(printed, bytes, config.file, &again, &problem) != STATUS_OK) {
            char text[1200];
            fail_msg("%s\n%s", problem_print(&problem, text, sizeof text), printed);
        }
        assert_memory_equal(&config, &again, sizeof config);
        free(printed);
    }
}

static void an_unknown_key_is_told_with_its_nearest(void **state)
{
    (void)state;
    assert_refused("dhcp:\n  mdoe: server\n", 2, 3, "there is no key 'mdoe' in 'dhcp'; did you mean 'mode'?");
    assert_refused("interface: [eth0]\n", 1, 1, "did you mean 'interfaces'?");
    assert_refused("tfpt: { root: / }\n", 1, 1, "did you mean 'tftp'?");
    assert_refused("banana: 1\n", 1, 1,
                   "allowed here: interfaces, state, server_name, user, dhcp, dhcp6, tftp, http, ftp, https, "
                   "menu, mirrors, policy");
    assert_refused("dhcp:\n  subnets:\n    - netwrok: 10.0.0.0/8\n", 3, 7, "did you mean 'network'?");
    assert_refused("dhcp.mode: auto\n", 1, 1, "there is no key 'dhcp.mode'");
    assert_refused("dhcp: { 'subnets[]': {} }\n", 1, 9, "there is no key 'subnets[]'");
    assert_refused("'': 1\n", 1, 1, "there is no key ''");
    assert_refused("\"\\e[31m\": 1\n", 1, 1, "there is no key '\\x1b[31m'");
}

static void ftp_keys_that_cannot_work_are_refused(void **state)
{
    (void)state;
    assert_refused("ftp: { port: 80 }\n", 1, 8, "'ftp.port' 80 is the port of 'http.port'");
    assert_refused("ftp: { port: 21, passive_ports: 900-1100 }\n", 1, 18, "ports below 1024");
    assert_refused("ftp: { idle: 5s }\n", 1, 14, "'ftp.idle' cannot be '5s'");
}

static void a_bad_value_is_told_with_what_is_allowed(void **state)
{
    (void)state;
    assert_refused("dhcp: { mode: sever }\n", 1, 15,
                   "did you mean server? It takes auto, server, proxy or off");
    assert_refused("http: { port: 0 }\n", 1, 15, "a number from 1 to 65535");
    assert_refused("http: { port: 65536 }\n", 1, 15, "'http.port' cannot be '65536'");
    assert_refused("http: { port: }\n", 1, 15, "'http.port' has no value");
    assert_refused("https: { port: 65536 }\n", 1, 16, "'https.port' cannot be '65536'");
    assert_refused("https: { port: 80 }\n", 1, 10, "are the same");
    assert_refused("https: { port: 0, boot: yes }\n", 1, 19, "there is no HTTPS");
    assert_refused("http: { port: 443 }\n", 1, 9, "are the same");
    assert_refused("https: { key: /a }\n", 1, 10, "'https.certificate' is not");
    assert_refused("https: { certificate: /a }\n", 1, 10, "'https.key' is not");
    assert_refused("state: var\n", 1, 8, "an absolute path");
    assert_refused("state: /var/../etc\n", 1, 8, "without \"..\"");
    assert_refused("state: \"/a\\nb\"\n", 1, 8, "'/a\\x0ab'");
    assert_refused("state: \"/a\\Lb\"\n", 1, 8, "an absolute path");
    assert_refused("state: \"/a\\0b\"\n", 1, 8, "NUL");
    assert_refused("interfaces: [averyverylongname0]\n", 1, 14, "at most 15 characters");
    assert_refused("interfaces: eth0\n", 1, 13, "'interfaces' must be a list");
    assert_refused("interfaces: [[eth0]]\n", 1, 14, "must be a single value, not a list");
    assert_refused("user: 'ro ot'\n", 1, 7, "the name of an account");
    assert_refused("server_name: 'a b'\n", 1, 14, "letters, digits");
    assert_refused("dhcp: server\n", 1, 7, "'dhcp' must be a group of 'key: value' lines");
    assert_refused("- a\n", 1, 1, "a configuration must be a group");
    assert_refused("[a]: b\n", 1, 1, "a key must be a single value");
    assert_refused("state: /a\nhttp: {port: 80}\nstate: /b\n", 3, 1, "first in line 1");
    assert_refused("http: {port: 80}\nhttp: {port: 81}\n", 2, 8, "'http.port' is here twice");
}

#define SUBNET "dhcp:\n  subnets:\n  - network: 10.0.0.0/24\n"

static void a_subnet_must_make_sense(void **state)
{
    (void)state;
    assert_refused("dhcp: { subnets: [ { network: 10.0.0.0/24 } ] }\n", 1, 20, "has no 'range'");
    assert_refused("dhcp: { subnets: [ { network: 10.0.0.5/24 } ] }\n", 1, 31, "host bits are zero");
    assert_refused(SUBNET "    range: 10.0.1.1-10.0.1.9\n", 4, 5,
                   "10.0.1.1 of the range is not inside 10.0.0.0/24");
    assert_refused(SUBNET "    range: 10.0.0.9-10.0.1.9\n", 4, 5, "10.0.1.9 of the range is not inside");
    assert_refused(SUBNET "    range: 10.0.0.0-10.0.0.9\n", 4, 5, "");
    assert_refused(SUBNET "    range: 10.0.0.1\n", 4, 12, "two addresses with '-' between");
    assert_refused(SUBNET "    range: 10.0.0.1-10.0.0.9\n    routers: [10.0.9.1]\n", 5, 5,
                   "the router 10.0.9.1 is not inside 10.0.0.0/24");
    assert_refused(SUBNET "    range: 10.0.0.1-10.0.0.9\n    lease: 5s\n", 5, 12,
                   "a duration of at least 2m");
    assert_refused(
        SUBNET "    range: 10.0.0.1-10.0.0.9\n    dns: [10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1]\n",
        5, 51, "more than 4 values");
    assert_refused(
        SUBNET "    range: 10.0.0.1-10.0.0.9\n  - network: 10.0.0.128/25\n    range: 10.0.0.130-10.0.0.131\n",
        5, 5, "10.0.0.128/25 overlaps 10.0.0.0/24 of line 3");
}

#define RANGE SUBNET "    range: 10.0.0.1-10.0.0.9\n"

static void ranges_exclusions_and_leases_must_fit_the_network(void **state)
{
    (void)state;
    assert_refused(RANGE "    ranges:\n    - range: 10.0.0.5-10.0.0.20\n", 6, 7, "another range");
    assert_refused(RANGE "    ranges:\n    - bootp: yes\n", 6, 7, "has no 'range'");
    assert_refused(RANGE "    ranges:\n    - {range: 10.0.0.20-10.0.0.30, classes: [x]}\n", 6, 46,
                   "there is no class 'x'");
    assert_refused(SUBNET "    ranges:\n    - range: 10.0.1.5-10.0.1.9\n", 5, 7, "is not inside");
    assert_refused(RANGE "    exclude: [10.0.1.1]\n", 5, 5, "10.0.1.1 of what is excluded is not inside");
    assert_refused(RANGE "    exclude: [10.0.0.3-10.0.0.1]\n", 5, 5, "ends before it begins");
    assert_refused(RANGE "    lease_min: 2h\n", 5, 5, "'lease_min' is 2h, but leases last only 1h");
    assert_refused(RANGE "    lease_max: 30m\n", 5, 5, "'lease_max' is 30m, but leases last 1h");
    assert_refused(RANGE "    unknown: maybe\n", 5, 14, "default, hold, local or refuse");
}

// What is wrong with an option is told at its own line, though definitions may stand behind it.
static void options_are_checked_by_type_at_their_line(void **state)
{
    (void)state;
    assert_refused("dhcp:\n  options:\n    ntp-servers: [192.0.2.1, x]\n", 3, 5,
                   "'ntp-servers' (42) cannot be 'x'");
    assert_refused("dhcp:\n  options:\n    dns-severs: 192.0.2.1\n", 3, 5, "did you mean 'dns-servers'?");
    assert_refused("dhcp:\n  options: {lease-time: 60}\n", 2, 13, "'lease-time' (51) is imprint's own");
    assert_refused("dhcp:\n  options: {routers: 192.0.2.1, 3: 192.0.2.1}\n", 2, 33, "'3' is here twice");
    assert_refused("dhcp:\n  options: [a]\n", 2, 12, "must be a group of options");
    assert_refused("dhcp:\n  options: {routers: {a: b}}\n", 2, 22, "must be a single value");
    assert_refused("dhcp:\n  options:\n    own: x\n  definitions: [{name: own, code: 224, type: uint8}]\n", 3,
                   5, "'own' (224) cannot be 'x'");
    assert_refused("dhcp:\n  definitions:\n  - {name: own, code: 42, type: ip}\n", 3, 6,
                   "42 is 'ntp-servers' already");
    assert_refused("dhcp:\n  definitions:\n  - {name: a, code: 224, type: ip}\n"
                   "  - {name: b, code: 224, type: ip}\n",
                   4, 6, "defined already, as 'a'");
    assert_refused("dhcp:\n  definitions: [{name: a, code: 0, type: ip}]\n", 2, 33, "1 to 254");
    assert_refused("dhcp:\n  definitions: [{name: a, code: 224, type: text}]\n", 2, 44, "domain-list");
    assert_refused(RANGE "    options: {mtu: 1}\n    options: {}\n", 6, 5, "is here twice");
}

static void classes_say_what_they_match(void **state)
{
    (void)state;
    assert_refused("dhcp: {classes: [{name: a}, {name: a}]}\n", 1, 30, "two classes called 'a'");
    assert_refused("dhcp: {classes: [{match: {}}]}\n", 1, 18, "has no 'name'");
    assert_refused("dhcp: {classes: [{name: a, match: {vendor: x}}]}\n", 1, 36,
                   "there is no key 'vendor' in 'dhcp.classes'");
    assert_refused("dhcp: {classes: [{name: a, match: {mac: ['5x']}}]}\n", 1, 42, "52:54:00");
    assert_refused("dhcp: {classes: [{name: a, match: {architecture: [pdp11]}}]}\n", 1, 51, "x64-uefi");
    assert_refused("dhcp: {classes: [{name: a, match: {uuid: 1}}]}\n", 1, 42, "a UUID, or the first");
}

static void impossible_combinations_are_refused(void **state)
{
    (void)state;
    assert_refused("dhcp:\n  mode: server\n", 2, 3, "add the network to 'dhcp.subnets'");
    assert_refused(SUBNET "    range: 10.0.0.1-10.0.0.9\n  mode: proxy\n", 2, 3,
                   "'dhcp.mode' is proxy and gives none");
    assert_refused("interfaces: [a, b, a]\n", 1, 1, "names a twice");
}

#define SUBNET6 "dhcp6:\n  mode: server\n  subnets:\n  - prefix: 2001:db8:1::/64\n"
#define RANGE6  SUBNET6 "    range: 2001:db8:1::1000-2001:db8:1::1fff\n"

static void networks_of_dhcpv6_are_read_and_must_make_sense(void **state)
{
    (void)state;
    struct config config;
    struct problem problem;
    assert_int_equal(parse("", &config, &problem), STATUS_OK);
    assert_int_equal(config.dhcp6.mode, CONFIG_DHCP6_OFF);
    assert_int_equal(config.dhcp6.preference, 255);
    assert_int_equal(parse(RANGE6 "    exclude: [2001:db8:1::1000, 2001:db8:1::1100-2001:db8:1::11ff]\n"
                                  "    dns: [2001:db8::53]\n    domain: lab.example\n"
                                  "    lease: 2h\n    lease_preferred: 1h\n"
                                  "    router_advertisements: managed\n    router: yes\n",
                           &config, &problem),
                     STATUS_OK);
    assert_int_equal(config.dhcp6.mode, CONFIG_DHCP6_SERVER);
    assert_int_equal(config.dhcp6.subnet_count, 1);
    const struct network6 *network = &config.dhcp6.subnets[0];
    assert_int_equal(network->prefix_bits, 64);
    assert_int_equal(network->range.last.octets[14], 0x1f);
    assert_int_equal(network->excluded_count, 2);
    assert_int_equal(network->dns_count, 1);
    assert_string_equal(network->domain, "lab.example");
    assert_int_equal(network->valid_s, 7200);
    assert_int_equal(network->preferred_s, 3600);
    assert_int_equal(network->lease_boot_s, 300);
    assert_int_equal(network->advertise, NETWORK6_ADVERTISE_MANAGED);
    assert_true(network->is_router);
    assert_refused("dhcp6:\n  mode: server\n", 2, 3, "add 'dhcp6.subnets'");
    assert_refused(SUBNET6 "  - prefix: 2001:db8::/32\n", 5, 5, "overlaps that of line 4");
    assert_refused(SUBNET6 "    range: 2001:db8:2::1-2001:db8:2::2\n", 5, 5, "inside the network");
    assert_refused(SUBNET6 "    router_advertisements: managed\n", 5, 5, "has no 'range'");
    assert_refused(SUBNET6 "    router: yes\n", 5, 5, "'router_advertisements' is off");
    assert_refused(RANGE6 "    lease_preferred: 2h\n", 6, 5, "make 'lease_preferred' shorter");
    assert_refused(RANGE6 "    lease_boot: 1m\n", 6, 5, "0s for a whole lease");
    assert_refused("dhcp6:\n  mode: stateless\n  subnets:\n  - prefix: 2001:db8::/64\n"
                   "    router_advertisements: managed\n",
                   5, 5, "is stateless");
    assert_refused(
        "dhcp6: {mode: server, subnets: [{prefix: '2001:db8::/48', router_advertisements: slaac}]}\n", 1, 59,
        "use a /64");
    assert_refused("dhcp6: {subnets: [{prefix: 2001:db8::1/64}]}\n", 1, 28, "behind the prefix are zero");
    assert_refused("dhcp6: {subnets: [{prefix: 2001:db8::/64, dns: ['ff02::1']}]}\n", 1, 49,
                   "an IPv6 address");
}

static void tftp_is_what_in_tftpd_was_and_more(void **state)
{
    (void)state;
    struct config config;
    struct problem problem;
    assert_int_equal(parse("", &config, &problem), STATUS_OK);
    assert_int_equal(config.tftp.blksize_most, 65464);
    assert_int_equal(config.tftp.transfers_most, 16384);
    assert_int_equal(config.tftp.per_client_most, 64);
    assert_int_equal(config.tftp.requests_per_client, 500);
    assert_true(config.tftp.has_multicast);
    assert_false(config.tftp.is_single_port);
    assert_int_equal(config.tftp.ports.first, 0);
    assert_int_equal(parse("tftp:\n  map: /etc/tftp.map\n  ports: 50000-50003\n  threads: 4\n"
                           "  refuse: [tsize, utimeout]\n  rate: 100M\n  rate_per_client: 1536K\n"
                           "  upload: {folder: /srv/tftp/in, size_max: 2G}\n  multicast: off\n"
                           "  multicast_groups: 239.1.0.0-239.1.0.9\n",
                           &config, &problem),
                     STATUS_OK);
    assert_string_equal(config.tftp.map, "/etc/tftp.map");
    assert_int_equal(config.tftp.ports.first, 50000);
    assert_int_equal(config.tftp.ports.last, 50003);
    assert_int_equal(config.tftp.refused_count, 2);
    assert_int_equal(config.tftp.refused[0], CONFIG_TFTP_TSIZE);
    assert_int_equal(config.tftp.refused[1], CONFIG_TFTP_UTIMEOUT);
    assert_int_equal(config.tftp.rate, 100u << 20);
    assert_int_equal(config.tftp.rate_per_client, 1536u << 10);
    assert_string_equal(config.tftp.upload_folder, "/srv/tftp/in");
    assert_int_equal(config.tftp.upload_size_most, 2ull << 30);
    assert_false(config.tftp.has_multicast);
    assert_int_equal(config.tftp.multicast_groups.last.value, 0xef010009);
}

static void tftp_keys_that_cannot_work_are_refused(void **state)
{
    (void)state;
    assert_refused("tftp: {blksize_max: 7}\n", 1, 21, "a number from 8 to 65464");
    assert_refused("tftp: {refuse: [blocksize]}\n", 1, 17, "did you mean blksize?");
    assert_refused("tftp: {rate: 5X}\n", 1, 14, "512M or 1G");
    assert_refused("tftp: {rate: M}\n", 1, 14, "512M or 1G");
    assert_refused("tftp: {rate: 9999999999G}\n", 1, 14, "512M or 1G");
    assert_refused("tftp: {upload: {size_max: 0}}\n", 1, 27, "at least 1");
    assert_refused("tftp: {multicast: maybe}\n", 1, 19, "yes or no");
    assert_refused("tftp: {ports: 50000}\n", 1, 15, "such as 50000-50099");
    assert_refused("tftp: {ports: 0-9}\n", 1, 15, "such as 50000-50099");
    assert_refused("tftp: {ports: 1-65536}\n", 1, 15, "such as 50000-50099");
    assert_refused("tftp: {ports: 60000-50000}\n", 1, 8, "write the lower port first");
    assert_refused("tftp: {ports: 60-70}\n", 1, 8, "port 67 in it");
    assert_refused("tftp: {ports: 50000-50001, threads: 3}\n", 1, 8, "set 'tftp.threads' to 2 or 0");
    assert_refused("tftp: {ports: 50000-50001, single_port: yes}\n", 1, 8, "take one of the two out");
    assert_refused("tftp: {multicast_groups: 224.0.0.1-224.0.0.9}\n", 1, 8, "beyond 239.0.0.0/8");
    assert_refused("tftp: {multicast_groups: 239.0.0.9-239.0.0.1}\n", 1, 8, "the lower address first");
    assert_refused("tftp: {upload: {folder: /}}\n", 1, 17, "the folder of 'tftp.root'");
    assert_refused("tftp: {upload: {folder: /srv//tftp/.}}\n", 1, 17, "the folder of 'tftp.root'");
    assert_refused("tftp: {upload: {folder: /srv}}\n", 1, 17, "lies around it");
    assert_refused("tftp: {upload: {folder: /var/lib/imprint}}\n", 1, 17, "the folder of 'state'");
    assert_refused("tftp: {upload: {folder: /var/lib/imprint/images/x}}\n", 1, 17, "its own files");
    assert_refused("tftp: {upload: {folders: /a}}\n", 1, 17, "did you mean 'folder'?");
}

static void a_configuration_with_sections_in_sections_is_printed_and_read_back(void **state)
{
    (void)state;
    struct config config;
    struct config again;
    struct problem problem;
    char *printed = NULL;
    size_t bytes = 0;
    assert_int_equal(
        parse("tftp: {upload: {folder: /srv/in}, ports: 50000-50099, refuse: [tsize]}\n", &config, &problem),
        STATUS_OK);
    FILE *out = open_memstream(&printed, &bytes);
    config_print(&config, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(printed, "\n  upload:\n"));
    assert_int_equal(parse(printed, &again, &problem), STATUS_OK);
    assert_memory_equal(&config, &again, sizeof config);
    free(printed);
}

static void what_is_not_yaml_is_told_with_its_place(void **state)
{
    (void)state;
    assert_refused("dhcp: { mode: auto\n", 2, 1, "this is not YAML");
    assert_refused("dhcp:\n\tmode: auto\n", 2, 1, "indent with spaces");
    assert_refused("state: /a\n---\nstate: /b\n", 3, 1, "a second one begins");
    assert_refused("state: *nobody\n", 1, 8, "undefined alias");
    assert_refused("state: \xff\xfe\n", 0, 0, "not text in UTF-8");
}

static void aliases_and_depth_cost_nothing(void **state)
{
    (void)state;
    struct config config;
    struct problem problem;
    char *deep = malloc(200001);
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    assert_int_not_equal(parse(deep, &config, &problem), STATUS_OK);
    free(deep);
    assert_refused("a: &a [x, x]\nb: [*a, *a, *a]\n", 1, 1, "there is no key 'a'");
    assert_refused("dhcp: &a\n  subnets: [*a]\n", 2, 3, "");
    assert_int_equal(parse("interfaces: &i [eth0]\nstate: &s /srv\ntftp: {root: *s}\n", &config, &problem),
                     STATUS_OK);
    assert_string_equal(config.tftp_root, "/srv");
}

static void a_file_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct config config;
    struct problem problem = {0};
    char *text = malloc(CONFIG_FILE_BYTES_MOST + 1);
    memset(text, '#', CONFIG_FILE_BYTES_MOST + 1);
    assert_int_equal(config_parse(text, CONFIG_FILE_BYTES_MOST + 1, "long.yaml", &config, &problem),
                     STATUS_TOO_LONG);
    assert_int_equal(config_parse(text, CONFIG_FILE_BYTES_MOST, "long.yaml", &config, &problem), STATUS_OK);
    free(text);
}

static void a_missing_file_is_told_with_its_name(void **state)
{
    (void)state;
    struct config config = {.http_port = 7};
    struct problem problem = {0};
    assert_int_equal(config_load("/nonexistent/imprint.yaml", &config, &problem), STATUS_NOT_FOUND);
    assert_string_equal(problem.file, "/nonexistent/imprint.yaml");
    assert_non_null(strstr(problem.text, "No such file"));
    assert_int_equal(config.http_port, 7);
    problem_clear(&problem);
    assert_int_equal(config_load("/", &config, &problem), STATUS_IO);
}

static void the_policy_for_orders_has_limits(void **state)
{
    (void)state;
    struct config config;
    struct problem problem;
    assert_int_equal(
        parse("policy: {max_targets: 10000, prompt: key, prompt_timeout: 1h}", &config, &problem), STATUS_OK);
    assert_int_equal(config.policy.targets_most, 10000);
    assert_int_equal(config.policy.prompt, POLICY_PROMPT_KEY);
    assert_int_equal(config.policy.prompt_timeout_s, 3600);
    static const char *const bad[] = {"policy: {max_targets: 0}",        "policy: {max_targets: 10001}",
                                      "policy: {prompt: always}",        "policy: {prompt_timeout: 4s}",
                                      "policy: {prompt_timeout: 3601s}", "policy: {prompt_timeout: forever}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_not_equal(parse(bad[i], &config, &problem), STATUS_OK);
    }
}

static void a_reload_takes_what_it_can_and_names_the_rest(void **state)
{
    (void)state;
    struct config running;
    struct config wanted;
    struct problem problem = {0};
    config_init(&running);
    config_init(&wanted);
    assert_true(config_reload(&running, &wanted, &problem));
    wanted.policy.unknown = POLICY_UNKNOWN_LOCAL;
    assert_true(config_reload(&running, &wanted, &problem));
    assert_int_equal(running.policy.unknown, POLICY_UNKNOWN_LOCAL);
    wanted.policy.prompt = POLICY_PROMPT_KEY;
    wanted.policy.prompt_timeout_s = 7;
    wanted.policy.targets_most = 10000;
    assert_true(config_reload(&running, &wanted, &problem));
    assert_int_equal(running.policy.prompt, POLICY_PROMPT_KEY);
    assert_int_equal(running.policy.prompt_timeout_s, 7);
    assert_int_equal(running.policy.targets_most, 10000);
    wanted.policy.unknown = POLICY_UNKNOWN_REFUSE;
    wanted.http_port = 8080;
    (void)text_copy(wanted.interfaces[0], sizeof wanted.interfaces[0], "eth7");
    wanted.interface_count = 1;
    assert_false(config_reload(&running, &wanted, &problem));
    assert_non_null(strstr(problem.text, "interfaces, http.port"));
    assert_int_equal(running.policy.unknown, POLICY_UNKNOWN_REFUSE);
    assert_int_equal(running.http_port, 80);
    assert_int_equal(running.interface_count, 0);
}

static void the_manual_has_the_list_of_keys(void **state)
{
    (void)state;
    char *keys = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&keys, &bytes);
    config_print_manual(out);
    assert_int_equal(fclose(out), 0);
    FILE *file = fopen(getenv("MANUAL"), "r");
    assert_non_null(file);
    char *manual = calloc(1, 200000);
    assert_int_not_equal(fread(manual, 1, 199999, file), 0);
    assert_int_equal(fclose(file), 0);
    if (strstr(manual, keys) == NULL) {
        fail_msg("man/imprint.yaml.5 is not what 'imprint config manual' prints:\n%s", keys);
    }
    free(manual);
    free(keys);
}

#define ENTRY "  entries:\n    - {name: a, profile: web}\n"

static void a_menu_is_read_with_its_entries(void **state)
{
    (void)state;
    struct config config;
    struct problem problem = {0};
    assert_int_equal(
        parse("menu:\n  title: \"Room 3\"\n  default: b\n  password_file: /etc/imprint/menu.password\n  "
              "entries:\n    - {name: a, profile: web, title: \"A b\", group: G}\n"
              "    - {name: b, profile: live, locked: yes, machines: [pc1, pc2]}\n",
              &config, &problem),
        STATUS_OK);
    assert_string_equal(config.menu.title, "Room 3");
    assert_int_equal(config.menu.timeout_s, 10);
    assert_int_equal(config.menu.entry_count, 2);
    assert_string_equal(config.menu.entries[0].group, "G");
    assert_false(config.menu.entries[0].is_locked);
    assert_true(config.menu.entries[1].is_locked);
    assert_string_equal(config.menu.entries[1].machines[1], "pc2");
}

static void a_menu_that_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_refused("menu:\n  default: c\n" ENTRY, 2, 3, "names the entry 'c', which there is not");
    assert_refused("menu:\n" ENTRY "    - {name: a, profile: web}\n", 4, 8, "two menu entries are called a");
    assert_refused("menu:\n  entries:\n    - {name: local, profile: web}\n", 3, 8, "cannot be called local");
    assert_refused("menu:\n  entries:\n    - {name: a, profile: w, locked: yes}\n", 3, 29,
                   "menu.password_file");
    assert_refused("menu:\n  entries:\n    - {name: a, profile: w, classes: [x]}\n", 3, 29,
                   "there is no class 'x'");
    assert_refused("menu:\n  entries:\n    - {name: a}\n", 3, 7, "profile");
}

#define MIRROR "mirrors:\n  - name: debian\n    url: "

static void a_mirror_is_a_name_and_a_folder_of_a_server(void **state)
{
    (void)state;
    struct config config;
    struct problem problem;
    assert_int_equal(parse(MIRROR "https://deb.example.test:8080/debian/\n", &config, &problem), STATUS_OK);
    assert_int_equal(config.mirror_count, 1);
    assert_true(config.mirrors[0].is_enabled);
    assert_int_equal(config.mirrors[0].size_most, 20ull << 30);
    assert_int_equal(config.mirrors[0].file_most, 4ull << 30);
    assert_int_equal(config.mirrors[0].fetches_most, 4);
    static const char *const WRONG[] = {"ftp://a.test/",      "http://",
                                        "http:///x",          "http://user:secret@a.test/x",
                                        "http://a.test/?x=1", "http://a.test/x#y",
                                        "http://a.test/../x", "http://a.test/x/..",
                                        "file:///etc",        "a.test"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, MIRROR "'%s'\n", WRONG[i]);
        assert_refused(text, 3, 5, "without a password or a query");
    }
    assert_refused("mirrors:\n  - name: a.b\n    url: http://a.test/\n", 2, 5,
                   "write a '-' instead of the dot");
    assert_refused(MIRROR "http://a.test/\n  - name: DEBIAN\n    url: http://b.test/\n", 4, 5,
                   "give each a name of its own");
    assert_refused("mirrors:\n  - name: a\n", 2, 5, "add 'url: '");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_menu_is_read_with_its_entries),
        cmocka_unit_test(a_menu_that_cannot_be_is_refused),
        cmocka_unit_test(a_mirror_is_a_name_and_a_folder_of_a_server),
        cmocka_unit_test(an_empty_file_means_the_defaults),
        cmocka_unit_test(every_key_of_the_example_arrives),
        cmocka_unit_test(all_examples_are_accepted_and_printed_so_that_they_are_read_back),
        cmocka_unit_test(an_unknown_key_is_told_with_its_nearest),
        cmocka_unit_test(ftp_keys_that_cannot_work_are_refused),
        cmocka_unit_test(a_bad_value_is_told_with_what_is_allowed),
        cmocka_unit_test(a_subnet_must_make_sense),
        cmocka_unit_test(impossible_combinations_are_refused),
        cmocka_unit_test(ranges_exclusions_and_leases_must_fit_the_network),
        cmocka_unit_test(options_are_checked_by_type_at_their_line),
        cmocka_unit_test(classes_say_what_they_match),
        cmocka_unit_test(networks_of_dhcpv6_are_read_and_must_make_sense),
        cmocka_unit_test(tftp_is_what_in_tftpd_was_and_more),
        cmocka_unit_test(tftp_keys_that_cannot_work_are_refused),
        cmocka_unit_test(a_configuration_with_sections_in_sections_is_printed_and_read_back),
        cmocka_unit_test(what_is_not_yaml_is_told_with_its_place),
        cmocka_unit_test(aliases_and_depth_cost_nothing),
        cmocka_unit_test(a_file_that_is_too_long_is_refused),
        cmocka_unit_test(a_missing_file_is_told_with_its_name),
        cmocka_unit_test(the_policy_for_orders_has_limits),
        cmocka_unit_test(a_reload_takes_what_it_can_and_names_the_rest),
        cmocka_unit_test(the_manual_has_the_list_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
