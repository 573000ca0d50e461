// SPDX-License-Identifier: GPL-3.0-or-later
// Machines, orders and leases to put into a store under test.
#pragma once

#include "base/text.h"
#include "store/store.h"

#include <stdio.h>

/// A machine called `name` whose one MAC ends in `number`.
static inline struct machine facts_machine(const char *name, uint16_t number)
{
    struct machine machine;
    machine_init(&machine);
    (void)text_copy(machine.name, sizeof machine.name, name);
    machine.mac_count = 1;
    machine.macs[0] =
        hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0, (uint8_t)(number >> 8), (uint8_t)number});
    return machine;
}

/// An armed order for a machine.
static inline struct order facts_order(uint64_t machine_id, const char *profile)
{
    struct order order = {.machine_id = machine_id, .state = ORDER_ARMED, .created_s = 100, .expires_s = 200};
    (void)text_copy(order.profile, sizeof order.profile, profile);
    (void)text_copy(order.owner, sizeof order.owner, "root");
    return order;
}

/// A bound lease of the address 10.0.0.0 + `number`.
static inline struct lease facts_lease(uint32_t number)
{
    struct lease lease = {
        .address = {0x0a000000u + number}, .state = LEASE_BOUND, .starts_s = 5, .ends_s = 3605};
    uint8_t octets[6] = {
        2, 0, (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    struct hw mac = hw_ethernet(octets);
    lease.key = lease_key_from(&mac, NULL, 0);
    (void)snprintf(lease.hostname, sizeof lease.hostname, "host-%u", number);
    return lease;
}

/// A profile called `name` with one value.
static inline struct profile facts_profile(const char *name, const char *image)
{
    struct profile profile = {.value_count = 1, .created_s = 9};
    (void)text_copy(profile.name, sizeof profile.name, name);
    (void)text_copy(profile.image, sizeof profile.image, image);
    (void)text_copy(profile.values[0].key, sizeof profile.values[0].key, "mirror");
    (void)text_copy(profile.values[0].value, sizeof profile.values[0].value, "deb.example");
    return profile;
}

/// An image called `name`.
static inline struct image facts_image(const char *name)
{
    struct image image = {.size_bytes = UINT64_C(5000000000), .file_count = 3, .created_s = 7};
    (void)text_copy(image.name, sizeof image.name, name);
    (void)text_copy(image.kernel, sizeof image.kernel, "linux");
    return image;
}
