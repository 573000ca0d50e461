// SPDX-License-Identifier: GPL-3.0-or-later
#include "tftp_load_link.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENT_PORT          2070 // as PXE firmware
#define BATCH                128
#define READY_MOST           64      // sockets of one turn
#define QUEUE                131072u // a power of two: what is under way, and not yet sent
#define RECEIVE_BUFFER_BYTES (512 << 20)
#define OWN_BUFFER_BYTES     (4 << 20) // of a socket of one client
#define SEND_BUFFER_BYTES    (16 << 20)
#define GRO_BYTES            65536u
#define PACKET_INFO_BYTES    CMSG_SPACE(sizeof(struct in_pktinfo))
#define CONTROL_BYTES        (PACKET_INFO_BYTES + CMSG_SPACE(sizeof(int)))

struct waiting {
    uint64_t due_us;
    uint32_t client;
    uint16_t port;
    uint16_t count;
    uint8_t bytes[LOAD_LINK_SEND_BYTES];
};

struct own {       // a client's socket
    int fd;        // -1 = none
    uint16_t port; // it is connected to; 0 = not yet
};

union control {
    struct cmsghdr header;
    uint8_t bytes[CONTROL_BYTES];
};

struct load_link {
    int fd;          // of all, or of none
    int watch;       // epoll of the clients' own
    struct own *own; // of each client
    struct load_link_options options;
    uint32_t room_bytes; // of one received message
    uint64_t dice;
    uint64_t lost;
    uint32_t head, tail; // of the queue
    struct waiting *queue;
    uint8_t *bytes; // BATCH rooms
    struct mmsghdr in[BATCH], out[BATCH];
    struct iovec in_pieces[BATCH], out_pieces[BATCH];
    struct sockaddr_in in_names[BATCH], out_names[BATCH];
    union control in_controls[BATCH], out_controls[BATCH];
};

// ---- loss ----

static bool is_lost(struct load_link *link)
{
    if (link->options.loss_permille == 0) {
        return false;
    }
    link->dice ^= link->dice << 13; // xorshift64: the same seed loses the same packets
    link->dice ^= link->dice >> 7;
    link->dice ^= link->dice << 17;
    bool is = (link->dice >> 11) % 1000 < link->options.loss_permille;
    link->lost += is;
    return is;
}

// ---- opening ----

static void prepare_batches(struct load_link *link)
{
    for (unsigned i = 0; i < BATCH; i++) {
        link->in_pieces[i] = (struct iovec){.iov_base = link->bytes + (size_t)i * link->room_bytes,
                                            .iov_len = link->room_bytes};
        link->in[i].msg_hdr = (struct msghdr){.msg_name = &link->in_names[i],
                                              .msg_iov = &link->in_pieces[i],
                                              .msg_iovlen = 1,
                                              .msg_control = link->in_controls[i].bytes};
        link->out_names[i] =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(link->options.server.value)};
        link->out_controls[i].header = (struct cmsghdr){.cmsg_level = IPPROTO_IP,
                                                        .cmsg_type = IP_PKTINFO,
                                                        .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo))};
        link->out[i].msg_hdr = (struct msghdr){.msg_name = &link->out_names[i],
                                               .msg_namelen = sizeof link->out_names[i],
                                               .msg_iov = &link->out_pieces[i],
                                               .msg_iovlen = 1,
                                               .msg_control = link->out_controls[i].bytes,
                                               .msg_controllen = PACKET_INFO_BYTES};
    }
}

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static enum status open_shared(struct load_link *link, struct problem *problem)
{
    link->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (link->fd < 0) {
        problem_set(problem, "no socket: %s", strerror(errno));
        return STATUS_IO;
    }
    set_option(link->fd, IPPROTO_IP, IP_PKTINFO, 1);
    set_option(link->fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
    set_option(link->fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES);
    if (link->options.has_gro) {
        set_option(link->fd, IPPROTO_UDP, UDP_GRO, 1);
    }
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(CLIENT_PORT)};
    if (bind(link->fd, (const struct sockaddr *)&own, sizeof own) != 0) {
        problem_set(problem, "UDP port %d is not free: %s", CLIENT_PORT, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status open_watch(struct load_link *link, struct problem *problem)
{
    link->watch = epoll_create1(EPOLL_CLOEXEC);
    link->own = malloc(link->options.clients * sizeof link->own[0]);
    if (link->watch < 0 || link->own == NULL) {
        problem_set(problem, "there is not enough memory for %u clients", link->options.clients);
        return STATUS_IO;
    }
    for (uint32_t i = 0; i < link->options.clients; i++) {
        link->own[i] = (struct own){.fd = -1};
    }
    return STATUS_OK;
}

struct load_link *load_link_open(const struct load_link_options *options, struct problem *problem)
{
    struct load_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        problem_set(problem, "there is not enough memory");
        return NULL;
    }
    link->fd = link->watch = -1;
    link->options = *options;
    link->dice = options->seed * 0x9e3779b97f4a7c15u + 1;
    link->room_bytes = options->has_gro ? GRO_BYTES : (options->receive_bytes + 63u) & ~63u;
    link->bytes = malloc((size_t)BATCH * link->room_bytes);
    link->queue = calloc(QUEUE, sizeof *link->queue);
    if (link->bytes == NULL || link->queue == NULL) {
        problem_set(problem, "there is not enough memory");
        load_link_close(link);
        return NULL;
    }
    prepare_batches(link);
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); // a delay of 1 ms is not one of 1.05 ms
    enum status status = options->is_shared ? open_shared(link, problem) : open_watch(link, problem);
    if (status != STATUS_OK) {
        load_link_close(link);
        return NULL;
    }
    return link;
}

void load_link_close(struct load_link *link)
{
    if (link == NULL) {
        return;
    }
    for (uint32_t i = 0; link->own != NULL && i < link->options.clients; i++) {
        load_link_end(link, i);
    }
    if (link->fd >= 0) {
        close(link->fd);
    }
    if (link->watch >= 0) {
        close(link->watch);
    }
    free(link->own);
    free(link->queue);
    free(link->bytes);
    free(link);
}

// ---- a client's own socket ----

static int open_own(const struct load_link *link, uint32_t client)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_port = htons(CLIENT_PORT),
                              .sin_addr.s_addr = htonl(link->options.first_address.value + client)};
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = client};
    if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own) != 0 ||
        epoll_ctl(link->watch, EPOLL_CTL_ADD, fd, &wanted) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, OWN_BUFFER_BYTES);
    if (link->options.has_gro) {
        set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
    }
    return fd;
}

