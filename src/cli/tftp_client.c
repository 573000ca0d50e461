// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tftp_client.h"

#include "base/text.h"
#include "cli/tftp_socket.h"
#include "io/heap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH              32
#define ROUNDS_MOST        16   // batches before signals and timers are looked at
#define LEAST_BUFFER_BYTES 2048 // an OACK or an ERROR, whatever blksize is

struct client {
    const struct tftp_client_job *job;
    struct tftp_client_result *result;
    struct tftp_fetch fetch;
    struct tftp_socket socket;
    int fd; // the socket's
    bool is_over;
    const struct tftp_packet *packet; // at hand
    size_t buffer_bytes;              // of each of the batch
    uint8_t *buffers;
    uint64_t highest; // block seen
    uint64_t data_count;
    uint64_t taken_count;
    int64_t started_us;
    int64_t wake_us;
};

static void end(struct client *client, enum tftp_client_end how, int error)
{
    if (!client->is_over) {
        client->is_over = true;
        client->result->end = how;
        client->result->error = error;
    }
}

// ---- sending ----

// What the kernel says of a datagram that did not leave. An error that came in from the network for an
// earlier one is in its queue, and read there; this datagram counts as lost then.
static void take_send_error(struct client *client, int error)
{
    if (error == ENETUNREACH || error == EPERM || error == EACCES || error == EINVAL) {
        end(client, TFTP_CLIENT_UNREACHABLE, error);
    }
}

static void send_to(struct client *client, const void *bytes, size_t count, uint16_t port)
{
    struct sockaddr_in to = tftp_socket_address(client->job->server, port);
    if (sendto(client->fd, bytes, count, 0, (const struct sockaddr *)&to, sizeof to) < 0) {
        take_send_error(client, errno);
    }
}

static void send_request(struct client *client)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count = 0;
    struct tftp_packet packet = {.operation =
                                     client->job->plan.is_write ? TFTP_WRITE_REQUEST : TFTP_READ_REQUEST,
                                 .name = client->job->name,
                                 .name_length = strlen(client->job->name),
                                 .mode = client->job->mode,
                                 .options = client->job->plan.options};
    if (tftp_encode_request(&packet, bytes, sizeof bytes, &count) != STATUS_OK) {
        end(client, TFTP_CLIENT_UNREACHABLE, ENAMETOOLONG);
        return;
    }
    send_to(client, bytes, count, client->job->port);
}

static void send_error(struct client *client, enum tftp_error error, const char *text, uint16_t port)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count = 0;
    if (port != 0 && tftp_encode_error(error, text, bytes, sizeof bytes, &count) == STATUS_OK) {
        send_to(client, bytes, count, port);
    }
}

static void send_ack(struct client *client)
{
    uint8_t bytes[TFTP_ACK_WINDOW_BYTES];
    size_t count = tftp_fetch_encode_ack(&client->fetch, bytes);
    send_to(client, bytes, count, client->result->server_port);
}

// The batch's buffers are free for it: what was received is a packet of four bytes by then.
static bool fill_block(struct client *client, uint64_t block, uint8_t *out, size_t *count)
{
    size_t bytes = tftp_fetch_block_bytes(&client->fetch, block);
    uint64_t offset = (block - 1) * tftp_fetch_block_bytes_most(&client->fetch);
    tftp_encode_data_header(tftp_fetch_wire_block(&client->fetch, block), out);
    *count = TFTP_HEADER_BYTES + bytes;
    return bytes == 0 || client->job->give(client->job->context, offset, out + TFTP_HEADER_BYTES, bytes);
}

