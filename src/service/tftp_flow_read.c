// SPDX-License-Identifier: GPL-3.0-or-later
// The flow that reads are made of: session/tftp decides, the engine's batch carries.
#include "io/heap.h"
#include "service/tftp_netascii.h"
#include "service/tftp_thread.h"

#define ASKED_AGAIN_MOST     2           // so often in vain: our answers do not reach it
#define CLOSED_MOST          3           // "port unreachable" so often: the client is gone, or never asked
#define WAITING_US           100000      // to look again when our own socket or rate was what held us up
#define NETASCII_TOTAL_BYTES (64u << 20) // of all converted files under way

struct read_flow {
    struct tftp_flow flow;
    struct tftp_read read;
    uint64_t blocks_sent;    // repeats count
    uint64_t netascii_bytes; // of its converted text
    unsigned closed;         // how often its port was
    unsigned asked_again;    // the same request came once more
    bool is_stall_told;
};

static struct read_flow *read_of(struct tftp_flow *flow)
{
    return (struct read_flow *)flow; // its first member
}

static void send_oack(struct read_flow *reader)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count = tftp_read_encode_oack(&reader->read, bytes, sizeof bytes);
    tftp_flow_send(&reader->flow, bytes, count);
}

// Before the last block leaves it is certain that all blocks were of the same file. Whoever gets half of one
// and half of another must not believe that it is whole.
static void send_blocks(struct read_flow *reader, uint64_t first, unsigned count)
{
    struct tftp_flow *flow = &reader->flow;
    if (first + count > reader->read.block_count && !tftp_file_is_unchanged(flow->file)) {
        tftp_flow_send_error(flow, TFTP_ERROR_NOT_DEFINED, "The file was changed while it was sent");
        tftp_flow_end(flow, TRANSFER_FAILED);
        return;
    }
    reader->blocks_sent += count;
    tftp_flow_send_blocks(flow, first, count);
}

static void finish(struct read_flow *reader, enum tftp_outcome outcome)
{
    static const enum transfer_outcome OUTCOMES[] = {
        [TFTP_OUTCOME_DONE] = TRANSFER_DONE,
        [TFTP_OUTCOME_PROBED] = TRANSFER_PROBED,
        [TFTP_OUTCOME_ABORTED] = TRANSFER_ABORTED,
        [TFTP_OUTCOME_TIMEOUT] = TRANSFER_TIMEOUT,
    };
    tftp_flow_end(&reader->flow, OUTCOMES[outcome]);
}

// When to look again: when the session wants to, or when it is time to say that the client is silent.
static int64_t wake_us(const struct read_flow *reader)
{
    int64_t stall_us = reader->read.progress_us + TRANSFER_STALL_US;
    return !reader->is_stall_told && stall_us < reader->read.wake_us ? stall_us : reader->read.wake_us;
}

static void act(struct read_flow *reader, const struct tftp_action *action)
{
    switch (action->kind) {
    case TFTP_ACTION_SEND_OACK:
        send_oack(reader);
        return;
    case TFTP_ACTION_SEND_BLOCKS:
        send_blocks(reader, action->first, action->count);
        return;
    case TFTP_ACTION_WAKE_AT:
        tftp_flow_wake_at(&reader->flow, wake_us(reader));
        return;
    case TFTP_ACTION_FINISHED:
        finish(reader, action->outcome);
        return;
    }
}

static void step(struct read_flow *reader, const struct tftp_event *event)
{
    struct tftp_action actions[TFTP_ACTIONS_MOST];
    unsigned count = tftp_read_step(&reader->read, event, actions);
    for (unsigned i = 0; i < count && !reader->flow.is_ended; i++) {
        act(reader, &actions[i]);
    }
    reader->flow.has_heard = reader->read.has_heard;
    reader->flow.progress_us = reader->read.progress_us;
}

static void take_packet(struct tftp_flow *flow, const struct tftp_packet *packet, int64_t now_us)
{
    struct read_flow *reader = read_of(flow);
    if (packet->operation == TFTP_ACK) {
        step(reader, &(struct tftp_event){.kind = TFTP_EVENT_ACK,
                                          .now_us = now_us,
                                          .block = packet->block,
                                          .window = packet->ack_window});
    } else if (packet->operation == TFTP_ERROR) {
        step(reader, &(struct tftp_event){.kind = TFTP_EVENT_ERROR, .now_us = now_us, .code = packet->error});
    }
}

static void fill_end(const struct read_flow *reader, struct transfer_end *end)
{
    const struct tftp_read *read = &reader->read;
    bool is_whole = read->acked == read->block_count || end->outcome == TRANSFER_DONE;
    end->size = read->size_bytes;
    end->sent = is_whole ? end->size : read->acked * read->block_bytes;
    uint64_t again = reader->blocks_sent > read->sent ? reader->blocks_sent - read->sent : 0;
    end->resent_blocks = again > UINT32_MAX ? UINT32_MAX : (uint32_t)again;
    end->is_unheard = !read->has_heard;
    end->requests = reader->asked_again + 1;
}

