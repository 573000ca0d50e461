// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's sockets: those that take requests, and the few that all transfers share.
#include "base/text.h"
#include "io/heap.h"
#include "io/port.h"
#include "service/tftp_thread.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES (4 << 20) // room for a thousand machines that start at the same instant
#define SEND_BUFFER_BYTES    (8 << 20) // all transfers of the port share it
#define BATCHES_MOST         8         // of one wake: other ports get their turn too
#define BUSY_LEAST           4         // in a batch: more have come meanwhile, so no need to ask whether
#define ERRORS_MOST          64

// Opening.

static void set_flag(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); // known to every kernel we run on
}

static void set_buffer(int fd, int force, int plain, int bytes)
{
    if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes); // up to net.core.*mem_max
    }
}

static int open_socket(bool is_ip6)
{
    int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
        if (is_ip6) {
            set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
            set_flag(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
            set_flag(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
        } else {
            set_flag(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT); // clear DF: many ROMs choke on it
            set_flag(fd, IPPROTO_IP, IP_RECVERR, 1);
        }
        set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
        set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER_BYTES);
    }
    return fd;
}

struct place {         // ours
    struct ip address; // none = any of its family
    bool is_ip6;
    uint32_t scope; // the interface of a link-local address; else 0
};

static int bind_socket(int fd, const struct place *place, uint16_t number)
{
    union socket_address to;
    socklen_t bytes = socket_address_set(&to, place->address, number, place->scope);
    if (place->is_ip6 && ip_is_none(place->address)) {
        to.ip6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(number)};
        bytes = sizeof to.ip6;
    }
    return bind(fd, &to.any, bytes);
}

static struct tftp_port *make_port(int taken_fd, const struct place *place)
{
    union socket_address bound = {0};
    socklen_t bytes = sizeof bound;
    (void)getsockname(taken_fd, &bound.any, &bytes);
    struct tftp_port *port = heap_new(sizeof *port);
    port->fd = taken_fd;
    port->address = place->address;
    port->is_ip6 = place->is_ip6;
    port->scope = place->scope;
    port->number = socket_address_port(&bound);
    return port;
}

static enum status prepare_listener(int fd, const struct tftp_engine_listener *wanted,
                                    const struct place *place, bool is_first, bool is_shared,
                                    struct problem *problem)
{
    if (place->is_ip6) {
        set_flag(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    } else {
        set_flag(fd, IPPROTO_IP, IP_PKTINFO, 1);
    }
    if (wanted->interface != NULL && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, wanted->interface,
                                                (socklen_t)strlen(wanted->interface)) != 0) {
        problem_set(problem, "a TFTP socket cannot be bound to interface %s: %s", wanted->interface,
                    strerror(errno));
        problem_set_remedy(problem, errno == ENODEV
                                        ? "`ip link` lists the interfaces of this machine"
                                        : "start imprint as root, or give it the capability CAP_NET_RAW");
        return STATUS_IO;
    }
    if (!is_first) {
        set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (bind_socket(fd, place, wanted->port) != 0) {
        port_explain(PORT_UDP, ip_get_ip4(wanted->address), wanted->port, errno, problem);
        return STATUS_IO;
    }
    // Only now may the other threads' sockets join: had the first one come with this flag, another server's
    // with the same flag would have gone unnoticed.
    if (is_first && is_shared) {
        set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    return STATUS_OK;
}

struct tftp_port *tftp_port_listen(const struct tftp_engine_listener *wanted, bool is_ip6, bool is_first,
                                   bool is_shared, struct problem *problem)
{
    const struct place place = {.address = wanted->address, .is_ip6 = is_ip6};
    int fd = open_socket(is_ip6);
    if (fd < 0) {
        problem_set(problem, "no socket for TFTP could be opened: %s", strerror(errno));
        return NULL;
    }
    if (prepare_listener(fd, wanted, &place, is_first, is_shared, problem) != STATUS_OK) {
        (void)close(fd);
        return NULL;
    }
    struct tftp_port *port = make_port(fd, &place);
    port->is_listener = true;
    port->mtu = wanted->mtu;
    if (wanted->interface != NULL) {
        (void)text_copy(port->interface, sizeof port->interface, wanted->interface);
    }
    return port;
}

void tftp_port_free(struct tftp_port *taken_port)
{
    (void)close(taken_port->fd);
    heap_free(taken_port);
}

// The thread's ports.

void tftp_port_add(struct tftp_thread *thread, struct tftp_port *taken_port)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = taken_port};
    int failed = epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, taken_port->fd, &event);
    assert(failed == 0); // a fresh socket can always be watched
    taken_port->next = thread->ports;
    thread->ports = taken_port;
    thread->port_count += taken_port->is_listener ? 0 : 1;
}

