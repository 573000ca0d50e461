// SPDX-License-Identifier: GPL-3.0-or-later
// How far a transfer is, on standard error: a bar on a terminal, elsewhere a line for every tenth.
#pragma once

#include "cli/screen.h"

#define PROGRESS_UNKNOWN UINT64_MAX // bytes in all

struct progress {
    struct screen screen;
    const char *what; // borrowed
    uint64_t total;
    int64_t started_ms;
    int64_t drawn_ms;
    unsigned tenths; // said already
    bool is_drawn;
};

/// Starts at 0 of `total` bytes (or PROGRESS_UNKNOWN) of `what` (borrowed as long as `progress`).
void progress_init(struct progress *progress, const char *what, uint64_t total);

/// `done` bytes are through. Draws ten times a second at most.
void progress_step(struct progress *progress, uint64_t done);

/// Takes the bar away; the next line starts clean.
void progress_clear(struct progress *progress);
