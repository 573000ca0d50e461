// SPDX-License-Identifier: GPL-3.0-or-later
// The files of leases of three servers, read into one kind of record.
#include "format/dhcpd_leases.h"
#include "format/dnsmasq_leases.h"
#include "format/json_objects.h"
#include "format/kea_leases.h"

#include "unit/test.h"

static void print_octets(struct text *print, const uint8_t *octets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add_format(print, "%02x", octets[i]);
    }
}

// "LINE ADDRESS STATE TYPE:MAC ID STARTS-ENDS NAME" or "LINE!COMPLAINT".
static void print_record(struct text *print, const struct lease_record *record)
{
    static const char *const STATES[] = {"bound", "free", "declined", "ip6"};
    char address[IP4_TEXT_BYTES];
    if (record->complaint != NULL) {
        text_add_format(print, "%u!%s\n", record->line, record->complaint);
        return;
    }
    if (record->state == LEASE_RECORD_IP6) {
        text_add_format(print, "%u ip6\n", record->line);
        return;
    }
    text_add_format(print, "%u %s %s %u:", record->line, ip4_print(record->address, address),
                    STATES[record->state], record->hw.type);
    print_octets(print, record->hw.octets, record->hw.length);
    text_add(print, " ");
    print_octets(print, record->client_id, record->client_id_bytes);
    text_add_format(print, " %lld-", (long long)record->starts_s);
    if (record->ends_s == INT64_MAX) {
        text_add(print, "never");
    } else {
        text_add_format(print, "%lld", (long long)record->ends_s);
    }
    text_add_format(print, " %s\n", record->hostname);
}

static void dhcpd_reads_as(const char *text, const char *expected)
{
    char out[2048];
    struct text print;
    struct lease_record record;
    struct dhcpd_leases leases = dhcpd_leases_init(text, strlen(text));
    text_init(&print, out, sizeof out);
    while (dhcpd_leases_next(&leases, &record)) {
        print_record(&print, &record);
    }
    assert_string_equal(out, expected);
}

static void dnsmasq_reads_as(const char *text, const char *expected)
{
    char out[2048];
    struct text print;
    struct lease_record record;
    struct dnsmasq_leases leases = dnsmasq_leases_init(text, strlen(text));
    text_init(&print, out, sizeof out);
    while (dnsmasq_leases_next(&leases, &record)) {
        print_record(&print, &record);
    }
    assert_string_equal(out, expected);
}

static void kea_reads_as(const char *text, const char *expected)
{
    char out[2048];
    struct text print;
    struct lease_record record;
    struct kea_leases leases = kea_leases_init(text, strlen(text));
    text_init(&print, out, sizeof out);
    while (kea_leases_next(&leases, &record)) {
        print_record(&print, &record);
    }
    assert_string_equal(out, expected);
}

static void dhcpd_writes_blocks(void **state)
{
    (void)state;
    dhcpd_reads_as("authoring-byte-order little-endian;\nserver-duid \"\\000\\001}\";\n\n"
                   "lease 192.0.2.100 {\n  starts 1 2026/11/23 05:00:00;\n  ends 1 2026/11/23 06:00:00;\n"
                   "  binding state active;\n  next binding state free;\n"
                   "  hardware ethernet 52:54:00:12:34:56;\n  uid \"\\001RT\\000\\0224V\";\n"
                   "  set vendor-class-identifier = \"PXE;{\";\n  client-hostname \"lab-01\";\n}\n"
                   "lease 192.0.2.101 { starts epoch 1795410304; # Mon\n ends never; binding state bootp;\n"
                   " hardware infiniband 80:0:2:8; on expiry { if a { b; } } }\n",
                   "4 192.0.2.100 bound 1:525400123456 01525400123456 1795410000-1795413600 lab-01\n"
                   "14 192.0.2.101 bound 32:80000208  1795410304-never \n");
}

