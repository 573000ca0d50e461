// SPDX-License-Identifier: GPL-3.0-or-later
// One tree of files for TFTP and HTTP, from many sources: what is generated per machine, boot loaders from
// Debian's packages, imported images, the administrator's own root. A path is made canonical once, then asked
// of the sources in order.
#pragma once

#include "base/ip.h"
#include "base/status.h"
#include "model/reason.h"

#define CONTENT_PATH_BYTES 512
#define CONTENT_ETAG_BYTES 48

enum content_part { // what sending it whole means for an order
    CONTENT_PART_NONE,
    CONTENT_PART_CONFIGURATION, // the text that boots the order's image
    CONTENT_PART_LAST,          // the last file its boot needs: the initrd, or the kernel when there is none
    CONTENT_PART_ANSWER,        // its answer file
    CONTENT_PART_DONE,          // what an installer fetches to say that it is done
};

struct content_waiter { // a request that may have to wait for a source: a part of what an engine keeps of it
    struct content_waiter *next;
    struct content_waiter **at;                 // in what list; NULL = it waits for nothing
    void (*ready)(struct content_waiter *self); // in the loop's thread: ask again, now or later
    struct content_memo *memos;                 // what was looked up for it: content/opener.h
    unsigned memo_count;
    bool keeps; // it asks for several names in turn: the memos stay until content_waiter_remove
};

struct content_client { // who asks, as far as known
    struct ip address;
    uint16_t port;            // theirs; 0 = not known
    struct ip server;         // our address that was asked
    uint32_t interface_index; // 0 = not known
    const char *query;        // HTTP query string without '?', or ""
    const char *token;        // of an HTTP "Authorization: Bearer" header; NULL or "" = none
    bool is_http;
    bool is_https;                 // is_http as well
    struct content_waiter *waiter; // NULL = who asks cannot wait
    struct content_opener *opener; // set by content_open: looks into folders for who can wait; or NULL
    bool is_quick; // for sources: answer STATUS_BUSY rather than wait; set by content_source_open
};

struct content_memo;
struct content_opener;
struct content_memory;  // bytes with a reference count, shared between a transfer and its source; thread-safe
struct content_extents; // where the pieces of a file inside another one lie; shared and thread-safe alike

struct content_extent { // one piece of a file that lies inside another one, an ISO for example
    uint64_t start;     // in the outer file, bytes
    uint64_t bytes;
};

struct content_node { // an open file, yours; content_node_close gives it back
    int fd;           // >= 3: a file, of which it is the whole or a part: content_node_find; else `memory`
    uint64_t start;   // where in `fd` its first byte lies; 0 = it is the whole file
    struct content_extents *extents; // NULL = it lies in one piece
    struct content_memory *memory;   // or NULL
    const uint8_t *bytes;            // of `memory`
    uint64_t size;                   // bytes
    int64_t modified_s;              // Unix seconds; 0 = not known
    int64_t changed_ns; // of `fd`: its mtime to the nanosecond, to see whether it is still the same
    char etag[CONTENT_ETAG_BYTES]; // with its quotes; changes whenever the bytes do
    const char *type;              // MIME type, static
    const char *source;            // the name of the source that had it; NULL = none yet
    char path[CONTENT_PATH_BYTES]; // canonical, as it was found
    bool is_private;               // generated for one machine: must not be cached
    bool is_asked_each_time;       // its source counts who asks, or may have another one at any moment
    enum content_part part;
    uint64_t machine_id; // whose, 0 = nobody's in particular
    uint64_t order_id;   // 0 = none
};

struct content_entry { // one name in a folder of the tree; borrowed for the call
    const char *name;
    bool is_folder;
    uint64_t size;      // bytes; 0 for a folder
    int64_t modified_s; // Unix seconds; 0 = not known
};

/// A source of files. `lookup` gets a canonical path without leading '/', e.g. "grub/grub.cfg", and an empty
/// node; it answers STATUS_OK with `*node` filled (`path` only when it is another one, `type` only when the
/// path does not tell it), STATUS_NOT_FOUND to let the next source try, or STATUS_DENIED or STATUS_IO to end
/// the search, as do STATUS_AWAY (another server has the file and does not give it, with a reason) and, only
/// when `client` has a waiter, STATUS_WAITING: the waiter is in a list of the source's now, and is told when
/// to ask again. It adds reasons of its own where it knows more than "not found". `nearest` (may be NULL)
/// finds the name of a file that it serves to everybody and that is most like `path`; false when none is
/// near. `list` (may be NULL) shows what is in the folder `path` ("" = the root) and served to everybody, in
/// no order; `visit` NULL: only whether there is such a folder. STATUS_NOT_FOUND when there is none here,
/// STATUS_DENIED when it may be entered but not read.
struct content_source {
    const char *name; // for logs: "generated", "loaders", "images", "root"
    enum status (*lookup)(void *self, const char *path, const struct content_client *client,
                          struct content_node *node, struct reasons *reasons);
    bool (*nearest)(void *self, const char *path, char out[CONTENT_PATH_BYTES]);
    enum status (*list)(void *self, const char *path,
                        void (*visit)(void *context, const struct content_entry *entry), void *context);
    bool is_shared; // it answers everybody alike, and asking it changes nothing
    bool may_wait;  // for a disk: it is asked by content_source_open; it is shared, and any thread may ask it
    void *self;
};

#define CONTENT_SOURCES_MOST 8

