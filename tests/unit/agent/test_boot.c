// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/agent.h"
#include "unit/test.h"

#include <stdio.h>

static void test_a_whole_line_is_read(void **state)
{
    (void)state;
    struct agent_boot boot;
    struct problem problem;
    problem_clear(&problem);
    assert_int_equal(
        agent_boot_parse("BOOT_IMAGE=linux quiet imprint.server=192.168.77.1:8080 console=tty0 "
                         "imprint.order=7\timprint.mac=52-54-00-AA-bb-cc console=ttyS0,115200n8\n",
                         &boot, &problem),
        STATUS_OK);
    assert_int_equal(boot.server.value, 0xc0a84d01);
    assert_int_equal(boot.port, 8080);
    assert_int_equal(boot.order_id, 7);
    const struct hw mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0xaa, 0xbb, 0xcc});
    assert_true(hw_equal(&boot.mac, &mac));
}

static void test_the_port_is_80_and_the_last_of_two_words_counts(void **state)
{
    (void)state;
    struct agent_boot boot;
    assert_int_equal(agent_boot_parse("imprint.order=1 imprint.server=10.0.0.1 imprint.mac=525400000001 "
                                      "imprint.order=2",
                                      &boot, NULL),
                     STATUS_OK);
    assert_int_equal(boot.port, 80);
    assert_int_equal(boot.order_id, 2);
}

#define BOOT_LINE "imprint.server=10.0.0.1 imprint.order=7 imprint.mac=525400000001 "
#define BOOT_PIN  "sha256:00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void test_the_certificates_digest_is_read(void **state)
{
    (void)state;
    struct agent_boot boot;
    assert_int_equal(agent_boot_parse(BOOT_LINE, &boot, NULL), STATUS_OK);
    assert_int_equal(boot.tls_port, 0);
    assert_int_equal(
        agent_boot_parse(BOOT_LINE "imprint.tls=8443 imprint.certificate=" BOOT_PIN, &boot, NULL), STATUS_OK);
    assert_int_equal(boot.tls_port, 8443);
    for (unsigned i = 0; i < sizeof boot.certificate; i++) {
        assert_int_equal(boot.certificate[i], 0x11 * (i % 16));
    }
}

static void test_https_is_never_half_there(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "imprint.tls=443",
        "imprint.certificate=" BOOT_PIN,
        "imprint.tls=0 imprint.certificate=" BOOT_PIN,
        "imprint.tls=65536 imprint.certificate=" BOOT_PIN,
        "imprint.tls=443 imprint.certificate=",
        "imprint.tls=443 imprint.certificate=sha256:",
        "imprint.tls=443 imprint.certificate=" BOOT_PIN "0",
        "imprint.tls=443 imprint.certificate=sha1:00112233445566778899aabbccddeeff00112233",
        "imprint.tls=443 imprint.certificate=sha256:"
        "0011223344556677889-aabbccddeeff00112233445566778899aabbccddeeff",
    };
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        char line[512];
        struct agent_boot boot;
        struct problem problem;
        problem_clear(&problem);
        (void)snprintf(line, sizeof line, "%s%s", BOOT_LINE, WRONG[i]);
        assert_int_equal(agent_boot_parse(line, &boot, &problem), STATUS_MALFORMED);
        assert_true(problem.remedy[0] != '\0');
    }
}

static void test_what_is_missing_is_named(void **state)
{
    (void)state;
    struct agent_boot boot = {.order_id = 99};
    struct problem problem;
    problem_clear(&problem);
    assert_int_equal(
        agent_boot_parse("quiet imprint.server=10.0.0.1 imprint.mac=525400000001", &boot, &problem),
        STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "imprint.order="));
    assert_true(problem.remedy[0] != '\0');
    assert_int_equal(boot.order_id, 99);
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "imprint.server=",           "imprint.server=0.0.0.0",    "imprint.server=10.0.0.1:0",
        "imprint.server=10.0.0.1:x", "imprint.server=10.0.0.300", "imprint.server=10.0.0.1:65536",
        "imprint.server=boot.lan",   "imprint.order=0",           "imprint.order=-1",
        "imprint.order=7x",          "imprint.mac=52:54:00",      "imprint.mac=ff:ff:ff:ff:ff:ff",
    };
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        char line[256];
        struct text text;
        struct agent_boot boot;
        struct problem problem;
        problem_clear(&problem);
        text_init(&text, line, sizeof line);
        text_add(&text, "imprint.server=10.0.0.1 imprint.order=7 imprint.mac=525400000001 ");
        assert_int_equal(agent_boot_parse(line, &boot, &problem), STATUS_OK);
        text_add(&text, WRONG[i]);
        assert_int_equal(agent_boot_parse(line, &boot, &problem), STATUS_MALFORMED);
        assert_non_null(strstr(problem.text, WRONG[i]));
    }
}

static void test_long_words_of_others_are_passed_over_and_ours_are_refused(void **state)
{
    (void)state;
    char line[4096];
    struct text text;
    struct agent_boot boot;
    text_init(&text, line, sizeof line);
    text_add(&text, "imprint.server=10.0.0.1 imprint.order=7 imprint.mac=525400000001 other=");
    for (unsigned i = 0; i < 1000; i++) {
        text_add_char(&text, 'x');
    }
    assert_int_equal(agent_boot_parse(line, &boot, NULL), STATUS_OK);
    text_add(&text, " imprint.order=");
    for (unsigned i = 0; i < 1000; i++) {
        text_add_char(&text, '1');
    }
    assert_int_equal(agent_boot_parse(line, &boot, NULL), STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_line_is_read),
        cmocka_unit_test(test_the_port_is_80_and_the_last_of_two_words_counts),
        cmocka_unit_test(test_the_certificates_digest_is_read),
        cmocka_unit_test(test_https_is_never_half_there),
        cmocka_unit_test(test_what_is_missing_is_named),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_long_words_of_others_are_passed_over_and_ours_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
