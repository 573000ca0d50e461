// SPDX-License-Identifier: GPL-3.0-or-later
// Any sequence of joins, ACKs, ERRORs, closed ports and wake-ups: at most one master, blocks inside the file,
// the same members for the session and for us, and left alone the group comes to an end.
#include "fuzz/fuzz.h"
#include "session/tftp_multicast.h"

#define EVENT_BYTES 4
#define WAKES_MOST  4000

struct world {
    struct tftp_multicast_group group;
    struct tftp_multicast_action actions[TFTP_MULTICAST_ACTIONS_MOST];
    bool is_member[TFTP_MULTICAST_MEMBERS_MOST];
    unsigned members;
    int64_t now_us;
    int64_t wake_us;
};

static void check_action(struct world *world, const struct tftp_multicast_action *action, bool is_last)
{
    const struct tftp_multicast_group *group = &world->group;
    switch (action->kind) {
    case TFTP_MULTICAST_SEND_OACK:
        fuzz_must(world->is_member[action->member]);
        break;
    case TFTP_MULTICAST_SEND_BLOCK:
        fuzz_must(group->master != TFTP_MULTICAST_NOBODY && world->is_member[group->master]);
        fuzz_must(action->block == group->members[group->master].acked + 1 &&
                  action->block <= group->block_count);
        break;
    case TFTP_MULTICAST_ENDED:
        fuzz_must(world->is_member[action->member]);
        world->is_member[action->member] = false;
        world->members--;
        break;
    case TFTP_MULTICAST_WAKE_AT:
        fuzz_must(is_last && action->at_us != INT64_MAX);
        world->wake_us = action->at_us;
        break;
    case TFTP_MULTICAST_FINISHED:
        fuzz_must(is_last && world->members == 0);
        break;
    }
}

static void check_group(const struct world *world)
{
    const struct tftp_multicast_group *group = &world->group;
    unsigned masters = 0;
    unsigned asked = 0;
    for (unsigned i = 0; i < TFTP_MULTICAST_MEMBERS_MOST; i++) {
        fuzz_must((group->members[i].role != TFTP_MULTICAST_ABSENT) == world->is_member[i]);
        masters += group->members[i].role == TFTP_MULTICAST_MASTER;
        asked += group->members[i].role == TFTP_MULTICAST_ASKED;
    }
    fuzz_must(group->member_count == world->members && masters <= 1);
    fuzz_must(masters == (group->master != TFTP_MULTICAST_NOBODY));
    fuzz_must(world->members == 0 || masters + asked != 0); // somebody always can move it on
}

static void step(struct world *world, struct tftp_multicast_event event)
{
    event.now_us = world->now_us;
    unsigned count = tftp_multicast_step(&world->group, &event, world->actions);
    fuzz_must(count >= 1 && count <= TFTP_MULTICAST_ACTIONS_MOST);
    for (unsigned i = 0; i < count; i++) {
        check_action(world, &world->actions[i], i + 1 == count);
    }
    check_group(world);
    if (world->members == 0) {
        tftp_multicast_init(&world->group, world->group.block_count);
        world->wake_us = INT64_MAX;
    }
}

static void join(struct world *world)
{
    uint16_t place = tftp_multicast_find_place(&world->group);
    if (place == TFTP_MULTICAST_NOBODY) {
        return;
    }
    world->is_member[place] = true;
    world->members++;
    step(world, (struct tftp_multicast_event){.kind = TFTP_MULTICAST_JOIN, .member = place});
}

static void wake(struct world *world)
{
    world->now_us = world->wake_us > world->now_us ? world->wake_us : world->now_us;
    step(world, (struct tftp_multicast_event){.kind = TFTP_MULTICAST_WAKE});
}

static void next_event(struct world *world, const uint8_t *data)
{
    static const enum tftp_multicast_event_kind KINDS[] = {TFTP_MULTICAST_ACK, TFTP_MULTICAST_ACK,
                                                           TFTP_MULTICAST_REPEAT, TFTP_MULTICAST_ERROR,
                                                           TFTP_MULTICAST_GONE};
    struct tftp_multicast_event event = {.member = data[1], .block = data[2], .code = data[2] % 9};
    unsigned kind = data[0] % 8;
    world->now_us += (int64_t)data[3] << (data[0] >> 3 & 15);
    if (kind == 0) {
        join(world);
    } else if (kind == 1 && world->members != 0) {
        wake(world);
    } else if (kind == 2 && world->members != 0 && world->group.master != TFTP_MULTICAST_NOBODY) {
        event.kind = TFTP_MULTICAST_ACK; // what a good master says
        event.member = world->group.master;
        event.block = (uint16_t)(world->group.members[event.member].acked + 1 + data[2] % 3);
        step(world, event);
    } else if (kind >= 3 && world->members != 0) {
        event.kind = KINDS[kind - 3];
        step(world, event);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world; // too large for the stack
    if (size < 2) {
        return 0;
    }
    world = (struct world){.wake_us = INT64_MAX};
    tftp_multicast_init(&world.group,
                        1u + data[0] + (data[1] == 255 ? TFTP_MULTICAST_BLOCKS_MOST - 256u : 0));
    for (size_t at = 2; at + EVENT_BYTES <= size; at += EVENT_BYTES) {
        next_event(&world, data + at);
    }
    for (unsigned i = 0; world.members != 0; i++) { // and left alone it comes to an end
        fuzz_must(i < WAKES_MOST * 2);
        wake(&world);
    }
    return 0;
}
