// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "wire/tftp.h"

static void options_check(const struct tftp_options *options, const struct tftp_options *back)
{
    fuzz_must(back->count == options->count && back->unknown == 0);
    for (size_t i = 0; i < back->count; i++) {
        uint8_t option = options->order[i];
        fuzz_must(back->order[i] == option);
        fuzz_must(back->value[option] == options->value[option]);
    }
}

static void oack_check(const struct tftp_packet *packet)
{
    uint8_t out[TFTP_REQUEST_BYTES];
    size_t written = 0;
    struct tftp_packet back;
    const struct tftp_multicast *multicast = &packet->options.multicast;
    fuzz_must(tftp_encode_oack(&packet->options, out, sizeof out, &written) == STATUS_OK);
    fuzz_must(tftp_decode(out, written, &back, NULL) == STATUS_OK);
    options_check(&packet->options, &back.options);
    fuzz_must(back.options.multicast.group.value == multicast->group.value);
    fuzz_must(back.options.multicast.port == multicast->port);
    fuzz_must(back.options.multicast.is_master == multicast->is_master);
}

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
    options_check(&packet->options, &back.options);
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
    } else if (packet.operation == TFTP_OACK) {
        oack_check(&packet);
    }
    return 0;
}
