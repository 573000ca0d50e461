// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tftp_member.h"

#include "base/text.h"
#include "cli/tftp_socket.h"
#include "io/heap.h"
#include "session/tftp_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_BYTES 65536
#define BATCH_MOST     64 // datagrams before the other socket, signals and timers are looked at

struct member {
    const struct tftp_client_job *job;
    bool (*put)(void *context, uint64_t offset, const uint8_t *bytes, size_t count);
    struct tftp_client_result *result;
    struct tftp_listen listen;
    struct tftp_socket socket;
    int group_fd; // -1 = not joined
    bool is_over;
    bool is_alone;
    const struct tftp_packet *packet; // at hand
    uint64_t data_count;
    int64_t started_us;
    int64_t wake_us;
    uint8_t buffer[DATAGRAM_BYTES];
};

static void end(struct member *member, enum tftp_client_end how, int error)
{
    if (!member->is_over) {
        member->is_over = true;
        member->result->end = how;
        member->result->error = error;
    }
}

static void send_to(struct member *member, const void *bytes, size_t count, uint16_t port)
{
    struct sockaddr_in to = tftp_socket_address(member->job->server, port);
    if (port != 0 &&
        sendto(member->socket.fd, bytes, count, 0, (const struct sockaddr *)&to, sizeof to) < 0 &&
        (errno == ENETUNREACH || errno == EPERM || errno == EACCES || errno == EINVAL)) {
        end(member, TFTP_CLIENT_UNREACHABLE, errno);
    }
}

static void send_request(struct member *member)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count = 0;
    struct tftp_packet packet = {.operation = TFTP_READ_REQUEST,
                                 .name = member->job->name,
                                 .name_length = strlen(member->job->name),
                                 .mode = member->job->mode,
                                 .options = member->listen.asked};
    if (tftp_encode_request(&packet, bytes, sizeof bytes, &count) != STATUS_OK) {
        end(member, TFTP_CLIENT_UNREACHABLE, ENAMETOOLONG);
        return;
    }
    send_to(member, bytes, count, member->job->port);
}

static void send_error(struct member *member, enum tftp_error error, const char *text, uint16_t port)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count = 0;
    if (tftp_encode_error(error, text, bytes, sizeof bytes, &count) == STATUS_OK) {
        send_to(member, bytes, count, port);
    }
}

static void send_ack(struct member *member, uint16_t block)
{
    uint8_t bytes[TFTP_HEADER_BYTES];
    tftp_encode_ack(block, bytes);
    send_to(member, bytes, sizeof bytes, member->result->server_port);
}

static void join(struct member *member, struct ip4 group, uint16_t port)
{
    if (member->group_fd >= 0) {
        (void)close(member->group_fd);
    }
    member->group_fd = tftp_socket_join(group, port, member->job->server);
    if (member->group_fd < 0) {
        int error = errno;
        send_error(member, TFTP_ERROR_NOT_DEFINED, "the group cannot be joined", member->result->server_port);
        end(member, TFTP_CLIENT_NO_SOCKET, error);
    }
}

static void put_data(struct member *member, uint64_t offset)
{
    if (!member->put(member->job->context, offset, member->packet->data, member->packet->data_bytes)) {
        send_error(member, TFTP_ERROR_DISK_FULL, "the client cannot write the file",
                   member->result->server_port);
        end(member, TFTP_CLIENT_STOPPED, 0);
    }
}

static void finish(struct member *member, enum tftp_fetch_outcome outcome)
{
    if (outcome == TFTP_FETCH_REFUSED) {
        struct text text;
        member->result->code = member->packet->error;
        text_init(&text, member->result->text, sizeof member->result->text);
        text_add_escaped(&text, member->packet->error_text, member->packet->error_text_length);
    }
    member->result->outcome = outcome;
    end(member, outcome == TFTP_FETCH_CANCELLED ? TFTP_CLIENT_INTERRUPTED : TFTP_CLIENT_FINISHED, 0);
}

static void act(struct member *member, const struct tftp_listen_action *action)
{
    switch (action->kind) {
    case TFTP_LISTEN_SEND_REQUEST:
        send_request(member);
        break;
    case TFTP_LISTEN_JOIN:
        join(member, action->group, action->port);
        break;
    case TFTP_LISTEN_TAKE_DATA:
        put_data(member, action->offset);
        break;
    case TFTP_LISTEN_SEND_ACK:
        send_ack(member, action->block);
        break;
    case TFTP_LISTEN_SEND_ERROR:
        send_error(member, action->error, action->text, member->result->server_port);
        break;
    case TFTP_LISTEN_WAKE_AT:
        member->wake_us = action->at_us;
        break;
    case TFTP_LISTEN_FINISHED:
        finish(member, action->outcome);
        break;
    case TFTP_LISTEN_ALONE:
        member->is_alone = true;
        member->is_over = true;
        break;
    }
}

static void step(struct member *member, enum tftp_listen_event_kind kind)
{
    struct tftp_listen_action actions[TFTP_LISTEN_ACTIONS_MOST];
    struct tftp_listen_event event = {.kind = kind, .now_us = tftp_socket_now_us(), .packet = member->packet};
    unsigned count = tftp_listen_step(&member->listen, &event, actions);
    for (unsigned i = 0; i < count && !member->is_over; i++) {
        act(member, &actions[i]);
    }
}

