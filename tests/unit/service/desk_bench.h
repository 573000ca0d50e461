// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the desk and of all that meets at it share: a store in memory, a clock that stands still, and
// what was told.
#pragma once

#include "service/desk.h"

#include <stdlib.h>

#define BENCH_NOW_S 1700000000

struct desk_bench {
    struct store *store;
    struct desk *desk;
    int64_t now_ms;
    unsigned told; // events
    struct event last;
    unsigned told_of[REASON_COUNT];
};

/// A desk over an empty store, policy hold.
void desk_bench_open(struct desk_bench *bench);

/// Frees all.
void desk_bench_close(struct desk_bench *bench);

/// Lets seconds pass.
void desk_bench_wait(struct desk_bench *bench, unsigned seconds);

/// The Ethernet address 52:54:00:00:HI:LO of number `number`.
struct hw bench_mac(unsigned number);

/// 192.0.2.`last`.
struct ip4 bench_ip(unsigned last);

/// The same as an address of either family.
struct ip bench_address(unsigned last);

/// A PXE BIOS ROM with that MAC number; no UUID.
struct boot_client bench_client(unsigned number);

/// Stores an approved machine "lab-NUMBER" with that MAC; its id.
uint64_t bench_machine(struct desk_bench *bench, unsigned number);

/// Stores image "debian", profile "office" with answer file "preseed.cfg" of that text, and an order for
/// `machine_id` that expires in two hours; the order's id.
uint64_t bench_order(struct desk_bench *bench, uint64_t machine_id, const char *answer);

/// The order's state now.
enum order_state bench_order_state(const struct desk_bench *bench, uint64_t order_id);

/// Leases `address` to MAC `number` for an hour.
void bench_lease(struct desk_bench *bench, unsigned number, struct ip4 address);
