// SPDX-License-Identifier: GPL-3.0-or-later
// One thing that was seen of a boot: a packet of a capture, a line of tcpdump's output, a line of a server's
// log. Readers make sights of what they read, stories take them in; a sight knows only what its reader could
// know.
#pragma once

#include "base/ip.h"
#include "base/uuid.h"
#include "wire/dhcp4.h"
#include "wire/dhcp6.h"
#include "wire/dissect.h"
#include "wire/tftp.h"

#define SIGHT_NAME_BYTES 128 // of a file or path, escaped, cut
#define SIGHT_TEXT_BYTES 64

enum sight_kind {
    SIGHT_NOTHING,
    SIGHT_DHCP, // DHCPv4
    SIGHT_DHCP6,
    SIGHT_TFTP,
    SIGHT_UDP, // of which only ports and length are known
    SIGHT_TCP,
    SIGHT_ARP,
    SIGHT_ICMP,
    SIGHT_LOG,
};

enum sight_class { SIGHT_CLASS_NONE, SIGHT_CLASS_PXE, SIGHT_CLASS_HTTP }; // option 60

struct sight_dhcp {
    bool is_reply;
    bool is_kind_known; // tcpdump without -v tells only request or reply
    enum dhcp4_kind kind;
    struct hw client;
    uint32_t xid;           // 0 = not known
    uint16_t secs;          // since the client began, by itself
    struct ip4 address;     // that is given, or asked for
    struct ip4 server;      // option 54: of a request, whose offer it takes
    struct ip4 next_server; // where the boot file is
    struct ip4 relay;
    enum sight_class class;
    bool is_ipxe;
    bool knows_boot;               // whether this says what it has about booting; logs do not
    bool has_vendor;               // option 43: a boot menu or the like
    uint16_t architecture;         // option 93; BOOT_ARCHITECTURE_NONE = not told
    struct uuid uuid;              // all zero = not told
    char file[SIGHT_NAME_BYTES];   // boot file or URL; "" = none
    char vendor[SIGHT_TEXT_BYTES]; // option 60, escaped
};

struct sight_dhcp6 {
    bool is_reply;
    enum dhcp6_kind kind;
    struct hw client; // length 0 = not told
    bool is_boot;     // firmware or a loader asks
    bool is_ipxe;
    enum sight_class class;
    uint16_t architecture;      // option 61; BOOT_ARCHITECTURE_NONE = not told
    struct ip6 address;         // the first that is given; none = none is
    uint16_t status;            // enum dhcp6_status, why none is
    char url[SIGHT_NAME_BYTES]; // option 59; "" = none
};

struct sight_tftp {
    enum tftp_operation operation;
    char name[SIGHT_NAME_BYTES]; // of a request, escaped
    bool is_name_odd;            // it holds bytes that no file name should: control characters, 0xff
    uint32_t blksize;            // of a request or OACK; 0 = not among the options
    uint32_t windowsize;         // the same
    bool has_tsize;
    uint64_t tsize;
    uint16_t block;      // of DATA and ACK
    uint32_t data_bytes; // of DATA
    uint16_t error;
    char error_text[SIGHT_TEXT_BYTES]; // escaped
    bool names_answer; // DATA: it is text with an argument that leads an installer to its answer file
    bool is_done;      // a log's word that the file was sent whole
};

struct sight_tcp {
    uint8_t flags; // DISSECT_TCP_*
    uint32_t sequence;
    uint32_t acknowledged;
    size_t bytes;                // of payload
    bool is_get;                 // it begins with an HTTP request of GET; `name` is its path
    char name[SIGHT_NAME_BYTES]; // escaped, without the query
    uint16_t http_status;        // it begins with an HTTP answer; 0 = it does not
    uint32_t http_header_bytes;  // of that answer, when all of it was there; else 0
    uint64_t http_length;        // Content-Length; UINT64_MAX = not told
    bool names_answer;           // as above
    uint8_t tls_alert;           // RFC 8446 section 6.2, fatal, in clear; 0 = none
};

enum sight_log {
    SIGHT_LOG_POOL_EMPTY,      // no address left
    SIGHT_LOG_NETWORK_UNKNOWN, // the request came from a network that the server does not serve
    SIGHT_LOG_NO_CONFIGURATION,
};

struct sight {
    int64_t at_us; // Unix microseconds; of text without a date since midnight
    enum sight_kind kind;
    struct hw from_hw, to_hw;    // length 0 = not known
    struct ip from, to;          // none = not known
    uint16_t from_port, to_port; // 0 = not known
    struct sight_dhcp dhcp;
    struct sight_dhcp6 dhcp6;
    struct sight_tftp tftp;
    size_t udp_bytes; // SIGHT_UDP: payload
    struct sight_tcp tcp;
    struct dissect_arp arp;
    struct dissect_icmp icmp;
    enum sight_log log;
    struct hw log_client; // length 0 = `from` tells
};

#define SIGHT_IP_BYTES (IP_TEXT_BYTES + 16)

/// An address that stands for a host of which only the name is known, as far as it goes (14 characters):
/// tcpdump without -n.
struct ip sight_name_ip(const char *name);

/// Prints an address, or the name that one of sight_name_ip stands for, into `out` and returns `out`.
const char *sight_print_ip(struct ip address, char out[SIGHT_IP_BYTES]);

/// Copies the path of a file as people may see it: escaped, and TOKEN where one of an order stands, which is
/// its machine's alone.
void sight_copy_name(char out[SIGHT_NAME_BYTES], const char *path, size_t length);

/// What a packet shows; SIGHT_NOTHING when it can have nothing to do with booting. Between high ports
/// whatever reads as TFTP is taken for it: a story knows which conversations began with a request.
void sight_from_packet(const struct dissect *packet, int64_t at_us, struct sight *out);

/// Reads a UDP payload as DHCPv4 into `out->dhcp` and makes it a SIGHT_DHCP; false when it is none.
bool sight_take_dhcp(const void *payload, size_t bytes, struct sight *out);

/// Reads a UDP payload as DHCPv6 into `out->dhcp6` and makes it a SIGHT_DHCP6; false when it is none, or only
/// between relay agents' other business. `out->from` and `out->to` tell who the client is when it does not.
bool sight_take_dhcp6(const void *payload, size_t bytes, struct sight *out);

/// Reads a UDP payload as TFTP into `out->tftp` and makes it a SIGHT_TFTP; false when it is none. `bytes`
/// were captured of the `whole` that it had.
bool sight_take_tftp(const void *payload, size_t bytes, size_t whole, struct sight *out);
