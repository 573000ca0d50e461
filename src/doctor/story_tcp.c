// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP, and TCP as far as a boot depends on it, in a story.
#include "doctor/story.h"

#include <string.h>

#define OK_FROM   200
#define OK_BELOW  300
#define GONE_FROM 400

static bool is_web_port(uint16_t port)
{
    return port == 80 || port == 8080 || port == 3000 || port == 8000;
}

static struct story_transfer *connect_to(struct story *story, const struct sight *sight)
{
    struct story_transfer *transfer =
        story_find_transfer(story, STORY_TCP, sight->to, sight->from_port, sight->to_port);
    if (transfer != NULL && transfer->state == STORY_ASKED) {
        transfer->requests++; // SYN again
        return transfer;
    }
    transfer = story_add_transfer(story, is_web_port(sight->to_port) ? STORY_HTTP : STORY_TCP, sight->at_us);
    transfer->server = sight->to;
    transfer->client_port = sight->from_port;
    transfer->server_port = transfer->reply_port = sight->to_port;
    return transfer;
}

// A kept connection carries one request after the other: each is a transfer of its own.
static struct story_transfer *begin_request(struct story *story, struct story_transfer *transfer,
                                            const struct sight *sight)
{
    const struct sight_tcp *tcp = &sight->tcp;
    if (transfer->name[0] != '\0') {
        struct story_transfer *next = story_add_transfer(story, STORY_HTTP, sight->at_us);
        next->server = sight->to;
        next->client_port = sight->from_port;
        next->server_port = next->reply_port = sight->to_port;
        transfer = next;
    }
    transfer->protocol = STORY_HTTP;
    transfer->state = STORY_AGREED;
    memcpy(transfer->name, tcp->name, sizeof transfer->name);
    return transfer;
}

static void check_done(struct story_transfer *transfer)
{
    if (transfer->state == STORY_RUNNING && transfer->size != UINT64_MAX &&
        transfer->taken_bytes >= transfer->size) {
        transfer->state = STORY_DONE;
    }
}

static void begin_answer(struct story_transfer *transfer, const struct sight_tcp *tcp)
{
    transfer->has_answer = true;
    transfer->first_sequence = tcp->sequence;
    transfer->header_bytes = tcp->http_header_bytes;
    transfer->size = tcp->http_length;
    transfer->error = tcp->http_status;
    transfer->state = tcp->http_status >= GONE_FROM ? STORY_REFUSED : STORY_RUNNING;
    if (tcp->http_status >= OK_BELOW && tcp->http_status < GONE_FROM) { // moved, or not modified
        transfer->state = STORY_DONE;
    }
    if (tcp->http_status >= OK_FROM && tcp->http_status < OK_BELOW && transfer->size == 0) {
        transfer->state = STORY_DONE;
    }
}

static void see_client(struct story *story, struct story_transfer *transfer, const struct sight *sight)
{
    const struct sight_tcp *tcp = &sight->tcp;
    if (tcp->is_get) {
        transfer = begin_request(story, transfer, sight);
    }
    if (tcp->is_get && tcp->http_status != 0) { // a log's line, which has both
        begin_answer(transfer, tcp);
        return;
    }
    transfer->silent_repeats = 0;
    if (tcp->tls_alert != 0) {
        transfer->tls_alert = tcp->tls_alert;
    }
    if (transfer->has_answer && (tcp->flags & DISSECT_TCP_ACK) != 0) {
        uint32_t taken = tcp->acknowledged - transfer->first_sequence - transfer->header_bytes;
        // Sequence numbers wrap at 4 GiB: what goes forward by less than half of it is progress.
        uint32_t step = taken - (uint32_t)transfer->taken_bytes;
        if (step < UINT32_MAX / 2) {
            transfer->taken_bytes += step;
        }
        check_done(transfer);
    }
    if ((tcp->flags & DISSECT_TCP_RST) != 0 && transfer->state == STORY_RUNNING) {
        transfer->state = STORY_BROKEN;
        transfer->is_error_of_client = true;
    }
}

static void see_server(struct story_transfer *transfer, const struct sight *sight)
{
    const struct sight_tcp *tcp = &sight->tcp;
    transfer->server_packets++;
    if ((tcp->flags & DISSECT_TCP_RST) != 0) {
        transfer->state = transfer->state == STORY_ASKED     ? STORY_REFUSED
                          : transfer->state == STORY_RUNNING ? STORY_BROKEN
                                                             : transfer->state;
        return;
    }
    if ((tcp->flags & DISSECT_TCP_SYN) != 0 && transfer->state == STORY_ASKED) {
        transfer->state = STORY_AGREED;
        return;
    }
    if (tcp->http_status != 0 && transfer->state == STORY_AGREED) {
        begin_answer(transfer, tcp);
    }
    if (transfer->has_answer && tcp->bytes != 0) {
        uint32_t sent =
            tcp->sequence + (uint32_t)tcp->bytes - transfer->first_sequence - transfer->header_bytes;
        uint32_t step = sent - (uint32_t)transfer->bytes;
        if (step < UINT32_MAX / 2) {
            transfer->bytes += step;
        } else {
            transfer->repeats++;
            transfer->silent_repeats++;
        }
    }
    if ((tcp->flags & DISSECT_TCP_FIN) != 0 && transfer->state == STORY_RUNNING &&
        transfer->size == UINT64_MAX) {
        transfer->state = STORY_DONE; // its end is the connection's
    } else if ((tcp->flags & DISSECT_TCP_FIN) != 0 && transfer->state == STORY_RUNNING &&
               transfer->bytes < transfer->size) {
        transfer->has_end = true; // too early
    }
}

void story_see_tcp(struct story *story, const struct sight *sight, bool is_from_client)
{
    struct story_transfer *transfer =
        is_from_client ? story_find_transfer(story, STORY_TCP, sight->to, sight->from_port, sight->to_port)
                       : story_find_transfer(story, STORY_TCP, sight->from, sight->to_port, sight->from_port);
    bool is_syn = (sight->tcp.flags & (DISSECT_TCP_SYN | DISSECT_TCP_ACK)) == DISSECT_TCP_SYN;
    if (is_from_client && (is_syn || (transfer == NULL && sight->tcp.is_get))) {
        transfer = connect_to(story, sight);
    }
    if (transfer == NULL) {
        return;
    }
    transfer->ended_us = sight->at_us;
    if (!is_from_client) {
        story->names_answer = story->names_answer || sight->tcp.names_answer;
        see_server(transfer, sight);
    } else if (!is_syn) {
        see_client(story, transfer, sight);
    }
}
