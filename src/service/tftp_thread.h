// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of the TFTP engine, for its own files: a thread with its sockets, flows, timers and the batch of
// datagrams that leaves with one call. Everything here belongs to that thread alone, but for what it says.
#pragma once

#include "io/socket_address.h"
#include "service/tftp_disk.h"
#include "service/tftp_flow.h"
#include "service/tftp_limiter.h"
#include "service/tftp_table.h"

#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define TFTP_BATCH          64   // datagrams in one system call, either way
#define TFTP_DATAGRAM_BYTES 2048 // longer ones are cut and dropped: uploads get no larger blocks
#define TFTP_SEGMENTS_MOST  64   // of one UDP_SEGMENT call, what every kernel that knows it takes
#define TFTP_PIECES_MOST    4096
#define TFTP_POOL_BYTES     (192u << 10)
#define TFTP_PLAIN_MOST     16
#define TFTP_PLAIN_US       60000000 // then an interface that refused to segment is tried again
#define TFTP_PORTS_EACH     2        // transfer ports for each of our addresses
#define TFTP_PORTS_MOST     64       // transfer ports; more addresses than that come and go
#define TFTP_ASKED_MOST     4096     // questions under way
#define TFTP_UPLOADS_MOST   1024     // of a thread; each one holds two descriptors
#define TFTP_UNHEARD_MOST   256      // of these, of clients that sent no block yet: the request may be forged
#define TFTP_QUIET_US       50000    // a transfer port unused for so long may be closed

