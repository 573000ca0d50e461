// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/socket6.h"

#include "io/heap.h"
#include "io/port.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH         16
#define BATCHES_MOST  8         // of one wake-up: other sockets get their turn too
#define RECEIVE_BYTES (1 << 20) // room for a thousand machines that start at the same instant
#define HOPS          255       // what routers' messages must have, and what DHCPv6 does not mind

union control { // room for one IPV6_PKTINFO and one IPV6_HOPLIMIT, aligned
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    struct sockaddr_in6 senders[BATCH];
    union control controls[BATCH];
    uint8_t bytes[BATCH][SOCKET6_DATAGRAM_BYTES];
};

struct socket6 {
    int fd;
    uint32_t interface_index;
    struct loop_watch *watch;
    void (*receive)(void *context, const struct datagram6 *datagram);
    void *context;
    uint64_t dropped;
    bool is_receiving; // inside `receive`
    bool is_closed;    // closed by it
    struct batch batch;
};

static void read_control(struct msghdr *header, struct datagram6 *datagram)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(at), sizeof info);
            memcpy(datagram->to.octets, &info.ipi6_addr, sizeof datagram->to.octets);
        } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_HOPLIMIT) {
            memcpy(&datagram->hop_limit, CMSG_DATA(at), sizeof datagram->hop_limit);
        }
    }
}

static void prepare_batch(struct batch *batch)
{
    for (unsigned i = 0; i < BATCH; i++) {
        batch->pieces[i] = (struct iovec){.iov_base = batch->bytes[i], .iov_len = SOCKET6_DATAGRAM_BYTES};
        batch->messages[i].msg_hdr = (struct msghdr){.msg_name = &batch->senders[i],
                                                     .msg_namelen = sizeof batch->senders[i],
                                                     .msg_iov = &batch->pieces[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = &batch->controls[i],
                                                     .msg_controllen = sizeof batch->controls[i]};
    }
}

static void deliver(struct socket6 *socket, unsigned position)
{
    struct mmsghdr *message = &socket->batch.messages[position];
    if ((message->msg_hdr.msg_flags & MSG_TRUNC) != 0) {
        socket->dropped++;
        return;
    }
    const struct sockaddr_in6 *sender = &socket->batch.senders[position];
    struct datagram6 datagram = {
        .bytes = socket->batch.bytes[position], .count = message->msg_len, .hop_limit = -1};
    memcpy(datagram.from.octets, &sender->sin6_addr, sizeof datagram.from.octets);
    datagram.from_port = ntohs(sender->sin6_port);
    read_control(&message->msg_hdr, &datagram);
    socket->receive(socket->context, &datagram);
}

// Whether there may be more to read.
static bool receive_batch(struct socket6 *socket)
{
    prepare_batch(&socket->batch);
    int count = recvmmsg(socket->fd, socket->batch.messages, BATCH, MSG_DONTWAIT, NULL);
    // An error belongs to an earlier datagram of ours (ICMP); there may be datagrams behind it.
    if (count < 0) {
        return errno != EAGAIN && errno != EWOULDBLOCK;
    }
    for (unsigned i = 0; i < (unsigned)count && !socket->is_closed; i++) {
        deliver(socket, i);
    }
    return count == BATCH;
}

static void ready(void *context, unsigned events)
{
    (void)events;
    struct socket6 *socket = context;
    socket->is_receiving = true;
    for (unsigned i = 0; i < BATCHES_MOST && !socket->is_closed && receive_batch(socket); i++) {
    }
    socket->is_receiving = false;
    if (socket->is_closed) {
        heap_free(socket);
    }
}

static void set_number(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); // known to every kernel we run on
}

static enum status refuse_open(const struct socket6_options *options, const char *what,
                               struct problem *problem)
{
    int error = errno;
    problem_set(problem, "%s on interface %s could not be opened: %s", what, options->interface,
                strerror(error));
    if (error == EPERM || error == EACCES) {
        problem_set_remedy(problem, "start imprint as root (it gives up what it does not need), or give it "
                                    "the capabilities CAP_NET_RAW and CAP_NET_BIND_SERVICE");
    } else if (error == EAFNOSUPPORT) {
        problem_set_remedy(problem, "this kernel was started without IPv6; set dhcp6.mode to off");
    }
    return STATUS_DENIED;
}

