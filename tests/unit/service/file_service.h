// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of TFTP and HTTP share: a loop, a small tree of files, a list of ended transfers, and real
// clients run beside the loop.
#pragma once

#include "io/loop.h"
#include "service/transfer.h"

#define FILE_SERVICE_BIG_BYTES  5000000u
#define FILE_SERVICE_ENDS_MOST  256
#define FILE_SERVICE_PATH_BYTES 128

struct file_service {
    struct loop *loop;
    struct content content;
    struct transfer_end ends[FILE_SERVICE_ENDS_MOST]; // the first ones
    unsigned end_count;
    struct content_waiter *waiters; // for "later.txt", "never.txt"
    struct loop_timer *later;       // when "later.txt" is there
    bool has_later;
    uint8_t *big;                          // FILE_SERVICE_BIG_BYTES that repeat nowhere
    char folder[FILE_SERVICE_PATH_BYTES];  // temporary; holds big.bin and what clients fetched
    char fetched[FILE_SERVICE_PATH_BYTES]; // where clients shall put what they fetch
};

/// Serves: "hello.txt" (13 bytes of memory, private to machine 7, order 9), "lines.txt" (text with LF and
/// CR), "empty", "exact.bin" (1,024 bytes), "big.bin" (a file); "secret" is refused. For who can wait,
/// "later.txt" (6 bytes) comes after 50 ms and "never.txt" does not; "away" and "slow" are with a server that
/// does not answer, or too late.
void file_service_open(struct file_service *service);

/// Gives everything back; free what hangs on the loop before.
void file_service_close(struct file_service *service);

/// Hooks that append to `ends`.
struct transfer_hooks file_service_hooks(struct file_service *service);

/// Runs the shell command `format` beside the loop and returns its exit code; -1 when it was killed after 60
/// s.
int file_service_run(struct file_service *service, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// Lets the loop run for `ms` milliseconds, or until there are `ends` ended transfers.
void file_service_wait(struct file_service *service, unsigned ends, unsigned ms);

/// The bytes of `fetched`, heap_free them; `*bytes` how many. The file is removed. NULL when there is none.
uint8_t *file_service_take_fetched(struct file_service *service, size_t *bytes);

/// Whether `fetched` holds exactly these bytes; it is removed.
bool file_service_has_fetched(struct file_service *service, const void *wanted, size_t wanted_bytes);

/// Whether a client program is installed.
bool file_service_has_program(const char *name);
