// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "io/certificate.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], key_path[96], chain_path[96];
static struct problem problem;

static int begin(void **state)
{
    (void)state;
    char base[] = "/tmp/imprint-certificate-XXXXXX";
    assert_non_null(mkdtemp(base));
    (void)snprintf(folder, sizeof folder, "%s/tls", base);
    (void)snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
    (void)snprintf(chain_path, sizeof chain_path, "%s/certificate.pem", folder);
    problem_clear(&problem);
    return 0;
}

static int end(void **state)
{
    (void)state;
    (void)unlink(key_path);
    (void)unlink(chain_path);
    (void)rmdir(folder);
    *strrchr(folder, '/') = '\0';
    return rmdir(folder); // nothing else was left
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void keep(struct certificate *certificate)
{
    assert_int_equal(certificate_keep(folder, "boot.example", certificate, &problem), STATUS_OK);
}

static void it_is_made_once_and_only_its_owner_reads_the_key(void **state)
{
    (void)state;
    struct certificate first, second;
    char text[CERTIFICATE_TEXT_BYTES];
    struct stat about;
    keep(&first);
    keep(&second);
    assert_memory_equal(first.digest, second.digest, sizeof first.digest);
    assert_string_equal(first.key_pem, second.key_pem);
    assert_int_equal(stat(key_path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(stat(folder, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0700);
    assert_int_equal(strlen(certificate_print(&first, text)), 7 + 64);
    assert_true(text_starts(text, "sha256:"));
    certificate_clear(&first);
    certificate_clear(&second);
    certificate_clear(&second); // twice does no harm
}

static void when_one_of_the_two_is_gone_both_are_made_anew(void **state)
{
    (void)state;
    const char *const gone[] = {key_path, chain_path};
    for (size_t i = 0; i < COUNT_OF(gone); i++) {
        struct certificate before, after;
        keep(&before);
        assert_int_equal(unlink(gone[i]), 0);
        keep(&after);
        assert_memory_not_equal(before.digest, after.digest, sizeof before.digest);
        assert_string_not_equal(before.key_pem, after.key_pem);
        certificate_clear(&before);
        certificate_clear(&after);
    }
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    struct certificate first, second;
    keep(&first);
    assert_int_equal(unlink(key_path), 0);
    keep(&second);
    write_file(chain_path, first.chain_pem);
    struct certificate none = {0};
    assert_int_equal(certificate_keep(folder, "boot.example", &none, &problem), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, key_path));
    assert_null(none.key_pem);
    certificate_clear(&first);
    certificate_clear(&second);
}

static void what_is_no_certificate_is_refused_and_named(void **state)
{
    (void)state;
    struct certificate none = {0};
    keep(&none);
    certificate_clear(&none);
    write_file(chain_path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_int_equal(certificate_read(key_path, chain_path, &none, &problem), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, chain_path));
    write_file(chain_path, "");
    problem_clear(&problem);
    assert_int_equal(certificate_read(key_path, chain_path, &none, &problem), STATUS_MALFORMED);
    problem_clear(&problem);
    assert_int_equal(certificate_read("/nonexistent/key", chain_path, &none, &problem), STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.text, "/nonexistent/key"));
    assert_null(none.key_pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_made_once_and_only_its_owner_reads_the_key, begin, end),
        cmocka_unit_test_setup_teardown(when_one_of_the_two_is_gone_both_are_made_anew, begin, end),
        cmocka_unit_test_setup_teardown(a_key_of_another_certificate_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_certificate_is_refused_and_named, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
