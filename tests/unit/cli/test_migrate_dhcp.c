// SPDX-License-Identifier: GPL-3.0-or-later
// What imprint migrate makes of DHCP servers: ISC dhcpd, dnsmasq and Kea.
#include "unit/cli/migrate_read.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#define KEA(text) "{\"Dhcp4\": {" text "}}"
#define SUBNET    "subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.10 192.0.2.90; "

// Some element has `key` as `value`; with `name`, an option of that name.
static void sets(const char *key, const char *name, const char *value)
{
    const char *other = "nothing";
    for (unsigned item = 0; item <= migration.items.count; item++) {
        const struct migrate_setting *setting = migrate_find_in(&migration, item, key, name);
        if (setting != NULL && strcmp(setting->value, value) == 0) {
            return;
        }
        other = setting == NULL ? other : setting->value;
    }
    migrate_print_report(&migration, stderr);
    fail_msg("%s %s is not %s but %s", key, name == NULL ? "" : name, value, other);
}

static void sets_not(const char *key)
{
    for (unsigned item = 0; item <= migration.items.count; item++) {
        const struct migrate_setting *setting = migrate_find_in(&migration, item, key, NULL);
        if (setting != NULL) {
            fail_msg("%s is %s", key, setting->value);
        }
    }
}

static void has_machine(size_t position, const char *name, const char *mac, const char *address)
{
    char text[HW_TEXT_BYTES];
    assert_true(position < migration.machines.count);
    const struct migrate_machine *machine = heap_array_get(&migration.machines, position);
    assert_string_equal(machine->name, name);
    assert_int_equal(machine->mac_count, 1);
    assert_string_equal(hw_print(&machine->macs[0], text), mac);
    assert_string_equal(ip4_print(machine->address, text), address);
}

static void a_network_is_the_same_from_all_three(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        const char *text;
    } rows[] = {
        {"dhcpd", SUBNET
         "option routers 192.0.2.1; option domain-name-servers 192.0.2.2, 192.0.2.3;\n"
         " option domain-name \"example.com\"; default-lease-time 7200; option log-servers 192.0.2.4;}\n"
         "host web { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.20; }\n"},
        {"dnsmasq",
         "dhcp-range=set:x,192.0.2.10,192.0.2.90,255.255.255.0,2h\ndhcp-option=option:router,192.0.2.1\n"
         "dhcp-option=tag:x,6,192.0.2.2,192.0.2.3\ndhcp-option=tag:x,15,example.com\n"
         "dhcp-option=tag:x,7,192.0.2.4\ndhcp-host=52:54:00:00:00:01,web,192.0.2.20\n"},
        {"kea", KEA("\"valid-lifetime\": 7200, \"subnet4\": [{\"subnet\": \"192.0.2.0/24\",\n"
                    "\"pools\": [{\"pool\": \"192.0.2.10 - 192.0.2.90\"}],\n"
                    "\"option-data\": [{\"name\": \"routers\", \"data\": \"192.0.2.1\"},\n"
                    "{\"code\": 6, \"data\": \"192.0.2.2, 192.0.2.3\"},\n"
                    "{\"name\": \"log-servers\", \"data\": \"192.0.2.4\"},\n"
                    "{\"name\": \"domain-name\", \"data\": \"example.com\"}],\n"
                    "\"reservations\": [{\"hw-address\": \"52:54:00:00:00:01\", \"hostname\": \"web\",\n"
                    "\"ip-address\": \"192.0.2.20\"}]}]")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin();
        read_as(rows[i].source, rows[i].text);
        sets("dhcp.subnets[].network", NULL, "192.0.2.0/24");
        sets("dhcp.subnets[].range", NULL, "192.0.2.10-192.0.2.90");
        sets("dhcp.subnets[].routers", NULL, "192.0.2.1");
        sets("dhcp.subnets[].dns", NULL, "192.0.2.2");
        sets("dhcp.subnets[].domain", NULL, "example.com");
        sets("dhcp.subnets[].lease", NULL, "7200s");
        sets("dhcp.subnets[].options", "log-servers", "192.0.2.4");
        has_machine(0, "web", "52:54:00:00:00:01", "192.0.2.20");
        end(8); // dns is two
    }
}

