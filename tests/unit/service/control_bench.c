// SPDX-License-Identifier: GPL-3.0-or-later
#include "control_bench.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/control_tree.h"
#include "service/personal.h"
#include "service/server_address.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES ((size_t)2 * 1024 * 1024)
#define TURNS_MOST   1000

static int64_t bench_now_ms(void *context)
{
    return ((struct control_bench *)context)->now_s * 1000;
}

static void bench_told(void *context, const struct event *event)
{
    (void)event;
    control_notify(((struct control_bench *)context)->control);
}

static void bench_changed(void *context)
{
    struct control_bench *bench = context;
    bench->changes++;
    if (bench->config.subnet_count != 0) {
        struct dhcp_pools old = bench->pools;
        assert_int_equal(dhcp_pools_init(&bench->pools, &bench->config, bench->store, NULL), STATUS_OK);
        dhcp_pools_put_offers(&bench->pools, &old);
        dhcp_pools_clear(&old);
    }
}

void control_bench_serve(struct control_bench *bench, const char *last)
{
    struct network *network = &bench->config.subnets[0];
    char range[64];
    (void)snprintf(range, sizeof range, "192.0.2.100-%s", last);
    bench->config.dhcp_mode = CONFIG_DHCP_SERVER;
    bench->config.subnet_count = 1;
    assert_int_equal(subnet_parse("192.0.2.0/24", &network->subnet), STATUS_OK);
    assert_int_equal(network_range_parse(range, &network->first, &network->last), STATUS_OK);
    bench_changed(bench);
}

static void bench_status(void *context, json_t *object)
{
    (void)context;
    json_object_set_new(object, "bench", json_true());
}

