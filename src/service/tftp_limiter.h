// SPDX-License-Identifier: GPL-3.0-or-later
// Who asks how often, and has how much under way: one record per client address, bounded, and token buckets
// in their cheapest form (the instant at which the bucket would be full again).
#pragma once

#include "service/tftp_flow.h"
#include "service/tftp_table.h"

#define TFTP_LIMITER_RECORDS_MOST 32768

struct tftp_client_record {
    struct ip address;
    unsigned live;               // flows under way
    unsigned asked;              // questions under way
    struct tftp_flow *flows;     // by their client_next
    int64_t request_us;          // when the bucket of requests is full again
    int64_t bytes_us;            // the same of bytes
    int64_t room_us;             // when somebody silent was last looked for
    uint16_t client_port_last;   // its port of its last transfer ...
    uint16_t port_last;          // ... and ours: the next one with the same port of its comes from another
    uint16_t silent_block_bytes; // it fell silent behind a first block of so many bytes ...
    uint64_t silent_name;        // ... of the file with this hash ...
    int64_t silent_us;           // ... then
    struct tftp_client_record *newer; // by when it was last heard of
    struct tftp_client_record *older;
};

struct tftp_limiter {
    struct tftp_table records; // by address
    struct tftp_client_record *newest;
    struct tftp_client_record *oldest;
    struct tftp_client_record overflow; // shared by all for whom there is no room
    int64_t request_us;                 // of all clients together
    int64_t bytes_us;
};

/// Nobody known.
void tftp_limiter_init(struct tftp_limiter *limiter);

/// Frees all records.
void tftp_limiter_clear(struct tftp_limiter *limiter);

/// The record of `address`, made when there is none; lives until the next call, or as long as it has flows.
struct tftp_client_record *tftp_limiter_get(struct tftp_limiter *limiter, struct ip address);

/// Whether one more request may be looked at now; counts it then.
bool tftp_limiter_may_ask(struct tftp_limiter *limiter, struct tftp_client_record *record,
                          const struct tftp_policy *policy, int64_t now_us);

/// Whether `bytes` more may be sent to this client now; counts them then. One window is always let through by
/// a bucket that is full.
bool tftp_limiter_may_send(struct tftp_limiter *limiter, struct tftp_client_record *record,
                           const struct tftp_policy *policy, size_t bytes, int64_t now_us);
