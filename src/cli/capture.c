// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/capture.h"

#include "cli/packet_ring.h"
#include "format/pcapng.h"
#include "io/heap.h"
#include "wire/redact.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SNAP_BYTES   4096 // nothing that is kept of a packet is longer
#define BUFFER_BYTES (4 * 1024 * 1024)
#define TURN_MOST    256 // packets of one interface before the others are looked at
#define WAIT_MS      1000
#define HEAD_BYTES   (PCAPNG_HEAD_BYTES + CAPTURE_INTERFACES_MOST * PCAPNG_INTERFACE_BYTES)

struct capture {
    char filter[CAPTURE_FILTER_BYTES];
    pcap_t *interfaces[CAPTURE_INTERFACES_MOST];
    char names[CAPTURE_INTERFACES_MOST][32];
    unsigned interface_count;
    struct packet_ring ring;
    uint64_t count; // that came
    void (*tell)(void *context, uint64_t packets);
    void *context;
    uint32_t turn; // the interface at hand
};

struct capture *capture_new(const char *filter, struct problem *problem)
{
    size_t length = strlen(filter);
    if (length >= CAPTURE_FILTER_BYTES) {
        problem_set(problem, "the machine has too many addresses to capture them all");
        return NULL;
    }
    struct capture *capture = heap_new(sizeof *capture);
    memcpy(capture->filter, filter, length + 1);
    packet_ring_init(&capture->ring, CAPTURE_RING_BYTES);
    return capture;
}

static void take(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct capture *capture = (struct capture *)(void *)context;
    uint8_t copy[SNAP_BYTES];
    size_t count = header->caplen < sizeof copy ? header->caplen : sizeof copy;
    memcpy(copy, bytes, count);
    const struct ring_packet packet = {.interface = capture->turn,
                                       .count = (uint32_t)redact_packet(DISSECT_ETHERNET, copy, count),
                                       .whole = header->len,
                                       .at_us = (int64_t)header->ts.tv_sec * 1000000 + header->ts.tv_usec};
    packet_ring_add(&capture->ring, &packet, copy);
    capture->count++;
    if (capture->tell != NULL) {
        capture->tell(capture->context, capture->count);
    }
}

// ---- interfaces ----

static enum status refuse(pcap_t *pcap, const char *interface, int code, struct problem *problem)
{
    bool is_denied = code == PCAP_ERROR_PERM_DENIED || code == PCAP_ERROR_PROMISC_PERM_DENIED;
    problem_set(problem, "nothing can be captured on %s: %s", interface,
                is_denied            ? "this needs root"
                : code == PCAP_ERROR ? pcap_geterr(pcap)
                                     : pcap_statustostr(code));
    if (is_denied) {
        problem_set_remedy(problem, "sudo imprint capture-packets MACHINE");
    }
    pcap_close(pcap);
    return is_denied ? STATUS_DENIED : code == PCAP_ERROR_NO_SUCH_DEVICE ? STATUS_NOT_FOUND : STATUS_IO;
}

enum status capture_add(struct capture *capture, const char *interface, struct problem *problem)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct bpf_program program;
    if (capture->interface_count == CAPTURE_INTERFACES_MOST) {
        problem_set(problem, "there are more than %u interfaces", CAPTURE_INTERFACES_MOST);
        return STATUS_TOO_LONG;
    }
    pcap_t *pcap = pcap_create(interface, why);
    if (pcap == NULL) {
        problem_set(problem, "nothing can be captured on %s: %s", interface, why);
        return STATUS_IO;
    }
    (void)pcap_set_snaplen(pcap, SNAP_BYTES);
    (void)pcap_set_promisc(pcap, 0);
    (void)pcap_set_immediate_mode(pcap, 1);
    (void)pcap_set_buffer_size(pcap, BUFFER_BYTES);
    int code = pcap_activate(pcap);
    if (code < 0) {
        return refuse(pcap, interface, code, problem);
    }
    if (pcap_datalink(pcap) != DLT_EN10MB) {
        problem_set(problem, "%s is no Ethernet", interface);
        pcap_close(pcap);
        return STATUS_UNSUPPORTED;
    }
    if (pcap_compile(pcap, &program, capture->filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return refuse(pcap, interface, PCAP_ERROR, problem);
    }
    code = pcap_setfilter(pcap, &program);
    pcap_freecode(&program);
    if (code != 0 || pcap_setnonblock(pcap, 1, why) != 0) {
        return refuse(pcap, interface, PCAP_ERROR, problem);
    }
    unsigned index = capture->interface_count++;
    capture->interfaces[index] = pcap;
    (void)snprintf(capture->names[index], sizeof capture->names[index], "%s", interface);
    return STATUS_OK;
}

