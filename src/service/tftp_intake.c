// SPDX-License-Identifier: GPL-3.0-or-later
// Requests: which are looked at, what is asked of the loop thread, and what follows from its answer. Whoever
// asks too often is met with silence, and that costs next to nothing.
#include "base/hash.h"
#include "base/text.h"
#include "content/content.h"
#include "content/upload.h"
#include "io/heap.h"
#include "service/tftp_group.h"
#include "service/tftp_thread.h"

#include <string.h>

#define SILENT_US         1000000  // a client that said nothing for so long may have gone away
#define SILENT_MEMORY_US  60000000 // its next try comes within that
#define ROOM_EVERY_US     10000    // looking for somebody silent costs time
#define ROOM_AT_ONCE      64       // so many leave when it was looked for
#define DROPPED_EVERY_US  10000000
#define MODE_REFUSED_TEXT "only octet and netascii are served"

uint64_t tftp_intake_hash(const char *name)
{
    return hash_bytes((struct hash_key){0x7466747030303031, 0x6e616d65}, name, strlen(name));
}

// Not answered.

static void drop(struct tftp_thread *thread, struct ip client)
{
    thread->dropped++;
    thread->dropped_client = client;
}

void tftp_intake_tell_dropped(struct tftp_thread *thread, bool is_last)
{
    bool is_due = is_last || thread->dropped_told_us == 0 ||
                  thread->now_us - thread->dropped_told_us >= DROPPED_EVERY_US;
    if (thread->dropped == 0 || !is_due) {
        return;
    }
    tftp_engine_tell_dropped(thread->engine, thread->dropped, thread->dropped_client);
    thread->dropped = 0;
    thread->dropped_told_us = thread->now_us;
}

// Answered with an ERROR.

static void refuse(struct tftp_thread *thread, struct tftp_port *port, const struct transfer_end *end,
                   enum tftp_error error, const char *text)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count;
    struct tftp_client_record *record = tftp_limiter_get(&thread->limiter, end->client);
    struct tftp_port *from = tftp_port_pick(thread, port, end, record);
    if (from != NULL && tftp_encode_error(error, text, bytes, sizeof bytes, &count) == STATUS_OK) {
        tftp_output_add_packet(thread, from, end, bytes, count);
    }
    tftp_engine_tell_end(thread->engine, end);
}

// Repeats.

static bool is_same_request(const struct tftp_options *a, enum tftp_mode a_mode, const char *a_name,
                            const struct tftp_packet *request)
{
    const struct tftp_options *b = &request->options;
    if (a_mode != request->mode || strcmp(a_name, request->name) != 0 || a->count != b->count) {
        return false;
    }
    for (unsigned i = 0; i < a->count; i++) {
        if (a->order[i] != b->order[i] || a->value[a->order[i]] != b->value[b->order[i]]) {
            return false;
        }
    }
    return true;
}

static void tell_repeat(struct tftp_flow *flow)
{
    if (flow->kind->repeated != NULL) {
        flow->kind->repeated(flow, flow->thread->now_us);
    }
}

// A client has one conversation per port: the same request again is a repeat, another one means that it gave
// the first up. One that came far and then fell silent may be a machine that was switched off and asks again
// from the same port.
static bool is_repeat(struct tftp_thread *thread, const struct tftp_port *port,
                      const struct transfer_end *from, const struct tftp_packet *request)
{
    uint64_t key = tftp_key(from->client, from->client_port);
    struct tftp_flow *flow = tftp_table_find(&thread->flows, key);
    // Its last ACK, sent before this request, may wait there. Not at a listener (single-port mode): what is
    // read from that takes the place of the requests at hand.
    if (flow != NULL && flow->port != port && !flow->port->is_listener) {
        tftp_port_receive(thread, flow->port);
        flow = tftp_table_find(&thread->flows, key);
    }
    if (flow != NULL) {
        bool is_silent = flow->has_heard && thread->now_us - flow->progress_us > SILENT_US;
        if (!is_silent && is_same_request(&flow->asked, flow->mode, flow->end.asked, request)) {
            tell_repeat(flow);
            return true;
        }
        tftp_flow_end(flow, tftp_flow_silent_block_bytes(flow) != 0 ? TRANSFER_TIMEOUT : TRANSFER_ABORTED);
    }
    struct tftp_question *question = tftp_table_find(&thread->asked, key);
    if (question == NULL) {
        return false;
    }
    if (is_same_request(&question->options, question->mode, question->end.asked, request)) {
        return true;
    }
    question->is_stale = true;
    (void)tftp_table_remove(&thread->asked, key);
    return false;
}