void tftp_port_remove(struct tftp_thread *thread, struct tftp_port *port)
{
    struct tftp_port **at = &thread->ports;
    while (*at != port) {
        at = &(*at)->next;
    }
    *at = port->next;
    thread->port_count -= port->is_listener ? 0 : 1;
    tftp_port_free(port);
}

void tftp_port_watch(struct tftp_thread *thread, struct tftp_port *port, bool is_blocked)
{
    if (port->is_blocked == is_blocked) {
        return;
    }
    port->is_blocked = is_blocked;
    struct epoll_event event = {.events = is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = port};
    int failed = epoll_ctl(thread->epoll_fd, EPOLL_CTL_MOD, port->fd, &event);
    assert(failed == 0);
}

void tftp_port_tidy(struct tftp_thread *thread)
{
    struct tftp_port *next;
    if (thread->port_count <= TFTP_PORTS_MOST) {
        return;
    }
    for (struct tftp_port *port = thread->ports; port != NULL; port = next) {
        next = port->next;
        if (!port->is_listener && port->users == 0 && thread->now_us - port->used_us > TFTP_QUIET_US) {
            tftp_port_remove(thread, port);
        }
    }
}

static uint32_t roll(struct tftp_thread *thread)
{
    thread->seed ^= thread->seed << 13;
    thread->seed ^= thread->seed >> 17;
    thread->seed ^= thread->seed << 5;
    return thread->seed;
}

// Binds to any free port of the range, beginning somewhere in it.
static bool bind_in_range(int fd, const struct tftp_policy *policy, uint32_t chance, const struct place *from)
{
    uint16_t first = policy->port_first;
    if (first == 0) {
        return bind_socket(fd, from, 0) == 0;
    }
    uint32_t count = (uint32_t)(policy->port_last - first) + 1;
    for (uint32_t i = 0; i < count; i++) {
        if (bind_socket(fd, from, (uint16_t)(first + (chance % count + i) % count)) == 0) {
            return true;
        }
        if (errno != EADDRINUSE) {
            return false;
        }
    }
    return false;
}

static struct place place_at(struct ip address, uint32_t interface_index)
{
    bool is_ip6 = ip_is_ip6(address);
    bool has_scope = is_ip6 && ip6_is_link_local(address.value);
    return (struct place){.address = address, .is_ip6 = is_ip6, .scope = has_scope ? interface_index : 0};
}

struct tftp_port *tftp_port_open(const struct tftp_policy *policy, uint32_t chance, struct ip from,
                                 uint32_t scope)
{
    const struct place place = place_at(from, scope);
    int fd = open_socket(place.is_ip6);
    if (fd < 0) {
        return NULL;
    }
    if (!bind_in_range(fd, policy, chance, &place)) {
        (void)close(fd);
        return NULL;
    }
    return make_port(fd, &place);
}

static struct tftp_port *open_transfer_port(struct tftp_thread *thread, struct ip from, uint32_t scope)
{
    struct tftp_port *port = tftp_port_open(&thread->policy, roll(thread), from, scope);
    if (port != NULL) {
        tftp_port_add(thread, port);
    }
    return port;
}

