// SPDX-License-Identifier: GPL-3.0-or-later
// The logs that agents send home: one file for each order, STATE/logs/order-N.log.
#include "service/agents_state.h"

#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_FULL_TEXT "\n[the log of this order is full]\n"

static void agents_log_path(const struct agents *agents, uint64_t order_id, char out[CONFIG_PATH_BYTES + 64])
{
    (void)snprintf(out, CONFIG_PATH_BYTES + 64, "%s/logs/order-%llu.log", agents->options.config->state,
                   (unsigned long long)order_id);
}

// Lines stay lines; what could move a cursor is spelled out.
static void agents_log_print(const char *from, size_t bytes, struct text *out)
{
    for (size_t i = 0; i < bytes; i++) {
        bool is_line_end = from[i] == '\r' && i + 1 < bytes && from[i + 1] == '\n';
        if (from[i] == '\n' || from[i] == '\\') {
            text_add_char(out, from[i]);
        } else if (from[i] == '\t') {
            text_add_char(out, ' ');
        } else if (!is_line_end) {
            text_add_escaped(out, from + i, 1);
        }
    }
}

static void agents_log_write(int file, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(file, text, bytes);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return; // a log that cannot be kept stops nobody
        }
        text += written;
        bytes -= (size_t)written;
    }
}

static int agents_log_open(const struct agents *agents, uint64_t order_id, uint64_t *bytes)
{
    char path[CONFIG_PATH_BYTES + 64];
    struct stat info;
    agents_log_path(agents, order_id, path);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (file < 0) {
        return -1;
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(file);
        return -1;
    }
    *bytes = (uint64_t)info.st_size;
    if (*bytes == 0 && order_id > AGENTS_LOGS_MOST) { // a new one: one that is very old goes
        agents_log_path(agents, order_id - AGENTS_LOGS_MOST, path);
        (void)unlink(path);
    }
    return file;
}

void agents_log_append(const struct agents *agents, uint64_t order_id, const char *text, size_t bytes)
{
    uint64_t before = 0;
    int file = bytes == 0 ? -1 : agents_log_open(agents, order_id, &before);
    if (file < 0) {
        return;
    }
    if (before < AGENTS_LOG_BYTES_MOST) {
        size_t room = (size_t)(AGENTS_LOG_BYTES_MOST - before);
        size_t capacity = bytes * 4 + 1; // all of it spelled out
        char *buffer = heap_new(capacity);
        struct text out;
        text_init(&out, buffer, capacity);
        agents_log_print(text, bytes, &out);
        agents_log_write(file, buffer, size_min(out.length, room));
        if (out.length >= room) {
            agents_log_write(file, LOG_FULL_TEXT, sizeof LOG_FULL_TEXT - 1);
        }
        heap_free(buffer);
    }
    close(file);
}

struct agents_answer agents_log(struct agents *agents, struct agents_session *session,
                                const struct agents_request *request)
{
    if (request->body_bytes > TALK_LOG_BYTES_MOST) {
        return agents_answer_verdict(413, true, "That is too much of a log at once.", "", 0);
    }
    agents_log_append(agents, session->order_id, request->body, request->body_bytes);
    return agents_answer_verdict(200, true, "", "", 0);
}
