// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_multicast.h"

#include "unit/test.h"

#define SECOND 1000000

// Single steps.

struct result {
    struct tftp_multicast_action actions[TFTP_MULTICAST_ACTIONS_MOST];
    unsigned count;
};

static struct tftp_multicast_group group;
static struct result result;

static void step(struct tftp_multicast_event event)
{
    result.count = tftp_multicast_step(&group, &event, result.actions);
    assert_in_range(result.count, 1, TFTP_MULTICAST_ACTIONS_MOST);
    bool says_when = result.actions[result.count - 1].kind == TFTP_MULTICAST_WAKE_AT;
    bool is_finished = result.actions[result.count - 1].kind == TFTP_MULTICAST_FINISHED;
    assert_true(says_when != is_finished);
    assert_int_equal(is_finished, group.member_count == 0);
}

static uint16_t join(int64_t now_us)
{
    uint16_t member = tftp_multicast_find_place(&group);
    step((struct tftp_multicast_event){.kind = TFTP_MULTICAST_JOIN, .now_us = now_us, .member = member});
    return member;
}

static void ack(uint16_t member, uint16_t block, int64_t now_us)
{
    step((struct tftp_multicast_event){
        .kind = TFTP_MULTICAST_ACK, .now_us = now_us, .member = member, .block = block});
}

static void event(enum tftp_multicast_event_kind kind, uint16_t member, int64_t now_us)
{
    step((struct tftp_multicast_event){.kind = kind, .now_us = now_us, .member = member});
}

static void wake(int64_t now_us)
{
    step((struct tftp_multicast_event){.kind = TFTP_MULTICAST_WAKE, .now_us = now_us});
}

static int64_t wake_us(void)
{
    return result.actions[result.count - 1].at_us;
}

static void assert_oack(unsigned at, uint16_t member, bool is_master, bool is_whole)
{
    assert_true(at < result.count);
    assert_int_equal(result.actions[at].kind, TFTP_MULTICAST_SEND_OACK);
    assert_int_equal(result.actions[at].member, member);
    assert_int_equal(result.actions[at].is_master, is_master);
    assert_int_equal(result.actions[at].is_whole, is_whole);
}

static void assert_block(unsigned at, uint32_t block)
{
    assert_true(at < result.count);
    assert_int_equal(result.actions[at].kind, TFTP_MULTICAST_SEND_BLOCK);
    assert_int_equal(result.actions[at].block, block);
}

static void assert_ended(unsigned at, uint16_t member, enum tftp_outcome outcome)
{
    assert_true(at < result.count);
    assert_int_equal(result.actions[at].kind, TFTP_MULTICAST_ENDED);
    assert_int_equal(result.actions[at].member, member);
    assert_int_equal(result.actions[at].outcome, outcome);
}

static void assert_finished(unsigned at)
{
    assert_true(at < result.count);
    assert_int_equal(result.actions[at].kind, TFTP_MULTICAST_FINISHED);
}

static void assert_nothing(void)
{
    assert_int_equal(result.count, 1);
}

static void the_first_is_master_and_who_comes_later_listens(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 3);
    uint16_t first = join(0);
    assert_oack(0, first, true, true);
    ack(first, 0, 1000);
    assert_block(0, 1);
    uint16_t second = join(1500);
    assert_oack(0, second, false, true);
    assert_int_equal(result.count, 2);
    ack(first, 1, 2000);
    assert_block(0, 2);
    ack(first, 2, 3000);
    assert_block(0, 3);
    ack(first, 3, 4000);
    assert_ended(0, first, TFTP_OUTCOME_DONE);
    assert_oack(1, second, true, true); // it was never heard, so it may not know the group
    ack(second, 1, 5000);               // it came before block 2
    assert_block(0, 2);
    ack(second, 3, 6000); // and has the third
    assert_ended(0, second, TFTP_OUTCOME_DONE);
    assert_finished(1);
}

static void an_ack_that_says_nothing_new_is_not_answered(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 10);
    uint16_t master = join(0);
    ack(master, 0, 1000);
    ack(master, 0, 1100);
    assert_nothing();
    ack(master, 4, 2000); // it had more than one thought
    assert_block(0, 5);
    ack(master, 2, 2100);
    assert_nothing();
    ack(master, 11, 2200); // there is no such block
    assert_nothing();
    ack(7, 3, 2300); // nor such a member
    assert_nothing();
}

