// SPDX-License-Identifier: GPL-3.0-or-later
// Reading ISC dhcpd's file of leases (dhcpd.leases(5)), and dhcpd6.leases as far as to say that there are
// some. Other things that dhcpd writes there, hosts and states of failover, are skipped.
#pragma once

#include "format/lease_record.h"

#define DHCPD_LEASES_WORDS_MOST 6
#define DHCPD_LEASES_WORD_BYTES 1024 // a client identifier of 255 bytes, all of them escaped, is shorter

struct dhcpd_leases {
    const char *at;
    const char *end;
    unsigned line;
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct dhcpd_leases dhcpd_leases_init(const char *text, size_t bytes);

/// The next lease; false at the end.
bool dhcpd_leases_next(struct dhcpd_leases *leases, struct lease_record *record);