// One datagram of `fd`; false when there is none.
static bool receive(struct member *member, int fd)
{
    struct tftp_packet packet;
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t count =
        recvfrom(fd, member->buffer, sizeof member->buffer, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
    if (count < 0) {
        return false;
    }
    struct ip4 sender = {ntohl(from.sin_addr.s_addr)};
    uint16_t port = ntohs(from.sin_port);
    bool is_group = fd == member->group_fd;
    if (sender.value != member->job->server.value) {
        member->result->stranger = is_group ? member->result->stranger : sender;
        return true;
    }
    if (tftp_decode(member->buffer, (size_t)count, &packet, NULL) != STATUS_OK ||
        (is_group && packet.operation != TFTP_DATA)) {
        return true;
    }
    if (!is_group && member->listen.has_heard && port != member->result->server_port) {
        if (packet.operation != TFTP_ERROR) {
            send_error(member, TFTP_ERROR_UNKNOWN_TRANSFER, "unknown transfer ID", port);
        }
        return true;
    }
    if (!member->listen.has_heard) {
        member->result->server_port = port;
    }
    member->data_count += packet.operation == TFTP_DATA ? 1 : 0;
    member->packet = &packet;
    step(member, TFTP_LISTEN_PACKET);
    member->packet = NULL;
    return true;
}

static void receive_batch(struct member *member, int fd)
{
    for (unsigned i = 0; i < BATCH_MOST && !member->is_over && receive(member, fd); i++) {
    }
    if (member->listen.has_heard) {
        const struct tftp_options *granted = &member->listen.granted;
        member->job->tell(member->job->context, member->listen.bytes,
                          granted->has[TFTP_OPTION_TSIZE] ? granted->value[TFTP_OPTION_TSIZE] : 0);
    }
}

static void take_errors(struct member *member)
{
    struct tftp_socket_error error;
    while (tftp_socket_next_error(&member->socket, &error)) {
        uint16_t port = member->listen.has_heard ? member->result->server_port : member->job->port;
        bool is_final = error.code == ECONNREFUSED || !member->listen.has_heard;
        if (is_final && error.to.value == member->job->server.value && error.port == port) {
            end(member, TFTP_CLIENT_UNREACHABLE, error.code);
        }
    }
}

static void turn(struct member *member)
{
    struct pollfd polled[] = {{.fd = member->socket.fd, .events = POLLIN},
                              {.fd = member->socket.signal_fd, .events = POLLIN},
                              {.fd = member->group_fd, .events = POLLIN}}; // poll leaves -1 out
    int64_t wait_us = member->wake_us - tftp_socket_now_us();
    if (poll(polled, COUNT_OF(polled), wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000)) < 0 &&
        errno != EINTR) {
        end(member, TFTP_CLIENT_NO_SOCKET, errno);
        return;
    }
    if (polled[0].revents & POLLERR) {
        take_errors(member);
    }
    if (polled[0].revents & POLLIN) {
        receive_batch(member, member->socket.fd);
    }
    if (!member->is_over && (polled[2].revents & POLLIN) && polled[2].fd == member->group_fd) {
        receive_batch(member, member->group_fd);
    }
    if (!member->is_over && (polled[1].revents & POLLIN)) {
        step(member, TFTP_LISTEN_CANCEL);
    }
    if (!member->is_over && tftp_socket_now_us() >= member->wake_us) {
        step(member, TFTP_LISTEN_WAKE);
    }
}

static void report(struct member *member)
{
    struct tftp_client_result *result = member->result;
    const struct tftp_listen *listen = &member->listen;
    result->duration_us = tftp_socket_now_us() - member->started_us;
    result->granted = listen->granted;
    result->resent = listen->resent;
    result->surplus = member->data_count - listen->got;
    result->bytes = listen->bytes;
    result->block_bytes = listen->block_bytes;
    result->window = 1;
    result->led = listen->led;
    result->group = listen->group;
    result->group_port = listen->port;
}

bool tftp_member_run(const struct tftp_client_job *job,
                     bool (*put)(void *context, uint64_t offset, const uint8_t *bytes, size_t count),
                     struct tftp_client_result *result)
{
    struct member *member = heap_new(sizeof *member);
    member->job = job;
    member->put = put;
    member->result = result;
    member->group_fd = -1;
    member->started_us = tftp_socket_now_us();
    *result = (struct tftp_client_result){0};
    tftp_listen_init(&member->listen, &job->plan.options, job->plan.patience_us);
    int error = tftp_socket_open(&member->socket);
    if (error != 0) {
        end(member, TFTP_CLIENT_NO_SOCKET, error);
        heap_free(member);
        return true;
    }
    step(member, TFTP_LISTEN_START);
    while (!member->is_over) {
        turn(member);
    }
    report(member);
    if (member->group_fd >= 0) {
        (void)close(member->group_fd);
    }
    tftp_socket_close(&member->socket);
    bool is_alone = member->is_alone;
    heap_free(member);
    return !is_alone;
}
