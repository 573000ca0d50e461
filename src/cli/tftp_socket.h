// SPDX-License-Identifier: GPL-3.0-or-later
// The UDP socket of a TFTP client, the signals that end it, and what the network says about its datagrams.
#pragma once

#include "base/addr.h"

#include <netinet/in.h>
#include <signal.h>

struct tftp_socket {
    int fd;
    int signal_fd; // readable: SIGINT or SIGTERM came
    sigset_t old_mask;
};

struct tftp_socket_error { // an ICMP message, or the kernel's own word
    struct ip4 to;         // where the datagram went
    uint16_t port;
    int code; // an errno: ECONNREFUSED, EHOSTUNREACH ...
};

/// Monotonic microseconds.
int64_t tftp_socket_now_us(void);

/// `address` and `port` as the kernel takes them.
struct sockaddr_in tftp_socket_address(struct ip4 address, uint16_t port);

/// Opens it, with a large receive buffer, and keeps SIGINT and SIGTERM back. 0, or an errno.
int tftp_socket_open(struct tftp_socket *tftp_socket);

/// Closes it; signals are heard as before, except those that came meanwhile.
void tftp_socket_close(struct tftp_socket *tftp_socket);

/// The next error; false when there is none.
bool tftp_socket_next_error(struct tftp_socket *tftp_socket, struct tftp_socket_error *error);

/// A socket that hears `group` at UDP port `port`, on the interface that leads to `server`. -1 with errno.
int tftp_socket_join(struct ip4 group, uint16_t port, struct ip4 server);
