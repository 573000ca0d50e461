// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "machine_parts.h"
#include "wire/tftp.h"

#include <string.h>

#define FIRST_PORT    2070 // as PXE firmware
#define FIRST_WAIT_MS 1000u
#define MOST_WAIT_MS  4000u

static void send_packet(struct machine_world *world, struct machine *machine, const uint8_t *bytes,
                        size_t count)
{
    struct frame_udp4 frame = {.to_hw = machine->server_hw,
                               .to = machine->server,
                               .from = machine->address,
                               .to_port = machine->server_port == 0 ? TFTP_PORT : machine->server_port,
                               .from_port = machine->port,
                               .payload = bytes,
                               .payload_bytes = count};
    machine_send(world, machine, &frame);
    machine_wait(world, machine, size_min(FIRST_WAIT_MS << machine->tries, MOST_WAIT_MS));
}

static void send_request(struct machine_world *world, struct machine *machine)
{
    struct tftp_packet request = {.operation = TFTP_READ_REQUEST,
                                  .name = machine->file,
                                  .name_length = strlen(machine->file),
                                  .mode = TFTP_MODE_OCTET};
    if (machine->state == MACHINE_PROBING) {
        tftp_options_put(&request.options, TFTP_OPTION_TSIZE, 0);
    }
    if (world->asked_block_bytes != 0) {
        tftp_options_put(&request.options, TFTP_OPTION_BLKSIZE, world->asked_block_bytes);
    }
    if (world->asked_window_blocks > 1 && machine->state == MACHINE_OPENING) {
        tftp_options_put(&request.options, TFTP_OPTION_WINDOWSIZE, world->asked_window_blocks);
    }
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t written = 0;
    enum status status = tftp_encode_request(&request, bytes, sizeof bytes, &written);
    assert(status == STATUS_OK);
    send_packet(world, machine, bytes, written);
}

static void send_ack(struct machine_world *world, struct machine *machine, uint16_t block)
{
    uint8_t bytes[TFTP_HEADER_BYTES];
    tftp_encode_ack(block, bytes);
    send_packet(world, machine, bytes, sizeof bytes);
    machine->window_seen = 0;
}

static void begin(struct machine_world *world, struct machine *machine, enum machine_state state)
{
    machine->state = state;
    machine->port++;
    machine->server_port = 0;
    machine->tries = 0;
    send_request(world, machine);
}

void machine_tftp_start(struct machine_world *world, struct machine *machine)
{
    machine->port = FIRST_PORT - 1;
    machine->block_bytes = TFTP_DEFAULT_BLOCK_BYTES;
    machine->window_blocks = 1;
    machine->received_bytes = 0;
    machine->last_block = 0;
    begin(world, machine, world->probes_size ? MACHINE_PROBING : MACHINE_OPENING);
}

void machine_tftp_wake(struct machine_world *world, struct machine *machine)
{
    machine->tries++;
    if (machine->tries == MACHINE_TFTP_TRIES) {
        machine_fail(world, machine, "the TFTP server fell silent");
        return;
    }
    world->tally.tftp_retransmissions++;
    if (machine->state == MACHINE_READING) {
        send_ack(world, machine, machine->last_block);
    } else {
        machine->server_port = 0;
        send_request(world, machine);
    }
}

static void end_probe(struct machine_world *world, struct machine *machine)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t written = 0;
    enum status status =
        tftp_encode_error(TFTP_ERROR_NOT_DEFINED, "TFTP Aborted", bytes, sizeof bytes, &written);
    assert(status == STATUS_OK);
    send_packet(world, machine, bytes, written);
    begin(world, machine, MACHINE_OPENING);
}

static void take_options(struct machine_world *world, struct machine *machine,
                         const struct tftp_options *options)
{
    if (machine->state == MACHINE_PROBING) {
        end_probe(world, machine);
        return;
    }
    if (options->has[TFTP_OPTION_BLKSIZE]) {
        machine->block_bytes = (uint32_t)options->value[TFTP_OPTION_BLKSIZE];
    }
    if (options->has[TFTP_OPTION_WINDOWSIZE]) {
        machine->window_blocks = (uint32_t)options->value[TFTP_OPTION_WINDOWSIZE];
    }
    machine->state = MACHINE_READING;
    machine->tries = 0;
    send_ack(world, machine, 0);
}

// The block that comes next. Only a whole window, or the end of the file, is acknowledged.
static void take_block(struct machine_world *world, struct machine *machine, const struct tftp_packet *packet)
{
    bool is_last = packet->data_bytes < machine->block_bytes;
    if (!contents_check(world->contents, machine->received_bytes, packet->data, packet->data_bytes,
                        is_last)) {
        machine_fail(world, machine, "it read other bytes than it should have");
        return;
    }
    machine->state = MACHINE_READING;
    machine->last_block = packet->block;
    machine->received_bytes += packet->data_bytes;
    machine->window_seen++;
    machine->gap_told = false;
    machine->tries = 0;
    world->tally.bytes += packet->data_bytes;
    if (is_last || machine->window_seen >= machine->window_blocks) {
        send_ack(world, machine, packet->block);
    }
    if (is_last) {
        machine_finish(world, machine);
    }
}

static void take_data(struct machine_world *world, struct machine *machine, const struct tftp_packet *packet)
{
    uint16_t ahead = (uint16_t)(packet->block - machine->last_block);
    if (ahead == 1 && machine->state != MACHINE_DONE) {
        take_block(world, machine, packet);
    } else if (machine->state == MACHINE_DONE) {
        send_ack(world, machine, packet->block); // our last ACK got lost
        machine->deadline_ns = UINT64_MAX;
    } else if (ahead == 0) {
        send_ack(world, machine, machine->last_block); // the server has not heard of it
    } else if (ahead <= machine->window_blocks && !machine->gap_told) {
        machine->gap_told = true; // once for each gap (RFC 7440 section 4)
        send_ack(world, machine, machine->last_block);
    }
}

void machine_tftp_receive(struct machine_world *world, struct machine *machine,
                          const struct frame_udp4 *frame)
{
    struct tftp_packet packet;
    if (machine->state < MACHINE_PROBING || machine->state == MACHINE_FAILED ||
        tftp_decode(frame->payload, frame->payload_bytes, &packet, NULL) != STATUS_OK) {
        return;
    }
    if (machine->server_port == 0) {
        machine->server_port = frame->from_port; // the server's for this transfer (RFC 1350 section 4)
    }
    if (machine->server_port != frame->from_port) {
        return;
    }
    bool is_asking = machine->state == MACHINE_PROBING || machine->state == MACHINE_OPENING;
    if (packet.operation == TFTP_OACK && is_asking) {
        take_options(world, machine, &packet.options);
    } else if (packet.operation == TFTP_DATA && machine->state != MACHINE_PROBING) {
        take_data(world, machine, &packet);
    } else if (packet.operation == TFTP_ERROR && machine->state != MACHINE_DONE) {
        char why[128];
        struct text text;
        text_init(&text, why, sizeof why);
        text_add_format(&text, "the TFTP server says of %s: ", machine->file);
        text_add_escaped(&text, packet.error_text, packet.error_text_length);
        machine_fail(world, machine, why);
    }
}
