// SPDX-License-Identifier: GPL-3.0-or-later
// TFTP in a story: which packet belongs to which transfer, and how far that came.
#include "base/text.h"
#include "doctor/story.h"

#include <stdio.h>

#define SAME_REQUEST_US  INT64_C(60000000) // a name asked for again so soon is the same try
#define HEADER_BYTES     4
#define ACK_BYTES        4
#define DEFAULT_BLOCK    512
#define OPTION_BYTES     2 // the NULs behind name and value
#define SIZE_DIGITS_MOST 10
#define BLOCKS_HALF      0x8000u

// Of a server's error only the length is known from tcpdump's line for a packet between high ports: two
// numbers, the text, a NUL. Common servers say these.
static const struct {
    size_t bytes;
    uint16_t error;
    const char *text;
} ERRORS[] = {{18, TFTP_ERROR_ACCESS_VIOLATION, "Access denied"},
              {19, TFTP_ERROR_FILE_NOT_FOUND, "File not found"},
              {21, TFTP_ERROR_ACCESS_VIOLATION, "Access violation"},
              {22, TFTP_ERROR_ACCESS_VIOLATION, "Permission denied"},
              {24, TFTP_ERROR_ACCESS_VIOLATION, "Forbidden directory"},
              {27, TFTP_ERROR_ILLEGAL_OPERATION, "Illegal TFTP operation"}};

static uint32_t digits(uint64_t value)
{
    uint32_t count = 1;
    while (value >= 10) {
        value /= 10;
        count++;
    }
    return count;
}

// ---- what the client sends ----

// What was sent to its end counts as taken when the client goes on to something else: many ROMs do not
// acknowledge the last block.
static void end_others(struct story *story)
{
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        struct story_transfer *transfer = &story->transfers[i];
        if (transfer->protocol == STORY_TFTP && transfer->state == STORY_RUNNING && transfer->has_end) {
            transfer->state = STORY_DONE;
        }
    }
}

static struct story_transfer *find_same_request(struct story *story, const struct sight *sight)
{
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        struct story_transfer *transfer = &story->transfers[i - 1];
        bool is_open = transfer->state == STORY_ASKED || transfer->state == STORY_AGREED ||
                       (transfer->state == STORY_RUNNING && transfer->taken_blocks == 0);
        if (transfer->protocol == STORY_TFTP && ip_equal(transfer->server, sight->to) &&
            strcmp(transfer->name, sight->tftp.name) == 0) {
            bool is_soon = sight->at_us - transfer->ended_us < SAME_REQUEST_US;
            return is_open && is_soon ? transfer : NULL;
        }
    }
    return NULL;
}

static void see_request(struct story *story, const struct sight *sight)
{
    const struct sight_tftp *tftp = &sight->tftp;
    end_others(story);
    struct story_transfer *transfer = find_same_request(story, sight);
    if (transfer != NULL) {
        transfer->requests++;
        transfer->reply_port = transfer->state == STORY_ASKED ? 0 : transfer->reply_port;
    } else {
        transfer = story_add_transfer(story, STORY_TFTP, sight->at_us);
        memcpy(transfer->name, tftp->name, sizeof transfer->name);
    }
    transfer->server = sight->to;
    transfer->client_port = sight->from_port;
    transfer->server_port = sight->to_port;
    transfer->is_name_odd = tftp->is_name_odd;
    transfer->asked_blksize = tftp->blksize;
    transfer->asked_tsize = tftp->has_tsize;
    transfer->windowsize = tftp->windowsize;
    transfer->silent_repeats = 0;
    transfer->ended_us = sight->at_us;
}

static void check_done(struct story_transfer *transfer)
{
    if (transfer->has_end && transfer->taken_blocks >= transfer->blocks) {
        transfer->state = STORY_DONE;
    }
}

static void see_ack(struct story_transfer *transfer, const struct sight *sight)
{
    if (transfer->state != STORY_RUNNING) {
        return;
    }
    if (sight->kind == SIGHT_UDP) { // its number is not known
        transfer->taken_blocks = transfer->blocks;
    } else {
        uint16_t behind = (uint16_t)(transfer->last_block - sight->tftp.block);
        uint64_t taken = behind < BLOCKS_HALF && behind <= transfer->blocks ? transfer->blocks - behind : 0;
        transfer->taken_blocks = taken > transfer->taken_blocks ? taken : transfer->taken_blocks;
    }
    uint32_t block = transfer->blksize == 0 ? DEFAULT_BLOCK : transfer->blksize;
    uint64_t bytes = transfer->taken_blocks * block;
    transfer->taken_bytes =
        transfer->taken_blocks == transfer->blocks || bytes > transfer->bytes ? transfer->bytes : bytes;
    check_done(transfer);
}