// Room.

// Who was silent longest of this client, more than a second at least.
static struct tftp_flow *find_silent(struct tftp_thread *thread, const struct tftp_client_record *record)
{
    struct tftp_flow *found = NULL;
    int64_t since_us = thread->now_us - SILENT_US;
    for (struct tftp_flow *flow = record->flows; flow != NULL; flow = flow->client_next) {
        if (flow->progress_us < since_us) {
            found = flow;
            since_us = flow->progress_us;
        }
    }
    return found;
}

// Ends some, or some uploads, that never answered at all: somebody may have asked in their name. Several at
// once, since looking through thousands of transfers for each request would cost more than it costs to ask.
static bool end_unheard(struct tftp_thread *thread, bool only_uploads)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < thread->flows.capacity && count < ROOM_AT_ONCE; i++) {
        struct tftp_flow *flow = thread->flows.slots[i].value;
        bool is_meant = flow != NULL && !flow->has_heard && (flow->end.is_write || !only_uploads);
        if (is_meant && thread->now_us - flow->progress_us > SILENT_US) {
            tftp_flow_end(flow, TRANSFER_TIMEOUT);
            count++;
            i--; // another one may have moved up into its place
        }
    }
    return count != 0;
}

static bool make_room(struct tftp_thread *thread, struct tftp_client_record *record, int64_t *last_us)
{
    if (thread->now_us - *last_us < ROOM_EVERY_US) {
        return false;
    }
    struct tftp_flow *silent = record == NULL ? NULL : find_silent(thread, record);
    if (silent != NULL) {
        tftp_flow_end(silent, TRANSFER_TIMEOUT);
        return true;
    }
    if (record == NULL && end_unheard(thread, false)) {
        return true;
    }
    *last_us = thread->now_us;
    return false;
}

static bool is_room(struct tftp_thread *thread, struct tftp_client_record *record)
{
    const struct tftp_policy *policy = &thread->policy;
    if (thread->asked.count >= TFTP_ASKED_MOST) {
        return false;
    }
    if (record->live + record->asked >= policy->per_client_most &&
        !make_room(thread, record, &record->room_us)) {
        return false;
    }
    return thread->flows.count + thread->asked.count < policy->transfers_most ||
           make_room(thread, NULL, &thread->room_us);
}

// An upload holds descriptors from its request on.
static bool is_room_for_upload(struct tftp_thread *thread)
{
    if (thread->uploads >= TFTP_UPLOADS_MOST) {
        return false;
    }
    if (thread->uploads_unheard < TFTP_UNHEARD_MOST) {
        return true;
    }
    if (thread->now_us - thread->upload_room_us >= ROOM_EVERY_US && end_unheard(thread, true)) {
        return true;
    }
    thread->upload_room_us = thread->now_us;
    return false;
}

// The client's last try of this file stopped behind its first block: it still waits under another port, or
// gave up a moment ago.
static uint16_t find_silence(struct tftp_thread *thread, struct tftp_client_record *record, const char *name)
{
    for (struct tftp_flow *flow = record->flows; flow != NULL; flow = flow->client_next) {
        uint16_t bytes = tftp_flow_silent_block_bytes(flow);
        if (bytes != 0 && strcmp(flow->end.asked, name) == 0) {
            tftp_flow_end(flow, TRANSFER_TIMEOUT);
            record->silent_block_bytes = 0;
            return bytes;
        }
    }
    bool is_fresh = record->silent_block_bytes != 0 && record != &thread->limiter.overflow &&
                    thread->now_us - record->silent_us < SILENT_MEMORY_US &&
                    record->silent_name == tftp_intake_hash(name);
    uint16_t bytes = is_fresh ? record->silent_block_bytes : 0;
    record->silent_block_bytes = is_fresh ? 0 : record->silent_block_bytes;
    return bytes;
}

