// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_transfers.h"

#include "base/text.h"
#include "io/heap.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOTS_FIRST       64
#define SEND_BUFFER_BYTES (2 * (int)TFTP_BURST_BYTES)
#define PACKETS_PER_TURN  64
#define RECEIVE_BYTES     TFTP_REQUEST_BYTES
#define SWEEP_LEAST_US    5000 // the timer's grain: many transfers wake in one sweep
#define REFUSALS_MOST     3    // "port unreachable" so often without progress: the client is gone
#define SILENT_US         1000000

struct tftp_transfer {
    struct tftp_transfers *transfers;
    unsigned position; // of its slot
    int fd;
    struct loop_watch *watch;
    struct content_node node;
    struct tftp_read read;
    struct tftp_options asked;
    enum tftp_mode mode;
    struct tftp_blocks blocks; // those that the socket did not take yet
    struct transfer_end end;
    int64_t started_us;
    uint64_t blocks_sent; // repeats count
    unsigned refusals;
};

struct slot { // close together, since each request looks through all of them
    struct ip4 client;
    uint16_t port;
    struct tftp_transfer *transfer;
    int64_t wake_us;
};

struct tftp_transfers {
    struct loop *loop;
    struct loop_timer *timer;
    int64_t timer_us; // when it fires; INT64_MAX = not running
    struct slot *slots;
    unsigned count;
    unsigned capacity;
    size_t netascii_bytes;
    void (*ended)(void *context, const struct transfer_end *end);
    void *context;
    struct tftp_sender sender;
};

// Ending.

static void remove_slot(struct tftp_transfers *transfers, unsigned position)
{
    transfers->count--;
    if (position != transfers->count) {
        transfers->slots[position] = transfers->slots[transfers->count];
        transfers->slots[position].transfer->position = position;
    }
}

static size_t netascii_bytes(const struct tftp_transfer *transfer)
{
    return transfer->mode == TFTP_MODE_NETASCII ? (size_t)transfer->node.size : 0;
}

static void count_bytes(struct tftp_transfer *transfer)
{
    const struct tftp_read *read = &transfer->read;
    struct transfer_end *end = &transfer->end;
    end->size = transfer->node.size;
    end->sent = read->acked == read->block_count ? end->size : read->acked * read->block_bytes;
    if (end->outcome == TRANSFER_DONE) {
        end->sent = end->size;
    }
    uint64_t again = transfer->blocks_sent > read->sent ? transfer->blocks_sent - read->sent : 0;
    end->resent_blocks = again > UINT32_MAX ? UINT32_MAX : (uint32_t)again;
    int64_t duration_us = loop_now_us() - transfer->started_us;
    end->duration_us = duration_us > 0 ? (uint64_t)duration_us : 0;
}

static void add_reason(struct transfer_end *end)
{
    static const enum reason_id REASONS[TRANSFER_OUTCOME_COUNT] = {
        [TRANSFER_DONE] = REASON_TRANSFER_DONE,
        [TRANSFER_PROBED] = REASON_TRANSFER_PROBED,
        [TRANSFER_ABORTED] = REASON_TRANSFER_ABORTED,
        [TRANSFER_TIMEOUT] = REASON_TRANSFER_TIMEOUT,
    };
    if (REASONS[end->outcome] != REASON_NONE) {
        reasons_add(&end->reasons, REASONS[end->outcome]);
    }
}

static void send_error(int fd, const char *text)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count;
    if (tftp_encode_error(TFTP_ERROR_NOT_DEFINED, text, bytes, sizeof bytes, &count) == STATUS_OK) {
        (void)!send(fd, bytes, count, MSG_DONTWAIT); // its loss costs the client only time
    }
}

// The last one: what the callback starts anew finds everything in order.
static void release(struct tftp_transfer *transfer)
{
    struct tftp_transfers *transfers = transfer->transfers;
    struct transfer_end end = transfer->end;
    remove_slot(transfers, transfer->position);
    transfers->netascii_bytes -= netascii_bytes(transfer);
    loop_watch_free(transfer->watch);
    close(transfer->fd);
    content_node_close(&transfer->node);
    heap_free(transfer);
    transfers->ended(transfers->context, &end);
}

void tftp_transfer_end(struct tftp_transfer *transfer, enum transfer_outcome outcome, const char *text)
{
    if (text != NULL) {
        send_error(transfer->fd, text);
    }
    transfer->end.outcome = outcome;
    count_bytes(transfer);
    add_reason(&transfer->end);
    release(transfer);
}

