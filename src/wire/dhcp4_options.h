// SPDX-License-Identifier: GPL-3.0-or-later
// The one table of DHCPv4 options: what each code is called, how its bytes read, how short it may be, and how
// dear it is when a reply runs out of room. A new option is one row here. It holds knowledge, no state.
#pragma once

#include "base/compiler.h"

// The codes that the program names itself; the table knows more.
enum dhcp4_option_code {
    DHCP4_OPTION_PAD = 0,
    DHCP4_OPTION_SUBNET_MASK = 1,
    DHCP4_OPTION_ROUTERS = 3,
    DHCP4_OPTION_DNS_SERVERS = 6,
    DHCP4_OPTION_HOST_NAME = 12,
    DHCP4_OPTION_BOOT_FILE_SIZE = 13, // never send it: EDK2 trusts it in place of the real size
    DHCP4_OPTION_DOMAIN_NAME = 15,
    DHCP4_OPTION_ROOT_PATH = 17,
    DHCP4_OPTION_MTU = 26,
    DHCP4_OPTION_BROADCAST_ADDRESS = 28,
    DHCP4_OPTION_NTP_SERVERS = 42,
    DHCP4_OPTION_VENDOR = 43,
    DHCP4_OPTION_REQUESTED_ADDRESS = 50,
    DHCP4_OPTION_LEASE_TIME = 51,
    DHCP4_OPTION_OVERLOAD = 52,
    DHCP4_OPTION_KIND = 53,
    DHCP4_OPTION_SERVER_ID = 54,
    DHCP4_OPTION_PARAMETERS = 55,
    DHCP4_OPTION_MESSAGE = 56,
    DHCP4_OPTION_MAXIMUM_SIZE = 57,
    DHCP4_OPTION_RENEWAL_TIME = 58,
    DHCP4_OPTION_REBINDING_TIME = 59,
    DHCP4_OPTION_VENDOR_CLASS = 60,
    DHCP4_OPTION_CLIENT_ID = 61,
    DHCP4_OPTION_TFTP_SERVER = 66,
    DHCP4_OPTION_BOOT_FILE = 67,
    DHCP4_OPTION_USER_CLASS = 77,
    DHCP4_OPTION_RELAY = 82,
    DHCP4_OPTION_CLIENT_LAST_TRANSACTION = 91, // RFC 4388
    DHCP4_OPTION_ASSOCIATED_IP = 92,
    DHCP4_OPTION_ARCHITECTURE = 93,
    DHCP4_OPTION_NETWORK_INTERFACE = 94,
    DHCP4_OPTION_MACHINE_UUID = 97,
    DHCP4_OPTION_SUBNET_SELECTION = 118,
    DHCP4_OPTION_DOMAIN_SEARCH = 119,
    DHCP4_OPTION_CLASSLESS_ROUTES = 121,
    DHCP4_OPTION_TFTP_SERVERS = 150,
    DHCP4_OPTION_IPXE = 175,
    DHCP4_OPTION_INITIATOR_IQN = 203,
    DHCP4_OPTION_PXELINUX_MAGIC = 208,
    DHCP4_OPTION_PXELINUX_CONFIG = 209,
    DHCP4_OPTION_PXELINUX_PREFIX = 210,
    DHCP4_OPTION_PXELINUX_REBOOT_TIME = 211,
    DHCP4_OPTION_END = 255
};

// Sub-options of 82 (RFC 3046, 3527, 5107).
enum dhcp4_relay_code {
    DHCP4_RELAY_CIRCUIT_ID = 1,
    DHCP4_RELAY_REMOTE_ID = 2,
    DHCP4_RELAY_LINK_SELECTION = 5,
    DHCP4_RELAY_SUBSCRIBER_ID = 6,
    DHCP4_RELAY_FLAGS = 10,
    DHCP4_RELAY_SERVER_ID_OVERRIDE = 11
};

// How the bytes of an option read.
enum dhcp4_format {
    DHCP4_FORMAT_BYTES,
    DHCP4_FORMAT_FLAG, // one byte, 0 or 1
    DHCP4_FORMAT_U8,
    DHCP4_FORMAT_U16,
    DHCP4_FORMAT_U32,
    DHCP4_FORMAT_IP4,
    DHCP4_FORMAT_IP4_LIST,
    DHCP4_FORMAT_STRING,
    DHCP4_FORMAT_KIND,  // message type, option 53
    DHCP4_FORMAT_CODES, // list of option codes, option 55
    DHCP4_FORMAT_ARCHITECTURES,
    DHCP4_FORMAT_INTERFACE, // option 94
    DHCP4_FORMAT_UUID,      // option 97
    DHCP4_FORMAT_SUBOPTIONS // code, length, data ...: 43, 82, 175
};

// Who stays when a reply is short of room; lower is dearer.
enum dhcp4_rank {
    DHCP4_RANK_ESSENTIAL, // without it there is no lease
    DHCP4_RANK_BOOT,      // without it there is no boot
    DHCP4_RANK_USEFUL,    // a system notices when it is missing
    DHCP4_RANK_OTHER
};

struct dhcp4_option_row {
    uint8_t code;
    uint8_t format;      // enum dhcp4_format
    uint8_t least_bytes; // a shorter one is malformed
    uint8_t rank;        // enum dhcp4_rank
    const char *name;    // lower case words with dashes, as a configuration would spell it
    const char *unit;    // of numbers: "s", "bytes", "min", or ""
};

/// The row at `index`, in rising order of code; NULL behind the last one.
const struct dhcp4_option_row *dhcp4_option_at(size_t index);

/// The row of `code`, or NULL when the table does not know it.
const struct dhcp4_option_row *dhcp4_option_find(uint8_t code);

/// The row named `name` (case-blind), or NULL.
const struct dhcp4_option_row *dhcp4_option_find_name(const char *name);

/// The row of sub-option `sub` inside option `code` (43 as PXE has it, 82, 175), or NULL.
const struct dhcp4_option_row *dhcp4_option_find_suboption(uint8_t code, uint8_t sub);

/// Who stays: the rank of `code`; unknown codes are DHCP4_RANK_OTHER.
enum dhcp4_rank dhcp4_option_rank(uint8_t code);
