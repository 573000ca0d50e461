// SPDX-License-Identifier: GPL-3.0-or-later
// Fetches one file from the server behind a mirror into the mirror's folder, in a thread of its own: it waits
// for the network and the disk. What the server says is not believed: sizes are bounded, digests and formats
// are checked, redirects stay with HTTP and do not lead to this machine.
#pragma once

#include "service/mirror_store.h"

#include <stdatomic.h>

#define MIRROR_URL_BYTES 2048
#define MIRROR_WHY_BYTES 160

struct mirror_fetcher; // what is kept from fetch to fetch of one thread: open connections

struct mirror_request { // what to fetch; not changed meanwhile
    char url[MIRROR_URL_BYTES];
    char path[CONTENT_PATH_BYTES];  // below the mirror
    struct mirror_validators known; // of what is here; all "" = nothing is
    uint64_t size_most;             // bytes
    int folder;                     // borrowed
    uint64_t number;                // a number of its own in that folder
};

struct mirror_progress {     // how far it is; any thread may look
    atomic_bool is_stopping; // set it to end the fetch soon
    atomic_uint_fast64_t done;
    atomic_uint_fast64_t total; // 0 = not known
};

struct mirror_result {
    enum mirror_trouble trouble;
    bool is_same;         // what is here is still the newest (when there is no trouble)
    bool is_out_of_reach; // the whole server, not only this file
    struct mirror_validators validators;
    uint64_t bytes;             // of the file
    uint64_t received;          // bytes that came, of tries that came to nothing too
    char why[MIRROR_WHY_BYTES]; // what went wrong, safe for a terminal; ""
};

/// A fetcher. Yours; mirror_fetcher_free. Make the first one while there is one thread only.
struct mirror_fetcher *mirror_fetcher_new(void);

/// Closes its connections and frees it; NULL is allowed.
void mirror_fetcher_free(struct mirror_fetcher *fetcher);

/// Fetches: when it returns without trouble and not the same, the file stands in the folder under the name of
/// mirror_store_name. Otherwise nothing has changed there. A connection that breaks is taken up again.
void mirror_fetcher_run(struct mirror_fetcher *fetcher, const struct mirror_request *request,
                        struct mirror_progress *progress, struct mirror_result *result);