// A transfer port at our place `from`, not the one numbered `not_this`; NULL: there is none yet.
static struct tftp_port *find_transfer_port(const struct tftp_thread *thread, const struct place *from,
                                            uint16_t not_this, unsigned *count)
{
    struct tftp_port *found = NULL;
    *count = 0;
    for (struct tftp_port *port = thread->ports; port != NULL; port = port->next) {
        if (!port->is_listener && port->scope == from->scope && ip_equal(port->address, from->address)) {
            found = found == NULL && port->number != not_this ? port : found;
            ++*count;
        }
    }
    return found;
}

void tftp_port_offer(struct tftp_thread *thread, struct tftp_port *taken_port)
{
    unsigned count = 0;
    if (!taken_port->is_listener) {
        const struct place place = {.address = taken_port->address, .scope = taken_port->scope};
        (void)find_transfer_port(thread, &place, 0, &count);
    }
    if (count == 0) {
        tftp_port_add(thread, taken_port);
    } else {
        tftp_port_free(taken_port);
    }
}

struct tftp_port *tftp_port_pick(struct tftp_thread *thread, struct tftp_port *asked,
                                 const struct transfer_end *end, struct tftp_client_record *record)
{
    if (thread->policy.is_single_port && asked != NULL) {
        return asked;
    }
    // Firmware uses its own port again at once: what is late of its last transfer must not meet the next. All
    // others share one port, since more fit into a batch then.
    uint16_t not_this = record->client_port_last == end->client_port ? record->port_last : 0;
    unsigned count;
    const struct place place = place_at(end->server, end->interface_index);
    struct tftp_port *port = find_transfer_port(thread, &place, not_this, &count);
    if (port == NULL && count < TFTP_PORTS_EACH) {
        port = open_transfer_port(thread, end->server, end->interface_index);
    }
    if (port == NULL && count != 0) { // better the same one than none
        port = find_transfer_port(thread, &place, 0, &count);
    }
    if (port != NULL) {
        record->client_port_last = end->client_port;
        record->port_last = port->number;
        port->used_us = thread->now_us;
    }
    return port;
}

// Receiving.

void tftp_port_prepare(struct tftp_input *input, bool wants_control)
{
    for (unsigned i = 0; i < TFTP_BATCH; i++) {
        input->pieces[i] = (struct iovec){.iov_base = input->bytes[i], .iov_len = TFTP_DATAGRAM_BYTES};
        input->messages[i].msg_hdr =
            (struct msghdr){.msg_name = &input->senders[i],
                            .msg_namelen = sizeof input->senders[i],
                            .msg_iov = &input->pieces[i],
                            .msg_iovlen = 1,
                            .msg_control = wants_control ? &input->controls[i] : NULL,
                            .msg_controllen = wants_control ? sizeof input->controls[i] : 0};
    }
}

// Only what the kernel wrote into is made ready anew: a lone client's ACKs come one by one.
static void prepare_again(struct tftp_input *input, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct msghdr *header = &input->messages[i].msg_hdr;
        header->msg_namelen = sizeof input->senders[i];
        header->msg_controllen = header->msg_control == NULL ? 0 : sizeof input->controls[i];
    }
}

static void read_packet_info(struct msghdr *header, struct transfer_end *end)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(at), sizeof info);
            end->server = ip_from_ip4((struct ip4){ntohl(info.ipi_spec_dst.s_addr)});
            end->interface_index = (uint32_t)info.ipi_ifindex;
        } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(at), sizeof info);
            memcpy(end->server.value.octets, &info.ipi6_addr, sizeof end->server.value.octets);
            end->interface_index = info.ipi6_ifindex;
        }
    }
}

static void deliver_request(struct tftp_thread *thread, struct tftp_port *port, unsigned position,
                            const struct tftp_packet *packet)
{
    struct msghdr *header = &thread->requests.messages[position].msg_hdr;
    const union socket_address *sender = &thread->requests.senders[position];
    struct transfer_end from = {.protocol = TRANSFER_TFTP,
                                .client = socket_address_ip(sender),
                                .client_port = socket_address_port(sender)};
    read_packet_info(header, &from);
    if (port->is_ip6 && ip6_is_group(from.server.value)) {
        return; // there is no such thing as a request to all of them
    }
    tftp_intake_request(thread, port, &from, packet);
}

