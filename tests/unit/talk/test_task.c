// SPDX-License-Identifier: GPL-3.0-or-later
#include "talk_test.h"

static struct talk_task task_sample(void)
{
    struct talk_task task = {.todo = TALK_DO_WRITE,
                             .poll_s = 5,
                             .screen = {"one", "\xc3\xa4 two"},
                             .screen_count = 2,
                             .order_id = 7,
                             .disk_key = "QEMU_1234",
                             .disk_bytes = 8589934592,
                             .image = "debian-12",
                             .kind = IMAGE_ROOT};
    task.personal = (struct talk_personal){.hostname = "station101",
                                           .domain = "lab.example",
                                           .root_password = "$6$salt$rootSECRET",
                                           .user = "anna",
                                           .user_password = "$y$j9T$annaSECRET",
                                           .timezone = "Europe/Berlin",
                                           .locale = "de_DE.UTF-8",
                                           .packages = "htop vim",
                                           .arguments = "quiet \"x=a b\"",
                                           .is_explicit = true,
                                           .is_static = true,
                                           .address = {0xc0a84d65},
                                           .prefix = 24,
                                           .gateway = {0xc0a84d01},
                                           .dns = {{1}, {2}, {3}, {4}}};
    task.personal.mac = hw_ethernet((const uint8_t[6]){0x52, 0x54, 0, 0xaa, 0xbb, 0xcc});
    task.personal.ssh_keys = strdup("ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n");
    task.personal.script = strdup("#!/bin/sh\n\techo \"\x1b[1m\\n\"\n");
    return task;
}

static void is_same_personal(const struct talk_personal *a, const struct talk_personal *b)
{
    assert_string_equal(a->hostname, b->hostname);
    assert_string_equal(a->domain, b->domain);
    assert_string_equal(a->root_password, b->root_password);
    assert_string_equal(a->user, b->user);
    assert_string_equal(a->user_password, b->user_password);
    assert_string_equal(a->timezone, b->timezone);
    assert_string_equal(a->locale, b->locale);
    assert_string_equal(a->packages, b->packages);
    assert_string_equal(a->arguments, b->arguments);
    assert_int_equal(a->is_explicit, b->is_explicit);
    assert_true(hw_equal(&a->mac, &b->mac));
    assert_int_equal(a->is_static, b->is_static);
    assert_true(ip4_equal(a->address, b->address));
    assert_int_equal(a->prefix, b->prefix);
    assert_true(ip4_equal(a->gateway, b->gateway));
    assert_memory_equal(a->dns, b->dns, sizeof a->dns);
    assert_string_equal(a->ssh_keys, b->ssh_keys);
    assert_string_equal(a->script, b->script);
}

static void a_write_comes_back_whole(void **state)
{
    (void)state;
    struct talk_task task = task_sample();
    struct talk_task back;
    struct problem problem = {0};
    char *json = talk_task_encode(&task);
    assert_non_null(json);
    assert_int_equal(talk_task_decode(json, strlen(json), &back, &problem), STATUS_OK);
    assert_int_equal(back.todo, TALK_DO_WRITE);
    assert_int_equal(back.poll_s, 5);
    assert_int_equal(back.screen_count, 2);
    assert_string_equal(back.screen[0], "one");
    assert_string_equal(back.screen[1], "\xc3\xa4 two");
    assert_int_equal(back.order_id, 7);
    assert_string_equal(back.disk_key, "QEMU_1234");
    assert_int_equal(back.disk_bytes, 8589934592);
    assert_string_equal(back.image, "debian-12");
    assert_int_equal(back.kind, IMAGE_ROOT);
    is_same_personal(&back.personal, &task.personal);
    talk_task_clear(&back);
    assert_null(back.personal.script);
    assert_string_equal(back.personal.root_password, "");
    talk_task_clear(&task);
    free(json);
}

static void only_a_write_carries_secrets(void **state)
{
    (void)state;
    for (enum talk_do todo = TALK_DO_WAIT; todo < TALK_DO_COUNT; todo++) {
        struct talk_task task = task_sample();
        struct talk_task back;
        task.todo = todo;
        char *json = talk_task_encode(&task);
        const bool writes = todo == TALK_DO_WRITE || todo == TALK_DO_SEAL;
        assert_int_equal(strstr(json, "SECRET") != NULL, writes);
        assert_int_equal(talk_task_decode(json, strlen(json), &back, NULL), STATUS_OK);
        assert_int_equal(back.todo, todo);
        assert_int_equal(back.personal.script != NULL, writes);
        talk_task_clear(&back);
        talk_task_clear(&task);
        free(json);
    }
}

