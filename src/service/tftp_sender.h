// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks of a file to datagrams: whole windows are read with one call and leave with one call (UDP_SEGMENT),
// or one call for many datagrams where an interface cannot do that. It decides nothing about when.
#pragma once

#include "content/content.h"
#include "session/tftp.h"

#include <sys/socket.h>

#define TFTP_SENDER_BYTES    65536
#define TFTP_SENDER_SEGMENTS 64 // of one UDP_SEGMENT call, what every kernel that knows it takes
#define TFTP_SENDER_PLAIN    16

struct tftp_sender { // large: part of something on the heap
    uint8_t bytes[TFTP_SENDER_BYTES];
    struct iovec pieces[TFTP_SENDER_SEGMENTS];
    struct mmsghdr messages[TFTP_SENDER_SEGMENTS];
    uint32_t plain_interfaces[TFTP_SENDER_PLAIN]; // whose drivers refused UDP_SEGMENT
    unsigned plain_count;
};

struct tftp_blocks { // a run of blocks to send; what was sent is taken off
    int fd;          // connected
    const struct content_node *node;
    const struct tftp_read *read;
    uint64_t first; // 1-based
    unsigned count; // 0 = nothing left
    uint32_t interface_index;
    uint32_t mtu; // bytes; larger datagrams leave as fragments
};

/// Sends `blocks` as far as the kernel takes them. STATUS_OK: all gone. STATUS_BUSY: the socket's buffer is
/// full; call again with the same `blocks` when it is writable. STATUS_NOT_FOUND: the client's port is closed
/// (ICMP); the rest was dropped. STATUS_IO: the file could not be read, or is shorter than it was. Datagrams
/// that the network refuses count as sent and lost.
MUST_USE enum status tftp_sender_send(struct tftp_sender *sender, struct tftp_blocks *blocks);
