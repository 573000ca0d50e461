// SPDX-License-Identifier: GPL-3.0-or-later
// The progress bar as text: how far, how fast, how long still. It knows no console and no clock.
#pragma once

#include "base/text.h"

#define BAR_BYTES 128 // of the whole line: it fits on a screen of 80 columns

struct bar {
    char what[48]; // "writing debian-12"; when it changes, the speed is measured anew
    uint64_t done, all;
    uint64_t first_done; // where the measuring began
    int64_t first_ms;
    int64_t now_ms;
    uint64_t speed; // bytes a second, smoothed; 0 = not known yet
    uint64_t last_done;
    int64_t last_ms;
};

/// Takes a new reading at `now_ms` (monotonic). Going backwards (a chunk fetched again) is fine.
void bar_step(struct bar *bar, const char *what, uint64_t done, uint64_t all, int64_t now_ms);

/// "writing debian-12  [=====>    ]  52%  231 of 437 MB  38 MB/s  0:09 left", ASCII; appends to `out`.
void bar_print(const struct bar *bar, struct text *out);
