// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_listen.h"

#define REQUEST_FIRST_US 1000000
#define LISTEN_FIRST_US  2000000 // a listener's turn comes late; the server may have lost sight of it
#define ACK_FIRST_US     500000
#define WAIT_MOST_US     8000000
#define SHIFT_MOST       8
#define ACK_LEAST_US                                                                                         \
    50000 // between two ACKs of the same: else each repeat would make another (RFC 1123 4.2.3.1)

void tftp_listen_init(struct tftp_listen *listen, const struct tftp_options *asked, int64_t patience_us)
{
    *listen = (struct tftp_listen){.asked = *asked,
                                   .patience_us = patience_us == 0 ? TFTP_PATIENCE_US : patience_us,
                                   .block_bytes = TFTP_DEFAULT_BLOCK_BYTES,
                                   .missing = 1};
    tftp_options_put(&listen->asked, TFTP_OPTION_MULTICAST, 0);
}

struct output {
    struct tftp_listen_action *actions;
    unsigned count;
};

static void put_action(struct output *output, struct tftp_listen_action action)
{
    assert(output->count < TFTP_LISTEN_ACTIONS_MOST);
    output->actions[output->count++] = action;
}

static void finish(struct tftp_listen *listen, enum tftp_fetch_outcome outcome, struct output *output)
{
    listen->is_finished = true;
    put_action(output, (struct tftp_listen_action){.kind = TFTP_LISTEN_FINISHED, .outcome = outcome});
}

static void give_up(struct tftp_listen *listen, enum tftp_fetch_outcome outcome, enum tftp_error error,
                    const char *text, struct output *output)
{
    put_action(output,
               (struct tftp_listen_action){.kind = TFTP_LISTEN_SEND_ERROR, .error = error, .text = text});
    finish(listen, outcome, output);
}

// The server goes on without multicast: it is told to stop, as after a size probe.
static void go_alone(struct tftp_listen *listen, struct output *output)
{
    put_action(output, (struct tftp_listen_action){.kind = TFTP_LISTEN_SEND_ERROR,
                                                   .error = TFTP_ERROR_NOT_DEFINED,
                                                   .text = "no multicast here"});
    listen->is_finished = true;
    put_action(output, (struct tftp_listen_action){.kind = TFTP_LISTEN_ALONE});
}

// Twice as long each time.
static void wait_for(struct tftp_listen *listen, int64_t first_us, int64_t now_us)
{
    int64_t wait_us = first_us << (listen->tries < SHIFT_MOST ? listen->tries : SHIFT_MOST);
    int64_t most_us = WAIT_MOST_US;
    listen->wake_us = now_us + (wait_us < most_us ? wait_us : most_us);
}

static void send_request(struct tftp_listen *listen, int64_t now_us, struct output *output)
{
    put_action(output, (struct tftp_listen_action){.kind = TFTP_LISTEN_SEND_REQUEST});
    wait_for(listen, listen->has_heard ? LISTEN_FIRST_US : REQUEST_FIRST_US, now_us);
}

static void send_ack(struct tftp_listen *listen, int64_t now_us, struct output *output)
{
    put_action(output, (struct tftp_listen_action){.kind = TFTP_LISTEN_SEND_ACK,
                                                   .block = (uint16_t)(listen->missing - 1)});
    listen->acked_us = now_us;
    wait_for(listen, ACK_FIRST_US, now_us);
}

// ---- blocks ----

static bool is_here(const struct tftp_listen *listen, uint32_t block)
{
    return ((unsigned)listen->here[block / 8] >> (block % 8) & 1) != 0;
}

static void put_here(struct tftp_listen *listen, uint32_t block, size_t bytes)
{
    listen->here[block / 8] = (uint8_t)(listen->here[block / 8] | 1u << (block % 8));
    listen->got++;
    listen->bytes += bytes;
    while (listen->missing <= TFTP_LISTEN_BLOCKS_MOST && is_here(listen, listen->missing)) {
        listen->missing++;
    }
}

// Whether a block of `bytes` bytes can be this one: only the last one is short.
static bool is_possible(const struct tftp_listen *listen, uint32_t block, size_t bytes)
{
    bool is_last = bytes < listen->block_bytes;
    if (block == 0) {
        return false;
    }
    return listen->block_count == 0 || (is_last ? block == listen->block_count : block < listen->block_count);
}

static void step_data(struct tftp_listen *listen, const struct tftp_packet *packet, int64_t now_us,
                      struct output *output)
{
    uint32_t block = packet->block;
    if (packet->data_bytes > listen->block_bytes) {
        give_up(listen, TFTP_FETCH_BAD_BLOCK, TFTP_ERROR_ILLEGAL_OPERATION,
                "a block is longer than was agreed", output);
        return;
    }
    if (!is_possible(listen, block, packet->data_bytes)) {
        return;
    }
    if (!is_here(listen, block)) {
        put_action(output,
                   (struct tftp_listen_action){.kind = TFTP_LISTEN_TAKE_DATA,
                                               .offset = (uint64_t)(block - 1) * listen->block_bytes});
        put_here(listen, block, packet->data_bytes);
        listen->block_count = packet->data_bytes < listen->block_bytes ? block : listen->block_count;
        listen->progress_us = now_us;
        listen->tries = 0;
    } else if (!listen->is_master || now_us - listen->acked_us < ACK_LEAST_US) {
        return;
    } else {
        listen->resent++;
    }
    bool has_all = listen->block_count != 0 && listen->got == listen->block_count;
    if (listen->is_master || has_all) { // who has everything says so, master or not
        send_ack(listen, now_us, output);
    } else {
        wait_for(listen, LISTEN_FIRST_US, now_us);
    }
    if (has_all) {
        finish(listen, TFTP_FETCH_DONE, output);
    }
}