// Questions.

static void count_upload(struct tftp_question *question, int more)
{
    if (question->is_write) {
        question->thread->uploads += (unsigned)more;
        question->thread->uploads_unheard += (unsigned)more;
    }
}

static void ask(struct tftp_thread *thread, struct tftp_port *port, struct tftp_client_record *record,
                const struct transfer_end *end, const struct tftp_packet *request,
                uint16_t silent_block_bytes)
{
    struct tftp_question *question = heap_new(sizeof *question);
    question->engine = thread->engine;
    question->end = *end;
    question->is_write = request->operation == TFTP_WRITE_REQUEST;
    question->mode = request->mode;
    question->options = request->options;
    question->mtu = port->mtu;
    question->silent_block_bytes = silent_block_bytes;
    content_node_init(&question->answer.node);
    question->answer.status = STATUS_IO;
    question->thread = thread;
    question->port = port;
    question->client = record;
    record->asked++;
    count_upload(question, 1);
    tftp_table_put(&thread->asked, tftp_key(end->client, end->client_port), question);
    tftp_engine_ask(question);
}

void tftp_intake_request(struct tftp_thread *thread, struct tftp_port *port, const struct transfer_end *from,
                         const struct tftp_packet *request)
{
    struct tftp_client_record *record = tftp_limiter_get(&thread->limiter, from->client);
    if (!tftp_limiter_may_ask(&thread->limiter, record, &thread->policy, thread->now_us)) {
        drop(thread, from->client);
        return;
    }
    if (is_repeat(thread, port, from, request)) {
        return;
    }
    struct transfer_end end = *from;
    (void)text_copy(end.asked, sizeof end.asked, request->name);
    end.is_write = request->operation == TFTP_WRITE_REQUEST;
    end.is_netascii = request->mode == TFTP_MODE_NETASCII;
    if (request->mode != TFTP_MODE_OCTET && request->mode != TFTP_MODE_NETASCII) {
        // All other answers wait for the loop thread, so it can keep up; this one must not flood it.
        if (atomic_load_explicit(&thread->engine->told, memory_order_relaxed) >= TFTP_ASKED_MOST) {
            drop(thread, from->client);
            return;
        }
        end.outcome = TRANSFER_REFUSED;
        (void)text_copy(end.why, sizeof end.why, MODE_REFUSED_TEXT);
        refuse(thread, port, &end, TFTP_ERROR_ILLEGAL_OPERATION, MODE_REFUSED_TEXT);
        return;
    }
    uint16_t silent = find_silence(thread, record, request->name);
    if (!is_room(thread, record) || (end.is_write && !is_room_for_upload(thread))) {
        drop(thread, from->client);
        return;
    }
    ask(thread, port, record, &end, request, silent);
}

// Answers.

static void forget(struct tftp_question *taken_question)
{
    count_upload(taken_question, -1); // a flow that came of it counts for itself
    content_node_close(&taken_question->answer.node);
    upload_free(taken_question->answer.upload);
    heap_free(taken_question);
}

static void take_refusal(struct tftp_thread *thread, struct tftp_question *question)
{
    struct tftp_answer *answer = &question->answer;
    if (answer->text == NULL) {
        drop(thread, question->end.client);
        return;
    }
    question->end.outcome = answer->outcome;
    refuse(thread, question->port, &question->end, answer->error, answer->text);
}

