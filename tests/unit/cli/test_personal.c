// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/personal.h"

#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/imprint-personal-XXXXXX";
static int result;

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(char *path, size_t path_bytes, const char *name, const char *text)
{
    (void)snprintf(path, path_bytes, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

// The body that `line` (which ends with NULL) makes, or NULL.
static json_t *take(char *const *line)
{
    struct call call;
    struct problem problem = {0};
    size_t count = 0;
    while (line[count] != NULL) {
        count++;
    }
    assert_int_equal(call_parse(&call, count, line, &problem), STATUS_OK);
    json_t *body = json_object();
    if (!personal_take(&call, body, &result)) {
        json_decref(body);
        body = NULL;
    }
    call_clear(&call);
    return body;
}

#define TAKE(...) take((char *[]){__VA_ARGS__, NULL})

static const char *text_of(const json_t *body, const char *member)
{
    const char *text = json_string_value(json_object_get(body, member));
    return text == NULL ? "(none)" : text;
}

static void what_is_not_named_is_not_sent(void **state)
{
    (void)state;
    json_t *body = TAKE("profile", "edit", "web");
    assert_int_equal(json_object_size(body), 0);
    json_decref(body);
}

static void texts_go_as_they_stand_and_none_takes_them_back(void **state)
{
    (void)state;
    json_t *body =
        TAKE("profile", "edit", "web", "--hostname", "station{{address.last_octet}}", "--user", "none",
             "--locale", "de_DE.UTF-8", "--network", "static", "--disk", "smallest transport=nvme",
             "--script", "none", "--ssh-key", "none", "--root-password-hash-file", "none");
    assert_string_equal(text_of(body, "hostname"), "station{{address.last_octet}}");
    assert_true(json_is_null(json_object_get(body, "user")));
    assert_string_equal(text_of(body, "locale"), "de_DE.UTF-8");
    assert_string_equal(text_of(body, "network"), "static");
    assert_string_equal(text_of(body, "disk"), "smallest transport=nvme");
    assert_true(json_is_null(json_object_get(body, "script")));
    assert_true(json_is_null(json_object_get(body, "ssh_keys")));
    assert_true(json_is_null(json_object_get(body, "root_password")));
    assert_null(json_object_get(body, "user_password"));
    json_decref(body);
}

static void ssh_keys_come_from_files_and_as_text_one_a_line(void **state)
{
    (void)state;
    char path[64];
    char value[66];
    write_file(path, sizeof path, "id.pub", "ssh-ed25519 AAAA ada@desk\n");
    (void)snprintf(value, sizeof value, "@%s", path);
    json_t *body =
        TAKE("profile", "add", "web", "--image", "x", "--ssh-key", value, "--ssh-key", "ssh-rsa BBBB b");
    assert_string_equal(text_of(body, "ssh_keys"), "ssh-ed25519 AAAA ada@desk\nssh-rsa BBBB b\n");
    json_decref(body);
    (void)unlink(path);
    assert_null(TAKE("profile", "add", "web", "--image", "x", "--ssh-key", value));
    assert_int_equal(result, CLI_EXIT_REFUSED);
}

static void a_private_key_stays_at_home(void **state)
{
    (void)state;
    char path[64];
    char value[66];
    write_file(path, sizeof path, "id", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n");
    (void)snprintf(value, sizeof value, "@%s", path);
    assert_null(TAKE("profile", "add", "web", "--image", "x", "--ssh-key", value));
    (void)unlink(path);
}

static void scripts_and_hashes_come_from_files(void **state)
{
    (void)state;
    char script[64];
    char hash[64];
    write_file(script, sizeof script, "end.sh", "#!/bin/sh\necho {{hostname}}\n");
    write_file(hash, sizeof hash, "hash", "$y$j9T$salt$hash\n");
    json_t *body = TAKE("profile", "edit", "web", "--script", script, "--user-password-hash-file", hash);
    assert_string_equal(text_of(body, "script"), "#!/bin/sh\necho {{hostname}}\n");
    assert_string_equal(text_of(body, "user_password"), "$y$j9T$salt$hash");
    json_decref(body);
    (void)unlink(script);
    (void)unlink(hash);
}

static void two_ways_to_say_one_password_contradict_each_other(void **state)
{
    (void)state;
    assert_null(TAKE("profile", "edit", "web", "--root-password-prompt", "--root-password-hash-file", "f"));
    assert_int_equal(result, CLI_EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_named_is_not_sent),
        cmocka_unit_test(texts_go_as_they_stand_and_none_takes_them_back),
        cmocka_unit_test(ssh_keys_come_from_files_and_as_text_one_a_line),
        cmocka_unit_test(a_private_key_stays_at_home),
        cmocka_unit_test(scripts_and_hashes_come_from_files),
        cmocka_unit_test(two_ways_to_say_one_password_contradict_each_other),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
