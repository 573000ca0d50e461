// SPDX-License-Identifier: GPL-3.0-or-later
// The TFTP service: what a request means and who may have what, in the loop thread. Sockets and conversations
// are the engine's, in threads of its own; when to send which block is session/tftp's decision; which bytes a
// name means is content's. Reads only: a write is refused.
#pragma once

#include "base/problem.h"
#include "io/log.h"
#include "io/loop.h"
#include "service/tftp_engine.h"
#include "service/tftp_names.h"
#include "service/transfer.h"

#define TFTP_SERVICE_WINDOW_DEFAULT     64
#define TFTP_SERVICE_TRANSFERS_DEFAULT  16384
#define TFTP_SERVICE_PER_CLIENT_DEFAULT 64
#define TFTP_SERVICE_NETASCII_BYTES     (8u << 20) // larger files are not converted but refused

struct tftp_service;

struct tftp_service_options {
    struct loop *loop;             // must outlive the service
    const struct content *content; // must outlive the service
    struct tftp_names *names; // what a client means by a name; must outlive the service; NULL = what it says
    struct log *log;          // may be NULL
    struct transfer_hooks hooks; // `ended` may be NULL
    // What the client of a question may be granted; in the loop. NULL = all it asks for.
    void (*grant)(void *context, const struct tftp_question *question, struct tftp_limits *limits);
    // Requests were not answered, since there were too many: so many, one of them of `client`; in the loop.
    // May be NULL.
    void (*dropped)(void *context, uint64_t count, struct ip client);
    // Answers a write request, but for tftp_engine_answer; in the loop. NULL = clients may not write.
    void (*write)(void *context, struct tftp_question *question);
    void *policy_context; // of these three
    struct tftp_policy
        policy;           // limits for all clients; transfers_most and per_client_most 0 = the defaults above
    unsigned threads;     // 0 = as many as suit this machine
    uint16_t window_most; // blocks, 1..64; 0 = TFTP_SERVICE_WINDOW_DEFAULT
};

struct tftp_service_listener {
    const char *interface; // name, bound to it; NULL = all interfaces
    struct ip address;     // none = any of IPv4, broadcast included, and any of IPv6
    uint16_t port;         // 0 = the kernel picks one
    uint32_t mtu;          // bytes; 0 = 1500. Blocks up to 1,468 asked are granted up to mtu - 32, see
                           // tftp_service_block_most
};

/// A service that listens nowhere yet. Yours; tftp_service_free gives it back.
struct tftp_service *tftp_service_new(const struct tftp_service_options *options);

/// Starts the threads: after privileges were given up, since a thread keeps those that it was born with.
/// Until then requests wait in their sockets.
void tftp_service_start(struct tftp_service *service);

/// Listens for requests. STATUS_EXISTS: on this interface, address and port already. Else as udp_open, with
/// `problem`.
MUST_USE enum status tftp_service_listen(struct tftp_service *service,
                                         const struct tftp_service_listener *listener,
                                         struct problem *problem);

/// Listens no more on `interface` (NULL: the listener for all). Transfers go on, except those of single-port
/// mode. Nothing happens when it did not.
void tftp_service_unlisten(struct tftp_service *service, const char *interface);

/// The port of the first listener, 0 = none.
uint16_t tftp_service_port(const struct tftp_service *service);

/// Changes the limits for all clients that need no new sockets.
void tftp_service_set_policy(struct tftp_service *service, const struct tftp_policy *policy);

/// Counters; a copy.
struct transfer_stats tftp_service_stats(const struct tftp_service *service);

/// The largest block granted to a client that asked for `asked` bytes on an interface with this `mtu`. Who
/// asks for at most what fits one packet of Ethernet is sent no fragments, even where the MTU is smaller. Who
/// asks for more knows that it will get them (Windows PE with a raised RamDiskTFTPBlockSize) and gets what it
/// asked, unless its past says otherwise (docs/decisions/0052).
uint16_t tftp_service_block_most(uint64_t asked, uint32_t mtu, bool is_ip6);

/// Ends all transfers (their clients get an ERROR), closes and frees; NULL is allowed.
void tftp_service_free(struct tftp_service *service);
