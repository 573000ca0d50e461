// SPDX-License-Identifier: GPL-3.0-or-later
// The batch: datagrams that leave with one system call. A window is one message with UDP_SEGMENT; where an
// interface cannot do that, one message for each block. It decides nothing about when.
#include "service/tftp_thread.h"

#include <errno.h>
#include <linux/udp.h>
#include <string.h>

#define HEADERS_BYTES_IP4  28 // IPv4 and UDP
#define HEADERS_BYTES_IP6  48 // IPv6 and UDP
#define MOST_PAYLOAD_BYTES 65507

// Laying out.

static void use_port(struct tftp_thread *thread, struct tftp_port *port)
{
    struct tftp_output *output = &thread->output;
    if (output->port != port || output->count == TFTP_BATCH) {
        tftp_output_flush(thread);
    }
    output->port = port;
}

static void *put_control(struct msghdr *header, int level, int type, size_t bytes)
{
    struct cmsghdr *at = (struct cmsghdr *)(void *)((uint8_t *)header->msg_control + header->msg_controllen);
    at->cmsg_level = level;
    at->cmsg_type = type;
    at->cmsg_len = CMSG_LEN(bytes);
    header->msg_controllen += CMSG_SPACE(bytes);
    return CMSG_DATA(at);
}

struct target {
    struct ip to;
    uint16_t to_port;
    struct ip from;
    uint32_t interface_index;
};

static void put_source(struct msghdr *header, bool is_ip6, const struct target *target, bool is_group)
{
    if (is_ip6) {
        bool needs_scope = ip6_is_link_local(target->from.value);
        struct in6_pktinfo info = {.ipi6_ifindex = needs_scope ? target->interface_index : 0};
        memcpy(&info.ipi6_addr, target->from.value.octets, sizeof info.ipi6_addr);
        memcpy(put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, sizeof info), &info, sizeof info);
        return;
    }
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(ip_get_ip4(target->from).value),
                              .ipi_ifindex = is_group ? (int)target->interface_index : 0};
    memcpy(put_control(header, IPPROTO_IP, IP_PKTINFO, sizeof info), &info, sizeof info);
}

// Begins one more message; its pieces follow.
static struct mmsghdr *begin_message(struct tftp_output *output, const struct target *target)
{
    unsigned position = output->count++;
    socklen_t receiver_bytes = socket_address_set(&output->receivers[position], target->to, target->to_port,
                                                  target->interface_index);
    output->notes[position] = (struct tftp_note){0};
    output->interfaces[position] = target->interface_index;
    struct mmsghdr *message = &output->messages[position];
    message->msg_hdr = (struct msghdr){.msg_name = &output->receivers[position],
                                       .msg_namelen = receiver_bytes,
                                       .msg_iov = &output->pieces[output->piece_count],
                                       .msg_control = &output->controls[position]};
    bool is_group = !output->port->is_ip6 && ip_get_ip4(target->to).value >> 28 == 0xe;
    if (ip_is_none(output->port->address) || is_group) { // else the socket knows where it sends from
        output->controls[position] = (union tftp_control){0};
        put_source(&message->msg_hdr, output->port->is_ip6, target, is_group);
    }
    return message;
}

static void add_piece(struct tftp_output *output, struct mmsghdr *message, const void *data, size_t bytes)
{
    struct iovec *piece = &output->pieces[output->piece_count++];
    memcpy(&piece->iov_base, &data, sizeof data); // iovec knows no const; it is only read
    piece->iov_len = bytes;
    message->msg_hdr.msg_iovlen++;
}

static struct target target_of(const struct transfer_end *end)
{
    return (struct target){.to = end->client,
                           .to_port = end->client_port,
                           .from = end->server,
                           .interface_index = end->interface_index};
}

void tftp_output_add_packet(struct tftp_thread *thread, struct tftp_port *port, const struct transfer_end *to,
                            const void *data, size_t bytes)
{
    struct tftp_output *output = &thread->output;
    assert(bytes <= TFTP_DATAGRAM_BYTES);
    use_port(thread, port);
    if (output->pool_count + bytes > TFTP_POOL_BYTES || output->piece_count + 1 > TFTP_PIECES_MOST) {
        tftp_output_flush(thread);
        output->port = port;
    }
    struct target target = target_of(to);
    struct mmsghdr *message = begin_message(output, &target);
    uint8_t *copy = output->pool + output->pool_count;
    memcpy(copy, data, bytes);
    output->pool_count += bytes;
    add_piece(output, message, copy, bytes);
}

