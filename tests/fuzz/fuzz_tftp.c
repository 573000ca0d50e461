// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "wire/tftp.h"

// What was decoded from a request can be written again, and then says the same.
static void request_check(const struct tftp_packet *packet)
{
    uint8_t out[TFTP_REQUEST_BYTES];
    size_t written = 0;
    struct tftp_packet back;
    fuzz_must(strlen(packet->name) == packet->name_length && packet->name_length <= TFTP_NAME_BYTES);
    fuzz_must(tftp_encode_request(packet, out, sizeof out, &written) == STATUS_OK);
    fuzz_must(tftp_decode(out, written, &back, NULL) == STATUS_OK);
    fuzz_must(strcmp(back.name, packet->name) == 0 && back.mode == packet->mode);
    fuzz_must(back.options.count == packet->options.count && back.options.unknown == 0);
    for (size_t i = 0; i < back.options.count; i++) {
        uint8_t option = packet->options.order[i];
        fuzz_must(back.options.order[i] == option);
        fuzz_must(back.options.value[option] == packet->options.value[option]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tftp_packet packet;
    struct problem problem = {0};
    char printed[8192];
    struct text text;
    if (tftp_decode(data, size, &packet, &problem) != STATUS_OK) {
        fuzz_must(problem_is_set(&problem));
        return 0;
    }
    text_init(&text, printed, sizeof printed);
    tftp_print(&packet, &text);
    if (packet.operation == TFTP_READ_REQUEST || packet.operation == TFTP_WRITE_REQUEST) {
        request_check(&packet);
    }
    return 0;
}
