// SPDX-License-Identifier: GPL-3.0-or-later
// A bad cable: joins two Ethernet interfaces and loses, delays, doubles and reorders UDP packets between them
// by chance, each way, the same for the same seed and traffic. Every other frame (ARP above all) passes at
// once and whole, so that what is tested is the transfer and not how an address is found. It knows nothing of
// TFTP: any client, a firmware's included, can stand behind it.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MOST_BYTES     65600
#define WAITING_MOST         65536
#define BATCH_FRAMES         64
#define RECEIVE_BUFFER_BYTES (32 << 20)
#define REORDER_US           3000 // what is reordered comes this much later than what was sent behind it
#define ETHERNET_BYTES       14
#define IP4_LEAST_BYTES      20
#define UDP_PROTOCOL         17

enum side { NEAR, FAR, SIDES };

struct chance {
    double loss;
    double twice;
    double reorder;
};

struct settings {
    const char *near;
    const char *far;
    struct chance chance;
    uint64_t seed;
    int64_t delay_us;
    int64_t jitter_us;
    bool is_dhcp_spared;
};

struct counts {
    uint64_t frames;
    uint64_t udp;
    uint64_t lost;
    uint64_t doubled;
    uint64_t reordered;
    uint64_t choked; // the other side had no room: not wanted, so tests look at it
};

struct waiting {
    int64_t at_us;
    uint64_t number; // first come, first gone at the same instant
    enum side to;
    size_t count;
    uint8_t *bytes;
};

struct relay {
    struct settings settings;
    int fds[SIDES];
    uint64_t dice[SIDES];
    struct counts counts[SIDES]; // of frames that came from there
    struct waiting *heap;
    size_t heap_count;
    uint64_t number;
};

static volatile sig_atomic_t is_over;

static void end_it(int number)
{
    (void)number;
    is_over = 1;
}

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "lossy-relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// splitmix64: good enough, and the same everywhere. 0 <= result < 1.
static double roll(uint64_t *dice)
{
    uint64_t z = (*dice += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / (double)(1ull << 53);
}

// ---- the two ends

// The tap's own side: the kernel cuts segments and fills in checksums before a program without offloads reads
// them.
static int open_tap(const char *name)
{
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) {
        give_up(name);
    }
    return fd;
}

