// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_fetch.h"

#define REQUEST_FIRST_US 1000000 // a server may have to look for the file; and a repeat may start it twice
#define ACK_FIRST_US     500000
#define WAIT_MOST_US     5000000
#define SHIFT_MOST       8

void tftp_fetch_init(struct tftp_fetch *fetch, const struct tftp_fetch_plan *plan)
{
    assert(!plan->options.has[TFTP_OPTION_MULTICAST]);
    *fetch = (struct tftp_fetch){.plan = *plan};
    if (fetch->plan.patience_us == 0) {
        fetch->plan.patience_us = TFTP_PATIENCE_US;
    }
}

size_t tftp_fetch_encode_ack(const struct tftp_fetch *fetch, uint8_t out[TFTP_ACK_WINDOW_BYTES])
{
    uint16_t number = tftp_receive_wire_block(&fetch->receive, fetch->receive.acked);
    if (!fetch->granted.has[TFTP_OPTION_MSFTWINDOW]) {
        tftp_encode_ack(number, out);
        return TFTP_HEADER_BYTES;
    }
    tftp_encode_ack_window(number, (uint8_t)fetch->receive.window, out);
    return TFTP_ACK_WINDOW_BYTES;
}

uint16_t tftp_fetch_wire_block(const struct tftp_fetch *fetch, uint64_t block)
{
    return tftp_read_wire_block(&fetch->send, block);
}

size_t tftp_fetch_block_bytes(const struct tftp_fetch *fetch, uint64_t block)
{
    return tftp_read_block_bytes(&fetch->send, block);
}

uint16_t tftp_fetch_block_bytes_most(const struct tftp_fetch *fetch)
{
    return fetch->plan.is_write ? fetch->send.block_bytes : fetch->receive.block_bytes;
}

uint64_t tftp_fetch_progress_bytes(const struct tftp_fetch *fetch)
{
    if (!fetch->plan.is_write) {
        return fetch->receive.bytes;
    }
    uint64_t bytes = fetch->send.acked * fetch->send.block_bytes;
    return bytes < fetch->plan.size_bytes ? bytes : fetch->plan.size_bytes;
}

// Writing actions.

struct output {
    struct tftp_fetch_action *actions;
    unsigned count;
};

static void put_action(struct output *output, struct tftp_fetch_action action)
{
    assert(output->count < TFTP_FETCH_ACTIONS_MOST);
    output->actions[output->count++] = action;
}

static void finish(struct tftp_fetch *fetch, enum tftp_fetch_outcome outcome, struct output *output)
{
    fetch->is_finished = true;
    put_action(output, (struct tftp_fetch_action){.kind = TFTP_FETCH_FINISHED, .outcome = outcome});
}

// Tells the server why, so that it need not wait for us.
static void give_up(struct tftp_fetch *fetch, enum tftp_fetch_outcome outcome, struct output *output)
{
    static const struct {
        enum tftp_error error;
        const char *text;
    } ERRORS[] = {
        [TFTP_FETCH_BAD_OPTIONS] = {TFTP_ERROR_OPTION_NEGOTIATION,
                                    "options were acknowledged that were not asked for"},
        [TFTP_FETCH_BAD_BLOCK] = {TFTP_ERROR_ILLEGAL_OPERATION, "a block is longer than was agreed"},
        [TFTP_FETCH_CANCELLED] = {TFTP_ERROR_NOT_DEFINED, "the transfer was cancelled"},
    };
    put_action(output, (struct tftp_fetch_action){.kind = TFTP_FETCH_SEND_ERROR,
                                                  .error = ERRORS[outcome].error,
                                                  .text = ERRORS[outcome].text});
    finish(fetch, outcome, output);
}

