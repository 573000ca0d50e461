// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for orders, against a daemon that tells of an order what a test wants, in a process of its own.
#include "unit/test.h"

#include "base/text.h"
#include "cli/client.h"
#include "cli/order_wait.h"
#include "unit/cli/output.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[128];
static pid_t daemon_pid;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/imprint-test-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)kill(daemon_pid, SIGTERM);
    (void)waitpid(daemon_pid, NULL, 0);
    (void)unlink(path);
    return rmdir(folder);
}

// Answers one question after the other, each on a connection of its own; ends when there is nothing to say.
static void answer_all(int listener, const char *const *bodies)
{
    for (; *bodies != NULL; bodies++) {
        char request[4096];
        char answer[1024];
        int fd = accept(listener, NULL, NULL);
        (void)!read(fd, request, sizeof request);
        (void)snprintf(answer, sizeof answer,
                       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(*bodies), *bodies);
        (void)!write(fd, answer, strlen(answer));
        (void)close(fd);
    }
}

static void start_daemon(const char *const *bodies)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(text_copy(address.sun_path, sizeof address.sun_path, path), STATUS_OK);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 4), 0);
    daemon_pid = fork();
    assert_true(daemon_pid >= 0);
    if (daemon_pid == 0) {
        answer_all(listener, bodies);
        _exit(0);
    }
    (void)close(listener);
}

#define ORDER(id, state, live)                                                                               \
    "{\"id\": " #id ", \"machine\": \"m-" #id "\", \"state\": \"" state "\", \"is_live\": " live "}"

// Waits for `orders`; what is printed must be `expected`. The exit status.
static int wait_for(const char *orders, const char *expected)
{
    struct output output;
    output_open(&output);
    struct call call = {.socket = path, .out = {.out = output.file}};
    json_t *list = json_loads(orders, 0, NULL);
    int result = order_wait(&call, list);
    json_decref(list);
    client_free(call.client);
    output_check(&output, expected);
    return result;
}

static void an_order_is_followed_to_its_good_end(void **state)
{
    (void)state;
    start_daemon((const char *[]){ORDER(7, "writing", "true"), ORDER(7, "finished", "false"), NULL});
    assert_int_equal(wait_for("[" ORDER(7, "armed", "true") "]", "order 7: m-7: finished\n"), CLI_EXIT_OK);
}

static void one_that_fails_makes_it_a_failure(void **state)
{
    (void)state;
    start_daemon((const char *[]){ORDER(1, "finished", "false"), ORDER(2, "running", "true"),
                                  ORDER(2, "failed", "false"), NULL});
    assert_int_equal(wait_for("[" ORDER(1, "armed", "true") ", " ORDER(2, "armed", "true") "]",
                              "order 1: m-1: finished\norder 2: m-2: failed\n"),
                     CLI_EXIT_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_order_is_followed_to_its_good_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_fails_makes_it_a_failure, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
