// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/udp.h"

#include "io/heap.h"
#include "io/port.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH        32
#define REPORTS_MOST 64
#define BATCHES_MOST 8 // of one wake-up: other sockets get their turn too

union control { // room for one IP_PKTINFO, aligned
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    struct sockaddr_in senders[BATCH];
    union control controls[BATCH];
    uint8_t bytes[BATCH][UDP_DATAGRAM_BYTES];
};

struct udp {
    int fd;
    uint16_t port;
    struct loop_watch *watch;
    void (*receive)(void *context, const struct datagram *datagram);
    void *context;
    bool is_receiving; // inside `receive`
    bool is_closed;    // closed by it
    struct batch batch;
};

static void read_packet_info(struct msghdr *header, struct datagram *datagram)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level != IPPROTO_IP || at->cmsg_type != IP_PKTINFO) {
            continue;
        }
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(at), sizeof info);
        datagram->to.value = ntohl(info.ipi_addr.s_addr);
        datagram->local.value = ntohl(info.ipi_spec_dst.s_addr);
        datagram->interface_index = (uint32_t)info.ipi_ifindex;
    }
}

static void prepare_batch(struct batch *batch)
{
    for (unsigned i = 0; i < BATCH; i++) {
        batch->pieces[i] = (struct iovec){.iov_base = batch->bytes[i], .iov_len = UDP_DATAGRAM_BYTES};
        batch->messages[i].msg_hdr = (struct msghdr){.msg_name = &batch->senders[i],
                                                     .msg_namelen = sizeof batch->senders[i],
                                                     .msg_iov = &batch->pieces[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = &batch->controls[i],
                                                     .msg_controllen = sizeof batch->controls[i]};
    }
}

static void deliver(struct udp *udp, unsigned position)
{
    struct mmsghdr *message = &udp->batch.messages[position];
    if ((message->msg_hdr.msg_flags & MSG_TRUNC) != 0) {
        return;
    }
    const struct sockaddr_in *sender = &udp->batch.senders[position];
    struct datagram datagram = {.bytes = udp->batch.bytes[position],
                                .count = message->msg_len,
                                .from.value = ntohl(sender->sin_addr.s_addr),
                                .from_port = ntohs(sender->sin_port)};
    read_packet_info(&message->msg_hdr, &datagram);
    udp->receive(udp->context, &datagram);
}

// Whether there may be more to read.
static bool receive_batch(struct udp *udp)
{
    prepare_batch(&udp->batch);
    int count = recvmmsg(udp->fd, udp->batch.messages, BATCH, MSG_DONTWAIT, NULL);
    // An error belongs to an earlier datagram of ours (ICMP); there may be datagrams behind it.
    if (count < 0) {
        return errno != EAGAIN && errno != EWOULDBLOCK;
    }
    for (unsigned i = 0; i < (unsigned)count && !udp->is_closed; i++) {
        deliver(udp, i);
    }
    return count == BATCH;
}

// Reports of the network about datagrams of ours (ICMP). Nobody needs them, and a socket with one is always
// ready.
static void drop_reports(int fd)
{
    struct msghdr nothing = {0};
    for (unsigned i = 0; i < REPORTS_MOST && recvmsg(fd, &nothing, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0; i++) {
        nothing = (struct msghdr){0};
    }
}

static void ready(void *context, unsigned events)
{
    (void)events;
    struct udp *udp = context;
    drop_reports(udp->fd);
    udp->is_receiving = true;
    for (unsigned i = 0; i < BATCHES_MOST && !udp->is_closed && receive_batch(udp); i++) {
    }
    udp->is_receiving = false;
    if (udp->is_closed) {
        heap_free(udp);
    }
}

static void set_flag(int fd, int level, int name)
{
    int on = 1;
    (void)setsockopt(fd, level, name, &on, sizeof on); // known to every kernel we run on
}

static void set_receive_buffer(int fd, size_t wanted)
{
    int bytes = (int)(wanted == 0 ? UDP_RECEIVE_BUFFER_BYTES : size_min(wanted, INT32_MAX / 2));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); // up to net.core.rmem_max
    }
}

static enum status bind_interface(int fd, const char *interface, struct problem *problem)
{
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) == 0) {
        return STATUS_OK;
    }
    if (errno == ENODEV) {
        problem_set(problem, "there is no network interface %s", interface);
        problem_set_remedy(problem, "`ip link` lists the interfaces of this machine");
        return STATUS_NOT_FOUND;
    }
    problem_set(problem, "a socket cannot be bound to interface %s: %s", interface, strerror(errno));
    problem_set_remedy(problem, "start imprint as root, or give it the capability CAP_NET_RAW");
    return STATUS_DENIED;
}

