// SPDX-License-Identifier: GPL-3.0-or-later
// bench-tftp-bare: the yardstick. One file sent to whoever asks for anything, by one socket, recvmmsg and
// sendmmsg with UDP_SEGMENT straight from a mapping; no names, no checks, no limits, no log, nothing that a
// server must have. What it reaches is what this machine can do with these clients; bench/tftp.py shows it as
// "limit".
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#define BATCH        64
#define TABLE        65536u // a power of two, more than there are clients
#define WINDOW_MOST  64u
#define SENT_BYTES   65507u
#define HEADERS      28u
#define MTU          1500u
#define AGAIN_US     20000 // silence after which the window goes out again
#define TRIES_MOST   200
#define BUFFER_BYTES (64 << 20)

struct reader {
    struct sockaddr_in from;
    bool is_live, has_oack, is_resent;
    uint16_t block_bytes, window, tries;
    uint64_t acked, blocks;
    int64_t at_us;
};

static struct reader readers[TABLE];
static const uint8_t *file;
static uint64_t file_bytes;
static int fd;
static int64_t now_us;

static struct mmsghdr out[BATCH];
static struct sockaddr_in out_to[BATCH];
static struct iovec out_pieces[BATCH][2 * WINDOW_MOST];
static uint8_t out_heads[BATCH][WINDOW_MOST][4];
static uint8_t out_oacks[BATCH][128];
static union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
} out_controls[BATCH];
static unsigned out_count;

static void flush(void)
{
    for (unsigned sent = 0; sent < out_count;) {
        int now = sendmmsg(fd, out + sent, out_count - sent, 0);
        sent += now > 0 ? (unsigned)now : 1;
    }
    out_count = 0;
}

static struct msghdr *next_message(const struct reader *reader)
{
    if (out_count == BATCH) {
        flush();
    }
    out_to[out_count] = reader->from;
    struct msghdr *message = &out[out_count].msg_hdr;
    *message = (struct msghdr){.msg_name = &out_to[out_count],
                               .msg_namelen = sizeof out_to[0],
                               .msg_iov = out_pieces[out_count],
                               .msg_iovlen = 1};
    out_count++;
    return message;
}

static void segment(struct msghdr *message, uint16_t bytes)
{
    unsigned at = out_count - 1;
    out_controls[at].header = (struct cmsghdr){
        .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof bytes)};
    memcpy(CMSG_DATA(&out_controls[at].header), &bytes, sizeof bytes);
    message->msg_control = out_controls[at].bytes;
    message->msg_controllen = sizeof out_controls[at].bytes;
}

// `count` blocks from `first` on in one message.
static void send_blocks(const struct reader *reader, uint64_t first, unsigned count)
{
    struct msghdr *message = next_message(reader);
    unsigned at = out_count - 1;
    for (unsigned i = 0; i < count; i++) {
        uint64_t offset = (first + i - 1) * reader->block_bytes;
        uint64_t left = file_bytes - offset;
        uint8_t *head = out_heads[at][i];
        head[0] = 0;
        head[1] = 3;
        head[2] = (uint8_t)((first + i) >> 8);
        head[3] = (uint8_t)(first + i);
        out_pieces[at][2 * i] = (struct iovec){.iov_base = head, .iov_len = 4};
        out_pieces[at][2 * i + 1] =
            (struct iovec){.iov_base = (void *)(uintptr_t)(file + offset),
                           .iov_len = left < reader->block_bytes ? left : reader->block_bytes};
    }
    message->msg_iovlen = 2 * count;
    if (count > 1) {
        segment(message, (uint16_t)(reader->block_bytes + 4));
    }
}

static void send_window(struct reader *reader)
{
    uint64_t left = reader->blocks - reader->acked;
    uint64_t count = left < reader->window ? left : reader->window;
    uint64_t first = reader->acked + 1;
    unsigned fit = reader->block_bytes + 4u + HEADERS > MTU ? 1 : SENT_BYTES / (reader->block_bytes + 4u);
    reader->at_us = now_us;
    while (count != 0) {
        unsigned now = (unsigned)(count < fit ? count : fit);
        send_blocks(reader, first, now);
        first += now;
        count -= now;
    }
}

static uint16_t option(const char *words, size_t count, const char *name, uint16_t otherwise)
{
    for (size_t at = 2; at < count; at += strlen(words + at) + 1) {
        if (strcmp(words + at, name) == 0) {
            return (uint16_t)atoi(words + at + strlen(name) + 1);
        }
    }
    return otherwise;
}

