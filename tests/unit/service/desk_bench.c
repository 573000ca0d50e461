// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk_bench.h"

#include "base/text.h"
#include "unit/test.h"

#include <stdio.h>

static int64_t bench_now_ms(void *context)
{
    return ((struct desk_bench *)context)->now_ms;
}

static void bench_told(void *context, const struct event *event)
{
    struct desk_bench *bench = context;
    bench->told++;
    bench->last = *event;
    for (unsigned i = 0; i < event->reasons.count; i++) {
        bench->told_of[event->reasons.ids[i]]++;
    }
}

void desk_bench_open(struct desk_bench *bench)
{
    *bench = (struct desk_bench){.now_ms = (int64_t)BENCH_NOW_S * 1000, .store = store_open(NULL, NULL)};
    bench->desk = calloc(1, sizeof *bench->desk);
    assert_non_null(bench->desk);
    desk_init(bench->desk, bench->store, (struct policy){POLICY_UNKNOWN_HOLD});
    bench->desk->now_ms = bench_now_ms;
    bench->desk->told = bench_told;
    bench->desk->context = bench;
}

void desk_bench_close(struct desk_bench *bench)
{
    store_close(bench->store);
    free(bench->desk);
}

void desk_bench_wait(struct desk_bench *bench, unsigned seconds)
{
    bench->now_ms += (int64_t)seconds * 1000;
}

struct hw bench_mac(unsigned number)
{
    return hw_ethernet(
        (const uint8_t[]){0x52, 0x54, 0, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number});
}

struct ip4 bench_ip(unsigned last)
{
    return (struct ip4){0xc0000200u + last};
}

struct ip bench_address(unsigned last)
{
    return ip_from_ip4(bench_ip(last));
}

struct boot_client bench_client(unsigned number)
{
    return (struct boot_client){.stage = BOOT_STAGE_FIRMWARE, .architecture = 0, .mac = bench_mac(number)};
}

uint64_t bench_machine(struct desk_bench *bench, unsigned number)
{
    struct machine machine;
    machine_init(&machine);
    machine.state = MACHINE_APPROVED;
    (void)snprintf(machine.name, sizeof machine.name, "lab-%u", number);
    struct hw mac = bench_mac(number);
    assert_int_equal(machine_add_mac(&machine, &mac), STATUS_OK);
    assert_int_equal(store_machine_put(bench->store, &machine, NULL), STATUS_OK);
    return machine.id;
}

uint64_t bench_order(struct desk_bench *bench, uint64_t machine_id, const char *answer)
{
    if (store_image_find(bench->store, "debian") == NULL) {
        struct image image = {.name = "debian", .kernel = "linux", .initrd = "initrd.gz"};
        struct profile profile = {.name = "office",
                                  .image = "debian",
                                  .answer_name = "preseed.cfg",
                                  .answer = answer,
                                  .answer_bytes = (uint32_t)strlen(answer)};
        assert_int_equal(store_image_put(bench->store, &image, NULL), STATUS_OK);
        assert_int_equal(store_profile_put(bench->store, &profile, NULL), STATUS_OK);
    }
    struct order order = {.machine_id = machine_id,
                          .profile = "office",
                          .created_s = bench->now_ms / 1000,
                          .expires_s = bench->now_ms / 1000 + 7200};
    assert_int_equal(store_order_put(bench->store, &order, NULL), STATUS_OK);
    return order.id;
}

enum order_state bench_order_state(const struct desk_bench *bench, uint64_t order_id)
{
    const struct order *order = store_order_get(bench->store, order_id);
    assert_non_null(order);
    return order->state;
}

void bench_lease(struct desk_bench *bench, unsigned number, struct ip4 address)
{
    struct hw mac = bench_mac(number);
    struct lease lease = {.address = address,
                          .key = lease_key_from(&mac, NULL, 0),
                          .state = LEASE_BOUND,
                          .starts_s = bench->now_ms / 1000,
                          .ends_s = bench->now_ms / 1000 + 3600};
    store_lease_put(bench->store, &lease);
}