static bool may_segment(const struct tftp_output *output, const struct tftp_flow *flow)
{
    uint32_t headers = flow->port->is_ip6 ? HEADERS_BYTES_IP6 : HEADERS_BYTES_IP4;
    uint32_t bytes = (uint32_t)flow->blocks_of->block_bytes + TFTP_HEADER_BYTES + headers;
    if (bytes > flow->mtu) {
        return false; // would need fragments, which UDP_SEGMENT does not make
    }
    for (unsigned i = 0; i < output->plain_count; i++) {
        const struct tftp_plain *plain = &output->plain[i];
        if (plain->interface_index == flow->end.interface_index) {
            return flow->thread->now_us >= plain->until_us;
        }
    }
    return true;
}

// One header and the data of one block. The file is mapped, or read into the pool.
static enum status add_block(struct tftp_output *output, struct mmsghdr *message,
                             const struct tftp_flow *flow, uint64_t block)
{
    const struct tftp_read *read = flow->blocks_of;
    uint8_t *header = output->headers[output->header_count++];
    size_t bytes = tftp_read_block_bytes(read, block);
    uint64_t offset = (block - 1) * read->block_bytes;
    const uint8_t *map = tftp_file_map(flow->file);
    tftp_encode_data_header(tftp_read_wire_block(read, block), header);
    add_piece(output, message, header, TFTP_HEADER_BYTES);
    if (bytes == 0) {
        return STATUS_OK;
    }
    if (map != NULL) {
        add_piece(output, message, map + offset, bytes);
        return STATUS_OK;
    }
    uint8_t *copy = output->pool + output->pool_count;
    output->pool_count += bytes;
    add_piece(output, message, copy, bytes);
    return tftp_file_read(flow->file, offset, copy, bytes);
}

static void set_segment(struct mmsghdr *message, const struct tftp_flow *flow)
{
    uint16_t bytes = (uint16_t)(flow->blocks_of->block_bytes + TFTP_HEADER_BYTES);
    memcpy(put_control(&message->msg_hdr, IPPROTO_UDP, UDP_SEGMENT, sizeof bytes), &bytes, sizeof bytes);
}

// One message of `count` blocks; what it takes of the batch must be there.
static enum status add_message(struct tftp_output *output, const struct tftp_flow *flow, uint64_t first,
                               unsigned count, const struct target *target)
{
    struct mmsghdr *message = begin_message(output, target);
    struct tftp_note *note = &output->notes[output->count - 1];
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
        status = add_block(output, message, flow, first + i);
    }
    if (status != STATUS_OK) {
        output->count--;
        return STATUS_IO;
    }
    note->first = first;
    note->count = count;
    note->is_segmented = count > 1;
    if (count > 1) {
        set_segment(message, flow);
    }
    return STATUS_OK;
}

static void make_room(struct tftp_thread *thread, const struct tftp_flow *flow, unsigned count)
{
    struct tftp_output *output = &thread->output;
    size_t pooled = tftp_file_map(flow->file) == NULL ? (size_t)count * flow->blocks_of->block_bytes : 0;
    use_port(thread, flow->port);
    if (output->piece_count + 2 * count > TFTP_PIECES_MOST ||
        output->header_count + count > TFTP_PIECES_MOST || output->pool_count + pooled > TFTP_POOL_BYTES) {
        tftp_output_flush(thread);
        output->port = flow->port;
    }
}

enum status tftp_output_add_blocks(struct tftp_flow *flow, uint64_t first, unsigned count, struct ip to,
                                   uint16_t to_port)
{
    struct tftp_thread *thread = flow->thread;
    struct tftp_output *output = &thread->output;
    struct target target = target_of(&flow->end);
    target.to = to;
    target.to_port = to_port;
    size_t datagram = (size_t)flow->blocks_of->block_bytes + TFTP_HEADER_BYTES;
    while (count != 0) {
        bool is_segmented = may_segment(output, flow); // may change with a flush
        size_t fit = is_segmented ? size_min(TFTP_SEGMENTS_MOST, MOST_PAYLOAD_BYTES / datagram) : 1;
        unsigned part = (unsigned)size_min(fit, count);
        make_room(thread, flow, part);
        if (flow->port->is_blocked) { // since a flush just now
            tftp_flow_wait_for_socket(flow, first, count);
            return STATUS_OK;
        }
        if (add_message(output, flow, first, part, &target) != STATUS_OK) {
            return STATUS_IO;
        }
        output->notes[output->count - 1].flow = flow;
        output->notes[output->count - 1].sending = flow->sending;
        first += part;
        count -= part;
    }
    return STATUS_OK;
}

