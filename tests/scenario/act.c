// SPDX-License-Identifier: GPL-3.0-or-later
// The lines of a client: who it is, what it sends and reads.
#include "base/text.h"
#include "scenario/statement.h"

#include <string.h>

// The machine with that MAC as it was, or a new one.
static struct machine_actor *actor_of(struct world *world, const struct hw *mac)
{
    for (unsigned i = 0; i < world->machine_count; i++) {
        if (hw_equal(&world->machines[i].mac, mac)) {
            return &world->machines[i];
        }
    }
    if (world->machine_count == WORLD_MACHINES_MOST) {
        return NULL;
    }
    struct machine_actor *actor = &world->machines[world->machine_count++];
    actor->mac = *mac;
    return actor;
}

bool statement_client(struct world *world, struct script_line *line, struct problem *problem)
{
    struct hw mac = {0};
    const char *name = script_take(line);
    const struct machine_kind *kind = name == NULL ? NULL : machine_kind_find(name);
    if (kind == NULL || !script_take_hw(line, "mac", &mac, problem) || mac.length == 0) {
        problem_set(problem, "client KIND mac M [uuid U] [relay A] [at A]; no kind is called '%s'", name);
        return false;
    }
    if (!world->is_open && !world_refresh(world, problem)) {
        return false;
    }
    struct machine_actor *actor = actor_of(world, &mac);
    if (actor == NULL) {
        problem_set(problem, "too many machines");
        return false;
    }
    world->current = actor;
    actor->kind = kind;
    return script_take_uuid(line, "uuid", &actor->uuid, problem) &&
           script_take_ip4(line, "relay", &actor->relay, problem) &&
           script_take_ip4(line, "at", &actor->address, problem);
}

enum message_shape { // which of its addresses a message carries
    SHAPE_PLAIN,     // none, or what the line says
    SHAPE_SELECTING, // the offer's
    SHAPE_OWN,       // its own, in ciaddr
    SHAPE_DECLINE,   // its own, and the server's
};

static const struct message_kind {
    const char *word;
    enum dhcp4_kind kind;
    enum message_shape shape;
    uint16_t port;
    bool is_unicast;
} MESSAGES[] = {
    {"discover", DHCP4_DISCOVER, SHAPE_PLAIN, DHCP4_SERVER_PORT, false},
    {"request", DHCP4_REQUEST, SHAPE_SELECTING, DHCP4_SERVER_PORT, false},
    {"reboot", DHCP4_REQUEST, SHAPE_PLAIN, DHCP4_SERVER_PORT, false},
    {"renew", DHCP4_REQUEST, SHAPE_OWN, DHCP4_SERVER_PORT, true},
    {"rebind", DHCP4_REQUEST, SHAPE_OWN, DHCP4_SERVER_PORT, false},
    {"decline", DHCP4_DECLINE, SHAPE_DECLINE, DHCP4_SERVER_PORT, false},
    {"release", DHCP4_RELEASE, SHAPE_OWN, DHCP4_SERVER_PORT, true},
    {"inform", DHCP4_INFORM, SHAPE_OWN, DHCP4_SERVER_PORT, true},
    {"bootp", DHCP4_BOOTP, SHAPE_PLAIN, DHCP4_SERVER_PORT, false},
    {"boot-request", DHCP4_REQUEST, SHAPE_OWN, DHCP4_PXE_PORT, true},
};

static const struct message_kind *find_message(const char *word)
{
    for (size_t i = 0; word != NULL && i < COUNT_OF(MESSAGES); i++) {
        if (strcmp(MESSAGES[i].word, word) == 0) {
            return &MESSAGES[i];
        }
    }
    return NULL;
}

static void shape_message(const struct machine_actor *actor, enum message_shape shape,
                          struct machine_message *message)
{
    switch (shape) {
    case SHAPE_PLAIN:
        break;
    case SHAPE_SELECTING:
        message->requested = actor->reply.yiaddr;
        dhcp4_find_ip4(&actor->reply, DHCP4_OPTION_SERVER_ID, &message->server);
        break;
    case SHAPE_OWN:
        message->ciaddr = actor->address;
        break;
    case SHAPE_DECLINE:
        message->requested = actor->address;
        dhcp4_find_ip4(&actor->reply, DHCP4_OPTION_SERVER_ID, &message->server);
        break;
    }
}

bool statement_sends(struct world *world, struct script_line *line, struct problem *problem)
{
    const char *word = script_take(line);
    const struct message_kind *kind = find_message(word);
    if (kind == NULL || world->current == NULL) {
        problem_set(problem, "a client that sends '%s' is not known", word == NULL ? "" : word);
        return false;
    }
    struct machine_message message = {.kind = kind->kind, .port = kind->port, .is_unicast = kind->is_unicast};
    shape_message(world->current, kind->shape, &message);
    world_begin(world);
    return script_take_ip4(line, "for", &message.requested, problem) &&
           script_take_ip4(line, "server", &message.server, problem) &&
           script_take_ip4(line, "from", &message.ciaddr, problem) &&
           machine_send(world, world->current, &message, problem);
}

// "answer/MACHINE/TOKEN/FILE" with the token of that machine's order, as its boot configuration had it.
static const char *fill_token(const struct world *world, const char *path, char out[CONTENT_PATH_BYTES])
{
    char name[MACHINE_NAME_BYTES] = "";
    const char *place = strstr(path, "/TOKEN/");
    if (place == NULL || !text_starts(path, "answer/")) {
        return path;
    }
    const char *start = path + strlen("answer/");
    if ((size_t)(place - start) < sizeof name) {
        memcpy(name, start, (size_t)(place - start));
    }
    const struct machine *machine = store_machine_find_name(world->store, name);
    const struct order *order = machine == NULL ? NULL : store_order_find_live(world->store, machine->id);
    struct text text;
    text_init(&text, out, CONTENT_PATH_BYTES);
    text_add_format(&text, "answer/%s/%s/%s", name, order == NULL ? "over" : order->token,
                    place + strlen("/TOKEN/"));
    return out;
}

bool statement_reads(struct world *world, struct script_line *line, struct problem *problem)
{
    uint64_t block_bytes = 0;
    uint64_t window = 0;
    struct machine_request request = {.is_http = script_take_flag(line, "http")};
    bool is_tftp = script_take_flag(line, "tftp");
    if (!script_take_number(line, "blksize", &block_bytes, problem) ||
        !script_take_number(line, "window", &window, problem) ||
        !script_take_number(line, "losing", &request.tftp.loses_block, problem) ||
        !script_take_number(line, "vanishing", &request.tftp.vanishes_at, problem)) {
        return false;
    }
    request.tftp.block_bytes = (uint16_t)block_bytes;
    request.tftp.window = (uint16_t)window;
    char filled[CONTENT_PATH_BYTES];
    request.path = script_take(line);
    if (request.path != NULL) {
        request.path = fill_token(world, request.path, filled);
    }
    if (is_tftp == request.is_http || request.path == NULL || world->current == NULL) {
        problem_set(problem, "reads tftp|http PATH [blksize N] [window N] [losing BLOCK] [vanishing BLOCK]");
        return false;
    }
    world_begin(world);
    machine_read(world, world->current, &request);
    return true;
}