static void classes_are_the_same_from_all_three(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        const char *text;
    } rows[] = {
        {"dhcpd",
         "class \"efi\" { match if substring(option vendor-class-identifier, 0, 9) = \"PXEClient\" and\n"
         " (option pxe-system-type = 00:07 or option pxe-system-type = 00:09); option log-servers 192.0.2.4; "
         "}\n"
         "class \"door\" { match if option agent.circuit-id = 00:01:ab; default-lease-time 300; }\n"
         "class \"phones\" { match substring(hardware, 1, 3); } subclass \"phones\" 00:04:f2;\n" SUBNET
         "pool { allow members of \"phones\"; range 192.0.2.100 192.0.2.120; } }\n"},
        {"kea",
         KEA("\"client-classes\": [{\"name\": \"efi\", \"test\": \"substring(option[60].hex,0,9) == "
             "'PXEClient' "
             "and (option[93].hex == 0x0007 or option[93].hex == 0x0009)\",\n"
             "\"option-data\": [{\"name\": \"log-servers\", \"data\": \"192.0.2.4\"}]},\n"
             "{\"name\": \"door\", \"test\": \"relay4[1].hex == 0x0001ab\", \"valid-lifetime\": 300},\n"
             "{\"name\": \"phones\", \"test\": \"substring(pkt4.mac, 0, 3) == 0x0004f2\"}],\n"
             "\"subnet4\": [{\"subnet\": \"192.0.2.0/24\", \"pools\": [{\"pool\": "
             "\"192.0.2.10-192.0.2.90\"},\n"
             "{\"pool\": \"192.0.2.100 - 192.0.2.120\", \"client-class\": \"phones\"}]}]")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin();
        read_as(rows[i].source, rows[i].text);
        sets("dhcp.classes[].match.vendor_class", NULL, "PXEClient*");
        sets("dhcp.classes[].match.architecture", NULL, "7");
        sets("dhcp.classes[].match.circuit_id", NULL, "hex:0001ab");
        sets("dhcp.classes[].match.mac", NULL, "00:04:f2");
        sets("dhcp.classes[].lease", NULL, "300s");
        sets("dhcp.classes[].options", "log-servers", "192.0.2.4");
        sets("dhcp.subnets[].ranges[].classes", NULL, "phones");
        end(14);
    }
    begin();
    read_as("dnsmasq", "dhcp-mac=set:phones,00:04:f2:*:*:*\ndhcp-match=set:efi,option:client-arch,7\n"
                       "dhcp-match=set:efi,option:client-arch,9\ndhcp-circuitid=set:door,00:01:ab\n"
                       "dhcp-range=tag:phones,192.0.2.100,192.0.2.120,255.255.255.0,1h\n"
                       "dhcp-option=tag:efi,7,192.0.2.4\ndhcp-option=tag:door,7,192.0.2.5\n");
    sets("dhcp.classes[].match.architecture", NULL, "7");
    sets("dhcp.classes[].match.circuit_id", NULL, "hex:0001ab");
    sets("dhcp.classes[].match.mac", NULL, "00:04:f2");
    sets("dhcp.subnets[].ranges[].classes", NULL, "phones");
    sets("dhcp.classes[].options", "log-servers", "192.0.2.5");
    end(13);
}

