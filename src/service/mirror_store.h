// SPDX-License-Identifier: GPL-3.0-or-later
// The cache of one mirror: a folder with one file for each name, and a table of them in memory. A file on the
// disk begins with a block that tells its name and how to ask for it again, so one rename makes it whole. The
// table belongs to the loop; the disk is read once, in a thread.
#pragma once

#include "base/problem.h"
#include "content/content.h"
#include "io/loop.h"

#define MIRROR_HEAD_BYTES      4096 // a page, so that what follows lies well for sendfile
#define MIRROR_VALIDATOR_BYTES 200  // of an ETag or a date
#define MIRROR_FILE_NAME_BYTES 65   // a SHA-256 in hex
#define MIRROR_ABSENT_MOST     4096 // names that are remembered only for not being there

struct mirror_fetch;

enum mirror_trouble { // why a name is not given now
    MIRROR_TROUBLE_NONE,
    MIRROR_TROUBLE_ABSENT, // there is no such file
    MIRROR_TROUBLE_AWAY,
    MIRROR_TROUBLE_SLOW,
    MIRROR_TROUBLE_WRONG,
    MIRROR_TROUBLE_TOO_LARGE,
    MIRROR_TROUBLE_NO_ROOM,
    MIRROR_TROUBLE_STOPPED, // by us
    MIRROR_TROUBLE_COUNT
};

struct mirror_validators { // what to ask with, whether it is still the same; "" = not told
    char etag[MIRROR_VALIDATOR_BYTES];
    char modified[MIRROR_VALIDATOR_BYTES];
};

struct mirror_file { // one name
    struct mirror_file *next_same_slot;
    struct mirror_file *newer; // by use
    struct mirror_file *older;
    char *path;
    char *etag; // NULL = not known
    char *modified;
    bool is_here;     // in the folder
    uint32_t version; // grows when other bytes come under the name
    uint64_t bytes;
    int64_t used_s; // Unix seconds
    int64_t
        checked_ms; // when it was last known to be the newest, on the loop's clock; 0 = not since the start
    enum mirror_trouble trouble;
    int64_t trouble_until_ms;
    struct mirror_fetch *fetch; // under way, or NULL
};

struct mirror_list {
    struct mirror_file *newest;
    struct mirror_file *oldest;
    size_t count;
};

struct mirror_store {
    int folder;                  // -1 = not open
    struct content_source files; // of the folder, by "VERSION/NAME": any thread may ask it
    struct mirror_list here;     // those on the disk
    struct mirror_list absent;
    uint64_t bytes; // of those on the disk, with their heads
    struct mirror_file **slots;
    size_t slot_count; // a power of two
    uint64_t gone;     // names given to what is being removed
};

struct mirror_found { // one file that was there already, see mirror_store_scan
    char path[CONTENT_PATH_BYTES];
    struct mirror_validators validators;
    uint64_t bytes;
    int64_t used_s;
};

/// An empty store without a folder.
void mirror_store_init(struct mirror_store *store);

/// Opens the folder `name` of the folder `parent`; it is made when it is missing. STATUS_IO and `problem`.
MUST_USE enum status mirror_store_open(struct mirror_store *store, int parent, const char *name,
                                       struct problem *problem);

/// Closes the folder and forgets all names; none may be fetched any more.
void mirror_store_clear(struct mirror_store *store);

/// Reads what is in `folder`, in any thread: `found` is told each good file; what is broken, and what a crash
/// left behind, is removed. It ends early when `*is_stopping`.
void mirror_store_scan(int folder, const bool *is_stopping,
                       void (*found)(void *context, const struct mirror_found *file), void *context);

/// Takes a file that was found into the table. Oldest first.
void mirror_store_add_found(struct mirror_store *store, const struct mirror_found *found);

/// The entry of `path`, or NULL.
struct mirror_file *mirror_store_find(const struct mirror_store *store, const char *path);

/// The entry of `path`, made when there is none. The ones absent longest are forgotten for it.
struct mirror_file *mirror_store_put(struct mirror_store *store, const char *path);

/// Opens the bytes of `file` for `node` and notes that it was used. STATUS_NOT_FOUND when they are gone from
/// the disk: the entry is then no longer here. STATUS_WAITING when `client` can wait and the disk would have
/// to be waited for (content/opener.h): ask the same again then. STATUS_IO, STATUS_BUSY.
MUST_USE enum status mirror_store_serve(struct mirror_store *store, struct mirror_file *file,
                                        const struct content_client *client, struct content_node *node,
                                        struct reasons *reasons);

/// `file` has been put into the folder under its name: `bytes` bytes, with these validators.
void mirror_store_note(struct mirror_store *store, struct mirror_file *file, uint64_t bytes,
                       const struct mirror_validators *validators);

/// Removes the bytes of `file` from the folder, in a thread of `loop`'s; the entry stays.
void mirror_store_drop(struct mirror_store *store, struct loop *loop, struct mirror_file *file);

/// Drops those used longest ago until no more than `most` bytes are left. How many.
size_t mirror_store_shrink(struct mirror_store *store, struct loop *loop, uint64_t most);

/// Drops all whose path is `below`, or below that folder ("" = all). How many, and their `*bytes`.
size_t mirror_store_drop_below(struct mirror_store *store, struct loop *loop, const char *below,
                               uint64_t *bytes);

/// The name that `path` has in the folder. Returns `out`.
char *mirror_store_name(const char *path, char out[MIRROR_FILE_NAME_BYTES]);

/// Prints the block that a file in the folder begins with.
void mirror_store_print_head(const char *path, const struct mirror_validators *validators, uint64_t bytes,
                             char out[MIRROR_HEAD_BYTES]);