static void dhcpd_tells_of_what_is_not_given_out(void **state)
{
    (void)state;
    dhcpd_reads_as("lease 192.0.2.1 { ends epoch 5; binding state free; }\n"
                   "lease 192.0.2.2 { ends epoch 5; binding state expired; }\n"
                   "lease 192.0.2.3 { ends epoch 5; binding state abandoned; }\n"
                   "lease 192.0.2.4 { ends epoch 5; abandoned; }\n"
                   "lease 192.0.2.5 { binding state backup; }\n"
                   "host a { dynamic; fixed-address 192.0.2.9; }\n"
                   "failover peer \"x\" state { my state normal; }\n"
                   "ia-na \"\\001\" { iaaddr 2001:db8::1 { binding state active; } }\n"
                   "lease 2001:db8::1 { binding state active; ends never; }\n",
                   "1 192.0.2.1 free 0:  0-5 \n2 192.0.2.2 free 0:  0-5 \n3 192.0.2.3 declined 0:  0-5 \n"
                   "4 192.0.2.4 declined 0:  0-5 \n5 192.0.2.5 free 0:  0-0 \n8 ip6\n9 ip6\n");
}

static void what_is_wrong_in_dhcpds_file_is_told_and_the_rest_is_read(void **state)
{
    (void)state;
    dhcpd_reads_as("lease 192.0.2 { ends never; }\n"
                   "lease 192.0.2.1 { ends 1 2026/13/01 00:00:00; }\n"
                   "lease 192.0.2.2 { hardware quantum 1:2; ends never; }\n"
                   "lease 192.0.2.3 { uid 01:xx; ends never; }\n"
                   "lease 192.0.2.4 { binding state active; }\n"
                   "} lease 192.0.2.5 { ends never; }\n"
                   "lease 192.0.2.6 { ends never; hardware ethernet 52:54",
                   "1!its address is no IP address\n2!a time in it is none\n3!its hardware address is none\n"
                   "4!its client identifier is none\n5!it does not say when it ends\n"
                   "6 192.0.2.5 bound 0:  0-never \n7!the file ends in the middle of it\n");
}

static void dnsmasq_writes_lines(void **state)
{
    (void)state;
    dnsmasq_reads_as("1795370878 52:54:00:12:34:56 192.0.2.100 lab-01 01:52:54:00:12:34:56\n"
                     "0 52:54:00:12:34:57 192.0.2.101 * *\n"
                     "5 20-80:00:02:08 192.0.2.102 * ff:1\n\nduid 00:01\n5 1193046 2001:db8::100 * 00:01\n",
                     "1 192.0.2.100 bound 1:525400123456 01525400123456 0-1795370878 lab-01\n"
                     "2 192.0.2.101 bound 1:525400123457  0-never \n"
                     "3 192.0.2.102 bound 32:80000208 ff01 0-5 \n6 ip6\n");
}

static void what_is_wrong_in_dnsmasqs_file_is_told_and_the_rest_is_read(void **state)
{
    (void)state;
    dnsmasq_reads_as("soon 52:54:00:12:34:56 192.0.2.1 * *\n5 52:5g 192.0.2.1 * *\n5 2-0 192.0.2.1 * *\n"
                     "5 * 192.0.2 * *\n5 * 192.0.2.1 * 1:\n5 * 192.0.2.1\n5 * 192.0.2.1 * 1\n",
                     "1!its end is no time in seconds\n2!its MAC address is none\n3!its MAC address is none\n"
                     "4!its address is no IP address\n"
                     "5!its client identifier is not octets with colons between them\n"
                     "6!a line has an end, a MAC address, an address, a name and an identifier\n"
                     "7 192.0.2.1 bound 0: 01 0-5 \n");
}

