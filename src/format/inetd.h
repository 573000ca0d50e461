// SPDX-License-Identifier: GPL-3.0-or-later
// Reading inetd.conf(5): a service a line. Knows the columns, not what a program does with its arguments.
#pragma once

#include "format/line.h"

#define INETD_WORD_BYTES      64
#define INETD_PROGRAM_BYTES   256
#define INETD_ARGUMENTS_BYTES 1024

struct inetd_item {
    unsigned line;
    enum status status; // MALFORMED too few columns; TOO_LONG one that is
    bool is_off;        // "#<off># ", as Debian's update-inetd writes it
    char service[INETD_WORD_BYTES];
    char socket_type[INETD_WORD_BYTES];
    char protocol[INETD_WORD_BYTES];
    char wait[INETD_WORD_BYTES];
    char user[INETD_WORD_BYTES];
    char program[INETD_PROGRAM_BYTES];
    char arguments[INETD_ARGUMENTS_BYTES]; // the first is the program's name
};

struct inetd {
    struct reader reader;
    struct line line;
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct inetd inetd_init(const char *text, size_t bytes);

/// The next service; false at the end. Comments are none.
bool inetd_next(struct inetd *inetd, struct inetd_item *item);
