// SPDX-License-Identifier: GPL-3.0-or-later
#include "machine.h"

#include "base/text.h"
#include "machine_parts.h"
#include "wire/arp.h"
#include "wire/dhcp4.h"

#include <string.h>

#define NS_PER_MS 1000000ull

struct hw machine_hw(const struct machine *machine)
{
    uint32_t index = machine->index;
    return hw_ethernet(
        (const uint8_t[]){0x02, 0x00, 0x5e, (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index});
}

// The machine with that MAC address, or NULL.
static struct machine *machine_find(struct machine_world *world, const struct hw *hw)
{
    uint32_t index = (uint32_t)hw->octets[3] << 16 | (uint32_t)hw->octets[4] << 8 | hw->octets[5];
    if (hw->octets[0] != 0x02 || hw->octets[1] != 0x00 || hw->octets[2] != 0x5e || index >= world->count) {
        return NULL;
    }
    return &world->machines[index];
}

void machine_send(struct machine_world *world, const struct machine *machine, const struct frame_udp4 *frame)
{
    struct frame_udp4 whole = *frame;
    whole.from_hw = machine_hw(machine);
    size_t written = 0;
    uint8_t *room = link_get_room(world->link);
    enum status status = frame_encode_udp4(&whole, room, FRAME_MOST_BYTES, &written);
    assert(status == STATUS_OK);
    link_put(world->link, written);
}

static void send_arp(struct machine_world *world, const struct arp *arp)
{
    size_t written = 0;
    uint8_t *room = link_get_room(world->link);
    enum status status = arp_encode(arp, room, FRAME_MOST_BYTES, &written);
    assert(status == STATUS_OK);
    link_put(world->link, written);
}

static void receive_arp(struct machine_world *world, const uint8_t *bytes, size_t count)
{
    struct arp heard;
    if (arp_decode(bytes, count, &heard) != STATUS_OK || heard.operation == ARP_REPLY) {
        return;
    }
    uint32_t owner = world->owners[heard.target.value % MACHINE_OWNERS];
    if (owner == 0 || !ip4_equal(world->machines[owner - 1].address, heard.target)) {
        return;
    }
    struct hw hw = machine_hw(&world->machines[owner - 1]);
    struct arp answer = {.to_hw = heard.sender_hw,
                         .from_hw = hw,
                         .operation = ARP_REPLY,
                         .sender_hw = hw,
                         .sender = heard.target,
                         .target_hw = heard.sender_hw,
                         .target = heard.sender};
    send_arp(world, &answer);
}

void machine_receive(struct machine_world *world, const uint8_t *bytes, size_t count)
{
    if (count < FRAME_ETHERNET_BYTES) {
        return;
    }
    if ((bytes[12] << 8 | bytes[13]) == FRAME_TYPE_ARP) {
        receive_arp(world, bytes, count);
        return;
    }
    struct frame_udp4 frame;
    if (frame_decode_udp4(bytes, count, &frame) != STATUS_OK) {
        return;
    }
    if (frame.to_port == DHCP4_CLIENT_PORT) {
        machine_dhcp_receive(world, &frame);
        return;
    }
    struct machine *machine = machine_find(world, &frame.to_hw);
    if (machine != NULL && frame.to_port == machine->port && ip4_equal(frame.to, machine->address)) {
        machine_tftp_receive(world, machine, &frame);
    }
}

void machine_take_address(struct machine_world *world, struct machine *machine, struct ip4 address)
{
    uint32_t *owner = &world->owners[address.value % MACHINE_OWNERS];
    if (*owner != 0 && *owner != machine->index + 1 &&
        ip4_equal(world->machines[*owner - 1].address, address)) {
        world->tally.duplicates++;
    }
    *owner = machine->index + 1;
    machine->address = address;
}

void machine_start(struct machine_world *world, struct machine *machine)
{
    machine->started_ns = world->now_ns;
    machine_dhcp_start(world, machine);
}

void machine_wake(struct machine_world *world, struct machine *machine)
{
    if (machine->state >= MACHINE_PROBING) {
        machine_tftp_wake(world, machine);
    } else {
        machine_dhcp_wake(world, machine);
    }
}

bool machine_is_finished(const struct machine *machine)
{
    return machine->state == MACHINE_DONE || machine->state == MACHINE_FAILED;
}

void machine_wait(struct machine_world *world, struct machine *machine, uint64_t wait_ms)
{
    machine->deadline_ns = world->now_ns + wait_ms * NS_PER_MS;
}

static void machine_end(struct machine_world *world, struct machine *machine, enum machine_state state)
{
    machine->state = state;
    machine->deadline_ns = UINT64_MAX;
    machine->finished_ns = world->now_ns;
}

void machine_finish(struct machine_world *world, struct machine *machine)
{
    machine_end(world, machine, MACHINE_DONE);
    world->tally.done++;
}

void machine_fail(struct machine_world *world, struct machine *machine, const char *why)
{
    machine_end(world, machine, MACHINE_FAILED);
    if (world->tally.failed == 0) {
        struct text text;
        text_init(&text, world->tally.first_failure, sizeof world->tally.first_failure);
        text_add_format(&text, "machine %u: ", machine->index);
        text_add_escaped(&text, why, strlen(why));
    }
    world->tally.failed++;
}