static int open_interface(const char *name)
{
    int on = 1, bytes = RECEIVE_BUFFER_BYTES;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
    struct packet_mreq promiscuous = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (fd < 0 || address.sll_ifindex == 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0) {
        give_up(name);
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    return fd;
}

static void put_frame(struct relay *relay, enum side to, const uint8_t *bytes, size_t count)
{
    for (unsigned tries = 0; tries < 50; tries++) {
        if (write(relay->fds[to], bytes, count) >= 0) {
            return;
        }
        if (errno != EAGAIN && errno != ENOBUFS) {
            break; // the other end is down or has gone: a cable without anybody at its end
        }
        struct pollfd room = {.fd = relay->fds[to], .events = POLLOUT};
        (void)poll(&room, 1, 1);
    }
    relay->counts[to == NEAR ? FAR : NEAR].choked++;
}

// ---- what waits

static bool is_sooner(const struct waiting *one, const struct waiting *other)
{
    return one->at_us != other->at_us ? one->at_us < other->at_us : one->number < other->number;
}

static void swap(struct waiting *one, struct waiting *other)
{
    struct waiting held = *one;
    *one = *other;
    *other = held;
}

static void push(struct relay *relay, struct waiting item)
{
    struct waiting *heap = relay->heap;
    size_t at = relay->heap_count++;
    heap[at] = item;
    while (at > 0 && is_sooner(&heap[at], &heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct waiting pop(struct relay *relay)
{
    struct waiting *heap = relay->heap;
    struct waiting first = heap[0];
    heap[0] = heap[--relay->heap_count];
    for (size_t at = 0, child = 1; child < relay->heap_count; child = 2 * at + 1) {
        if (child + 1 < relay->heap_count && is_sooner(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!is_sooner(&heap[child], &heap[at])) {
            break;
        }
        swap(&heap[child], &heap[at]);
        at = child;
    }
    return first;
}

static void wait_until(struct relay *relay, int64_t at_us, enum side to, const uint8_t *bytes, size_t count)
{
    uint8_t *copy = relay->heap_count < WAITING_MOST ? malloc(count) : NULL;
    if (copy == NULL) {
        relay->counts[to == NEAR ? FAR : NEAR].choked++;
        return;
    }
    memcpy(copy, bytes, count);
    push(relay, (struct waiting){
                    .at_us = at_us, .number = relay->number++, .to = to, .count = count, .bytes = copy});
}

static void send_due(struct relay *relay, int64_t now)
{
    while (relay->heap_count > 0 && relay->heap[0].at_us <= now) {
        struct waiting item = pop(relay);
        put_frame(relay, item.to, item.bytes, item.count);
        free(item.bytes);
    }
}

// ---- what comes

static unsigned port_at(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

// Whether chance plays with this frame: IPv4 with UDP in it, fragments as well.
static bool is_played_with(const struct settings *settings, const uint8_t *frame, size_t count)
{
    if (count < ETHERNET_BYTES + IP4_LEAST_BYTES + 4 || port_at(frame + 12) != ETHERTYPE_IP ||
        frame[ETHERNET_BYTES + 9] != UDP_PROTOCOL) {
        return false;
    }
    const uint8_t *ip = frame + ETHERNET_BYTES;
    size_t head = (size_t)(ip[0] & 15) * 4;
    bool is_later_fragment = (port_at(ip + 6) & 0x1fff) != 0;
    if (!settings->is_dhcp_spared || is_later_fragment || count < ETHERNET_BYTES + head + 4) {
        return true;
    }
    unsigned from = port_at(ip + head), to = port_at(ip + head + 2);
    return from != 67 && from != 68 && to != 67 && to != 68;
}

static void take_frame(struct relay *relay, enum side from, const uint8_t *bytes, size_t count)
{
    const struct settings *settings = &relay->settings;
    struct counts *counts = &relay->counts[from];
    uint64_t *dice = &relay->dice[from];
    enum side to = from == NEAR ? FAR : NEAR;
    counts->frames++;
    if (!is_played_with(settings, bytes, count)) {
        put_frame(relay, to, bytes, count);
        return;
    }
    counts->udp++;
    bool is_lost = roll(dice) < settings->chance.loss;
    bool is_doubled = roll(dice) < settings->chance.twice;
    bool is_reordered = roll(dice) < settings->chance.reorder;
    int64_t wait_us = settings->delay_us + (int64_t)(roll(dice) * (double)settings->jitter_us);
    if (is_lost) {
        counts->lost++;
        return;
    }
    counts->doubled += is_doubled;
    counts->reordered += is_reordered;
    wait_us += is_reordered ? REORDER_US : 0;
    for (unsigned i = 0; i < (is_doubled ? 2u : 1u); i++) {
        if (wait_us > 0) {
            wait_until(relay, now_us() + wait_us, to, bytes, count);
        } else {
            put_frame(relay, to, bytes, count);
        }
    }
}

static void take_frames(struct relay *relay, enum side from)
{
    static uint8_t bytes[FRAME_MOST_BYTES];
    for (unsigned i = 0; i < BATCH_FRAMES; i++) {
        ssize_t count = read(relay->fds[from], bytes, sizeof bytes);
        if (count <= 0) {
            return;
        }
        take_frame(relay, from, bytes, (size_t)count);
    }
}

static void run(struct relay *relay)
{
    struct pollfd fds[SIDES] = {{.fd = relay->fds[NEAR], .events = POLLIN},
                                {.fd = relay->fds[FAR], .events = POLLIN}};
    while (!is_over) {
        struct timespec rest = {.tv_sec = 1};
        if (relay->heap_count > 0) {
            int64_t left_us = relay->heap[0].at_us - now_us();
            left_us = left_us < 0 ? 0 : left_us > 1000000 ? 1000000 : left_us;
            rest = (struct timespec){.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
        }
        if (ppoll(fds, SIDES, &rest, NULL) < 0 && errno != EINTR) {
            give_up("poll");
        }
        take_frames(relay, NEAR);
        take_frames(relay, FAR);
        send_due(relay, relay->heap_count > 0 ? now_us() : 0);
    }
}

static void print_counts(const struct relay *relay)
{
    static const char *const names[SIDES] = {"from_server", "from_client"};
    for (unsigned i = 0; i < SIDES; i++) {
        const struct counts *counts = &relay->counts[i];
        printf("%s\"%s\": {\"frames\": %" PRIu64 ", \"udp\": %" PRIu64 ", \"lost\": %" PRIu64
               ", \"doubled\": %" PRIu64 ", \"reordered\": %" PRIu64 ", \"choked\": %" PRIu64 "}%s",
               i == 0 ? "{" : ", ", names[i], counts->frames, counts->udp, counts->lost, counts->doubled,
               counts->reordered, counts->choked, i == SIDES - 1 ? "}\n" : "");
    }
}

static struct settings read_settings(int count, char **words)
{
    static const struct option options[] = {
        {"near", required_argument, NULL, 'n'},      {"far", required_argument, NULL, 'f'},
        {"loss", required_argument, NULL, 'l'},      {"double", required_argument, NULL, '2'},
        {"reorder", required_argument, NULL, 'r'},   {"delay-us", required_argument, NULL, 'd'},
        {"jitter-us", required_argument, NULL, 'j'}, {"seed", required_argument, NULL, 's'},
        {"spare-dhcp", no_argument, NULL, 'p'},      {0}};
    struct settings settings = {.seed = 1};
    for (int letter; (letter = getopt_long(count, words, "", options, NULL)) != -1;) {
        switch (letter) {
        case 'n':
            settings.near = optarg;
            break;
        case 'f':
            settings.far = optarg;
            break;
        case 'l':
            settings.chance.loss = strtod(optarg, NULL);
            break;
        case '2':
            settings.chance.twice = strtod(optarg, NULL);
            break;
        case 'r':
            settings.chance.reorder = strtod(optarg, NULL);
            break;
        case 'd':
            settings.delay_us = strtoll(optarg, NULL, 10);
            break;
        case 'j':
            settings.jitter_us = strtoll(optarg, NULL, 10);
            break;
        case 's':
            settings.seed = strtoull(optarg, NULL, 10);
            break;
        case 'p':
            settings.is_dhcp_spared = true;
            break;
        default:
            exit(2);
        }
    }
    if (settings.near == NULL || settings.far == NULL || optind != count) {
        fprintf(stderr,
                "usage: lossy-relay --near TAP --far INTERFACE [--loss P] [--double P] [--reorder P]\n"
                "                   [--delay-us N] [--jitter-us N] [--seed N] [--spare-dhcp]\n");
        exit(2);
    }
    return settings;
}

int main(int count, char **words)
{
    static struct relay relay;
    relay.settings = read_settings(count, words);
    relay.fds[NEAR] = open_tap(relay.settings.near);
    relay.fds[FAR] = open_interface(relay.settings.far);
    relay.dice[NEAR] = relay.settings.seed * 2;
    relay.dice[FAR] = relay.settings.seed * 2 + 1;
    relay.heap = calloc(WAITING_MOST, sizeof *relay.heap);
    if (relay.heap == NULL) {
        give_up("no memory");
    }
    struct sigaction action = {.sa_handler = end_it};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    puts("ready");
    fflush(stdout);
    run(&relay);
    print_counts(&relay);
    return 0;
}
