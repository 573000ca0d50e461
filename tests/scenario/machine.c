// SPDX-License-Identifier: GPL-3.0-or-later
#include "scenario/machine.h"

#include "scenario/world.h"
#include "service/server_notes.h"
#include "wire/pxe.h"

#include <string.h>

#define NO_INTERFACE UINT32_MAX // nobody is in this machine's own neighbour table

static const struct machine_kind KINDS[] = {
    {"bios", "PXEClient:Arch:00000:UNDI:002001", PXE_X86_BIOS, true, false, true},
    {"uefi-x64", "PXEClient:Arch:00007:UNDI:003000", PXE_X64_UEFI, true, false, true},
    {"uefi-ia32", "PXEClient:Arch:00006:UNDI:003000", PXE_IA32_UEFI, true, false, true},
    {"uefi-arm64", "PXEClient:Arch:00011:UNDI:003000", PXE_ARM64_UEFI, true, false, true},
    {"uefi-riscv64", "PXEClient:Arch:00027:UNDI:003000", PXE_RISCV64_UEFI, true, false, true},
    {"uefi-x64-http", "HTTPClient:Arch:00016:UNDI:003000", PXE_X64_UEFI_HTTP, true, false, true},
    {"bios-ipxe", "PXEClient:Arch:00000:UNDI:002001", PXE_X86_BIOS, true, true, false},
    {"uefi-x64-ipxe", "PXEClient:Arch:00007:UNDI:003010", PXE_X64_UEFI, true, true, false},
    {"system", "", 0, false, false, false},
};

const struct machine_kind *machine_kind_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (strcmp(KINDS[i].name, name) == 0) {
            return &KINDS[i];
        }
    }
    return NULL;
}

static void put_kind(const struct machine_actor *machine, struct dhcp4_reply *out)
{
    static const uint8_t INTERFACE[] = {1, 3, 0};
    static const uint8_t IPXE[] = {PXE_IPXE_HTTP, 1, 1};
    const struct machine_kind *kind = machine->kind;
    dhcp4_put_string(out, DHCP4_OPTION_VENDOR_CLASS, kind->class);
    if (kind->is_netboot) {
        struct uuid wire = uuid_swap(&machine->uuid);
        uint8_t uuid[sizeof wire.bytes + 1] = {0};
        memcpy(uuid + 1, wire.bytes, sizeof wire.bytes);
        dhcp4_put_u16(out, DHCP4_OPTION_ARCHITECTURE, kind->architecture);
        dhcp4_put_bytes(out, DHCP4_OPTION_NETWORK_INTERFACE, INTERFACE, sizeof INTERFACE);
        dhcp4_put_bytes(out, DHCP4_OPTION_MACHINE_UUID, uuid, sizeof uuid);
        dhcp4_put_u16(out, DHCP4_OPTION_MAXIMUM_SIZE, DHCP4_MOST_BYTES);
    }
    if (kind->is_ipxe) {
        dhcp4_put_string(out, DHCP4_OPTION_USER_CLASS, "iPXE");
        dhcp4_put_bytes(out, DHCP4_OPTION_IPXE, IPXE, sizeof IPXE);
    }
}

static enum status write_message(const struct machine_actor *machine, const struct machine_message *message,
                                 uint8_t *bytes, size_t *count)
{
    static struct dhcp4_reply out;
    struct dhcp4_message none = {.xid = 0x2a2a2a2a, .chaddr = machine->mac, .giaddr = machine->relay};
    dhcp4_reply_init(&out, &none, message->kind);
    out.op = DHCP4_OP_REQUEST;
    out.hops = machine->relay.value != 0;
    out.broadcast = machine->kind->broadcasts && message->ciaddr.value == 0;
    out.ciaddr = message->ciaddr;
    put_kind(machine, &out);
    if (message->requested.value != 0) {
        dhcp4_put_ip4(&out, DHCP4_OPTION_REQUESTED_ADDRESS, message->requested);
    }
    if (message->server.value != 0) {
        dhcp4_put_ip4(&out, DHCP4_OPTION_SERVER_ID, message->server);
    }
    return dhcp4_encode(&out, DHCP4_MOST_BYTES, bytes, DHCP4_DATAGRAM_BYTES, count);
}