static void conditions_that_classes_cannot_say_are_named(void **state)
{
    (void)state;
    static const char *const tests[] = {
        "not option[60].exists",
        "option[60].hex == 'a' or option[60].hex == 'b'",
        "option[60].hex == 'a' and option[60].hex == 'b'",
        "option[93].hex == 0x0007 or option[60].hex == 'a'",
        "option[61].hex == 'a'",
        "pkt4.len > 300",
        "substring(option[60].hex, 1, 3) == 'a'",
        "substring(option[60].hex, 0, 3) == 'abcd'",
        "option[60].hex == 'a' option[60].hex == 'a'",
        "option[60].hex == ",
        "option[60].hex == 'a",
        "((option[60].hex == 'a')",
        "member('nobody')",
        "(((((((((((option[60].hex == 'a')))))))))))",
        "pkt4.mac == 0x0004f2",
    };
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        char text[300];
        begin();
        (void)snprintf(text, sizeof text,
                       "{\"Dhcp4\": {\"client-classes\": [\n{\"name\": \"x\", \"test\": \"%s\",\n"
                       "\"option-data\": [{\"name\": \"log-servers\", \"data\": \"192.0.2.4\"}]}]}}",
                       tests[i]);
        read_as("kea", text);
        remarks(MIGRATE_LEFT, 2, "class x", "cannot say its condition");
        end(0);
    }
    begin();
    read_as("dhcpd", "class \"x\" { match if option vendor-class-identifier = \"a\" and not known;\n"
                     "option log-servers 192.0.2.4; }\n"
                     "class \"y\" { match if option vendor-class-identifier ~= \"a\"; }\n");
    remarks(MIGRATE_LEFT, 1, "match if", "cannot say this condition");
    remarks(MIGRATE_LEFT, 1, "class \"x\"", "the class was not either");
    remarks(MIGRATE_LEFT, 3, "match if", "cannot say this condition");
    end(0);
}

static void patterns_mean_only_the_bytes_that_were_written(void **state)
{
    (void)state;
    begin();
    read_as("kea",
            KEA("\"client-classes\": [{\"name\": \"star\", \"test\": \"option[60].hex == 'a*'\", "
                "\"valid-lifetime\": 300},\n"
                "{\"name\": \"odd\", \"test\": \"option[77].hex == 0x102\", \"valid-lifetime\": 300},\n"
                "{\"name\": \"hex\", \"test\": \"substring(option[60].hex,0,5) == 'hex:a'\", "
                "\"valid-lifetime\": 300}]"));
    sets("dhcp.classes[].match.vendor_class", NULL, "hex:612a");
    sets("dhcp.classes[].match.vendor_class", NULL, "hex:6865783a61*");
    sets("dhcp.classes[].match.user_class", NULL, "hex:0102");
    end(9);
}

static void ranges_that_are_for_somebody_else_stay_out(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd", SUBNET "pool {\nallow members of \"nobody\"; range 192.0.2.100 192.0.2.110; }\n"
                            "pool { deny unknown-clients; range 192.0.2.120 192.0.2.130; } }\n");
    remarks(MIGRATE_FAULT, 2, "allow members", "no such class");
    remarks(MIGRATE_LEFT, 2, "range 192.0.2.100", "the range was not either");
    remarks(MIGRATE_LEFT, 3, "deny unknown-clients", "policy.unknown");
    end(3);
    begin();
    read_as("kea", KEA("\"subnet4\": [{\"subnet\": \"192.0.2.0/24\", \"pools\": [\n"
                       "{\"pool\": \"192.0.2.10 - 192.0.2.20\", \"client-class\": \"KNOWN\"},\n"
                       "{\"pool\": \"192.0.2.30 - 192.0.2.40\", \"client-class\": \"ALL\"},\n"
                       "{\"pool\": \"192.0.2.50\"}]}]"));
    remarks(MIGRATE_LEFT, 2, "pool 192.0.2.10", "the range was not either");
    remarks(MIGRATE_FAULT, 4, "pool 192.0.2.50", "FIRST - LAST");
    sets("dhcp.subnets[].range", NULL, "192.0.2.30-192.0.2.40");
    end(2);
}

