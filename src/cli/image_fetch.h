// SPDX-License-Identifier: GPL-3.0-or-later
// Fetches an offer of the catalogue: its lists of checksums, whose signature is checked, and then the file,
// whose checksum is. Nothing of it is believed before that.
#pragma once

#include "base/problem.h"
#include "catalog/offer.h"
#include "cli/call.h"
#include "cli/download.h"

#define IMAGE_FETCH_PATH_BYTES 1024

struct image_fetch {
    struct call *call; // for what is said meanwhile
    const struct offer *offer;
    const char *base;                   // URL of the folder, with its '/'; instead of the offer's
    const char *keyring;                // of the user's; NULL = the offer's
    bool is_unsigned;                   // no signature is asked for: HTTPS must vouch for the lists
    char folder[DOWNLOAD_FOLDER_BYTES]; // where files go; made by image_fetch_run
    char file[IMAGE_FETCH_PATH_BYTES];  // out: the file, checked
    char name[OFFER_TEXT_BYTES];        // out: what its list calls it, without folders
    int lock;                           // on what is fetched; -1 = none
};

/// Fetches and checks. On failure `problem` tells, and what came of the file stays for the next time, unless
/// it was wrong. image_fetch_clear must follow in any case.
MUST_USE enum status image_fetch_run(struct image_fetch *fetch, struct problem *problem);

/// Removes the fetched file when `is_used` (else it need not come again), and what was needed to check it.
void image_fetch_clear(struct image_fetch *fetch, bool is_used);
