// SPDX-License-Identifier: GPL-3.0-or-later
// The data connection: to the client itself and nobody else, in either direction of opening.
#include "io/loop.h"
#include "io/socket_address.h"
#include "service/ftp_state.h"

#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_BYTES ((uint64_t)1 << 20)
#define LOOK_BYTES ((uint64_t)8 << 20) // then the client may have said something
#define PARTING_MS 10
#define PARTED_S   5 // for the acknowledgement, when the control connection is over
// States of TCP as TCP_INFO tells them; <netinet/tcp.h>, which names them, clashes with <linux/tcp.h>.
#define STATE_FIN_WAIT2 5u
#define STATE_TIME_WAIT 6u
#define STATE_CLOSE     7u

#define ACCEPT_TRIES 16 // strangers who come to the port meanwhile

// Under the lock, so that the service can hang up.
static void set_fd(struct ftp_client *client, int *place, int fd)
{
    pthread_mutex_lock(&client->service->lock);
    int old = *place;
    *place = fd;
    if (fd >= 0 && client->service->is_stopping) {
        (void)shutdown(fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&client->service->lock);
    if (old >= 0) {
        (void)close(old);
    }
}

static uint16_t next_port(struct ftp_service *service)
{
    pthread_mutex_lock(&service->lock);
    uint16_t port = service->port_next;
    service->port_next =
        port == service->options.port_last ? service->options.port_first : (uint16_t)(port + 1);
    pthread_mutex_unlock(&service->lock);
    return port;
}

static int bind_data(const struct ftp_client *client, uint16_t port)
{
    union socket_address address;
    const int on = 1;
    socklen_t length = socket_address_set(&address, client->own, port, client->interface_index);
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    if (fd >= 0 && bind(fd, &address.any, length) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

uint16_t ftp_data_listen(struct ftp_client *client)
{
    const struct ftp_service_options *options = &client->service->options;
    unsigned tries = (unsigned)(options->port_last - options->port_first) + 1;
    ftp_data_forget(client);
    for (unsigned i = 0; i < tries; i++) {
        union socket_address address;
        socklen_t length = sizeof address;
        int fd = bind_data(client, next_port(client->service));
        if (fd >= 0 && listen(fd, 1) == 0 && getsockname(fd, &address.any, &length) == 0) {
            set_fd(client, &client->listening, fd);
            return socket_address_port(&address);
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return 0;
}

void ftp_data_forget(struct ftp_client *client)
{
    client->session.data = FTP_DATA_NONE;
    set_fd(client, &client->listening, -1);
}

void ftp_data_close(struct ftp_client *client)
{
    set_fd(client, &client->data, -1);
}

// Waits for `fd` or for something on the control connection, which ends it: ABOR, or that it is closed.
static bool wait_for(struct ftp_client *client, int fd, short events, int most_ms)
{
    struct pollfd waits[] = {{.fd = fd, .events = events}, {.fd = client->control, .events = POLLRDHUP}};
    int ready = poll(waits, 2, most_ms);
    if (waits[1].revents != 0) {
        client->is_over = true;
    }
    return ready > 0 && waits[0].revents != 0;
}

static bool accept_data(struct ftp_client *client)
{
    for (int tries = 0; tries < ACCEPT_TRIES && !client->is_over; tries++) {
        union socket_address from;
        socklen_t length = sizeof from;
        if (!wait_for(client, client->listening, POLLIN, FTP_DATA_S * 1000)) {
            return false;
        }
        int fd = accept4(client->listening, &from.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0 && ip_equal(socket_address_ip(&from), client->peer)) {
            set_fd(client, &client->data, fd);
            return true;
        }
        if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
            return false;
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return false;
}

static bool connect_data(struct ftp_client *client)
{
    union socket_address to;
    int fd = bind_data(client, 0);
    if (fd < 0) {
        return false;
    }
    set_fd(client, &client->data, fd);
    socklen_t length = socket_address_set(&to, client->peer, client->session.port, client->interface_index);
    if (connect(fd, &to.any, length) == 0) {
        return true;
    }
    int error = errno;
    length = sizeof error;
    return error == EINPROGRESS && wait_for(client, fd, POLLOUT, FTP_DATA_S * 1000) &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

bool ftp_data_open(struct ftp_client *client)
{
    bool is_open = client->session.data == FTP_DATA_PASSIVE ? accept_data(client) : connect_data(client);
    ftp_data_forget(client);
    if (!is_open) {
        ftp_data_close(client);
    }
    return is_open;
}

// ---- sending ----

// What telnet puts before an ABOR is no part of it: the command may begin a few bytes later.
static bool is_abort(const char *line, size_t length)
{
    while (length != 0 && ((uint8_t)*line >= 0x80 || *line == '\0')) {
        line++;
        length--;
    }
    return length >= 4 && strncasecmp(line, "ABOR", 4) == 0;
}

static bool is_status(const char *line, size_t length)
{
    return length == 4 && strncasecmp(line, "STAT", 4) == 0;
}

// Reads what the client says while data goes. Commands but ABOR and STAT wait. false: it wants no more.
static bool listen_to(struct ftp_client *client)
{
    size_t length;
    const char *line = ftp_find_line(client, &length);
    if (line == NULL && client->input_count < FTP_INPUT_BYTES && ftp_read(client, 0)) {
        line = ftp_find_line(client, &length);
    }
    if (line != NULL && is_abort(line, length)) {
        ftp_drop_line(client);
        client->is_aborted = true;
    } else if (line != NULL && is_status(line, length)) {
        ftp_drop_line(client);
        (void)ftp_say(client, "211-imprint: data is on its way.\r\n211 End\r\n");
    }
    return !client->is_aborted && !client->is_over;
}

// Until there is room, or the client says something.
static enum transfer_outcome wait_for_room(struct ftp_client *client)
{
    size_t length;
    bool listens = ftp_find_line(client, &length) == NULL && client->input_count < FTP_INPUT_BYTES;
    struct pollfd waits[] = {{.fd = client->data, .events = POLLOUT},
                             {.fd = listens ? client->control : -1, .events = POLLIN}};
    int ready = poll(waits, 2, FTP_DATA_S * 1000);
    if (ready == 0) {
        return TRANSFER_TIMEOUT;
    }
    bool goes_on = waits[1].revents == 0 || listen_to(client);
    return goes_on && (ready > 0 || errno == EINTR) ? TRANSFER_DONE : TRANSFER_ABORTED;
}

static uint64_t acked_bytes(int fd, unsigned *state)
{
    struct tcp_info tcp = {0};
    socklen_t length = sizeof tcp;
    bool is_known = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &length) == 0;
    *state = is_known ? tcp.tcpi_state : STATE_CLOSE;
    return is_known ? tcp.tcpi_bytes_acked : 0;
}

// Says that this is all, on both connections, and waits until the client has it: only then it is known to.
// Many clients keep the data connection open until they are told, and the acknowledgement of our end waits
// with it, 40 ms for each file; so they are told first.
static enum transfer_outcome part(struct ftp_client *client)
{
    int64_t end_us = loop_now_us() + INT64_C(1000000) * FTP_DATA_S;
    bool has_end = false; // the client's came
    if (shutdown(client->data, SHUT_WR) != 0) {
        return TRANSFER_ABORTED;
    }
    client->is_told = true;
    (void)ftp_say(client, "226 Transfer complete.\r\n");
    for (;;) {
        unsigned state;
        int error = 0;
        socklen_t length = sizeof error;
        (void)acked_bytes(client->data, &state);
        if (state == STATE_FIN_WAIT2 || state == STATE_TIME_WAIT) {
            return TRANSFER_DONE;
        }
        (void)getsockopt(client->data, SOL_SOCKET, SO_ERROR, &error, &length);
        if (state == STATE_CLOSE) { // FIN_WAIT2 may have passed since; a reset is an error
            return error == 0 ? TRANSFER_DONE : TRANSFER_ABORTED;
        }
        if (loop_now_us() > end_us) {
            return TRANSFER_TIMEOUT;
        }
        if (!client->is_over && !listen_to(client)) {
            end_us = loop_now_us() +
                     INT64_C(1000000) * PARTED_S; // somebody who has all and is gone, or is not there
        }
        if (client->is_aborted) {
            return TRANSFER_ABORTED;
        }
        struct pollfd wait = {.fd = client->data, .events = POLLRDHUP};
        if (has_end) {
            (void)poll(NULL, 0, 1); // the acknowledgement of ours follows
        } else {
            has_end = poll(&wait, 1, PARTING_MS) > 0 && (wait.revents & POLLRDHUP) != 0;
        }
    }
}

enum transfer_outcome ftp_data_send(struct ftp_client *client, const struct content_node *node,
                                    uint64_t offset, uint64_t *sent)
{
    enum transfer_outcome outcome = TRANSFER_DONE;
    unsigned state;
    uint64_t start = offset;
    uint64_t looked = offset;
    uint64_t before = acked_bytes(client->data, &state);
    while (offset < node->size && outcome == TRANSFER_DONE) {
        int64_t count = content_node_send(node, client->data, offset, SEND_BYTES);
        if (count > 0) {
            offset += (uint64_t)count;
        } else if (count == 0) { // it was cut off
            outcome = TRANSFER_FAILED;
        } else if (errno == EAGAIN) {
            outcome = wait_for_room(client);
        } else if (errno != EINTR) {
            outcome = errno == EIO ? TRANSFER_FAILED : TRANSFER_ABORTED;
        }
        if (offset - looked >= LOOK_BYTES) {
            looked = offset;
            outcome = outcome == TRANSFER_DONE && !listen_to(client) ? TRANSFER_ABORTED : outcome;
        }
    }
    outcome = outcome == TRANSFER_DONE ? part(client) : outcome;
    uint64_t acked = acked_bytes(client->data, &state);
    acked = acked > before ? acked - before : 0;
    *sent = outcome == TRANSFER_DONE || acked > offset - start ? offset - start : acked;
    return outcome;
}

enum transfer_outcome ftp_data_send_bytes(struct ftp_client *client, const char *bytes, size_t count)
{
    enum transfer_outcome outcome = TRANSFER_DONE;
    while (count != 0 && outcome == TRANSFER_DONE) {
        ssize_t sent = send(client->data, bytes, count, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            count -= (size_t)sent;
        } else if (errno == EAGAIN) {
            outcome = wait_for_room(client);
        } else if (errno != EINTR) {
            outcome = TRANSFER_ABORTED;
        }
    }
    return outcome == TRANSFER_DONE ? part(client) : outcome;
}
