// SPDX-License-Identifier: GPL-3.0-or-later
// Which boot loaders there are to offer, looked up anew every few seconds without waiting for a disk.
#pragma once

#include "content/content.h"

struct server_loaders { // {.content = ...} to begin with
    const struct content *content;
    struct content_waiter waiter; // while it is looked up
    uint32_t available;           // bit N = enum loader_id N, as last found
    int64_t found_at_s;           // loop_now_ms / 1000; 0 = never
};

/// The set of loaders all of whose files are there, at most SERVER_LOADERS_S seconds old unless a disk is
/// slow. The first call waits for the disks.
uint32_t server_loaders_find(struct server_loaders *loaders);

/// Looks no more.
void server_loaders_clear(struct server_loaders *loaders);