static void send_oack(const struct reader *reader)
{
    struct msghdr *message = next_message(reader);
    unsigned at = out_count - 1;
    int count =
        snprintf((char *)out_oacks[at], sizeof out_oacks[at], "%c%ctsize%c%llu%cblksize%c%u%cwindowsize%c%u",
                 0, 6, 0, (unsigned long long)file_bytes, 0, 0, reader->block_bytes, 0, 0, reader->window);
    out_pieces[at][0] = (struct iovec){.iov_base = out_oacks[at], .iov_len = (size_t)count + 1};
    message->msg_iovlen = 1;
}

static void begin(struct reader *reader, const struct sockaddr_in *from, const char *words, size_t count)
{
    uint16_t window = option(words, count, "windowsize", 1);
    *reader = (struct reader){.from = *from,
                              .is_live = true,
                              .block_bytes = option(words, count, "blksize", 512),
                              .window = window < WINDOW_MOST ? window : WINDOW_MOST,
                              .at_us = now_us};
    reader->blocks = file_bytes / reader->block_bytes + 1;
    reader->has_oack = true;
    send_oack(reader);
}

static void take_ack(struct reader *reader, uint16_t number)
{
    uint16_t ahead = (uint16_t)(number - (uint16_t)reader->acked);
    if (!reader->has_oack &&
        (ahead == 0 ? reader->window == 1 || reader->is_resent : ahead > reader->window)) {
        return;
    }
    reader->is_resent = !reader->has_oack && ahead == 0;
    reader->has_oack = false;
    reader->acked += ahead;
    reader->tries = 0;
    if (reader->acked == reader->blocks) {
        reader->is_live = false;
    } else {
        send_window(reader);
    }
}

static void take(const struct sockaddr_in *from, const uint8_t *bytes, size_t count)
{
    struct reader *reader = &readers[ntohl(from->sin_addr.s_addr) % TABLE];
    if (count >= 4 && bytes[1] == 1) {
        begin(reader, from, (const char *)bytes, count);
    } else if (count >= 4 && bytes[1] == 4 && reader->is_live) {
        take_ack(reader, (uint16_t)(bytes[2] << 8 | bytes[3]));
    }
}

static void wake(void)
{
    for (unsigned i = 0; i < TABLE; i++) {
        struct reader *reader = &readers[i];
        if (!reader->is_live || now_us - reader->at_us < AGAIN_US) {
            continue;
        }
        reader->is_live = ++reader->tries < TRIES_MOST;
        if (reader->has_oack) {
            reader->at_us = now_us;
            send_oack(reader);
        } else {
            send_window(reader);
        }
    }
}

static void serve(void)
{
    static uint8_t bytes[BATCH][516];
    static struct sockaddr_in from[BATCH];
    static struct mmsghdr in[BATCH];
    static struct iovec pieces[BATCH];
    int64_t woken_us = 0;
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    for (;;) {
        for (unsigned i = 0; i < BATCH; i++) {
            pieces[i] = (struct iovec){.iov_base = bytes[i], .iov_len = sizeof bytes[i] - 1};
            in[i].msg_hdr = (struct msghdr){
                .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &pieces[i], .msg_iovlen = 1};
        }
        int count = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
        for (int i = 0; i < count; i++) {
            bytes[i][in[i].msg_len] = 0;
            take(&from[i], bytes[i], in[i].msg_len);
        }
        if (now_us - woken_us > AGAIN_US) {
            woken_us = now_us;
            wake();
        }
        flush();
        if (count <= 0) {
            (void)poll(&wanted, 1, AGAIN_US / 1000);
        }
    }
}

int main(int count, char **words)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(69)};
    int bytes = BUFFER_BYTES;
    int file_fd = count < 2 ? -1 : open(words[1], O_RDONLY);
    struct stat seen;
    if (file_fd < 0 || fstat(file_fd, &seen) != 0) {
        fputs("usage: bench-tftp-bare FILE\n", stderr);
        return 2;
    }
    file_bytes = (uint64_t)seen.st_size;
    file = mmap(NULL, file_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, file_fd, 0);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    if (file == MAP_FAILED || bind(fd, (const struct sockaddr *)&own, sizeof own) != 0) {
        perror("bench-tftp-bare");
        return 2;
    }
    serve();
}
