// SPDX-License-Identifier: GPL-3.0-or-later
// A flow is one conversation with one client's address and port: a read, an upload, a member of a multicast
// group. The engine's threads bring it packets and time and carry away what it sends; the kinds know what
// to do. All of this belongs to one engine thread; nothing here may be called from another.
#pragma once

#include "service/tftp_engine.h"

struct tftp_flow;
struct tftp_client_record;
struct tftp_file;
struct tftp_queue;

struct tftp_flow_kind {
    const char *name;
    /// A packet of the client came, by the flow's own port. It may end the flow.
    void (*packet)(struct tftp_flow *flow, const struct tftp_packet *packet, int64_t now_us);
    /// The instant asked for by tftp_flow_wake_at came. It may end the flow.
    void (*wake)(struct tftp_flow *flow, int64_t now_us);
    /// The client's port is closed (ICMP). It may end the flow. NULL = nothing to do.
    void (*closed)(struct tftp_flow *flow, int64_t now_us);
    /// The client's request came again. NULL = nothing to do, what the flow sends by itself is its answer.
    void (*repeated)(struct tftp_flow *flow, int64_t now_us);
    /// As tftp_read_silent_block_bytes. NULL = never.
    uint16_t (*silent_block_bytes)(const struct tftp_flow *flow, int64_t now_us);
    /// The flow ends with `flow->end.outcome`: fills in sent, size and resent_blocks of `flow->end`, and
    /// gives back what the kind holds; the engine frees the flow itself.
    void (*release)(struct tftp_flow *flow);
};

struct tftp_flow { // first member of a kind's own struct
    const struct tftp_flow_kind *kind;
    struct tftp_thread *thread;
    struct tftp_port *port; // it talks by
    struct transfer_end end;
    struct tftp_options asked;
    enum tftp_mode mode;
    uint32_t mtu;
    int64_t started_us;
    // kept up by the kind, so that the engine can tell who is gone:
    bool has_heard;      // the client answered at least once
    int64_t progress_us; // when the client last moved on
    // of blocks on their way:
    struct tftp_file *file;            // of a flow that sends blocks; or NULL
    const struct tftp_read *blocks_of; // their size and numbers; lives as long as the flow
    struct ip blocks_to;               // their receiver: the client or a group
    uint16_t blocks_to_port;
    unsigned sending;       // counts what the conversation sent: only the last of it may still have to wait
    uint64_t waiting_first; // blocks that could not leave yet
    unsigned waiting_count; // 0 = none
    // the engine's own
    bool has_failed;        // its file cannot be read any more
    bool is_ended;          // freed when the thread is through with this batch
    int64_t wake_us;        // INT64_MAX = not asked for
    int64_t heap_us;        // under which it stands in the heap
    uint32_t heap_position; // UINT32_MAX = not in the heap
    struct tftp_client_record *client;
    struct tftp_flow *client_next;
    struct tftp_flow *client_previous;
    struct tftp_queue *queue; // of flows whose blocks wait; NULL = in none
    struct tftp_flow *queue_next;
    struct tftp_flow *queue_previous;
    struct tftp_flow *ended_next;
};

/// Puts a new flow to work: `flow` was allocated by its kind (heap_new, its own struct), `question` says who
/// asked for what (end, mode, options, mtu, port). From now on packets and wakes reach it, and the engine
/// frees it.
void tftp_flow_begin(struct tftp_flow *flow, const struct tftp_flow_kind *kind,
                     const struct tftp_question *question, int64_t now_us);

/// Sends `bytes` bytes (copied, at most one MTU) to the client with the next batch.
void tftp_flow_send(struct tftp_flow *flow, const void *data, size_t bytes);

/// Sends an ERROR to the client.
void tftp_flow_send_error(struct tftp_flow *flow, enum tftp_error error, const char *text);

/// Sends blocks first .. first+count-1 of `flow->file` to the client, numbered and sized as
/// `flow->blocks_of` says, when the socket and the rate limits let them go. Those that wait are replaced by
/// the next call.
void tftp_flow_send_blocks(struct tftp_flow *flow, uint64_t first, unsigned count);

/// As tftp_flow_send_blocks, to another address and port: a group's.
void tftp_flow_send_blocks_to(struct tftp_flow *flow, uint64_t first, unsigned count, struct ip to,
                              uint16_t to_port);

/// Whether blocks still wait for the socket or the rate: then nothing was lost yet, and a timer that runs
/// out says nothing about the client.
bool tftp_flow_is_waiting(const struct tftp_flow *flow);

/// Calls `wake` at `at_us`, once; replaces the last call. It comes up to 5 ms late.
void tftp_flow_wake_at(struct tftp_flow *flow, int64_t at_us);

/// Ends it: `release` is called, `ended` in the loop thread. The flow lives until the batch is through, but
/// must not be used any more.
void tftp_flow_end(struct tftp_flow *flow, enum transfer_outcome outcome);

// The kinds. Each starts one conversation for a question that was answered OK, takes over node or upload (and
// empties it), and sends its first packet. STATUS_FULL: no descriptor or memory; the engine tells the client
// nothing, so that it asks again.

/// A read to one client.
MUST_USE enum status tftp_flow_read_start(struct tftp_question *question, int64_t now_us);

/// An upload.
MUST_USE enum status tftp_flow_write_start(struct tftp_question *question, int64_t now_us);

/// A member of a multicast group; always called in the thread 0. STATUS_CONFLICT: not to be had as multicast,
/// the engine starts a read instead.
MUST_USE enum status tftp_group_join(struct tftp_question *question, int64_t now_us);

/// The file behind `node`, shared with all other flows of the thread that send the same one; `node` is
/// emptied. STATUS_IO when it cannot be. Yours; tftp_file_drop gives it back.
struct tftp_file *tftp_file_take(struct tftp_thread *thread, struct content_node *node);

/// Gives the flow's share back; NULL is allowed.
void tftp_file_drop(struct tftp_file *file);

/// How many bytes it had when it was opened.
uint64_t tftp_file_bytes(const struct tftp_file *file);

/// What is kept for multicast groups in this thread; begins as NULL, freed with heap_free when the engine
/// stops.
void **tftp_thread_groups(struct tftp_thread *thread);

/// The limits in force.
const struct tftp_policy *tftp_thread_policy(const struct tftp_thread *thread);
