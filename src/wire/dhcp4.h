// SPDX-License-Identifier: GPL-3.0-or-later
// DHCPv4 and BOOTP messages (RFC 951, 2131, 2132, 3396): bytes to a message, a reply to bytes, a message to
// text. Decides nothing about who gets what. What PXE put into the options is read by wire/pxe.
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "base/problem.h"
#include "base/reader.h"
#include "base/text.h"
#include "wire/dhcp4_options.h"

#define DHCP4_SERVER_PORT        67
#define DHCP4_CLIENT_PORT        68
#define DHCP4_PXE_PORT           4011 // boot servers and ProxyDHCP, second step
#define DHCP4_HEADER_BYTES       236  // before the magic cookie
#define DHCP4_LEAST_BYTES        300  // of what we send: some clients drop shorter ones
#define DHCP4_MOST_BYTES         1472 // of what we send: one Ethernet frame without fragments
#define DHCP4_DEFAULT_LIMIT      548  // of what a client takes that does not say (576 with IP and UDP)
#define DHCP4_DATAGRAM_BYTES     4096 // of what we take; longer is refused
#define DHCP4_ARENA_BYTES        8192 // enough for dhcp4_decode of any datagram
#define DHCP4_SNAME_BYTES        64
#define DHCP4_FILE_BYTES         128
#define DHCP4_REPLY_OPTIONS      64
#define DHCP4_REPLY_OPTION_BYTES 1400

enum dhcp4_op { DHCP4_OP_REQUEST = 1, DHCP4_OP_REPLY = 2 };

enum dhcp4_kind {
    DHCP4_BOOTP = 0, // no option 53
    DHCP4_DISCOVER = 1,
    DHCP4_OFFER = 2,
    DHCP4_REQUEST = 3,
    DHCP4_DECLINE = 4,
    DHCP4_ACK = 5,
    DHCP4_NAK = 6,
    DHCP4_RELEASE = 7,
    DHCP4_INFORM = 8,
    DHCP4_LEASEQUERY = 10, // RFC 4388; its answers follow
    DHCP4_LEASEUNASSIGNED = 11,
    DHCP4_LEASEUNKNOWN = 12,
    DHCP4_LEASEACTIVE = 13
};

// One option, its pieces (RFC 3396) joined.
struct dhcp4_option {
    uint8_t code;
    uint16_t length;     // may be 0: present but empty
    const uint8_t *data; // in the arena of its message; never NULL
};

// All options of a message in the order they came.
struct dhcp4_options {
    uint16_t count;
    const struct dhcp4_option *items;
    uint8_t slot[256]; // code -> 1 + index into items, 0 = unset
};

struct dhcp4_message {
    uint8_t op; // enum dhcp4_op
    uint8_t hops;
    struct hw chaddr; // with htype and hlen
    uint32_t xid;
    uint16_t secs; // not a clock: iPXE and WDS put other things here
    bool broadcast;
    struct ip4 ciaddr, yiaddr, siaddr, giaddr;
    char sname[DHCP4_SNAME_BYTES + 1]; // empty when the field held options
    char file[DHCP4_FILE_BYTES + 1];   // likewise
    uint16_t bytes;                    // of the datagram
    enum dhcp4_kind kind;
    struct dhcp4_options options;
};

/// Reads one datagram of `count` bytes. `*out` borrows from `arena` (DHCP4_ARENA_BYTES are always
/// enough), not from `bytes`, and is untouched unless OK. Takes what real clients send: less than 300 bytes,
/// no END, no cookie (then BOOTP without options), options in sname and file (52), split options (RFC 3396).
/// STATUS_MALFORMED (with `problem`, may be NULL): shorter than a header, op not 1 or 2, hlen above 16, an
/// option that runs past its field or a broken 52 or 53. STATUS_UNSUPPORTED: a message type
/// beyond RFC 2131 and 4388.
/// STATUS_TOO_LONG: more than DHCP4_DATAGRAM_BYTES, or the arena is too small.
MUST_USE enum status dhcp4_decode(const void *bytes, size_t count, struct arena *arena,
                                  struct dhcp4_message *out, struct problem *problem);

/// The option `code`, or NULL when unset (an empty one is not unset). Constant time.
const struct dhcp4_option *dhcp4_find(const struct dhcp4_message *message, uint8_t code);

/// Whether `code` is there with exactly one byte; `*value` untouched otherwise. The same for the next four.
bool dhcp4_find_u8(const struct dhcp4_message *message, uint8_t code, uint8_t *value);
bool dhcp4_find_u16(const struct dhcp4_message *message, uint8_t code, uint16_t *value);
bool dhcp4_find_u32(const struct dhcp4_message *message, uint8_t code, uint32_t *value);
bool dhcp4_find_ip4(const struct dhcp4_message *message, uint8_t code, struct ip4 *value);

/// Copies a string option to `out`, NUL-terminated, without NULs at its end. False, and `out` untouched, when
/// it is unset, empty, does not fit or has a NUL inside.
bool dhcp4_find_string(const struct dhcp4_message *message, uint8_t code, char *out, size_t out_bytes);

/// Whether the option starts with `prefix`, byte for byte ("PXEClient" in 60).
bool dhcp4_starts(const struct dhcp4_message *message, uint8_t code, const char *prefix);

/// Whether the client asks for `code` in its parameter list (55).
bool dhcp4_wants(const struct dhcp4_message *message, uint8_t code);

/// The next sub-option (code, length, data ...) of a reader over an option's data (43, 82, 175), borrowed.
/// False at the end, and (reader failed) when it runs past it. `has_end`: 0 is padding and 255 the end (43,
/// 175), else they are ordinary codes (82).
bool dhcp4_option_next_sub(struct reader *reader, bool has_end, struct dhcp4_option *sub);

