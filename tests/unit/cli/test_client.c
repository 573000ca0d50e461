// SPDX-License-Identifier: GPL-3.0-or-later
// The client against a daemon that says exactly what a test wants, in a process of its own.
#include "unit/test.h"

#include "cli/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[128];
static char request_path[128]; // where the fake daemon writes what it was asked
static struct problem problem;
static pid_t daemon_pid;

static int set_up(void **state)
{
    (void)state;
    problem_clear(&problem);
    daemon_pid = 0;
    (void)snprintf(folder, sizeof folder, "/tmp/imprint-test-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    (void)snprintf(request_path, sizeof request_path, "%s/request", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    if (daemon_pid != 0) {
        (void)waitpid(daemon_pid, NULL, 0);
    }
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

// Answers one connection: reads one piece, writes it down, sends the pieces with a moment between them.
static void answer_once(int listener, const char *const *pieces)
{
    char request[4096];
    int fd = accept(listener, NULL, NULL);
    ssize_t bytes = read(fd, request, sizeof request);
    FILE *file = fopen(request_path, "w");
    if (bytes > 0 && file != NULL) {
        (void)fwrite(request, 1, (size_t)bytes, file);
        (void)fclose(file);
    }
    for (; *pieces != NULL; pieces++) {
        if (write(fd, *pieces, strlen(*pieces)) < 0) {
            break;
        }
        (void)usleep(20000);
    }
    (void)close(fd);
}

static void start_daemon(const char *const *pieces)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(text_copy(address.sun_path, sizeof address.sun_path, path), STATUS_OK);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    daemon_pid = fork();
    assert_true(daemon_pid >= 0);
    if (daemon_pid == 0) {
        answer_once(listener, pieces);
        _exit(0);
    }
    (void)close(listener);
}

static enum status ask(const char *method, const json_t *body, json_t **answer)
{
    struct client *client = client_new(path);
    enum status status = client_ask(client, method, "machines", body, answer, &problem);
    client_free(client);
    return status;
}

static void an_answer_is_parsed(void **state)
{
    (void)state;
    json_t *answer = NULL;
    start_daemon(
        (const char *[]){"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n", "{\"machi", "nes\":[]}", NULL});
    assert_int_equal(ask("GET", NULL, &answer), STATUS_OK);
    assert_true(json_is_array(json_object_get(answer, "machines")));
    json_decref(answer);
}

static void a_body_goes_as_json_with_its_method(void **state)
{
    (void)state;
    char request[4096] = "";
    json_t *answer = NULL;
    json_t *body = json_pack("{s:s}", "name", "lab-01");
    start_daemon((const char *[]){"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", NULL});
    assert_int_equal(ask("PATCH", body, &answer), STATUS_OK);
    json_decref(answer);
    json_decref(body);
    FILE *file = fopen(request_path, "r");
    assert_non_null(file);
    assert_int_not_equal(fread(request, 1, sizeof request - 1, file), 0);
    (void)fclose(file);
    assert_int_equal(strncmp(request, "PATCH /v1/machines HTTP/1.1\r\n", 29), 0);
    assert_non_null(strstr(request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(request, "\r\n\r\n{\"name\":\"lab-01\"}"));
    assert_null(strstr(request, "Expect"));
}

static void a_refusal_keeps_its_text_remedy_and_place(void **state)
{
    (void)state;
    json_t *answer = NULL;
    start_daemon((const char *[]){
        "HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n"
        "{\"error\":{\"text\":\"t\",\"remedy\":\"r\",\"file\":\"preseed.cfg\",\"line\":3,\"column\":5}}",
        NULL});
    assert_int_equal(ask("POST", NULL, &answer), STATUS_CONFLICT);
    assert_null(answer);
    assert_string_equal(problem.text, "t");
    assert_string_equal(problem.remedy, "r");
    assert_string_equal(problem.file, "preseed.cfg");
    assert_int_equal(problem.line, 3);
    assert_int_equal(problem.column, 5);
}

static void a_refusal_without_a_reason_is_told_as_such(void **state)
{
    (void)state;
    json_t *answer = NULL;
    start_daemon((const char *[]){"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", NULL});
    assert_int_equal(ask("GET", NULL, &answer), STATUS_CONFLICT);
    assert_non_null(strstr(problem.text, "500"));
}

static void a_daemon_that_ends_in_the_middle_is_told_as_such(void **state)
{
    (void)state;
    json_t *answer = NULL;
    start_daemon((const char *[]){"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", NULL});
    assert_int_equal(ask("GET", NULL, &answer), STATUS_IO);
    assert_non_null(strstr(problem.text, "ended in the middle"));
}

static void something_else_behind_the_socket_is_told_as_such(void **state)
{
    (void)state;
    json_t *answer = NULL;
    start_daemon((const char *[]){"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", NULL});
    assert_int_equal(ask("GET", NULL, &answer), STATUS_IO);
    assert_non_null(strstr(problem.text, "not JSON"));
}

static void no_daemon_is_told_with_the_way_to_start_it(void **state)
{
    (void)state;
    json_t *answer = NULL;
    assert_int_equal(ask("GET", NULL, &answer), STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.text, path));
    assert_non_null(strstr(problem.remedy, "imprint serve"));
}

static void a_socket_path_longer_than_the_kernel_takes_is_told(void **state)
{
    (void)state;
    json_t *answer = NULL;
    char longer[200];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct client *client = client_new(longer);
    assert_int_not_equal(client_ask(client, "GET", "status", NULL, &answer, &problem), STATUS_OK);
    assert_true(problem_is_set(&problem));
    client_free(client);
}

static void names_are_escaped_as_one_part_of_a_path(void **state)
{
    (void)state;
    char out[64];
    struct text text;
    text_init(&text, out, sizeof out);
    client_add_name(&text, "a b/c?d%\xc3\xbc");
    assert_string_equal(out, "a%20b%2Fc%3Fd%25%C3%BC");
}

static void count_line(void *context, const json_t *object)
{
    *(int64_t *)context = *(int64_t *)context * 10 + json_integer_value(json_object_get(object, "id"));
}

static void lines_come_whole_however_they_were_cut(void **state)
{
    (void)state;
    int64_t ids = 0;
    struct client_lines lines = {count_line, &ids, 0};
    start_daemon((const char *[]){"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"id\":1}\n{\"i",
                                  "d\":2}\n\n", "{\"id\"", ":3}\n", NULL});
    struct client *client = client_new(path);
    assert_int_equal(client_follow(client, "events", &lines, &problem), STATUS_OK);
    client_free(client);
    assert_int_equal(ids, 123);
}

static void a_refusal_is_no_line(void **state)
{
    (void)state;
    int64_t ids = 0;
    struct client_lines lines = {count_line, &ids, 0};
    start_daemon((const char *[]){
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{\"error\":{\"text\":\"no machine\"}}\n", NULL});
    struct client *client = client_new(path);
    assert_int_equal(client_follow(client, "events", &lines, &problem), STATUS_CONFLICT);
    client_free(client);
    assert_int_equal(ids, 0);
    assert_string_equal(problem.text, "no machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_parsed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_goes_as_json_with_its_method, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_keeps_its_text_remedy_and_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_without_a_reason_is_told_as_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_daemon_that_ends_in_the_middle_is_told_as_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(something_else_behind_the_socket_is_told_as_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_daemon_is_told_with_the_way_to_start_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_path_longer_than_the_kernel_takes_is_told, set_up,
                                        tear_down),
        cmocka_unit_test(names_are_escaped_as_one_part_of_a_path),
        cmocka_unit_test_setup_teardown(lines_come_whole_however_they_were_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_is_no_line, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
