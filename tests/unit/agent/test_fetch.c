// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/fetch.h"

#include "agent/fetch_head.h"
#include "base/text.h"
#include "unit/agent/server.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

static char heard[16 * 1024]; // the last request

static void answer_fixed(void *context, const char *request, struct server_answer *answer)
{
    (void)text_copy(heard, sizeof heard, request);
    const char *raw = context;
    answer->count = strlen(raw);
    memcpy(answer->bytes, raw, answer->count);
}

// One request to a server that answers `raw`.
static enum status ask(const char *raw, const char *body, struct fetch_answer *answer,
                       struct problem *problem)
{
    struct server server = {.answer = answer_fixed};
    char *copy = strdup(raw);
    server.context = copy;
    problem_clear(problem);
    server_start(&server);
    struct fetch_server place = server_place(&server);
    fetch_set_tokens(&place, "0123456789abcdef", "");
    enum status status = fetch(&place, "/agent/task", "application/json", body,
                               body == NULL ? 0 : strlen(body), answer, problem);
    server_stop(&server);
    free(copy);
    return status;
}

static void test_a_post_is_sent_whole_and_its_answer_is_read(void **state)
{
    (void)state;
    struct fetch_answer answer;
    struct problem problem;
    assert_int_equal(
        ask("HTTP/1.1 409 Conflict\r\ncontent-length: 7\r\n\r\n{\"a\":1}", "{\"b\":2}", &answer, &problem),
        STATUS_OK);
    assert_int_equal(answer.http_status, 409);
    assert_string_equal(answer.body, "{\"a\":1}");
    assert_int_equal(answer.bytes, 7);
    assert_true(text_starts(heard, "POST /agent/task HTTP/1.1\r\nHost: 127.0.0.1:"));
    assert_non_null(strstr(heard, "\r\nAuthorization: Bearer 0123456789abcdef\r\n"));
    assert_non_null(strstr(heard, "\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"));
    assert_true(text_ends(heard, "\r\n\r\n{\"b\":2}"));
    fetch_answer_clear(&answer);
    assert_null(answer.body);
    fetch_answer_clear(&answer); // twice does no harm
}