static void who_acknowledges_and_is_not_master_is_told_so_but_not_again_and_again(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 1000);
    uint16_t master = join(0);
    ack(master, 0, 1000);
    uint16_t listener = join(2000);
    ack(listener, 0, 3000);
    assert_oack(0, listener, false, false);
    unsigned told = 0;
    for (int64_t now_us = 4000; now_us < 4 * SECOND; now_us += 1000) {
        ack(listener, 0, now_us);
        told += result.actions[0].kind == TFTP_MULTICAST_SEND_OACK;
    }
    assert_in_range(told, 1, 8);
    assert_int_equal(group.master, master);
}

static void a_listener_that_has_the_last_block_or_sends_an_error_is_out(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 5);
    uint16_t master = join(0);
    ack(master, 0, 1000);
    uint16_t a = join(2000);
    uint16_t b = join(2000);
    ack(a, 5, 3000);
    assert_ended(0, a, TFTP_OUTCOME_DONE);
    event(TFTP_MULTICAST_ERROR, b, 4000);
    assert_ended(0, b, TFTP_OUTCOME_PROBED);
    uint16_t c = join(5000);
    event(TFTP_MULTICAST_ERROR, c, 20 * SECOND);
    assert_ended(0, c, TFTP_OUTCOME_ABORTED);
    assert_int_equal(group.member_count, 1);
}

static void a_master_that_falls_silent_is_told_before_the_next_one_is(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 1000);
    uint16_t master = join(0);
    ack(master, 0, 1000);
    uint16_t next = join(2000);
    for (uint16_t block = 1; block < 100; block++) {
        ack(master, block, 2000 + block * 1000);
    }
    int64_t begun_us = 101000;
    int64_t now_us = begun_us;
    do {
        now_us = wake_us();
        wake(now_us);
    } while (group.master == master);
    assert_in_range(now_us - begun_us, 2 * SECOND, 4 * SECOND);
    assert_oack(0, master, false, false);
    assert_oack(1, next, true, true);
    ack(next, 1, now_us + 1000);
    assert_block(0, 2); // numbers jump
    event(TFTP_MULTICAST_GONE, master, now_us + 2000);
    assert_ended(0, master, TFTP_OUTCOME_ABORTED);
}

static void a_lost_block_is_sent_again_by_a_timer_that_follows_the_round_trip(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 1000);
    uint16_t master = join(0);
    ack(master, 0, 100);
    for (uint16_t block = 1; block <= 50; block++) {
        ack(master, block, 100 + block * 1000);
    }
    int64_t due_us = wake_us();
    assert_in_range(due_us - 50100, 1000, 20000);
    wake(due_us - 1);
    assert_nothing();
    wake(due_us);
    assert_block(0, 51);
    assert_true(wake_us() - due_us > due_us - 50100);
    assert_int_equal(group.members[master].resent, 1);
}

static void one_that_never_answers_is_given_up_after_few_packets(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 1000);
    uint16_t ghost = join(0);
    unsigned packets = 1;
    for (int i = 0; i < 100 && group.member_count != 0; i++) {
        wake(wake_us());
        packets += result.actions[0].kind == TFTP_MULTICAST_SEND_OACK;
    }
    assert_ended(0, ghost, TFTP_OUTCOME_TIMEOUT);
    assert_finished(1);
    assert_in_range(packets, 3, 8);
}

static void a_request_that_comes_again_is_answered_again(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 1000);
    uint16_t master = join(0);
    event(TFTP_MULTICAST_REPEAT, master, 150000);
    assert_oack(0, master, true, true);
    ack(master, 0, 160000);
    uint16_t listener = join(170000);
    event(TFTP_MULTICAST_REPEAT, listener, 3 * SECOND);
    assert_oack(0, listener, false, true);
    event(TFTP_MULTICAST_REPEAT, listener, 3 * SECOND + 10);
    assert_nothing();
    event(TFTP_MULTICAST_REPEAT, master, 3 * SECOND);
    assert_nothing(); // blocks are its answer
}

static void a_full_group_has_no_place(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 1000);
    for (unsigned i = 0; i < TFTP_MULTICAST_MEMBERS_MOST; i++) {
        assert_int_equal(join(0), i);
    }
    assert_int_equal(tftp_multicast_find_place(&group), TFTP_MULTICAST_NOBODY);
    event(TFTP_MULTICAST_GONE, 17, 1000);
    assert_int_equal(tftp_multicast_find_place(&group), 17);
}

