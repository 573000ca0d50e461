// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kernel_log.h"

#include "agent/console.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#define KERNEL_LOG_RECORD_BYTES 8192 // no record is longer
#define KERNEL_LOG_CONSOLE      8    // SYSLOG_ACTION_CONSOLE_LEVEL
#define KERNEL_LOG_SHOWN        2    // only what ends the machine
#define KERNEL_LOG_KEPT         4    // warnings and worse

bool kernel_log_parse(const char *record, size_t bytes, struct text *out)
{
    const char *text = memchr(record, ';', bytes);
    unsigned priority = 0;
    size_t digits = 0;
    while (digits < bytes && digits < 6 && record[digits] >= '0' && record[digits] <= '9') {
        priority = priority * 10 + (unsigned)(record[digits] - '0');
        digits++;
    }
    if (text == NULL || digits == 0 || digits == bytes || record[digits] != ',') {
        return false;
    }
    text++;
    size_t left = bytes - (size_t)(text - record);
    const char *end = memchr(text, '\n', left);
    text_add_escaped(out, text, end == NULL ? left : (size_t)(end - text));
    return (priority & 7) <= KERNEL_LOG_KEPT; // above the three bits stands who spoke
}

static void *kernel_log_run(void *context)
{
    (void)context;
    int file = open("/dev/kmsg", O_RDONLY | O_CLOEXEC);
    while (file >= 0) {
        char record[KERNEL_LOG_RECORD_BYTES], line[1024];
        ssize_t got = read(file, record, sizeof record);
        if (got < 0 && errno != EPIPE && errno != EINTR) { // EPIPE: some were overwritten; the next is there
            break;
        }
        struct text text;
        text_init(&text, line, sizeof line);
        if (got > 0 && kernel_log_parse(record, (size_t)got, &text)) {
            console_note("kernel: %s", line);
        }
    }
    if (file >= 0) {
        (void)close(file);
    }
    return NULL;
}

void kernel_log_follow(void)
{
    (void)klogctl(KERNEL_LOG_CONSOLE, NULL, KERNEL_LOG_SHOWN);
    pthread_t thread;
    if (pthread_create(&thread, NULL, kernel_log_run, NULL) == 0) {
        (void)pthread_detach(thread);
    }
}