union tftp_control { // room for UDP_SEGMENT and IPV6_PKTINFO, the larger one, aligned
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct tftp_queue { // of flows with blocks that wait
    struct tftp_flow *first;
    struct tftp_flow *last;
};

struct tftp_port {
    int fd;
    bool is_listener;  // requests come in here
    bool is_blocked;   // its socket takes no more for now
    struct ip address; // ours; of a listener none = any
    bool is_ip6;
    uint32_t scope;              // the interface of a link-local address; else 0
    uint16_t number;             // UDP port
    uint32_t mtu;                // of a listener
    char interface[IF_NAMESIZE]; // of a listener; "" = all
    unsigned users;              // flows and questions
    int64_t used_us;
    struct tftp_queue queue; // of flows that wait for the socket
    struct tftp_port *next;
};

struct tftp_note {          // what a message in the batch carries, in case that it cannot leave
    struct tftp_flow *flow; // NULL = a packet whose loss a timer mends
    unsigned sending;       // of `flow`, to which the blocks belong
    uint64_t first;
    unsigned count;
    bool is_segmented;
};

struct tftp_plain { // an interface that refused UDP_SEGMENT
    uint32_t interface_index;
    int64_t until_us; // then it is tried again
};

struct tftp_output {        // datagrams that leave together
    struct tftp_port *port; // by which; NULL = none queued
    uint32_t interface_index;
    unsigned count;
    unsigned piece_count;
    unsigned header_count;
    size_t pool_count;
    struct mmsghdr messages[TFTP_BATCH];
    struct tftp_note notes[TFTP_BATCH];
    uint32_t interfaces[TFTP_BATCH];
    union socket_address receivers[TFTP_BATCH];
    union tftp_control controls[TFTP_BATCH];
    struct iovec pieces[TFTP_PIECES_MOST];
    uint8_t headers[TFTP_PIECES_MOST][TFTP_HEADER_BYTES];
    uint8_t pool[TFTP_POOL_BYTES]; // packets, and blocks of files that are not mapped
    struct tftp_plain plain[TFTP_PLAIN_MOST];
    unsigned plain_count;
};

struct tftp_input {
    struct mmsghdr messages[TFTP_BATCH];
    struct iovec pieces[TFTP_BATCH];
    union socket_address senders[TFTP_BATCH];
    union tftp_control controls[TFTP_BATCH];
    uint8_t bytes[TFTP_BATCH][TFTP_DATAGRAM_BYTES];
};

enum tftp_mail_kind {
    TFTP_MAIL_LISTEN,
    TFTP_MAIL_UNLISTEN,
    TFTP_MAIL_POLICY,
    TFTP_MAIL_STORED,
    TFTP_MAIL_STOP
};

struct tftp_mail { // from the loop thread, or the disk's
    struct tftp_mail *next;
    enum tftp_mail_kind kind;
    struct tftp_port *port;      // LISTEN: taken over
    char interface[IF_NAMESIZE]; // UNLISTEN
    struct tftp_policy policy;   // POLICY
    struct tftp_store *store;    // STORED: taken over
    sem_t *done;                 // UNLISTEN: posted when the sockets are closed; NULL = nobody waits
};

struct tftp_thread {
    struct tftp_engine *engine;
    unsigned number;
    pthread_t id;
    bool is_running; // for the loop thread
    bool is_stopping;
    bool may_spin;
    int epoll_fd;
    int wake_fd;
    pthread_mutex_t lock; // of the four below
    struct tftp_mail *mail_first;
    struct tftp_mail *mail_last;
    struct tftp_question *answer_first;
    struct tftp_question *answer_last;
    struct tftp_policy policy;
    struct tftp_table flows; // by client address and port
    struct tftp_table asked; // questions, the same
    struct tftp_table files; // by what tells one file from another
    struct tftp_limiter limiter;
    struct tftp_port *ports;
    unsigned port_count;
    struct tftp_flow **heap; // by heap_us
    uint32_t heap_count;
    uint32_t heap_capacity;
    struct tftp_queue paced; // flows that wait for their rate
    struct tftp_flow *ended; // to be freed behind this batch
    void *groups;
    int64_t now_us;
    int64_t heard_us; // the last packet
    int64_t gap_us;   // between the last two wakes with packets
    int64_t room_us;  // when somebody silent was last looked for
    unsigned uploads; // asked for, under way, with the disk
    unsigned uploads_unheard;
    int64_t upload_room_us; // as room_us, of uploads
    uint64_t dropped;       // requests, since it was last told
    struct ip dropped_client;
    int64_t dropped_told_us;
    uint32_t seed;
    atomic_uint live; // for everybody
    struct tftp_output output;
    struct tftp_input input;    // of ports that transfers come from
    struct tftp_input requests; // of listeners: while these are looked at, the other may be needed
};

struct tftp_engine {
    struct tftp_engine_options options;
    struct mailbox *mailbox;
    struct tftp_disk *disk;
    bool is_stopping; // in the loop thread
    atomic_ullong mapped_bytes;
    atomic_ullong netascii_bytes; // of converted texts under way
    atomic_uint live;
    atomic_uint told; // ends that the loop thread has not taken yet
    unsigned thread_count;
    struct tftp_thread *threads[TFTP_ENGINE_THREADS_MOST];
};

/// The key of a client's conversation. IPv6 addresses are hashed; nobody can find one that meets another
/// client's.
static inline uint64_t tftp_key(struct ip client, uint16_t port)
{
    return ip_is_ip6(client) ? tftp_key_ip6(client, port) : (uint64_t)ip_get_ip4(client).value << 16 | port;
}

// The loop thread's end: tftp_engine.c.

/// Asks the loop thread; the question stays the thread's.
void tftp_engine_ask(struct tftp_question *question);

/// Tells the loop thread that a conversation is over.
void tftp_engine_tell_end(struct tftp_engine *engine, const struct transfer_end *end);

/// Tells the loop thread of a client that says nothing; the end comes later.
void tftp_engine_tell_stall(struct tftp_engine *engine, const struct transfer_end *end);

/// Tells the loop thread of requests that were not answered.
void tftp_engine_tell_dropped(struct tftp_engine *engine, uint64_t count, struct ip client);

// The thread: tftp_thread.c.

/// A thread that does not run yet.
struct tftp_thread *tftp_thread_new(struct tftp_engine *engine, unsigned number);

/// Lets it run.
void tftp_thread_start(struct tftp_thread *thread);

/// Ends everything that is under way, and the thread. The loop thread calls it.
void tftp_thread_stop(struct tftp_thread *thread);

/// Frees a thread that was stopped, and the answers that came too late. The loop thread calls it.
void tftp_thread_free(struct tftp_thread *thread);

/// Hands it a piece of mail; from the loop thread or the disk's.
void tftp_thread_post(struct tftp_thread *thread, struct tftp_mail *taken_mail);

/// Hands it an answer; from the loop thread or another engine thread.
void tftp_thread_post_answer(struct tftp_thread *thread, struct tftp_question *taken_question);

// Requests: tftp_intake.c.

/// A datagram came to a port that takes requests: `client`, `local` and interface are in `end`.
void tftp_intake_request(struct tftp_thread *thread, struct tftp_port *port, const struct transfer_end *from,
                         const struct tftp_packet *request);

/// An answer came back.
void tftp_intake_answer(struct tftp_thread *thread, struct tftp_question *taken_question);

/// What stands for a name where two are compared.
uint64_t tftp_intake_hash(const char *name);

/// Tells the loop thread, every ten seconds at most, how many requests were not answered.
void tftp_intake_tell_dropped(struct tftp_thread *thread, bool is_last);

// Flows and timers: tftp_flow.c.

/// Wakes who is due.
void tftp_flow_run_timers(struct tftp_thread *thread);

/// When the next one is due; INT64_MAX = nobody.
int64_t tftp_flow_next_us(const struct tftp_thread *thread);

/// Sends blocks that waited for the socket of `port`.
void tftp_flow_resume_port(struct tftp_thread *thread, struct tftp_port *port);

/// Sends blocks that waited for their rate.
void tftp_flow_resume_paced(struct tftp_thread *thread);

/// Blocks could not leave since the socket is full: they wait for it. Of several messages the last comes
/// first.
void tftp_flow_wait_for_socket(struct tftp_flow *flow, uint64_t first, unsigned count);

/// The block size behind whose first block the client has fallen silent; 0 = it has not.
uint16_t tftp_flow_silent_block_bytes(const struct tftp_flow *flow);

/// Frees the flows that ended; after the batch that may still speak of them has left.
void tftp_flow_reap(struct tftp_thread *thread);

// Ports: tftp_port.c.

/// Opens one socket for requests of one family; the first of several threads' finds out whether the port is
/// taken. NULL with `problem`.
struct tftp_port *tftp_port_listen(const struct tftp_engine_listener *wanted, bool is_ip6, bool is_first,
                                   bool is_shared, struct problem *problem);

/// The port that a transfer of `end->client` (`record`) should come from, at our address `end->server`: not
/// the one of its last transfer when it uses its own port again. NULL: none can be opened.
struct tftp_port *tftp_port_pick(struct tftp_thread *thread, struct tftp_port *asked,
                                 const struct transfer_end *end, struct tftp_client_record *record);

/// Gets room for datagrams ready, `wants_control` with room for what is told about them.
void tftp_port_prepare(struct tftp_input *input, bool wants_control);

/// A socket for transfers, bound to our address `from` (of interface `scope` when it is link-local) and a
/// port of the policy's range, beginning anywhere
/// (`chance`); NULL: there is none.
struct tftp_port *tftp_port_open(const struct tftp_policy *policy, uint32_t chance, struct ip from,
                                 uint32_t scope);

/// As tftp_port_add, but a socket for transfers is closed when the thread has one for that address.
void tftp_port_offer(struct tftp_thread *thread, struct tftp_port *taken_port);

/// Watches a port: it is one of the thread's from now on.
void tftp_port_add(struct tftp_thread *thread, struct tftp_port *taken_port);

/// Closes and frees one that nobody uses.
void tftp_port_remove(struct tftp_thread *thread, struct tftp_port *port);

/// Closes transfer ports that nobody used for a while when there are many.
void tftp_port_tidy(struct tftp_thread *thread);

/// Reads what came in, at most a few batches, and hands it on.
void tftp_port_receive(struct tftp_thread *thread, struct tftp_port *port);

/// Reads what ICMP told about packets sent by `port`.
void tftp_port_read_errors(struct tftp_thread *thread, struct tftp_port *port);

/// Waits for the socket to take more, or no longer.
void tftp_port_watch(struct tftp_thread *thread, struct tftp_port *port, bool is_blocked);

/// Closes it without a thread, before it was added.
void tftp_port_free(struct tftp_port *taken_port);

// The batch: tftp_output.c.

/// Queues a packet (copied, at most TFTP_DATAGRAM_BYTES) from `from` (of a port that has no address of its
/// own).
void tftp_output_add_packet(struct tftp_thread *thread, struct tftp_port *port, const struct transfer_end *to,
                            const void *data, size_t bytes);

/// Queues blocks of `flow` to `to`. Those that the socket does not take wait (tftp_flow_wait_for_socket).
/// STATUS_IO: the file cannot be read, or is shorter than it was.
MUST_USE enum status tftp_output_add_blocks(struct tftp_flow *flow, uint64_t first, unsigned count,
                                            struct ip to, uint16_t to_port);

/// Sends what is queued.
void tftp_output_flush(struct tftp_thread *thread);

// Uploads: tftp_flow_write.c.

/// An upload came back from the disk.
void tftp_flow_write_stored(struct tftp_store *taken_store);

// Files: tftp_file.c.

/// The bytes of the file, or NULL when it is not mapped: then read them. Only the kernel may look at them: a
/// file that was cut meanwhile would end us, the kernel only says EFAULT.
const uint8_t *tftp_file_map(const struct tftp_file *file);

/// Reads exactly `bytes` at `offset`.
MUST_USE enum status tftp_file_read(const struct tftp_file *file, uint64_t offset, void *out, size_t bytes);

/// Whether it still is what it was when it was opened.
bool tftp_file_is_unchanged(const struct tftp_file *file);
