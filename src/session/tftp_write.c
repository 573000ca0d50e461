// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_write.h"

#define WAIT_FIRST_US 1000000 // blocks are the client's to send again; this is for ACKs that got lost
#define WAIT_MOST_US  5000000
#define SHIFT_MOST    8

void tftp_write_init(struct tftp_write *write, const struct tftp_options *asked, uint64_t size_most,
                     const struct tftp_limits *limits)
{
    // What is granted to a reader is granted here; but the size is the client's to say, and msftwindow is
    // made of ACKs that the client would have to send.
    struct tftp_read granting;
    struct tftp_limits most = *limits;
    most.refused |= 1u << TFTP_OPTION_MSFTWINDOW;
    uint64_t size = asked->has[TFTP_OPTION_TSIZE] ? asked->value[TFTP_OPTION_TSIZE] : 0;
    tftp_read_init(&granting, asked, size, &most);
    *write = (struct tftp_write){.granted = granting.granted, .size_most = size_most};
    bool is_rollover_agreed = granting.granted.has[TFTP_OPTION_ROLLOVER];
    tftp_receive_init(&write->receive, granting.block_bytes, granting.window,
                      is_rollover_agreed ? granting.rollover : -1);
}

size_t tftp_write_encode_oack(const struct tftp_write *write, void *out, size_t out_bytes)
{
    size_t written = 0;
    if (write->granted.count == 0 ||
        tftp_encode_oack(&write->granted, out, out_bytes, &written) != STATUS_OK) {
        return 0;
    }
    return written;
}

// Writing actions.

struct output {
    struct tftp_write_action *actions;
    unsigned count;
};

static void put_action(struct output *output, struct tftp_write_action action)
{
    assert(output->count < TFTP_WRITE_ACTIONS_MOST);
    output->actions[output->count++] = action;
}

static void finish(struct tftp_write *write, enum tftp_write_outcome outcome, struct output *output)
{
    write->is_finished = true;
    put_action(output, (struct tftp_write_action){.kind = TFTP_WRITE_FINISHED, .outcome = outcome});
}

static void refuse(struct tftp_write *write, enum tftp_write_outcome outcome, struct output *output)
{
    bool is_large = outcome == TFTP_WRITE_TOO_LARGE;
    put_action(output, (struct tftp_write_action){
                           .kind = TFTP_WRITE_SEND_ERROR,
                           .error = is_large ? TFTP_ERROR_DISK_FULL : TFTP_ERROR_ILLEGAL_OPERATION,
                           .text = is_large ? "The file is larger than this server takes"
                                            : "A block is longer than was agreed",
                       });
    finish(write, outcome, output);
}

static void wait_for_data(struct tftp_write *write, int64_t now_us)
{
    int64_t most_us = WAIT_MOST_US;
    if (write->granted.has[TFTP_OPTION_TIMEOUT]) {
        int64_t asked_us = (int64_t)write->granted.value[TFTP_OPTION_TIMEOUT] * 1000000;
        most_us = asked_us < most_us ? asked_us : most_us;
    }
    int64_t wait_us = (int64_t)WAIT_FIRST_US << (write->tries < SHIFT_MOST ? write->tries : SHIFT_MOST);
    write->wake_us = now_us + (wait_us < most_us ? wait_us : most_us);
}

static void send_ack(struct tftp_write *write, int64_t now_us, struct output *output)
{
    uint16_t number = tftp_receive_ack(&write->receive, now_us);
    put_action(output, (struct tftp_write_action){.kind = TFTP_WRITE_SEND_ACK, .number = number});
}

// Where we stand: OACK until the client shows that it knows it, then the ACK of the last block in order.
static void send_stand(struct tftp_write *write, int64_t now_us, struct output *output)
{
    if (!write->has_heard && write->granted.count != 0) {
        (void)tftp_receive_ack(&write->receive, now_us);
        put_action(output, (struct tftp_write_action){.kind = TFTP_WRITE_SEND_OACK});
    } else {
        send_ack(write, now_us, output);
    }
}

// Events.