// What the session wants done. Each returns whether the transfer is still there.

static bool end_refused(struct tftp_transfer *transfer)
{
    const struct tftp_read *read = &transfer->read;
    if (++transfer->refusals < REFUSALS_MOST) {
        return true;
    }
    // Some clients close their port instead of acknowledging the last block.
    bool is_all_sent = read->has_heard && read->sent == read->block_count;
    tftp_transfer_end(transfer, is_all_sent ? TRANSFER_DONE : TRANSFER_ABORTED, NULL);
    return false;
}

static bool send_blocks(struct tftp_transfer *transfer)
{
    enum status status = tftp_sender_send(&transfer->transfers->sender, &transfer->blocks);
    bool is_full = status == STATUS_BUSY;
    loop_watch_change(transfer->watch, is_full ? LOOP_READABLE | LOOP_WRITABLE : LOOP_READABLE);
    if (status == STATUS_NOT_FOUND) {
        return end_refused(transfer);
    }
    if (status == STATUS_IO) {
        tftp_transfer_end(transfer, TRANSFER_FAILED,
                          "the file cannot be read, or was changed while it was sent");
        return false;
    }
    return true;
}

static bool send_oack(struct tftp_transfer *transfer)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count = tftp_read_encode_oack(&transfer->read, bytes, sizeof bytes);
    if (send(transfer->fd, bytes, count, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED) {
        return end_refused(transfer);
    }
    return true;
}

static void start_timer(struct tftp_transfers *transfers, int64_t wake_us)
{
    if (wake_us >= transfers->timer_us) {
        return; // it fires before that anyway
    }
    int64_t wait_us = wake_us - loop_now_us();
    wait_us = wait_us > SWEEP_LEAST_US ? wait_us : SWEEP_LEAST_US;
    transfers->timer_us = wake_us;
    loop_timer_start(transfers->timer, (uint64_t)(wait_us + 999) / 1000, 0);
}

static void wake_at(struct tftp_transfer *transfer, int64_t at_us)
{
    transfer->transfers->slots[transfer->position].wake_us = at_us;
    start_timer(transfer->transfers, at_us);
}

static void finish(struct tftp_transfer *transfer, enum tftp_outcome outcome)
{
    static const enum transfer_outcome OUTCOMES[] = {
        [TFTP_OUTCOME_DONE] = TRANSFER_DONE,
        [TFTP_OUTCOME_PROBED] = TRANSFER_PROBED,
        [TFTP_OUTCOME_ABORTED] = TRANSFER_ABORTED,
        [TFTP_OUTCOME_TIMEOUT] = TRANSFER_TIMEOUT,
    };
    tftp_transfer_end(transfer, OUTCOMES[outcome], NULL);
}

static bool act(struct tftp_transfer *transfer, const struct tftp_action *action)
{
    switch (action->kind) {
    case TFTP_ACTION_SEND_OACK:
        return send_oack(transfer);
    case TFTP_ACTION_SEND_BLOCKS:
        transfer->blocks.first = action->first;
        transfer->blocks.count = action->count;
        transfer->blocks_sent += action->count;
        return send_blocks(transfer);
    case TFTP_ACTION_WAKE_AT:
        wake_at(transfer, action->at_us);
        return true;
    case TFTP_ACTION_FINISHED:
        finish(transfer, action->outcome);
        return false;
    }
    return true;
}

static bool step(struct tftp_transfer *transfer, struct tftp_event event)
{
    struct tftp_action actions[TFTP_ACTIONS_MOST];
    event.now_us = loop_now_us();
    unsigned count = tftp_read_step(&transfer->read, &event, actions);
    for (unsigned i = 0; i < count; i++) {
        if (!act(transfer, &actions[i])) {
            return false;
        }
    }
    return true;
}

// What comes in.

static bool take_packet(struct tftp_transfer *transfer, const uint8_t *bytes, size_t count)
{
    struct tftp_packet packet;
    if (tftp_decode(bytes, count, &packet, NULL) != STATUS_OK) {
        return true;
    }
    if (packet.operation == TFTP_ACK) {
        transfer->refusals = 0;
        return step(transfer, (struct tftp_event){.kind = TFTP_EVENT_ACK, .block = packet.block});
    }
    if (packet.operation == TFTP_ERROR) {
        return step(transfer, (struct tftp_event){.kind = TFTP_EVENT_ERROR, .code = packet.error});
    }
    return true;
}