// The next instant to say the same again: twice as long each time.
static void wait_for_answer(struct tftp_fetch *fetch, int64_t first_us, int64_t now_us)
{
    int64_t most_us = WAIT_MOST_US;
    if (fetch->plan.options.has[TFTP_OPTION_TIMEOUT]) {
        int64_t asked_us = (int64_t)fetch->plan.options.value[TFTP_OPTION_TIMEOUT] * 1000000;
        most_us = asked_us < most_us ? asked_us : most_us;
    }
    int64_t wait_us = first_us << (fetch->tries < SHIFT_MOST ? fetch->tries : SHIFT_MOST);
    fetch->wake_us = now_us + (wait_us < most_us ? wait_us : most_us);
}

static void send_request(struct tftp_fetch *fetch, int64_t now_us, struct output *output)
{
    put_action(output, (struct tftp_fetch_action){.kind = TFTP_FETCH_SEND_REQUEST});
    wait_for_answer(fetch, REQUEST_FIRST_US, now_us);
}

static void send_ack(struct tftp_fetch *fetch, int64_t now_us, struct output *output)
{
    (void)tftp_receive_ack(&fetch->receive, now_us);
    put_action(output, (struct tftp_fetch_action){.kind = TFTP_FETCH_SEND_ACK});
    wait_for_answer(fetch, ACK_FIRST_US, now_us);
}

// What the server agreed to.

static bool is_grant_good(const struct tftp_fetch *fetch, const struct tftp_options *oack,
                          enum tftp_option option)
{
    uint64_t asked = fetch->plan.options.value[option];
    uint64_t value = oack->value[option];
    switch (option) {
    case TFTP_OPTION_BLKSIZE:
    case TFTP_OPTION_WINDOWSIZE:
        return value <= asked;
    case TFTP_OPTION_BLKSIZE2:
        return value <= asked && (value & (value - 1)) == 0;
    case TFTP_OPTION_TIMEOUT:
    case TFTP_OPTION_UTIMEOUT:
    case TFTP_OPTION_ROLLOVER:
        return value == asked && (option != TFTP_OPTION_ROLLOVER || value <= TFTP_ROLLOVER_MOST);
    case TFTP_OPTION_MSFTWINDOW:
        return value == TFTP_MSFTWINDOW_GRANTED;
    case TFTP_OPTION_TSIZE:
        return true;
    case TFTP_OPTION_MULTICAST:
    case TFTP_OPTION_COUNT:
        break;
    }
    return false;
}

// RFC 2347: only what was asked for, and never more of it.
static bool is_oack_good(const struct tftp_fetch *fetch, const struct tftp_options *oack)
{
    for (size_t i = 0; i < oack->count; i++) {
        enum tftp_option option = oack->order[i];
        if (!fetch->plan.options.has[option] || !is_grant_good(fetch, oack, option)) {
            return false;
        }
    }
    return oack->unknown == 0 && !(oack->has[TFTP_OPTION_BLKSIZE] && oack->has[TFTP_OPTION_BLKSIZE2]);
}

static uint16_t granted_or(const struct tftp_fetch *fetch, enum tftp_option option, uint16_t otherwise)
{
    return fetch->granted.has[option] ? (uint16_t)fetch->granted.value[option] : otherwise;
}

static void begin_receive(struct tftp_fetch *fetch)
{
    uint16_t bytes = granted_or(fetch, TFTP_OPTION_BLKSIZE2, TFTP_DEFAULT_BLOCK_BYTES);
    uint16_t window = granted_or(fetch, TFTP_OPTION_WINDOWSIZE, 1);
    if (fetch->granted
            .has[TFTP_OPTION_MSFTWINDOW]) { // every ACK says it: what the server thinks does not count
        window = fetch->plan.next_window != 0 ? fetch->plan.next_window : window;
        window = window < UINT8_MAX ? window : UINT8_MAX;
    }
    tftp_receive_init(
        &fetch->receive, granted_or(fetch, TFTP_OPTION_BLKSIZE, bytes), window,
        fetch->granted.has[TFTP_OPTION_ROLLOVER] ? (int)fetch->granted.value[TFTP_OPTION_ROLLOVER] : -1);
}