static void step_start(struct tftp_write *write, int64_t now_us, struct output *output)
{
    write->progress_us = now_us;
    if (write->granted.has[TFTP_OPTION_TSIZE] && write->granted.value[TFTP_OPTION_TSIZE] > write->size_most) {
        refuse(write, TFTP_WRITE_TOO_LARGE, output);
        return;
    }
    send_stand(write, now_us, output);
    wait_for_data(write, now_us);
}

static void take(struct tftp_write *write, const struct tftp_write_event *event, struct output *output)
{
    struct tftp_receive *receive = &write->receive;
    write->tries = 0;
    write->progress_us = event->now_us;
    put_action(output, (struct tftp_write_action){.kind = TFTP_WRITE_TAKE_DATA,
                                                  .offset = receive->bytes - event->data_bytes,
                                                  .is_last = receive->has_all});
    if (receive->has_all) {
        write->wake_us = event->now_us + TFTP_WRITE_DALLY_US;
    } else {
        wait_for_data(write, event->now_us);
    }
}

static void step_data(struct tftp_write *write, const struct tftp_write_event *event, struct output *output)
{
    struct tftp_receive *receive = &write->receive;
    enum tftp_receive_verdict verdict =
        tftp_receive_block(receive, event->block, event->data_bytes, event->now_us);
    write->has_heard = true;
    switch (verdict) {
    case TFTP_RECEIVE_BAD:
        if (receive->has_all) {
            return; // the file is in its place: nothing takes that back
        }
        refuse(write, TFTP_WRITE_BAD, output);
        return;
    case TFTP_RECEIVE_IGNORE:
        return;
    case TFTP_RECEIVE_ACK:
        write->resent++;
        send_stand(write, event->now_us, output);
        if (receive->has_all && event->now_us - write->progress_us < TFTP_PATIENCE_US) {
            write->wake_us = event->now_us + TFTP_WRITE_DALLY_US; // that ACK may be lost too
        }
        return;
    case TFTP_RECEIVE_TAKE:
    case TFTP_RECEIVE_TAKE_ACK:
        break;
    }
    if (receive->bytes > write->size_most) {
        refuse(write, TFTP_WRITE_TOO_LARGE, output);
        return;
    }
    take(write, event, output);
    if (verdict == TFTP_RECEIVE_TAKE_ACK) {
        send_ack(write, event->now_us, output);
    }
}

static void step_wake(struct tftp_write *write, int64_t now_us, struct output *output)
{
    if (now_us < write->wake_us) {
        return;
    }
    if (write->receive.has_all) {
        finish(write, TFTP_WRITE_DONE, output);
        return;
    }
    // Who never sent a block may be a stranger in whose name somebody else asked. A real client asks again.
    bool is_unheard = !write->has_heard && write->tries >= TFTP_FIRST_TRIES;
    if (is_unheard || now_us - write->progress_us >= TFTP_PATIENCE_US) {
        finish(write, TFTP_WRITE_TIMEOUT, output);
        return;
    }
    write->tries++;
    write->resent++;
    write->receive.has_told_gap = false;
    send_stand(write, now_us, output);
    wait_for_data(write, now_us);
}

unsigned tftp_write_step(struct tftp_write *write, const struct tftp_write_event *event,
                         struct tftp_write_action actions[TFTP_WRITE_ACTIONS_MOST])
{
    assert(!write->is_finished);
    struct output output = {.actions = actions};
    switch (event->kind) {
    case TFTP_WRITE_START:
        step_start(write, event->now_us, &output);
        break;
    case TFTP_WRITE_DATA:
        step_data(write, event, &output);
        break;
    case TFTP_WRITE_ERROR:
        finish(write, write->receive.has_all ? TFTP_WRITE_DONE : TFTP_WRITE_ABORTED, &output);
        break;
    case TFTP_WRITE_WAKE:
        step_wake(write, event->now_us, &output);
        break;
    }
    if (!write->is_finished) {
        put_action(&output, (struct tftp_write_action){.kind = TFTP_WRITE_WAKE_AT, .at_us = write->wake_us});
    }
    return output.count;
}
