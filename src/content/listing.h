// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a folder of the tree, whichever sources it comes from: joined, sorted, each name once.
#pragma once

#include "content/content.h"

#define CONTENT_LISTING_MOST 65536 // names in one folder that are shown

struct content_listing {           // yours; content_listing_clear gives it back
    struct content_entry *entries; // in byte order of their names
    size_t count;
    bool is_cut; // there are more than were wanted
};

/// Reads the folder `path` (canonical as content/path makes it, or "" for the root): at most `most` names. Of
/// a name that several sources have, the first source's counts, as when it is opened. What is generated for
/// one machine is never shown. It asks only sources that any thread may ask, and waits for their disks: call
/// it in a worker thread. STATUS_NOT_FOUND when no source has such a folder; STATUS_DENIED, STATUS_IO.
MUST_USE enum status content_listing_read(const struct content *content, const char *path, size_t most,
                                          struct content_listing *listing);

/// Whether `path` (as above) is a folder that can be entered: STATUS_OK, or as above. It waits as above.
MUST_USE enum status content_listing_find(const struct content *content, const char *path);

/// Finds `path`, a file or a folder, among what its folder shows. `entry->name` is the last part of `path`.
/// Waits and fails as above.
MUST_USE enum status content_listing_describe(const struct content *content, const char *path,
                                              struct content_entry *entry);

/// Gives back what `listing` holds and empties it.
void content_listing_clear(struct content_listing *listing);