static void the_last_acknowledgement_may_be_lost(void **state)
{
    (void)state;
    tftp_multicast_init(&group, 2);
    uint16_t master = join(0);
    ack(master, 0, 1000);
    ack(master, 1, 2000);
    for (int i = 0; i < 100 && group.member_count != 0; i++) {
        wake(wake_us());
    }
    assert_ended(0, master, TFTP_OUTCOME_DONE);
}

// A network, a clock, and clients that are like atftp: a master acknowledges what comes before its first hole
// whenever a block comes, and repeats that after five seconds of silence; a listener says nothing at all.

enum kind {
    CLIENT_ATFTP,
    CLIENT_EDK2,  // also acknowledges each OACK that says that it is not master
    CLIENT_GHOST, // asked for in its name: never says a word
    CLIENT_SLOW,  // answers late
    CLIENT_LIAR,  // says for ever that it lacks the first block
};

struct client {
    enum kind kind;
    int64_t joins_us;
    int64_t dies_us; // 0 = never
    unsigned loss_permille;
    int64_t slow_us; // how late
    // its state
    bool is_joined;
    bool knows_group;
    bool is_master;
    bool has_left;
    bool is_done; // has everything and said so
    int64_t done_us;
    uint32_t first_hole; // 0-based: all blocks up to this number are there
    uint32_t got;
    int64_t timer_us;
    unsigned timeouts;
    uint16_t member;
    bool has[4096];
};

struct packet {
    int64_t at_us;
    uint64_t order;
    enum { TO_GROUP, TO_MEMBER, FROM_MEMBER, CLOSED } way;
    uint32_t block; // of DATA and ACK
    unsigned client;
    bool is_master;
    bool is_whole;
};

#define CLIENTS_MOST 256
#define PACKETS_MOST 65536

struct world {
    struct client clients[CLIENTS_MOST];
    unsigned client_count;
    uint32_t block_count;
    unsigned loss_permille;
    uint64_t dice;
    int64_t now_us;
    int64_t wake_us;
    uint64_t order;
    struct packet packets[PACKETS_MOST]; // a heap
    unsigned packet_count;
    uint64_t blocks_sent;
    uint64_t oacks_sent;
    bool is_finished;
    enum tftp_outcome outcomes[CLIENTS_MOST];
    bool has_ended[CLIENTS_MOST];
    unsigned of_member[TFTP_MULTICAST_MEMBERS_MOST];
};

static struct world world;

static uint64_t roll(void)
{
    world.dice ^= world.dice << 13;
    world.dice ^= world.dice >> 7;
    world.dice ^= world.dice << 17;
    return world.dice;
}

