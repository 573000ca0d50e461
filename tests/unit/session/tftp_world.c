// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/session/tftp_world.h"

#include <stdlib.h>

#define EVENTS_MOST 200000000u

enum world_kind { WORLD_TO_SERVER, WORLD_TO_CLIENT, WORLD_SERVER_WAKE, WORLD_CLIENT_WAKE, WORLD_LIE };

struct world_packet {
    int64_t at_us;
    uint64_t order; // equal times keep the order of sending
    enum world_kind kind;
    unsigned pair;
    unsigned tid;  // the server's port that it comes from or goes to; 0 = the one for requests
    uint64_t real; // the number of a block before it was cut to 16 bits
    struct tftp_packet packet;
};

uint64_t world_roll(struct world *world)
{
    world->dice ^= world->dice << 13;
    world->dice ^= world->dice >> 7;
    world->dice ^= world->dice << 17;
    return world->dice;
}

static bool is_before(const struct world_packet *a, const struct world_packet *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void heap_add(struct world *world, struct world_packet packet)
{
    if (world->packet_count == world->packet_room) {
        world->packet_room = world->packet_room == 0 ? 1024 : 2 * world->packet_room;
        world->packets = realloc(world->packets, world->packet_room * sizeof *world->packets);
        assert(world->packets != NULL);
    }
    packet.order = world->order++;
    size_t at = world->packet_count++;
    while (at > 0 && is_before(&packet, &world->packets[(at - 1) / 2])) {
        world->packets[at] = world->packets[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world->packets[at] = packet;
}

static struct world_packet heap_take(struct world *world)
{
    struct world_packet top = world->packets[0];
    struct world_packet last = world->packets[--world->packet_count];
    size_t at = 0;
    for (size_t child = 1; child < world->packet_count; child = 2 * at + 1) {
        if (child + 1 < world->packet_count &&
            is_before(&world->packets[child + 1], &world->packets[child])) {
            child++;
        }
        if (!is_before(&world->packets[child], &last)) {
            break;
        }
        world->packets[at] = world->packets[child];
        at = child;
    }
    world->packets[at] = last;
    return top;
}

static unsigned position(const struct world *world, const struct world_pair *pair)
{
    return (unsigned)(pair - world->pairs);
}

static void transmit(struct world *world, const struct world_pair *pair, struct world_packet packet)
{
    unsigned copies = world_roll(world) % 1000 < pair->double_permille ? 2 : 1;
    packet.pair = position(world, pair);
    for (unsigned i = 0; i < copies; i++) {
        if (world_roll(world) % 1000 >= pair->loss_permille) {
            packet.at_us = world->now_us + pair->delay_us + (int64_t)i * pair->delay_us / 2;
            heap_add(world, packet);
        }
    }
}

static void to_server(struct world *world, const struct world_pair *pair, struct tftp_packet packet,
                      uint64_t real)
{
    bool is_request = packet.operation == TFTP_READ_REQUEST || packet.operation == TFTP_WRITE_REQUEST;
    transmit(world, pair,
             (struct world_packet){.kind = WORLD_TO_SERVER,
                                   .tid = is_request ? 0 : pair->client_tid,
                                   .real = real,
                                   .packet = packet});
}

static void to_client(struct world *world, const struct world_pair *pair, struct tftp_packet packet,
                      uint64_t real)
{
    transmit(
        world, pair,
        (struct world_packet){.kind = WORLD_TO_CLIENT, .tid = pair->tid, .real = real, .packet = packet});
}

static void wake_at(struct world *world, const struct world_pair *pair, enum world_kind kind, int64_t at_us)
{
    assert(at_us >= world->now_us);
    heap_add(world, (struct world_packet){
                        .at_us = at_us, .kind = kind, .pair = position(world, pair), .tid = pair->tid});
}

// The server.

static void server_end(struct world *world, struct world_pair *pair)
{
    pair->serving = WORLD_IDLE;
    world->live--;
}

static void server_sends(struct world *world, struct world_pair *pair, const struct tftp_action *action)
{
    assert(action->count >= 1 && action->count <= TFTP_WINDOW_MOST);
    pair->blocks_sent += action->count;
    for (uint64_t block = action->first; block < action->first + action->count; block++) {
        to_client(world, pair,
                  (struct tftp_packet){.operation = TFTP_DATA,
                                       .block = tftp_read_wire_block(&pair->read, block),
                                       .data_bytes = tftp_read_block_bytes(&pair->read, block)},
                  block);
    }
}

static void server_reads(struct world *world, struct world_pair *pair, struct tftp_event event)
{
    struct tftp_action actions[TFTP_ACTIONS_MOST];
    event.now_us = world->now_us;
    unsigned count = tftp_read_step(&pair->read, &event, actions);
    for (unsigned i = 0; i < count; i++) {
        switch (actions[i].kind) {
        case TFTP_ACTION_SEND_OACK:
            to_client(world, pair,
                      (struct tftp_packet){.operation = TFTP_OACK, .options = pair->read.granted}, 0);
            break;
        case TFTP_ACTION_SEND_BLOCKS:
            server_sends(world, pair, &actions[i]);
            break;
        case TFTP_ACTION_WAKE_AT:
            pair->server_wake_us = actions[i].at_us;
            wake_at(world, pair, WORLD_SERVER_WAKE, actions[i].at_us);
            break;
        case TFTP_ACTION_FINISHED:
            world->reads_ended[actions[i].outcome]++;
            server_end(world, pair);
            break;
        }
    }
}

static void server_takes(struct world_pair *pair, const struct tftp_write_action *action, uint64_t real)
{
    if (pair->client == WORLD_PUT) {
        assert(action->offset == (real - 1) * pair->write.receive.block_bytes);
        assert(!action->is_last || pair->write.receive.bytes == pair->size_bytes);
    }
    assert(pair->write.receive.bytes <= pair->size_most);
    pair->is_stored = pair->is_stored || action->is_last;
}

static void server_writes(struct world *world, struct world_pair *pair, struct tftp_write_event event,
                          uint64_t real)
{
    struct tftp_write_action actions[TFTP_WRITE_ACTIONS_MOST];
    event.now_us = world->now_us;
    unsigned count = tftp_write_step(&pair->write, &event, actions);
    for (unsigned i = 0; i < count; i++) {
        switch (actions[i].kind) {
        case TFTP_WRITE_SEND_OACK:
            to_client(world, pair,
                      (struct tftp_packet){.operation = TFTP_OACK, .options = pair->write.granted}, 0);
            break;
        case TFTP_WRITE_TAKE_DATA:
            server_takes(pair, &actions[i], real);
            break;
        case TFTP_WRITE_SEND_ACK:
            to_client(world, pair, (struct tftp_packet){.operation = TFTP_ACK, .block = actions[i].number},
                      0);
            break;
        case TFTP_WRITE_SEND_ERROR:
            to_client(world, pair,
                      (struct tftp_packet){.operation = TFTP_ERROR, .error = (uint16_t)actions[i].error}, 0);
            break;
        case TFTP_WRITE_WAKE_AT:
            pair->server_wake_us = actions[i].at_us;
            wake_at(world, pair, WORLD_SERVER_WAKE, actions[i].at_us);
            break;
        case TFTP_WRITE_FINISHED:
            world->writes_ended[actions[i].outcome]++;
            server_end(world, pair);
            break;
        }
    }
}

static void server_request(struct world *world, struct world_pair *pair, const struct tftp_packet *packet)
{
    struct tftp_limits limits = {
        .block_most = TFTP_MOST_BLOCK_BYTES, .window_most = TFTP_WINDOW_MOST, .rollover = pair->rollover};
    if (pair->serving != WORLD_IDLE) {
        return; // a repeat
    }
    pair->tid++;
    world->live++;
    world->live_most = world->live > world->live_most ? world->live : world->live_most;
    if (packet->operation == TFTP_READ_REQUEST) {
        world->reads_started++;
        pair->serving = WORLD_READS;
        tftp_read_init(&pair->read, &packet->options, pair->size_bytes, &limits);
        server_reads(world, pair, (struct tftp_event){.kind = TFTP_EVENT_START});
    } else {
        world->writes_started++;
        pair->serving = WORLD_WRITES;
        tftp_write_init(&pair->write, &packet->options, pair->size_most, &limits);
        server_writes(world, pair, (struct tftp_write_event){.kind = TFTP_WRITE_START}, 0);
    }
}

static void server_packet(struct world *world, struct world_pair *pair, const struct world_packet *arrived)
{
    const struct tftp_packet *packet = &arrived->packet;
    if (arrived->tid == 0) {
        server_request(world, pair, packet);
    } else if (arrived->tid != pair->tid || pair->serving == WORLD_IDLE) {
        return; // of a session long gone
    } else if (pair->serving == WORLD_READS && packet->operation == TFTP_ACK) {
        server_reads(world, pair,
                     (struct tftp_event){
                         .kind = TFTP_EVENT_ACK, .block = packet->block, .window = packet->ack_window});
    } else if (pair->serving == WORLD_READS && packet->operation == TFTP_ERROR) {
        server_reads(world, pair, (struct tftp_event){.kind = TFTP_EVENT_ERROR, .code = packet->error});
    } else if (pair->serving == WORLD_WRITES && packet->operation == TFTP_DATA) {
        server_writes(world, pair,
                      (struct tftp_write_event){
                          .kind = TFTP_WRITE_DATA, .block = packet->block, .data_bytes = packet->data_bytes},
                      arrived->real);
    } else if (pair->serving == WORLD_WRITES && packet->operation == TFTP_ERROR) {
        server_writes(world, pair, (struct tftp_write_event){.kind = TFTP_WRITE_ERROR}, 0);
    }
}

static void server_wakes(struct world *world, struct world_pair *pair, const struct world_packet *timer)
{
    if (timer->tid != pair->tid || timer->at_us != pair->server_wake_us) {
        return;
    }
    if (pair->serving == WORLD_READS) {
        server_reads(world, pair, (struct tftp_event){.kind = TFTP_EVENT_WAKE});
    } else if (pair->serving == WORLD_WRITES) {
        server_writes(world, pair, (struct tftp_write_event){.kind = TFTP_WRITE_WAKE}, 0);
    }
}

// The clients.

static void client_sends(struct world *world, struct world_pair *pair, const struct tftp_fetch_action *action)
{
    for (uint64_t block = action->first; block < action->first + action->count; block++) {
        pair->blocks_sent++;
        to_server(world, pair,
                  (struct tftp_packet){.operation = TFTP_DATA,
                                       .block = tftp_fetch_wire_block(&pair->fetch, block),
                                       .data_bytes = tftp_fetch_block_bytes(&pair->fetch, block)},
                  block);
    }
}

static void client_acks(struct world *world, struct world_pair *pair)
{
    uint8_t bytes[TFTP_ACK_WINDOW_BYTES];
    size_t count = tftp_fetch_encode_ack(&pair->fetch, bytes);
    struct tftp_packet packet;
    enum status status = tftp_decode(bytes, count, &packet, NULL);
    assert(status == STATUS_OK);
    to_server(world, pair, packet, 0);
}

static void client_step(struct world *world, struct world_pair *pair, struct tftp_fetch_event event,
                        uint64_t real)
{
    struct tftp_fetch_action actions[TFTP_FETCH_ACTIONS_MOST];
    event.now_us = world->now_us;
    unsigned count = tftp_fetch_step(&pair->fetch, &event, actions);
    for (unsigned i = 0; i < count; i++) {
        switch (actions[i].kind) {
        case TFTP_FETCH_SEND_REQUEST:
            to_server(world, pair,
                      (struct tftp_packet){.operation = pair->client == WORLD_PUT ? TFTP_WRITE_REQUEST
                                                                                  : TFTP_READ_REQUEST,
                                           .options = pair->asked},
                      0);
            break;
        case TFTP_FETCH_TAKE_DATA:
            assert(actions[i].offset == (real - 1) * tftp_fetch_block_bytes_most(&pair->fetch));
            break;
        case TFTP_FETCH_SEND_ACK:
            client_acks(world, pair);
            break;
        case TFTP_FETCH_SEND_BLOCKS:
            client_sends(world, pair, &actions[i]);
            break;
        case TFTP_FETCH_SEND_ERROR:
            to_server(world, pair,
                      (struct tftp_packet){.operation = TFTP_ERROR, .error = (uint16_t)actions[i].error}, 0);
            break;
        case TFTP_FETCH_WAKE_AT:
            pair->client_wake_us = actions[i].at_us;
            wake_at(world, pair, WORLD_CLIENT_WAKE, actions[i].at_us);
            break;
        case TFTP_FETCH_FINISHED:
            pair->is_over = true;
            pair->outcome = actions[i].outcome;
            pair->over_us = world->now_us;
            break;
        }
    }
}

static void client_probed(struct world *world, struct world_pair *pair)
{
    struct tftp_packet packet = {.operation = TFTP_ERROR, .error = world_roll(world) % 2 == 0 ? 0 : 8};
    to_server(world, pair, packet, 0);
    pair->is_over = true;
    pair->over_us = world->now_us;
}

static void client_packet(struct world *world, struct world_pair *pair, const struct world_packet *arrived)
{
    bool is_machine = pair->client == WORLD_GET || pair->client == WORLD_PUT || pair->client == WORLD_PROBE;
    if (!is_machine || pair->is_silent) {
        pair->client_tid = arrived->tid; // for a liar to lie to
        return;
    }
    if (pair->is_over && pair->client_tid == arrived->tid) {
        return; // its program has ended
    }
    if (pair->client_tid != 0 && pair->client_tid != arrived->tid) {
        unsigned known = pair->client_tid;
        pair->client_tid = arrived->tid;
        to_server(world, pair,
                  (struct tftp_packet){.operation = TFTP_ERROR, .error = TFTP_ERROR_UNKNOWN_TRANSFER}, 0);
        pair->client_tid = known;
        return;
    }
    pair->taken++;
    pair->is_silent = pair->vanishes_after != 0 && pair->taken >= pair->vanishes_after;
    pair->client_tid = arrived->tid;
    if (pair->client == WORLD_PROBE) {
        client_probed(world, pair);
        return;
    }
    client_step(world, pair, (struct tftp_fetch_event){.kind = TFTP_FETCH_PACKET, .packet = &arrived->packet},
                arrived->real);
}

static void client_starts(struct world *world, struct world_pair *pair)
{
    if (pair->client == WORLD_LIAR || pair->client == WORLD_FORGED) {
        enum tftp_operation operation = world_roll(world) % 2 == 0 ? TFTP_READ_REQUEST : TFTP_WRITE_REQUEST;
        to_server(world, pair, (struct tftp_packet){.operation = operation, .options = pair->asked}, 0);
        if (pair->lies != 0) {
            wake_at(world, pair, WORLD_LIE, world->now_us + 2 * pair->delay_us + 1);
        }
        return;
    }
    struct tftp_fetch_plan plan = {.is_write = pair->client == WORLD_PUT,
                                   .options = pair->asked,
                                   .size_bytes = pair->size_bytes,
                                   .next_window = pair->next_window};
    tftp_fetch_init(&pair->fetch, &plan);
    client_step(world, pair, (struct tftp_fetch_event){.kind = TFTP_FETCH_START}, 0);
}

static void client_wakes(struct world *world, struct world_pair *pair, const struct world_packet *timer)
{
    bool is_start = timer->order < world->count;
    if (is_start) {
        client_starts(world, pair);
    } else if (!pair->is_over && !pair->is_silent && timer->at_us == pair->client_wake_us) {
        client_step(world, pair, (struct tftp_fetch_event){.kind = TFTP_FETCH_WAKE}, 0);
    }
}

// Anything, and now and then something that nearly fits.
static void client_lies(struct world *world, struct world_pair *pair)
{
    static const enum tftp_operation OPERATIONS[] = {TFTP_ACK,  TFTP_ACK,  TFTP_ACK,  TFTP_DATA,
                                                     TFTP_DATA, TFTP_OACK, TFTP_ERROR};
    uint64_t dice = world_roll(world);
    bool is_near = dice % 2 == 0;
    uint64_t near = pair->serving == WORLD_READS ? pair->read.acked + (dice >> 40) % 8
                                                 : pair->write.receive.got + (dice >> 40) % 4;
    struct tftp_packet packet = {.operation = OPERATIONS[(dice >> 8) % COUNT_OF(OPERATIONS)],
                                 .block = (uint16_t)(is_near ? near : dice >> 16),
                                 .ack_window = (uint8_t)(dice >> 32),
                                 .data_bytes = (dice >> 24) % 4 == 0 ? 1400 : 512,
                                 .error = (uint16_t)(dice >> 48) % 9};
    if (packet.operation == TFTP_ERROR && dice % 64 != 0) {
        packet.operation = TFTP_ACK; // it would end here too soon
    }
    to_server(world, pair, packet, near);
    if (--pair->lies != 0) {
        int64_t wait_us = (int64_t)1 << ((dice >> 56) % 23);
        wake_at(world, pair, WORLD_LIE, world->now_us + wait_us);
    }
}

void world_run(struct world *world)
{
    world->dice = world->seed * 2654435761u + 88172645463325252u;
    for (unsigned i = 0; i < world->count; i++) {
        heap_add(world, (struct world_packet){
                            .at_us = world->pairs[i].start_us, .kind = WORLD_CLIENT_WAKE, .pair = i});
    }
    while (world->packet_count > 0) {
        struct world_packet next = heap_take(world);
        struct world_pair *pair = &world->pairs[next.pair];
        assert(next.at_us >= world->now_us && ++world->events < EVENTS_MOST);
        world->now_us = next.at_us;
        switch (next.kind) {
        case WORLD_TO_SERVER:
            server_packet(world, pair, &next);
            break;
        case WORLD_TO_CLIENT:
            client_packet(world, pair, &next);
            break;
        case WORLD_SERVER_WAKE:
            server_wakes(world, pair, &next);
            break;
        case WORLD_CLIENT_WAKE:
            client_wakes(world, pair, &next);
            break;
        case WORLD_LIE:
            client_lies(world, pair);
            break;
        }
    }
    free(world->packets);
    world->packets = NULL;
}
