// SPDX-License-Identifier: GPL-3.0-or-later
// One simulated machine: a MAC, a DHCP client and a TFTP client as simple as those in firmware, with
// firmware's timers (4, 8, 16, 32 s and then it gives up), and an answer to ARP. It does one of four things
// and says when it is done. It takes the first offer, knows one server on its own segment, no router, no
// fragments.
#pragma once

#include "base/addr.h"
#include "contents.h"
#include "link.h"
#include "wire/frame.h"

#define MACHINE_FILE_BYTES 256
#define MACHINE_DHCP_TRIES 4
#define MACHINE_TFTP_TRIES 6

enum machine_task {
    MACHINE_TASK_BOOT,  // DISCOVER to ACK as PXE firmware, then the boot file that the ACK names
    MACHINE_TASK_LEASE, // DISCOVER to ACK as an ordinary client
    MACHINE_TASK_RENEW, // REQUEST to ACK, unicast, of the lease it has
    MACHINE_TASK_PROXY  // DISCOVER as PXE firmware to an OFFER without an address
};

enum machine_state {
    MACHINE_OFF,
    MACHINE_DISCOVERING,
    MACHINE_REQUESTING,
    MACHINE_RENEWING,
    MACHINE_PROBING, // asks for the size of the file
    MACHINE_OPENING, // has asked for the file
    MACHINE_READING,
    MACHINE_DONE,
    MACHINE_FAILED
};

struct machine {
    uint32_t index; // in its MAC, its UUID and its transaction ids
    enum machine_task task;
    enum machine_state state;
    unsigned tries; // of the message that waits for its answer
    uint64_t started_ns, leased_ns, finished_ns, deadline_ns;
    uint32_t xid;
    struct ip4 address; // 0 = none yet
    struct ip4 offered;
    struct ip4 server;
    struct hw server_hw;
    char file[MACHINE_FILE_BYTES];
    uint16_t port, server_port; // TFTP; server_port 0 = has not answered yet
    uint32_t block_bytes, window_blocks;
    uint32_t window_seen; // blocks since the last ACK
    bool gap_told;        // the server knows that a block is missing
    uint16_t last_block;
    size_t received_bytes;
};

struct machine_tally { // of all machines
    uint64_t dhcp_retransmissions, tftp_retransmissions;
    uint64_t naks;
    uint64_t duplicates; // addresses that somebody had already
    uint64_t bytes;
    uint32_t done, failed;
    char first_failure[160];
};

struct machine_world { // what all machines share
    struct link *link;
    struct contents *contents;
    struct machine *machines;
    uint32_t count;
    uint64_t now_ns;
    uint32_t asked_block_bytes, asked_window_blocks; // 0 = do not ask for it
    bool probes_size;
    bool has_jitter;  // DHCP timers differ by up to a second, as RFC 2131 wants and some firmware does
    uint32_t *owners; // by the last two octets of an address: 1 + index of its machine
    struct machine_tally tally;
};

#define MACHINE_OWNERS 65536

/// Switches the machine on; its task begins.
void machine_start(struct machine_world *world, struct machine *machine);

/// The instant has come that the machine waited for: sends again, or gives up.
void machine_wake(struct machine_world *world, struct machine *machine);

/// Whether its task has ended, well or not.
bool machine_is_finished(const struct machine *machine);

/// A frame for any machine, from the interface; unknown ones are passed over.
void machine_receive(struct machine_world *world, const uint8_t *bytes, size_t count);

/// The machine's MAC address: local, with its index inside.
struct hw machine_hw(const struct machine *machine);
