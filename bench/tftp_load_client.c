// SPDX-License-Identifier: GPL-3.0-or-later
#include "tftp_load_client.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define TFTP_PORT    69
#define HEADER_BYTES 4

enum operation { READ_REQUEST = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
enum error_code { UNKNOWN_TRANSFER = 5, REFUSED_OPTIONS = 8 };

static uint16_t get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

// ---- sending ----

static void add_string(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string) + 1);
}

static void add_option(struct text *text, const char *name, uint64_t value)
{
    char number[24];
    struct text digits;
    text_init(&digits, number, sizeof number);
    text_add_format(&digits, "%llu", (unsigned long long)value);
    add_string(text, name);
    add_string(text, number);
}

size_t load_client_encode_request(const struct load_plan *plan, uint8_t bytes[LOAD_LINK_SEND_BYTES])
{
    struct text text;
    text_init(&text, (char *)bytes, LOAD_LINK_SEND_BYTES);
    text_add_bytes(&text, "\0\1", 2);
    add_string(&text, plan->file);
    add_string(&text, "octet");
    if (!plan->has_no_tsize) {
        add_option(&text, "tsize", 0);
    }
    if (plan->block_bytes != 0) {
        add_option(&text, "blksize", plan->block_bytes);
    }
    if (plan->window_blocks > 1) {
        add_option(&text, "windowsize", plan->window_blocks);
    }
    return text.cut ? 0 : text.length;
}

static void rearm(const struct load_world *world, struct load_client *client)
{
    client->deadline_us = world->now_us + world->plan.timer_us;
}

static void send_request(struct load_world *world, uint32_t index)
{
    uint8_t bytes[LOAD_LINK_SEND_BYTES];
    size_t count = load_client_encode_request(&world->plan, bytes);
    load_link_send(world->link, world->now_us, index, TFTP_PORT, bytes, count);
    rearm(world, &world->clients[index]);
}

static void send_ack(struct load_world *world, uint32_t index)
{
    struct load_client *client = &world->clients[index];
    uint8_t bytes[HEADER_BYTES];
    put_u16(bytes, ACK);
    put_u16(bytes + 2, client->last_block);
    load_link_send(world->link, world->now_us, index, client->server_port, bytes, sizeof bytes);
    client->window_seen = 0;
    rearm(world, client);
}

static void send_error(struct load_world *world, uint32_t index, uint16_t port, enum error_code code)
{
    uint8_t bytes[HEADER_BYTES + 1] = {0};
    put_u16(bytes, ERROR);
    put_u16(bytes + 2, (uint16_t)code);
    load_link_send(world->link, world->now_us, index, port, bytes, sizeof bytes);
}

// ---- beginning and end ----

void load_client_start(struct load_world *world, uint32_t index)
{
    world->clients[index] = (struct load_client){
        .state = LOAD_CLIENT_OPENING, .block_bytes = 512, .window_blocks = 1, .started_us = world->now_us};
    if (load_link_begin(world->link, index)) {
        send_request(world, index);
    } else {
        load_client_fail(world, index, "no socket is left: raise the limit of descriptors");
    }
}

void load_client_fail(struct load_world *world, uint32_t index, const char *why)
{
    struct load_client *client = &world->clients[index];
    if (world->tally.failed++ == 0) {
        struct text text;
        text_init(&text, world->tally.first_failure, sizeof world->tally.first_failure);
        text_add_format(&text, "client %u, after %llu bytes: %s", index,
                        (unsigned long long)client->received_bytes, why);
    }
    client->state = LOAD_CLIENT_FAILED;
    client->deadline_us = UINT64_MAX;
}

// The server is to stop, too.
static void fail_and_tell(struct load_world *world, uint32_t index, const char *why)
{
    send_error(world, index, world->clients[index].server_port, REFUSED_OPTIONS);
    load_client_fail(world, index, why);
}

static void finish(struct load_world *world, uint32_t index)
{
    struct load_client *client = &world->clients[index];
    client->state = LOAD_CLIENT_DONE;
    client->finished_us = world->now_us;
    client->deadline_us = UINT64_MAX;
    world->tally.done++;
}

void load_client_wake(struct load_world *world, uint32_t index)
{
    struct load_client *client = &world->clients[index];
    if (++client->tries >= LOAD_CLIENT_TRIES_MOST) {
        load_client_fail(world, index, "the server fell silent");
        return;
    }
    world->tally.retransmissions++;
    if (client->state == LOAD_CLIENT_READING) {
        send_ack(world, index);
    } else {
        client->server_port = 0;
        send_request(world, index);
    }
}

// ---- OACK ----

struct cursor {
    const uint8_t *at;
    size_t left;
};

// The next NUL-terminated string; NULL at the end.
static const char *next_string(struct cursor *cursor)
{
    const uint8_t *start = cursor->at;
    const uint8_t *end = cursor->left == 0 ? NULL : memchr(start, 0, cursor->left);
    if (end == NULL) {
        return NULL;
    }
    cursor->left -= (size_t)(end + 1 - start);
    cursor->at = end + 1;
    return (const char *)start;
}

// Whether the client may live with the option.
static bool take_option(const struct load_plan *plan, struct load_client *client, const char *name,
                        const char *value)
{
    uint64_t number;
    if (text_parse_u64(value, UINT64_MAX, &number) != STATUS_OK) {
        return false;
    }
    if (text_equal_nocase(name, "tsize")) {
        return number == plan->expected_bytes;
    }
    if (text_equal_nocase(name, "blksize")) {
        client->block_bytes = (uint32_t)number;
        return number >= 8 && number <= plan->block_bytes;
    }
    client->window_blocks = (uint32_t)number;
    return text_equal_nocase(name, "windowsize") && number >= 1 && number <= plan->window_blocks;
}

