// SPDX-License-Identifier: GPL-3.0-or-later
// A flood of read requests from one address and ever changing ports, as a broken or hostile machine sends
// them; nobody listens to the answers.
#pragma once

#include "base/addr.h"
#include "base/problem.h"
#include "base/status.h"

struct load_flood;

struct load_flood_options {
    struct ip4 from, server;
    const uint8_t *request; // its bytes; copied
    size_t request_bytes;
    uint64_t total;      // requests
    uint64_t per_second; // 0 = as fast as it can
};

/// Opens it. NULL and `problem` when it cannot be had (CAP_NET_RAW). Yours; load_flood_close gives it back.
struct load_flood *load_flood_open(const struct load_flood_options *options, struct problem *problem);

/// Sends the next few that are due.
void load_flood_step(struct load_flood *flood, uint64_t now_us);

/// How many were sent.
uint64_t load_flood_sent(const struct load_flood *flood);

/// Closes and frees it; NULL is allowed.
void load_flood_close(struct load_flood *flood);
