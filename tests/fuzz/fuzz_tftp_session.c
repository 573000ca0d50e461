// SPDX-License-Identifier: GPL-3.0-or-later
// Any sequence of ACKs, ERRORs and wake-ups: what is sent lies inside the file and the window, time never
// runs backwards, and the transfer ends.
#include "fuzz/fuzz.h"
#include "session/tftp.h"

#define EVENT_BYTES 4

static void check_actions(const struct tftp_read *read, const struct tftp_action *actions, unsigned count)
{
    fuzz_must(count >= 1 && count <= TFTP_ACTIONS_MOST);
    for (unsigned i = 0; i < count; i++) {
        const struct tftp_action *action = &actions[i];
        bool is_last = i + 1 == count;
        switch (action->kind) {
        case TFTP_ACTION_SEND_OACK:
            fuzz_must(!read->is_oack_acked);
            break;
        case TFTP_ACTION_SEND_BLOCKS:
            fuzz_must(action->count >= 1 && action->count <= read->window);
            fuzz_must(action->count <= TFTP_WINDOW_MOST);
            fuzz_must(action->first > read->acked && action->first + action->count - 1 <= read->block_count);
            break;
        case TFTP_ACTION_WAKE_AT:
            fuzz_must(is_last && !read->is_finished && action->at_us == read->wake_us);
            break;
        case TFTP_ACTION_FINISHED:
            fuzz_must(is_last && read->is_finished);
            break;
        }
    }
}

// Options from the first bytes, so that every combination comes up.
static void ask(const uint8_t *data, struct tftp_options *asked)
{
    if ((data[0] & 1) != 0) {
        tftp_options_put(asked, TFTP_OPTION_BLKSIZE, TFTP_LEAST_BLOCK_BYTES + data[1]);
    }
    if ((data[0] & 2) != 0) {
        tftp_options_put(asked, TFTP_OPTION_WINDOWSIZE, 1u + data[2]);
    }
    if ((data[0] & 4) != 0) {
        tftp_options_put(asked, TFTP_OPTION_TIMEOUT, 1u + data[3] % 255);
    }
    if ((data[0] & 8) != 0) {
        tftp_options_put(asked, TFTP_OPTION_TSIZE, 0);
    }
    if ((data[0] & 16) != 0) {
        tftp_options_put(asked, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
    }
    if ((data[0] & 32) != 0) {
        tftp_options_put(asked, TFTP_OPTION_BLKSIZE2, TFTP_LEAST_BLOCK_BYTES + data[1]);
    }
    if ((data[0] & 64) != 0) {
        tftp_options_put(asked, TFTP_OPTION_UTIMEOUT, 10000u + data[3] * 1000u);
    }
    if ((data[0] & 128) != 0) {
        tftp_options_put(asked, TFTP_OPTION_ROLLOVER, (uint64_t)data[6] << 8);
    }
}

static struct tftp_event next_event(const struct tftp_read *read, const uint8_t *data, int64_t *now_us)
{
    struct tftp_event event = {.block = (uint16_t)((data[1] << 8) | data[2])};
    *now_us += (int64_t)data[3] << (data[0] >> 3);
    switch (data[0] % 8) {
    case 0:
        event.kind = TFTP_EVENT_WAKE;
        *now_us = *now_us > read->wake_us ? *now_us : read->wake_us;
        break;
    case 1:
        event.kind = TFTP_EVENT_WAKE; // too early
        break;
    case 2:
        event.kind = data[1] == 0 ? TFTP_EVENT_ERROR : TFTP_EVENT_ACK;
        event.code = data[2];
        break;
    case 3:
        event.kind = TFTP_EVENT_ACK; // anything
        break;
    default:
        event.kind = TFTP_EVENT_ACK; // somewhere near the window
        event.block = tftp_read_wire_block(read, read->acked + data[1] % (read->window + 2u));
        event.window = data[2];
        break;
    }
    event.now_us = *now_us;
    return event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tftp_limits limits = {.block_most = 1468, .window_most = 64, .rollover = size > 7 ? data[7] : 0};
    struct tftp_options asked = {0};
    struct tftp_action actions[TFTP_ACTIONS_MOST];
    struct tftp_read read;
    uint8_t oack[TFTP_REQUEST_BYTES];
    int64_t now_us = 0;
    if (size < 8) {
        return 0;
    }
    ask(data, &asked);
    tftp_read_init(&read, &asked, (uint64_t)data[4] << (data[5] % 34), &limits);
    fuzz_must((tftp_read_encode_oack(&read, oack, sizeof oack) != 0) == (read.granted.count != 0));
    fuzz_must(read.granted.count <= asked.count);
    fuzz_must(tftp_read_block_bytes(&read, read.block_count) < read.block_bytes);
    struct tftp_event event = {.kind = TFTP_EVENT_START};
    check_actions(&read, actions, tftp_read_step(&read, &event, actions));
    for (size_t at = 8; at + EVENT_BYTES <= size && !read.is_finished; at += EVENT_BYTES) {
        event = next_event(&read, data + at, &now_us);
        check_actions(&read, actions, tftp_read_step(&read, &event, actions));
    }
    for (int i = 0; !read.is_finished; i++) { // and left alone it comes to an end
        fuzz_must(i < 5000);                  // windows may go out in parts
        now_us = read.wake_us > now_us ? read.wake_us : now_us;
        event = (struct tftp_event){.kind = TFTP_EVENT_WAKE, .now_us = now_us};
        check_actions(&read, actions, tftp_read_step(&read, &event, actions));
        fuzz_must(read.is_finished || read.wake_us > now_us); // else it would spin
    }
    return 0;
}
