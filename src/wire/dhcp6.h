// SPDX-License-Identifier: GPL-3.0-or-later
// DHCPv6 messages (RFC 8415), with relay agents peeled off. Decoding copies nothing and needs no memory: a
// message borrows from the datagram, whose options were all checked to end where they should.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "base/reader.h"
#include "base/text.h"
#include "base/uuid.h"
#include "base/writer.h"

#define DHCP6_SERVER_PORT    547
#define DHCP6_CLIENT_PORT    546
#define DHCP6_DATAGRAM_BYTES 65535 // longer ones are not taken
#define DHCP6_RELAYS_MOST    9     // hop counts 0 to 8: HOP_COUNT_LIMIT, RFC 8415 section 7.6
#define DHCP6_DUID_BYTES     130   // RFC 8415 section 11.1: type and at most 128 bytes
#define DHCP6_FOREVER        UINT32_MAX

enum dhcp6_kind { // RFC 8415 section 7.3
    DHCP6_SOLICIT = 1,
    DHCP6_ADVERTISE,
    DHCP6_REQUEST,
    DHCP6_CONFIRM,
    DHCP6_RENEW,
    DHCP6_REBIND,
    DHCP6_REPLY,
    DHCP6_RELEASE,
    DHCP6_DECLINE,
    DHCP6_RECONFIGURE,
    DHCP6_INFORMATION_REQUEST,
    DHCP6_RELAY_FORWARD,
    DHCP6_RELAY_REPLY,
};

enum dhcp6_option_code { // IANA, "DHCPv6 Option Codes"
    DHCP6_OPTION_CLIENT_ID = 1,
    DHCP6_OPTION_SERVER_ID = 2,
    DHCP6_OPTION_IA_NA = 3,
    DHCP6_OPTION_IA_TA = 4,
    DHCP6_OPTION_IA_ADDRESS = 5,
    DHCP6_OPTION_WANTED = 6,
    DHCP6_OPTION_PREFERENCE = 7,
    DHCP6_OPTION_ELAPSED = 8,
    DHCP6_OPTION_RELAY_MESSAGE = 9,
    DHCP6_OPTION_STATUS = 13,
    DHCP6_OPTION_RAPID_COMMIT = 14,
    DHCP6_OPTION_USER_CLASS = 15,
    DHCP6_OPTION_VENDOR_CLASS = 16,
    DHCP6_OPTION_INTERFACE_ID = 18,
    DHCP6_OPTION_DNS = 23,
    DHCP6_OPTION_DOMAINS = 24,
    DHCP6_OPTION_IA_PD = 25,
    DHCP6_OPTION_REFRESH_TIME = 32,
    DHCP6_OPTION_REMOTE_ID = 37,
    DHCP6_OPTION_SUBSCRIBER_ID = 38,    // RFC 4580
    DHCP6_OPTION_BOOT_URL = 59,         // RFC 5970
    DHCP6_OPTION_BOOT_PARAMS = 60,      // RFC 5970
    DHCP6_OPTION_ARCHITECTURE = 61,     // RFC 5970
    DHCP6_OPTION_UNDI = 62,             // RFC 5970
    DHCP6_OPTION_LINK_LAYER = 79,       // RFC 6939
    DHCP6_OPTION_SOLICIT_MOST = 82,     // RFC 8415 section 21.24, SOL_MAX_RT
    DHCP6_OPTION_INFORMATION_MOST = 83, // section 21.25, INF_MAX_RT
    DHCP6_OPTION_RELAY_PORT = 135,      // RFC 8357
};

enum dhcp6_status { // RFC 8415 section 21.13
    DHCP6_STATUS_SUCCESS = 0,
    DHCP6_STATUS_UNSPECIFIED,
    DHCP6_STATUS_NO_ADDRESSES,
    DHCP6_STATUS_NO_BINDING,
    DHCP6_STATUS_NOT_ON_LINK,
    DHCP6_STATUS_USE_MULTICAST,
    DHCP6_STATUS_NO_PREFIXES,
};

struct dhcp6_option {
    uint16_t code;
    uint16_t length;
    const uint8_t *data; // borrowed; never NULL
};

struct dhcp6_options {
    const uint8_t *data; // borrowed, checked to be whole options
    size_t bytes;
};

struct dhcp6_relay {
    uint8_t hops;
    struct ip6 link; // where the client is, to choose its prefix; none = see interface id
    struct ip6 peer; // whom it came from: the client, or a relay nearer to it
    struct dhcp6_options options;
};

struct dhcp6_message {
    enum dhcp6_kind kind; // never RELAY_FORWARD or RELAY_REPLY
    uint32_t xid;         // 24 bits
    struct dhcp6_options options;
    bool is_answer; // one of its relay headers is a RELAY-REPLY: what servers send, and never take
    size_t relay_count;
    struct dhcp6_relay relays[DHCP6_RELAYS_MOST]; // the one nearest to the server first
};

struct dhcp6_ia { // IA_NA, RFC 8415 section 21.4
    uint32_t id;
    uint32_t renew_s;
    uint32_t rebind_s;
    struct dhcp6_options options;
};

