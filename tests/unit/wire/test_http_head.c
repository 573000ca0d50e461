// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/http_head.h"

#include "unit/test.h"

#include <stdio.h>

#define TEXT_BYTES 8192

static char bytes[TEXT_BYTES];

static enum http_head_kind parse(const char *text, struct http_head *head)
{
    snprintf(bytes, sizeof bytes, "%s", text);
    return http_head_parse(bytes, strlen(text), head);
}

static void what_boot_clients_send_is_plain(void **state)
{
    (void)state;
    struct http_head head;
    static const char TEXT[] =
        "GET /images/debian/linux?mac=52-54 HTTP/1.1\r\nConnection: keep-alive\r\nUser-Agent: iPXE/1.21\r\n"
        "Host: 192.0.2.1\r\n\r\n";
    assert_int_equal(parse(TEXT, &head), HTTP_HEAD_PLAIN);
    assert_string_equal(head.target, "/images/debian/linux?mac=52-54");
    assert_int_equal(head.bytes, sizeof TEXT - 1);
    assert_true(head.keeps);
    assert_false(head.is_head);
    assert_null(head.range);
    assert_int_equal(parse("HEAD / HTTP/1.0\r\n\r\n", &head), HTTP_HEAD_PLAIN);
    assert_true(head.is_head);
    assert_string_equal(head.target, "/");
}

static void fields_are_found_in_any_case_and_trimmed(void **state)
{
    (void)state;
    struct http_head head;
    assert_int_equal(
        parse("GET /a HTTP/1.1\r\nhOST:x\r\nRANGE: \t bytes=1-2 \t\r\nif-range:\"e\"\r\nIf-Match: "
              "*\r\nIf-None-Match: \"n\"\r\n"
              "If-Modified-Since: m\r\nIf-Unmodified-Since: u\r\nAuthorization: Bearer t\r\n\r\n",
              &head),
        HTTP_HEAD_PLAIN);
    assert_string_equal(head.range, "bytes=1-2");
    assert_string_equal(head.if_range, "\"e\"");
    assert_string_equal(head.if_match, "*");
    assert_string_equal(head.if_none_match, "\"n\"");
    assert_string_equal(head.if_modified_since, "m");
    assert_string_equal(head.if_unmodified_since, "u");
    assert_string_equal(head.authorization, "Bearer t");
}

static void a_connection_is_kept_as_its_version_and_its_client_say(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        bool keeps;
    } CASES[] = {
        {"HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
        {"HTTP/1.1\r\nHost: x\r\nConnection: foo , CLOSE\r\n\r\n", false},
        {"HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive\r\nConnection: close\r\n\r\n", false},
        {"HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", true},
        {"HTTP/1.0\r\n\r\n", false},
        {"HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char text[200];
        struct http_head head;
        snprintf(text, sizeof text, "GET /a %s", CASES[i].rest);
        assert_int_equal(parse(text, &head), HTTP_HEAD_PLAIN);
        assert_int_equal(head.keeps, CASES[i].keeps);
    }
}

static void a_head_is_short_until_its_last_byte_is_there(void **state)
{
    (void)state;
    static const char TEXT[] = "GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\n\r\n";
    struct http_head head;
    for (size_t count = 0; count < sizeof TEXT - 1; count++) {
        snprintf(bytes, sizeof bytes, "%s", TEXT);
        assert_int_equal(http_head_parse(bytes, count, &head), HTTP_HEAD_SHORT);
        assert_string_equal(bytes, TEXT);
    }
    assert_int_equal(parse(TEXT, &head), HTTP_HEAD_PLAIN);
}

static void what_follows_a_head_is_not_a_part_of_it(void **state)
{
    (void)state;
    struct http_head head;
    assert_int_equal(parse("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nRange: r\r\n\r\n", &head),
                     HTTP_HEAD_PLAIN);
    assert_int_equal(head.bytes, 28);
    assert_null(head.range);
}

static void what_calls_for_a_judgement_is_another(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "POST /agent/hello HTTP/1.1\r\n",
        "PUT /a HTTP/1.1\r\n",
        "\r\nGET /a HTTP/1.1\r\n",
        "get /a HTTP/1.1\r\n",
        "GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET /a HTTP/1.2\r\nHost: x\r\n\r\n",
        "GET /a\r\n\r\n",
        "GET /a  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a HTTP/1.1\r\n\r\n", // no Host
        "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\ry\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n",
        "GET /a HTTP/1.1\nHost: x\n\n",
        "GET /a HTTP/1.1\r\nHost: x\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n",
    };
    struct http_head head;
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        if (parse(TEXTS[i], &head) != HTTP_HEAD_OTHER) {
            fail_msg("taken: %s", TEXTS[i]);
        }
    }
}

static void too_many_fields_are_another(void **state)
{
    (void)state;
    char text[TEXT_BYTES] = "GET /a HTTP/1.1\r\nHost: x\r\n";
    struct http_head head;
    for (unsigned i = 1; i < HTTP_HEAD_FIELDS_MOST; i++) {
        strcat(text, "A: b\r\n");
    }
    strcat(text, "\r\n");
    assert_int_equal(parse(text, &head), HTTP_HEAD_PLAIN);
    text[strlen(text) - 2] = '\0';
    strcat(text, "A: b\r\n\r\n");
    assert_int_equal(parse(text, &head), HTTP_HEAD_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_boot_clients_send_is_plain),
        cmocka_unit_test(fields_are_found_in_any_case_and_trimmed),
        cmocka_unit_test(a_connection_is_kept_as_its_version_and_its_client_say),
        cmocka_unit_test(a_head_is_short_until_its_last_byte_is_there),
        cmocka_unit_test(what_follows_a_head_is_not_a_part_of_it),
        cmocka_unit_test(what_calls_for_a_judgement_is_another),
        cmocka_unit_test(too_many_fields_are_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
