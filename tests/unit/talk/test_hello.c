// SPDX-License-Identifier: GPL-3.0-or-later
#include "talk_test.h"

static struct talk_hello hello_sample(void)
{
    struct talk_hello hello = {.version = TALK_VERSION,
                               .agent = "0.1.0",
                               .nonce = "0123456789abcdef0123456789ABCDEF",
                               .order_id = 7};
    assert_int_equal(hw_parse("52:54:00:aa:bb:cc", &hello.mac), STATUS_OK);
    assert_int_equal(uuid_parse("12345678-9abc-def0-1122-334455667788", &hello.uuid), STATUS_OK);
    return hello;
}

static void hello_comes_back_whole(void **state)
{
    (void)state;
    struct talk_hello hello = hello_sample();
    struct talk_hello back;
    struct problem problem = {0};
    char *json = talk_hello_encode(&hello);
    assert_string_equal(json,
                        "{\"version\":1,\"agent\":\"0.1.0\",\"nonce\":\"0123456789abcdef0123456789ABCDEF\","
                        "\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":7,"
                        "\"uuid\":\"12345678-9abc-def0-1122-334455667788\"}");
    assert_int_equal(talk_hello_decode(json, strlen(json), &back, &problem), STATUS_OK);
    assert_int_equal(back.version, hello.version);
    assert_string_equal(back.agent, hello.agent);
    assert_string_equal(back.nonce, hello.nonce);
    assert_true(hw_equal(&back.mac, &hello.mac));
    assert_int_equal(back.order_id, hello.order_id);
    assert_true(uuid_equal(&back.uuid, &hello.uuid));
    free(json);
}

