// SPDX-License-Identifier: GPL-3.0-or-later
// Any sequence of DATA, ERRORs and wake-ups: the file grows without a hole and never beyond its limit, the
// last ACK follows the last block, and the upload ends.
#include "fuzz/fuzz.h"
#include "session/tftp_write.h"

#define EVENT_BYTES 4
#define SIZE_MOST   20000

struct upload {
    struct tftp_write write;
    uint64_t bytes; // taken
    bool is_whole;
};

static void check_actions(struct upload *upload, const struct tftp_write_action *actions, unsigned count,
                          size_t data_bytes)
{
    fuzz_must(count >= 1 && count <= TFTP_WRITE_ACTIONS_MOST);
    for (unsigned i = 0; i < count; i++) {
        const struct tftp_write_action *action = &actions[i];
        bool is_end = i + 1 == count;
        switch (action->kind) {
        case TFTP_WRITE_SEND_OACK:
            fuzz_must(upload->bytes == 0 && upload->write.granted.count != 0);
            break;
        case TFTP_WRITE_TAKE_DATA:
            fuzz_must(!upload->is_whole && action->offset == upload->bytes);
            upload->bytes += data_bytes;
            upload->is_whole = action->is_last;
            fuzz_must(upload->bytes <= SIZE_MOST);
            break;
        case TFTP_WRITE_SEND_ACK:
            fuzz_must(action->number ==
                      tftp_receive_wire_block(&upload->write.receive, upload->write.receive.got));
            break;
        case TFTP_WRITE_SEND_ERROR:
            fuzz_must(action->text != NULL && actions[i + 1].kind == TFTP_WRITE_FINISHED);
            break;
        case TFTP_WRITE_WAKE_AT:
            fuzz_must(is_end && !upload->write.is_finished && action->at_us == upload->write.wake_us);
            break;
        case TFTP_WRITE_FINISHED:
            fuzz_must(is_end && upload->write.is_finished);
            fuzz_must((action->outcome == TFTP_WRITE_DONE) == upload->is_whole);
            break;
        }
    }
}

static void step(struct upload *upload, struct tftp_write_event event)
{
    struct tftp_write_action actions[TFTP_WRITE_ACTIONS_MOST];
    unsigned count = tftp_write_step(&upload->write, &event, actions);
    check_actions(upload, actions, count, event.data_bytes);
}

static void init(struct upload *upload, const uint8_t *data)
{
    struct tftp_limits limits = {.block_most = 1468, .window_most = 16};
    struct tftp_options asked = {0};
    uint8_t oack[TFTP_REQUEST_BYTES];
    if ((data[0] & 1) != 0) {
        tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, TFTP_LEAST_BLOCK_BYTES + data[1]);
    }
    if ((data[0] & 2) != 0) {
        tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, 1u + data[2]);
    }
    if ((data[0] & 4) != 0) {
        tftp_options_put(&asked, TFTP_OPTION_TSIZE, (uint64_t)data[3] << 7);
    }
    if ((data[0] & 8) != 0) {
        tftp_options_put(&asked, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
    }
    tftp_write_init(&upload->write, &asked, SIZE_MOST, &limits);
    size_t count = tftp_write_encode_oack(&upload->write, oack, sizeof oack);
    fuzz_must((count != 0) == (upload->write.granted.count != 0));
}

static struct tftp_write_event next_event(const struct upload *upload, const uint8_t *data, int64_t *now_us)
{
    const struct tftp_receive *receive = &upload->write.receive;
    struct tftp_write_event event = {.kind = TFTP_WRITE_DATA, .block = (uint16_t)((data[1] << 8) | data[2])};
    *now_us += (int64_t)data[3] << (data[0] >> 3);
    switch (data[0] % 8) {
    case 0:
        event.kind = TFTP_WRITE_WAKE;
        *now_us = *now_us > upload->write.wake_us ? *now_us : upload->write.wake_us;
        break;
    case 1:
        event.kind = data[1] == 0 ? TFTP_WRITE_ERROR : TFTP_WRITE_WAKE;
        break;
    case 2: // anything
        event.data_bytes = data[3] * 8u;
        break;
    case 3: // the last block
        event.block = tftp_receive_wire_block(receive, receive->got + 1);
        event.data_bytes = data[1] % receive->block_bytes;
        break;
    default: // somewhere near
        event.block = tftp_receive_wire_block(receive, receive->got + data[1] % 3u);
        event.data_bytes = receive->block_bytes;
        break;
    }
    event.now_us = *now_us;
    return event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct upload upload = {.bytes = 0};
    int64_t now_us = 0;
    if (size < 4) {
        return 0;
    }
    init(&upload, data);
    step(&upload, (struct tftp_write_event){.kind = TFTP_WRITE_START});
    for (size_t at = 4; at + EVENT_BYTES <= size && !upload.write.is_finished; at += EVENT_BYTES) {
        step(&upload, next_event(&upload, data + at, &now_us));
    }
    for (int i = 0; !upload.write.is_finished; i++) { // and left alone it comes to an end
        fuzz_must(i < 1000);
        now_us = upload.write.wake_us > now_us ? upload.write.wake_us : now_us;
        step(&upload, (struct tftp_write_event){.kind = TFTP_WRITE_WAKE, .now_us = now_us});
        fuzz_must(upload.write.is_finished || upload.write.wake_us > now_us);
    }
    return 0;
}
