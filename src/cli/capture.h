// SPDX-License-Identifier: GPL-3.0-or-later
// Captures the packets of one machine on the served interfaces, the newest of them in memory, and writes them
// without secrets.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#include <stdint.h>
#include <stdio.h>

#define CAPTURE_INTERFACES_MOST 16
#define CAPTURE_FILTER_BYTES    4096
#define CAPTURE_RING_BYTES      ((size_t)16 * 1024 * 1024)
#define CAPTURE_REMARK          "made by imprint capture-packets: without the contents of files, tokens and passwords"

struct capture;

/// Opens a capture of what `filter` (pcap-filter(7)) takes. NULL and `problem`: no right to, no such filter.
/// Yours.
struct capture *capture_new(const char *filter, struct problem *problem);

/// Adds an Ethernet interface. STATUS_DENIED, STATUS_NOT_FOUND, STATUS_UNSUPPORTED and `problem`.
MUST_USE enum status capture_add(struct capture *capture, const char *interface, struct problem *problem);

/// Takes packets until `timeout_ms` is over (0 = never) or SIGINT or SIGTERM comes; after each that comes
/// `tell`, which may be NULL, is called. STATUS_IO and `problem` when an interface goes.
MUST_USE enum status capture_run(struct capture *capture, int64_t timeout_ms,
                                 void (*tell)(void *context, uint64_t packets), void *context,
                                 struct problem *problem);

/// How many packets came, and how many of the oldest made room for later ones.
uint64_t capture_count(const struct capture *capture, uint64_t *dropped);

/// Writes the packets that are kept as pcapng. Whether it could all be written.
bool capture_write(const struct capture *capture, FILE *out);

/// Frees it; NULL is allowed.
void capture_free(struct capture *capture);