static void see_error_of_client(struct story_transfer *transfer, const struct sight_tftp *tftp)
{
    bool is_probe = transfer->taken_blocks == 0 &&
                    (tftp->error == TFTP_ERROR_NOT_DEFINED || tftp->error == TFTP_ERROR_OPTION_NEGOTIATION);
    if (transfer->state == STORY_DONE || transfer->state == STORY_REFUSED) {
        return;
    }
    transfer->state = is_probe ? STORY_PROBED : STORY_BROKEN;
    transfer->is_error_of_client = true;
    transfer->error = tftp->error;
    memcpy(transfer->error_text, tftp->error_text, sizeof transfer->error_text);
}

// ---- what the server sends ----

static void see_data(struct story_transfer *transfer, uint16_t block, uint32_t bytes, bool is_numbered)
{
    uint32_t size = transfer->blksize == 0 ? DEFAULT_BLOCK : transfer->blksize;
    uint16_t step = is_numbered ? (uint16_t)(block - transfer->last_block) : 1;
    if (transfer->state == STORY_ASKED) { // no OACK: the options were left out
        transfer->blksize = DEFAULT_BLOCK;
        size = DEFAULT_BLOCK;
    }
    // Of blocks without a number one that follows another before the client spoke is the same once more.
    bool is_same = !is_numbered && transfer->is_unanswered && transfer->windowsize <= 1;
    bool is_new = transfer->state != STORY_RUNNING || (step != 0 && step < BLOCKS_HALF && !is_same);
    transfer->is_unanswered = true;
    if (!is_new) {
        transfer->repeats++;
        transfer->silent_repeats++;
        return;
    }
    transfer->state = STORY_RUNNING;
    transfer->last_block = is_numbered ? block : (uint16_t)(transfer->last_block + 1);
    transfer->blocks += step == 0 ? 1 : step;
    transfer->bytes += bytes + (uint64_t)(step > 1 ? step - 1 : 0) * size; // the capture missed some
    transfer->has_end = bytes < size;
}

static void refuse(struct story_transfer *transfer, uint16_t error, const char *text)
{
    transfer->state = transfer->blocks == 0 ? STORY_REFUSED : STORY_BROKEN;
    transfer->error = error;
    (void)text_copy(transfer->error_text, sizeof transfer->error_text, text);
}

static void agree(struct story_transfer *transfer)
{
    transfer->repeats += transfer->state == STORY_AGREED;
    transfer->silent_repeats += transfer->state == STORY_AGREED;
    transfer->state = transfer->state == STORY_ASKED ? STORY_AGREED : transfer->state;
}

// Whether a first answer of `bytes` can be an OACK of what was asked for: of the size only the number of
// digits is open.
static bool is_oack_length(struct story_transfer *transfer, size_t bytes)
{
    size_t least = 2;
    if (transfer->asked_blksize != 0) {
        least += strlen("blksize") + digits(transfer->asked_blksize) + OPTION_BYTES;
    }
    if (transfer->windowsize != 0) {
        least += strlen("windowsize") + digits(transfer->windowsize) + OPTION_BYTES;
    }
    if (!transfer->asked_tsize) {
        return least > 2 && bytes == least;
    }
    least += strlen("tsize") + OPTION_BYTES;
    if (bytes <= least || bytes > least + SIZE_DIGITS_MOST) {
        return false;
    }
    transfer->size_digits = (uint32_t)(bytes - least);
    return true;
}

// A packet between high ports of which tcpdump told the length only.
static void see_length(struct story_transfer *transfer, size_t bytes)
{
    transfer->is_by_length = true;
    if (transfer->state == STORY_ASKED) {
        if (is_oack_length(transfer, bytes)) {
            transfer->blksize = transfer->asked_blksize;
            agree(transfer);
            return;
        }
        for (size_t i = 0; i < COUNT_OF(ERRORS); i++) {
            if (ERRORS[i].bytes == bytes) {
                refuse(transfer, ERRORS[i].error, ERRORS[i].text);
                return;
            }
        }
    }
    if (bytes > HEADER_BYTES && bytes - HEADER_BYTES <= TFTP_MOST_BLOCK_BYTES) {
        see_data(transfer, 0, (uint32_t)(bytes - HEADER_BYTES), false);
    }
}