static void deliver(struct tftp_thread *thread, struct tftp_port *port, unsigned position)
{
    const struct tftp_input *input = port->is_listener ? &thread->requests : &thread->input;
    const struct mmsghdr *message = &input->messages[position];
    const union socket_address *sender = &input->senders[position];
    struct tftp_packet packet;
    if ((message->msg_hdr.msg_flags & MSG_TRUNC) != 0 || socket_address_port(sender) == 0 ||
        tftp_decode(input->bytes[position], message->msg_len, &packet, NULL) != STATUS_OK) {
        return;
    }
    if (packet.operation == TFTP_READ_REQUEST || packet.operation == TFTP_WRITE_REQUEST) {
        if (port->is_listener) {
            deliver_request(thread, port, position, &packet);
        }
        return;
    }
    uint64_t key = tftp_key(socket_address_ip(sender), socket_address_port(sender));
    struct tftp_flow *flow = tftp_table_find(&thread->flows, key);
    // Who is not known, or speaks to another of our ports, is astray: an answer could end what he has under
    // way now, since firmware uses its ports again.
    if (flow != NULL && flow->port == port) {
        flow->kind->packet(flow, &packet, thread->now_us);
    }
}

static bool receive_batch(struct tftp_thread *thread, struct tftp_port *port)
{
    struct tftp_input *input = port->is_listener ? &thread->requests : &thread->input;
    int count = recvmmsg(port->fd, input->messages, TFTP_BATCH, MSG_DONTWAIT, NULL);
    if (count < 0) { // an error belongs to an earlier datagram of ours (ICMP); there may be more behind it
        return errno != EAGAIN && errno != EWOULDBLOCK;
    }
    thread->now_us = loop_now_us();
    for (unsigned i = 0; i < (unsigned)count; i++) {
        deliver(thread, port, i);
    }
    prepare_again(input, (unsigned)count);
    tftp_output_flush(thread);
    return count >= BUSY_LEAST;
}

void tftp_port_receive(struct tftp_thread *thread, struct tftp_port *port)
{
    for (unsigned i = 0; i < BATCHES_MOST && receive_batch(thread, port); i++) {
    }
    thread->gap_us = thread->now_us - thread->heard_us;
    thread->heard_us = thread->now_us;
}

// Errors.

static bool is_closed_port(struct msghdr *header)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        bool is_ip4 = at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVERR;
        bool is_ip6 = at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_RECVERR;
        if (is_ip4 || is_ip6) {
            struct sock_extended_err error;
            memcpy(&error, CMSG_DATA(at), sizeof error);
            return error.ee_origin == (is_ip6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP) &&
                   error.ee_errno == ECONNREFUSED;
        }
    }
    return false;
}

void tftp_port_read_errors(struct tftp_thread *thread, struct tftp_port *port)
{
    for (unsigned i = 0; i < ERRORS_MOST; i++) {
        uint8_t sent[64];
        uint8_t control[256] __attribute__((aligned(sizeof(size_t))));
        union socket_address receiver = {0};
        struct iovec piece = {.iov_base = sent, .iov_len = sizeof sent};
        struct msghdr header = {.msg_name = &receiver,
                                .msg_namelen = sizeof receiver,
                                .msg_iov = &piece,
                                .msg_iovlen = 1,
                                .msg_control = control,
                                .msg_controllen = sizeof control};
        if (recvmsg(port->fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
            return;
        }
        uint64_t key = tftp_key(socket_address_ip(&receiver), socket_address_port(&receiver));
        struct tftp_flow *flow = tftp_table_find(&thread->flows, key);
        if (flow != NULL && flow->port == port && flow->kind->closed != NULL && is_closed_port(&header)) {
            flow->kind->closed(flow, thread->now_us);
        }
    }
}
