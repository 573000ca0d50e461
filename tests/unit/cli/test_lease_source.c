// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lease_source.h"

#include "base/text.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];
static struct lease_source source;

static int begin(void **state)
{
    (void)state;
    (void)text_copy(path, sizeof path, "/tmp/imprint-leases-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    return 0;
}

static int end(void **state)
{
    (void)state;
    lease_source_clear(&source);
    (void)unlink(path);
    return 0;
}

// Reads `text` as a file of leases; whether it is one.
static bool read_text(const char *text, const char *from)
{
    static const char *const files[] = {path};
    struct call call = {.is_json = true, .out = {.out = stdout}};
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    lease_source_init(&source, files);
    if (!lease_source_read(&source, &call, 0, from)) {
        return false;
    }
    lease_source_finish(&source);
    return true;
}

// "LINE ADDRESS NAME", each lease that is to be taken over, and "LINE!REASON" what is not.
static void comes_to(const char *text, const char *expected)
{
    char out[1024];
    struct text print;
    text_init(&print, out, sizeof out);
    assert_true(read_text(text, NULL));
    for (size_t i = 0; i < source.entries.count; i++) {
        char address[IP4_TEXT_BYTES];
        const struct lease_entry *entry = heap_array_get(&source.entries, i);
        text_add_format(&print, "%u %s %s\n", entry->line, ip4_print(entry->lease.address, address),
                        entry->lease.hostname);
    }
    for (size_t i = 0; i < source.remarks.count; i++) {
        const struct lease_remark *remark = heap_array_get(&source.remarks, i);
        text_add_format(&print, "%u!%s\n", remark->line, remark->reason);
    }
    assert_string_equal(out, expected);
}

static void the_last_that_is_told_of_an_address_counts(void **state)
{
    (void)state;
    comes_to("lease 192.0.2.1 { starts epoch 10; ends never; binding state active; hardware ethernet "
             "2:0:0:0:0:1; }\n"
             "lease 192.0.2.2 { starts epoch 10; ends never; binding state active; hardware ethernet "
             "2:0:0:0:0:2; }\n"
             "lease 192.0.2.1 { starts epoch 20; ends epoch 30; binding state free; }\n"
             "lease 192.0.2.2 { starts epoch 15; ends never; binding state active; hardware ethernet "
             "2:0:0:0:0:2;\n"
             " client-hostname \"b\x1b\"; }\n"
             "ia-na \"\\001\" { }\n",
             "4 192.0.2.2 b\n");
    assert_int_equal(source.free_count, 1);
    assert_int_equal(source.ip6_count, 1);
}

static void the_newest_come_first(void **state)
{
    (void)state;
    comes_to("50 02:00:00:00:00:01 192.0.2.1 a *\n70 02:00:00:00:00:02 192.0.2.2 b *\n"
             "60 02:00:00:00:00:03 192.0.2.3 c *\n",
             "2 192.0.2.2 b\n3 192.0.2.3 c\n1 192.0.2.1 a\n");
}

static void what_cannot_be_taken_is_told(void **state)
{
    (void)state;
    comes_to("address,hwaddr,client_id,valid_lifetime,expire,hostname,state\n"
             "192.0.2.1,02:00:00:00:00:01,,10,50,a,1\n192.0.2.2,,,10,50,b,0\n192.0.2.3,,ff:01,10,50,c,0\n"
             "192.0.2,,,10,50,c,0\n",
             "4 192.0.2.3 c\n5!unreadable\n2!declined\n3!unreadable\n");
}

static void what_imprint_lists_is_read_again(void **state)
{
    (void)state;
    comes_to(
        "[\n{\"address\":\"192.0.2.1\",\"mac\":\"02:00:00:00:00:01\",\"client\":null,\"state\":\"bound\","
        "\"hostname\":\"a\",\"starts_s\":5,\"ends_s\":null},\n"
        "{\"address\":\"192.0.2.2\",\"mac\":null,\"client\":\"ff02010200000000000000000000000000000000\","
        "\"state\":\"bound\",\"hostname\":\"b\",\"starts_s\":4,\"ends_s\":9},\n"
        "{\"address\":\"2001:db8::1\",\"state\":\"bound\"},\n"
        "{\"address\":\"192.0.2.3\",\"mac\":null,\"client\":null,\"state\":\"bound\"},\n"
        "{\"address\":\"192.0.2.4\",\"mac\":\"02:00:00:00:00:01\",\"state\":\"ended\",\"ends_s\":3}\n]\n",
        "2 192.0.2.1 a\n3 192.0.2.2 b\n5!unreadable\n");
    assert_int_equal(source.ip6_count, 1);
    assert_int_equal(source.free_count, 1);
}

static void what_is_no_file_of_leases_is_refused_and_an_empty_one_has_none(void **state)
{
    (void)state;
    assert_false(read_text("hello\nworld\n", NULL));
    lease_source_clear(&source);
    comes_to("", "");
    lease_source_clear(&source);
    assert_true(read_text("hello\n", "dnsmasq"));
    assert_int_equal(source.remarks.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_that_is_told_of_an_address_counts, begin, end),
        cmocka_unit_test_setup_teardown(the_newest_come_first, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_taken_is_told, begin, end),
        cmocka_unit_test_setup_teardown(what_imprint_lists_is_read_again, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_file_of_leases_is_refused_and_an_empty_one_has_none, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
