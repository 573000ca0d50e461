// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_BYTES 32768 // what the kernel itself uses for one part of a dump

int netlink_open(unsigned groups)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) {
        return -1;
    }
    struct timeval patience = {.tv_sec = 2};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static enum status read_error(const struct nlmsghdr *message)
{
    struct nlmsgerr error;
    memcpy(&error, (const uint8_t *)message + NLMSG_HDRLEN, sizeof error);
    if (error.error == 0) {
        return STATUS_OK;
    }
    return error.error == -ENOENT || error.error == -ENODEV ? STATUS_NOT_FOUND : STATUS_IO;
}

// Whether the last message was among them; then `*status` is set.
static bool take_answers(struct nlmsghdr *message, size_t bytes, bool is_dump,
                         void (*answer)(void *context, struct nlmsghdr *message), void *context,
                         enum status *status)
{
    for (; NLMSG_OK(message, bytes); message = NLMSG_NEXT(message, bytes)) {
        if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
            *status = message->nlmsg_type == NLMSG_DONE ? STATUS_OK : read_error(message);
            return true;
        }
        answer(context, message);
        if (!is_dump) {
            *status = STATUS_OK;
            return true;
        }
    }
    return false;
}

enum status netlink_ask(struct netlink_request *request,
                        void (*answer)(void *context, struct nlmsghdr *message), void *context)
{
    int fd = netlink_open(0);
    if (fd < 0) {
        return STATUS_IO;
    }
    bool is_dump = (request->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    request->header.nlmsg_flags |= NLM_F_REQUEST;
    enum status status = STATUS_IO;
    bool is_over = send(fd, request, request->header.nlmsg_len, 0) < 0;
    _Alignas(struct nlmsghdr) uint8_t bytes[ANSWER_BYTES];
    while (!is_over) {
        ssize_t count = recv(fd, bytes, sizeof bytes, 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        is_over = take_answers((struct nlmsghdr *)bytes, (size_t)count, is_dump, answer, context, &status);
    }
    close(fd);
    return status;
}

void netlink_sort(struct rtattr *first, size_t bytes, struct rtattr *out[], size_t count)
{
    memset(out, 0, count * sizeof out[0]);
    for (struct rtattr *at = first; RTA_OK(at, bytes); at = RTA_NEXT(at, bytes)) {
        size_t type = at->rta_type & (unsigned)NLA_TYPE_MASK;
        if (type < count) {
            out[type] = at;
        }
    }
}

uint32_t netlink_u32(const struct rtattr *attribute)
{
    uint32_t value = 0;
    if (attribute != NULL && attribute->rta_len == RTA_LENGTH(sizeof value)) {
        memcpy(&value, (const uint8_t *)attribute + RTA_LENGTH(0), sizeof value);
    }
    return value;
}
