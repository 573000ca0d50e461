// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP service against real clients on loopback, and what firmware and boot loaders insist on, byte by
// byte.
#include "unit/service/http_fixture.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int set_up(void **state)
{
    *state = fixture_new(0, 0);
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static void curl_fetches_a_whole_file(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("curl")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(&fixture->files,
                                "curl -sf -o %s 'http://127.0.0.1:%u/big.bin?mac=52-54-00-00-00-01'",
                                fixture->files.fetched, fixture->port);
    assert_int_equal(code, 0);
    assert_true(file_service_has_fetched(&fixture->files, fixture->files.big, FILE_SERVICE_BIG_BYTES));
    const struct transfer_end *end = expect_end(fixture, TRANSFER_DONE);
    assert_string_equal(end->asked, "/big.bin");
    assert_string_equal(end->served, "big.bin");
    assert_int_equal(end->sent, FILE_SERVICE_BIG_BYTES);
    assert_int_equal(ip_get_ip4(end->client).value, 0x7f000001);
    assert_int_equal(ip_get_ip4(end->server).value, 0x7f000001);
    assert_true(transfer_is_whole(end));
}

static void wget_resumes_a_broken_download(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("wget")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(
        &fixture->files, "head -c 1000000 %s/big.bin > %s && wget -q -c -O %s http://127.0.0.1:%u/big.bin",
        fixture->files.folder, fixture->files.fetched, fixture->files.fetched, fixture->port);
    assert_int_equal(code, 0);
    assert_true(file_service_has_fetched(&fixture->files, fixture->files.big, FILE_SERVICE_BIG_BYTES));
    const struct transfer_end *end = expect_end(fixture, TRANSFER_DONE);
    assert_int_equal(end->offset, 1000000);
    assert_true(transfer_is_whole(end));
}

static void sixteen_clients_at_once_all_get_the_whole_file(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("curl")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(
        &fixture->files,
        "cd %s && curl -sf -Z --parallel-max 16 -o 'got#1' 'http://127.0.0.1:%u/big.bin?[1-16]' "
        "2>/dev/null && for got in got*; do cmp big.bin $got || exit 1; done; rm got*",
        fixture->files.folder, fixture->port);
    assert_int_equal(code, 0);
    file_service_wait(&fixture->files, 16, 5000);
    assert_int_equal(http_service_stats(fixture->http).done, 16);
    assert_int_equal(http_service_stats(fixture->http).live, 0);
}

static void the_head_is_what_firmware_insists_on(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "200");
    expect(fixture, "\r\nContent-Length: 13\r\n");
    expect(fixture, "\r\nContent-Type: text/plain\r\n");
    expect(fixture, "\r\nAccept-Ranges: bytes\r\n");
    expect(fixture, "\r\nETag: \"");
    expect(fixture, "\r\nConnection: Keep-Alive\r\n");
    expect(fixture, "\r\nCache-Control: no-store\r\n"); // this one is private
    expect(fixture, "\r\n\r\nhello, world\n");
    expect_none(fixture, "Transfer-Encoding");
    expect_none(fixture, "Location");
    expect_none(fixture, ": \r\n"); // an empty value hangs older EDK2
    expect_none(fixture, ":\r\n");
    const struct transfer_end *end = expect_end(fixture, TRANSFER_DONE);
    assert_int_equal(end->part, CONTENT_PART_LAST);
    assert_int_equal(end->machine_id, 7);
    assert_int_equal(end->order_id, 9);
}

// The head without what differs from second to second.
static void take_head(const char *answer, char out[ANSWER_BYTES])
{
    size_t length = (size_t)(strstr(answer, "\r\n\r\n") - answer);
    memcpy(out, answer, length);
    out[length] = '\0';
    char *date = strstr(out, "\r\nDate: ");
    if (date != NULL) {
        memset(date + 8, 'x', 29);
    }
}