// Somebody may want to know long before the transfer is given up. Not of a last block: many never acknowledge
// that.
static void tell_stall(struct read_flow *reader, int64_t now_us)
{
    const struct tftp_flow *flow = &reader->flow;
    reader->is_stall_told = true;
    if (reader->read.has_heard && reader->read.sent == reader->read.block_count) {
        return;
    }
    struct transfer_end end = flow->end;
    end.outcome = TRANSFER_TIMEOUT;
    end.duration_us = (uint64_t)(now_us - flow->started_us);
    fill_end(reader, &end);
    tftp_engine_tell_stall(flow->thread->engine, &end);
}

static void wake(struct tftp_flow *flow, int64_t now_us)
{
    if (tftp_flow_is_waiting(flow)) { // its blocks did not leave yet, so the client can have said nothing
        tftp_flow_wake_at(flow, now_us + WAITING_US);
        return;
    }
    struct read_flow *reader = read_of(flow);
    if (!reader->is_stall_told && now_us - reader->read.progress_us >= TRANSFER_STALL_US) {
        tell_stall(reader, now_us);
    }
    if (now_us < reader->read.wake_us) {
        tftp_flow_wake_at(flow, reader->read.wake_us);
        return;
    }
    step(reader, &(struct tftp_event){.kind = TFTP_EVENT_WAKE, .now_us = now_us});
}

// It did not hear our answer, or not soon enough.
static void repeated(struct tftp_flow *flow, int64_t now_us)
{
    struct read_flow *reader = read_of(flow);
    reader->asked_again++;
    if (!reader->read.has_heard && reader->asked_again >= ASKED_AGAIN_MOST && !reader->is_stall_told) {
        tell_stall(reader, now_us);
    }
}

static void port_closed(struct tftp_flow *flow, int64_t now_us)
{
    (void)now_us;
    struct read_flow *reader = read_of(flow);
    if (++reader->closed < CLOSED_MOST) {
        return;
    }
    // Some clients close their port instead of acknowledging the last block.
    const struct tftp_read *read = &reader->read;
    bool is_all_sent = read->has_heard && read->sent == read->block_count;
    tftp_flow_end(flow, is_all_sent ? TRANSFER_DONE : TRANSFER_ABORTED);
}

static uint16_t silent_block_bytes(const struct tftp_flow *flow, int64_t now_us)
{
    return tftp_read_silent_block_bytes(&((const struct read_flow *)flow)->read, now_us);
}

static void release(struct tftp_flow *flow)
{
    struct read_flow *reader = read_of(flow);
    fill_end(reader, &flow->end);
    atomic_fetch_sub(&flow->thread->engine->netascii_bytes, reader->netascii_bytes);
}

// netascii: the whole text is converted when its transfer begins. STATUS_FULL: too many are under way.
static enum status convert(struct tftp_engine *engine, struct content_node *node, uint64_t *held_bytes)
{
    uint64_t reserved = node->size * 2; // a text of nothing but line ends
    *held_bytes = 0;
    if (atomic_fetch_add(&engine->netascii_bytes, reserved) + reserved > NETASCII_TOTAL_BYTES) {
        atomic_fetch_sub(&engine->netascii_bytes, reserved);
        return STATUS_FULL;
    }
    enum status status = tftp_netascii_convert(node, (size_t)reserved);
    *held_bytes = status == STATUS_OK ? node->size : 0;
    atomic_fetch_sub(&engine->netascii_bytes, reserved - *held_bytes);
    return status;
}

// The size of a text differs between machines, so a netascii transfer does not tell it.
static void leave_out_size(struct tftp_limits *limits)
{
    limits->refused = (uint16_t)(limits->refused | 1u << TFTP_OPTION_TSIZE);
}

enum status tftp_flow_read_start(struct tftp_question *question, int64_t now_us)
{
    static const struct tftp_flow_kind KIND = {.name = "read",
                                               .packet = take_packet,
                                               .wake = wake,
                                               .closed = port_closed,
                                               .repeated = repeated,
                                               .silent_block_bytes = silent_block_bytes,
                                               .release = release};
    struct tftp_thread *thread = question->thread;
    struct tftp_limits limits = question->answer.limits;
    uint64_t netascii_bytes = 0;
    if (question->mode == TFTP_MODE_NETASCII) {
        enum status status = convert(thread->engine, &question->answer.node, &netascii_bytes);
        if (status != STATUS_OK) {
            content_node_close(&question->answer.node);
            return status;
        }
        leave_out_size(&limits);
    }
    struct tftp_file *file = tftp_file_take(thread, &question->answer.node);
    if (file == NULL) {
        return STATUS_IO;
    }
    struct read_flow *reader = heap_new(sizeof *reader);
    reader->netascii_bytes = netascii_bytes;
    tftp_read_init(&reader->read, &question->options, tftp_file_bytes(file), &limits);
    tftp_flow_begin(&reader->flow, &KIND, question, now_us);
    reader->flow.file = file;
    reader->flow.blocks_of = &reader->read;
    reader->flow.end.is_netascii = question->mode == TFTP_MODE_NETASCII;
    reader->flow.end.block_bytes = reader->read.block_bytes;
    reader->flow.end.window_blocks = reader->read.window;
    step(reader, &(struct tftp_event){.kind = TFTP_EVENT_START, .now_us = now_us});
    return STATUS_OK;
}