static void see_server(struct story_transfer *transfer, const struct sight *sight, bool *names_answer)
{
    const struct sight_tftp *tftp = &sight->tftp;
    transfer->server_packets++;
    transfer->reply_port = sight->from_port;
    if (sight->kind == SIGHT_UDP) {
        see_length(transfer, sight->udp_bytes);
    } else if (tftp->operation == TFTP_OACK) {
        transfer->blksize = tftp->blksize == 0 ? DEFAULT_BLOCK : tftp->blksize;
        transfer->windowsize = tftp->windowsize;
        transfer->size = tftp->has_tsize ? tftp->tsize : transfer->size;
        agree(transfer);
    } else if (tftp->operation == TFTP_DATA && tftp->is_done) {
        transfer->state = STORY_DONE;
    } else if (tftp->operation == TFTP_DATA) {
        *names_answer = *names_answer || tftp->names_answer;
        see_data(transfer, tftp->block, tftp->data_bytes, true);
    } else if (tftp->operation == TFTP_ERROR) {
        refuse(transfer, tftp->error, tftp->error_text);
    }
}

// Whether a block of this size is what servers send: a transfer that began before the capture is known by it.
static bool is_block(size_t bytes)
{
    static const uint16_t SIZES[] = {512,  1024, 1228, 1280, 1300, 1350, 1400,  1408,
                                     1420, 1424, 1428, 1432, 1440, 1448, 1450,  1452,
                                     1456, 1460, 1464, 1468, 4096, 8192, 16384, 32768};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        if (bytes == (size_t)SIZES[i] + HEADER_BYTES) {
            return true;
        }
    }
    return false;
}

// One that began before the capture: neither name nor options are known.
static struct story_transfer *add_unnamed(struct story *story, const struct sight *sight)
{
    size_t bytes =
        sight->kind == SIGHT_UDP ? sight->udp_bytes : (size_t)sight->tftp.data_bytes + HEADER_BYTES;
    bool is_data = sight->kind == SIGHT_UDP || sight->tftp.operation == TFTP_DATA;
    if (!is_data || !is_block(bytes)) {
        return NULL;
    }
    struct story_transfer *transfer = story_add_transfer(story, STORY_TFTP, sight->at_us);
    transfer->server = sight->from;
    transfer->client_port = sight->to_port;
    transfer->reply_port = sight->from_port;
    transfer->state = STORY_AGREED;
    transfer->blksize = (uint32_t)(bytes - HEADER_BYTES);
    transfer->last_block = sight->kind == SIGHT_UDP ? 0 : (uint16_t)(sight->tftp.block - 1);
    return transfer;
}

// A log's line has no ports: it is about the last transfer of that name, or the last one.
static struct story_transfer *find_without_ports(struct story *story, const struct sight *sight)
{
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        struct story_transfer *transfer = &story->transfers[i - 1];
        bool fits = sight->tftp.name[0] == '\0' || strcmp(transfer->name, sight->tftp.name) == 0;
        if (transfer->protocol == STORY_TFTP && fits && transfer->state <= STORY_RUNNING) {
            return transfer;
        }
    }
    if (sight->tftp.name[0] == '\0') {
        return NULL;
    }
    struct story_transfer *transfer = story_add_transfer(story, STORY_TFTP, sight->at_us);
    memcpy(transfer->name, sight->tftp.name, sizeof transfer->name);
    transfer->server = sight->from;
    return transfer;
}

void story_see_tftp(struct story *story, const struct sight *sight, bool is_from_client)
{
    bool is_tftp = sight->kind == SIGHT_TFTP;
    if (is_tftp && is_from_client && sight->tftp.operation == TFTP_READ_REQUEST) {
        see_request(story, sight);
        return;
    }
    bool has_ports = sight->from_port != 0 || sight->to_port != 0;
    struct story_transfer *transfer =
        !has_ports ? find_without_ports(story, sight)
        : is_from_client
            ? story_find_transfer(story, STORY_TFTP, sight->to, sight->from_port, sight->to_port)
            : story_find_transfer(story, STORY_TFTP, sight->from, sight->to_port, sight->from_port);
    if (transfer == NULL && has_ports && !is_from_client) {
        transfer = add_unnamed(story, sight);
    }
    if (transfer == NULL) {
        return;
    }
    transfer->ended_us = sight->at_us;
    if (!is_from_client) {
        see_server(transfer, sight, &story->names_answer);
        return;
    }
    transfer->silent_repeats = 0;
    transfer->is_unanswered = false;
    if (is_tftp && sight->tftp.operation == TFTP_ERROR) {
        see_error_of_client(transfer, &sight->tftp);
    } else if (is_tftp ? sight->tftp.operation == TFTP_ACK : sight->udp_bytes == ACK_BYTES) {
        see_ack(transfer, sight);
    }
}