static bool is_before(const struct packet *a, const struct packet *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void post(struct packet packet)
{
    assert_true(world.packet_count < PACKETS_MOST);
    packet.order = world.order++;
    unsigned at = world.packet_count++;
    while (at > 0 && is_before(&packet, &world.packets[(at - 1) / 2])) {
        world.packets[at] = world.packets[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world.packets[at] = packet;
}

static struct packet take(void)
{
    struct packet top = world.packets[0];
    struct packet last = world.packets[--world.packet_count];
    unsigned at = 0;
    for (unsigned child = 1; child < world.packet_count; child = 2 * at + 1) {
        if (child + 1 < world.packet_count && is_before(&world.packets[child + 1], &world.packets[child])) {
            child++;
        }
        if (!is_before(&world.packets[child], &last)) {
            break;
        }
        world.packets[at] = world.packets[child];
        at = child;
    }
    world.packets[at] = last;
    return top;
}

static bool is_lost(const struct client *client)
{
    return roll() % 1000 < world.loss_permille + client->loss_permille;
}

static bool is_dead(const struct client *client)
{
    return client->has_left || (client->dies_us != 0 && world.now_us >= client->dies_us);
}

static void client_ack(unsigned number)
{
    struct client *client = &world.clients[number];
    client->timer_us = world.now_us + 5 * SECOND;
    if (client->kind == CLIENT_GHOST) {
        return;
    }
    uint32_t block = client->kind == CLIENT_LIAR ? 0 : client->first_hole;
    if (!is_lost(client)) {
        post((struct packet){.at_us = world.now_us + 200 + client->slow_us,
                             .way = FROM_MEMBER,
                             .client = number,
                             .block = block});
    }
    if (block == world.block_count) {
        client->is_done = true;
        client->has_left = true;
        client->done_us = world.now_us;
    }
}

static void client_take_block(unsigned number, uint32_t block)
{
    struct client *client = &world.clients[number];
    if (!client->knows_group || is_dead(client) || is_lost(client)) {
        return;
    }
    client->timeouts = 0;
    client->timer_us = world.now_us + 5 * SECOND;
    client->got += !client->has[block];
    client->has[block] = true;
    while (client->first_hole < world.block_count && client->has[client->first_hole + 1]) {
        client->first_hole++;
    }
    if (client->is_master) {
        client_ack(number);
    }
}

static void client_take_oack(unsigned number, const struct packet *packet)
{
    struct client *client = &world.clients[number];
    if (client->has_left) {
        post((struct packet){.at_us = world.now_us + 200, .way = CLOSED, .client = number});
        return;
    }
    if (is_dead(client) || is_lost(client)) {
        return;
    }
    assert_true(client->knows_group || packet->is_whole);
    client->timeouts = 0;
    client->knows_group = true;
    client->is_master = packet->is_master;
    client->timer_us = world.now_us + 5 * SECOND;
    if (client->is_master || client->kind == CLIENT_EDK2) {
        client_ack(number);
    }
}

static void serve(struct tftp_multicast_event event);

static void client_wake(unsigned number)
{
    struct client *client = &world.clients[number];
    client->timer_us = world.now_us + 5 * SECOND;
    if (!client->is_joined) {
        client->is_joined = true;
        client->member = tftp_multicast_find_place(&group);
        assert_int_not_equal(client->member, TFTP_MULTICAST_NOBODY);
        world.of_member[client->member] = number;
        serve((struct tftp_multicast_event){.kind = TFTP_MULTICAST_JOIN, .member = client->member});
    } else if (client->kind != CLIENT_GHOST && ++client->timeouts > 5) {
        client->has_left = true;
    } else if (!client->knows_group && client->kind != CLIENT_GHOST && !world.has_ended[number]) {
        serve((struct tftp_multicast_event){.kind = TFTP_MULTICAST_REPEAT, .member = client->member});
    } else if (client->is_master) {
        client_ack(number);
    }
}

static void carry_out(const struct tftp_multicast_action *action)
{
    switch (action->kind) {
    case TFTP_MULTICAST_SEND_OACK:
        world.oacks_sent++;
        post((struct packet){.at_us = world.now_us + 200,
                             .way = TO_MEMBER,
                             .client = world.of_member[action->member],
                             .is_master = action->is_master,
                             .is_whole = action->is_whole});
        return;
    case TFTP_MULTICAST_SEND_BLOCK:
        world.blocks_sent++;
        post((struct packet){.at_us = world.now_us + 200, .way = TO_GROUP, .block = action->block});
        return;
    case TFTP_MULTICAST_ENDED:
        world.has_ended[world.of_member[action->member]] = true;
        world.outcomes[world.of_member[action->member]] = action->outcome;
        return;
    case TFTP_MULTICAST_WAKE_AT:
        world.wake_us = action->at_us;
        return;
    case TFTP_MULTICAST_FINISHED:
        world.wake_us = INT64_MAX;
        world.is_finished = true;
        tftp_multicast_init(&group, world.block_count);
        return;
    }
}

static void serve(struct tftp_multicast_event event)
{
    static struct tftp_multicast_action actions[TFTP_MULTICAST_ACTIONS_MOST];
    event.now_us = world.now_us;
    world.is_finished = false;
    unsigned count = tftp_multicast_step(&group, &event, actions);
    for (unsigned i = 0; i < count; i++) {
        carry_out(&actions[i]);
    }
}

static void arrive(struct packet packet)
{
    if (packet.way == TO_GROUP) {
        for (unsigned i = 0; i < world.client_count; i++) {
            client_take_block(i, packet.block);
        }
    } else if (packet.way == TO_MEMBER) {
        client_take_oack(packet.client, &packet);
    } else if (!world.has_ended[packet.client]) {
        serve((struct tftp_multicast_event){.kind = packet.way == CLOSED ? TFTP_MULTICAST_GONE
                                                                         : TFTP_MULTICAST_ACK,
                                            .member = world.clients[packet.client].member,
                                            .block = (uint16_t)packet.block});
    }
}

static unsigned next_client(void)
{
    unsigned next = 0;
    for (unsigned i = 1; i < world.client_count; i++) {
        next = world.clients[i].timer_us < world.clients[next].timer_us ? i : next;
    }
    return next;
}

static bool is_all_over(void)
{
    bool has_all = true;
    for (unsigned i = 0; i < world.client_count; i++) {
        has_all = has_all && world.has_ended[i];
    }
    return has_all && world.is_finished;
}

static void run(uint64_t seed, uint32_t block_count, unsigned client_count)
{
    world.dice = seed * 2654435761u + 88172645463325252u;
    world.block_count = block_count;
    world.client_count = client_count;
    world.wake_us = INT64_MAX;
    tftp_multicast_init(&group, block_count);
    for (unsigned i = 0; i < client_count; i++) {
        world.clients[i].timer_us = world.clients[i].joins_us;
    }
    for (unsigned events = 0; !is_all_over(); events++) {
        assert_true(events < 5000000 && world.now_us < 1200ll * SECOND);
        unsigned client = next_client();
        int64_t client_us = world.clients[client].timer_us;
        int64_t packet_us = world.packet_count != 0 ? world.packets[0].at_us : INT64_MAX;
        if (packet_us <= world.wake_us && packet_us <= client_us) {
            world.now_us = packet_us;
            arrive(take());
        } else if (client_us < world.wake_us) {
            world.now_us = client_us;
            if (is_dead(&world.clients[client]) && world.clients[client].is_joined) {
                world.clients[client].timer_us = INT64_MAX;
            } else {
                client_wake(client);
            }
        } else {
            world.now_us = world.wake_us > world.now_us ? world.wake_us : world.now_us;
            serve((struct tftp_multicast_event){.kind = TFTP_MULTICAST_WAKE});
        }
    }
}

static void start_world(void)
{
    memset(&world, 0, sizeof world);
}

static void assert_done(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        assert_int_equal(world.clients[i].got, world.block_count);
        assert_true(world.clients[i].is_done);
        assert_int_equal(world.outcomes[i], TFTP_OUTCOME_DONE);
    }
}

static void a_hundred_clients_get_a_file_for_the_price_of_one(void **state)
{
    (void)state;
    start_world();
    run(1, 2000, 100);
    assert_done(0, 100);
    assert_in_range(world.blocks_sent, 2000, 2010);
    assert_in_range(world.now_us, 0, 2 * SECOND);
}

static void loss_to_each_costs_little_more_than_what_was_lost(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        start_world();
        world.loss_permille = 10;
        run(seed, 4000, 10);
        for (unsigned i = 0; i < 10; i++) {
            assert_int_equal(world.clients[i].got, 4000);
        }
        assert_in_range(world.blocks_sent, 4000, 5500);
    }
}

static void heavy_loss_ends_well_too(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        start_world();
        world.loss_permille = 200;
        run(seed, 300, 8);
        unsigned whole = 0;
        for (unsigned i = 0; i < 8; i++) {
            whole += world.clients[i].got == 300;
        }
        assert_true(whole >= 7); // one may run out of its own five tries
    }
}

