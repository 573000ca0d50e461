// SPDX-License-Identifier: GPL-3.0-or-later
// A server that says anything to a member of a multicast transfer: it comes to an end, and takes no block
// twice.
#include "fuzz/fuzz.h"
#include "session/tftp_listen.h"

#define BLOCKS_KEPT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t taken[BLOCKS_KEPT];
    static const uint8_t zeros[2048];
    struct tftp_listen listen;
    struct tftp_options asked = {0};
    struct tftp_packet packet = {.operation = TFTP_DATA};
    int64_t now_us = 0;
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, 16);
    tftp_options_put(&asked, TFTP_OPTION_TSIZE, 0);
    tftp_listen_init(&listen, &asked, 0);
    memset(taken, 0, sizeof taken);
    struct tftp_listen_event event = {.kind = TFTP_LISTEN_START, .now_us = now_us};
    for (size_t at = 0;;) {
        struct tftp_listen_action actions[TFTP_LISTEN_ACTIONS_MOST];
        unsigned count = tftp_listen_step(&listen, &event, actions);
        for (unsigned i = 0; i < count; i++) {
            uint64_t block =
                actions[i].kind == TFTP_LISTEN_TAKE_DATA ? actions[i].offset / listen.block_bytes : 0;
            fuzz_must(actions[i].kind != TFTP_LISTEN_TAKE_DATA ||
                      (block == (uint64_t)packet.block - 1 && taken[block]++ == 0));
            fuzz_must(actions[i].kind != TFTP_LISTEN_JOIN || actions[i].port != 0);
        }
        if (listen.is_finished) {
            return 0;
        }
        fuzz_must(event.kind != TFTP_LISTEN_WAKE || listen.wake_us > now_us);
        if (listen.wake_us <= now_us) {
            event = (struct tftp_listen_event){.kind = TFTP_LISTEN_WAKE, .now_us = now_us};
            continue;
        }
        if (size - at < 4) { // silence: it must end by itself
            now_us = listen.wake_us;
            event = (struct tftp_listen_event){.kind = TFTP_LISTEN_WAKE, .now_us = now_us};
            continue;
        }
        now_us += data[at + 3] * 1000;
        event = (struct tftp_listen_event){.kind = TFTP_LISTEN_PACKET, .now_us = now_us, .packet = &packet};
        packet = (struct tftp_packet){.operation = TFTP_DATA, .block = data[at + 1], .data = zeros};
        packet.data_bytes = data[at + 2];
        if (data[at] % 8 == 0) { // an OACK
            packet.operation = TFTP_OACK;
            tftp_options_put(&packet.options, TFTP_OPTION_BLKSIZE, 8 + data[at + 2] % 16);
            tftp_options_put(&packet.options, TFTP_OPTION_MULTICAST, 0);
            packet.options.multicast.group.value = data[at + 1] % 4 == 0 ? 0 : 0xef000000u + data[at + 1];
            packet.options.multicast.port = data[at + 2] % 4 == 0 ? 0 : 1758;
            packet.options.multicast.is_master = data[at] > 127;
            if (data[at] % 16 == 0) {
                tftp_options_put(&packet.options, TFTP_OPTION_TSIZE,
                                 (uint64_t)data[at + 1] << data[at + 2] % 32);
            }
        } else if (data[at] == 1) {
            packet =
                (struct tftp_packet){.operation = TFTP_ERROR, .error_text = "no", .error_text_length = 2};
        } else if (data[at] == 2) {
            event.kind = TFTP_LISTEN_CANCEL;
        }
        at += 4;
    }
}
