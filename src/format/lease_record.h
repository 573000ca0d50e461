// SPDX-License-Identifier: GPL-3.0-or-later
// One lease as another server's file of leases tells it, whatever that server is. The files are histories:
// the last record of an address is the one that counts.
#pragma once

#include "base/addr.h"
#include "base/text.h"

#define LEASE_RECORD_CLIENT_BYTES   255
#define LEASE_RECORD_HOSTNAME_BYTES 64

enum lease_record_state {
    LEASE_RECORD_BOUND,    // given out, until ends_s
    LEASE_RECORD_FREE,     // given back, ended, or never given
    LEASE_RECORD_DECLINED, // set aside, since somebody else uses it
    LEASE_RECORD_IP6,      // of DHCPv6: nothing else is told of it
};

struct lease_record {
    unsigned line;         // where it begins
    const char *complaint; // why it cannot be read, a phrase; NULL = it can, and the rest is good
    enum lease_record_state state;
    struct ip4 address;
    struct hw hw;                                 // length 0 = none
    uint8_t client_id[LEASE_RECORD_CLIENT_BYTES]; // option 61
    size_t client_id_bytes;                       // 0 = none
    int64_t starts_s;                             // Unix seconds; 0 = not told
    int64_t ends_s;                               // Unix seconds; INT64_MAX = never
    char hostname[LEASE_RECORD_HOSTNAME_BYTES];   // cut when it is longer; any bytes but NUL
};

#define LEASE_RECORD_TIME_MOST INT64_C(253402300799) // the end of the year 9999

/// Notes why the record cannot be read, unless something was noted before.
void lease_record_complain(struct lease_record *record, const char *complaint);

/// Parses octets in hexadecimal with colons between them, "1:52:54:0", into `out`. False when it is none or
/// there are more than `out_bytes`.
bool lease_record_parse_octets(const char *text, uint8_t *out, size_t out_bytes, size_t *count);

/// Parses Unix seconds. False when it is no such number, or behind the year 9999.
bool lease_record_parse_seconds(const char *text, int64_t *unix_s);

/// Parses a date and a time of day of UTC, "2026/11/23" and "06:05:04". False when they are none.
bool lease_record_parse_moment(const char *date, const char *time, int64_t *unix_s);

/// Takes the address over, of either family. False when it is none.
bool lease_record_take_address(struct lease_record *record, const char *text);
