// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/hash.h"
#include "base/text.h"
#include "base/writer.h"
#include "machine_parts.h"
#include "wire/dhcp4.h"
#include "wire/pxe.h"

#include <string.h>

#define FIRST_WAIT_MS 4000u
#define JITTER_MS     1000u
#define NS_PER_S      1000000000ull

// Where a machine is in its chaddr: see machine_hw.
static struct machine *find_client(struct machine_world *world, const struct dhcp4_message *message)
{
    const uint8_t *octets = message->chaddr.octets;
    uint32_t index = (uint32_t)octets[3] << 16 | (uint32_t)octets[4] << 8 | octets[5];
    if (index >= world->count) {
        return NULL;
    }
    struct machine *machine = &world->machines[index];
    struct hw hw = machine_hw(machine);
    return hw_equal(&hw, &message->chaddr) && machine->xid == message->xid ? machine : NULL;
}

static void put_firmware_options(const struct machine *machine, struct dhcp4_reply *message)
{
    static const uint8_t PARAMETERS[] = {1,  2,  3,  4,   5,   6,   12,  13,  15,  17,  18, 22,
                                         23, 28, 40, 41,  42,  43,  50,  51,  54,  58,  59, 60,
                                         66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135};
    static const uint8_t UNDI[3] = {1, 2, 1};
    uint8_t uuid[17] = {0, 0x73, 0x74, 0x6f, 0x72, 0x6d, 0x00, 0x10, 0x40, 0x80, 0x01};
    struct writer writer = writer_init(uuid + 13, 4);
    write_be32(&writer, machine->index + 1);
    dhcp4_put_bytes(message, DHCP4_OPTION_PARAMETERS, PARAMETERS, sizeof PARAMETERS);
    dhcp4_put_string(message, DHCP4_OPTION_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001");
    dhcp4_put_u16(message, DHCP4_OPTION_ARCHITECTURE, PXE_X86_BIOS);
    dhcp4_put_bytes(message, DHCP4_OPTION_NETWORK_INTERFACE, UNDI, sizeof UNDI);
    dhcp4_put_bytes(message, DHCP4_OPTION_MACHINE_UUID, uuid, sizeof uuid);
}

static void put_options(const struct machine *machine, struct dhcp4_reply *message)
{
    static const uint8_t PARAMETERS[] = {1, 3, 6, 12, 15, 28, 42};
    dhcp4_put_u16(message, DHCP4_OPTION_MAXIMUM_SIZE, 1260);
    dhcp4_put_bytes(message, DHCP4_OPTION_PARAMETERS, PARAMETERS, sizeof PARAMETERS);
    if (machine->task == MACHINE_TASK_BOOT || machine->task == MACHINE_TASK_PROXY) {
        put_firmware_options(machine, message);
    }
    if (machine->state == MACHINE_REQUESTING) {
        dhcp4_put_ip4(message, DHCP4_OPTION_REQUESTED_ADDRESS, machine->offered);
        dhcp4_put_ip4(message, DHCP4_OPTION_SERVER_ID, machine->server);
    }
}

// 4, 8, 16, 32 s; with jitter up to a second less or more (RFC 2131 section 4.1), the same in every run.
static uint64_t pick_wait_ms(const struct machine_world *world, const struct machine *machine)
{
    uint64_t wait_ms = FIRST_WAIT_MS << machine->tries;
    if (!world->has_jitter) {
        return wait_ms;
    }
    uint64_t hash = hash_bytes((struct hash_key){machine->tries, 0}, &machine->xid, sizeof machine->xid);
    return wait_ms - JITTER_MS + hash % (2 * JITTER_MS);
}

static void send_message(struct machine_world *world, struct machine *machine)
{
    bool is_renewal = machine->state == MACHINE_RENEWING;
    struct dhcp4_reply message;
    memset(&message, 0, sizeof message);
    message.op = DHCP4_OP_REQUEST;
    message.kind = machine->state == MACHINE_DISCOVERING ? DHCP4_DISCOVER : DHCP4_REQUEST;
    message.chaddr = machine_hw(machine);
    message.xid = machine->xid;
    message.secs = (uint16_t)((world->now_ns - machine->started_ns) / NS_PER_S);
    message.broadcast = !is_renewal;
    message.ciaddr = is_renewal ? machine->address : (struct ip4){0};
    put_options(machine, &message);
    uint8_t bytes[DHCP4_MOST_BYTES];
    size_t written = 0;
    enum status status = dhcp4_encode(&message, sizeof bytes, bytes, sizeof bytes, &written);
    assert(status == STATUS_OK);
    struct frame_udp4 frame = {.to_hw = is_renewal ? machine->server_hw : frame_broadcast(),
                               .to = is_renewal ? machine->server : (struct ip4){UINT32_MAX},
                               .from = message.ciaddr,
                               .to_port = DHCP4_SERVER_PORT,
                               .from_port = DHCP4_CLIENT_PORT,
                               .payload = bytes,
                               .payload_bytes = written};
    machine_send(world, machine, &frame);
    machine_wait(world, machine, pick_wait_ms(world, machine));
}

static void begin(struct machine_world *world, struct machine *machine, enum machine_state state)
{
    machine->state = state;
    machine->tries = 0;
    send_message(world, machine);
}

void machine_dhcp_start(struct machine_world *world, struct machine *machine)
{
    machine->xid += 0x01000193u * (machine->index + 1); // another one for each exchange
    bool is_renewal = machine->task == MACHINE_TASK_RENEW;
    begin(world, machine, is_renewal ? MACHINE_RENEWING : MACHINE_DISCOVERING);
}

void machine_dhcp_wake(struct machine_world *world, struct machine *machine)
{
    static const char *const WHY[] = {[MACHINE_DISCOVERING] = "no offer came",
                                      [MACHINE_REQUESTING] = "no answer to its request came",
                                      [MACHINE_RENEWING] = "no answer to its renewal came"};
    machine->tries++;
    if (machine->tries == MACHINE_DHCP_TRIES) {
        machine_fail(world, machine, WHY[machine->state]);
        return;
    }
    world->tally.dhcp_retransmissions++;
    send_message(world, machine);
}

static bool find_boot_file(const struct dhcp4_message *ack, char out[MACHINE_FILE_BYTES])
{
    return dhcp4_find_string(ack, DHCP4_OPTION_BOOT_FILE, out, MACHINE_FILE_BYTES) ||
           (ack->file[0] != '\0' && text_copy(out, MACHINE_FILE_BYTES, ack->file) == STATUS_OK);
}

static void take_ack(struct machine_world *world, struct machine *machine, const struct dhcp4_message *ack,
                     const struct hw *from)
{
    machine_take_address(world, machine, ack->yiaddr);
    machine->leased_ns = world->now_ns;
    machine->server_hw = *from;
    if (machine->task != MACHINE_TASK_BOOT) {
        machine_finish(world, machine);
    } else if (!find_boot_file(ack, machine->file)) {
        machine_fail(world, machine, "its lease names no boot file");
    } else if (ack->siaddr.value != 0 && !ip4_equal(ack->siaddr, machine->server)) {
        machine_fail(world, machine, "its boot server is another one than its DHCP server");
    } else {
        machine_tftp_start(world, machine);
    }
}

// Somebody else gives the address; this one says that there is something to boot.
static void take_proxy_offer(struct machine_world *world, struct machine *machine,
                             const struct dhcp4_message *offer)
{
    const struct dhcp4_option *class = dhcp4_find(offer, DHCP4_OPTION_VENDOR_CLASS);
    bool is_for_firmware = class != NULL && class->length == 9 && memcmp(class->data, "PXEClient", 9) == 0;
    if (offer->kind != DHCP4_OFFER || machine->state != MACHINE_DISCOVERING || !is_for_firmware) {
        return;
    }
    machine->leased_ns = world->now_ns;
    if (offer->yiaddr.value != 0) {
        machine_fail(world, machine, "a proxy offered an address");
    } else {
        machine_finish(world, machine);
    }
}

void machine_dhcp_receive(struct machine_world *world, const struct frame_udp4 *frame)
{
    _Alignas(max_align_t) uint8_t memory[DHCP4_ARENA_BYTES];
    struct arena arena = arena_init(memory, sizeof memory);
    struct dhcp4_message message;
    if (dhcp4_decode(frame->payload, frame->payload_bytes, &arena, &message, NULL) != STATUS_OK) {
        return;
    }
    struct machine *machine = find_client(world, &message);
    if (machine == NULL) {
        return;
    }
    bool wants_ack = machine->state == MACHINE_REQUESTING || machine->state == MACHINE_RENEWING;
    if (machine->task == MACHINE_TASK_PROXY) {
        take_proxy_offer(world, machine, &message);
    } else if (message.kind == DHCP4_OFFER && machine->state == MACHINE_DISCOVERING) {
        machine->offered = message.yiaddr;
        if (dhcp4_find_ip4(&message, DHCP4_OPTION_SERVER_ID, &machine->server)) {
            begin(world, machine, MACHINE_REQUESTING);
        }
    } else if (message.kind == DHCP4_ACK && wants_ack) {
        take_ack(world, machine, &message, &frame->from_hw);
    } else if (message.kind == DHCP4_NAK && wants_ack) {
        world->tally.naks++;
        machine->xid++;
        begin(world, machine, MACHINE_DISCOVERING);
    }
}
