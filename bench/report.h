// SPDX-License-Identifier: GPL-3.0-or-later
// What came of it, as one line of JSON for bench/run.py and the tests.
#pragma once

#include "machine.h"

struct report {
    const char *mode;
    uint64_t started_ns, ended_ns; // of what is measured
    uint64_t done;                 // exchanges or transfers that ended well in it
    uint64_t link_dropped;
};

/// Prints it to standard output. STATUS_FULL when memory for the percentiles is not to be had.
MUST_USE enum status report_print(const struct report *report, const struct machine_world *world);
