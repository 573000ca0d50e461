// SPDX-License-Identifier: GPL-3.0-or-later
// Any packets at all from a server: our client takes the file without a hole, sends only what lies inside it,
// agrees to nothing that it did not ask for, and ends.
#include "fuzz/fuzz.h"
#include "session/tftp_fetch.h"

struct fetching {
    struct tftp_fetch fetch;
    uint64_t bytes; // taken
};

static void check_block(const struct fetching *fetching, const struct tftp_fetch_action *action)
{
    const struct tftp_fetch *fetch = &fetching->fetch;
    uint64_t last = action->first + action->count - 1;
    fuzz_must(fetch->plan.is_write && action->first >= 1 && action->count >= 1);
    uint64_t offset = (last - 1) * tftp_fetch_block_bytes_most(fetch);
    fuzz_must(offset + tftp_fetch_block_bytes(fetch, last) <= fetch->plan.size_bytes);
}

static void check_actions(struct fetching *fetching, const struct tftp_fetch_action *actions, unsigned count,
                          const struct tftp_packet *packet)
{
    const struct tftp_fetch *fetch = &fetching->fetch;
    uint8_t ack[TFTP_ACK_WINDOW_BYTES];
    fuzz_must(count >= 1 && count <= TFTP_FETCH_ACTIONS_MOST);
    for (unsigned i = 0; i < count; i++) {
        bool is_end = i + 1 == count;
        switch (actions[i].kind) {
        case TFTP_FETCH_SEND_REQUEST:
            fuzz_must(!fetch->has_heard);
            break;
        case TFTP_FETCH_TAKE_DATA:
            fuzz_must(!fetch->plan.is_write && actions[i].offset == fetching->bytes);
            fuzz_must(packet->data_bytes <= tftp_fetch_block_bytes_most(fetch));
            fetching->bytes += packet->data_bytes;
            break;
        case TFTP_FETCH_SEND_ACK:
            fuzz_must(!fetch->plan.is_write && tftp_fetch_encode_ack(fetch, ack) >= TFTP_HEADER_BYTES);
            break;
        case TFTP_FETCH_SEND_BLOCKS:
            check_block(fetching, &actions[i]);
            break;
        case TFTP_FETCH_SEND_ERROR:
            fuzz_must(actions[i].text != NULL);
            break;
        case TFTP_FETCH_WAKE_AT:
            fuzz_must(is_end && !fetch->is_finished && actions[i].at_us == fetch->wake_us);
            break;
        case TFTP_FETCH_FINISHED:
            fuzz_must(is_end && fetch->is_finished);
            break;
        }
    }
    fuzz_must(tftp_fetch_progress_bytes(fetch) == fetching->bytes || fetch->plan.is_write);
}

static void step(struct fetching *fetching, struct tftp_fetch_event event)
{
    struct tftp_fetch_action actions[TFTP_FETCH_ACTIONS_MOST];
    unsigned count = tftp_fetch_step(&fetching->fetch, &event, actions);
    check_actions(fetching, actions, count, event.packet);
    for (size_t i = 0; i < fetching->fetch.granted.count; i++) {
        fuzz_must(fetching->fetch.plan.options.has[fetching->fetch.granted.order[i]]);
    }
}

static struct tftp_fetch_plan plan(const uint8_t *data)
{
    static const uint64_t ASKED[TFTP_OPTION_COUNT] = {
        [TFTP_OPTION_BLKSIZE] = 64,  [TFTP_OPTION_TIMEOUT] = 3,
        [TFTP_OPTION_TSIZE] = 0,     [TFTP_OPTION_WINDOWSIZE] = 4,
        [TFTP_OPTION_ROLLOVER] = 1,  [TFTP_OPTION_MSFTWINDOW] = TFTP_MSFTWINDOW_ASKED,
        [TFTP_OPTION_BLKSIZE2] = 32, [TFTP_OPTION_UTIMEOUT] = 20000,
    };
    struct tftp_fetch_plan plan = {.is_write = (data[0] & 1) != 0,
                                   .size_bytes = (uint64_t)data[2] << (data[0] >> 4),
                                   .next_window = data[3]};
    for (size_t i = 0; i < TFTP_OPTION_COUNT; i++) {
        if (i != TFTP_OPTION_MULTICAST && (data[1] & 1u << i % 8) != 0) {
            tftp_options_put(&plan.options, (enum tftp_option)i, ASKED[i]);
        }
    }
    return plan;
}

// Each packet: a length, then that many bytes. A length of 0 is a wake-up, 255 a cancel.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fetching fetching = {.bytes = 0};
    int64_t now_us = 0;
    if (size < 4) {
        return 0;
    }
    struct tftp_fetch_plan asked = plan(data);
    tftp_fetch_init(&fetching.fetch, &asked);
    step(&fetching, (struct tftp_fetch_event){.kind = TFTP_FETCH_START});
    size_t at = 4;
    while (at < size && !fetching.fetch.is_finished) {
        size_t count = data[at++];
        struct tftp_packet packet;
        struct tftp_fetch_event event = {.kind = TFTP_FETCH_PACKET, .packet = &packet};
        now_us += 1000;
        if (count == 0) {
            event.kind = TFTP_FETCH_WAKE;
            now_us = fetching.fetch.wake_us > now_us ? fetching.fetch.wake_us : now_us;
        } else if (count == UINT8_MAX) {
            event.kind = TFTP_FETCH_CANCEL;
        } else {
            count = size_min(count, size - at);
            at += count;
            if (tftp_decode(data + at - count, count, &packet, NULL) != STATUS_OK) {
                continue;
            }
        }
        event.now_us = now_us;
        step(&fetching, event);
    }
    for (int i = 0; !fetching.fetch.is_finished; i++) { // and left alone it comes to an end
        fuzz_must(i < 1000);
        now_us = fetching.fetch.wake_us > now_us ? fetching.fetch.wake_us : now_us;
        step(&fetching, (struct tftp_fetch_event){.kind = TFTP_FETCH_WAKE, .now_us = now_us});
        fuzz_must(fetching.fetch.is_finished || fetching.fetch.wake_us > now_us);
    }
    return 0;
}
