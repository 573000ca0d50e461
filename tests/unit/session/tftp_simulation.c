// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/session/tftp_simulation.h"

#define PACKETS_MOST  8192
#define SIMULATION_US 600000000
#define EVENTS_MOST   50000000u

enum packet_kind { PACKET_OACK, PACKET_DATA, PACKET_ACK };

struct packet {
    int64_t at_us;
    uint64_t order; // equal times keep the order of sending
    enum packet_kind kind;
    uint64_t block; // the real number; the client may look at the lower 16 bits only
    uint8_t window; // of ACK
};

struct world {
    struct simulation *simulation;
    struct packet packets[PACKETS_MOST]; // a binary heap, the earliest on top
    unsigned packet_count;
    uint64_t order;
    uint64_t dice;
    int64_t server_wake_us;
    int64_t client_wake_us;
    unsigned client_window;
    unsigned in_window; // blocks since the last ACK
    uint16_t last_ack;
    bool has_told_gap;
    bool is_silent;
    int64_t ring_empty_us; // when the client has taken all that its card holds
};

static uint64_t roll(struct world *world)
{
    world->dice ^= world->dice << 13;
    world->dice ^= world->dice >> 7;
    world->dice ^= world->dice << 17;
    return world->dice;
}

static bool is_before(const struct packet *a, const struct packet *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void heap_add(struct world *world, struct packet packet)
{
    assert(world->packet_count < PACKETS_MOST);
    unsigned at = world->packet_count++;
    while (at > 0 && is_before(&packet, &world->packets[(at - 1) / 2])) {
        world->packets[at] = world->packets[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world->packets[at] = packet;
}

static struct packet heap_take(struct world *world)
{
    struct packet top = world->packets[0];
    struct packet last = world->packets[--world->packet_count];
    unsigned at = 0;
    for (unsigned child = 1; child < world->packet_count; child = 2 * at + 1) {
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

static void transmit(struct world *world, enum packet_kind kind, uint64_t block, uint8_t window)
{
    struct simulation *simulation = world->simulation;
    unsigned copies = roll(world) % 1000 < simulation->double_permille ? 2 : 1;
    for (unsigned i = 0; i < copies; i++) {
        bool is_first_of_lost = kind == PACKET_DATA && block == simulation->loses_block;
        simulation->loses_block = is_first_of_lost ? 0 : simulation->loses_block;
        if (is_first_of_lost || roll(world) % 1000 < simulation->loss_permille) {
            continue;
        }
        bool is_late = roll(world) % 1000 < simulation->late_permille;
        int64_t late_us = is_late ? (int64_t)(roll(world) % (uint64_t)simulation->late_us) : 0;
        heap_add(world, (struct packet){.at_us = simulation->now_us + simulation->delay_us + late_us,
                                        .order = world->order++,
                                        .kind = kind,
                                        .block = block,
                                        .window = window});
    }
}

static void client_ack(struct world *world, uint16_t block)
{
    world->last_ack = block;
    world->in_window = 0;
    world->client_wake_us = world->simulation->now_us + world->simulation->client_timer_us;
    world->simulation->acks_sent++;
    if (world->simulation->is_variable) {
        world->client_window = 1 + (unsigned)(roll(world) % 64);
        transmit(world, PACKET_ACK, block, (uint8_t)world->client_window);
    } else {
        transmit(world, PACKET_ACK, block, 0);
    }
}

static void client_take_expected(struct world *world, uint64_t block)
{
    struct simulation *simulation = world->simulation;
    assert(block == simulation->got + 1); // else the 16 bits of the number have deceived it
    simulation->got = block;
    world->has_told_gap = false;
    world->in_window++;
    bool is_last = tftp_read_block_bytes(&simulation->read, block) < simulation->read.block_bytes;
    simulation->has_all = simulation->has_all || is_last;
    world->client_wake_us = simulation->now_us + simulation->client_timer_us;
    if (simulation->vanishes_at != 0 && block >= simulation->vanishes_at) {
        world->is_silent = true;
    } else if (is_last && simulation->client == CLIENT_MUTE) {
        world->is_silent = true;
    } else if (is_last || world->in_window >= world->client_window) {
        client_ack(world, (uint16_t)block);
    }
}

static void client_take_data(struct world *world, uint64_t block)
{
    struct simulation *simulation = world->simulation;
    uint16_t number = (uint16_t)block;
    uint16_t stands_at = (uint16_t)simulation->got;
    if (!simulation->has_all && number == (uint16_t)(stands_at + 1)) {
        client_take_expected(world, block);
        return;
    }
    switch (simulation->client) {
    case CLIENT_EDK2:
        client_ack(world, stands_at);
        break;
    case CLIENT_PLAIN:
    case CLIENT_MUTE:
        if (number == world->last_ack || !world->has_told_gap) {
            world->has_told_gap = true;
            client_ack(world, stands_at);
        }
        break;
    case CLIENT_UBOOT:
        break;
    }
}

static void server_event(struct world *world, struct tftp_event event)
{
    struct simulation *simulation = world->simulation;
    struct tftp_action actions[TFTP_ACTIONS_MOST];
    event.now_us = simulation->now_us;
    unsigned count = tftp_read_step(&simulation->read, &event, actions);
    assert(count >= 1 && count <= TFTP_ACTIONS_MOST);
    for (unsigned i = 0; i < count; i++) {
        switch (actions[i].kind) {
        case TFTP_ACTION_SEND_OACK:
            transmit(world, PACKET_OACK, 0, 0);
            break;
        case TFTP_ACTION_SEND_BLOCKS:
            assert(actions[i].count >= 1 && actions[i].count <= simulation->read.window);
            assert(actions[i].first + actions[i].count - 1 <= simulation->read.block_count);
            for (unsigned block = 0; block < actions[i].count; block++) {
                transmit(world, PACKET_DATA, actions[i].first + block, 0);
            }
            simulation->blocks_sent += actions[i].count;
            break;
        case TFTP_ACTION_WAKE_AT:
            world->server_wake_us = actions[i].at_us;
            break;
        case TFTP_ACTION_FINISHED:
            simulation->is_finished = true;
            simulation->outcome = actions[i].outcome;
            break;
        }
    }
}

// Whether the client's network card had room for one more block.
static bool ring_take(struct world *world)
{
    const struct simulation *simulation = world->simulation;
    if (simulation->ring_blocks == 0) {
        return true;
    }
    int64_t now_us = simulation->now_us;
    int64_t empty_us = world->ring_empty_us > now_us ? world->ring_empty_us : now_us;
    if (empty_us - now_us > (int64_t)(simulation->ring_blocks - 1) * simulation->ring_us) {
        return false;
    }
    world->ring_empty_us = empty_us + simulation->ring_us;
    return true;
}

static void arrive(struct world *world, struct packet packet)
{
    if (packet.kind == PACKET_ACK) {
        server_event(world, (struct tftp_event){.kind = TFTP_EVENT_ACK,
                                                .block = (uint16_t)packet.block,
                                                .window = packet.window});
    } else if (world->is_silent) {
        return;
    } else if (packet.kind == PACKET_DATA && ring_take(world)) {
        client_take_data(world, packet.block);
    } else if (packet.kind == PACKET_OACK && world->simulation->got == 0) {
        client_ack(world, 0);
    }
}

static void start(struct world *world)
{
    struct simulation *simulation = world->simulation;
    struct tftp_options asked = {0};
    if (simulation->block_bytes != 0) {
        tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, simulation->block_bytes);
    }
    if (simulation->window != 0) {
        tftp_options_put(&asked, TFTP_OPTION_WINDOWSIZE, simulation->window);
    }
    if (simulation->is_variable) {
        tftp_options_put(&asked, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
    }
    struct tftp_limits limits = {.block_most = TFTP_MOST_BLOCK_BYTES, .window_most = TFTP_WINDOW_MOST};
    tftp_read_init(&simulation->read, &asked, simulation->size_bytes, &limits);
    world->client_window = simulation->read.window;
    world->client_wake_us = simulation->client_timer_us;
    server_event(world, (struct tftp_event){.kind = TFTP_EVENT_START});
}

// The next thing that happens: a packet arrives, or one of the two timers is due.
static void advance(struct world *world)
{
    struct simulation *simulation = world->simulation;
    int64_t packet_us = world->packet_count != 0 ? world->packets[0].at_us : INT64_MAX;
    int64_t client_us = world->is_silent || simulation->has_all ? INT64_MAX : world->client_wake_us;
    if (packet_us <= world->server_wake_us && packet_us <= client_us) {
        simulation->now_us = packet_us;
        arrive(world, heap_take(world));
    } else if (client_us < world->server_wake_us) {
        simulation->now_us = client_us;
        client_ack(world, (uint16_t)simulation->got);
    } else {
        simulation->now_us = world->server_wake_us;
        server_event(world, (struct tftp_event){.kind = TFTP_EVENT_WAKE});
    }
}

void simulation_run(struct simulation *simulation)
{
    static struct world world; // too large for the stack of a sanitized build
    world =
        (struct world){.simulation = simulation, .dice = simulation->seed * 2654435761u + 88172645463325252u};
    if (simulation->client_timer_us == 0) {
        simulation->client_timer_us = 4000000;
    }
    start(&world);
    while (!simulation->is_finished && simulation->now_us < SIMULATION_US &&
           simulation->events < EVENTS_MOST) {
        simulation->events++;
        advance(&world);
    }
}
