// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_receive.h"

#include "session/tftp.h"

#define ONES_MOST 4 // windows that began with 1 behind 65535: a 0 before it got lost less often in a row
#define ECHO_US                                                                                              \
    5000 // a block that comes again so soon after its ACK was doubled, not sent for want of the ACK

void tftp_receive_init(struct tftp_receive *receive, uint16_t block_bytes, uint16_t window, int rollover)
{
    assert(block_bytes >= TFTP_LEAST_BLOCK_BYTES && window >= 1);
    assert(rollover >= -1 && rollover <= TFTP_ROLLOVER_MOST);
    *receive = (struct tftp_receive){.block_bytes = block_bytes,
                                     .window = window,
                                     .rollover = rollover < 0 ? 0 : (uint16_t)rollover,
                                     .is_rollover_unknown = rollover < 0};
}

uint16_t tftp_receive_wire_block(const struct tftp_receive *receive, uint64_t block)
{
    return tftp_wire_block(block, receive->rollover);
}

uint16_t tftp_receive_ack(struct tftp_receive *receive, int64_t now_us)
{
    receive->acked_us = now_us;
    receive->acked = receive->got;
    receive->in_window = 0;
    return tftp_receive_wire_block(receive, receive->got);
}

// Which of the two numbers follows 65535. In lock-step the first that comes says it; in a window a 1 may also
// mean that the 0 before it got lost.
static void rollover_find(struct tftp_receive *receive, uint16_t number)
{
    if (!receive->is_rollover_unknown || receive->got != UINT16_MAX || number > 1) {
        return;
    }
    receive->ones += number == 1 ? 1 : 0;
    if (number == 1 && receive->window > 1 && receive->ones < ONES_MOST) {
        return;
    }
    receive->rollover = number;
    receive->is_rollover_unknown = false;
}

static enum tftp_receive_verdict take(struct tftp_receive *receive, size_t bytes)
{
    receive->got++;
    receive->bytes += bytes;
    receive->in_window++;
    receive->has_told_gap = false;
    receive->has_all = bytes < receive->block_bytes;
    bool is_due = receive->has_all || receive->in_window >= receive->window;
    return is_due ? TFTP_RECEIVE_TAKE_ACK : TFTP_RECEIVE_TAKE;
}

enum tftp_receive_verdict tftp_receive_block(struct tftp_receive *receive, uint16_t number, size_t bytes,
                                             int64_t now_us)
{
    if (bytes > receive->block_bytes) {
        return TFTP_RECEIVE_BAD;
    }
    rollover_find(receive, number);
    if (!receive->has_all && number == tftp_receive_wire_block(receive, receive->got + 1)) {
        return take(receive, bytes);
    }
    // The block acknowledged last comes again when that ACK got lost. To acknowledge doubles too would double
    // every block from there on with a sender that answers each ACK (RFC 1123 section 4.2.3.1).
    if (number == tftp_receive_wire_block(receive, receive->acked)) {
        return now_us - receive->acked_us >= ECHO_US ? TFTP_RECEIVE_ACK : TFTP_RECEIVE_IGNORE;
    }
    // Of all others one is enough to say that something is missing (RFC 7440 section 4).
    if (!receive->has_told_gap && receive->window > 1) {
        receive->has_told_gap = true;
        return TFTP_RECEIVE_ACK;
    }
    return TFTP_RECEIVE_IGNORE;
}
