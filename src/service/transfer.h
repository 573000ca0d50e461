// SPDX-License-Identifier: GPL-3.0-or-later
// What a file service tells when a transfer is over, whichever protocol carried it: the log, the timeline and
// the order that the file belongs to all follow from this one value.
#pragma once

#include "base/text.h"
#include "content/content.h"

#define TRANSFER_WHY_BYTES 96
#define TRANSFER_STALL_US  7000000 // longer than the 5 s after which clients that lost a packet speak again

enum transfer_protocol { TRANSFER_TFTP, TRANSFER_HTTP, TRANSFER_FTP };

enum transfer_outcome {
    TRANSFER_DONE,      // all that was asked was sent (TFTP: and acknowledged)
    TRANSFER_PROBED,    // the client only asked for the size (TFTP size probe, HTTP HEAD) or has it already
                        // (304)
    TRANSFER_ABORTED,   // the client ended it
    TRANSFER_TIMEOUT,   // the client stopped answering
    TRANSFER_NOT_FOUND, // no such file
    TRANSFER_REFUSED,   // not allowed: outside the tree, not theirs, a write that may not be
    TRANSFER_FAILED,    // we could not: a read error, out of descriptors, too many transfers
    TRANSFER_OUTCOME_COUNT
};

struct transfer_end {
    enum transfer_protocol protocol;
    enum transfer_outcome outcome;
    char asked[CONTENT_PATH_BYTES];  // the path as the client wrote it, cut, NUL-terminated, NOT escaped
    char served[CONTENT_PATH_BYTES]; // canonical, as it was found; "" when nothing was
    struct ip client;
    uint16_t client_port;
    struct ip server;
    uint32_t interface_index; // 0 = not known
    uint64_t size;            // bytes of the whole file
    uint64_t offset;          // where this transfer began (HTTP range)
    uint64_t sent;            // bytes that went out (a write: came in), counted once
    uint64_t duration_us;
    // what was agreed, TFTP
    bool is_write;          // the client sent the file
    bool is_netascii;       // line ends were converted
    bool is_multicast;      // together with others
    uint16_t block_bytes;   // 0 = it came to no agreement
    uint16_t window_blocks; // 0 as 1
    bool is_unheard;        // the client never answered our first packet
    uint32_t requests;      // how often it sent the same request; 0 as 1
    uint32_t resent_blocks; // sent more than once: lost on the way, as far as one can tell
    // what was looked for when nothing was found
    char tried[CONTENT_PATH_BYTES];   // the names, ", " between, as they were looked for, NOT escaped; "" =
                                      // only the one asked for
    char nearest[CONTENT_PATH_BYTES]; // a name that is there and was perhaps meant, NOT escaped; ""
    char why[TRANSFER_WHY_BYTES];     // what the client was told when it was refused, NOT escaped; ""
    enum content_part part;
    uint64_t machine_id; // 0 = none
    uint64_t order_id;   // 0 = none
    struct reasons reasons;
};

struct transfer_hooks {
    void (*ended)(void *context, const struct transfer_end *end); // in the loop; `end` lives until it returns
    // A client said nothing for TRANSFER_STALL_US in the middle: `end` is as if that were the end, which
    // comes all the same, later. In the loop; may be NULL.
    void (*stalled)(void *context, const struct transfer_end *end);
    void *context;
};

struct transfer_stats {
    uint32_t live;    // under way now
    uint64_t started; // since the start; refused ones too
    uint64_t done;
    uint64_t probed;
    uint64_t not_found;
    uint64_t refused;
    uint64_t failed;  // aborted, timed out or failed
    uint64_t dropped; // requests that were not answered, since there were too many
    uint64_t sent_bytes;
};

/// Whether the client has the whole file now: this transfer reached its last byte and all it asked was sent.
/// A range up to the end counts: it is how a broken download is resumed.
static inline bool transfer_is_whole(const struct transfer_end *end)
{
    return end->outcome == TRANSFER_DONE && end->offset + end->sent == end->size;
}

/// "done", "probed", "aborted", "timeout", "not found", "refused" or "failed".
const char *transfer_outcome_text(enum transfer_outcome outcome);

/// Prints what happened as the rest of a sentence that begins with the client's name, safe for a terminal:
/// `fetched debian/linux (8123456 bytes by TFTP, 140 ms, blocks of 1468, windows of 4, 3 lost)`.
void transfer_print(const struct transfer_end *end, struct text *text);

/// Adds the reason that follows from the outcome alone: done, probed, aborted, timed out.
void transfer_add_reason(struct transfer_end *end);

/// Counts an ended transfer.
void transfer_stats_add(struct transfer_stats *stats, const struct transfer_end *end);
