// SPDX-License-Identifier: GPL-3.0-or-later
// What clients were given: which loaders an address fetched, and the folder its later names belong to.
// Bounded; the addresses heard of longest ago are forgotten.
#pragma once

#include "base/ip.h"

struct tftp_clients;

struct tftp_client {
    struct ip address;
    const char *entry;  // folder of its loader, canonical; "" = none
    const char *first;  // canonical name of the first loader that it asked for since its boot
    const char *loader; // of the last one
};

/// Knows nobody yet, and will know `most` at once, each for `keep_ms` after it was last heard of. Yours;
/// tftp_clients_free.
struct tftp_clients *tftp_clients_new(unsigned most, int64_t keep_ms);

/// Frees it; NULL is allowed.
void tftp_clients_free(struct tftp_clients *clients);

/// What is known about an address, which is heard of now; NULL = nothing. Lives until the next call that
/// changes something.
const struct tftp_client *tftp_clients_find(struct tftp_clients *clients, struct ip address, int64_t now_ms);

/// The address got a loader that it called `loader` and that lies in the folder `entry` ("" = one that says
/// nothing about other names).
void tftp_clients_put(struct tftp_clients *clients, struct ip address, const char *entry, const char *loader,
                      int64_t now_ms);

/// The address keeps its loaders and loses its entry.
void tftp_clients_clear_entry(struct tftp_clients *clients, struct ip address);

/// Forgets an address.
void tftp_clients_remove(struct tftp_clients *clients, struct ip address);

/// How many are remembered.
unsigned tftp_clients_count(const struct tftp_clients *clients);
