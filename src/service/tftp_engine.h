// SPDX-License-Identifier: GPL-3.0-or-later
// The TFTP engine: threads that own all TFTP sockets and every conversation (docs/decisions/0050). What a
// name means and who may have what is asked of the loop thread, by a question that the loop thread answers;
// the end of every conversation is told there too. Bulk bytes never touch the loop thread.
#pragma once

#include "base/problem.h"
#include "content/content.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/mailbox.h"
#include "service/transfer.h"
#include "session/tftp.h"

#define TFTP_ENGINE_THREADS_MOST 8

struct tftp_engine;
struct tftp_thread;
struct tftp_port;
struct tftp_client_record;
struct upload;

struct tftp_message { // to the loop thread; the first member of what is told there
    struct mailbox_message link;
    unsigned kind;
};

struct tftp_policy {              // for all clients
    uint16_t port_first;          // UDP, that transfers come from; 0 = the kernel picks
    uint16_t port_last;           // the last one of that range
    bool is_single_port;          // everything from the port of the requests
    uint32_t transfers_most;      // at once
    uint32_t per_client_most;     // at once, from one address
    uint32_t requests_per_second; // 0 = no limit
    uint32_t requests_per_client; // per second, from one address; 0 = no limit
    uint64_t rate_bytes;          // per second in all; 0 = no limit
    uint64_t rate_client_bytes;   // per second and address; 0 = no limit
    struct ip4 group_first;       // multicast groups; 0 = no multicast
    struct ip4 group_last;
};

struct tftp_answer {
    enum status status;        // OK: there is a node (a read) or an upload (a write)
    struct content_node node;  // the engine closes it
    struct upload *upload;     // the engine ends it
    struct tftp_limits limits; // what this client may be granted
    // unless OK:
    enum transfer_outcome outcome;
    enum tftp_error error;
    const char *text; // static, or `end.why`; NULL = no answer at all, so that the client asks again
};

struct tftp_question { // in the loop thread while it is asked, in its own thread before and after
    struct tftp_message message;
    struct tftp_engine *engine;
    struct transfer_end end; // who asks for what; the loop thread may fill in more: reasons, tried, why ...
    bool is_write;
    enum tftp_mode mode; // octet or netascii
    struct tftp_options options;
    uint32_t mtu;                 // bytes, of the interface
    uint16_t silent_block_bytes;  // this client fell silent behind its first block of so many bytes; 0 = not
    struct tftp_answer answer;    // STATUS_IO to begin with
    struct content_waiter waiter; // of who answers, as `next_waiting` is
    struct tftp_question *next_waiting;
    void *answerer; // its own
    // the engine's own
    struct tftp_question *next; // on its way to a thread
    struct tftp_thread *thread;
    struct tftp_port *port;            // it came by
    bool is_stale;                     // its client gave it up meanwhile
    struct tftp_client_record *client; // as long as it counts as under way; else NULL
};

struct tftp_engine_options {
    struct loop *loop; // must outlive the engine
    struct log *log;   // may be NULL
    struct tftp_policy policy;
    unsigned threads; // 1..TFTP_ENGINE_THREADS_MOST; 0 = half the processors, four at most
    // Both in the loop thread. `ask` answers by tftp_engine_answer, now or later.
    void (*ask)(void *context, struct tftp_question *question);
    void (*ended)(void *context, const struct transfer_end *end);
    // See transfer_hooks; may be NULL.
    void (*stalled)(void *context, const struct transfer_end *end);
    // Requests were not answered, since there were too many: so many since the last call, one of them from
    // `client`.
    void (*dropped)(void *context, uint64_t count, struct ip client);
    void *context;
};

struct tftp_engine_listener {
    const char *interface; // name, bound to it; NULL = all interfaces
    struct ip address;     // none = any of IPv4, broadcast included, and any of IPv6
    uint16_t port;         // 0 = the kernel picks one
    uint32_t mtu;          // bytes
};

/// An engine that listens nowhere and whose threads do not run yet. Yours; tftp_engine_free gives it back.
struct tftp_engine *tftp_engine_new(const struct tftp_engine_options *options);

/// Starts the threads: after privileges were given up, since a thread keeps those that it was born with.
void tftp_engine_start(struct tftp_engine *engine);

/// Listens for requests; `*port` becomes the port. STATUS_IO with `problem`: as udp_open.
MUST_USE enum status tftp_engine_listen(struct tftp_engine *engine, const struct tftp_engine_listener *wanted,
                                        uint16_t *port, struct problem *problem);

/// Listens no more on `interface` (NULL: the listener for all). Transfers go on, except those of single-port
/// mode.
void tftp_engine_unlisten(struct tftp_engine *engine, const char *interface);

/// Changes the limits that need no new sockets: of transfers, requests and rates.
void tftp_engine_set_policy(struct tftp_engine *engine, const struct tftp_policy *policy);

/// Gives the answer that stands in `taken_question`.
void tftp_engine_answer(struct tftp_question *taken_question);

/// How many conversations are under way.
uint32_t tftp_engine_live(const struct tftp_engine *engine);

/// Ends all (their clients get an ERROR, `ended` is called), stops the threads, frees; NULL is allowed.
/// Questions not yet answered must be answered before, or never.
void tftp_engine_free(struct tftp_engine *engine);
