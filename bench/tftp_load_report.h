// SPDX-License-Identifier: GPL-3.0-or-later
// What bench-tftp prints: one line of JSON.
#pragma once

#include "tftp_load_client.h"

struct load_report {
    const char *mode;
    uint32_t clients; // at once
    uint32_t started; // transfers
    uint64_t waves;
    uint64_t measured_us;
    uint64_t idle_us; // of it the load had nothing to do: near 0, and the load is what is measured
    uint64_t flood_sent;
};

/// Prints the line. STATUS_FULL when there is no memory for it.
MUST_USE enum status load_report_print(const struct load_report *report, const struct load_world *world);