// ---- what the server says of it ----

static bool is_asked(const struct tftp_listen *listen, const struct tftp_options *oack)
{
    for (size_t i = 0; i < oack->count; i++) {
        if (!listen->asked.has[oack->order[i]]) {
            return false;
        }
    }
    bool is_larger = oack->has[TFTP_OPTION_BLKSIZE] &&
                     oack->value[TFTP_OPTION_BLKSIZE] > listen->asked.value[TFTP_OPTION_BLKSIZE];
    return oack->unknown == 0 && !is_larger && !oack->has[TFTP_OPTION_WINDOWSIZE];
}

// The first OACK. False: it is over.
static bool begin(struct tftp_listen *listen, const struct tftp_options *oack, struct output *output)
{
    if (!oack->has[TFTP_OPTION_MULTICAST]) {
        go_alone(listen, output);
        return false;
    }
    uint64_t bytes =
        oack->has[TFTP_OPTION_BLKSIZE] ? oack->value[TFTP_OPTION_BLKSIZE] : TFTP_DEFAULT_BLOCK_BYTES;
    uint64_t count = oack->has[TFTP_OPTION_TSIZE] ? oack->value[TFTP_OPTION_TSIZE] / bytes + 1 : 0;
    if (!is_asked(listen, oack) || oack->multicast.group.value == 0 || oack->multicast.port == 0 ||
        count > TFTP_LISTEN_BLOCKS_MOST) {
        give_up(listen, TFTP_FETCH_BAD_OPTIONS, TFTP_ERROR_OPTION_NEGOTIATION, "these options cannot be",
                output);
        return false;
    }
    listen->granted = *oack;
    listen->block_bytes = (uint16_t)bytes;
    listen->block_count = (uint32_t)count;
    return true;
}

static void step_oack(struct tftp_listen *listen, const struct tftp_options *oack, int64_t now_us,
                      struct output *output)
{
    const struct tftp_multicast *said = &oack->multicast;
    bool is_first = !listen->has_heard;
    listen->has_heard = true;
    if (is_first && !begin(listen, oack, output)) {
        return;
    }
    if (!oack->has[TFTP_OPTION_MULTICAST]) {
        return;
    }
    if (said->group.value != 0 && said->port != 0 &&
        (said->group.value != listen->group.value || said->port != listen->port)) {
        listen->group = said->group;
        listen->port = said->port;
        put_action(output, (struct tftp_listen_action){
                               .kind = TFTP_LISTEN_JOIN, .group = listen->group, .port = listen->port});
    }
    listen->progress_us = is_first || said->is_master ? now_us : listen->progress_us;
    listen->led += said->is_master && !listen->is_master ? 1 : 0;
    listen->is_master = said->is_master;
    listen->tries = 0;
    if (said->is_master) {
        send_ack(listen, now_us, output);
    } else {
        wait_for(listen, LISTEN_FIRST_US, now_us);
    }
}

static void step_packet(struct tftp_listen *listen, const struct tftp_packet *packet, int64_t now_us,
                        struct output *output)
{
    switch (packet->operation) {
    case TFTP_ERROR:
        listen->has_heard = true;
        finish(listen, TFTP_FETCH_REFUSED, output);
        break;
    case TFTP_OACK:
        step_oack(listen, &packet->options, now_us, output);
        break;
    case TFTP_DATA:
        if (listen->has_heard) {
            step_data(listen, packet, now_us, output);
        } else if (packet->block == 1) {
            go_alone(listen, output); // a server that knows no options
        }
        break;
    case TFTP_ACK:
    case TFTP_READ_REQUEST:
    case TFTP_WRITE_REQUEST:
        break;
    }
}

static void step_wake(struct tftp_listen *listen, int64_t now_us, struct output *output)
{
    if (now_us < listen->wake_us) {
        return;
    }
    if (now_us - listen->progress_us >= listen->patience_us) {
        finish(listen, listen->has_heard ? TFTP_FETCH_SILENT : TFTP_FETCH_UNANSWERED, output);
        return;
    }
    listen->tries++;
    listen->resent++;
    if (listen->is_master) {
        send_ack(listen, now_us, output);
    } else { // the same request from the same port: the server says again where it stands
        send_request(listen, now_us, output);
    }
}

unsigned tftp_listen_step(struct tftp_listen *listen, const struct tftp_listen_event *event,
                          struct tftp_listen_action actions[TFTP_LISTEN_ACTIONS_MOST])
{
    assert(!listen->is_finished);
    struct output output = {.actions = actions};
    switch (event->kind) {
    case TFTP_LISTEN_START:
        listen->progress_us = event->now_us;
        send_request(listen, event->now_us, &output);
        break;
    case TFTP_LISTEN_PACKET:
        step_packet(listen, event->packet, event->now_us, &output);
        break;
    case TFTP_LISTEN_WAKE:
        step_wake(listen, event->now_us, &output);
        break;
    case TFTP_LISTEN_CANCEL:
        give_up(listen, TFTP_FETCH_CANCELLED, TFTP_ERROR_NOT_DEFINED, "the transfer was cancelled", &output);
        break;
    }
    if (!listen->is_finished) {
        put_action(&output,
                   (struct tftp_listen_action){.kind = TFTP_LISTEN_WAKE_AT, .at_us = listen->wake_us});
    }
    return output.count;
}
