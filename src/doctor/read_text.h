// SPDX-License-Identifier: GPL-3.0-or-later
// Reads lines of text as sights: what tcpdump prints (with or without -e, -n, -v, -x, -X, also wrapped by a
// mail program), and what DHCP, TFTP and web servers write into their logs: ISC dhcpd, dnsmasq, Kea,
// in.tftpd, atftpd, xinetd, WDS, nginx and Apache. Lines that say nothing of a boot are passed over.
#pragma once

#include "doctor/sight.h"

#define READ_LINE_BYTES   2048 // what is longer is cut
#define READ_PACKET_BYTES 2048 // of a hexadecimal dump

enum read_kind { READ_NOTHING, READ_TCPDUMP, READ_LOG };

struct read_text {  // large: keep it static or on the heap
    int64_t day_us; // of lines without a date: days that went by since the first
    int64_t last_us;
    uint64_t lines; // all
    uint64_t understood;
    // of tcpdump: a packet is several lines
    char pending[READ_LINE_BYTES]; // a packet that may have further lines
    size_t hex_bytes;
    uint8_t hex[READ_PACKET_BYTES]; // of -x and -X
    // of dnsmasq: the boot file that is told comes in lines of its own
    char boot_file[SIGHT_NAME_BYTES];
};

/// An empty reader.
void read_text_init(struct read_text *reader);

/// What kind of text begins like `text`: lines of tcpdump, of a log, or none that is known.
enum read_kind read_text_guess(const char *text, size_t bytes);

/// Takes in the next line (`length` bytes, hostile, without its end). `see` gets every sight that is complete
/// now.
void read_text_line(struct read_text *reader, const char *line, size_t length,
                    void (*see)(void *context, const struct sight *sight), void *context);

/// The text has ended: what was waiting for further lines is complete.
void read_text_end(struct read_text *reader, void (*see)(void *context, const struct sight *sight),
                   void *context);

/// Reads the time at the begin of `line`: "17:45:15.089171", "2026-08-09 17:45:15.1", "1723193208.123",
/// "Aug  9 08:36:48", "2026-08-09T08:36:48.1+02:00", "[09/Aug/2026:08:36:48 +0000]". Returns what follows, or
/// NULL when there is none. Without a date `*at_us` counts from midnight.
const char *read_time(const char *line, int64_t *at_us);

/// Reads one line of a server's log into `*out`; false when it says nothing of a boot. `reader` remembers
/// what goes over several lines.
bool read_log_line(struct read_text *reader, const char *line, struct sight *out);

/// Reads one packet's first line of tcpdump, behind its time, into `*out`; false when it is none.
bool read_tcpdump_line(const char *line, struct sight *out);

/// Reads a further line that tcpdump -v prints of a DHCP message: options, addresses.
void read_tcpdump_detail(const char *line, struct sight *out);