static bool take_reply(struct machine_actor *machine, const struct dhcp_answer *answer,
                       struct problem *problem)
{
    size_t count = 0;
    struct arena arena = arena_init(machine->arena, sizeof machine->arena);
    machine->has_reply = answer->actions.has_reply;
    if (!machine->has_reply) {
        return true;
    }
    enum status status = dhcp4_encode(&answer->actions.reply, answer->limit_bytes, machine->bytes,
                                      sizeof machine->bytes, &count);
    if (status == STATUS_OK) {
        status = dhcp4_decode(machine->bytes, count, &arena, &machine->reply, problem);
    }
    if (status != STATUS_OK) {
        problem_set(problem, "the server's reply cannot be sent or read: %s", status_text(status));
        return false;
    }
    machine->reply_to = answer->actions.to;
    machine->reply_port = answer->actions.to_port;
    if (machine->reply.kind == DHCP4_ACK && machine->reply.yiaddr.value != 0) {
        machine->address = machine->reply.yiaddr;
    }
    return true;
}

bool machine_send(struct world *world, struct machine_actor *machine, const struct machine_message *message,
                  struct problem *problem)
{
    static uint8_t bytes[DHCP4_DATAGRAM_BYTES];
    static uint8_t memory[DHCP4_ARENA_BYTES] __attribute__((aligned(16)));
    static struct dhcp_answer answer;
    struct arena arena = arena_init(memory, sizeof memory);
    size_t count = 0;
    if (write_message(machine, message, bytes, &count) != STATUS_OK) {
        problem_set(problem, "the client's message does not fit");
        return false;
    }
    struct dhcp_answer_world facts = world_answer(world);
    bool is_step_two = message->port == DHCP4_PXE_PORT;
    struct dhcp_question question = {.bytes = bytes,
                                     .count = count,
                                     .port = message->port,
                                     .from = is_step_two ? machine->address : message->ciaddr,
                                     .from_port = is_step_two ? DHCP4_PXE_PORT : DHCP4_CLIENT_PORT,
                                     .is_unicast = message->is_unicast};
    enum status status = dhcp_answer(&facts, &question, &arena, &answer);
    if (status != STATUS_OK) {
        problem_set(problem, "the server could not read the message: %s", status_text(status));
        return false;
    }
    for (unsigned i = 0; i < answer.actions.reasons.count; i++) {
        world->has_reason[answer.actions.reasons.ids[i]] = true;
    }
    if (store_commit(world->store, problem) != STATUS_OK) {
        return false;
    }
    return take_reply(machine, &answer, problem);
}

// The file by TFTP, over a wire that loses what the script says; by HTTP in one piece.
static enum transfer_outcome transfer(struct machine_actor *machine, const struct machine_request *request,
                                      uint64_t size)
{
    if (request->is_http) {
        machine->has_all = true;
        return TRANSFER_DONE;
    }
    machine->transfer = request->tftp;
    machine->transfer.size_bytes = size;
    machine->transfer.delay_us = 100;
    machine->transfer.seed = 1;
    simulation_run(&machine->transfer);
    machine->has_all = machine->transfer.has_all;
    return machine->transfer.outcome == TFTP_OUTCOME_DONE ? TRANSFER_DONE : TRANSFER_TIMEOUT;
}

static void tell_end(struct world *world, const struct machine_actor *machine, struct transfer_end *end,
                     const struct content_node *node)
{
    end->size = node->size;
    end->sent = end->outcome == TRANSFER_DONE ? node->size : 0;
    end->part = node->part;
    end->machine_id = node->machine_id;
    end->order_id = node->order_id;
    end->client = ip_from_ip4(machine->address);
    (void)text_copy(end->served, sizeof end->served, node->path);
    server_note_transfer(&world->notes, end);
}

void machine_read(struct world *world, struct machine_actor *machine, const struct machine_request *request)
{
    const char *query = strchr(request->path, '?');
    size_t length = query == NULL ? strlen(request->path) : (size_t)(query - request->path);
    struct content_client client = {.address = ip_from_ip4(machine->address),
                                    .server = ip_from_ip4(world->server),
                                    .interface_index = NO_INTERFACE,
                                    .query = query == NULL ? "" : query + 1,
                                    .is_http = request->is_http};
    static struct transfer_end end;
    end = (struct transfer_end){.protocol = request->is_http ? TRANSFER_HTTP : TRANSFER_TFTP};
    (void)text_copy(end.asked, sizeof end.asked, request->path);
    machine->head[0] = '\0';
    machine->has_all = false;
    struct content_node node;
    enum status status = content_open(&world->tree, request->path, length, &client, &node, &end.reasons);
    machine->has_file = status == STATUS_OK;
    for (unsigned i = 0; i < end.reasons.count; i++) {
        world->has_reason[end.reasons.ids[i]] = true;
    }
    if (status != STATUS_OK) {
        return;
    }
    int64_t got = content_node_read(&node, 0, machine->head, sizeof machine->head - 1);
    machine->head[got < 0 ? 0 : got] = '\0';
    end.outcome = transfer(machine, request, node.size);
    tell_end(world, machine, &end, &node);
    content_node_close(&node);
}