static enum status join_groups(int fd, const struct socket6_options *options, struct problem *problem)
{
    set_number(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0); // what other programs joined is not ours
    for (unsigned i = 0; i < SOCKET6_GROUPS_MOST && !ip6_is_none(options->groups[i]); i++) {
        struct ipv6_mreq request = {.ipv6mr_interface = options->interface_index};
        memcpy(&request.ipv6mr_multiaddr, options->groups[i].octets, sizeof options->groups[i].octets);
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof request) != 0) {
            char group[IP6_TEXT_BYTES];
            problem_set(problem, "the multicast group %s cannot be joined on interface %s: %s",
                        ip6_print(options->groups[i], group), options->interface, strerror(errno));
            problem_set_remedy(problem, "IPv6 may be switched off there: see "
                                        "/proc/sys/net/ipv6/conf/*/disable_ipv6; or set dhcp6.mode to off");
            return STATUS_IO;
        }
    }
    return STATUS_OK;
}

static enum status bind_port(int fd, const struct socket6_options *options, struct problem *problem)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(options->port)};
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        return STATUS_OK;
    }
    port_explain(PORT_UDP, (struct ip4){0}, options->port, errno, problem);
    return STATUS_IO;
}

static enum status prepare_socket(int fd, const struct socket6_options *options, struct problem *problem)
{
    int bytes = RECEIVE_BYTES;
    set_number(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set_number(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set_number(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    set_number(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOPS);
    set_number(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOPS);
    set_number(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
    set_number(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)options->interface_index);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
    if (options->port == 0) {
        struct icmp6_filter filter;
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ND_ROUTER_SOLICIT, &filter);
        ICMP6_FILTER_SETPASS(ND_ROUTER_ADVERT, &filter);
        (void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    }
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options->interface,
                   (socklen_t)strlen(options->interface)) != 0) {
        return refuse_open(options, "a socket of IPv6", problem);
    }
    enum status status = options->port == 0 ? STATUS_OK : bind_port(fd, options, problem);
    return status == STATUS_OK ? join_groups(fd, options, problem) : status;
}

struct socket6 *socket6_open(struct loop *loop, const struct socket6_options *options,
                             void (*receive)(void *context, const struct datagram6 *datagram), void *context,
                             struct problem *problem)
{
    bool is_icmp = options->port == 0;
    int kind = (is_icmp ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = socket(AF_INET6, kind, is_icmp ? IPPROTO_ICMPV6 : 0);
    if (fd < 0) {
        (void)refuse_open(options, is_icmp ? "a raw socket of ICMPv6" : "a socket of IPv6", problem);
        return NULL;
    }
    if (prepare_socket(fd, options, problem) != STATUS_OK) {
        close(fd);
        return NULL;
    }
    struct socket6 *socket = heap_new(sizeof *socket);
    socket->fd = fd;
    socket->interface_index = options->interface_index;
    socket->receive = receive;
    socket->context = context;
    socket->watch = loop_watch_new(loop, fd, LOOP_READABLE, ready, socket);
    assert(socket->watch != NULL); // a fresh socket can always be watched
    return socket;
}

enum status socket6_send(struct socket6 *socket, const struct datagram6_out *datagram)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(datagram->to_port)};
    memcpy(&to.sin6_addr, datagram->to.octets, sizeof datagram->to.octets);
    to.sin6_scope_id =
        ip6_is_link_local(datagram->to) || ip6_is_group(datagram->to) ? socket->interface_index : 0;
    union {
        const void *read_only;
        void *piece;
    } bytes = {datagram->bytes};
    struct iovec piece = {.iov_base = bytes.piece, .iov_len = datagram->count};
    union control control = {0};
    struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &piece, .msg_iovlen = 1};
    if (!ip6_is_none(datagram->from)) {
        struct in6_pktinfo info = {.ipi6_ifindex = socket->interface_index};
        memcpy(&info.ipi6_addr, datagram->from.octets, sizeof datagram->from.octets);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof info);
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
        memcpy(CMSG_DATA(&control.header), &info, sizeof info);
    }
    if (sendmsg(socket->fd, &message, MSG_DONTWAIT) >= 0) {
        return STATUS_OK;
    }
    return errno == EAGAIN || errno == ENOBUFS ? STATUS_BUSY : STATUS_IO;
}

uint64_t socket6_dropped(const struct socket6 *socket)
{
    return socket->dropped;
}

void socket6_close(struct socket6 *socket)
{
    if (socket == NULL || socket->is_closed) {
        return;
    }
    loop_watch_free(socket->watch);
    close(socket->fd);
    socket->is_closed = true;
    if (!socket->is_receiving) {
        heap_free(socket);
    }
}
