// SPDX-License-Identifier: GPL-3.0-or-later
// A machine: what we know of one computer. Its evidence is SMBIOS UUID, MAC addresses and serial number.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "base/status.h"
#include "base/uuid.h"
#include "model/policy.h"

#define MACHINE_NAME_BYTES    64
#define MACHINE_SERIAL_BYTES  65
#define MACHINE_MACS_MOST     8
#define MACHINE_PLACE_BYTES   192
#define MACHINE_OPTIONS_BYTES 512
#define MACHINE_PROFILE_BYTES 64
#define MACHINE_CLASSES_BYTES 256

enum machine_state {
    MACHINE_NEW,      // recorded, nobody has decided: policy.unknown applies
    MACHINE_APPROVED, // may be given orders; boots its own disk without one
    MACHINE_REJECTED, // is not served boot information
    MACHINE_STATE_COUNT
};

enum machine_loader { // what to boot it with
    MACHINE_LOADER_AUTO,
    MACHINE_LOADER_IPXE,
    MACHINE_LOADER_PXELINUX,
    MACHINE_LOADER_GRUB,
    MACHINE_LOADER_COUNT
};

enum machine_rollover { // the TFTP block number behind 65535
    MACHINE_ROLLOVER_AUTO,
    MACHINE_ROLLOVER_0,
    MACHINE_ROLLOVER_1,
    MACHINE_ROLLOVER_COUNT
};

#define MACHINE_SHAPE_BYTES    64
#define MACHINE_FIRMWARE_BYTES 96

struct machine {
    uint64_t id; // never used again for another one; 0 = not stored
    char name[MACHINE_NAME_BYTES];
    enum machine_state state;
    enum machine_loader loader;
    struct uuid uuid; // all zero = not known
    struct hw macs[MACHINE_MACS_MOST];
    uint8_t mac_count;
    char serial[MACHINE_SERIAL_BYTES];
    char hostname[MACHINE_NAME_BYTES]; // empty = its name
    struct ip4 address;                // reservation; 0 = from the pool
    struct ip6 address6;               // the same of DHCPv6; none = from the range
    uint16_t architecture;             // DHCP option 93, as last seen; UINT16_MAX = never
    struct ip4 last_address;
    uint32_t counter;      // {{counter}}: a small number of its own, given when first needed; 0 = none yet
    uint16_t tftp_blksize; // the largest TFTP block that it gets, set by hand; 0 = what it asks for
    uint16_t tftp_blksize_learned; // the same, as it showed by falling silent; 0 = it never did
    enum machine_rollover tftp_rollover;
    char dhcp_options[MACHINE_OPTIONS_BYTES]; // "NAME=VALUE" in lines, as dhcp_option_parse_pair reads them
    enum policy_choice unknown;               // what class and network say while it is MACHINE_NEW
    char proposal[MACHINE_PROFILE_BYTES];     // the profile that its class names; "" = none
    char classes[MACHINE_CLASSES_BYTES];      // those of dhcp.classes it was last in, with blanks between
    char place[MACHINE_PLACE_BYTES]; // where the relay agent says it is (client_print_place); "" = no relay
    char reply_shape[MACHINE_SHAPE_BYTES]; // quirk_shape_print of what its firmware takes; "" = default
    char firmware[MACHINE_FIRMWARE_BYTES]; // quirk_model_print of the firmware that showed it; "" = none
    int64_t first_seen_s;                  // Unix seconds; 0 = added by hand and not yet seen
    int64_t last_seen_s;
};

/// An empty machine, MACHINE_NEW, nothing known.
void machine_init(struct machine *machine);

/// Checks a name: 1..63 of a-z 0-9 '-', no '-' at either end (a DNS label, since host names come from it).
MUST_USE enum status machine_check_name(const char *name, struct problem *problem);

/// Names a machine nobody named: "m-" and the last three octets of its first MAC, "m-aabbcc".
void machine_pick_name(const struct hw *mac, char out[MACHINE_NAME_BYTES]);

/// Whether `mac` is one of its addresses.
bool machine_has_mac(const struct machine *machine, const struct hw *mac);

/// Adds `mac`: STATUS_EXISTS when it is there, STATUS_FULL after MACHINE_MACS_MOST.
enum status machine_add_mac(struct machine *machine, const struct hw *mac);

/// "new", "approved", "rejected".
const char *machine_state_text(enum machine_state state);

/// The state called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status machine_state_parse(const char *text, enum machine_state *state);

/// "auto", "ipxe", "pxelinux", "grub".
const char *machine_loader_text(enum machine_loader loader);

/// The loader called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status machine_loader_parse(const char *text, enum machine_loader *loader);

/// "auto", "0", "1".
const char *machine_rollover_text(enum machine_rollover rollover);

/// The rollover called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status machine_rollover_parse(const char *text, enum machine_rollover *rollover);

/// The host name it gets: `hostname`, else `name`.
const char *machine_hostname(const struct machine *machine);
