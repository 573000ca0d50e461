// SPDX-License-Identifier: GPL-3.0-or-later
// What all flows have in common: their life, their timer, their blocks that wait. The heap of timers is lazy:
// an ACK only notes the later instant, and the flow moves when the earlier one is reached.
#include "service/tftp_flow.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/tftp_thread.h"

#include <string.h>

#define NOWHERE         UINT32_MAX
#define HEAP_FIRST      64
#define PACED_BLOCKS    8 // of one flow before the next one has its turn
#define RESUMES_MOST    1024
#define UNREADABLE_TEXT "The file cannot be read, or was changed while it was sent"

// The heap.

static void heap_set(struct tftp_thread *thread, uint32_t position, struct tftp_flow *flow)
{
    thread->heap[position] = flow;
    flow->heap_position = position;
}

static void heap_rise(struct tftp_thread *thread, uint32_t position)
{
    struct tftp_flow *flow = thread->heap[position];
    while (position > 0 && thread->heap[(position - 1) / 2]->heap_us > flow->heap_us) {
        heap_set(thread, position, thread->heap[(position - 1) / 2]);
        position = (position - 1) / 2;
    }
    heap_set(thread, position, flow);
}

static void heap_sink(struct tftp_thread *thread, uint32_t position)
{
    struct tftp_flow *flow = thread->heap[position];
    for (;;) {
        uint32_t child = 2 * position + 1;
        if (child >= thread->heap_count) {
            break;
        }
        if (child + 1 < thread->heap_count &&
            thread->heap[child + 1]->heap_us < thread->heap[child]->heap_us) {
            child++;
        }
        if (thread->heap[child]->heap_us >= flow->heap_us) {
            break;
        }
        heap_set(thread, position, thread->heap[child]);
        position = child;
    }
    heap_set(thread, position, flow);
}

static void heap_add(struct tftp_thread *thread, struct tftp_flow *flow)
{
    if (thread->heap_count == thread->heap_capacity) {
        uint32_t capacity = thread->heap_capacity == 0 ? HEAP_FIRST : thread->heap_capacity * 2;
        struct tftp_flow **heap = heap_new_array(capacity, sizeof(struct tftp_flow *));
        if (thread->heap_count != 0) {
            memcpy(heap, thread->heap, thread->heap_count * sizeof(struct tftp_flow *));
        }
        heap_free(thread->heap);
        thread->heap = heap;
        thread->heap_capacity = capacity;
    }
    thread->heap[thread->heap_count] = flow;
    heap_rise(thread, thread->heap_count++);
}

static void heap_remove(struct tftp_thread *thread, struct tftp_flow *flow)
{
    uint32_t position = flow->heap_position;
    if (position == NOWHERE) {
        return;
    }
    flow->heap_position = NOWHERE;
    thread->heap_count--;
    if (position != thread->heap_count) {
        struct tftp_flow *moved = thread->heap[thread->heap_count];
        heap_set(thread, position, moved);
        heap_sink(thread, position);
        heap_rise(thread, moved->heap_position);
    }
}

void tftp_flow_wake_at(struct tftp_flow *flow, int64_t at_us)
{
    if (flow->is_ended) {
        return;
    }
    flow->wake_us = at_us;
    if (flow->heap_position == NOWHERE) {
        flow->heap_us = at_us;
        heap_add(flow->thread, flow);
    } else if (at_us < flow->heap_us) {
        flow->heap_us = at_us;
        heap_rise(flow->thread, flow->heap_position);
    }
}

int64_t tftp_flow_next_us(const struct tftp_thread *thread)
{
    return thread->heap_count == 0 ? INT64_MAX : thread->heap[0]->heap_us;
}

static void wake(struct tftp_flow *flow)
{
    struct tftp_thread *thread = flow->thread;
    heap_remove(thread, flow);
    flow->wake_us = INT64_MAX;
    if (flow->has_failed) {
        tftp_flow_send_error(flow, TFTP_ERROR_NOT_DEFINED, UNREADABLE_TEXT);
        tftp_flow_end(flow, TRANSFER_FAILED);
    } else {
        flow->kind->wake(flow, thread->now_us);
    }
}

void tftp_flow_run_timers(struct tftp_thread *thread)
{
    // Each may be woken once in a turn: one that asks for an instant that is past has to wait for the next.
    for (uint32_t most = thread->heap_count; most > 0 && thread->heap_count > 0; most--) {
        struct tftp_flow *flow = thread->heap[0];
        if (flow->heap_us > thread->now_us) {
            return;
        }
        if (flow->wake_us > thread->now_us) {
            flow->heap_us = flow->wake_us;
            heap_sink(thread, 0);
        } else {
            wake(flow);
        }
    }
}

// Queues of flows with blocks that wait.

