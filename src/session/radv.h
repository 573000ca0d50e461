// SPDX-License-Identifier: GPL-3.0-or-later
// Router advertisements of one interface: what they say, and when they are sent (RFC 4861 section 6.2). No
// socket and no clock: the service sends what this says to ff02::1 with hop limit 255.
#pragma once

#include "model/network6.h"
#include "wire/icmp6.h"

#define RADV_INTERVAL_MS 200000 // between two that nobody asked for; randomized by a quarter
#define RADV_FIRST_MS    16000  // MAX_INITIAL_RTR_ADVERT_INTERVAL, for the first three
#define RADV_APART_MS    3000   // MIN_DELAY_BETWEEN_RAS
#define RADV_ROUTER_S    1800   // how long we are a default router

struct radv {
    int64_t last_ms; // when the last one was sent; INT64_MIN = never
    int64_t next_ms; // when the next one is due
    uint32_t count;  // how many were sent
};

/// Begins at `now_ms` (any monotonous clock): the first one is due at once.
void radv_init(struct radv *radv, int64_t now_ms);

/// Somebody asked at `now_ms`: the next one is due soon, but RADV_APART_MS after the last one. `random`: any
/// number, for the delay of at most half a second.
void radv_hear(struct radv *radv, int64_t now_ms, uint32_t random);

/// Whether one is due at `now_ms`; then it counts as sent, and `radv->next_ms` is when to come back.
bool radv_step(struct radv *radv, int64_t now_ms, uint32_t random);

/// Writes the advertisement of an interface with hardware address `hw` (length 0 = none) on which `count`
/// `networks` (those whose `advertise` is not NO) are served; `is_last` when we stop and are no router any
/// more. Returns its length; 0 when none of them is advertised.
size_t radv_encode(const struct network6 *const *networks, size_t count, const struct hw *hw, bool is_last,
                   uint8_t out[ICMP6_ADVERTISEMENT_BYTES]);