static void head_and_get_have_the_same_head(void **state)
{
    struct fixture *fixture = *state;
    char get[ANSWER_BYTES];
    char head[ANSWER_BYTES];
    exchange(fixture, "GET /exact.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    take_head(fixture->answer, get);
    exchange(fixture, "HEAD /exact.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    take_head(fixture->answer, head);
    assert_string_equal(get, head);
    file_service_wait(&fixture->files, 2, 5000);
    assert_int_equal(fixture->files.ends[1].outcome, TRANSFER_PROBED);
}

static void a_connection_serves_head_then_get_then_more(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    exchange_on(fixture, fd, "HEAD /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "200");
    exchange_on(fixture, fd, "GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(fixture, "\r\n\r\nhello, world\n");
    exchange_on(fixture, fd, "GET /missing HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "404");
    exchange_on(fixture, fd, "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "200");
    expect(fixture, "\r\nContent-Length: 0\r\n");
    close(fd);
}

static void a_range_is_answered_with_its_bytes(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET /hello.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=7-11\r\n\r\n");
    expect_code(fixture, "206");
    expect(fixture, "\r\nContent-Range: bytes 7-11/13\r\n");
    expect(fixture, "\r\nContent-Length: 5\r\n");
    expect(fixture, "\r\n\r\nworld");
    const struct transfer_end *end = expect_end(fixture, TRANSFER_DONE);
    assert_false(transfer_is_whole(end));
}

static void a_range_of_a_file_on_disk_is_answered_with_its_bytes(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET /big.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=4000000-4000511\r\n\r\n");
    expect_code(fixture, "206");
    expect(fixture, "\r\nContent-Range: bytes 4000000-4000511/5000000\r\n");
    expect(fixture, "\r\nLast-Modified: ");
    assert_memory_equal(strstr(fixture->answer, "\r\n\r\n") + 4, fixture->files.big + 4000000, 512);
}

static void a_range_beyond_the_end_is_refused_with_the_size(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET /hello.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=13-\r\n\r\n");
    expect_code(fixture, "416");
    expect(fixture, "\r\nContent-Range: bytes */13\r\n");
}

static void what_the_client_has_is_not_sent_again(void **state)
{
    struct fixture *fixture = *state;
    char request[512];
    char etag[64];
    exchange(fixture, "GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(sscanf(strstr(fixture->answer, "\r\nETag: "), "\r\nETag: %63s", etag), 1);
    snprintf(request, sizeof request, "GET /hello.txt HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n",
             etag);
    exchange(fixture, request);
    expect_code(fixture, "304");
    expect_none(fixture, "hello, world");
    snprintf(request, sizeof request, "GET /hello.txt HTTP/1.1\r\nHost: x\r\nIf-Match: \"old\"\r\n\r\n");
    exchange(fixture, request);
    expect_code(fixture, "412");
}

static void refusals_are_short_and_plain(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET /missing?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "404");
    expect(fixture, "\r\nContent-Type: text/plain\r\n");
    exchange(fixture, "GET /secret HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "403");
    exchange(fixture, "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "403");
    exchange(fixture, "GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "403");
    exchange(fixture, "GET /hello%zz HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "404");
    exchange(fixture, "GET /hello.txt%00 HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "404");
    exchange(fixture, "PUT /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect_code(fixture, "405");
    expect(fixture, "\r\nAllow: GET, HEAD\r\n");
    file_service_wait(&fixture->files, 7, 5000);
    assert_int_equal(fixture->files.end_count, 7);
    assert_int_equal(fixture->files.ends[0].outcome, TRANSFER_NOT_FOUND);
    assert_int_equal(fixture->files.ends[1].outcome, TRANSFER_REFUSED);
    assert_true(reasons_has(&fixture->files.ends[2].reasons, REASON_PATH_REFUSED));
    assert_int_equal(fixture->files.ends[6].outcome, TRANSFER_REFUSED);
}

static void doubled_slashes_and_escapes_are_served_without_a_redirect(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET //hello%2Etxt HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "200");
    exchange(fixture, "GET http://127.0.0.1/hello.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "200");
}

static void a_client_that_hangs_up_did_not_get_the_file(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    int small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    const char *request = "GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    char some[1000];
    for (unsigned i = 0; i < 200 && recv(fd, some, sizeof some, MSG_DONTWAIT) <= 0; i++) {
        loop_run_once(fixture->files.loop, 5);
    }
    close(fd);
    const struct transfer_end *end = expect_end(fixture, TRANSFER_ABORTED);
    assert_true(end->sent < FILE_SERVICE_BIG_BYTES);
    assert_false(transfer_is_whole(end));
}

static void stopping_while_clients_wait_is_clean(void **state)
{
    struct fixture *fixture = *state;
    int fds[8];
    for (unsigned i = 0; i < 8; i++) { // the loop does not run: all of them wait for it
        fds[i] = client_connect(fixture);
        const char *request = "GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_int_equal(send(fds[i], request, strlen(request), 0), strlen(request));
    }
    usleep(50000);
    http_service_unlisten(fixture->http, NULL);
    file_service_wait(&fixture->files, 8, 5000);
    assert_int_equal(fixture->files.end_count, 8);
    for (unsigned i = 0; i < 8; i++) {
        close(fds[i]);
    }
    assert_int_equal(http_service_stats(fixture->http).live, 0);
}

static void a_request_waits_until_its_source_has_the_file(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET /later.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "200");
    assert_non_null(strstr(fixture->answer, "\r\n\r\nlater\n"));
    file_service_wait(&fixture->files, 1, 2000);
    assert_int_equal(fixture->files.ends[0].outcome, TRANSFER_DONE);
    assert_null(fixture->files.waiters);
    assert_int_equal(http_service_stats(fixture->http).live, 0);
}

static void what_another_server_does_not_give_is_a_bad_gateway(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "GET /away HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "502");
    exchange(fixture, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "504");
}

static void stopping_while_a_source_fetches_is_clean(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    const char *request = "GET /never.txt HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    file_service_wait(&fixture->files, 1, 200);
    assert_non_null(fixture->files.waiters);
    http_service_free(fixture->http);
    fixture->http = NULL;
    assert_null(fixture->files.waiters);
    close(fd);
}

static void a_port_in_use_names_who_holds_it(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    problem_clear(&problem);
    struct http_service_listener listener = {.port = (uint16_t)fixture->port}; // on any address
    assert_int_equal(http_service_listen(fixture->http, &listener, &problem), STATUS_BUSY);
    char pid[32];
    snprintf(pid, sizeof pid, "(pid %d)", (int)getpid());
    assert_non_null(strstr(problem.text, pid));
}

// ---- what agents post ----

static void a_post_below_agent_is_answered_in_the_loop(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "POST /agent/hello?x=1 HTTP/1.1\r\nHost: x\r\nAuthorization: bearer  abc123\r\n"
                      "Content-Length: 11\r\n\r\n{\"a\":\"b c\"}");
    expect_code(fixture, "200");
    expect(fixture, "\r\nContent-Type: application/json\r\n");
    expect(fixture, "\r\nCache-Control: no-store\r\n");
    expect(fixture, "\r\n\r\n{\"may_go\":true}");
    assert_string_equal(fixture->posted_path, "/agent/hello");
    assert_string_equal(fixture->posted_body, "{\"a\":\"b c\"}");
    assert_string_equal(fixture->posted_token, "abc123");
    assert_int_equal(fixture->posted.body_bytes, 11);
    assert_int_equal(ip_get_ip4(fixture->posted.from.address).value, 0x7f000001);
    assert_true(fixture->posted.from.is_http);
    exchange(fixture, "POST /agent/no HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect_code(fixture, "403");
    assert_string_equal(fixture->posted_token, "");
    assert_string_equal(fixture->posted_body, "");
    file_service_wait(&fixture->files, 1, 200);
    assert_int_equal(fixture->files.end_count, 0); // no file was sent, so there is nothing to tell
    assert_int_equal(http_service_stats(fixture->http).live, 0);
}

static void a_post_may_come_in_pieces_and_one_after_the_other(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    for (unsigned i = 1; i <= 3; i++) {
        exchange_on(fixture, fd,
                    "POST /agent/task HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n");
        expect_code(fixture, "200");
        assert_string_equal(fixture->posted_body, "{\"a\":1}");
        assert_int_equal(fixture->posted_count, i);
    }
    close(fd);
}

static void a_token_that_is_too_long_is_none(void **state)
{
    struct fixture *fixture = *state;
    char request[512];
    snprintf(
        request, sizeof request,
        "POST /agent/task HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %0100d\r\nContent-Length: 0\r\n\r\n",
        7);
    exchange(fixture, request);
    assert_string_equal(fixture->posted_token, "");
    exchange(fixture,
             "POST /agent/task HTTP/1.1\r\nHost: x\r\nAuthorization: Basic abc\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(fixture->posted_token, "");
}

static void a_post_that_is_too_long_never_reaches_the_loop(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "POST /agent/log HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
    expect_code(fixture, "413");
    if (file_service_has_program("curl")) { // without saying how long it is
        int code =
            file_service_run(&fixture->files,
                             "test $(head -c 300000 /dev/zero | curl -s -o /dev/null -w '%%{http_code}' -H "
                             "'Transfer-Encoding: chunked' -H 'Expect:' --data-binary @- "
                             "http://127.0.0.1:%u/agent/log) = 413",
                             fixture->port);
        assert_int_equal(code, 0);
    }
    assert_int_equal(fixture->posted_count, 0);
}

static void a_post_elsewhere_is_no_method_of_ours(void **state)
{
    struct fixture *fixture = *state;
    exchange(fixture, "POST /agentx HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect_code(fixture, "405");
    exchange(fixture, "PUT /agent/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect_code(fixture, "405");
    exchange(fixture, "GET /agent/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_code(fixture, "404");
    assert_int_equal(fixture->posted_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(curl_fetches_a_whole_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wget_resumes_a_broken_download, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sixteen_clients_at_once_all_get_the_whole_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_head_is_what_firmware_insists_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_and_get_have_the_same_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_connection_serves_head_then_get_then_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_range_is_answered_with_its_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_range_of_a_file_on_disk_is_answered_with_its_bytes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_range_beyond_the_end_is_refused_with_the_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_client_has_is_not_sent_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals_are_short_and_plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubled_slashes_and_escapes_are_served_without_a_redirect, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_hangs_up_did_not_get_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stopping_while_clients_wait_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_waits_until_its_source_has_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_another_server_does_not_give_is_a_bad_gateway, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(stopping_while_a_source_fetches_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_in_use_names_who_holds_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_post_below_agent_is_answered_in_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_post_may_come_in_pieces_and_one_after_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_that_is_too_long_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_post_that_is_too_long_never_reaches_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_post_elsewhere_is_no_method_of_ours, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
