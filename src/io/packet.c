// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/packet.h"

#include "io/heap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES_PER_TURN 64
#define RECEIVE_BYTES   (1 << 20)
#define NEVER           0x10000 // no 16-bit field has this value
#define DHCP_PORT       67
#define BINL_PORT       4011

struct packet {
    int fd;
    struct hw hw;
    struct packet_handler handler;
    struct loop_watch *watch;
    bool is_receiving; // inside a handler's function
    bool is_closed;    // closed by it
    uint16_t identification;
    uint8_t bytes[FRAME_MOST_BYTES];
};

// The kernel drops what we do not want to hear, so a busy interface costs us nothing. Frames of VLANs above
// the interface pass here too, with their tag taken off: they belong to another network and are dropped.
static enum status attach_filter(int fd, unsigned hears)
{
    uint32_t arp = (hears & PACKET_HEARS_ARP) != 0 ? FRAME_TYPE_ARP : NEVER;
    bool servers = (hears & PACKET_HEARS_SERVERS) != 0;
    bool clients = (hears & PACKET_HEARS_CLIENTS) != 0;
    struct sock_filter program[] = {
        /* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
        /* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 15),
        /* 2 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), // Ethernet type
        /* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arp, 12, 0),
        /* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FRAME_TYPE_IPV4, 0, 12),
        /* 5 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23), // IPv4 protocol
        /* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 10),
        /* 7 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20), // fragment offset
        /* 8 */ BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 8, 0),
        /* 9 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14), // length of the IPv4 header
        /* 10 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 14), // source port
        /* 11 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, servers ? DHCP_PORT : NEVER, 4, 0),
        /* 12 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, servers ? BINL_PORT : NEVER, 3, 0),
        /* 13 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16), // destination port
        /* 14 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, clients ? DHCP_PORT : NEVER, 1, 0),
        /* 15 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, clients ? BINL_PORT : NEVER, 0, 1),
        /* 16 */ BPF_STMT(BPF_RET | BPF_K, UINT16_MAX),
        /* 17 */ BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog filter = {.len = COUNT_OF(program), .filter = program};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0 ? STATUS_OK : STATUS_IO;
}

static void join_promiscuous(int fd, uint32_t interface_index)
{
    struct packet_mreq request = {.mr_ifindex = (int)interface_index, .mr_type = PACKET_MR_PROMISC};
    (void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
}

// The filter is attached before the socket is bound to a protocol, so nothing else ever comes in.
static enum status prepare_socket(int fd, const struct interface *interface, unsigned hears)
{
    if (attach_filter(fd, hears) != STATUS_OK) {
        return STATUS_IO;
    }
    int on = 1;
    int bytes = RECEIVE_BYTES;
    (void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
    if ((hears & PACKET_HEARS_PROMISCUOUS) != 0) {
        join_promiscuous(fd, interface->index);
    }
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = hears == 0 ? 0 : htons(ETH_P_ALL),
                                  .sll_ifindex = (int)interface->index};
    return bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? STATUS_OK : STATUS_IO;
}

static void deliver(struct packet *packet, size_t count)
{
    struct frame_udp4 frame;
    struct arp arp;
    if (frame_decode_udp4(packet->bytes, count, &frame) == STATUS_OK) {
        if (packet->handler.hear_udp != NULL) {
            packet->handler.hear_udp(packet->handler.context, &frame);
        }
    } else if (arp_decode(packet->bytes, count, &arp) == STATUS_OK) {
        if (packet->handler.hear_arp != NULL) {
            packet->handler.hear_arp(packet->handler.context, &arp);
        }
    }
}

static void ready(void *context, unsigned events)
{
    (void)events;
    struct packet *packet = context;
    packet->is_receiving = true;
    for (unsigned i = 0; i < FRAMES_PER_TURN && !packet->is_closed; i++) {
        ssize_t count = recv(packet->fd, packet->bytes, sizeof packet->bytes, MSG_DONTWAIT | MSG_TRUNC);
        if (count < 0) {
            break;
        }
        if ((size_t)count <= sizeof packet->bytes) {
            deliver(packet, (size_t)count);
        }
    }
    packet->is_receiving = false;
    if (packet->is_closed) {
        heap_free(packet);
    }
}

static void tell_why(const struct interface *interface, int error, struct problem *problem)
{
    problem_set(problem, "a raw socket on interface %s could not be opened: %s", interface->name,
                strerror(error));
    if (error == EPERM || error == EACCES) {
        problem_set_remedy(
            problem, "start imprint as root (it gives up what it does not need), or give it the capability "
                     "CAP_NET_RAW");
    }
}

struct packet *packet_open(struct loop *loop, const struct interface *interface,
                           const struct packet_handler *handler, struct problem *problem)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || prepare_socket(fd, interface, handler->hears) != STATUS_OK) {
        tell_why(interface, errno, problem);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    struct packet *packet = heap_new(sizeof *packet);
    *packet = (struct packet){.fd = fd, .hw = interface->hw, .handler = *handler};
    if (handler->hears != 0) {
        packet->watch = loop_watch_new(loop, fd, LOOP_READABLE, ready, packet);
        assert(packet->watch != NULL); // a fresh socket can always be watched
    }
    return packet;
}

static enum status send_frame(struct packet *packet, const void *bytes, size_t count)
{
    if (send(packet->fd, bytes, count, MSG_DONTWAIT) >= 0) {
        return STATUS_OK;
    }
    return errno == EAGAIN || errno == ENOBUFS ? STATUS_BUSY : STATUS_IO;
}

enum status packet_send_udp(struct packet *packet, const struct frame_udp4 *frame)
{
    struct frame_udp4 complete = *frame;
    if (complete.from_hw.length == 0) {
        complete.from_hw = packet->hw;
    }
    if (complete.identification == 0) {
        complete.identification = packet->identification++;
    }
    uint8_t bytes[FRAME_MOST_BYTES];
    size_t count;
    enum status status = frame_encode_udp4(&complete, bytes, sizeof bytes, &count);
    return status == STATUS_OK ? send_frame(packet, bytes, count) : status;
}

enum status packet_send_probe(struct packet *packet, struct ip4 target)
{
    struct arp probe = arp_probe(&packet->hw, target);
    uint8_t bytes[ARP_FRAME_BYTES];
    size_t count;
    enum status status = arp_encode(&probe, bytes, sizeof bytes, &count);
    return status == STATUS_OK ? send_frame(packet, bytes, count) : status;
}

struct hw packet_hw(const struct packet *packet)
{
    return packet->hw;
}

void packet_close(struct packet *packet)
{
    if (packet == NULL || packet->is_closed) {
        return;
    }
    loop_watch_free(packet->watch);
    close(packet->fd);
    packet->is_closed = true;
    if (!packet->is_receiving) {
        heap_free(packet);
    }
}
