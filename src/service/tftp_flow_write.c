// SPDX-License-Identifier: GPL-3.0-or-later
// The flow that uploads are made of: session/tftp_write decides, content/upload keeps. What is acknowledged
// was written before, and the last ACK leaves when the disk has the file and it has its name. While the disk
// is at it, nothing is heard: what the client says then is the last block again, which that ACK answers.
#include "content/upload.h"
#include "format/netascii.h"
#include "io/heap.h"
#include "service/tftp_thread.h"
#include "session/tftp_write.h"

#define HEADERS_BYTES 32      // of IP, UDP and TFTP: blocks of uploads fit one packet
#define STORED_US     6000000 // behind the last ACK at least: clients ask for it again after 5 s at the latest

struct write_flow {
    struct tftp_flow flow;
    struct tftp_write write;
    struct upload *upload;    // NULL: with the disk, or done
    struct tftp_store *store; // with the disk; else NULL
    uint16_t last_number;     // of the ACK that waits for it
    struct netascii netascii;
    uint64_t bytes; // that were written
    bool is_stored;
    int64_t stored_us;
};

static struct write_flow *write_of(struct tftp_flow *flow)
{
    return (struct write_flow *)flow; // its first member
}

static void send_ack(struct write_flow *writer, uint16_t number)
{
    uint8_t bytes[TFTP_HEADER_BYTES];
    if (writer->store != NULL) {
        writer->last_number = number;
        return;
    }
    tftp_encode_ack(number, bytes);
    tftp_flow_send(&writer->flow, bytes, sizeof bytes);
}

static void send_oack(struct write_flow *writer)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count = tftp_write_encode_oack(&writer->write, bytes, sizeof bytes);
    tftp_flow_send(&writer->flow, bytes, count);
}

// It cannot be kept: the client is told, and nothing of it stays.
static void fail(struct write_flow *writer, enum status status)
{
    struct tftp_flow *flow = &writer->flow;
    enum transfer_outcome outcome = TRANSFER_FAILED;
    if (status == STATUS_FULL) {
        tftp_flow_send_error(flow, TFTP_ERROR_DISK_FULL, "Disk full");
        reasons_add(&flow->end.reasons, REASON_UPLOAD_NO_ROOM);
    } else if (status == STATUS_EXISTS) {
        tftp_flow_send_error(flow, TFTP_ERROR_FILE_EXISTS, "File already exists");
        reasons_add(&flow->end.reasons, REASON_UPLOAD_EXISTS);
        outcome = TRANSFER_REFUSED;
    } else if (status == STATUS_MALFORMED) {
        tftp_flow_send_error(flow, TFTP_ERROR_NOT_DEFINED, "The file is not as long as its sender said");
        reasons_add(&flow->end.reasons, REASON_TRANSFER_FAILED);
    } else {
        tftp_flow_send_error(flow, TFTP_ERROR_NOT_DEFINED, "The server cannot write this file");
        reasons_add(&flow->end.reasons, REASON_TRANSFER_FAILED);
    }
    tftp_flow_end(flow, outcome);
}

// Whether all came that the client spoke of. curl 7.88 answers an OACK that comes twice with the next piece
// of its file under the number of the first one: without this, half a file would get its name.
static bool is_as_long_as_told(const struct write_flow *writer)
{
    const struct tftp_options *asked = &writer->flow.asked;
    uint64_t told = asked->has[TFTP_OPTION_TSIZE] ? asked->value[TFTP_OPTION_TSIZE] : 0;
    return told == 0 || writer->flow.mode == TFTP_MODE_NETASCII || told == writer->bytes;
}

