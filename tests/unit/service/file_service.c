// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/service/file_service.h"

#include "base/text.h"
#include "io/heap.h"
#include "unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 60000

static void is_later(void *context)
{
    struct file_service *service = context;
    service->has_later = true;
    content_waiter_wake(&service->waiters);
}

static enum status refuse(struct file_service *service, const char *path, const struct content_client *client,
                          struct reasons *reasons)
{
    bool is_slow = strcmp(path, "slow") == 0;
    if (is_slow || strcmp(path, "away") == 0) {
        reasons_add(reasons, is_slow ? REASON_MIRROR_TIMEOUT : REASON_MIRROR_AWAY);
        return STATUS_AWAY;
    }
    bool is_later = strcmp(path, "later.txt") == 0;
    if ((!is_later && strcmp(path, "never.txt") != 0) || client->waiter == NULL) {
        return strcmp(path, "secret") == 0 ? STATUS_DENIED : STATUS_NOT_FOUND;
    }
    content_waiter_add(&service->waiters, client->waiter);
    if (is_later) {
        loop_timer_start(service->later, 50, 0);
    }
    return STATUS_WAITING;
}

static enum status look_up(void *self, const char *path, const struct content_client *client,
                           struct content_node *node, struct reasons *reasons)
{
    struct file_service *service = self;
    if (strcmp(path, "hello.txt") == 0) {
        content_node_set_memory(node, "hello, world\n", 13);
        node->is_private = true;
        node->part = CONTENT_PART_LAST;
        node->machine_id = 7;
        node->order_id = 9;
    } else if (strcmp(path, "lines.txt") == 0) {
        content_node_set_memory(node, "one\ntwo\rthree\n", 14);
    } else if (strcmp(path, "empty") == 0) {
        content_node_set_memory(node, "", 0);
    } else if (strcmp(path, "exact.bin") == 0) {
        content_node_set_memory(node, service->big, 1024);
    } else if (strcmp(path, "big.bin") == 0) {
        char name[FILE_SERVICE_PATH_BYTES + 16];
        snprintf(name, sizeof name, "%s/big.bin", service->folder);
        return content_node_set_file(node, open(name, O_RDONLY | O_CLOEXEC));
    } else if (strcmp(path, "later.txt") == 0 && service->has_later) {
        content_node_set_memory(node, "later\n", 6);
    } else {
        return refuse(service, path, client, reasons);
    }
    return STATUS_OK;
}

static void write_big(struct file_service *service)
{
    char name[FILE_SERVICE_PATH_BYTES + 16];
    uint32_t state = 1;
    service->big = heap_new(FILE_SERVICE_BIG_BYTES);
    for (size_t i = 0; i < FILE_SERVICE_BIG_BYTES; i++) {
        state = state * 1664525u + 1013904223u;
        service->big[i] = (uint8_t)(state >> 24);
    }
    snprintf(name, sizeof name, "%s/big.bin", service->folder);
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(service->big, 1, FILE_SERVICE_BIG_BYTES, file), FILE_SERVICE_BIG_BYTES);
    assert_int_equal(fclose(file), 0);
}

void file_service_open(struct file_service *service)
{
    *service = (struct file_service){.loop = loop_new()};
    snprintf(service->folder, sizeof service->folder, "/tmp/imprint-test-XXXXXX");
    assert_non_null(mkdtemp(service->folder));
    snprintf(service->fetched, sizeof service->fetched, "%.64s/fetched", service->folder);
    write_big(service);
    service->later = loop_timer_new(service->loop, is_later, service);
    content_init(&service->content);
    content_add(&service->content,
                (struct content_source){.name = "test", .lookup = look_up, .self = service});
}

void file_service_close(struct file_service *service)
{
    char name[FILE_SERVICE_PATH_BYTES + 16];
    snprintf(name, sizeof name, "%s/big.bin", service->folder);
    (void)unlink(name);
    (void)unlink(service->fetched);
    (void)rmdir(service->folder);
    heap_free(service->big);
    loop_timer_free(service->later);
    loop_free(service->loop);
}

static void take_end(void *context, const struct transfer_end *end)
{
    struct file_service *service = context;
    if (service->end_count < FILE_SERVICE_ENDS_MOST) {
        service->ends[service->end_count] = *end;
    }
    service->end_count++;
}

struct transfer_hooks file_service_hooks(struct file_service *service)
{
    return (struct transfer_hooks){.ended = take_end, .context = service};
}

int file_service_run(struct file_service *service, const char *format, ...)
{
    char command[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int64_t until_ms = loop_now_ms() + PATIENCE_MS;
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (loop_now_ms() > until_ms) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return -1;
        }
        loop_run_once(service->loop, 5);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void file_service_wait(struct file_service *service, unsigned ends, unsigned ms)
{
    int64_t until_ms = loop_now_ms() + ms;
    while (service->end_count < ends && loop_now_ms() < until_ms) {
        loop_run_once(service->loop, 5);
    }
}

uint8_t *file_service_take_fetched(struct file_service *service, size_t *bytes)
{
    FILE *file = fopen(service->fetched, "re");
    if (file == NULL) {
        return NULL;
    }
    uint8_t *found = heap_new(FILE_SERVICE_BIG_BYTES * 2);
    *bytes = fread(found, 1, FILE_SERVICE_BIG_BYTES * 2, file);
    fclose(file);
    (void)unlink(service->fetched);
    return found;
}

bool file_service_has_fetched(struct file_service *service, const void *wanted, size_t wanted_bytes)
{
    size_t bytes = 0;
    uint8_t *found = file_service_take_fetched(service, &bytes);
    bool is_equal = found != NULL && bytes == wanted_bytes && memcmp(found, wanted, bytes) == 0;
    heap_free(found);
    return is_equal;
}

bool file_service_has_program(const char *name)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %.64s >/dev/null", name);
    return system(command) == 0;
}
