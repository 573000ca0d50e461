// SPDX-License-Identifier: GPL-3.0-or-later
// What the HTTP engine does on its own: heads in pieces and in heaps, what it leaves to the library, what it
// remembers, and whom it lets in.
#include "unit/service/http_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELLO        "GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"
#define FILE_ON_DISK "GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n"

static int set_up(void **state)
{
    *state = fixture_new(0, 0);
    return 0;
}

static int set_up_narrow(void **state)
{
    *state = fixture_new(0, 4);
    return 0;
}

static int set_up_small(void **state)
{
    *state = fixture_new(4, 0);
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

// A file of the served folder.
static void write_file(const struct fixture *fixture, const char *name, const char *text)
{
    char path[FILE_SERVICE_PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", fixture->files.folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void replace_file(const struct fixture *fixture, const char *name, const char *by)
{
    char from[FILE_SERVICE_PATH_BYTES + 32];
    char to[FILE_SERVICE_PATH_BYTES + 32];
    snprintf(from, sizeof from, "%s/%s", fixture->files.folder, by);
    snprintf(to, sizeof to, "%s/%s", fixture->files.folder, name);
    assert_int_equal(rename(from, to), 0);
}

static void a_head_may_come_byte_by_byte(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    for (const char *at = HELLO; *at != '\0'; at++) {
        assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
        usleep(500);
    }
    expect_answer(fixture, fd, false);
    expect(fixture, "\r\n\r\nhello, world\n");
    close(fd);
}

static void requests_that_come_together_are_answered_in_order(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    char text[4096] = "";
    for (unsigned i = 0; i < 40; i++) { // more than one connection gets done in one go
        strcat(text, HELLO);
    }
    strcat(text, "GET /exact.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    send_text(fd, text);
    size_t bytes = 0;
    unsigned hellos = 0;
    static char all[64 * 1024];
    memset(all, 0, sizeof all);
    int64_t until_ms = loop_now_ms() + 5000;
    for (ssize_t count = -1; count != 0 && loop_now_ms() < until_ms;) {
        loop_run_once(fixture->files.loop, 5);
        count = recv(fd, all + bytes, sizeof all - 1 - bytes, MSG_DONTWAIT);
        bytes += count > 0 ? (size_t)count : 0;
    }
    const char *at = all;
    while ((at = strstr(at, "\r\n\r\nhello, world\n")) != NULL) {
        at++;
        hellos++;
    }
    assert_int_equal(hellos, 40);
    assert_non_null(strstr(all, "Connection: close\r\n"));
    assert_non_null(strstr(all, "Content-Length: 1024\r\n"));
    close(fd);
}

static void an_old_client_is_answered_and_let_go(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    exchange_on(fixture, fd, "GET /hello.txt HTTP/1.0\r\n\r\n");
    expect_code(fixture, "200");
    expect(fixture, "\r\nConnection: close\r\n");
    expect_closed(fixture, fd);
    close(fd);
}

static void a_connection_may_go_over_to_the_library_in_the_middle(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    exchange_on(fixture, fd, HELLO);
    exchange_on(fixture, fd, "POST /agent/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
    expect(fixture, "\r\n\r\n{\"may_go\":true}");
    assert_string_equal(fixture->posted_body, "{\"a\":1}");
    assert_int_equal(ip_get_ip4(fixture->posted.from.address).value, 0x7f000001);
    exchange_on(fixture, fd, HELLO);
    expect(fixture, "\r\n\r\nhello, world\n");
    close(fd);
}

static void what_is_not_plain_is_answered_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *request;
        const char *code;
    } CASES[] = {
        {"GET /hello.txt HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "200"},
        {"GET /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "200"},
        {"DELETE /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", "405"},
        {"GET /hello.txt HTTP/1.1\r\n\r\n", "200"}, // no Host: the library is lenient
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        exchange(fixture, CASES[i].request);
        expect_code(fixture, CASES[i].code);
    }
}

static void a_head_without_end_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static char text[40000];
    int fd = client_connect(fixture);
    snprintf(text, sizeof text, "GET /hello.txt HTTP/1.1\r\nHost: x\r\nA: %0*d", (int)sizeof text - 64, 7);
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
    expect_answer(fixture, fd, false);
    expect_code(fixture, "431");
    close(fd);
}

static void the_same_file_again_is_not_asked_of_the_loop(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture, "big.bin", "one");
    int fd = client_connect(fixture);
    exchange_on(fixture, fd, FILE_ON_DISK);
    send_text(fd, FILE_ON_DISK); // the loop does not run from here on
    char answer[1024] = "";
    size_t bytes = 0;
    for (unsigned i = 0; i < 100 && strstr(answer, "\r\n\r\none") == NULL; i++) {
        usleep(500);
        ssize_t count = recv(fd, answer + bytes, sizeof answer - 1 - bytes, MSG_DONTWAIT);
        bytes += count > 0 ? (size_t)count : 0;
    }
    assert_non_null(strstr(answer, "\r\n\r\none"));
    file_service_wait(&fixture->files, 2, 5000);
    assert_int_equal(fixture->files.end_count, 2); // and both are told
    assert_string_equal(fixture->files.ends[1].served, "big.bin");
    assert_int_equal(fixture->files.ends[1].sent, 3);
    assert_int_equal(http_service_stats(fixture->http).live, 0);
    close(fd);
}

static void what_is_remembered_is_still_the_file(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture, "big.bin", "one");
    exchange(fixture, FILE_ON_DISK);
    expect(fixture, "\r\n\r\none");
    write_file(fixture, "other.txt", "two"); // of the same length
    replace_file(fixture, "big.bin", "other.txt");
    exchange(fixture, FILE_ON_DISK);
    expect(fixture, "\r\n\r\ntwo");
    usleep(20000); // the clock of the file system moves on
    write_file(fixture, "big.bin", "six");
    exchange(fixture, FILE_ON_DISK);
    expect(fixture, "\r\n\r\nsix");
}

static void what_is_one_machines_is_asked_each_time(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    exchange_on(fixture, fd, HELLO);
    send_text(fd, HELLO);
    usleep(50000);
    char byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    expect_answer(fixture, fd, false);
    close(fd);
}

static void who_hangs_up_while_the_loop_is_asked_is_told_of(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    send_text(fd, HELLO);
    usleep(20000);
    struct linger linger = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd); // with a reset
    usleep(20000);
    (void)expect_end(fixture, TRANSFER_ABORTED);
    assert_int_equal(http_service_stats(fixture->http).live, 0);
}

static void one_address_gets_only_so_many_connections(void **state)
{
    struct fixture *fixture = *state;
    int fds[5];
    for (unsigned i = 0; i < 4; i++) {
        fds[i] = client_connect(fixture);
        exchange_on(fixture, fds[i], HELLO);
    }
    fds[4] = client_connect(fixture);
    expect_closed(fixture, fds[4]);
    close(fds[0]);
    usleep(20000);
    close(fds[4]);
    fds[4] = client_connect(fixture);
    exchange_on(fixture, fds[4], HELLO);
    expect_code(fixture, "200");
    for (unsigned i = 1; i < 5; i++) {
        close(fds[i]);
    }
}

static void who_waits_longest_makes_room_for_who_comes(void **state)
{
    struct fixture *fixture = *state;
    int fds[40];
    for (unsigned i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = client_connect(fixture);
        exchange_on(fixture, fds[i], HELLO);
        expect_code(fixture, "200");
    }
    expect_closed(fixture, fds[0]);
    for (unsigned i = 0; i < COUNT_OF(fds); i++) {
        close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_head_may_come_byte_by_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_that_come_together_are_answered_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_old_client_is_answered_and_let_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_connection_may_go_over_to_the_library_in_the_middle, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_plain_is_answered_all_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_head_without_end_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_file_again_is_not_asked_of_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_remembered_is_still_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_one_machines_is_asked_each_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_hangs_up_while_the_loop_is_asked_is_told_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_address_gets_only_so_many_connections, set_up_narrow, tear_down),
        cmocka_unit_test_setup_teardown(who_waits_longest_makes_room_for_who_comes, set_up_small, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