static void receive(struct tftp_transfer *transfer)
{
    uint8_t bytes[RECEIVE_BYTES];
    unsigned most =
        transfer->read.window > 1 ? PACKETS_PER_TURN : 1; // lock-step: there is never a second one
    for (unsigned i = 0; i < most; i++) {
        ssize_t count = recv(transfer->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count < 0 && errno == ECONNREFUSED) {
            (void)end_refused(transfer);
            return;
        }
        if (count < 0 || !take_packet(transfer, bytes, (size_t)count)) {
            return;
        }
    }
}

static void ready(void *context, unsigned events)
{
    struct tftp_transfer *transfer = context;
    if ((events & LOOP_WRITABLE) != 0 && !send_blocks(transfer)) {
        return;
    }
    if ((events & LOOP_READABLE) != 0) {
        receive(transfer);
    }
}

// Wakes who is due, backwards: one that ends is replaced by one that was looked at already.
static void sweep(void *context)
{
    struct tftp_transfers *transfers = context;
    int64_t now_us = loop_now_us();
    transfers->timer_us = INT64_MAX;
    for (unsigned i = transfers->count; i-- > 0;) {
        if (i < transfers->count && transfers->slots[i].wake_us <= now_us) {
            (void)step(transfers->slots[i].transfer, (struct tftp_event){.kind = TFTP_EVENT_WAKE});
        }
    }
    int64_t next_us = INT64_MAX;
    for (unsigned i = 0; i < transfers->count; i++) {
        next_us = transfers->slots[i].wake_us < next_us ? transfers->slots[i].wake_us : next_us;
    }
    if (next_us != INT64_MAX) {
        start_timer(transfers, next_us);
    }
}

// The table.

struct tftp_transfers *tftp_transfers_new(struct loop *loop,
                                          void (*ended)(void *context, const struct transfer_end *end),
                                          void *context)
{
    struct tftp_transfers *transfers = heap_new(sizeof *transfers);
    transfers->loop = loop;
    transfers->timer = loop_timer_new(loop, sweep, transfers);
    transfers->timer_us = INT64_MAX;
    transfers->ended = ended;
    transfers->context = context;
    return transfers;
}

static void add_slot(struct tftp_transfers *transfers, struct tftp_transfer *transfer)
{
    if (transfers->count == transfers->capacity) {
        unsigned capacity = transfers->capacity == 0 ? SLOTS_FIRST : transfers->capacity * 2;
        struct slot *slots = heap_new_array(capacity, sizeof *slots);
        if (transfers->count != 0) {
            memcpy(slots, transfers->slots, transfers->count * sizeof *slots);
        }
        heap_free(transfers->slots);
        transfers->slots = slots;
        transfers->capacity = capacity;
    }
    transfer->position = transfers->count;
    transfers->slots[transfers->count++] = (struct slot){.client = transfer->end.client,
                                                         .port = transfer->end.client_port,
                                                         .transfer = transfer,
                                                         .wake_us = INT64_MAX};
}

static int connect_socket(int fd, const struct transfer_end *end)
{
    int never_mark = IP_PMTUDISC_DONT; // clear DF: many ROMs choke on it
    int bytes = SEND_BUFFER_BYTES;
    (void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &never_mark, sizeof never_mark);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(end->server.value)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(end->client_port),
                             .sin_addr.s_addr = htonl(end->client.value)};
    int failed = bind(fd, (const struct sockaddr *)&from, sizeof from);
    return failed != 0 ? failed : connect(fd, (const struct sockaddr *)&to, sizeof to);
}

int tftp_transfer_connect(const struct transfer_end *end)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect_socket(fd, end) == 0) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// What the client may be granted. The size of a text differs between machines, so a netascii transfer does
// not tell it.
static struct tftp_options grantable(const struct tftp_transfer *transfer)
{
    if (transfer->mode != TFTP_MODE_NETASCII) {
        return transfer->asked;
    }
    struct tftp_options options = {0};
    for (unsigned i = 0; i < transfer->asked.count; i++) {
        enum tftp_option option = transfer->asked.order[i];
        if (option != TFTP_OPTION_TSIZE) {
            tftp_options_put(&options, option, transfer->asked.value[option]);
        }
    }
    return options;
}