// Sending is what a server does with a read whose options are agreed.
static void begin_send(struct tftp_fetch *fetch)
{
    static const struct tftp_limits LIMITS = {.block_most = TFTP_MOST_BLOCK_BYTES,
                                              .window_most = TFTP_WINDOW_MOST};
    tftp_read_init(&fetch->send, &fetch->granted, fetch->plan.size_bytes, &LIMITS);
    fetch->send.window = granted_or(fetch, TFTP_OPTION_WINDOWSIZE, 1);
    fetch->send.is_oack_acked = true;
    fetch->send.has_heard = true;
    fetch->send.must_know = true;
}

// Sending.

static void take_read_actions(struct tftp_fetch *fetch, const struct tftp_action *actions, unsigned count,
                              struct output *output)
{
    for (unsigned i = 0; i < count; i++) {
        const struct tftp_action *action = &actions[i];
        bool is_all_acked = fetch->send.acked == fetch->send.block_count;
        uint64_t last = action->first + action->count - 1;
        switch (action->kind) {
        case TFTP_ACTION_SEND_BLOCKS:
            put_action(output, (struct tftp_fetch_action){.kind = TFTP_FETCH_SEND_BLOCKS,
                                                          .first = action->first,
                                                          .count = action->count});
            fetch->resent +=
                action->first <= fetch->sent ? size_min(fetch->sent, last) - action->first + 1 : 0;
            fetch->sent = last > fetch->sent ? last : fetch->sent;
            break;
        case TFTP_ACTION_WAKE_AT:
            fetch->wake_us = action->at_us;
            break;
        case TFTP_ACTION_FINISHED:
            finish(fetch, is_all_acked ? TFTP_FETCH_DONE : TFTP_FETCH_SILENT, output);
            break;
        case TFTP_ACTION_SEND_OACK:
            assert(false);
            break;
        }
    }
}

static void step_send(struct tftp_fetch *fetch, struct tftp_event event, struct output *output)
{
    struct tftp_action actions[TFTP_ACTIONS_MOST];
    uint64_t acked = fetch->send.acked;
    unsigned count = tftp_read_step(&fetch->send, &event, actions);
    take_read_actions(fetch, actions, count, output);
    if (fetch->send.acked > acked) {
        fetch->progress_us = event.now_us;
    }
}

// The answer to the request.

static void heard(struct tftp_fetch *fetch, int64_t now_us)
{
    fetch->has_heard = true;
    fetch->tries = 0;
    fetch->progress_us = now_us;
}

static void begin(struct tftp_fetch *fetch, int64_t now_us, struct output *output)
{
    heard(fetch, now_us);
    if (fetch->plan.is_write) {
        begin_send(fetch);
        step_send(fetch, (struct tftp_event){.kind = TFTP_EVENT_START, .now_us = now_us}, output);
    } else {
        begin_receive(fetch);
    }
}

static void step_data(struct tftp_fetch *fetch, const struct tftp_packet *packet, int64_t now_us,
                      struct output *output)
{
    struct tftp_receive *receive = &fetch->receive;
    uint64_t offset = receive->bytes;
    enum tftp_receive_verdict verdict =
        tftp_receive_block(receive, packet->block, packet->data_bytes, now_us);
    if (verdict == TFTP_RECEIVE_BAD) {
        give_up(fetch, TFTP_FETCH_BAD_BLOCK, output);
        return;
    }
    if (verdict == TFTP_RECEIVE_TAKE || verdict == TFTP_RECEIVE_TAKE_ACK) {
        heard(fetch, now_us);
        put_action(output, (struct tftp_fetch_action){.kind = TFTP_FETCH_TAKE_DATA, .offset = offset});
        wait_for_answer(fetch, ACK_FIRST_US, now_us);
    }
    if (verdict == TFTP_RECEIVE_ACK || verdict == TFTP_RECEIVE_TAKE_ACK) {
        fetch->resent += verdict == TFTP_RECEIVE_ACK ? 1 : 0;
        send_ack(fetch, now_us, output);
    }
    if (receive->has_all) {
        finish(fetch, TFTP_FETCH_DONE, output);
    }
}

