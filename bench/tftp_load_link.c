// SPDX-License-Identifier: GPL-3.0-or-later
#include "tftp_load_link.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENT_PORT          2070 // as PXE firmware
#define BATCH                128
#define QUEUE                131072u // a power of two: what is under way, and not yet sent
#define RECEIVE_BUFFER_BYTES (512 << 20)
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

union control {
    struct cmsghdr header;
    uint8_t bytes[CONTROL_BYTES];
};

struct load_link {
    int fd;
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

static enum status open_socket(struct load_link *link, struct problem *problem)
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

struct load_link *load_link_open(const struct load_link_options *options, struct problem *problem)
{
    struct load_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        problem_set(problem, "there is not enough memory");
        return NULL;
    }
    link->fd = -1;
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
    if (open_socket(link, problem) != STATUS_OK) {
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
    if (link->fd >= 0) {
        close(link->fd);
    }
    free(link->queue);
    free(link->bytes);
    free(link);
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

void load_link_flush(struct load_link *link, uint64_t now_us)
{
    unsigned count;
    while ((count = fill_batch(link, now_us)) != 0) {
        int sent = sendmmsg(link->fd, link->out, count, 0);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            return; // the next turn sends it
        }
        link->head += sent > 0 ? (unsigned)sent : 1; // what the network refuses is lost, as on the wire
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

static void take_message(struct load_link *link, unsigned position,
                         void (*take)(void *context, const struct load_packet *packet), void *context)
{
    struct origin origin = origin_of(&link->in[position].msg_hdr);
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
            take(context, &packet);
        }
    } while (left != 0);
}

unsigned load_link_receive(struct load_link *link,
                           void (*take)(void *context, const struct load_packet *packet), void *context)
{
    for (unsigned i = 0; i < BATCH; i++) {
        link->in[i].msg_hdr.msg_namelen = sizeof link->in_names[i];
        link->in[i].msg_hdr.msg_controllen = sizeof link->in_controls[i];
    }
    int count = recvmmsg(link->fd, link->in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        if (link->in_names[i].sin_addr.s_addr == htonl(link->options.server.value)) {
            take_message(link, (unsigned)i, take, context);
        }
    }
    return count < 0 ? 0 : (unsigned)count;
}

void load_link_wait(struct load_link *link, uint64_t now_us, uint64_t most_us)
{
    if (link->head != link->tail) {
        uint64_t due_us = link->queue[link->head % QUEUE].due_us;
        most_us = size_min(most_us, due_us > now_us ? due_us - now_us : 0);
    }
    struct pollfd wanted = {.fd = link->fd, .events = POLLIN};
    struct timespec most = {.tv_sec = (time_t)(most_us / 1000000),
                            .tv_nsec = (long)(most_us % 1000000) * 1000};
    (void)ppoll(&wanted, 1, &most, NULL);
}

uint64_t load_link_dropped(struct load_link *link)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof info;
    (void)getsockopt(link->fd, SOL_SOCKET, SO_MEMINFO, info, &length);
    return info[SK_MEMINFO_DROPS];
}

uint64_t load_link_lost(const struct load_link *link)
{
    return link->lost;
}