// Sending.

static void remember_plain(struct tftp_thread *thread, uint32_t interface_index)
{
    struct tftp_output *output = &thread->output;
    unsigned position = 0;
    while (position < output->plain_count && output->plain[position].interface_index != interface_index) {
        position++;
    }
    position = position < TFTP_PLAIN_MOST ? position : interface_index % TFTP_PLAIN_MOST;
    output->plain_count = (unsigned)size_max(output->plain_count, position + 1);
    output->plain[position] =
        (struct tftp_plain){.interface_index = interface_index, .until_us = thread->now_us + TFTP_PLAIN_US};
}

// The blocks of a segmented message one by one. How many are gone; fewer when the socket is full.
static unsigned send_apart(const struct tftp_output *output, unsigned position)
{
    const struct tftp_note *note = &output->notes[position];
    struct msghdr header = output->messages[position].msg_hdr;
    struct iovec *piece = header.msg_iov;
    struct iovec *end = piece + header.msg_iovlen;
    // UDP_SEGMENT stands last among the controls: without it the rest is as it was.
    header.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    if (header.msg_controllen == 0) {
        header.msg_control = NULL;
    }
    for (unsigned i = 0; i < note->count; i++) {
        header.msg_iov = piece;
        header.msg_iovlen = size_min(2, (size_t)(end - piece));
        if (sendmsg(output->port->fd, &header, MSG_DONTWAIT) < 0 &&
            (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return i;
        }
        piece += header.msg_iovlen;
    }
    return note->count;
}

// From the message `position` on, nothing can leave: blocks wait, packets are lost as on a busy wire. From
// the last one on, so that each one's blocks stand in front of those that wait already, be it for their rate.
static void park(struct tftp_thread *thread, unsigned position, unsigned gone)
{
    struct tftp_output *output = &thread->output;
    tftp_port_watch(thread, output->port, true);
    for (unsigned i = output->count; i-- > position;) {
        const struct tftp_note *note = &output->notes[i];
        unsigned left_out = i == position ? gone : 0;
        if (note->flow != NULL && note->sending == note->flow->sending) {
            tftp_flow_wait_for_socket(note->flow, note->first + left_out, note->count - left_out);
        }
    }
}

static void fail_flow(struct tftp_flow *flow)
{
    if (flow != NULL && !flow->is_ended) {
        flow->has_failed = true;
        tftp_flow_wake_at(flow, 0); // it ends with the next timers, when no batch is being sent
    }
}

// What follows from the error of message `position`. Returns whether the batch goes on behind it;
// `*is_again`: with the same message once more.
static bool handle_error(struct tftp_thread *thread, unsigned position, bool *is_again)
{
    struct tftp_output *output = &thread->output;
    const struct tftp_note *note = &output->notes[position];
    int error = errno;
    bool was_again = *is_again;
    *is_again = false;
    if (error == EAGAIN || error == EWOULDBLOCK) {
        park(thread, position, 0);
        return false;
    }
    if (note->is_segmented && (error == EIO || error == EINVAL || error == EMSGSIZE)) {
        remember_plain(thread, output->interfaces[position]);
        unsigned gone = send_apart(output, position);
        if (gone < note->count) {
            park(thread, position, gone);
            return false;
        }
        return true;
    }
    if (error == EFAULT) { // the file is shorter than it was
        fail_flow(note->flow);
        return true;
    }
    // ICMP's answer to an earlier datagram is told to the next one, which was not tried: once more. Anything
    // else is lost, as on the wire.
    *is_again = !was_again && (error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH);
    return true;
}

void tftp_output_flush(struct tftp_thread *thread)
{
    struct tftp_output *output = &thread->output;
    unsigned done = 0;
    bool is_again = false;
    bool may_go_on = true;
    while (done < output->count && may_go_on) {
        int sent = sendmmsg(output->port->fd, output->messages + done, output->count - done, MSG_DONTWAIT);
        if (sent > 0) {
            done += (unsigned)sent;
            is_again = false;
        } else if (errno != EINTR) {
            may_go_on = handle_error(thread, done, &is_again);
            done += is_again ? 0 : 1;
        }
    }
    output->port = NULL;
    output->count = output->piece_count = output->header_count = 0;
    output->pool_count = 0;
}
