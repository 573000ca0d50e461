// SPDX-License-Identifier: GPL-3.0-or-later
#include "link.h"

#include "wire/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH                64
#define RECEIVE_BUFFER_BYTES (64 << 20)
#define SEND_BUFFER_BYTES    (8 << 20)

struct link {
    int fd;
    unsigned waiting; // frames of the batch to be sent
    uint64_t dropped;
    struct mmsghdr out[BATCH];
    struct iovec out_pieces[BATCH];
    struct mmsghdr in[BATCH];
    struct iovec in_pieces[BATCH];
    uint8_t out_bytes[BATCH][FRAME_MOST_BYTES];
    uint8_t in_bytes[BATCH][FRAME_MOST_BYTES];
};

static void set_number(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); // an older kernel is only slower
}

static bool bind_interface(int fd, const char *interface)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)if_nametoindex(interface)};
    struct packet_mreq promiscuous = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    return address.sll_ifindex != 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
           setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) == 0;
}

static void prepare_batches(struct link *link)
{
    for (unsigned i = 0; i < BATCH; i++) {
        link->out_pieces[i] = (struct iovec){.iov_base = link->out_bytes[i]};
        link->out[i].msg_hdr = (struct msghdr){.msg_iov = &link->out_pieces[i], .msg_iovlen = 1};
        link->in_pieces[i] = (struct iovec){.iov_base = link->in_bytes[i], .iov_len = FRAME_MOST_BYTES};
        link->in[i].msg_hdr = (struct msghdr){.msg_iov = &link->in_pieces[i], .msg_iovlen = 1};
    }
}

struct link *link_open(const char *interface, struct problem *problem)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        problem_set(problem, "no raw socket: %s", strerror(errno));
        problem_set_remedy(problem, "run it as root");
        return NULL;
    }
    set_number(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
    set_number(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES);
    set_number(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    set_number(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL || !bind_interface(fd, interface)) {
        problem_set(problem, "interface %s cannot be used: %s", interface, strerror(errno));
        problem_set_remedy(problem, "`ip link` lists the interfaces of this namespace");
        free(link);
        close(fd);
        return NULL;
    }
    link->fd = fd;
    prepare_batches(link);
    return link;
}

uint8_t *link_get_room(struct link *link)
{
    if (link->waiting == BATCH) {
        link_flush(link);
    }
    return link->out_bytes[link->waiting];
}

void link_put(struct link *link, size_t count)
{
    link->out_pieces[link->waiting].iov_len = count;
    link->waiting++;
}

void link_flush(struct link *link)
{
    unsigned sent = 0;
    while (sent < link->waiting) {
        int count = sendmmsg(link->fd, link->out + sent, link->waiting - sent, 0);
        if (count < 0 && errno != EINTR && errno != EAGAIN && errno != ENOBUFS) {
            break; // lost, as on a wire: the machines' timers see to it
        }
        if (count < 0) {
            (void)poll(&(struct pollfd){.fd = link->fd, .events = POLLOUT}, 1, 1);
        }
        sent += count < 0 ? 0 : (unsigned)count;
    }
    link->waiting = 0;
}

bool link_wait(struct link *link, int most_ms)
{
    return poll(&(struct pollfd){.fd = link->fd, .events = POLLIN}, 1, most_ms) > 0;
}

unsigned link_receive(struct link *link, void (*receive)(void *context, const uint8_t *bytes, size_t count),
                      void *context)
{
    int count = recvmmsg(link->fd, link->in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        if ((link->in[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
            link->dropped++; // a frame that no wire carries: segmentation offload reached us
            continue;
        }
        receive(context, link->in_bytes[i], link->in[i].msg_len);
    }
    return count < 0 ? 0 : (unsigned)count;
}

uint64_t link_dropped(struct link *link)
{
    struct tpacket_stats stats = {0};
    socklen_t bytes = sizeof stats;
    if (getsockopt(link->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &bytes) == 0) {
        link->dropped += stats.tp_drops; // the kernel forgets its count when asked
    }
    return link->dropped;
}

void link_close(struct link *link)
{
    if (link != NULL) {
        close(link->fd);
        free(link);
    }
}
