// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to the kernel's routing tables (rtnetlink): one request, all its answers. For this room only.
#pragma once

#include "base/status.h"

#include <linux/rtnetlink.h>

struct netlink_request {    // zeroed but for what is asked
    struct nlmsghdr header; // nlmsg_len, nlmsg_type and NLM_F_DUMP are the caller's
    union {
        struct ifinfomsg link;
        struct ifaddrmsg address;
        struct ndmsg neighbour;
    };
    uint8_t attributes[64];
};

/// Opens a netlink socket that hears `groups` (RTMGRP_ bits), or -1 with errno. Close it.
int netlink_open(unsigned groups);

/// Sends `request` and calls `answer` for each message that comes back. STATUS_NOT_FOUND: the kernel says
/// there is no such thing. STATUS_IO.
MUST_USE enum status netlink_ask(struct netlink_request *request,
                                 void (*answer)(void *context, struct nlmsghdr *message), void *context);

/// Sorts the attributes that begin at `first` (`bytes` bytes) by type into `out` (`count` entries); the
/// others are NULL.
void netlink_sort(struct rtattr *first, size_t bytes, struct rtattr *out[], size_t count);

/// The attribute's 32-bit value in the machine's order; 0 for NULL or another length.
uint32_t netlink_u32(const struct rtattr *attribute);
