// SPDX-License-Identifier: GPL-3.0-or-later
// A source with the boot loaders that Debian's packages brought: each row of the loader table under the name
// that firmware asks.
#pragma once

#include "content/content.h"

/// The source (static; needs no self). Files are opened anew at each request, so a package upgrade is seen at
/// once.
struct content_source packaged_source(void);

/// The set of loaders (bit N = enum loader_id N) all of whose files that are not optional can be opened in
/// `content`. STATUS_WAITING, `*available` being wrong yet, when `waiter` (may be NULL; else it must keep)
/// has to wait for a source.
MUST_USE enum status packaged_find_available(const struct content *content, struct content_waiter *waiter,
                                             uint32_t *available);