static enum status bench_render(void *context, const struct machine *machine, const struct profile *profile,
                                enum control_text which, char **text, struct problem *problem)
{
    const struct control_bench *bench = context;
    if (which == CONTROL_TEXT_ANSWER && profile->answer == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (bench->missing != NULL) {
        problem_set(problem, "'%s' is not defined", bench->missing);
        problem_set_place(problem, "preseed.cfg", 3, 7);
        return STATUS_NOT_FOUND;
    }
    *text = malloc(300);
    assert_non_null(*text);
    (void)snprintf(*text, 300, "%s for %s", which == CONTROL_TEXT_ANSWER ? "answer" : "arguments",
                   machine->name);
    return STATUS_OK;
}

static enum status bench_render_personal(void *context, const struct machine *machine,
                                         const struct profile *profile, char hostname[MACHINE_NAME_BYTES],
                                         struct problem *problem)
{
    const struct control_bench *bench = context;
    struct talk_personal personal;
    const struct render_facts facts = {
        .machine = machine,
        .profile = profile,
        .image = store_image_find(bench->store, profile->image),
        .network = bench->config.subnet_count == 0 ? NULL : &bench->config.subnets[0],
        .address = machine->address.value != 0 ? machine->address : machine->last_address,
        .server = ip_from_ip4((struct ip4){0xc0000201})};
    enum status status = personal_render(&facts, &personal, problem);
    if (status == STATUS_OK) {
        (void)text_copy(hostname, MACHINE_NAME_BYTES, personal.hostname);
        personal_clear(&personal);
    }
    return status;
}

static enum status bench_pick_address(void *context, const struct machine *machine, struct ip4 *address,
                                      struct problem *problem)
{
    struct control_bench *bench = context;
    const struct server_address_facts facts = {.config = &bench->config,
                                               .pools = &bench->pools,
                                               .is_given_here =
                                                   server_address_is_given_here(&bench->config, NULL),
                                               .now_s = bench->now_s};
    return server_address_pick(&facts, machine, address, problem);
}

static struct dhcp_pools *bench_pools(void *context)
{
    struct control_bench *bench = context;
    return &bench->pools;
}

static enum status bench_recognise(void *context, const char *folder, struct image *image,
                                   struct problem *problem)
{
    const struct control_bench *bench = context;
    (void)folder;
    if (bench->unknown != NULL) {
        problem_set(problem, "%s", bench->unknown);
        return STATUS_NOT_FOUND;
    }
    (void)text_copy(image->family, sizeof image->family, "debian-installer");
    (void)text_copy(image->kernel, sizeof image->kernel, "linux");
    return STATUS_OK;
}

void control_bench_open(struct control_bench *bench)
{
    struct problem problem = {0};
    *bench = (struct control_bench){.now_s = 1700000000};
    (void)text_copy(bench->folder, sizeof bench->folder, "/tmp/imprint-control-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    config_init(&bench->config);
    (void)text_copy(bench->config.state, sizeof bench->config.state, bench->folder);
    (void)snprintf(bench->config.control_socket, sizeof bench->config.control_socket, "%s/control.sock",
                   bench->folder);
    bench->loop = loop_new();
    bench->store = store_open(NULL, &problem);
    bench->desk = heap_new(sizeof *bench->desk);
    desk_init(bench->desk, bench->store, bench->config.policy);
    bench->desk->now_ms = bench_now_ms;
    bench->desk->told = bench_told;
    bench->desk->context = bench;
    struct control_world world = {.loop = bench->loop,
                                  .store = bench->store,
                                  .desk = bench->desk,
                                  .config = &bench->config,
                                  .context = bench,
                                  .recognise = bench_recognise,
                                  .render = bench_render,
                                  .render_personal = bench_render_personal,
                                  .pick_address = bench_pick_address,
                                  .pools = bench_pools,
                                  .changed = bench_changed,
                                  .status = bench_status};
    assert_int_equal(
        control_listen(bench->config.control_socket, (unsigned)-1, &world.taken_listener, &problem),
        STATUS_OK);
    bench->control = control_open(&world, &problem);
    assert_non_null(bench->control);
}

void control_bench_close(struct control_bench *bench)
{
    control_close(bench->control);
    loop_free(bench->loop);
    store_close(bench->store);
    dhcp_pools_clear(&bench->pools);
    heap_free(bench->desk);
    control_tree_remove(bench->folder);
}

int control_bench_connect(const struct control_bench *bench)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)text_copy(address.sun_path, sizeof address.sun_path, bench->config.control_socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

void control_bench_send(struct control_bench *bench, int fd, const char *text, size_t bytes)
{
    for (int turn = 0; bytes > 0 && turn < TURNS_MOST; turn++) {
        ssize_t sent = send(fd, text, bytes, MSG_NOSIGNAL);
        if (sent > 0) {
            text += sent;
            bytes -= (size_t)sent;
        }
        loop_run_once(bench->loop, 5);
    }
}

void control_bench_read(struct control_bench *bench, int fd, char *out, size_t out_bytes, const char *until)
{
    size_t length = strlen(out);
    for (int turn = 0; turn < TURNS_MOST && (until == NULL || strstr(out, until) == NULL); turn++) {
        ssize_t got = recv(fd, out + length, out_bytes - length - 1, 0);
        if (got == 0) {
            return;
        }
        if (got > 0) {
            length += (size_t)got;
            out[length] = '\0';
        } else {
            assert_true(errno == EAGAIN || errno == ECONNRESET);
            loop_run_once(bench->loop, 5);
        }
    }
}

// What stands in the pieces of a chunked answer (RFC 9112 section 7.1), in place.
static void join_chunks(char *content)
{
    char *out = content;
    char *at = content;
    unsigned long bytes;
    while ((bytes = strtoul(at, &at, 16)) != 0) {
        at += 2; // CR LF
        memmove(out, at, bytes);
        out += bytes;
        at += bytes + 2;
    }
    *out = '\0';
}

static json_t *exchange(struct control_bench *bench, const char *method, const char *path, const char *body,
                        int *http_status)
{
    char head[1024];
    char *answer = heap_new(ANSWER_BYTES);
    int fd = control_bench_connect(bench);
    size_t body_bytes = body == NULL ? 0 : strlen(body);
    (void)snprintf(head, sizeof head,
                   "%s %s HTTP/1.1\r\nHost: imprint\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                   method, path, body_bytes);
    control_bench_send(bench, fd, head, strlen(head));
    control_bench_send(bench, fd, body, body_bytes);
    control_bench_read(bench, fd, answer, ANSWER_BYTES, NULL);
    (void)close(fd);
    char *content = strstr(answer, "\r\n\r\n");
    if (content != NULL && strstr(answer, "Transfer-Encoding: chunked\r\n") != NULL) {
        join_chunks(content + 4);
    }
    if (content == NULL || sscanf(answer, "HTTP/1.1 %d", http_status) != 1) {
        fail_msg("%s %s is answered with: %s", method, path, answer);
    }
    json_t *json = content == NULL ? NULL : json_loads(content + 4, 0, NULL);
    heap_free(answer);
    return json;
}

json_t *control_bench_ask(struct control_bench *bench, const char *method, const char *path, const char *body,
                          int expected)
{
    int http_status = 0;
    json_t *json = exchange(bench, method, path, body, &http_status);
    if (http_status != expected) {
        char *text = json_dumps(json, JSON_ENCODE_ANY);
        fail_msg("%s %s: %d instead of %d: %s", method, path, http_status, expected, text);
        free(text);
    }
    return json;
}

void control_bench_refused(struct control_bench *bench, const char *method, const char *path,
                           const char *body, int expected, const char *said)
{
    json_t *json = control_bench_ask(bench, method, path, body, expected);
    char *text = json_dumps(json, JSON_ENCODE_ANY);
    if (text == NULL || strstr(text, said) == NULL || json_object_get(json, "error") == NULL) {
        fail_msg("%s %s: '%s' does not say '%s'", method, path, text, said);
    }
    free(text);
    json_decref(json);
}

void control_bench_agrees(struct control_bench *bench, const char *path, const char *member,
                          const char *expected)
{
    json_t *json = control_bench_ask(bench, "GET", path, NULL, 200);
    const char *text = json_string_value(json_object_get(json, member));
    if (strcmp(text == NULL ? "(none)" : text, expected) != 0) {
        fail_msg("%s of %s is '%s', not '%s'", member, path, text == NULL ? "(none)" : text, expected);
    }
    json_decref(json);
}

void control_bench_do(struct control_bench *bench, const char *method, const char *path, const char *body,
                      int expected)
{
    json_decref(control_bench_ask(bench, method, path, body, expected));
}