bool load_link_begin(struct load_link *link, uint32_t client)
{
    if (!link->options.is_shared) {
        link->own[client] = (struct own){.fd = open_own(link, client)};
    }
    return link->options.is_shared || link->own[client].fd >= 0;
}

void load_link_settle(struct load_link *link, uint32_t client, uint16_t port)
{
    if (!link->options.is_shared) {
        struct own *own = &link->own[client];
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(link->options.server.value)};
        bool is_settled = connect(own->fd, (const struct sockaddr *)&to, sizeof to) == 0;
        own->port = is_settled ? port : 0; // unsettled it only takes longer
    }
}

void load_link_end(struct load_link *link, uint32_t client)
{
    if (!link->options.is_shared && link->own[client].fd >= 0) {
        close(link->own[client].fd);
        link->own[client].fd = -1;
    }
}

// ---- sending ----

void load_link_send(struct load_link *link, uint64_t now_us, uint32_t client, uint16_t port,
                    const void *bytes, size_t count)
{
    assert(count <= LOAD_LINK_SEND_BYTES);
    if (is_lost(link)) {
        return;
    }
    if (link->tail - link->head == QUEUE) {
        load_link_flush(link, UINT64_MAX); // more than anybody measures: early rather than never
    }
    struct waiting *waiting = &link->queue[link->tail++ % QUEUE];
    waiting->due_us = now_us + link->options.delay_us;
    waiting->client = client;
    waiting->port = port;
    waiting->count = (uint16_t)count;
    memcpy(waiting->bytes, bytes, count);
}

// Puts what is due into the batch; how many.
static unsigned fill_batch(struct load_link *link, uint64_t now_us)
{
    unsigned count = 0;
    while (count < BATCH && link->head + count != link->tail) {
        struct waiting *waiting = &link->queue[(link->head + count) % QUEUE];
        if (waiting->due_us > now_us) {
            break;
        }
        struct in_pktinfo info = {.ipi_spec_dst.s_addr =
                                      htonl(link->options.first_address.value + waiting->client)};
        memcpy(CMSG_DATA(&link->out_controls[count].header), &info, sizeof info);
        link->out_names[count].sin_port = htons(waiting->port);
        link->out_pieces[count] = (struct iovec){.iov_base = waiting->bytes, .iov_len = waiting->count};
        count++;
    }
    return count;
}

static void flush_own(struct load_link *link, uint64_t now_us)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(link->options.server.value)};
    while (link->head != link->tail && link->queue[link->head % QUEUE].due_us <= now_us) {
        const struct waiting *waiting = &link->queue[link->head++ % QUEUE];
        to.sin_port = htons(waiting->port);
        bool is_settled = link->own[waiting->client].port == waiting->port;
        (void)!sendto(link->own[waiting->client].fd, waiting->bytes, waiting->count, 0,
                      is_settled ? NULL : (const struct sockaddr *)&to, is_settled ? 0 : sizeof to);
    }
}

