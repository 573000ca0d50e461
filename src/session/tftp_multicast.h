// SPDX-License-Identifier: GPL-3.0-or-later
// One file to many clients at once (RFC 2090) as a state machine: events in, actions out. Blocks go to a
// group address; one member, the master, acknowledges them; when it has everything, or falls silent, another
// one becomes master and says what it lacks. It knows members by number only, and no bytes, files or sockets.
// docs/decisions/0053 says what is done differently from the RFC.
#pragma once

#include "session/tftp.h"

#define TFTP_MULTICAST_MEMBERS_MOST 256
#define TFTP_MULTICAST_BLOCKS_MOST  65535 // the numbers of blocks jump, so none may mean two of them
#define TFTP_MULTICAST_ASKED_MOST   32    // members asked at the same time whether one becomes master
#define TFTP_MULTICAST_REPEATS_MOST 16    // OACKs said again to listeners in one step
#define TFTP_MULTICAST_ACTIONS_MOST (2 * TFTP_MULTICAST_ASKED_MOST + TFTP_MULTICAST_REPEATS_MOST + 8)
#define TFTP_MULTICAST_NOBODY       UINT16_MAX

enum tftp_multicast_event_kind {
    TFTP_MULTICAST_JOIN,   // a request was accepted; `member` is what tftp_multicast_find_place said
    TFTP_MULTICAST_REPEAT, // the same request once more
    TFTP_MULTICAST_ACK,
    TFTP_MULTICAST_ERROR, // the client sent ERROR
    TFTP_MULTICAST_GONE,  // its port is closed
    TFTP_MULTICAST_WAKE,  // the instant asked for by WAKE_AT came
};

struct tftp_multicast_event {
    enum tftp_multicast_event_kind kind;
    int64_t now_us;  // monotonic microseconds
    uint16_t member; // of all but WAKE
    uint16_t block;  // of ACK
    uint16_t code;   // of ERROR
};

enum tftp_multicast_action_kind {
    TFTP_MULTICAST_SEND_OACK,  // to `member`
    TFTP_MULTICAST_SEND_BLOCK, // `block`, to the group
    TFTP_MULTICAST_ENDED,      // `member` is out of the group, with `outcome`
    TFTP_MULTICAST_WAKE_AT,    // replaces the last one; comes with every step that does not finish
    TFTP_MULTICAST_FINISHED,   // nobody is left
};

struct tftp_multicast_action {
    enum tftp_multicast_action_kind kind;
    uint16_t member;
    bool is_master; // SEND_OACK: mc=1, it acknowledges from now on
    bool is_whole;  // SEND_OACK: all that is granted; else of multicast alone
    enum tftp_outcome outcome;
    uint32_t block; // 1-based
    int64_t at_us;
};

enum tftp_multicast_role {
    TFTP_MULTICAST_ABSENT,
    TFTP_MULTICAST_LISTENER,
    TFTP_MULTICAST_ASKED,  // told to be master, has not answered
    TFTP_MULTICAST_MASTER, // at most one
};

struct tftp_multicast_member {
    enum tftp_multicast_role role;
    bool has_heard;      // it answered: so it knows the group's address
    bool has_led;        // it has been master
    uint8_t unanswered;  // times it was asked, since it was last heard
    uint8_t repeats;     // of the OACK to a listener that says nothing, as it should
    uint8_t hushes;      // times it was told not to acknowledge, since it was last asked
    uint8_t silences;    // times it fell silent as master
    uint8_t slowness;    // times it was too slow a master
    uint8_t restarts;    // times it began from the start
    uint32_t acked;      // it has all blocks up to this one
    uint32_t resent;     // blocks that were sent again for it
    uint32_t rate;       // blocks in a slice when it was last master; 0 = never measured
    uint32_t turn;       // who waits longest has the lowest
    int64_t wake_us;     // ASKED, LISTENER: its next OACK; INT64_MAX = none
    int64_t hush_us;     // not told again before
    int64_t progress_us; // joined, or got on as master
};

struct tftp_multicast_group {
    uint32_t block_count;
    uint16_t member_count;
    uint16_t master; // TFTP_MULTICAST_NOBODY = none now
    uint32_t turn;
    uint32_t members_top; // no member at or above it
    int64_t members_us;   // the earliest wake_us of a member
    // the block that the master has to acknowledge
    int64_t block_us; // sent again then
    int64_t sent_at_us;
    bool is_measuring;
    unsigned tries; // timeouts in a row
    unsigned shift; // doublings of the timer; kept until a block was acknowledged that was sent once
    int64_t srtt_us;
    int64_t rttvar_us;
    // how fast the master is
    int64_t slice_us;
    uint32_t slice_blocks;
    struct tftp_multicast_member members[TFTP_MULTICAST_MEMBERS_MOST];
};

/// A group without members for a file of `block_count` blocks, at most TFTP_MULTICAST_BLOCKS_MOST.
void tftp_multicast_init(struct tftp_multicast_group *group, uint32_t block_count);

/// The number that the next member to join gets, or TFTP_MULTICAST_NOBODY: the group is full.
uint16_t tftp_multicast_find_place(const struct tftp_multicast_group *group);

/// Takes one event; writes what to do to `actions` and returns how many. Events of members that are not there
/// do nothing. After FINISHED only `tftp_multicast_init` may follow.
unsigned tftp_multicast_step(struct tftp_multicast_group *group, const struct tftp_multicast_event *event,
                             struct tftp_multicast_action actions[TFTP_MULTICAST_ACTIONS_MOST]);