static void what_is_wrong_with_networks_is_told(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd",
            "subnet 192.0.2.7 netmask 255.255.255.0 {\nrange 192.0.2.90 192.0.2.10;\n"
            "range 192.0.3.1 192.0.3.9;\noption subnet-mask 255.255.0.0;\noption routers 192.0.9.1;\n"
            "option broadcast-address 192.0.2.255;\ndefault-lease-time soon;\n"
            "option domain-name-servers dns.example.com;\noption\n;\noption frobnicate 1;\n}\n"
            "subnet 192.0.2.0 netmask 255.0.0.255 { }\nsubnet 192.0.2.128 netmask 255.255.255.128 {\n"
            "range 192.0.2.130 192.0.2.140; }\nmax-lease-tim 3;\n");
    remarks(MIGRATE_FAULT, 1, "subnet 192.0.2.7", "192.0.2.0/24");
    remarks(MIGRATE_FAULT, 2, "range", "the other way round");
    remarks(MIGRATE_FAULT, 3, "range", "not inside 192.0.2.0/24");
    remarks(MIGRATE_FAULT, 4, "subnet-mask", "255.255.255.0");
    remarks(MIGRATE_LEFT, 5, "routers", "router of its own network");
    remarks(MIGRATE_NEEDLESS, 6, "broadcast-address", "");
    remarks(MIGRATE_FAULT, 7, "default-lease-time", "no number");
    remarks(MIGRATE_LEFT, 8, "domain-name-servers", "dns.example.com");
    remarks(MIGRATE_FAULT, 9, "option", "no value");
    remarks(MIGRATE_LEFT, 11, "frobnicate", "no DHCP option 'frobnicate'");
    remarks(MIGRATE_FAULT, 13, "subnet 192.0.2.0", "begins with");
    remarks(MIGRATE_LEFT, 14, "subnet 192.0.2.128", "overlaps");
    remarks(MIGRATE_FAULT, 16, "max-lease-tim", "no such statement");
    end(2);
}

static void options_of_ones_own_and_of_vendors_are_defined(void **state)
{
    (void)state;
    begin();
    read_as(
        "dhcpd",
        "option url code 224 = text;\noption numbers code 225 = array of unsigned integer 8;\n"
        "option arch code 93 = unsigned integer 16;\noption space SUNW;\n"
        "option SUNW.server code 2 = ip-address;\noption url \"a\\\"b\";\noption numbers 1, 2, 255;\n"
        "class \"s\" { match if substring(option vendor-class-identifier, 0, 4) = \"SUNW\";\n"
        "option SUNW.server 192.0.2.3; }\noption SUNW.server 192.0.2.4;\noption too-far code 300 = text;\n");
    sets("dhcp.definitions[].name", NULL, "url");
    sets("dhcp.definitions[].type", NULL, "string");
    sets("dhcp.options", "url", "a\"b");
    sets("dhcp.options", "numbers", "0102ff");
    sets("dhcp.definitions[].name", NULL, "SUNW.server");
    sets("dhcp.definitions[].vendor", NULL, "SUNW");
    sets("dhcp.classes[].options", "SUNW.server", "192.0.2.3");
    remarks(MIGRATE_LEFT, 10, "SUNW.server", "for whom the file does not say");
    remarks(MIGRATE_LEFT, 11, "too-far", "1 to 254");
    migrate_clear(&migration);
    begin();
    read_as("kea", KEA("\"option-def\": [{\"name\": \"r\", \"code\": 225, \"type\": \"record\", "
                       "\"record-types\": \"uint16, ipv4-address, string\"},\n"
                       "{\"name\": \"n\", \"code\": 226, \"type\": \"uint16\", \"array\": true}],\n"
                       "\"option-data\": [{\"name\": \"r\", \"data\": \"7, 192.0.2.1, ab\"},\n"
                       "{\"name\": \"n\", \"data\": \"1, 65535\"},\n{\"name\": \"r\", \"data\": \"7, x\"},\n"
                       "{\"code\": 7, \"csv-format\": false, \"data\": \"0xC0000201\"},\n"
                       "{\"name\": \"nothing\", \"data\": \"1\"}]"));
    sets("dhcp.options", "n", "0001ffff");
    sets("dhcp.options", "log-servers", "192.0.2.1");
    sets("dhcp.options", "r", "0007c00002016162");
    remarks(MIGRATE_LEFT, 5, "option-data r", "not what its type says");
    remarks(MIGRATE_LEFT, 7, "option-data nothing", "no DHCP option 'nothing'");
    migrate_clear(&migration);
}