static void kea_names_its_columns(void **state)
{
    (void)state;
    kea_reads_as("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n"
                 "192.0.2.100,52:54:00:12:34:56,01:52:54,3600,1795370878,1,0,0,lab-01,0\n"
                 "192.0.2.101,52:54:00:12:34:57,,4294967295,1795370878,1,0,0,,0\n"
                 "192.0.2.102,,,86400,1795370878,1,0,0,,1\n192.0.2.103,,,3600,1795370878,1,0,0,,2\n"
                 "192.0.2.104,,,0,1795370878,1,0,0,,0\n",
                 "2 192.0.2.100 bound 1:525400123456 015254 1795367278-1795370878 lab-01\n"
                 "3 192.0.2.101 bound 1:525400123457  0-never \n"
                 "4 192.0.2.102 declined 0:  1795284478-1795370878 \n"
                 "5 192.0.2.103 free 0:  1795367278-1795370878 \n6 192.0.2.104 free 0:  0-1795370878 \n");
    kea_reads_as("expire,address,valid_lifetime\n5,192.0.2.1,9\n", "2 192.0.2.1 bound 0:  0-5 \n");
    kea_reads_as("address,duid,valid_lifetime,expire\n2001:db8::1,00:01,5,9\n", "2 ip6\n");
}

static void what_is_wrong_in_keas_file_is_told_and_the_rest_is_read(void **state)
{
    (void)state;
    kea_reads_as("", "");
    kea_reads_as("hello\n192.0.2.1\n", "1!the first line does not name the columns\n");
    kea_reads_as("address,valid_lifetime,expire,hwaddr\n192.0.2.1,5\n192.0.2,5,9\n192.0.2.1,x,9\n"
                 "192.0.2.1,5,9,5254\n192.0.2.1,5,9,\n",
                 "2!its end is no time in seconds\n3!its address is no IP address\n"
                 "4!its end is no time in seconds\n5!its MAC address is none\n6 192.0.2.1 bound 0:  4-9 \n");
}

static void the_innermost_objects_of_json_are_found(void **state)
{
    (void)state;
    static const char text[] = "{\"leases\": [\n{\"a\": \"}{\\\"\"},\n {\"b\": 1}\n]}\n{} {\"c\": {";
    char out[128];
    struct text print;
    struct json_object object;
    struct json_objects objects = json_objects_init(text, sizeof text - 1);
    text_init(&print, out, sizeof out);
    while (json_objects_next(&objects, &object)) {
        text_add_format(&print, "%u ", object.line);
        text_add_bytes(&print, object.text, object.bytes);
        text_add(&print, "\n");
    }
    assert_string_equal(out, "2 {\"a\": \"}{\\\"\"}\n3 {\"b\": 1}\n5 {}\n");
}

static void dates_are_those_of_the_calendar(void **state)
{
    (void)state;
    int64_t unix_s = -1;
    assert_true(lease_record_parse_moment("1970/01/01", "00:00:00", &unix_s));
    assert_int_equal(unix_s, 0);
    assert_true(lease_record_parse_moment("2000/02/29", "23:59:59", &unix_s));
    assert_int_equal(unix_s, 951868799);
    assert_true(lease_record_parse_moment("2100/03/01", "00:00:00", &unix_s));
    assert_int_equal(unix_s, 4107542400);
    assert_true(lease_record_parse_moment("9999/12/31", "23:59:59", &unix_s));
    assert_int_equal(unix_s, LEASE_RECORD_TIME_MOST);
    assert_false(lease_record_parse_moment("1969/12/31", "23:59:59", &unix_s));
    assert_false(lease_record_parse_moment("2026/11", "00:00:00", &unix_s));
    assert_false(lease_record_parse_moment("2026/11/23x", "00:00:00", &unix_s));
    assert_false(lease_record_parse_moment("2026/11/23", "24:00:00", &unix_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dhcpd_writes_blocks),
        cmocka_unit_test(dhcpd_tells_of_what_is_not_given_out),
        cmocka_unit_test(what_is_wrong_in_dhcpds_file_is_told_and_the_rest_is_read),
        cmocka_unit_test(dnsmasq_writes_lines),
        cmocka_unit_test(what_is_wrong_in_dnsmasqs_file_is_told_and_the_rest_is_read),
        cmocka_unit_test(kea_names_its_columns),
        cmocka_unit_test(what_is_wrong_in_keas_file_is_told_and_the_rest_is_read),
        cmocka_unit_test(the_innermost_objects_of_json_are_found),
        cmocka_unit_test(dates_are_those_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
