// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct call call;

static void a_hash_is_one_that_the_system_accepts_for_that_password_only(void **state)
{
    (void)state;
    char hash[PROFILE_HASH_BYTES];
    char other[PROFILE_HASH_BYTES];
    struct crypt_data *data = calloc(1, sizeof *data);
    assert_int_equal(password_hash("correct horse", hash, NULL), STATUS_OK);
    assert_memory_equal(hash, "$y$", 3);
    assert_string_equal(crypt_r("correct horse", hash, data), hash);
    assert_string_not_equal(crypt_r("correct horsf", hash, data), hash);
    assert_int_equal(password_hash("correct horse", other, NULL), STATUS_OK);
    assert_string_not_equal(hash, other); // another salt
    free(data);
}

// Asks with `input` as standard input.
static bool ask_with(const char *input, char hash[PROFILE_HASH_BYTES])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], input, strlen(input)), (int)strlen(input));
    (void)close(ends[1]);
    int kept = dup(STDIN_FILENO);
    (void)dup2(ends[0], STDIN_FILENO);
    (void)close(ends[0]);
    bool good = password_ask(&call, "root", hash);
    (void)dup2(kept, STDIN_FILENO);
    (void)close(kept);
    return good;
}

static void without_a_terminal_a_password_is_one_line(void **state)
{
    (void)state;
    char hash[PROFILE_HASH_BYTES] = "";
    struct crypt_data *data = calloc(1, sizeof *data);
    assert_true(ask_with("pass word\nnext\n", hash));
    assert_string_equal(crypt_r("pass word", hash, data), hash);
    free(data);
}

static void no_password_and_one_that_is_too_long_are_refused(void **state)
{
    (void)state;
    char hash[PROFILE_HASH_BYTES] = "";
    char input[PASSWORD_BYTES_MOST + 3];
    assert_false(ask_with("", hash));
    assert_false(ask_with("\n", hash));
    memset(input, 'x', sizeof input);
    input[sizeof input - 2] = '\n';
    input[sizeof input - 1] = '\0';
    assert_false(ask_with(input, hash));
    assert_string_equal(hash, "");
    input[sizeof input - 3] = '\n'; // as long as it may be
    input[sizeof input - 2] = '\0';
    assert_true(ask_with(input, hash));
}

static void a_hash_is_read_from_the_first_line_of_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/imprint-hash-XXXXXX";
    char hash[PROFILE_HASH_BYTES] = "";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "$6$salt$hash\nmore\n", 18), 18);
    (void)close(fd);
    assert_true(password_read_hash(&call, path, hash));
    assert_string_equal(hash, "$6$salt$hash");
    assert_int_equal(truncate(path, 0), 0);
    assert_false(password_read_hash(&call, path, hash));
    (void)unlink(path);
    assert_false(password_read_hash(&call, path, hash));
}

int main(void)
{
    call.out = screen_open(stdout);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_is_one_that_the_system_accepts_for_that_password_only),
        cmocka_unit_test(without_a_terminal_a_password_is_one_line),
        cmocka_unit_test(no_password_and_one_that_is_too_long_are_refused),
        cmocka_unit_test(a_hash_is_read_from_the_first_line_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