static void records_are_bytes(void **state)
{
    (void)state;
    begin();
    read_as(
        "dhcpd",
        "option a code 230 = { boolean, integer 32, text };\noption b code 231 = array of { ip-address, "
        "unsigned integer 16 };\noption c code 232 = integer 32;\noption d code 233 = array of integer 16;\n"
        "option a on 1772 \"xy\";\noption b 192.0.2.1 5, 192.0.2.2 6;\noption c -5;\noption d 1, 2;\n"
        "option e code 234 = { ip-address }\noption e nonsense;\n"
        "option rfc3442 code 121 = array of integer 8;\noption rfc3442 8, 10, 192, 0, 2, 1;\n" SUBNET
        "option domain-name \"a.example b.example\"; }\n");
    sets("dhcp.options", "a", "01000006ec7879");
    sets("dhcp.options", "b", "c00002010005c00002020006");
    sets("dhcp.options", "c", "fffffffb");
    sets("dhcp.options", "d", "00010002");
    sets("dhcp.options", "classless-routes", "10.0.0.0/8 192.0.2.1");
    sets("dhcp.subnets[].options", "domain-name", "a.example b.example");
    remarks(MIGRATE_LEFT, 10, "option e", "cannot be 'nonsense'");
    no_remarks(MIGRATE_FAULT, 1);
    no_remarks(MIGRATE_FAULT, 2);
    migrate_clear(&migration);
}

static void options_without_a_type_are_bytes_as_dnsmasq_guesses(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *bytes;
    } rows[] = {{"\"a, b\"", "612c2062"},
                {"192.0.2.1", "c0000201"},
                {"192.0.2.1,192.0.2.2", "c0000201c0000202"},
                {"192.0.2.1,x", "3139322e302e322e312c78"},
                {"7", "07"},
                {"300", "012c"},
                {"70000", "00011170"},
                {"1i", "00000001"},
                {"01:02:ab", "0102ab"},
                {"1:2", "313a32"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[200];
        begin();
        (void)snprintf(text, sizeof text, "dhcp-option=224,%s\n", rows[i].value);
        read_as("dnsmasq", text);
        sets("dhcp.options", "224", rows[i].bytes);
        end(1);
    }
}

static void tags_of_dnsmasq_are_classes_networks_or_machines(void **state)
{
    (void)state;
    begin();
    read_as("dnsmasq",
            "dhcp-option=tag:red,7,192.0.2.4\ndhcp-host=52:54:00:00:00:01,set:red,192.0.2.20\n"
            "dhcp-vendorclass=set:a_b,x\ndhcp-vendorclass=set:a-b,y\ndhcp-option=tag:!a_b,7,192.0.2.5\n"
            "dhcp-option=tag:a-b,7,192.0.2.6\ndhcp-range=tag:!a_b,192.0.2.9,192.0.2.20,255.255.255.0\n"
            "dhcp-option=vendor:MSFT,2,1i\ndhcp-range=set:n,192.0.2.9,192.0.2.30,255.255.255.0\n"
            "dhcp-option=tag:a-b,tag:n,7,192.0.2.7\ndhcp-option=tag:a,7,192.0.2.8\n");
    const struct migrate_machine_option *option = heap_array_get(&migration.machine_options, 0);
    assert_string_equal(option->name, "log-servers");
    assert_string_equal(option->value, "192.0.2.4");
    remarks(MIGRATE_LEFT, 5, "tag:!a_b", "could not be carried over");
    remarks(MIGRATE_LEFT, 7, "tag:!a_b", "the range was not either");
    remarks(MIGRATE_LEFT, 10, "tag:a-b,tag:n", "one class, or to one network");
    remarks(MIGRATE_LEFT, 11, "tag:a,", "could not be carried over");
    sets("dhcp.classes[].match.vendor_class", NULL, "*y*");
    sets("dhcp.classes[].options", "log-servers", "192.0.2.6");
    sets("dhcp.definitions[].vendor", NULL, "MSFT");
    sets("dhcp.options", "MSFT.2", "00000001");
    migrate_clear(&migration);
}

