// SPDX-License-Identifier: GPL-3.0-or-later
#include "tftp_load_flood.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH          32
#define HEADERS_BYTES  28 // IPv4 and UDP
#define DATAGRAM_BYTES 256
#define FIRST_PORT     1024u
#define TFTP_PORT      69

struct load_flood {
    int fd;
    struct load_flood_options options;
    uint64_t sent, begun_us;
    uint8_t datagrams[BATCH][DATAGRAM_BYTES];
    struct iovec pieces[BATCH];
    struct mmsghdr messages[BATCH];
    struct sockaddr_in to;
};

static void put_u16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    put_u16(bytes, value >> 16);
    put_u16(bytes + 2, value & 0xffff);
}

// The kernel adds identification and checksum of the IPv4 header; a UDP checksum of 0 says that there is
// none.
static void prepare(struct load_flood *flood, unsigned position)
{
    const struct load_flood_options *options = &flood->options;
    uint8_t *ip = flood->datagrams[position];
    uint8_t *udp = ip + 20;
    ip[0] = 0x45;
    put_u16(ip + 2, HEADERS_BYTES + options->request_bytes);
    ip[8] = 64;
    ip[9] = IPPROTO_UDP;
    put_u32(ip + 12, options->from.value);
    put_u32(ip + 16, options->server.value);
    put_u16(udp + 2, TFTP_PORT);
    put_u16(udp + 4, 8 + options->request_bytes);
    memcpy(udp + 8, options->request, options->request_bytes);
    flood->pieces[position] =
        (struct iovec){.iov_base = ip, .iov_len = HEADERS_BYTES + options->request_bytes};
    flood->messages[position].msg_hdr = (struct msghdr){.msg_name = &flood->to,
                                                        .msg_namelen = sizeof flood->to,
                                                        .msg_iov = &flood->pieces[position],
                                                        .msg_iovlen = 1};
}

struct load_flood *load_flood_open(const struct load_flood_options *options, struct problem *problem)
{
    struct load_flood *flood = calloc(1, sizeof *flood);
    if (flood == NULL || options->request_bytes + HEADERS_BYTES > DATAGRAM_BYTES) {
        problem_set(problem, "there is not enough memory");
        free(flood);
        return NULL;
    }
    flood->options = *options;
    flood->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(options->server.value)};
    for (unsigned i = 0; i < BATCH; i++) {
        prepare(flood, i);
    }
    flood->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    if (flood->fd < 0) {
        problem_set(problem, "no raw socket for the flood: %s", strerror(errno));
        load_flood_close(flood);
        return NULL;
    }
    return flood;
}

void load_flood_step(struct load_flood *flood, uint64_t now_us)
{
    if (flood->begun_us == 0) {
        flood->begun_us = now_us;
    }
    uint64_t due = flood->options.total;
    if (flood->options.per_second != 0) {
        due = size_min(due, (now_us - flood->begun_us) * flood->options.per_second / 1000000);
    }
    unsigned count = due > flood->sent ? (unsigned)size_min(due - flood->sent, BATCH) : 0;
    for (unsigned i = 0; i < count; i++) {
        put_u16(flood->datagrams[i] + 20, FIRST_PORT + (flood->sent + i) % (65536 - FIRST_PORT));
    }
    int sent = count == 0 ? 0 : sendmmsg(flood->fd, flood->messages, count, 0);
    flood->sent += sent > 0 ? (unsigned)sent : 0;
}

uint64_t load_flood_sent(const struct load_flood *flood)
{
    return flood->sent;
}

void load_flood_close(struct load_flood *flood)
{
    if (flood == NULL) {
        return;
    }
    if (flood->fd >= 0) {
        close(flood->fd);
    }
    free(flood);
}