static enum status keep(struct write_flow *writer, const struct tftp_packet *packet, bool is_last)
{
    uint8_t text[TFTP_DATAGRAM_BYTES + 1];
    const uint8_t *data = packet->data;
    size_t bytes = packet->data_bytes;
    if (writer->flow.mode == TFTP_MODE_NETASCII) {
        assert(bytes < sizeof text - 1);
        bytes = netascii_decode(&writer->netascii, data, bytes, text);
        bytes += is_last ? netascii_finish(&writer->netascii, text + bytes) : 0;
        data = text;
    }
    enum status status = upload_write(writer->upload, data, bytes);
    if (status != STATUS_OK) {
        return status;
    }
    writer->bytes += bytes;
    return is_last && !is_as_long_as_told(writer) ? STATUS_MALFORMED : STATUS_OK;
}

static void store(struct write_flow *writer)
{
    struct tftp_thread *thread = writer->flow.thread;
    writer->store = heap_new(sizeof *writer->store);
    *writer->store = (struct tftp_store){.thread = thread, .flow = &writer->flow, .upload = writer->upload};
    writer->upload = NULL;
    tftp_disk_put(thread->engine->disk, writer->store);
}

void tftp_flow_write_stored(struct tftp_store *taken_store)
{
    struct tftp_thread *thread = taken_store->thread;
    struct write_flow *writer = taken_store->flow == NULL ? NULL : write_of(taken_store->flow);
    enum status status = taken_store->status;
    upload_free(taken_store->upload);
    heap_free(taken_store);
    thread->uploads--;
    if (writer == NULL) {
        return;
    }
    writer->store = NULL;
    if (status != STATUS_OK) {
        fail(writer, status);
        return;
    }
    writer->is_stored = true;
    writer->stored_us = thread->now_us;
    reasons_add(&writer->flow.end.reasons, REASON_UPLOAD_DONE);
    send_ack(writer, writer->last_number);
    int64_t at_us = thread->now_us + STORED_US;
    tftp_flow_wake_at(&writer->flow, at_us > writer->write.wake_us ? at_us : writer->write.wake_us);
}

static void take_data(struct write_flow *writer, const struct tftp_packet *packet, bool is_last)
{
    enum status status = keep(writer, packet, is_last);
    if (status != STATUS_OK) {
        fail(writer, status);
    } else if (is_last) {
        store(writer);
    }
}

static void finish(struct write_flow *writer, enum tftp_write_outcome outcome, int64_t now_us)
{
    static const enum transfer_outcome OUTCOMES[] = {
        [TFTP_WRITE_DONE] = TRANSFER_DONE,       [TFTP_WRITE_ABORTED] = TRANSFER_ABORTED,
        [TFTP_WRITE_TIMEOUT] = TRANSFER_TIMEOUT, [TFTP_WRITE_TOO_LARGE] = TRANSFER_REFUSED,
        [TFTP_WRITE_BAD] = TRANSFER_FAILED,
    };
    if (outcome == TFTP_WRITE_TOO_LARGE) {
        reasons_add(&writer->flow.end.reasons, REASON_UPLOAD_TOO_LARGE);
    }
    if (writer->is_stored) { // the time in which the client could ask again is no part of the transfer
        writer->flow.started_us += now_us - writer->stored_us;
    }
    tftp_flow_end(&writer->flow, OUTCOMES[outcome]);
}

static void act(struct write_flow *writer, const struct tftp_write_action *action,
                const struct tftp_packet *packet, int64_t now_us)
{
    switch (action->kind) {
    case TFTP_WRITE_SEND_OACK:
        send_oack(writer);
        return;
    case TFTP_WRITE_TAKE_DATA:
        assert(packet != NULL); // the machine takes data only when some came
        take_data(writer, packet, action->is_last);
        return;
    case TFTP_WRITE_SEND_ACK:
        send_ack(writer, action->number);
        return;
    case TFTP_WRITE_SEND_ERROR:
        tftp_flow_send_error(&writer->flow, action->error, action->text);
        return;
    case TFTP_WRITE_WAKE_AT:
        tftp_flow_wake_at(&writer->flow, action->at_us);
        return;
    case TFTP_WRITE_FINISHED:
        finish(writer, action->outcome, now_us);
        return;
    }
}