static void a_machine_without_uuid_says_none(void **state)
{
    (void)state;
    struct talk_hello hello = hello_sample();
    struct talk_hello back;
    static const struct uuid none;
    hello.uuid = none;
    char *json = talk_hello_encode(&hello);
    assert_non_null(strstr(json, "\"uuid\":null"));
    assert_int_equal(talk_hello_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_true(uuid_equal(&back.uuid, &none));
    free(json);
}

static void welcome_comes_back_whole(void **state)
{
    (void)state;
    const struct talk_welcome welcome = {
        .token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .machine = "lab-01",
        .profile = "web",
        .image = "debian-12",
        .owner = "k\xc3\xa4the"};
    struct talk_welcome back;
    char *json = talk_welcome_encode(&welcome);
    assert_int_equal(talk_welcome_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_string_equal(back.token, welcome.token);
    assert_string_equal(back.machine, welcome.machine);
    assert_string_equal(back.profile, welcome.profile);
    assert_string_equal(back.image, welcome.image);
    assert_string_equal(back.owner, welcome.owner);
    free(json);
}

#define GOOD "\"version\":1,\"nonce\":\"abc\",\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":7"

static void what_is_not_known_is_left_alone(void **state)
{
    (void)state;
    struct talk_hello back;
    const char *json = "{" GOOD ",\"colour\":{\"red\":[1,2]}}";
    assert_int_equal(talk_hello_decode(json, strlen(json), &back, NULL), STATUS_OK);
    assert_int_equal(back.order_id, 7);
    assert_string_equal(back.agent, "");
}

static void hostile_hellos_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *json, *says;
        enum status status;
    } cases[] = {
        {"", "not JSON", STATUS_MALFORMED},
        {"\"SECRET\"", "not JSON", STATUS_MALFORMED},
        {"{\"SECRET", "not JSON", STATUS_MALFORMED},
        {"[]", "not a JSON object", STATUS_MALFORMED},
        {"{}", "\"version\" is missing", STATUS_MALFORMED},
        {"{" GOOD "} SECRET", "not JSON", STATUS_MALFORMED},
        {"{" GOOD ",\"agent\":\"a\",\"agent\":\"b\"}", "not JSON", STATUS_MALFORMED},
        {"{" GOOD ",\"agent\":\"\\u0000\"}", "not JSON", STATUS_MALFORMED},
        {"{" GOOD ",\"agent\":\"\xff\"}", "not JSON", STATUS_MALFORMED},
        {"{" GOOD ",\"agent\":7}", "\"agent\" must be a text", STATUS_MALFORMED},
        {"{" GOOD ",\"agent\":\"a\\u001b[2JSECRET\"}", "\"agent\" must not hold control", STATUS_MALFORMED},
        {"{" GOOD ",\"agent\":\"SECRETSECRETSECRETSECRETSECRETSE\"}", "\"agent\" is longer than 31",
         STATUS_TOO_LONG},
        {"{" GOOD ",\"uuid\":\"SECRET\"}", "\"uuid\" must be a UUID", STATUS_MALFORMED},
        {"{\"version\":1,\"nonce\":\"\",\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":7}",
         "\"nonce\" must not be empty", STATUS_MALFORMED},
        {"{\"version\":1,\"nonce\":\"SECRET!\",\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":7}",
         "\"nonce\" must be letters and digits", STATUS_MALFORMED},
        {"{\"version\":1,\"nonce\":\"abc\",\"mac\":\"SECRET\",\"order_id\":7}", "\"mac\" must be a MAC",
         STATUS_MALFORMED},
        {"{\"version\":1,\"nonce\":\"abc\",\"mac\":[],\"order_id\":7}", "\"mac\" must be a MAC",
         STATUS_MALFORMED},
        {"{\"version\":1,\"nonce\":\"abc\",\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":-1}",
         "\"order_id\" must be a whole", STATUS_MALFORMED},
        {"{\"version\":1,\"nonce\":\"abc\",\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":1.5}",
         "\"order_id\" must be a whole", STATUS_MALFORMED},
        {"{\"version\":4294967296,\"nonce\":\"abc\",\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":7}",
         "\"version\" is more than 4294967295", STATUS_MALFORMED},
        {"{\"version\":1,\"nonce\":\"abc\",\"mac\":\"52:54:00:aa:bb:cc\",\"order_id\":99999999999999999999}",
         "not JSON", STATUS_MALFORMED},
    };
    struct problem problem = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct talk_hello back = {.order_id = 42};
        assert_int_equal(talk_hello_decode(cases[i].json, strlen(cases[i].json), &back, &problem),
                         cases[i].status);
        must_say(&problem, cases[i].says);
        assert_int_equal(back.order_id, 42);
        assert_int_equal(back.version, 0);
    }
}

static void a_message_that_is_too_long_is_not_even_parsed(void **state)
{
    (void)state;
    struct talk_hello back;
    struct problem problem = {0};
    char *blanks = malloc(TALK_BODY_BYTES_MOST + 1);
    assert_non_null(blanks);
    memset(blanks, ' ', TALK_BODY_BYTES_MOST + 1);
    assert_int_equal(talk_hello_decode(blanks, TALK_BODY_BYTES_MOST + 1, &back, &problem), STATUS_TOO_LONG);
    must_say(&problem, "longer than 1048576 bytes");
    free(blanks);
}

static void a_bad_token_is_never_quoted(void **state)
{
    (void)state;
    struct talk_welcome back = {.owner = "nobody"};
    struct problem problem = {0};
    const char *json = "{\"token\":\"SECRET-\"}";
    assert_int_equal(talk_welcome_decode(json, strlen(json), &back, &problem), STATUS_MALFORMED);
    must_say(&problem, "\"token\" must be letters and digits");
    assert_string_equal(back.owner, "nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_comes_back_whole),
        cmocka_unit_test(a_machine_without_uuid_says_none),
        cmocka_unit_test(welcome_comes_back_whole),
        cmocka_unit_test(what_is_not_known_is_left_alone),
        cmocka_unit_test(hostile_hellos_are_refused_and_change_nothing),
        cmocka_unit_test(a_message_that_is_too_long_is_not_even_parsed),
        cmocka_unit_test(a_bad_token_is_never_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