static void test_a_get_has_no_body(void **state)
{
    (void)state;
    struct fetch_answer answer;
    struct problem problem;
    assert_int_equal(ask("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL, &answer, &problem), STATUS_OK);
    assert_int_equal(answer.bytes, 0);
    assert_string_equal(answer.body, "");
    assert_true(text_starts(heard, "GET /agent/task HTTP/1.1\r\n"));
    assert_null(strstr(heard, "Content-Length"));
    fetch_answer_clear(&answer);
}

static void test_broken_answers_are_refused_and_told(void **state)
{
    (void)state;
    static const char *const BROKEN[] = {
        "",
        "HTTP/1.1",
        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n",
        "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nno length",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n", // one more than we take
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshor", // ends too early
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\n: nameless\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Control: a\001b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\nX: bare line feed\r\n\r\n",
        "\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
        struct fetch_answer answer = {.http_status = 77};
        struct problem problem;
        assert_int_equal(ask(BROKEN[i], "{}", &answer, &problem), STATUS_IO);
        assert_int_equal(answer.http_status, 77);
        assert_true(problem_is_set(&problem));
    }
}

static void test_a_head_without_end_is_given_up(void **state)
{
    (void)state;
    size_t bytes = FETCH_HEAD_BYTES_MOST + 100;
    char *raw = calloc(1, bytes + 1);
    memset(raw, 'a', bytes);
    memcpy(raw, "HTTP/1.1 200 OK\r\n", 17);
    struct fetch_answer answer;
    struct problem problem;
    assert_int_equal(ask(raw, "{}", &answer, &problem), STATUS_IO);
    assert_non_null(strstr(problem.text, "head of more than"));
    free(raw);
}

static void test_every_part_of_a_good_head_is_no_head(void **state)
{
    (void)state;
    static const char HEAD[] =
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n";
    struct fetch_head head;
    for (size_t bytes = 0; bytes < sizeof HEAD - 1; bytes++) {
        assert_int_equal(fetch_head_find_end(HEAD, bytes), 0);
    }
    assert_int_equal(fetch_head_find_end(HEAD, sizeof HEAD - 1), sizeof HEAD - 1);
    assert_int_equal(fetch_head_parse(HEAD, sizeof HEAD - 1, &head, NULL), STATUS_OK);
    assert_int_equal(head.http_status, 206);
    assert_true(head.has_length && head.length == 5);
    assert_true(head.has_range && head.first == 5 && head.last == 9);
}

static void test_nobody_there_is_told_by_name(void **state)
{
    (void)state;
    struct server server = {.answer = answer_fixed};
    server_start(&server);
    struct fetch_server place = server_place(&server);
    server_stop(&server); // the port is free again: refused
    struct fetch_answer answer;
    struct problem problem;
    problem_clear(&problem);
    assert_int_equal(fetch(&place, "/", NULL, NULL, 0, &answer, &problem), STATUS_IO);
    assert_true(text_starts(problem.text, "no answer from 127.0.0.1 port "));
    assert_non_null(strstr(problem.text, "refused"));
    assert_true(problem.remedy[0] != '\0');
}

// A file of 1000 bytes that is served by ranges.
static void answer_file(void *context, const char *request, struct server_answer *answer)
{
    (void)context;
    (void)text_copy(heard, sizeof heard, request);
    const char *range = strstr(request, "Range: bytes=");
    unsigned first = range == NULL ? 0 : (unsigned)strtoul(range + 13, NULL, 10);
    int head = range == NULL ? snprintf(answer->bytes, 512, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                             : snprintf(answer->bytes, 512,
                                        "HTTP/1.1 206 Partial\r\nContent-Range: bytes %u-999/1000\r\n"
                                        "Content-Length: %u\r\n\r\n",
                                        first, 1000 - first);
    answer->count = (size_t)head;
    for (unsigned i = first; i < 1000; i++) {
        answer->bytes[answer->count++] = (char)(i % 251);
    }
}

static void test_a_stream_goes_on_anywhere_and_ends_where_the_file_ends(void **state)
{
    (void)state;
    struct server server = {.answer = answer_file};
    server_start(&server);
    struct fetch_server place = server_place(&server);
    for (unsigned offset = 0; offset < 1000; offset += 333) {
        struct fetch_stream *stream = NULL;
        struct problem problem;
        uint8_t bytes[1001];
        problem_clear(&problem);
        assert_int_equal(fetch_stream_open(&place, "/images/x/image.zst", offset, &stream, &problem),
                         STATUS_OK);
        assert_int_equal(strstr(heard, "Range") != NULL, offset != 0);
        unsigned left = 1000 - offset;
        assert_int_equal(fetch_stream_read(stream, bytes, 1, &problem), STATUS_OK);
        assert_int_equal(fetch_stream_read(stream, bytes + 1, left - 1, &problem), STATUS_OK);
        for (unsigned i = 0; i < left; i++) {
            assert_int_equal(bytes[i], (offset + i) % 251);
        }
        assert_int_equal(fetch_stream_read(stream, bytes, 1, &problem), STATUS_IO);
        fetch_stream_close(stream);
    }
    fetch_stream_close(NULL);
    server_stop(&server);
}

static void test_a_stream_that_is_not_what_was_asked_for_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        enum status status;
    } CASES[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", STATUS_IO}, // from the beginning
        {"HTTP/1.1 206 Partial\r\nContent-Length: 500\r\n\r\n", STATUS_IO},
        {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-499/1000\r\nContent-Length: 500\r\n\r\n", STATUS_IO},
        {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 500-999/1000\r\nContent-Length: 400\r\n\r\n",
         STATUS_IO},
        {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 500-999/900\r\nContent-Length: 500\r\n\r\n",
         STATUS_IO},
        {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 500-400/900\r\nContent-Length: 500\r\n\r\n",
         STATUS_IO},
        {"HTTP/1.1 206 Partial\r\nContent-Range: 500-999/1000\r\nContent-Length: 500\r\n\r\n", STATUS_IO},
        {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 500\r\nContent-Length: 500\r\n\r\n", STATUS_IO},
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", STATUS_DENIED},
        {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", STATUS_DENIED},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", STATUS_NOT_FOUND},
        {"HTTP/1.1 416 Range\r\nContent-Length: 0\r\n\r\n", STATUS_IO},
        {"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", STATUS_IO},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct server server = {.answer = answer_fixed};
        char *copy = strdup(CASES[i].raw);
        server.context = copy;
        server_start(&server);
        struct fetch_server place = server_place(&server);
        struct fetch_stream *stream = NULL;
        struct problem problem;
        problem_clear(&problem);
        assert_int_equal(fetch_stream_open(&place, "/images/x/image.zst", 500, &stream, &problem),
                         CASES[i].status);
        assert_null(stream);
        assert_true(problem_is_set(&problem));
        server_stop(&server);
        free(copy);
    }
}

static void test_a_stream_that_breaks_off_says_so(void **state)
{
    (void)state;
    struct server server = {.answer = answer_fixed};
    char raw[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this";
    server.context = raw;
    server_start(&server);
    struct fetch_server place = server_place(&server);
    struct fetch_stream *stream = NULL;
    struct problem problem;
    char bytes[100];
    problem_clear(&problem);
    assert_int_equal(fetch_stream_open(&place, "/x", 0, &stream, &problem), STATUS_OK);
    assert_int_equal(fetch_stream_read(stream, bytes, sizeof bytes, &problem), STATUS_IO);
    assert_non_null(strstr(problem.text, "broke off"));
    fetch_stream_close(stream);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_post_is_sent_whole_and_its_answer_is_read),
        cmocka_unit_test(test_a_get_has_no_body),
        cmocka_unit_test(test_broken_answers_are_refused_and_told),
        cmocka_unit_test(test_a_head_without_end_is_given_up),
        cmocka_unit_test(test_every_part_of_a_good_head_is_no_head),
        cmocka_unit_test(test_nobody_there_is_told_by_name),
        cmocka_unit_test(test_a_stream_goes_on_anywhere_and_ends_where_the_file_ends),
        cmocka_unit_test(test_a_stream_that_is_not_what_was_asked_for_is_refused),
        cmocka_unit_test(test_a_stream_that_breaks_off_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