struct content {
    struct content_source sources[CONTENT_SOURCES_MOST]; // asked in order
    unsigned source_count;
    struct content_opener *opener; // looks into folders for who can wait; NULL = who asks waits for the disk
};

/// An empty tree.
void content_init(struct content *content);

/// Appends a source (copied; `self` must outlive the tree). Asserts when there are too many.
void content_add(struct content *content, struct content_source source);

/// Finds and opens `path` as a client sent it (`length` bytes, hostile). STATUS_OK with `*node` yours;
/// STATUS_NOT_FOUND with reason FILE_NOT_FOUND; STATUS_DENIED with PATH_REFUSED (leads out of the tree) or
/// ANSWER_REFUSED; STATUS_IO; STATUS_BUSY; STATUS_AWAY with a reason; STATUS_WAITING when `client->waiter` is
/// set and is told later that it is time to ask the same again: until then it must stay where it is.
MUST_USE enum status content_open(const struct content *content, const char *path, size_t length,
                                  const struct content_client *client, struct content_node *node,
                                  struct reasons *reasons);

/// As content_open, but asks only the sources that answer everybody alike: to look whether some name exists,
/// without a machine being met because of it.
MUST_USE enum status content_open_shared(const struct content *content, const char *path, size_t length,
                                         const struct content_client *client, struct content_node *node,
                                         struct reasons *reasons);

/// Puts `waiter`, which waits for nothing yet, into `*list`.
void content_waiter_add(struct content_waiter **list, struct content_waiter *waiter);

/// Takes it out of the list that it is in, if any: it is not told any more, and what was looked up for it is
/// forgotten. In the loop's thread.
void content_waiter_remove(struct content_waiter *waiter);

/// Empties `*list` and tells all that were in it, in the order of adding; they may be added to the same list
/// again meanwhile.
void content_waiter_wake(struct content_waiter **list);

/// The name of a file that is served to everybody and is most like `path` (as a client sent it, `length`
/// bytes). STATUS_NOT_FOUND when none is near; STATUS_WAITING as content_open.
/// Bounded work, but a thousand times that of content_open.
MUST_USE enum status content_find_nearest(const struct content *content, const char *path, size_t length,
                                          const struct content_client *client, char out[CONTENT_PATH_BYTES]);

/// An empty node, which holds nothing.
void content_node_init(struct content_node *node);

/// A second node of the same bytes; `copy` is empty before. STATUS_IO when there are no descriptors left.
MUST_USE enum status content_node_copy(const struct content_node *node, struct content_node *copy);

/// Gives back what `node` holds and empties it; an empty node is allowed.
void content_node_close(struct content_node *node);

/// How many bytes of a node with a file lie in one piece from `offset` on, and where in `fd` they do (`*at`).
/// 0 at and behind its end. Nothing else may be assumed of where its bytes are.
uint64_t content_node_find(const struct content_node *node, uint64_t offset, uint64_t *at);

/// Sends up to `most` bytes at `offset` to the socket `socket`, by sendfile(2) where it can, not beyond one
/// piece: call it again for what follows. The count that the kernel took; 0 at the end of the node, or of its
/// file when that was cut off meanwhile; -1 with errno, EAGAIN of a socket that is full among them. Raises no
/// SIGPIPE for memory; sendfile(2) has no such flag, so the process must ignore the signal.
int64_t content_node_send(const struct content_node *node, int socket, uint64_t offset, uint64_t most);

/// Reads up to `bytes` bytes at `offset` into `out`: a short count only at the end of the file, -1 with errno
/// on error.
int64_t content_node_read(const struct content_node *node, uint64_t offset, void *out, size_t bytes);

/// A copy of `bytes` bytes of `text` (NULL allowed when 0) that many nodes can share; the caller has the
/// first share: content_memory_free.
MUST_USE struct content_memory *content_memory_new(const void *text, size_t bytes);

/// One share more of the same bytes, for whoever else must keep them; content_memory_free gives it back.
struct content_memory *content_memory_share(struct content_memory *memory);

/// Gives one share back; the last one frees the bytes. NULL is allowed.
void content_memory_free(struct content_memory *taken_memory);

/// Fills `node` with a copy of `bytes` bytes of `text`; etag from their hash. NULL-safe for bytes == 0.
void content_node_set_memory(struct content_node *node, const void *text, size_t bytes);

/// Fills `node` with `taken_memory`, a share that the node gives back when it is closed; etag as above.
void content_node_set_shared(struct content_node *node, struct content_memory *taken_memory);

/// Fills `node` with the open regular file `taken_fd` (closed on failure): size, time, etag. STATUS_NOT_FOUND
/// when it is no regular file, STATUS_IO when the kernel says no.
MUST_USE enum status content_node_set_file(struct content_node *node, int taken_fd);

/// Whether the file behind `node` is the one that was opened: neither written to since nor removed or
/// replaced. Always true for memory.
bool content_node_is_current(const struct content_node *node);

/// Fills `node` with a file that lies inside the open regular file `taken_fd` (closed on failure) in `count`
/// pieces, which follow each other: size is their sum, time and etag come from the outer file and the place
/// in it. Pieces must not lie behind the end of the outer file: STATUS_MALFORMED. Fails as
/// content_node_set_file, too.
MUST_USE enum status content_node_set_extents(struct content_node *node, int taken_fd,
                                              const struct content_extent *extents, size_t count);

/// The MIME type for a path, by its ending ("application/efi" for .efi as EDK2 insists);
/// "application/octet-stream" otherwise.
const char *content_type_find(const char *path);
