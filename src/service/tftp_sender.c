// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_sender.h"

#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>

#define HEADERS_BYTES      28 // IPv4 and UDP
#define MOST_PAYLOAD_BYTES 65507

static bool may_segment(const struct tftp_sender *sender, const struct tftp_blocks *blocks)
{
    if ((uint32_t)blocks->read->block_bytes + TFTP_HEADER_BYTES + HEADERS_BYTES > blocks->mtu) {
        return false; // would need fragments, which UDP_SEGMENT does not make
    }
    for (unsigned i = 0; i < sender->plain_count; i++) {
        if (sender->plain_interfaces[i] == blocks->interface_index) {
            return false;
        }
    }
    return true;
}

static void remember_plain(struct tftp_sender *sender, uint32_t interface_index)
{
    unsigned position = sender->plain_count < TFTP_SENDER_PLAIN ? sender->plain_count++ : 0;
    sender->plain_interfaces[position] = interface_index;
}

static enum status read_file(struct tftp_sender *sender, const struct tftp_blocks *blocks, unsigned count,
                             uint64_t offset, size_t wanted)
{
    ssize_t got;
    do {
        got = preadv(blocks->node->fd, sender->pieces, (int)count, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)wanted ? STATUS_OK : STATUS_IO;
}

static void copy_memory(const struct tftp_sender *sender, const struct tftp_blocks *blocks, unsigned count,
                        uint64_t offset)
{
    for (unsigned i = 0; i < count; i++) {
        const struct iovec *piece = &sender->pieces[i];
        if (piece->iov_len != 0) {
            memcpy(piece->iov_base, blocks->node->bytes + offset, piece->iov_len);
        }
        offset += piece->iov_len;
    }
}

// Lays the next `count` datagrams one behind the other: the file is read around the headers. `pieces` are
// their data first, and the whole datagrams afterwards.
static enum status lay_out(struct tftp_sender *sender, const struct tftp_blocks *blocks, unsigned count)
{
    const struct tftp_read *read = blocks->read;
    uint64_t offset = (blocks->first - 1) * read->block_bytes;
    uint8_t *at = sender->bytes;
    size_t wanted = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t block = blocks->first + i;
        size_t bytes = tftp_read_block_bytes(read, block);
        tftp_encode_data_header((uint16_t)block, at);
        sender->pieces[i] = (struct iovec){.iov_base = at + TFTP_HEADER_BYTES, .iov_len = bytes};
        at += TFTP_HEADER_BYTES + bytes;
        wanted += bytes;
    }
    if (blocks->node->memory != NULL) {
        copy_memory(sender, blocks, count, offset);
    } else if (read_file(sender, blocks, count, offset, wanted) != STATUS_OK) {
        return STATUS_IO;
    }
    for (unsigned i = 0; i < count; i++) {
        sender->pieces[i].iov_base = (uint8_t *)sender->pieces[i].iov_base - TFTP_HEADER_BYTES;
        sender->pieces[i].iov_len += TFTP_HEADER_BYTES;
    }
    return STATUS_OK;
}

static ssize_t send_segmented(struct tftp_sender *sender, const struct tftp_blocks *blocks, unsigned count)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        bytes += sender->pieces[i].iov_len;
    }
    struct iovec whole = {.iov_base = sender->bytes, .iov_len = bytes};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
    } control = {.header = {.cmsg_level = IPPROTO_UDP,
                            .cmsg_type = UDP_SEGMENT,
                            .cmsg_len = CMSG_LEN(sizeof(uint16_t))}};
    uint16_t segment = (uint16_t)(blocks->read->block_bytes + TFTP_HEADER_BYTES);
    memcpy(CMSG_DATA(&control.header), &segment, sizeof segment);
    struct msghdr header = {
        .msg_iov = &whole, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t sent = sendmsg(blocks->fd, &header, MSG_DONTWAIT);
    return sent < 0 ? -1 : (ssize_t)count;
}

static ssize_t send_each(struct tftp_sender *sender, const struct tftp_blocks *blocks, unsigned first,
                         unsigned count)
{
    if (count == 1) {
        const struct iovec *only = &sender->pieces[first];
        return send(blocks->fd, only->iov_base, only->iov_len, MSG_DONTWAIT) < 0 ? -1 : 1;
    }
    for (unsigned i = 0; i < count; i++) {
        sender->messages[i] =
            (struct mmsghdr){.msg_hdr = {.msg_iov = &sender->pieces[first + i], .msg_iovlen = 1}};
    }
    return sendmmsg(blocks->fd, sender->messages, count, MSG_DONTWAIT);
}

static bool is_refusal_to_segment(int error)
{
    return error == EIO || error == EINVAL || error == EMSGSIZE;
}

// One try to send the laid out datagrams from `first` on; how many are gone, or -1 with errno.
static ssize_t send_some(struct tftp_sender *sender, const struct tftp_blocks *blocks, unsigned first,
                         unsigned count)
{
    if (first == 0 && count > 1 && may_segment(sender, blocks)) {
        ssize_t sent = send_segmented(sender, blocks, count);
        if (sent >= 0 || !is_refusal_to_segment(errno)) {
            return sent;
        }
        remember_plain(sender, blocks->interface_index);
    }
    return send_each(sender, blocks, first, count);
}

// Sends the `count` datagrams that are laid out.
static enum status send_batch(struct tftp_sender *sender, struct tftp_blocks *blocks, unsigned count)
{
    unsigned done = 0;
    while (done < count) {
        ssize_t sent = send_some(sender, blocks, done, count - done);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return STATUS_BUSY;
        }
        if (sent < 0 && errno == ECONNREFUSED) { // tells about an earlier datagram
            blocks->count = 0;
            return STATUS_NOT_FOUND;
        }
        unsigned gone = sent <= 0 ? 1 : (unsigned)sent; // what the network refuses is lost, as on the wire
        done += gone;
        blocks->first += gone;
        blocks->count -= gone;
    }
    return STATUS_OK;
}

enum status tftp_sender_send(struct tftp_sender *sender, struct tftp_blocks *blocks)
{
    size_t datagram = (size_t)blocks->read->block_bytes + TFTP_HEADER_BYTES;
    size_t fit = size_min(TFTP_SENDER_SEGMENTS, MOST_PAYLOAD_BYTES / datagram);
    enum status status = STATUS_OK;
    while (blocks->count != 0 && status == STATUS_OK) {
        unsigned count = (unsigned)size_min(fit, blocks->count);
        status = lay_out(sender, blocks, count);
        if (status == STATUS_OK) {
            status = send_batch(sender, blocks, count);
        }
    }
    return status;
}
