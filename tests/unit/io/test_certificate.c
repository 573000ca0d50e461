// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "io/certificate.h"
#include "io/certificate_show.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], key_path[96], chain_path[96], authority_key_path[96], authority_path[96];
static struct certificate_wish wish;
static struct problem problem;

static int begin(void **state)
{
    (void)state;
    char base[] = "/tmp/imprint-certificate-XXXXXX";
    assert_non_null(mkdtemp(base));
    (void)snprintf(folder, sizeof folder, "%s/tls", base);
    (void)snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
    (void)snprintf(chain_path, sizeof chain_path, "%s/certificate.pem", folder);
    (void)snprintf(authority_key_path, sizeof authority_key_path, "%s/authority-key.pem", folder);
    (void)snprintf(authority_path, sizeof authority_path, "%s/authority.pem", folder);
    wish = (struct certificate_wish){.name = "boot.example"};
    problem_clear(&problem);
    return 0;
}

static int end(void **state)
{
    (void)state;
    (void)unlink(key_path);
    (void)unlink(chain_path);
    (void)unlink(authority_key_path);
    (void)unlink(authority_path);
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
    assert_int_equal(certificate_keep(folder, &wish, certificate, &problem), STATUS_OK);
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

static void the_authority_stays_when_the_server_gets_another_address(void **state)
{
    (void)state;
    struct certificate before, after, again;
    struct certificate_shown first, second, shown;
    keep(&before);
    wish.addresses[0] = (struct certificate_address){{192, 0, 2, 1}, 4};
    wish.addresses[1] = (struct certificate_address){{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, 16};
    wish.address_count = 2;
    keep(&after);
    keep(&again);
    assert_memory_not_equal(before.digest, after.digest, sizeof before.digest);
    assert_memory_equal(again.digest, after.digest, sizeof again.digest);
    assert_int_equal(certificate_show(before.chain_pem, true, &first, NULL, NULL), STATUS_OK);
    assert_int_equal(certificate_show(after.chain_pem, true, &second, NULL, NULL), STATUS_OK);
    assert_string_equal(first.digest, second.digest);
    assert_true(first.is_root);
    assert_string_equal(first.subject, "CN=imprint on boot.example");
    assert_int_equal(certificate_show(after.chain_pem, false, &shown, NULL, NULL), STATUS_OK);
    assert_string_equal(shown.names, "boot.example, 192.0.2.1, 2001:db8::1");
    assert_string_equal(shown.issuer, first.subject);
    assert_false(shown.is_root);
    certificate_clear(&before);
    certificate_clear(&after);
    certificate_clear(&again);
}

static void when_the_authority_is_gone_everything_is_made_anew(void **state)
{
    (void)state;
    struct certificate before, after;
    struct certificate_shown first, second;
    keep(&before);
    assert_int_equal(unlink(authority_key_path), 0);
    keep(&after);
    assert_int_equal(certificate_show(before.chain_pem, true, &first, NULL, NULL), STATUS_OK);
    assert_int_equal(certificate_show(after.chain_pem, true, &second, NULL, NULL), STATUS_OK);
    assert_string_not_equal(first.digest, second.digest);
    assert_memory_not_equal(before.digest, after.digest, sizeof before.digest);
    certificate_clear(&before);
    certificate_clear(&after);
}

static void the_key_can_be_forgotten_alone(void **state)
{
    (void)state;
    struct certificate certificate;
    struct certificate_shown shown;
    uint8_t *der = NULL;
    size_t bytes = 0;
    keep(&certificate);
    certificate_forget_key(&certificate);
    assert_null(certificate.key_pem);
    assert_int_equal(certificate_show(certificate.chain_pem, false, &shown, &der, &bytes), STATUS_OK);
    assert_true(bytes > 300);
    assert_int_equal(der[0], 0x30); // a SEQUENCE, as X.509 begins
    free(der);
    assert_int_equal(certificate_show("nonsense", false, &shown, NULL, NULL), STATUS_MALFORMED);
    certificate_clear(&certificate);
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
    assert_int_equal(certificate_keep(folder, &wish, &none, &problem), STATUS_MALFORMED);
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
        cmocka_unit_test_setup_teardown(the_authority_stays_when_the_server_gets_another_address, begin, end),
        cmocka_unit_test_setup_teardown(when_the_authority_is_gone_everything_is_made_anew, begin, end),
        cmocka_unit_test_setup_teardown(the_key_can_be_forgotten_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_key_of_another_certificate_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_certificate_is_refused_and_named, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