static void what_is_imprints_own_is_explained(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd",
            SUBNET "next-server 192.0.2.5;\nfilename \"pxelinux.0\";\nfilename \"other\";\n"
                   "option tftp-server-name \"tftp.example.com\";\noption dhcp-server-identifier 192.0.2.5;\n"
                   "option vendor-class-identifier \"PXEClient\"; }\nfailover peer \"x\" {\nprimary; }\n"
                   "omapi-port 7911;\nddns-update-style standard;\nlease-file-name \"/x\";\n");
    remarks(MIGRATE_CHANGED, 1, "next-server 192.0.2.5", "tftp.root");
    sets("dhcp.subnets[].exclude", NULL, "192.0.2.5");
    remarks(MIGRATE_CHANGED, 2, "pxelinux.0", "BIOS only");
    remarks(MIGRATE_LEFT, 3, "other", "by the client's firmware");
    remarks(MIGRATE_FAULT, 4, "tftp-server-name", "is a name");
    remarks(MIGRATE_NEEDLESS, 5, "dhcp-server-identifier", "by itself");
    remarks(MIGRATE_NEEDLESS, 6, "vendor-class-identifier", "by itself");
    remarks(MIGRATE_LEFT, 7, "failover", "dhcp.standby");
    remarks(MIGRATE_NEEDLESS, 9, "omapi-port", "");
    remarks(MIGRATE_LEFT, 10, "ddns-update-style", "does not update DNS");
    remarks(MIGRATE_LEFT, 11, "lease-file-name", "imprint lease import");
    end(3);
    begin();
    read_as("kea", KEA("\"lease-database\": {\"type\": \"memfile\", \"name\": \"/x.csv\"},\n"
                       "\"hooks-libraries\": [\n{\"library\": \"/lib/libdhcp_ha.so\"}],\n"
                       "\"dhcp-ddns\": {\"enable-updates\": true},\n\"config-control\": {},\n"
                       "\"subnet4\": [{\"subnet\": \"192.0.2.0/24\", \"pools\": [{\"pool\": "
                       "\"192.0.2.9-192.0.2.10\"}],\n"
                       "\"relay\": {\"ip-addresses\": [\"192.0.2.1\",\n\"198.51.100.1\"]}}]"));
    remarks(MIGRATE_LEFT, 1, "lease-database", "imprint lease import /x.csv");
    remarks(MIGRATE_LEFT, 3, "libdhcp_ha", "dhcp.standby");
    remarks(MIGRATE_LEFT, 4, "dhcp-ddns", "DNS");
    remarks(MIGRATE_LEFT, 5, "config-control", "database");
    remarks(MIGRATE_NEEDLESS, 7, "relay 192.0.2.1", "relay agent");
    remarks(MIGRATE_LEFT, 8, "relay 198.51.100.1", "link selection");
    end(2);
}

static void secrets_stay_where_they_are(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "key k { algorithm hmac-md5; secret \"HIDDEN\"; }\n" SUBNET "}\nomapi-key k;\n",
        "key k { algorithm hmac-md5\nsecret HIDDEN }\nsecret HIDDEN;\n" SUBNET "}\n",
        "key k {\nsecret HIDDEN",
        "ldap-password \"HIDDEN\";\ndefault-lease-time 300;\nkey k { HIDDEN; } zone x { key HIDDEN; }\n",
        KEA("\"lease-database\": {\"type\": \"mysql\", \"password\": \"HIDDEN\"}, \"hosts-databases\": "
            "[{\"password\": \"HIDDEN\"}], \"config-control\": {\"config-databases\": [{\"password\": "
            "\"HIDDEN\"}]}, "
            "\"hooks-libraries\": [{\"library\": \"x\", \"parameters\": {\"password\": \"HIDDEN\"}}], "
            "\"password\": \"HIDDEN\", \"subnet4\": [{\"subnet\": \"192.0.2.0/24\", \"password\": "
            "\"HIDDEN\"}], "
            "\"interfaces-config\": {\"password\": \"HIDDEN\"}, \"control-socket\": \"HIDDEN\""),
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        begin();
        migrate_source_find(texts[i][0] == '{' ? "kea" : "dhcpd", NULL)
            ->read(&migration,
                   &(struct migrate_text){.path = "FILE", .bytes = texts[i], .count = strlen(texts[i])});
        migrate_check(&migration);
        char *all = print_all();
        assert_true(migration.remarks.count != 0);
        assert_null(strstr(all, "HIDDEN"));
        free(all);
        migrate_clear(&migration);
    }
}