static void queue_add(struct tftp_queue *queue, struct tftp_flow *flow)
{
    flow->queue = queue;
    flow->queue_next = NULL;
    flow->queue_previous = queue->last;
    *(queue->last == NULL ? &queue->first : &queue->last->queue_next) = flow;
    queue->last = flow;
}

static void queue_remove(struct tftp_flow *flow)
{
    struct tftp_queue *queue = flow->queue;
    if (queue == NULL) {
        return;
    }
    *(flow->queue_previous == NULL ? &queue->first : &flow->queue_previous->queue_next) = flow->queue_next;
    *(flow->queue_next == NULL ? &queue->last : &flow->queue_next->queue_previous) = flow->queue_previous;
    flow->queue = NULL;
}

// What waits already is the part in front of it or behind it: all of it is what the conversation sent last.
static void wait_in(struct tftp_flow *flow, struct tftp_queue *queue, uint64_t first, unsigned count)
{
    if (flow->waiting_count != 0 && first == flow->waiting_first + flow->waiting_count) {
        flow->waiting_count += count;
    } else if (flow->waiting_count != 0 && first + count == flow->waiting_first) {
        flow->waiting_first = first;
        flow->waiting_count += count;
    } else {
        flow->waiting_first = first;
        flow->waiting_count = count;
    }
    if (flow->queue != queue) {
        queue_remove(flow);
        queue_add(queue, flow);
    }
}

void tftp_flow_wait_for_socket(struct tftp_flow *flow, uint64_t first, unsigned count)
{
    if (!flow->is_ended && count != 0) {
        wait_in(flow, &flow->port->queue, first, count);
    }
}

bool tftp_flow_is_waiting(const struct tftp_flow *flow)
{
    return flow->waiting_count != 0;
}

// How many of `count` blocks may leave now.
static unsigned may_leave(struct tftp_flow *flow, unsigned count)
{
    struct tftp_thread *thread = flow->thread;
    const struct tftp_policy *policy = &thread->policy;
    if (policy->rate_bytes == 0 && policy->rate_client_bytes == 0) {
        return count;
    }
    unsigned may = 0;
    while (may < count && tftp_limiter_may_send(&thread->limiter, flow->client, policy,
                                                flow->blocks_of->block_bytes, thread->now_us)) {
        may++;
    }
    return may;
}

// Sends as many as may leave; the rest waits.
static void send_or_wait(struct tftp_flow *flow, uint64_t first, unsigned count)
{
    if (flow->port->is_blocked) {
        wait_in(flow, &flow->port->queue, first, count);
        return;
    }
    unsigned now = may_leave(flow, count);
    if (now != 0 &&
        tftp_output_add_blocks(flow, first, now, flow->blocks_to, flow->blocks_to_port) != STATUS_OK) {
        flow->has_failed = true;
        tftp_flow_wake_at(flow, 0);
        return;
    }
    if (now < count) {
        wait_in(flow, &flow->thread->paced, first + now, count - now);
    }
}

void tftp_flow_send_blocks_to(struct tftp_flow *flow, uint64_t first, unsigned count, struct ip to,
                              uint16_t to_port)
{
    assert(flow->file != NULL && flow->blocks_of != NULL);
    if (flow->is_ended || count == 0) {
        return;
    }
    flow->waiting_count = 0; // what the conversation says now goes
    flow->sending++;
    queue_remove(flow);
    flow->blocks_to = to;
    flow->blocks_to_port = to_port;
    send_or_wait(flow, first, count);
}

void tftp_flow_send_blocks(struct tftp_flow *flow, uint64_t first, unsigned count)
{
    tftp_flow_send_blocks_to(flow, first, count, flow->end.client, flow->end.client_port);
}

// Takes the flow out of its queue and lets `most` of its blocks try again.
static void resume(struct tftp_flow *flow, unsigned most)
{
    struct tftp_queue *queue = flow->queue;
    uint64_t first = flow->waiting_first;
    unsigned count = flow->waiting_count;
    unsigned now = count < most ? count : most;
    queue_remove(flow);
    flow->waiting_count = 0;
    // The last block may have waited for long since the file was looked at.
    if (first + now > flow->blocks_of->block_count && !tftp_file_is_unchanged(flow->file)) {
        flow->has_failed = true;
        tftp_flow_wake_at(flow, 0);
        return;
    }
    send_or_wait(flow, first, now);
    if (now < count && !flow->has_failed) {
        wait_in(flow, flow->queue != NULL ? flow->queue : queue, first + now, count - now);
    }
}

void tftp_flow_resume_port(struct tftp_thread *thread, struct tftp_port *port)
{
    for (unsigned i = 0; i < RESUMES_MOST && port->queue.first != NULL && !port->is_blocked; i++) {
        resume(port->queue.first, UINT32_MAX);
    }
    if (port->queue.first != NULL) {
        tftp_port_watch(thread, port, true); // the rest has its turn when the socket says so again
    }
}