static void describe(struct transfer_end *end, const struct content_node *node)
{
    (void)text_copy(end->served, sizeof end->served, node->path);
    end->part = node->part;
    end->machine_id = node->machine_id;
    end->order_id = node->order_id;
    end->size = node->size;
}

enum status tftp_transfers_start(struct tftp_transfers *transfers, const struct tftp_transfer_start *start)
{
    int fd = tftp_transfer_connect(start->end);
    if (fd < 0) {
        bool is_full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        content_node_close(start->taken_node);
        return is_full ? STATUS_FULL : STATUS_IO;
    }
    struct tftp_transfer *transfer = heap_new(sizeof *transfer);
    *transfer = (struct tftp_transfer){.transfers = transfers,
                                       .fd = fd,
                                       .node = *start->taken_node,
                                       .asked = start->request->options,
                                       .mode = start->request->mode,
                                       .end = *start->end,
                                       .started_us = loop_now_us()};
    content_node_init(start->taken_node);
    describe(&transfer->end, &transfer->node);
    transfer->blocks = (struct tftp_blocks){.fd = fd,
                                            .node = &transfer->node,
                                            .read = &transfer->read,
                                            .interface_index = start->end->interface_index,
                                            .mtu = start->mtu};
    transfer->watch = loop_watch_new(transfers->loop, fd, LOOP_READABLE, ready, transfer);
    assert(transfer->watch != NULL); // a fresh socket can always be watched
    add_slot(transfers, transfer);
    transfers->netascii_bytes += netascii_bytes(transfer);
    struct tftp_options options = grantable(transfer);
    tftp_read_init(&transfer->read, &options, transfer->node.size, &start->limits);
    (void)step(transfer, (struct tftp_event){.kind = TFTP_EVENT_START});
    return STATUS_OK;
}

struct tftp_transfer *tftp_transfers_find(const struct tftp_transfers *transfers, struct ip4 client,
                                          uint16_t port)
{
    for (unsigned i = 0; i < transfers->count; i++) {
        if (ip4_equal(transfers->slots[i].client, client) && transfers->slots[i].port == port) {
            return transfers->slots[i].transfer;
        }
    }
    return NULL;
}

unsigned tftp_transfers_count(const struct tftp_transfers *transfers, struct ip4 client, unsigned *of_client)
{
    unsigned same = 0;
    for (unsigned i = 0; i < transfers->count; i++) {
        same += ip4_equal(transfers->slots[i].client, client) ? 1 : 0;
    }
    *of_client = same;
    return transfers->count;
}

struct tftp_transfer *tftp_transfers_find_silent(const struct tftp_transfers *transfers,
                                                 const struct ip4 *client)
{
    struct tftp_transfer *found = NULL;
    int64_t since_us = loop_now_us() - SILENT_US;
    for (unsigned i = 0; i < transfers->count; i++) {
        struct tftp_transfer *transfer = transfers->slots[i].transfer;
        const struct tftp_read *read = &transfer->read;
        bool may = client == NULL ? !read->has_heard : ip4_equal(transfers->slots[i].client, *client);
        if (may && read->progress_us < since_us) {
            found = transfer;
            since_us = read->progress_us;
        }
    }
    return found;
}

size_t tftp_transfers_netascii_bytes(const struct tftp_transfers *transfers)
{
    return transfers->netascii_bytes;
}

static bool is_same_options(const struct tftp_options *a, const struct tftp_options *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (unsigned i = 0; i < a->count; i++) {
        if (a->order[i] != b->order[i] || a->value[a->order[i]] != b->value[b->order[i]]) {
            return false;
        }
    }
    return true;
}

bool tftp_transfer_is_repeated(const struct tftp_transfer *transfer, const struct tftp_packet *request)
{
    bool is_silent = transfer->read.has_heard && loop_now_us() - transfer->read.progress_us > SILENT_US;
    return !is_silent && transfer->mode == request->mode && strcmp(transfer->end.asked, request->name) == 0 &&
           is_same_options(&transfer->asked, &request->options);
}

void tftp_transfers_free(struct tftp_transfers *transfers)
{
    if (transfers == NULL) {
        return;
    }
    while (transfers->count != 0) {
        tftp_transfer_end(transfers->slots[transfers->count - 1].transfer, TRANSFER_FAILED,
                          "the server is stopping");
    }
    loop_timer_free(transfers->timer);
    heap_free(transfers->slots);
    heap_free(transfers);
}