static void machines_are_commands_that_a_shell_reads_safely(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd", SUBNET
            "}\nhost x { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.20;\n"
            "option host-name \"a'; rm -rf /; '\"; }\nhost x { hardware ethernet 52:54:00:00:00:02; }\n"
            "host y { hardware ethernet 52:54:00:00:00:02; fixed-address 192.0.2.20; }\n"
            "host z { hardware ethernet 52:54:00:00:00:04; fixed-address 198.51.100.1; }\n");
    char *all = print_all();
    assert_non_null(strstr(all,
                           "imprint machine add x --mac 52:54:00:00:00:01 --address 192.0.2.20  # FILE:2\n"
                           "imprint machine edit x --dhcp-option 'host-name=a'\\''; rm -rf /; '\\'''\n"));
    free(all);
    has_machine(1, "x-2", "52:54:00:00:00:02", "0.0.0.0");
    remarks(MIGRATE_CHANGED, 4, "host x", "called x-2");
    remarks(MIGRATE_FAULT, 5, "hardware", "x-2 of line 4");
    remarks(MIGRATE_FAULT, 5, "fixed-address", "x of line 2");
    remarks(MIGRATE_FAULT, 6, "host z", "in none of the networks");
    migrate_clear(&migration);
}

static void files_of_other_days_are_read_too(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd", "authoritative;\nddns-update-style none;\n" SUBNET "option routers 192.0.2.11; }\n"
                     "host h { hardware ethernet 0:0:c0:5d:bd:95; fixed-address 192.0.2.95; }\n");
    has_machine(0, "h", "00:00:c0:5d:bd:95", "192.0.2.95");
    no_remarks(MIGRATE_LEFT, 2);
    remarks(MIGRATE_FAULT, 3, "range 192.0.2.10", "the router's address 192.0.2.11");
    migrate_clear(&migration);
    begin();
    read_as("dnsmasq", "dhcp-match=hammers, option:client-arch, 6\ndhcp-option=tag:hammers,7,192.0.2.4\n"
                       "dhcp-option=121,192.0.2.0/24,1.2.3.4,10.0.0.0/8,5.6.7.8\ndhcp-option=211,30i\n"
                       "dhcp-option=129,NIC=eepro100\ndhcp-host=2:0:0:0:0:1,192.0.2.9\n"
                       "dhcp-range=192.0.2.5,192.0.2.8,255.255.255.0\n");
    sets("dhcp.classes[].match.architecture", NULL, "6");
    sets("dhcp.classes[].options", "log-servers", "192.0.2.4");
    sets("dhcp.options", "classless-routes", "192.0.2.0/24 1.2.3.4, 10.0.0.0/8 5.6.7.8");
    sets("dhcp.options", "pxelinux-reboot-time", "30");
    sets("dhcp.options", "129", "4e49433d656570726f313030");
    has_machine(0, "m-000001", "02:00:00:00:00:01", "192.0.2.9");
    migrate_clear(&migration);
}

static void networks_without_ranges_are_for_machines_or_nobody(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd", "authoritative;\nsubnet 192.0.2.0 netmask 255.255.255.0 { option routers 192.0.2.1; }\n"
                     "subnet 198.51.100.0 netmask 255.255.255.0 { }\n"
                     "host h { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.20; }\n");
    sets("dhcp.subnets[].range", NULL, "192.0.2.254-192.0.2.254");
    sets("dhcp.subnets[].exclude", NULL, "192.0.2.254");
    remarks(MIGRATE_CHANGED, 2, "subnet 192.0.2.0", "only machines with addresses of their own");
    remarks(MIGRATE_LEFT, 3, "subnet 198.51.100.0", "nobody was served");
    end(5);
    begin();
    read_as("dnsmasq", "dhcp-range=192.0.2.0,static\ndhcp-host=52:54:00:00:00:01,192.0.2.20\n");
    sets("dhcp.subnets[].exclude", NULL, "192.0.2.254");
    end(3);
}