void tftp_flow_resume_paced(struct tftp_thread *thread)
{
    struct tftp_flow *last = thread->paced.last;
    struct tftp_flow *flow = NULL;
    // The last one may leave the queue meanwhile, when a full socket takes what it has in the batch: so its
    // turn alone would not be a certain end.
    for (uint32_t left = thread->flows.count; left > 0 && thread->paced.first != NULL && flow != last;
         left--) {
        flow = thread->paced.first;
        resume(flow, PACED_BLOCKS);
    }
}

// Sending packets.

void tftp_flow_send(struct tftp_flow *flow, const void *data, size_t bytes)
{
    if (!flow->is_ended) {
        tftp_output_add_packet(flow->thread, flow->port, &flow->end, data, bytes);
    }
}

void tftp_flow_send_error(struct tftp_flow *flow, enum tftp_error error, const char *text)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count;
    if (tftp_encode_error(error, text, bytes, sizeof bytes, &count) == STATUS_OK) {
        tftp_flow_send(flow, bytes, count);
    }
}

// The life of a flow.

void tftp_flow_begin(struct tftp_flow *flow, const struct tftp_flow_kind *kind,
                     const struct tftp_question *question, int64_t now_us)
{
    struct tftp_thread *thread = question->thread;
    flow->kind = kind;
    flow->thread = thread;
    flow->port = question->port;
    flow->end = question->end;
    flow->asked = question->options;
    flow->mode = question->mode;
    flow->mtu = question->mtu;
    flow->started_us = now_us;
    flow->progress_us = now_us;
    flow->wake_us = INT64_MAX;
    flow->heap_position = NOWHERE;
    flow->client = tftp_limiter_get(&thread->limiter, flow->end.client);
    flow->client->live++;
    flow->client_next = flow->client->flows;
    if (flow->client_next != NULL) {
        flow->client_next->client_previous = flow;
    }
    flow->client->flows = flow;
    flow->port->users++;
    tftp_table_put(&thread->flows, tftp_key(flow->end.client, flow->end.client_port), flow);
    atomic_fetch_add_explicit(&thread->engine->live, 1, memory_order_relaxed);
}

uint16_t tftp_flow_silent_block_bytes(const struct tftp_flow *flow)
{
    return flow->kind->silent_block_bytes == NULL
               ? 0
               : flow->kind->silent_block_bytes(flow, flow->thread->now_us);
}

static void remember_silence(struct tftp_flow *flow)
{
    struct tftp_client_record *record = flow->client;
    uint16_t bytes = tftp_flow_silent_block_bytes(flow);
    if (bytes != 0) {
        record->silent_block_bytes = bytes;
        record->silent_name = tftp_intake_hash(flow->end.asked);
        record->silent_us = flow->thread->now_us;
    }
}

void tftp_flow_end(struct tftp_flow *flow, enum transfer_outcome outcome)
{
    struct tftp_thread *thread = flow->thread;
    if (flow->is_ended) {
        return;
    }
    flow->is_ended = true;
    flow->end.outcome = outcome;
    remember_silence(flow);
    heap_remove(thread, flow);
    queue_remove(flow);
    flow->waiting_count = 0;
    *(flow->client_previous == NULL ? &flow->client->flows : &flow->client_previous->client_next) =
        flow->client_next;
    if (flow->client_next != NULL) {
        flow->client_next->client_previous = flow->client_previous;
    }
    flow->client->live--;
    (void)tftp_table_remove(&thread->flows, tftp_key(flow->end.client, flow->end.client_port));
    flow->ended_next = thread->ended;
    thread->ended = flow;
}

void tftp_flow_reap(struct tftp_thread *thread)
{
    while (thread->ended != NULL) {
        struct tftp_flow *flow = thread->ended;
        thread->ended = flow->ended_next;
        flow->kind->release(flow);
        tftp_file_drop(flow->file); // only now: what was queued may still have pointed into it
        int64_t duration_us = thread->now_us - flow->started_us;
        flow->end.duration_us = duration_us > 0 ? (uint64_t)duration_us : 0;
        flow->port->users--;
        flow->port->used_us = thread->now_us;
        atomic_fetch_sub_explicit(&thread->engine->live, 1, memory_order_relaxed);
        tftp_engine_tell_end(thread->engine, &flow->end);
        heap_free(flow);
    }
}

void **tftp_thread_groups(struct tftp_thread *thread)
{
    return &thread->groups;
}

const struct tftp_policy *tftp_thread_policy(const struct tftp_thread *thread)
{
    return &thread->policy;
}
