// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/service/http_fixture.h"

#include "io/heap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void take_post(void *context, struct http_post *post)
{
    struct fixture *fixture = context;
    fixture->posted = *post;
    fixture->posted_count++;
    snprintf(fixture->posted_path, sizeof fixture->posted_path, "%s", post->path);
    snprintf(fixture->posted_body, sizeof fixture->posted_body, "%.60s", post->body);
    snprintf(fixture->posted_token, sizeof fixture->posted_token, "%s", post->from.token);
    post->http_status = strcmp(post->path, "/agent/no") == 0 ? 403 : 200;
    post->answer = heap_copy_text("{\"may_go\":true}");
}

struct fixture *fixture_new(uint32_t connections_most, uint32_t per_client_most)
{
    struct fixture *fixture = heap_new(sizeof *fixture);
    file_service_open(&fixture->files);
    fixture->http =
        http_service_new(&(struct http_service_options){.loop = fixture->files.loop,
                                                        .content = &fixture->files.content,
                                                        .hooks = file_service_hooks(&fixture->files),
                                                        .post = take_post,
                                                        .post_context = fixture,
                                                        .connections_most = connections_most,
                                                        .per_client_most = per_client_most});
    struct problem problem;
    problem_clear(&problem);
    struct http_service_listener listener = {.address = (struct ip4){0x7f000001}};
    assert_int_equal(http_service_listen(fixture->http, &listener, &problem), STATUS_OK);
    assert_int_equal(http_service_start(fixture->http, &problem), STATUS_OK);
    fixture->port = http_service_port(fixture->http);
    return fixture;
}

void fixture_free(struct fixture *fixture)
{
    http_service_free(fixture->http);
    file_service_close(&fixture->files);
    heap_free(fixture);
}

int client_connect(const struct fixture *fixture)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)fixture->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

// Whether head and announced body are there; a HEAD's body never comes.
static bool is_complete(const char *answer, size_t bytes, bool is_head)
{
    const char *end = strstr(answer, "\r\n\r\n");
    if (end == NULL) {
        return false;
    }
    const char *length = strstr(answer, "\r\nContent-Length: ");
    size_t announced = length == NULL || length > end || is_head ? 0 : strtoul(length + 18, NULL, 10);
    return bytes >= (size_t)(end + 4 - answer) + announced;
}

void expect_answer(struct fixture *fixture, int fd, bool is_head)
{
    size_t bytes = 0;
    memset(fixture->answer, 0, sizeof fixture->answer);
    int64_t until_ms = loop_now_ms() + 5000;
    while (!is_complete(fixture->answer, bytes, is_head) && loop_now_ms() < until_ms) {
        loop_run_once(fixture->files.loop, 5);
        ssize_t count = recv(fd, fixture->answer + bytes, sizeof fixture->answer - 1 - bytes, MSG_DONTWAIT);
        bytes += count > 0 ? (size_t)count : 0;
    }
    assert_true(is_complete(fixture->answer, bytes, is_head));
}

void exchange_on(struct fixture *fixture, int fd, const char *request)
{
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    expect_answer(fixture, fd, strncmp(request, "HEAD", 4) == 0);
}

void exchange(struct fixture *fixture, const char *request)
{
    int fd = client_connect(fixture);
    exchange_on(fixture, fd, request);
    close(fd);
}

void expect(const struct fixture *fixture, const char *line)
{
    if (strstr(fixture->answer, line) == NULL) {
        fail_msg("no \"%s\" in:\n%s", line, fixture->answer);
    }
}

void expect_none(const struct fixture *fixture, const char *line)
{
    if (strstr(fixture->answer, line) != NULL) {
        fail_msg("\"%s\" in:\n%s", line, fixture->answer);
    }
}

void expect_code(const struct fixture *fixture, const char *code)
{
    char start[16];
    snprintf(start, sizeof start, "HTTP/1.1 %.3s ", code); // iPXE wants the space, GRUB wants 1.1
    if (strncmp(fixture->answer, start, strlen(start)) != 0) {
        fail_msg("%s expected, got:\n%s", code, fixture->answer);
    }
}

const struct transfer_end *expect_end(struct fixture *fixture, enum transfer_outcome outcome)
{
    file_service_wait(&fixture->files, 1, 5000);
    assert_int_equal(fixture->files.end_count, 1);
    assert_string_equal(transfer_outcome_text(fixture->files.ends[0].outcome),
                        transfer_outcome_text(outcome));
    return &fixture->files.ends[0];
}

void expect_closed(struct fixture *fixture, int fd)
{
    char byte;
    ssize_t count = -1;
    int64_t until_ms = loop_now_ms() + 5000;
    while (count < 0 && loop_now_ms() < until_ms) {
        loop_run_once(fixture->files.loop, 5);
        count = recv(fd, &byte, sizeof byte, MSG_DONTWAIT);
        if (count < 0 && errno == ECONNRESET) {
            return;
        }
    }
    assert_int_equal(count, 0);
}