static void what_is_around_reaches_what_is_inside(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd",
            "default-lease-time 300;\nshared-network w { option time-servers 192.0.2.3; max-lease-time 900;\n"
            "subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.9 192.0.2.10; max-lease-time 600; }\n"
            "subnet 192.0.3.0 netmask 255.255.255.0 { range 192.0.3.9 192.0.3.10;\n"
            "option time-servers 192.0.3.3; host h { hardware ethernet 52:54:00:00:00:01; } }\n}\n"
            "group { option log-servers 192.0.2.4;\nhost a { hardware ethernet 52:54:00:00:00:02; }\n"
            "host b { hardware ethernet 52:54:00:00:00:03; option log-servers 192.0.2.5; } }\n");
    sets("dhcp.subnets[].shared", NULL, "w");
    sets("dhcp.subnets[].lease", NULL, "300s");
    sets("dhcp.subnets[].lease_max", NULL, "600s");
    sets("dhcp.subnets[].lease_max", NULL, "900s");
    sets("dhcp.subnets[].options", "time-servers", "192.0.2.3");
    sets("dhcp.subnets[].options", "time-servers", "192.0.3.3");
    assert_int_equal(migration.machine_options.count, 2); // h's are its network's
    const struct migrate_machine_option *option = heap_array_get(&migration.machine_options, 1);
    assert_int_equal(option->machine, 1);
    assert_string_equal(option->value, "192.0.2.4");
    migrate_clear(&migration);
}

static void a_broken_file_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    begin();
    read_as("kea", "{\"Dhcp4\": {\"subnet4\": [{\"subnet\": \"192.0.2.0/24\", \"pools\": [{\"pool\": "
                   "\"192.0.2.9-192.0.2.10\"}]}],\n\"valid-lifetime\": 300\n\"authoritative\": true}}");
    remarks(MIGRATE_FAULT, 3, "this line", "a ',' is missing before this");
    sets("dhcp.subnets[].lease", NULL, "300s");
    sets_not("dhcp.authoritative");
    end(3);
    begin();
    read_as("dhcpd", "authoritative;\n" SUBNET "\noption routers 192.0.2.1\noption log-servers 192.0.2.4;\n");
    remarks(MIGRATE_FAULT, 2, "{", "missing at the end");
    remarks(MIGRATE_FAULT, 3, "option routers", "';' behind it is missing");
    sets("dhcp.subnets[].routers", NULL, "192.0.2.1");
    sets("dhcp.subnets[].options", "log-servers", "192.0.2.4");
    end(5);
}

static void other_files_are_read_only_when_that_is_allowed(void **state)
{
    (void)state;
    begin();
    read_as("dhcpd", "include \"/etc/passwd\";\n" SUBNET "}\n");
    remarks(MIGRATE_LEFT, 1, "include", "was not read");
    end(2);
    begin();
    read_as("kea", "{\"Dhcp4\": {\"subnet4\": <?include \"/etc/passwd\"?>,\n<?include \"/etc/group\"?>,\n"
                   "\"authoritative\": true}}");
    remarks(MIGRATE_LEFT, 1, "<?include \"/etc/passwd\"?>", "was not read");
    remarks(MIGRATE_LEFT, 2, "<?include \"/etc/group\"?>", "was not read");
    has("dhcp.authoritative", "yes", 3);
    migrate_clear(&migration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_is_the_same_from_all_three),
        cmocka_unit_test(classes_are_the_same_from_all_three),
        cmocka_unit_test(conditions_that_classes_cannot_say_are_named),
        cmocka_unit_test(patterns_mean_only_the_bytes_that_were_written),
        cmocka_unit_test(ranges_that_are_for_somebody_else_stay_out),
        cmocka_unit_test(what_is_wrong_with_networks_is_told),
        cmocka_unit_test(options_of_ones_own_and_of_vendors_are_defined),
        cmocka_unit_test(records_are_bytes),
        cmocka_unit_test(options_without_a_type_are_bytes_as_dnsmasq_guesses),
        cmocka_unit_test(tags_of_dnsmasq_are_classes_networks_or_machines),
        cmocka_unit_test(what_is_imprints_own_is_explained),
        cmocka_unit_test(secrets_stay_where_they_are),
        cmocka_unit_test(machines_are_commands_that_a_shell_reads_safely),
        cmocka_unit_test(files_of_other_days_are_read_too),
        cmocka_unit_test(networks_without_ranges_are_for_machines_or_nobody),
        cmocka_unit_test(what_is_around_reaches_what_is_inside),
        cmocka_unit_test(a_broken_file_is_read_as_far_as_it_goes),
        cmocka_unit_test(other_files_are_read_only_when_that_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