static void step_oack(struct tftp_fetch *fetch, const struct tftp_packet *packet, int64_t now_us,
                      struct output *output)
{
    if (!fetch->has_heard) {
        if (!is_oack_good(fetch, &packet->options)) {
            fetch->has_heard = true;
            give_up(fetch, TFTP_FETCH_BAD_OPTIONS, output);
            return;
        }
        fetch->granted = packet->options;
        begin(fetch, now_us, output);
    } else if (fetch->receive.got != 0 || fetch->granted.count == 0 || fetch->plan.is_write) {
        return; // it comes late; or once more, and then the blocks are on their way again by our own timer
    }
    if (!fetch->plan.is_write) {
        send_ack(fetch, now_us, output);
    }
}

static void step_packet(struct tftp_fetch *fetch, const struct tftp_packet *packet, int64_t now_us,
                        struct output *output)
{
    bool is_write = fetch->plan.is_write;
    switch (packet->operation) {
    case TFTP_ERROR:
        finish(fetch, TFTP_FETCH_REFUSED, output);
        break;
    case TFTP_OACK:
        step_oack(fetch, packet, now_us, output);
        break;
    case TFTP_DATA:
        if (!is_write && !fetch->has_heard && packet->block == 1) {
            begin(fetch, now_us, output); // a server that knows no options
        }
        if (!is_write && fetch->has_heard) {
            step_data(fetch, packet, now_us, output);
        }
        break;
    case TFTP_ACK:
        if (is_write && fetch->has_heard) {
            step_send(fetch,
                      (struct tftp_event){.kind = TFTP_EVENT_ACK, .now_us = now_us, .block = packet->block},
                      output);
        } else if (is_write && packet->block == 0) {
            begin(fetch, now_us, output);
        }
        break;
    case TFTP_READ_REQUEST:
    case TFTP_WRITE_REQUEST:
        break;
    }
}

static void step_wake(struct tftp_fetch *fetch, int64_t now_us, struct output *output)
{
    if (now_us < fetch->wake_us) {
        return;
    }
    if (now_us - fetch->progress_us >= fetch->plan.patience_us) {
        finish(fetch, fetch->has_heard ? TFTP_FETCH_SILENT : TFTP_FETCH_UNANSWERED, output);
        return;
    }
    if (fetch->has_heard && fetch->plan.is_write) {
        step_send(fetch, (struct tftp_event){.kind = TFTP_EVENT_WAKE, .now_us = now_us}, output);
        return;
    }
    fetch->tries++;
    fetch->resent++;
    if (fetch->has_heard) {
        fetch->receive.has_told_gap = false;
        send_ack(fetch, now_us, output);
    } else {
        send_request(fetch, now_us, output);
    }
}

unsigned tftp_fetch_step(struct tftp_fetch *fetch, const struct tftp_fetch_event *event,
                         struct tftp_fetch_action actions[TFTP_FETCH_ACTIONS_MOST])
{
    assert(!fetch->is_finished);
    struct output output = {.actions = actions};
    switch (event->kind) {
    case TFTP_FETCH_START:
        fetch->progress_us = event->now_us;
        send_request(fetch, event->now_us, &output);
        break;
    case TFTP_FETCH_PACKET:
        step_packet(fetch, event->packet, event->now_us, &output);
        break;
    case TFTP_FETCH_WAKE:
        step_wake(fetch, event->now_us, &output);
        break;
    case TFTP_FETCH_CANCEL:
        give_up(fetch, TFTP_FETCH_CANCELLED, &output);
        break;
    }
    if (!fetch->is_finished) {
        put_action(&output, (struct tftp_fetch_action){.kind = TFTP_FETCH_WAKE_AT, .at_us = fetch->wake_us});
    }
    return output.count;
}
