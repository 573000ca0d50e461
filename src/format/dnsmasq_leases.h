// SPDX-License-Identifier: GPL-3.0-or-later
// Reading dnsmasq's file of leases (--dhcp-leasefile): "END MAC ADDRESS NAME CLIENT-ID", one a line; behind a
// line "duid ..." those of DHCPv6.
#pragma once

#include "format/lease_record.h"
#include "format/line.h"

struct dnsmasq_leases {
    struct reader reader;
    struct line line;
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct dnsmasq_leases dnsmasq_leases_init(const char *text, size_t bytes);

/// The next lease; false at the end.
bool dnsmasq_leases_next(struct dnsmasq_leases *leases, struct lease_record *record);
