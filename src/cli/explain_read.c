// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/explain_read.h"

#include "base/hash.h"
#include "doctor/read_text.h"
#include "io/heap.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUESS_BYTES    65536 // a log may begin with other things
#define MAGIC_BYTES    4
#define RECENT_PACKETS 16
#define AGAIN_US       2000
#define COOKED_BYTES   16 // of the header before the packet
#define COOKED2_BYTES  20
#define COPY_BYTES     65536

struct reading {
    struct doctor *doctor;
    struct explain_source *source;
};

const char *explain_kind_text(enum explain_kind kind)
{
    static const char *const TEXTS[] = {"pcap", "tcpdump", "log"};
    return TEXTS[kind];
}

static void see(void *context, const struct sight *sight)
{
    const struct reading *reading = context;
    reading->source->understood++;
    doctor_see(reading->doctor, sight);
}

static bool find_link(int type, enum dissect_link *link)
{
    switch (type) {
    case DLT_EN10MB:
        *link = DISSECT_ETHERNET;
        return true;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        *link = DISSECT_IP;
        return true;
    case DLT_LINUX_SLL:
        *link = DISSECT_LINUX_COOKED;
        return true;
    case DLT_LINUX_SLL2:
        *link = DISSECT_LINUX_COOKED2;
        return true;
    case DLT_NULL:
    case DLT_LOOP:
        *link = DISSECT_LOOPBACK;
        return true;
    default:
        return false;
    }
}

struct recent { // what was captured a moment ago
    uint64_t hash;
    int64_t at_us;
};

// tcpdump -i any sees one packet on a bridge and again on each of its ports.
static bool is_seen_again(struct recent recent[RECENT_PACKETS], unsigned *next, const void *bytes,
                          size_t count, int64_t at_us)
{
    static const struct hash_key KEY = {0x7365656e, 0x616761696e};
    uint64_t hash = hash_bytes(KEY, bytes, count);
    for (unsigned i = 0; i < RECENT_PACKETS; i++) {
        if (recent[i].hash == hash && at_us - recent[i].at_us <= AGAIN_US) {
            return true;
        }
    }
    recent[*next] = (struct recent){hash, at_us};
    *next = (*next + 1) % RECENT_PACKETS;
    return false;
}

static enum status read_packets(pcap_t *pcap, struct reading *reading, const char *path,
                                struct problem *problem)
{
    struct explain_source *source = reading->source;
    enum dissect_link link;
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int got;
    struct recent recent[RECENT_PACKETS] = {{0}};
    unsigned next = 0;
    if (!find_link(pcap_datalink(pcap), &link)) {
        const char *name = pcap_datalink_val_to_name(pcap_datalink(pcap));
        problem_set(problem, "%s was captured on a link of type %s, which imprint does not read", path,
                    name == NULL ? "unknown" : name);
        problem_set_remedy(problem, "capture on Ethernet: tcpdump -i INTERFACE -w FILE");
        return STATUS_UNSUPPORTED;
    }
    while ((got = pcap_next_ex(pcap, &header, &bytes)) == 1) {
        struct dissect packet;
        struct sight sight;
        source->packets++;
        source->was_cut = source->was_cut || header->caplen < header->len;
        int64_t at_us = (int64_t)header->ts.tv_sec * 1000000 + header->ts.tv_usec;
        size_t cooked = link == DISSECT_LINUX_COOKED    ? COOKED_BYTES
                        : link == DISSECT_LINUX_COOKED2 ? COOKED2_BYTES
                                                        : 0;
        if (cooked != 0 && header->caplen > cooked &&
            is_seen_again(recent, &next, bytes + cooked, header->caplen - cooked, at_us)) {
            continue;
        }
        if (dissect_packet(link, bytes, header->caplen, &packet) != STATUS_OK) {
            continue;
        }
        sight_from_packet(&packet, at_us, &sight);
        if (sight.kind != SIGHT_NOTHING) {
            see(reading, &sight);
        }
    }
    if (got == PCAP_ERROR) {
        problem_set(problem, "%s breaks off behind packet %llu: %s", path,
                    (unsigned long long)source->packets, pcap_geterr(pcap));
        return source->packets == 0 ? STATUS_MALFORMED : STATUS_OK;
    }
    return STATUS_OK;
}