static void a_master_that_vanishes_holds_nobody_up_for_long(void **state)
{
    (void)state;
    start_world();
    world.clients[0].dies_us = SECOND / 2;
    run(3, 2000, 4);
    assert_done(1, 3);
    assert_int_equal(world.outcomes[0], TFTP_OUTCOME_TIMEOUT);
    assert_in_range(world.clients[3].done_us, SECOND, 6 * SECOND);
    assert_in_range(world.blocks_sent, 2000, 2040);
}

static void each_master_may_vanish_in_its_turn(void **state)
{
    (void)state;
    start_world();
    for (unsigned i = 0; i < 5; i++) {
        world.clients[i].dies_us = (int64_t)(i + 1) * 3 * SECOND / 2;
    }
    run(4, 4000, 6);
    assert_done(5, 1);
}

static void who_joins_in_the_middle_gets_the_beginning_later(void **state)
{
    (void)state;
    start_world();
    world.clients[1].joins_us = 200000;
    world.clients[2].joins_us = 400000;
    run(5, 2000, 3);
    assert_done(0, 3);
    assert_in_range(world.blocks_sent, 2900, 3020); // all, and the first half for the latest
}

static void ghosts_do_not_keep_a_real_client_from_its_file(void **state)
{
    (void)state;
    start_world();
    for (unsigned i = 0; i < 200; i++) {
        world.clients[i].kind = CLIENT_GHOST;
    }
    world.clients[200].joins_us = 1000;
    run(6, 1000, 201);
    assert_done(200, 1);
    assert_in_range(world.clients[200].done_us, 0, 25 * SECOND); // it waits for thirty seconds
    assert_in_range(world.oacks_sent, 200, 200 * 9 + 10);
}