// ---- the run ----

static int64_t now_ms(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static enum status take_all(struct capture *capture, struct problem *problem)
{
    for (capture->turn = 0; capture->turn < capture->interface_count; capture->turn++) {
        pcap_t *pcap = capture->interfaces[capture->turn];
        if (pcap_dispatch(pcap, TURN_MOST, take, (u_char *)(void *)capture) == PCAP_ERROR) {
            problem_set(problem, "%s: %s", capture->names[capture->turn], pcap_geterr(pcap));
            return STATUS_IO;
        }
    }
    return STATUS_OK;
}

static enum status run(struct capture *capture, int signals, int64_t until_ms, struct problem *problem)
{
    struct pollfd polled[CAPTURE_INTERFACES_MOST + 1] = {{.fd = signals, .events = POLLIN}};
    for (unsigned i = 0; i < capture->interface_count; i++) {
        polled[i + 1] =
            (struct pollfd){.fd = pcap_get_selectable_fd(capture->interfaces[i]), .events = POLLIN};
    }
    for (enum status status = STATUS_OK;;) {
        int64_t left = until_ms == 0 ? WAIT_MS : until_ms - now_ms();
        if (left <= 0) {
            return STATUS_OK;
        }
        if (poll(polled, capture->interface_count + 1, (int)(left < WAIT_MS ? left : WAIT_MS)) < 0 &&
            errno != EINTR) {
            problem_set(problem, "waiting for packets: %s", strerror(errno));
            return STATUS_IO;
        }
        status = take_all(capture, problem);
        if (status != STATUS_OK || (polled[0].revents & POLLIN) != 0) {
            return status;
        }
    }
}

enum status capture_run(struct capture *capture, int64_t timeout_ms,
                        void (*tell)(void *context, uint64_t packets), void *context, struct problem *problem)
{
    sigset_t ends;
    sigset_t before;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ends, &before);
    int signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    capture->tell = tell;
    capture->context = context;
    enum status status = run(capture, signals, timeout_ms == 0 ? 0 : now_ms() + timeout_ms, problem);
    if (signals >= 0) {
        struct signalfd_siginfo taken; // it ended the capture, and not the program
        ssize_t ignored = read(signals, &taken, sizeof taken);
        (void)ignored;
        (void)close(signals);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

uint64_t capture_count(const struct capture *capture, uint64_t *dropped)
{
    *dropped = capture->count - capture->ring.stored;
    return capture->count;
}

static bool write_block(struct writer *block, const uint8_t *bytes, FILE *out)
{
    return !block->failed && fwrite(bytes, 1, writer_length(block), out) == writer_length(block);
}

static bool write_packet(void *context, const struct ring_packet *kept, const uint8_t *packet_bytes)
{
    uint8_t bytes[SNAP_BYTES + PCAPNG_PACKET_BYTES];
    struct writer block = writer_init(bytes, sizeof bytes);
    const struct pcapng_packet packet = {.interface = kept->interface,
                                         .at_us = kept->at_us,
                                         .bytes = packet_bytes,
                                         .count = kept->count,
                                         .whole = kept->whole};
    pcapng_write_packet(&block, &packet);
    return write_block(&block, bytes, context);
}

bool capture_write(const struct capture *capture, FILE *out)
{
    uint8_t bytes[HEAD_BYTES];
    struct writer block = writer_init(bytes, sizeof bytes);
    pcapng_write_head(&block, "imprint " IMPRINT_VERSION, CAPTURE_REMARK);
    for (unsigned i = 0; i < capture->interface_count; i++) {
        pcapng_write_interface(&block, PCAPNG_LINK_ETHERNET, capture->names[i]);
    }
    return write_block(&block, bytes, out) && packet_ring_each(&capture->ring, write_packet, out) &&
           fflush(out) == 0;
}

void capture_free(struct capture *capture)
{
    if (capture == NULL) {
        return;
    }
    for (unsigned i = 0; i < capture->interface_count; i++) {
        pcap_close(capture->interfaces[i]);
    }
    packet_ring_clear(&capture->ring);
    heap_free(capture);
}
