// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of one client: its DHCP, its transfers, what was heard about it. Sights go in, rules look at
// it. Bounded: of what is more than there is room for the oldest is dropped, and counted.
#pragma once

#include "doctor/sight.h"
#include "model/reason.h"

#define STORY_DHCP_MOST      32
#define STORY_TRANSFERS_MOST 64
#define STORY_TOLD_MOST      8
#define STORY_NAME_BYTES     64
#define STORY_TOLD_BYTES     256
#define STORY_PRINT_BYTES    (STORY_NAME_BYTES + SIGHT_IP_BYTES + HW_TEXT_BYTES)
#define STORY_STEPS_MOST     (STORY_DHCP_MOST + STORY_TRANSFERS_MOST)

struct story_dhcp {
    int64_t at_us;
    struct sight_dhcp message;
    struct ip from; // who sent it
};

enum story_protocol { STORY_TFTP, STORY_HTTP, STORY_TCP, STORY_FTP };

enum story_state {
    STORY_ASKED,   // nothing came back yet
    STORY_AGREED,  // an OACK came, or the connection was accepted
    STORY_RUNNING, // data comes
    STORY_DONE,    // all of it came
    STORY_PROBED,  // the client ended it itself when it knew the size
    STORY_REFUSED, // an error came back
    STORY_BROKEN,  // it ended in the middle: an error of the client's, a reset
};

struct story_transfer {
    enum story_protocol protocol;
    enum story_state state;
    int64_t began_us;
    int64_t ended_us; // the last packet that belongs to it
    struct ip server;
    uint16_t client_port;
    uint16_t server_port;        // that was asked
    uint16_t reply_port;         // that answers; 0 = nothing yet
    char name[SIGHT_NAME_BYTES]; // "" = not known: it began before the capture
    bool is_name_odd;
    uint32_t asked_blksize; // 0 = not asked for
    uint32_t blksize;
    uint32_t windowsize;
    bool asked_tsize;
    bool is_by_length;     // what came was guessed by its length
    uint64_t size;         // announced; UINT64_MAX = not known
    uint32_t size_digits;  // of the size, when only the length of an OACK is known; else 0
    uint64_t bytes;        // sent by the server
    uint64_t taken_bytes;  // acknowledged
    uint64_t blocks;       // different ones sent
    uint64_t taken_blocks; // acknowledged
    uint16_t last_block;
    uint32_t requests;       // how often the client asked the same
    uint32_t server_packets; // that came back
    uint32_t repeats;        // of the same block by the server
    uint32_t silent_repeats; // since the client was last heard
    uint16_t error;          // TFTP, or the status of HTTP
    char error_text[SIGHT_TEXT_BYTES];
    bool is_error_of_client;
    uint8_t tls_alert;
    // HTTP and TCP
    uint32_t first_sequence; // of the answer
    uint32_t header_bytes;
    bool has_answer;
    bool is_unanswered; // the client said nothing since the last block
    bool has_end;       // the block or segment that ends it was sent
};

struct story_dhcp6 {
    uint32_t asked;      // SOLICIT and INFORMATION-REQUEST
    uint32_t answers;    // ADVERTISE and REPLY
    int64_t asked_us;    // the first
    int64_t answered_us; // the last
    struct ip server;
    bool has_address; // it was given one
    uint16_t status;  // of the last answer, enum dhcp6_status
    char url[SIGHT_NAME_BYTES];
};

struct story_told { // what the server itself said of the client, and why
    int64_t at_us;
    enum reason_id reason;
    char text[STORY_TOLD_BYTES]; // the end of a sentence that begins with the client
};