static void a_slow_master_lets_the_others_go_first(void **state)
{
    (void)state;
    start_world();
    world.clients[0].kind = CLIENT_SLOW;
    world.clients[0].slow_us = 150000;
    run(7, 3000, 4);
    assert_done(0, 4);
    for (unsigned i = 1; i < 4; i++) {
        assert_in_range(world.clients[i].done_us, 0, 10 * SECOND);
    }
}

static void a_liar_is_as_good_as_silent(void **state)
{
    (void)state;
    start_world();
    world.clients[0].kind = CLIENT_LIAR;
    world.clients[2].kind = CLIENT_LIAR;
    run(8, 1000, 4);
    assert_done(1, 1);
    assert_done(3, 1);
    assert_in_range(world.clients[3].done_us, 0, 15 * SECOND);
}

static void clients_that_acknowledge_every_oack_start_no_storm(void **state)
{
    (void)state;
    start_world();
    for (unsigned i = 0; i < 30; i++) {
        world.clients[i].kind = CLIENT_EDK2;
    }
    run(9, 1000, 30);
    assert_done(0, 30);
    assert_in_range(world.oacks_sent, 30, 150);
}

static void a_world_of_everything_always_comes_to_an_end(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        start_world();
        world.dice = seed * 88172645463325252u + 1;
        unsigned count = 2 + (unsigned)(roll() % 20);
        for (unsigned i = 0; i < count; i++) {
            world.clients[i].kind = (enum kind)(roll() % 5);
            world.clients[i].joins_us = (int64_t)(roll() % (5 * SECOND));
            world.clients[i].dies_us = roll() % 3 == 0 ? (int64_t)(roll() % (20 * SECOND)) : 0;
            world.clients[i].loss_permille = roll() % 4 == 0 ? 150 : 5;
            world.clients[i].slow_us = world.clients[i].kind == CLIENT_SLOW ? 60000 : 0;
        }
        run(seed, 1 + (uint32_t)(roll() % 1500), count);
        assert_int_equal(group.member_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_master_and_who_comes_later_listens),
        cmocka_unit_test(an_ack_that_says_nothing_new_is_not_answered),
        cmocka_unit_test(who_acknowledges_and_is_not_master_is_told_so_but_not_again_and_again),
        cmocka_unit_test(a_listener_that_has_the_last_block_or_sends_an_error_is_out),
        cmocka_unit_test(a_master_that_falls_silent_is_told_before_the_next_one_is),
        cmocka_unit_test(a_lost_block_is_sent_again_by_a_timer_that_follows_the_round_trip),
        cmocka_unit_test(one_that_never_answers_is_given_up_after_few_packets),
        cmocka_unit_test(a_request_that_comes_again_is_answered_again),
        cmocka_unit_test(a_full_group_has_no_place),
        cmocka_unit_test(the_last_acknowledgement_may_be_lost),
        cmocka_unit_test(a_hundred_clients_get_a_file_for_the_price_of_one),
        cmocka_unit_test(loss_to_each_costs_little_more_than_what_was_lost),
        cmocka_unit_test(heavy_loss_ends_well_too),
        cmocka_unit_test(a_master_that_vanishes_holds_nobody_up_for_long),
        cmocka_unit_test(each_master_may_vanish_in_its_turn),
        cmocka_unit_test(who_joins_in_the_middle_gets_the_beginning_later),
        cmocka_unit_test(ghosts_do_not_keep_a_real_client_from_its_file),
        cmocka_unit_test(a_slow_master_lets_the_others_go_first),
        cmocka_unit_test(a_liar_is_as_good_as_silent),
        cmocka_unit_test(clients_that_acknowledge_every_oack_start_no_storm),
        cmocka_unit_test(a_world_of_everything_always_comes_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