static enum status start(struct tftp_question *question)
{
    int64_t now_us = question->thread->now_us;
    enum status status = STATUS_CONFLICT;
    if (question->is_write) {
        return tftp_flow_write_start(question, now_us);
    }
    if (tftp_group_may_join(question)) {
        status = tftp_group_join(question, now_us);
    }
    return status == STATUS_CONFLICT ? tftp_flow_read_start(question, now_us) : status;
}

static void take_consent(struct tftp_thread *thread, struct tftp_question *question)
{
    struct tftp_client_record *record = tftp_limiter_get(&thread->limiter, question->end.client);
    struct tftp_port *asked = question->port;
    // Two addresses of ours may have been asked from the same port, and one question handed over to us.
    struct tftp_flow *other =
        tftp_table_find(&thread->flows, tftp_key(question->end.client, question->end.client_port));
    if (other != NULL) {
        tftp_flow_end(other, TRANSFER_ABORTED);
    }
    question->port = tftp_port_pick(thread, asked, &question->end, record);
    enum status status = question->port == NULL ? STATUS_FULL : start(question);
    if (status == STATUS_FULL) {
        drop(thread, question->end.client); // it asks again in a few seconds, when others are done
    } else if (status != STATUS_OK) {
        question->end.outcome = TRANSFER_FAILED;
        refuse(thread, asked, &question->end, TFTP_ERROR_NOT_DEFINED, "The server cannot read this file");
    }
}

// All members of a group are the first thread's: whoever asked another one is handed over, listener and all.
static bool hand_over(struct tftp_thread *thread, struct tftp_question *question)
{
    struct tftp_thread *first = thread->engine->threads[0];
    if (thread == first || question->answer.status != STATUS_OK || !tftp_group_may_join(question)) {
        return false;
    }
    question->thread = first;
    question->port = NULL;
    tftp_thread_post_answer(first, question);
    return true;
}

static bool is_listener_for(const struct tftp_port *port, const struct tftp_question *question)
{
    const struct transfer_end *end = &question->end;
    bool is_there = port->interface[0] == '\0' || if_nametoindex(port->interface) == end->interface_index;
    bool is_asked = ip_is_none(port->address) || ip_equal(port->address, end->server);
    bool is_family = port->is_ip6 == ip_is_ip6(end->client);
    return port->is_listener && is_family && is_there && is_asked && port->mtu == question->mtu;
}

// A question that another thread handed over: its listener here is the one of the same network.
static void adopt(struct tftp_thread *thread, struct tftp_question *question)
{
    for (struct tftp_port *port = thread->ports; port != NULL && question->port == NULL; port = port->next) {
        question->port = is_listener_for(port, question) ? port : NULL;
    }
}

// What it leads to counts for itself, perhaps in another thread.
static void stop_counting(struct tftp_question *question)
{
    if (question->client != NULL) {
        question->client->asked--;
        question->client = NULL;
    }
}

void tftp_intake_answer(struct tftp_thread *thread, struct tftp_question *taken_question)
{
    struct tftp_question *question = taken_question;
    stop_counting(question);
    uint64_t key = tftp_key(question->end.client, question->end.client_port);
    if (tftp_table_find(&thread->asked, key) == question) {
        (void)tftp_table_remove(&thread->asked, key);
    } else if (!question->is_stale && question->port == NULL) {
        struct tftp_flow *flow = tftp_table_find(&thread->flows, key);
        question->is_stale = flow != NULL && strcmp(flow->end.asked, question->end.asked) == 0;
        if (question->is_stale) {
            tell_repeat(flow); // which the other thread could not know for one
        } else if (flow != NULL) {
            tftp_flow_end(flow, TRANSFER_ABORTED);
        }
        adopt(thread, question);
    }
    bool is_lost = question->is_stale || question->port == NULL || thread->is_stopping;
    if (!is_lost && hand_over(thread, question)) {
        return;
    }
    if (!is_lost && question->answer.status == STATUS_OK) {
        take_consent(thread, question);
    } else if (!is_lost) {
        take_refusal(thread, question);
    }
    forget(question);
}