static void take_options(struct load_world *world, uint32_t index, const struct load_packet *packet)
{
    struct load_client *client = &world->clients[index];
    struct cursor cursor = {packet->bytes + 2, packet->count - 2};
    const char *name;
    while ((name = next_string(&cursor)) != NULL) {
        const char *value = next_string(&cursor);
        if (value == NULL || !take_option(&world->plan, client, name, value)) {
            fail_and_tell(world, index, "the server grants what was not asked for");
            return;
        }
    }
    client->state = world->plan.holds ? LOAD_CLIENT_HELD : LOAD_CLIENT_READING;
    client->tries = 0;
    send_ack(world, index);
    if (world->plan.holds) {
        client->deadline_us = UINT64_MAX;
        world->tally.held++;
    }
}

// ---- DATA ----

static bool is_right(const struct load_plan *plan, const struct load_client *client, const uint8_t *data,
                     size_t count)
{
    uint64_t end = client->received_bytes + count;
    if (count > client->block_bytes || end > plan->expected_bytes) {
        return false;
    }
    if (count < client->block_bytes && end != plan->expected_bytes) {
        return false; // the file ends too early
    }
    return memcmp(plan->expected + client->received_bytes, data, count) == 0;
}

// The block that comes next. Only a whole window, or the end of the file, is acknowledged.
static void take_block(struct load_world *world, uint32_t index, const struct load_packet *packet)
{
    struct load_client *client = &world->clients[index];
    size_t count = packet->count - HEADER_BYTES;
    if (!is_right(&world->plan, client, packet->bytes + HEADER_BYTES, count)) {
        fail_and_tell(world, index, "the server sent other bytes than the file has");
        return;
    }
    client->state = LOAD_CLIENT_READING;
    client->last_block++;
    client->received_bytes += count;
    client->stray_ahead = 0;
    client->tries = 0;
    world->tally.bytes += count;
    world->tally.blocks++;
    bool is_last = count < client->block_bytes;
    if (++client->window_seen >= client->window_blocks || is_last) {
        send_ack(world, index);
    } else {
        rearm(world, client);
    }
    if (is_last) {
        finish(world, index);
    }
}

// A block behind a gap. The server is told once for each gap (RFC 7440 section 4): blocks that go on counting
// upwards belong to the window that was told of, one that does not begins a new one.
static void take_stray(struct load_world *world, uint32_t index, uint16_t ahead)
{
    struct load_client *client = &world->clients[index];
    world->tally.strays++;
    if (world->plan.acks_all || ahead <= client->stray_ahead || client->stray_ahead == 0) {
        send_ack(world, index);
    }
    client->stray_ahead = ahead;
}

static void take_data(struct load_world *world, uint32_t index, const struct load_packet *packet)
{
    struct load_client *client = &world->clients[index];
    uint16_t ahead = (uint16_t)(get_u16(packet->bytes + 2) - client->last_block);
    bool is_live = client->state == LOAD_CLIENT_OPENING || client->state == LOAD_CLIENT_READING;
    if (ahead == 1 && is_live) {
        take_block(world, index, packet);
    } else if (ahead != 0 && ahead <= client->window_blocks && is_live) {
        take_stray(world, index, ahead);
    } else {
        world->tally.duplicates++;
        // The last block again: our ACK got lost. Others before it: this one follows.
        if (ahead == 0 || world->plan.acks_all) {
            uint64_t deadline_us = client->deadline_us;
            send_ack(world, index);
            client->deadline_us = is_live ? client->deadline_us : deadline_us;
        }
    }
}

static void take_error(struct load_world *world, uint32_t index, const struct load_packet *packet)
{
    char why[128];
    struct text text;
    text_init(&text, why, sizeof why);
    text_add(&text, "the server says: ");
    text_add_escaped(&text, (const char *)packet->bytes + HEADER_BYTES,
                     strnlen((const char *)packet->bytes + HEADER_BYTES, packet->count - HEADER_BYTES));
    load_client_fail(world, index, why);
}

void load_client_take(struct load_world *world, const struct load_packet *packet)
{
    if (packet->client >= world->count || packet->count < HEADER_BYTES) {
        return;
    }
    struct load_client *client = &world->clients[packet->client];
    if (client->state == LOAD_CLIENT_OFF || client->state == LOAD_CLIENT_FAILED ||
        client->state == LOAD_CLIENT_HELD) {
        return;
    }
    uint16_t operation = get_u16(packet->bytes);
    if (client->server_port == 0) {
        client->server_port = packet->server_port; // the server's for this transfer (RFC 1350 section 4)
        load_link_settle(world->link, packet->client, packet->server_port);
    } else if (client->server_port != packet->server_port) {
        if (operation != ERROR) {
            send_error(world, packet->client, packet->server_port, UNKNOWN_TRANSFER);
        }
        return;
    }
    if (operation == DATA) {
        take_data(world, packet->client, packet);
    } else if (operation == OACK && client->state == LOAD_CLIENT_OPENING) {
        take_options(world, packet->client, packet);
    } else if (operation == OACK && client->received_bytes == 0 && client->state == LOAD_CLIENT_READING) {
        send_ack(world, packet->client); // our ACK of it got lost
    } else if (operation == ERROR && client->state != LOAD_CLIENT_DONE) {
        take_error(world, packet->client, packet);
    }
}
