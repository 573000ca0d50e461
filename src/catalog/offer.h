// SPDX-License-Identifier: GPL-3.0-or-later
// Images that can be fetched from where they are made, read from os/offers.yaml: where they lie, and who
// signs them. Data only; fetching is elsewhere.
#pragma once

#include "model/image.h"

#define OFFER_TEXT_BYTES 512
#define OFFERS_MOST      256
#define OFFER_INLINE     "inline" // as signature: the first list holds its own

struct offer {
    char name[IMAGE_NAME_BYTES]; // "debian-12"; what the image is called, too
    char description[OFFER_TEXT_BYTES];
    char base[OFFER_TEXT_BYTES];      // URL of a folder, with its '/'
    char lists[OFFER_TEXT_BYTES];     // lists of checksums below it, blanks between: the first one is signed
                                      // and holds the next one's checksum, the last one the file's; "" = the
                                      // file itself is signed
    char signature[OFFER_TEXT_BYTES]; // of the first list, below `base`; or OFFER_INLINE; "" = there is none
    char file[OFFER_TEXT_BYTES];      // as the last list names it, '*' for what changes: the newest is taken
    char keyring[OFFER_TEXT_BYTES];   // absolute path on this machine, of keys that are believed
    char package[OFFER_TEXT_BYTES];   // Debian's package with it
    char fingerprints[OFFER_TEXT_BYTES]; // of the keys that may sign, blanks between; "" = all of `keyring`
    char key[OFFER_TEXT_BYTES];          // URL of those keys, when there is no keyring; "" = a key server
    bool is_tree;                        // a tar archive of a folder that is booted
};

struct offers {
    struct offer *items;
    size_t count;
};

/// An empty list.
void offers_init(struct offers *offers);

/// Adds what is in `file`; an offer that is there by that name already is replaced. On failure `problem`
/// names line and column, and `offers` holds what was right before. STATUS_NOT_FOUND no such file, STATUS_IO
/// not readable, STATUS_MALFORMED not YAML or not such a list, STATUS_TOO_LONG, STATUS_FULL more than
/// OFFERS_MOST.
MUST_USE enum status offers_load(struct offers *offers, const char *file, struct problem *problem);

/// The offer `name`, or NULL; `*nearest` (may be NULL) is then the one most like it, if any.
const struct offer *offers_find(const struct offers *offers, const char *name, const char **nearest);

/// Frees it.
void offers_clear(struct offers *offers);
