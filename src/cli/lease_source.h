// SPDX-License-Identifier: GPL-3.0-or-later
// The files of leases that imprint lease import can read, gathered: of each address the last that is told,
// and what cannot be taken, with the line.
#pragma once

#include "cli/call.h"
#include "io/heap.h"
#include "model/lease.h"
#include "store/row_index.h"

#define LEASE_SOURCE_FILE_BYTES_MOST ((size_t)2 << 30)
#define LEASE_SOURCE_MOST            (4u << 20) // leases

struct lease_entry {
    struct lease lease; // BOUND: to be taken over; starts_s is 0 when that is not told
    unsigned line;
    unsigned file; // number of its name in `files`
};

struct lease_remark { // what is not taken over
    unsigned file;
    unsigned line;
    struct ip4 address; // 0 = not known
    const char *reason; // a word for programs; static
    char *text;         // a phrase, owned by the source
};

struct lease_source {
    const char *const *files;  // names, borrowed
    struct heap_array entries; // of struct lease_entry
    struct heap_array remarks; // of struct lease_remark
    struct row_index by_address;
    uint64_t bytes;      // of all files
    uint64_t free_count; // addresses that nobody has there any more
    uint64_t ip6_count;  // leases of DHCPv6
};

/// Starts without anything; `files` are the names, borrowed.
void lease_source_init(struct lease_source *source, const char *const *files);

/// Reads file number `file`, which is of the kind `from` ("dhcpd", "dnsmasq", "kea" or "imprint"; NULL = what
/// it looks like). False when it cannot be read or is none of them, which was told.
MUST_USE bool lease_source_read(struct lease_source *source, const struct call *call, unsigned file,
                                const char *from);

/// After the last file: leaves those that are to be taken over, the newest first.
void lease_source_finish(struct lease_source *source);

/// Adds a remark.
void lease_source_remark(struct lease_source *source, const struct lease_remark *remark, const char *text);

/// Gives the memory back.
void lease_source_clear(struct lease_source *source);