static enum status prepare_socket(int fd, const struct udp_options *options, struct problem *problem)
{
    int never_mark = IP_PMTUDISC_DONT; // clear DF: many ROMs choke on it
    (void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &never_mark, sizeof never_mark);
    set_flag(fd, IPPROTO_IP, IP_PKTINFO);
    set_flag(fd, IPPROTO_IP, IP_RECVERR); // else a full neighbour table drops what we send and says nothing
    if (options->is_shared) {
        set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
    }
    if (options->may_broadcast) {
        set_flag(fd, SOL_SOCKET, SO_BROADCAST);
    }
    set_receive_buffer(fd, options->receive_buffer_bytes);
    if (options->interface != NULL && bind_interface(fd, options->interface, problem) != STATUS_OK) {
        return STATUS_DENIED;
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(options->port),
                                  .sin_addr.s_addr = htonl(options->address.value)};
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        return STATUS_OK;
    }
    port_explain(PORT_UDP, options->address, options->port, errno, problem);
    return STATUS_IO;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t bytes = sizeof address;
    (void)getsockname(fd, (struct sockaddr *)&address, &bytes);
    return ntohs(address.sin_port);
}

struct udp *udp_open(struct loop *loop, const struct udp_options *options,
                     void (*receive)(void *context, const struct datagram *datagram), void *context,
                     struct problem *problem)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        problem_set(problem, "no UDP socket could be opened: %s", strerror(errno));
        return NULL;
    }
    if (prepare_socket(fd, options, problem) != STATUS_OK) {
        close(fd);
        return NULL;
    }
    struct udp *udp = heap_new(sizeof *udp);
    *udp = (struct udp){.fd = fd, .port = bound_port(fd), .receive = receive, .context = context};
    udp->watch = loop_watch_new(loop, fd, LOOP_READABLE, ready, udp);
    assert(udp->watch != NULL); // a fresh socket can always be watched
    return udp;
}

static void add_packet_info(struct msghdr *header, union control *control, const struct udp_message *message)
{
    *control = (union control){.header = {.cmsg_level = IPPROTO_IP,
                                          .cmsg_type = IP_PKTINFO,
                                          .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo))}};
    struct in_pktinfo info = {.ipi_ifindex = (int)message->interface_index,
                              .ipi_spec_dst.s_addr = htonl(message->from.value)};
    memcpy(CMSG_DATA(&control->header), &info, sizeof info);
    header->msg_control = control;
    header->msg_controllen = sizeof *control;
}

static enum status send_status(int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) {
        return STATUS_BUSY;
    }
    if (error == EACCES || error == EPERM) {
        return STATUS_DENIED;
    }
    return error == EMSGSIZE ? STATUS_TOO_LONG : STATUS_IO;
}

struct outgoing { // what the kernel wants to know of one datagram
    struct sockaddr_in to;
    struct iovec piece;
    union control control;
};

static void prepare_outgoing(const struct udp_message *message, struct outgoing *out, struct msghdr *header)
{
    out->to = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_port = htons(message->to_port),
                                   .sin_addr.s_addr = htonl(message->to.value)};
    out->piece.iov_len = message->count;
    memcpy(&out->piece.iov_base, &message->bytes,
           sizeof out->piece.iov_base); // iovec knows no const; only read
    *header = (struct msghdr){
        .msg_name = &out->to, .msg_namelen = sizeof out->to, .msg_iov = &out->piece, .msg_iovlen = 1};
    if (message->from.value != 0 || message->interface_index != 0) {
        add_packet_info(header, &out->control, message);
    }
}

unsigned udp_send_many(struct udp *udp, const struct udp_message *messages, unsigned count,
                       enum status *status)
{
    assert(count > 0 && count <= UDP_SEND_MOST);
    struct mmsghdr headers[UDP_SEND_MOST];
    struct outgoing outgoing[UDP_SEND_MOST];
    for (unsigned i = 0; i < count; i++) {
        prepare_outgoing(&messages[i], &outgoing[i], &headers[i].msg_hdr);
    }
    unsigned sent = 0;
    bool is_first_try = true;
    while (sent < count) {
        int more = sendmmsg(udp->fd, headers + sent, count - sent, MSG_DONTWAIT);
        if (more > 0) {
            sent += (unsigned)more;
            is_first_try = true;
        } else if (is_first_try) { // the error may tell about an earlier datagram (ICMP); this one was not
                                   // tried yet
            is_first_try = false;
        } else {
            *status = send_status(errno);
            break;
        }
    }
    return sent;
}

enum status udp_send(struct udp *udp, const struct udp_message *message)
{
    enum status status = STATUS_OK;
    (void)udp_send_many(udp, message, 1, &status);
    return status;
}

uint16_t udp_port(const struct udp *udp)
{
    return udp->port;
}

size_t udp_receive_buffer_bytes(const struct udp *udp)
{
    int bytes = 0;
    socklen_t length = sizeof bytes;
    (void)getsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length);
    return (size_t)bytes;
}

void udp_close(struct udp *udp)
{
    if (udp == NULL || udp->is_closed) {
        return;
    }
    loop_watch_free(udp->watch);
    close(udp->fd);
    udp->is_closed = true;
    if (!udp->is_receiving) {
        heap_free(udp);
    }
}