static void flush_shared(struct load_link *link, uint64_t now_us)
{
    unsigned count;
    while ((count = fill_batch(link, now_us)) != 0) {
        int sent = sendmmsg(link->fd, link->out, count, 0);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            return; // the next turn sends it
        }
        link->head += sent > 0 ? (unsigned)sent : 1; // what the network refuses is lost, as on the wire
    }
}

void load_link_flush(struct load_link *link, uint64_t now_us)
{
    if (link->options.is_shared) {
        flush_shared(link, now_us);
    } else {
        flush_own(link, now_us);
    }
    if (link->head == link->tail) {
        link->head = link->tail = 0; // what is used over and over stays in the cache
    }
}

// ---- receiving ----

struct origin {
    struct ip4 to;
    size_t segment_bytes; // 0 = one datagram
};

static struct origin origin_of(struct msghdr *message)
{
    struct origin origin = {0};
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(at), sizeof info);
            origin.to.value = ntohl(info.ipi_addr.s_addr);
        } else if (at->cmsg_level == IPPROTO_UDP && at->cmsg_type == UDP_GRO) {
            int bytes;
            memcpy(&bytes, CMSG_DATA(at), sizeof bytes);
            origin.segment_bytes = (size_t)bytes;
        }
    }
    return origin;
}

struct taker {
    void (*take)(void *context, const struct load_packet *packet);
    void *context;
};

static void take_message(struct load_link *link, unsigned position, struct origin origin,
                         const struct taker *taker)
{
    const uint8_t *bytes = link->in_pieces[position].iov_base;
    size_t left = link->in[position].msg_len;
    size_t segment = origin.segment_bytes == 0 ? left : origin.segment_bytes;
    struct load_packet packet = {.client = origin.to.value - link->options.first_address.value,
                                 .server_port = ntohs(link->in_names[position].sin_port)};
    do {
        packet.bytes = bytes;
        packet.count = size_min(segment, left);
        bytes += packet.count;
        left -= packet.count;
        if (!is_lost(link)) {
            taker->take(taker->context, &packet);
        }
    } while (left != 0);
}

// One batch of one socket; `to`: whose it is, 0 = the packets say so.
static unsigned receive_from(struct load_link *link, int fd, struct ip4 to, const struct taker *taker)
{
    bool has_control = to.value == 0 || link->options.has_gro;
    for (unsigned i = 0; i < BATCH; i++) {
        link->in[i].msg_hdr.msg_namelen = sizeof link->in_names[i];
        link->in[i].msg_hdr.msg_controllen = has_control ? sizeof link->in_controls[i] : 0;
    }
    int count = recvmmsg(fd, link->in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        struct origin origin = has_control ? origin_of(&link->in[i].msg_hdr) : (struct origin){0};
        if (to.value != 0) {
            origin.to = to;
        }
        if (link->in_names[i].sin_addr.s_addr == htonl(link->options.server.value)) {
            take_message(link, (unsigned)i, origin, taker);
        }
    }
    return count < 0 ? 0 : (unsigned)count;
}

unsigned load_link_receive(struct load_link *link,
                           void (*take)(void *context, const struct load_packet *packet), void *context)
{
    struct taker taker = {take, context};
    if (link->options.is_shared) {
        return receive_from(link, link->fd, (struct ip4){0}, &taker);
    }
    struct epoll_event ready[READY_MOST];
    int count = epoll_wait(link->watch, ready, READY_MOST, 0);
    unsigned taken = 0;
    for (int i = 0; i < count; i++) {
        uint32_t client = ready[i].data.u32;
        struct ip4 address = {link->options.first_address.value + client};
        taken += link->own[client].fd < 0 ? 0 : receive_from(link, link->own[client].fd, address, &taker);
    }
    return taken;
}

void load_link_wait(struct load_link *link, uint64_t now_us, uint64_t most_us)
{
    if (link->head != link->tail) {
        uint64_t due_us = link->queue[link->head % QUEUE].due_us;
        most_us = size_min(most_us, due_us > now_us ? due_us - now_us : 0);
    }
    struct pollfd wanted = {.fd = link->options.is_shared ? link->fd : link->watch, .events = POLLIN};
    struct timespec most = {.tv_sec = (time_t)(most_us / 1000000),
                            .tv_nsec = (long)(most_us % 1000000) * 1000};
    (void)ppoll(&wanted, 1, &most, NULL);
}

uint64_t load_link_dropped(struct load_link *link)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof info;
    if (link->options.is_shared) {
        (void)getsockopt(link->fd, SOL_SOCKET, SO_MEMINFO, info, &length);
    }
    return info[SK_MEMINFO_DROPS];
}

uint64_t load_link_lost(const struct load_link *link)
{
    return link->lost;
}