static void the_largest_script_fits(void **state)
{
    (void)state;
    struct talk_task task = task_sample();
    struct talk_task back;
    free(task.personal.script);
    task.personal.script = calloc(1, PROFILE_SCRIPT_BYTES_MOST + 1);
    assert_non_null(task.personal.script);
    memset(task.personal.script, 0x01, PROFILE_SCRIPT_BYTES_MOST); // the longest in JSON: \u0001
    char *json = talk_task_encode(&task);
    assert_int_equal(talk_task_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_int_equal(strlen(back.personal.script), PROFILE_SCRIPT_BYTES_MOST);
    talk_task_clear(&back);
    talk_task_clear(&task);
    free(json);
}

static void a_script_that_is_not_utf8_cannot_be_told(void **state)
{
    (void)state;
    struct talk_task task = task_sample();
    task.personal.script[0] = (char)0xff;
    assert_null(talk_task_encode(&task));
    talk_task_clear(&task);
}

#define WRITE                                                                                                \
    "\"do\":\"write\",\"order_id\":7,\"disk_key\":\"K\",\"disk_bytes\":1,\"image\":\"i\",\"kind\":\"root\""

static void hostile_tasks_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{}", "\"do\" is missing"},
        {"{\"do\":\"SECRET\"}", "\"do\" is none of the words"},
        {"{\"do\":2}", "\"do\" is none of the words"},
        {"{\"do\":\"wait\",\"poll_s\":86401}", "\"poll_s\" is more than"},
        {"{\"do\":\"wait\",\"screen\":\"SECRET\"}", "\"screen\" must be a list"},
        {"{\"do\":\"wait\",\"screen\":[1]}", "\"screen\" must be a text"},
        {"{\"do\":\"write\"}", "\"order_id\" is missing"},
        {"{" WRITE "}", "\"personal\" must be an object"},
        {"{" WRITE ",\"personal\":[]}", "\"personal\" must be an object"},
        {"{" WRITE ",\"personal\":{\"root_password\":[\"SECRET\"]}}", "\"personal.root_password\" must be"},
        {"{" WRITE ",\"personal\":{\"user_password\":\"SECRET\\n\"}}", "\"personal.user_password\" must not"},
        {"{" WRITE ",\"personal\":{\"user\":\"SECRETSECRETSECRETSECRETSECRETSEC\"}}",
         "\"personal.user\" is longer than 32"},
        {"{" WRITE ",\"personal\":{\"script\":{}}}", "\"personal.script\" must be a text"},
        {"{" WRITE ",\"personal\":{\"ssh_keys\":\"SECRET\",\"prefix\":33}}", "\"personal.prefix\" is more"},
        {"{" WRITE ",\"personal\":{\"gateway\":\"SECRET\"}}", "\"personal.gateway\" must be an IPv4"},
        {"{" WRITE ",\"personal\":{\"is_static\":true,\"address\":\"10.0.0.1\"}}", "\"personal.prefix\""},
        {"{" WRITE ",\"personal\":{\"is_static\":\"yes\"}}", "\"personal.is_static\" must be true or false"},
    };
    struct problem problem = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct talk_task back = {.order_id = 42};
        assert_int_not_equal(talk_task_decode(cases[i].json, strlen(cases[i].json), &back, &problem),
                             STATUS_OK);
        must_say(&problem, cases[i].says);
        assert_int_equal(back.order_id, 42);
        assert_null(back.personal.ssh_keys);
    }
}

static void lines_that_no_screen_holds_are_dropped(void **state)
{
    (void)state;
    struct talk_task back;
    const char *json = "{\"do\":\"stop\",\"screen\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}";
    assert_int_equal(talk_task_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_int_equal(back.screen_count, TALK_SCREEN_LINES);
    assert_string_equal(back.screen[7], "8");
    talk_task_clear(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_comes_back_whole),
        cmocka_unit_test(only_a_write_carries_secrets),
        cmocka_unit_test(the_largest_script_fits),
        cmocka_unit_test(a_script_that_is_not_utf8_cannot_be_told),
        cmocka_unit_test(hostile_tasks_are_refused_and_change_nothing),
        cmocka_unit_test(lines_that_no_screen_holds_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
