// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what somebody captured or logged, whatever it is, for a doctor: pcap and pcapng by libpcap, tcpdump's
// text, logs of servers. Streams: of a file of gigabytes only stories stay.
#pragma once

#include "base/problem.h"
#include "doctor/doctor.h"

enum explain_kind { EXPLAIN_PCAP, EXPLAIN_TCPDUMP, EXPLAIN_LOG };

struct explain_source {
    enum explain_kind kind;
    uint64_t packets; // or lines
    uint64_t understood;
    bool was_cut; // packets were captured in part only: tcpdump -s with a small number
};

/// "pcap", "tcpdump" or "log".
const char *explain_kind_text(enum explain_kind kind);

/// Reads the file at `path` ("-" = standard input) into `doctor`. STATUS_IO; STATUS_MALFORMED when it is
/// nothing of the kind, or broken (what came before that stays read); `problem` says which.
MUST_USE enum status explain_read(const char *path, struct doctor *doctor, struct explain_source *source,
                                  struct problem *problem);
