// SPDX-License-Identifier: GPL-3.0-or-later
// Reading Kea's file of leases (memfile, CSV): the first line names the columns, each other one is the state
// of an address at some time.
#pragma once

#include "format/lease_record.h"
#include "format/line.h"

#define KEA_LEASES_COLUMNS_MOST 32

struct kea_leases {
    struct reader reader;
    struct line line;
    uint8_t columns[KEA_LEASES_COLUMNS_MOST]; // what stands in each; 0 = nothing that is needed here
    bool is_ip6;
    bool has_columns; // there is a line that names them
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct kea_leases kea_leases_init(const char *text, size_t bytes);

/// The next lease; false at the end. When the first line does not name the columns, that is the only record.
bool kea_leases_next(struct kea_leases *leases, struct lease_record *record);