/// The first sub-option `code` inside `option` (code, length, data ...; 43, 82, 175), borrowed. False when it
/// is not there or the sub-options before it are broken. `has_end` as above.
bool dhcp4_option_find_sub(const struct dhcp4_option *option, uint8_t code, bool has_end,
                           struct dhcp4_option *sub);

/// The sub-option `code` (enum dhcp4_relay_code) of option 82, an address; false when not there.
bool dhcp4_find_relay_ip4(const struct dhcp4_message *message, uint8_t code, struct ip4 *value);

/// Most bytes that a reply to `request` may have: option 57 less 28 for IP and UDP, at least 548 and at most
/// DHCP4_MOST_BYTES; for BOOTP the length of the request, at least 300.
size_t dhcp4_reply_limit(const struct dhcp4_message *request);

/// The name of a kind, "DISCOVER"; "BOOTP" for none; a static string, never NULL.
const char *dhcp4_kind_name(enum dhcp4_kind kind);

/// Appends a readable text of several lines: header, then one line for each option in the order it came, by
/// name, values escaped; sub-options as 43.6. For `decode`, logs and golden tests; its form is kept stable.
void dhcp4_print(const struct dhcp4_message *message, struct text *text);

struct dhcp4_reply_option {
    uint8_t code;
    uint16_t length; // above 255 it leaves in pieces
    uint16_t at;     // into bytes
};

// A message being written. Header fields are set directly, options through dhcp4_put_*. Option 53 comes from
// `kind`. Any message can be built, requests too (tests, clients).
struct dhcp4_reply {
    uint8_t op;
    uint8_t hops;
    struct hw chaddr;
    uint32_t xid;
    uint16_t secs;
    bool broadcast;
    struct ip4 ciaddr, yiaddr, siaddr, giaddr;
    char sname[DHCP4_SNAME_BYTES + 1]; // at most 63 characters: a NUL stays inside the field
    char file[DHCP4_FILE_BYTES + 1];   // at most 127
    enum dhcp4_kind kind;
    bool failed; // something that was put did not fit; dhcp4_encode then refuses
    uint16_t count;
    uint16_t used;
    struct dhcp4_reply_option items[DHCP4_REPLY_OPTIONS];
    uint8_t bytes[DHCP4_REPLY_OPTION_BYTES];
};

/// Starts a reply to `request`: op 2; xid, chaddr, broadcast flag and giaddr copied; everything else zero.
void dhcp4_reply_init(struct dhcp4_reply *reply, const struct dhcp4_message *request, enum dhcp4_kind kind);

/// Puts an option of at most 255 bytes, copied; an earlier one of the same code is replaced. `code` is not
/// PAD, END, OVERLOAD or KIND. What does not fit marks the reply failed. The same for the others.
void dhcp4_put_bytes(struct dhcp4_reply *reply, uint8_t code, const void *data, size_t bytes);
void dhcp4_put_u8(struct dhcp4_reply *reply, uint8_t code, uint8_t value);
void dhcp4_put_u16(struct dhcp4_reply *reply, uint8_t code, uint16_t value);
void dhcp4_put_u32(struct dhcp4_reply *reply, uint8_t code, uint32_t value);
void dhcp4_put_ip4(struct dhcp4_reply *reply, uint8_t code, struct ip4 value);
void dhcp4_put_ip4_list(struct dhcp4_reply *reply, uint8_t code, const struct ip4 *values, size_t count);

/// Puts an option of any length; one of more than 255 bytes leaves in pieces of the same code, one behind the
/// other (RFC 3396). Only for options whose readers join them: no boot firmware does.
void dhcp4_put_long(struct dhcp4_reply *reply, uint8_t code, const void *data, size_t bytes);

/// Puts the characters of `string` without its NUL. Empty strings are not put: EDK2 drops a whole reply for
/// one empty string option.
void dhcp4_put_string(struct dhcp4_reply *reply, uint8_t code, const char *string);

/// Puts `string` with its NUL inside the option and counted by its length, as 66 and 67 need: old ROMs read
/// them as C strings and swallow the byte that follows, EDK2 writes a NUL there. Empty strings are not put.
void dhcp4_put_string_nul(struct dhcp4_reply *reply, uint8_t code, const char *string);

/// Puts the option `code` of `request` unchanged, when it has one (61 by RFC 6842, 82 by RFC 3046, 97).
void dhcp4_put_echo(struct dhcp4_reply *reply, const struct dhcp4_message *request, uint8_t code);

/// Takes an option out again; nothing when it is not there.
void dhcp4_put_nothing(struct dhcp4_reply *reply, uint8_t code);

/// Sets header `file`; false and empty when it is longer than 127 characters.
bool dhcp4_put_file(struct dhcp4_reply *reply, const char *file);

/// Sets header `sname`; false and empty when it is longer than 63 characters.
bool dhcp4_put_sname(struct dhcp4_reply *reply, const char *sname);

/// Writes the message: 53, 54, 51, then codes in rising order, 82 last, END, zeros up to 300 bytes; never
/// overload (iPXE has none). The same reply gives the same bytes. At most `limit_bytes` (dhcp4_reply_limit;
/// less than 300 counts as 300): the dearest rank (enum dhcp4_rank) goes in first, in it the lowest code, and
/// what no longer fits is left out; ESSENTIAL and BOOT options never are. STATUS_TOO_LONG: those alone do not
/// fit, something put did not fit, or `out_bytes` is too small. `*written` untouched unless OK.
MUST_USE enum status dhcp4_encode(const struct dhcp4_reply *reply, size_t limit_bytes, void *out,
                                  size_t out_bytes, size_t *written);
