// SPDX-License-Identifier: GPL-3.0-or-later
// The FTP service: reading, as anonymous, what HTTP and TFTP serve (docs/decisions/0071). Each connection has
// a thread, so a client that is slow, or a disk that is, holds up nobody else; who may have what is asked of
// the loop, where all state is.
#pragma once

#include "base/problem.h"
#include "io/log.h"
#include "io/loop.h"
#include "service/transfer.h"

struct ftp_service;

struct ftp_service_options {
    struct loop *loop;             // must outlive the service
    const struct content *content; // must outlive the service
    struct log *log;               // may be NULL
    struct transfer_hooks hooks;   // `ended` may be NULL; called in the loop's thread
    // Whether the folder images/`image` is shown to nobody; in the loop's thread. NULL = all are shown.
    bool (*hides)(void *context, const char *image);
    void *context;
    uint16_t port_first; // TCP, for data; 0 = those that the kernel gives to connections
    uint16_t port_last;
    uint32_t connections_most;
    uint32_t per_client_most; // connections from one address
    uint32_t idle_s;          // then a client without a transfer is let go
};

/// A service that listens nowhere yet. Yours; ftp_service_free gives it back.
struct ftp_service *ftp_service_new(const struct ftp_service_options *options);

/// Listens on `interface` (name; NULL = all) and `port` (0 = the kernel picks), IPv4 and IPv6; nothing is
/// accepted before ftp_service_start. STATUS_EXISTS: does so already. STATUS_IO, STATUS_DENIED, STATUS_BUSY
/// with `problem`.
MUST_USE enum status ftp_service_listen(struct ftp_service *service, const char *interface, uint16_t port,
                                        struct problem *problem);

/// Starts accepting, after privileges were given up: a thread keeps those that it was born with.
void ftp_service_start(struct ftp_service *service);

/// Listens no more on `interface` (NULL: the listener for all); connections that are there go on.
void ftp_service_unlisten(struct ftp_service *service, const char *interface);

/// The port of the first listener, 0 = none.
uint16_t ftp_service_port(const struct ftp_service *service);

/// Counters; a copy.
struct transfer_stats ftp_service_stats(const struct ftp_service *service);

/// Ends all connections and frees; NULL is allowed. In the loop's thread.
void ftp_service_free(struct ftp_service *service);