static void send_blocks(struct client *client, uint64_t first, unsigned blocks)
{
    struct sockaddr_in to = tftp_socket_address(client->job->server, client->result->server_port);
    while (blocks != 0 && !client->is_over) {
        struct mmsghdr messages[BATCH] = {0};
        struct iovec parts[BATCH];
        unsigned batch = blocks < BATCH ? blocks : BATCH;
        for (unsigned i = 0; i < batch; i++) {
            parts[i].iov_base = client->buffers + i * client->buffer_bytes;
            if (!fill_block(client, first + i, parts[i].iov_base, &parts[i].iov_len)) {
                send_error(client, TFTP_ERROR_NOT_DEFINED, "the file cannot be read any more",
                           client->result->server_port);
                end(client, TFTP_CLIENT_STOPPED, 0);
                return;
            }
            messages[i].msg_hdr = (struct msghdr){
                .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        for (unsigned sent = 0; sent < batch;) {
            int count = sendmmsg(client->fd, messages + sent, batch - sent, 0);
            if (count <= 0) { // that one is lost, as on a wire
                take_send_error(client, errno);
                count = 1;
            }
            sent += (unsigned)count;
        }
        first += batch;
        blocks -= batch;
    }
}

// ---- what the session says ----

static void take_data(struct client *client)
{
    client->taken_count++;
    if (client->packet->data_bytes != 0 &&
        !client->job->take(client->job->context, client->packet->data, client->packet->data_bytes)) {
        send_error(client, TFTP_ERROR_DISK_FULL, "the client cannot write the file",
                   client->result->server_port);
        end(client, TFTP_CLIENT_STOPPED, 0);
    }
}

static void finish(struct client *client, enum tftp_fetch_outcome outcome)
{
    if (outcome == TFTP_FETCH_REFUSED) {
        struct text text;
        client->result->code = client->packet->error;
        text_init(&text, client->result->text, sizeof client->result->text);
        text_add_escaped(&text, client->packet->error_text, client->packet->error_text_length);
    }
    client->result->outcome = outcome;
    end(client, outcome == TFTP_FETCH_CANCELLED ? TFTP_CLIENT_INTERRUPTED : TFTP_CLIENT_FINISHED, 0);
}

static void step(struct client *client, enum tftp_fetch_event_kind kind, int64_t at_us)
{
    struct tftp_fetch_action actions[TFTP_FETCH_ACTIONS_MOST];
    struct tftp_fetch_event event = {.kind = kind, .now_us = at_us, .packet = client->packet};
    unsigned count = tftp_fetch_step(&client->fetch, &event, actions);
    for (unsigned i = 0; i < count && !client->is_over; i++) {
        switch (actions[i].kind) {
        case TFTP_FETCH_SEND_REQUEST:
            send_request(client);
            break;
        case TFTP_FETCH_TAKE_DATA:
            take_data(client);
            break;
        case TFTP_FETCH_SEND_ACK:
            send_ack(client);
            break;
        case TFTP_FETCH_SEND_BLOCKS:
            send_blocks(client, actions[i].first, actions[i].count);
            break;
        case TFTP_FETCH_SEND_ERROR:
            send_error(client, actions[i].error, actions[i].text, client->result->server_port);
            break;
        case TFTP_FETCH_WAKE_AT:
            client->wake_us = actions[i].at_us;
            break;
        case TFTP_FETCH_FINISHED:
            finish(client, actions[i].outcome);
            break;
        }
    }
}

// ---- receiving ----

// Which blocks did not come, as far as later ones show it. `packet` was not the next one, block `got` + 1.
static void count_lost(struct client *client, const struct tftp_packet *packet, uint64_t got)
{
    const struct tftp_receive *receive = &client->fetch.receive;
    uint16_t distance = (uint16_t)(packet->block - tftp_receive_wire_block(receive, got));
    uint64_t block = got + distance;
    if (tftp_receive_wire_block(receive, block) != packet->block) { // behind the turn of the numbers
        block -= receive->rollover;
    }
    if (block > got && block - got <= receive->window && block > client->highest) {
        client->result->lost += block - client->highest - 1;
        client->highest = block;
    }
}

static void step_data(struct client *client, const struct tftp_packet *packet, int64_t at_us)
{
    uint64_t taken = client->taken_count;
    client->data_count++;
    step(client, TFTP_FETCH_PACKET, at_us);
    uint64_t got = client->fetch.receive.got;
    if (client->taken_count > taken) {
        client->highest = got > client->highest ? got : client->highest;
    } else if (client->fetch.has_heard && !client->is_over) {
        count_lost(client, packet, got);
    }
}

static void take_datagram(struct client *client, const uint8_t *bytes, size_t count, uint16_t port,
                          int64_t at_us)
{
    struct tftp_packet packet;
    if (tftp_decode(bytes, count, &packet, NULL) != STATUS_OK) {
        return;
    }
    if (client->fetch.has_heard && port != client->result->server_port) {
        if (packet.operation != TFTP_ERROR) { // RFC 1350 section 4: the transfer goes on
            send_error(client, TFTP_ERROR_UNKNOWN_TRANSFER, "unknown transfer ID", port);
        }
        return;
    }
    client->packet = &packet;
    if (!client->fetch.has_heard) {
        client->result->server_port = port; // the answer to what comes goes there
    }
    if (packet.operation == TFTP_DATA) {
        step_data(client, &packet, at_us);
    } else {
        step(client, TFTP_FETCH_PACKET, at_us);
    }
    if (!client->fetch.has_heard && !client->is_over) {
        client->result->server_port = 0;
    }
    client->packet = NULL;
}

// The next batch; false when there is none.
static bool receive(struct client *client)
{
    struct mmsghdr messages[BATCH] = {0};
    struct iovec parts[BATCH];
    struct sockaddr_in from[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){client->buffers + i * client->buffer_bytes, client->buffer_bytes};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    // one by one when sending, since blocks are made where packets are
    unsigned most = client->job->plan.is_write ? 1 : BATCH;
    int count = recvmmsg(client->fd, messages, most, MSG_DONTWAIT, NULL);
    int64_t at_us = tftp_socket_now_us();
    for (int i = 0; i < count && !client->is_over; i++) {
        struct ip4 sender = {ntohl(from[i].sin_addr.s_addr)};
        if (sender.value != client->job->server.value) {
            client->result->stranger = sender;
            continue;
        }
        take_datagram(client, parts[i].iov_base, messages[i].msg_len, ntohs(from[i].sin_port), at_us);
    }
    return count > 0;
}

// A closed port, or no machine, is the end; in the middle of a transfer only the closed port.
static void take_network_error(struct client *client, const struct tftp_socket_error *error)
{
    bool has_heard = client->fetch.has_heard;
    uint16_t port = has_heard ? client->result->server_port : client->job->port;
    bool is_ours = error->to.value == client->job->server.value && error->port == port;
    bool is_final = error->code == ECONNREFUSED || !has_heard;
    if (is_ours && is_final) {
        end(client, TFTP_CLIENT_UNREACHABLE, error->code);
    }
}

// ---- the whole ----

static void tell(struct client *client)
{
    const struct tftp_fetch *fetch = &client->fetch;
    uint64_t total = fetch->plan.is_write                    ? fetch->plan.size_bytes
                     : fetch->granted.has[TFTP_OPTION_TSIZE] ? fetch->granted.value[TFTP_OPTION_TSIZE]
                                                             : 0;
    if (fetch->has_heard) {
        client->job->tell(client->job->context, tftp_fetch_progress_bytes(fetch), total);
    }
}

static void turn(struct client *client)
{
    struct pollfd polled[] = {{.fd = client->fd, .events = POLLIN},
                              {.fd = client->socket.signal_fd, .events = POLLIN}};
    int64_t wait_us = client->wake_us - tftp_socket_now_us();
    int wait_ms = wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
    if (poll(polled, 2, wait_ms) < 0 && errno != EINTR) {
        end(client, TFTP_CLIENT_NO_SOCKET, errno);
        return;
    }
    struct tftp_socket_error error;
    while ((polled[0].revents & POLLERR) && tftp_socket_next_error(&client->socket, &error)) {
        take_network_error(client, &error);
    }
    for (unsigned i = 0; i < ROUNDS_MOST && !client->is_over && receive(client); i++) {
        tell(client);
    }
    if (!client->is_over && (polled[1].revents & POLLIN)) {
        step(client, TFTP_FETCH_CANCEL, tftp_socket_now_us());
    }
    int64_t at_us = tftp_socket_now_us();
    if (!client->is_over && at_us >= client->wake_us) {
        step(client, TFTP_FETCH_WAKE, at_us);
    }
}

static size_t option_or(const struct tftp_options *options, enum tftp_option option, size_t otherwise)
{
    return options->has[option] ? (size_t)options->value[option] : otherwise;
}

static void report(struct client *client)
{
    struct tftp_client_result *result = client->result;
    const struct tftp_fetch *fetch = &client->fetch;
    result->duration_us = tftp_socket_now_us() - client->started_us;
    result->granted = fetch->granted;
    result->resent = fetch->resent;
    result->surplus = client->data_count - client->taken_count;
    if (fetch->has_heard) {
        result->bytes = tftp_fetch_progress_bytes(fetch);
        result->block_bytes = tftp_fetch_block_bytes_most(fetch);
        result->window = fetch->plan.is_write ? fetch->send.window : fetch->receive.window;
    }
}

void tftp_client_run(const struct tftp_client_job *job, struct tftp_client_result *result)
{
    struct client client = {.job = job, .result = result, .started_us = tftp_socket_now_us()};
    size_t block = option_or(&job->plan.options, TFTP_OPTION_BLKSIZE, TFTP_DEFAULT_BLOCK_BYTES);
    block = size_max(block, option_or(&job->plan.options, TFTP_OPTION_BLKSIZE2, block));
    *result = (struct tftp_client_result){0};
    tftp_fetch_init(&client.fetch, &job->plan);
    int error = tftp_socket_open(&client.socket);
    if (error != 0) {
        end(&client, TFTP_CLIENT_NO_SOCKET, error);
        return;
    }
    client.fd = client.socket.fd;
    client.buffer_bytes = size_max(LEAST_BUFFER_BYTES, TFTP_HEADER_BYTES + block + 1); // one more: too long
    client.buffers = heap_new_array(BATCH, client.buffer_bytes);
    step(&client, TFTP_FETCH_START, tftp_socket_now_us());
    while (!client.is_over) {
        turn(&client);
    }
    tell(&client);
    report(&client);
    heap_free(client.buffers);
    tftp_socket_close(&client.socket);
}
