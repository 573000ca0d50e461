// SPDX-License-Identifier: GPL-3.0-or-later
// What a client's past says about how it may be served by TFTP. Firmware that asks for large blocks and
// cannot put IP fragments together, or sits behind a tunnel that drops them, acknowledges the options and is
// never heard of again: the next time it gets smaller blocks. A machine's past is kept with the machine until
// somebody takes it back; that of an address without a machine is kept here for a while.
#pragma once

#include "base/ip.h"
#include "model/machine.h"

#define TFTP_PAST_ADDRESSES_MOST 1024
#define TFTP_PAST_ADDRESS_S      86400 // addresses change hands, so theirs is not kept for ever
#define TFTP_PAST_LEAST_BYTES    512   // every client can take what has no option

struct tftp_past_address {
    struct ip address;
    uint16_t block_bytes;
    int64_t learned_s; // Unix seconds
};

struct tftp_past { // of addresses without a machine
    struct tftp_past_address addresses[TFTP_PAST_ADDRESSES_MOST];
};

/// The block size to try next with a client that was silent behind its first block of `stuck_bytes`: 1468 (a
/// whole Ethernet packet), 1400 (through PPPoE, VLANs and most tunnels), 1024, and at last 512.
uint16_t tftp_past_plan_block(uint16_t stuck_bytes);

/// The largest block for `machine` (NULL = nobody known) at `address`: what was set for it by hand, and what
/// it showed that it can take; UINT16_MAX when nothing is known. `now_s` in Unix seconds.
uint16_t tftp_past_block_most(const struct tftp_past *past, const struct machine *machine, struct ip address,
                              int64_t now_s);

/// The block number behind 65535 for `machine` (NULL = nobody known), `wanted` (0 or 1) when nothing was set.
uint16_t tftp_past_rollover(const struct machine *machine, uint16_t wanted);

/// A client was silent behind its first block of `stuck_bytes`. Puts what follows into `machine`, which the
/// caller then stores, or for NULL under `address`. Whether that is new: then the block size is in
/// `*block_bytes`.
bool tftp_past_learn(struct tftp_past *past, struct machine *machine, struct ip address, uint16_t stuck_bytes,
                     int64_t now_s, uint16_t *block_bytes);