struct dhcp6_ia_address { // RFC 8415 section 21.6
    struct ip6 address;
    uint32_t preferred_s;
    uint32_t valid_s;
    struct dhcp6_options options;
};

/// Reads a datagram: relay headers peeled off, the client's own message inside. `out` borrows from `bytes`.
/// STATUS_MALFORMED: a header or an option that runs past its end, or a relayed message that is missing;
/// STATUS_TOO_LONG: the datagram, or more relays than DHCP6_RELAYS_MOST; STATUS_UNSUPPORTED: an unknown kind.
/// `problem` (may be NULL) says it in words; `out` is untouched unless OK.
MUST_USE enum status dhcp6_decode(const void *bytes, size_t count, struct dhcp6_message *out,
                                  struct problem *problem);

/// The next option of `reader`; false at the end, or (reader failed) when it runs past the end.
bool dhcp6_option_next(struct reader *reader, struct dhcp6_option *option);

/// The first option `code` among `options`; false when there is none.
bool dhcp6_find(const struct dhcp6_options *options, uint16_t code, struct dhcp6_option *option);

/// Whether the client asks for option `code` (option 6).
bool dhcp6_wants(const struct dhcp6_message *message, uint16_t code);

/// Reads an IA_NA. STATUS_MALFORMED when it is cut, or an option in it is.
MUST_USE enum status dhcp6_decode_ia(const struct dhcp6_option *option, struct dhcp6_ia *ia);

/// Reads an address of an IA_NA. STATUS_MALFORMED when it is cut, or its preferred time exceeds its valid one
/// (RFC 8415 section 21.6).
MUST_USE enum status dhcp6_decode_ia_address(const struct dhcp6_option *option,
                                             struct dhcp6_ia_address *address);

/// The link-layer address inside a DUID-LLT or DUID-LL; false for other DUIDs and other lengths than 1 to 16.
bool dhcp6_duid_find_hw(const struct dhcp6_option *duid, struct hw *hw);

/// The UUID inside a DUID-UUID (RFC 6355), as the firmware wrote it; false for other DUIDs.
bool dhcp6_duid_find_uuid(const struct dhcp6_option *duid, struct uuid *uuid);

/// The client's link-layer address: what the relay next to it saw (option 79), else the EUI-64 in the
/// link-local address that it sent from (`source`, or the peer of the relay next to it), else its DUID.
bool dhcp6_find_hw(const struct dhcp6_message *message, struct ip6 source, struct hw *hw);

/// The Ethernet address from which `address` was made (RFC 4291 appendix A); false when it was not.
bool dhcp6_address_find_hw(struct ip6 address, struct hw *hw);

/// The first item of a vendor class (option 16) whose text begins with `prefix`: its enterprise number, which
/// a reply of the same class must carry. False when there is none.
bool dhcp6_find_vendor_class(const struct dhcp6_message *message, const char *prefix, uint32_t *enterprise);

/// Starts a message in `writer`.
void dhcp6_put_header(struct writer *writer, enum dhcp6_kind kind, uint32_t xid);

/// Appends one option.
void dhcp6_put(struct writer *writer, uint16_t code, const void *data, size_t bytes);

/// Begins an option of a length not known yet, and returns what dhcp6_close_option needs. Options nest.
size_t dhcp6_open_option(struct writer *writer, uint16_t code);

/// Ends the option that began at `mark`; the writer has failed when it became longer than 65,535 bytes.
void dhcp6_close_option(struct writer *writer, size_t mark);

/// Appends a status (option 13) with `text` for people, "" for none.
void dhcp6_put_status(struct writer *writer, enum dhcp6_status status, const char *text);

/// Begins an IA_NA; ended with dhcp6_close_option.
size_t dhcp6_open_ia(struct writer *writer, uint32_t id, uint32_t renew_s, uint32_t rebind_s);

/// Appends an address to an IA_NA.
void dhcp6_put_ia_address(struct writer *writer, struct ip6 address, uint32_t preferred_s, uint32_t valid_s);

/// Appends option 24 with one domain name. Nothing is written, and STATUS_MALFORMED returned, when `domain`
/// is none: labels of 1 to 63 bytes, 253 in all, a dot at the end allowed.
MUST_USE enum status dhcp6_put_domain(struct writer *writer, const char *domain);

/// Appends a vendor class (option 16) with one item.
void dhcp6_put_vendor_class(struct writer *writer, uint32_t enterprise, const char *item);

/// Wraps a reply of `reply_bytes` for the relays that `request` came through, each with its own link, peer,
/// hop count, interface id (RFC 8415 section 19.3) and port (RFC 8357); without relays the reply itself.
/// STATUS_TOO_LONG when it does not fit `out_bytes`; `*written` untouched unless OK.
MUST_USE enum status dhcp6_encode_relayed(const struct dhcp6_message *request, const void *reply,
                                          size_t reply_bytes, void *out, size_t out_bytes, size_t *written);

/// "SOLICIT" and so on, "UNKNOWN" for what is none.
const char *dhcp6_kind_name(enum dhcp6_kind kind);

/// Prints a message: relays first, then one option a line, IA_NA and what is in it indented. What is broken
/// or not known is shown as hexadecimal.
void dhcp6_print(const struct dhcp6_message *message, struct text *text);
