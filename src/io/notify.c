// SPDX-License-Identifier: GPL-3.0-or-later
// notify.h: one datagram per message to the socket that NOTIFY_SOCKET names.
#include "io/notify.h"

#include "base/text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define STATE_BYTES 512

enum status notify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || path[0] == '\0') {
        return STATUS_NOT_FOUND;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path) {
        return STATUS_MALFORMED;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; // a name in the kernel's abstract space
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return STATUS_IO;
    }
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, bytes);
    close(fd);
    return sent < 0 ? STATUS_IO : STATUS_OK;
}

// Line ends would begin another assignment.
static void add_line(struct text *text, const char *key, const char *line)
{
    text_add(text, key);
    for (const char *at = line; *at != '\0'; at++) {
        text_add_char(text, (unsigned char)*at < ' ' ? ' ' : *at);
    }
}

void notify_ready(const char *status)
{
    char state[STATE_BYTES];
    struct text text;
    text_init(&text, state, sizeof state);
    text_add(&text, "READY=1");
    if (status != NULL) {
        add_line(&text, "\nSTATUS=", status);
    }
    (void)!notify_send(state);
}

void notify_status(const char *status)
{
    char state[STATE_BYTES];
    struct text text;
    text_init(&text, state, sizeof state);
    add_line(&text, "STATUS=", status);
    (void)!notify_send(state);
}

void notify_reloading(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char state[STATE_BYTES];
    struct text text;
    text_init(&text, state, sizeof state);
    text_add_format(&text, "RELOADING=1\nMONOTONIC_USEC=%lld",
                    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    (void)!notify_send(state);
}

void notify_stopping(void)
{
    (void)!notify_send("STOPPING=1");
}

uint64_t notify_watchdog_ms(void)
{
    const char *wanted = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    uint64_t value;
    if (wanted == NULL) {
        return 0;
    }
    if (pid != NULL && (text_parse_u64(pid, INT32_MAX, &value) != STATUS_OK || value != (uint64_t)getpid())) {
        return 0;
    }
    return text_parse_u64(wanted, UINT64_MAX / 2, &value) == STATUS_OK ? value / 2000
                                                                       : 0; // twice in its time
}