// In order, and no further when what came could not be kept: then nothing is acknowledged.
static void step(struct write_flow *writer, const struct tftp_write_event *event,
                 const struct tftp_packet *packet)
{
    struct tftp_write_action actions[TFTP_WRITE_ACTIONS_MOST];
    if (writer->store != NULL) {
        return;
    }
    unsigned count = tftp_write_step(&writer->write, event, actions);
    for (unsigned i = 0; i < count && !writer->flow.is_ended; i++) {
        act(writer, &actions[i], packet, event->now_us);
    }
    if (writer->write.has_heard && !writer->flow.has_heard) {
        writer->flow.has_heard = true;
        writer->flow.thread->uploads_unheard--;
    }
    writer->flow.progress_us = writer->write.progress_us;
}

static void take_packet(struct tftp_flow *flow, const struct tftp_packet *packet, int64_t now_us)
{
    struct tftp_write_event event = {.now_us = now_us};
    if (packet->operation == TFTP_DATA) {
        event.kind = TFTP_WRITE_DATA;
        event.block = packet->block;
        event.data_bytes = packet->data_bytes;
    } else if (packet->operation == TFTP_ERROR) {
        event.kind = TFTP_WRITE_ERROR;
    } else {
        return;
    }
    step(write_of(flow), &event, packet);
}

static void wake(struct tftp_flow *flow, int64_t now_us)
{
    step(write_of(flow), &(struct tftp_write_event){.kind = TFTP_WRITE_WAKE, .now_us = now_us}, NULL);
}

// Behind the last ACK that is how clients end; before it the client has given up.
static void port_closed(struct tftp_flow *flow, int64_t now_us)
{
    step(write_of(flow), &(struct tftp_write_event){.kind = TFTP_WRITE_ERROR, .now_us = now_us}, NULL);
}

static void release(struct tftp_flow *flow)
{
    struct write_flow *writer = write_of(flow);
    struct transfer_end *end = &flow->end;
    end->sent = writer->bytes;
    end->size = writer->is_stored ? end->sent : end->size;
    end->outcome = writer->is_stored ? TRANSFER_DONE : end->outcome; // whatever came after
    end->resent_blocks = writer->write.resent > UINT32_MAX ? UINT32_MAX : (uint32_t)writer->write.resent;
    flow->thread->uploads_unheard -= flow->has_heard ? 0 : 1;
    flow->thread->uploads -= writer->upload != NULL ? 1 : 0;
    upload_free(writer->upload);
    if (writer->store != NULL) {
        writer->store->flow = NULL;
    }
}

enum status tftp_flow_write_start(struct tftp_question *question, int64_t now_us)
{
    static const struct tftp_flow_kind KIND = {
        .name = "write", .packet = take_packet, .wake = wake, .closed = port_closed, .release = release};
    struct tftp_limits limits = question->answer.limits;
    size_t datagram_most = size_min(question->mtu - HEADERS_BYTES, TFTP_DATAGRAM_BYTES - TFTP_HEADER_BYTES);
    limits.block_most = (uint16_t)size_min(limits.block_most, datagram_most);
    struct write_flow *writer = heap_new(sizeof *writer);
    writer->upload = question->answer.upload;
    question->answer.upload = NULL;
    question->thread->uploads++;
    question->thread->uploads_unheard++;
    tftp_write_init(&writer->write, &question->options, upload_size_most(writer->upload), &limits);
    tftp_flow_begin(&writer->flow, &KIND, question, now_us);
    writer->flow.end.is_netascii = question->mode == TFTP_MODE_NETASCII;
    writer->flow.end.block_bytes = writer->write.receive.block_bytes;
    writer->flow.end.window_blocks = writer->write.receive.window;
    step(writer, &(struct tftp_write_event){.kind = TFTP_WRITE_START, .now_us = now_us}, NULL);
    return STATUS_OK;
}