struct story {
    struct hw mac;               // length 0 = not known
    struct ip address;           // none = not known
    char name[STORY_NAME_BYTES]; // that people gave it, or ""
    struct uuid uuid;
    struct uuid other_uuid; // another one that came from the same card
    uint16_t architecture;  // BOOT_ARCHITECTURE_NONE = not told
    enum sight_class class;
    bool was_ipxe;
    int64_t first_us;
    int64_t last_us;   // of anything about it
    int64_t client_us; // the last that it sent itself
    uint32_t dhcp_count;
    uint32_t dhcp_dropped;
    uint32_t transfer_count;
    uint32_t transfers_dropped;
    struct story_dhcp6 dhcp6;
    // what others said of it
    uint32_t arp_unanswered; // who-has for it since it was last heard
    int64_t arp_first_us;
    struct ip arp_asker;
    struct hw conflict; // somebody else who has its address; length 0 = nobody
    int64_t conflict_us;
    uint32_t port_unreachable; // ICMP: nobody listens there
    struct ip unreachable_host;
    uint16_t unreachable_port;
    int64_t unreachable_us;
    uint16_t path_mtu; // ICMP: 0 = nobody complained
    struct ip mtu_from;
    int64_t mtu_us;
    uint32_t logs[SIGHT_LOG_NO_CONFIGURATION + 1]; // how often each was there
    int64_t log_us[SIGHT_LOG_NO_CONFIGURATION + 1];
    struct ip log_from;
    // what only the server knows that served it
    int64_t waiting_us;              // it was sent to a menu or a hold screen; 0 = it was not
    int64_t own_disk_us;             // it was sent to its own disk, or got nothing because nothing is meant
    int64_t finished_us;             // its order is done
    char decision[STORY_TOLD_BYTES]; // the last that was decided about it; "" = nothing
    uint32_t told_count;
    uint32_t disk_rounds; // so often in a row it was sent to its own disk before, and came back at once
    bool names_answer;    // its loader's configuration tells an installer where its answer file is
    bool knows_silence;   // a capture: who is silent was silent; a log leaves things out
    // of the index
    uint16_t next_by_ip;
    uint16_t next_by_mac;
    // Last, and read only as far as the counts say: what nobody needs of them is never touched.
    struct story_dhcp dhcp[STORY_DHCP_MOST];
    struct story_transfer transfers[STORY_TRANSFERS_MOST];
    struct story_told told[STORY_TOLD_MOST];
};

/// A story of nobody yet.
void story_init(struct story *story, int64_t at_us);

/// Takes in what was seen of this client. `is_from_client`: it sent it, else it is about it or to it.
void story_see(struct story *story, const struct sight *sight, bool is_from_client);

/// The transfer that a packet between these ports of the client and of `server` belongs to; NULL when none.
struct story_transfer *story_find_transfer(struct story *story, enum story_protocol protocol,
                                           struct ip server, uint16_t client_port, uint16_t server_port);

/// A new transfer, the last one; the oldest goes when there is no room.
struct story_transfer *story_add_transfer(struct story *story, enum story_protocol protocol, int64_t at_us);

/// Takes in a TFTP packet, or a UDP packet of which only the length is known.
void story_see_tftp(struct story *story, const struct sight *sight, bool is_from_client);

/// Takes in a TCP segment.
void story_see_tcp(struct story *story, const struct sight *sight, bool is_from_client);

/// Takes in a transfer that is over, or that nobody hears of any more (STORY_RUNNING; its end then takes its
/// place), as the server knows it that carried it. Many of one kind in a row, such
/// as packages and polls, become one.
void story_take(struct story *story, const struct story_transfer *transfer);

/// Takes in what the server said of the client; what is more than STORY_TOLD_MOST is dropped.
void story_hear(struct story *story, int64_t at_us, enum reason_id reason, const char *text);

/// Whether `sight` begins another boot of this client: its firmware asks, after more than its own asking
/// happened, or after a long silence.
bool story_is_other_boot(const struct story *story, const struct sight *sight);

/// Makes it the story of the client's next boot, which begins at `at_us`.
void story_begin_anew(struct story *story, int64_t at_us);

/// "station7 (192.168.1.38)", "192.168.1.38 (52:54:00:aa:bb:cc)", or what is known. Returns `out`.
const char *story_print_name(const struct story *story, char out[STORY_PRINT_BYTES]);

/// The last transfer of a file that was fetched whole, or NULL; before the transfer `before` (NULL = all).
const struct story_transfer *story_last_done(const struct story *story, const struct story_transfer *before);

/// How many messages of `kind` there are, by the client (`is_reply` false) or by servers.
uint32_t story_count_dhcp(const struct story *story, enum dhcp4_kind kind, bool is_reply);

/// The last message of `kind`, or NULL.
const struct story_dhcp *story_last_dhcp(const struct story *story, enum dhcp4_kind kind, bool is_reply);

/// Whether the client is firmware that boots from the network, as far as its DHCP told.
bool story_is_pxe(const struct story *story);

/// "BIOS", "UEFI x64" and the like; "firmware" when it is not known.
const char *story_firmware(const struct story *story);