static enum status read_pcap(FILE *taken_file, struct reading *reading, const char *path,
                             struct problem *problem)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(taken_file, PCAP_TSTAMP_PRECISION_MICRO, why);
    reading->source->kind = EXPLAIN_PCAP;
    if (pcap == NULL) {
        (void)fclose(taken_file);
        problem_set(problem, "%s is no capture that can be read: %s", path, why);
        problem_set_remedy(problem, "capture it again: tcpdump -i INTERFACE -s 0 -w FILE");
        return STATUS_MALFORMED;
    }
    enum status status = read_packets(pcap, reading, path, problem);
    pcap_close(pcap); // and the file
    return status;
}

static enum status read_lines(FILE *taken_file, struct reading *reading, struct problem *problem)
{
    struct read_text *text = heap_new(sizeof *text);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    read_text_init(text);
    while ((length = getline(&line, &room, taken_file)) >= 0) {
        length -= length > 0 && line[length - 1] == '\n';
        read_text_line(text, line, (size_t)length, see, reading);
    }
    read_text_end(text, see, reading);
    reading->source->packets = text->lines;
    bool failed = ferror(taken_file) != 0;
    if (failed) {
        problem_set(problem, "it cannot be read: %s", strerror(errno));
    }
    free(line); // getline's
    heap_free(text);
    (void)fclose(taken_file);
    return failed ? STATUS_IO : STATUS_OK;
}

static bool is_capture(const uint8_t *bytes, size_t count)
{
    static const uint8_t MAGICS[][MAGIC_BYTES] = {{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4},
                                                  {0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d},
                                                  {0x0a, 0x0d, 0x0d, 0x0a}, {0x34, 0xcd, 0xb2, 0xa1},
                                                  {0xa1, 0xb2, 0xcd, 0x34}};
    for (size_t i = 0; i < COUNT_OF(MAGICS); i++) {
        if (count >= MAGIC_BYTES && memcmp(bytes, MAGICS[i], MAGIC_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

// A pipe cannot be looked at twice: it goes into a file without a name first.
static FILE *open_file(const char *path, struct problem *problem)
{
    bool is_pipe = strcmp(path, "-") == 0;
    FILE *file = is_pipe ? tmpfile() : fopen(path, "re");
    char *buffer = is_pipe && file != NULL ? heap_new(COPY_BYTES) : NULL;
    size_t got = 1;
    while (buffer != NULL && got != 0) {
        got = fread(buffer, 1, COPY_BYTES, stdin);
        if (got != 0 && fwrite(buffer, 1, got, file) != got) {
            (void)fclose(file);
            file = NULL;
            break;
        }
    }
    heap_free(buffer);
    if (file == NULL) {
        problem_set(problem, "%s cannot be read: %s", is_pipe ? "standard input" : path, strerror(errno));
    } else if (is_pipe) {
        rewind(file);
    }
    return file;
}

enum status explain_read(const char *path, struct doctor *doctor, struct explain_source *source,
                         struct problem *problem)
{
    struct reading reading = {doctor, source};
    FILE *file = open_file(path, problem);
    if (file == NULL) {
        return STATUS_IO;
    }
    char *begin = heap_new(GUESS_BYTES);
    size_t count = fread(begin, 1, GUESS_BYTES, file);
    bool is_packets = is_capture((const uint8_t *)begin, count);
    enum read_kind kind = is_packets ? READ_NOTHING : read_text_guess(begin, count);
    heap_free(begin);
    rewind(file);
    *source = (struct explain_source){.kind = kind == READ_LOG ? EXPLAIN_LOG : EXPLAIN_TCPDUMP};
    doctor->is_log = kind == READ_LOG;
    if (is_packets) {
        return read_pcap(file, &reading, path, problem);
    }
    if (kind == READ_NOTHING) {
        (void)fclose(file);
        problem_set(problem, "%s is no capture, no output of tcpdump and no log that imprint knows", path);
        problem_set_remedy(problem,
                           "give it what 'tcpdump -i INTERFACE -w FILE' writes, what 'tcpdump -n' prints, or "
                           "the log of dhcpd, dnsmasq, Kea, in.tftpd, atftpd, WDS or a web server");
        return STATUS_MALFORMED;
    }
    return read_lines(file, &reading, problem);
}
