// SPDX-License-Identifier: GPL-3.0-or-later
// What the name in a TFTP request means (docs/decisions/0051). First the map file has its say. Then what the
// client was given before: whoever loaded xp/startrom.0 from here asks for "NTLDR" and "winnt.sif" and means
// those in xp. So unpatched loaders of many systems live side by side, and the signed loaders of many
// distributions with their grubx64.efi, grub.cfg and revocations.efi.
//
// The *entry* of an address is the folder of the loader that it was last served from the administrator's root
// or from an image. A packaged loader, a configuration for its order and a new boot clear it. Addresses are
// remembered for an hour, TFTP_NAMES_CLIENTS_MOST of them at most.
//
// For the loop thread alone.
#pragma once

#include "base/problem.h"
#include "io/log.h"
#include "service/transfer.h"

#define TFTP_NAMES_CLIENTS_MOST 4096
#define TFTP_NAMES_CLIENT_S     3600

struct tftp_names;

struct tftp_names_options {
    const struct content *content; // must outlive the names
    const char *root; // the administrator's folder, absolute, copied: names may begin with it; NULL = none
    struct log *log;  // may be NULL
    int64_t (*now_ms)(void); // monotonic; NULL = loop_now_ms
};

/// Without a map file. Yours; tftp_names_free gives it back.
struct tftp_names *tftp_names_new(const struct tftp_names_options *options);

/// Frees it; NULL is allowed.
void tftp_names_free(struct tftp_names *names);

/// Reads the map file at `path` ("" = none from now on). When it is wrong, the rules that were there stay,
/// and `problem` says what and where.
MUST_USE enum status tftp_names_load(struct tftp_names *names, const char *path, struct problem *problem);

/// Finds and opens what `end->client` means by `name` (`length` bytes, hostile). `end` must have client,
/// client_port, server and interface_index. `waiter` may be NULL; else its `keeps` must be set. STATUS_OK
/// with
/// `*node` yours. Otherwise as content_open; STATUS_DENIED also when the map file refuses the name:
/// `end->why` then has the text for the client, or "". Fills `end->reasons`, and when nothing was found
/// `end->tried` and `end->nearest`.
MUST_USE enum status tftp_names_open(struct tftp_names *names, struct transfer_end *end, const char *name,
                                     size_t length, struct content_waiter *waiter, struct content_node *node);

/// What the map file makes of the name of a file that `end->client` wants to write, not canonical yet.
/// STATUS_OK, or STATUS_DENIED as above.
MUST_USE enum status tftp_names_map_put(struct tftp_names *names, struct transfer_end *end, const char *name,
                                        size_t length, char out[CONTENT_PATH_BYTES]);

/// A new boot begins at this address, or it belongs to somebody else now: what it was given before says
/// nothing.
void tftp_names_forget(struct tftp_names *names, struct ip address);

/// The entry of an address, for tests and status: "" when it has none.
const char *tftp_names_entry(struct tftp_names *names, struct ip address);
