// SPDX-License-Identifier: GPL-3.0-or-later
// What `imprint image add` is given as a URL, as a file of this machine's.
#pragma once

#include "base/problem.h"
#include "cli/call.h"

#define IMAGE_URL_PATH_BYTES 1024

struct image_url {
    char path[IMAGE_URL_PATH_BYTES]; // the file, below a folder of the user's own
    int lock;                        // on it; -1 = none
};

/// Whether `text` is an http:// or https:// URL.
bool image_url_is(const char *text);

/// The last part of its path, without a query; "" when there is none. Cut at `out_bytes`.
void image_url_name(const char *url, char *out, size_t out_bytes);

/// Downloads it, or goes on where an earlier try broke off. On failure `problem` tells. image_url_clear must
/// follow in any case.
MUST_USE enum status image_url_fetch(struct image_url *file, const char *url, struct problem *problem);

/// Removes the file when `is_used`: when it was added, or is not what was wanted.
void image_url_clear(struct image_url *file, bool is_used);
