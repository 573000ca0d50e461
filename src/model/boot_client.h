// SPDX-License-Identifier: GPL-3.0-or-later
// What asks: the firmware or boot loader behind one request, in the model's own words. session/client fills
// it from DHCP options; content fills it from a file request. The model knows no protocol.
#pragma once

#include "base/ip.h"
#include "base/uuid.h"
#include "model/machine.h"

enum boot_stage {
    BOOT_STAGE_SYSTEM,   // an operating system or other device; wants an address, not a loader
    BOOT_STAGE_FIRMWARE, // PXE ROM or UEFI network stack: wants a first loader
    BOOT_STAGE_IPXE,     // iPXE, as ROM or chained: wants a script
    BOOT_STAGE_LOADER,   // pxelinux, GRUB or iPXE asks for its configuration
};

enum boot_platform { BOOT_PLATFORM_BIOS, BOOT_PLATFORM_UEFI, BOOT_PLATFORM_OTHER };

#define BOOT_ARCHITECTURE_NONE UINT16_MAX

#define BOOT_EVIDENCE_BYTES 64

struct boot_evidence { // bytes as the packet had them, cut at BOOT_EVIDENCE_BYTES; length 0 = not told
    uint8_t length;
    uint8_t bytes[BOOT_EVIDENCE_BYTES];
};

struct boot_client {
    enum boot_stage stage;
    uint16_t architecture; // DHCP option 93 code (RFC 4578, IANA); BOOT_ARCHITECTURE_NONE = not told
    enum boot_platform platform;
    bool wants_http; // UEFI HTTP boot (option 60 "HTTPClient"): the loader's name must be a URL
    bool is_ip6;     // it asks by IPv6: a loader's name is always a URL
    bool has_http;   // an iPXE that can fetch http://
    bool is_test;    // imprint selftest asks and no machine: nothing is recorded, learned or told
    struct hw mac;
    struct uuid uuid; // canonical; all zero = not told
    char serial[MACHINE_SERIAL_BYTES];
    struct boot_evidence vendor_class;  // option 60
    struct boot_evidence user_class;    // option 77; of several the first
    struct boot_evidence circuit_id;    // what the relay says of where it is: 82.1
    struct boot_evidence remote_id;     // 82.2
    struct boot_evidence subscriber_id; // 82.6
    bool tells_place;                   // what follows says where it is; unicast messages pass relays by
    struct ip relay;                    // the relay agent's address; none = on our own wire
    bool is_placed;                     // its network and classes are known, and say what follows
    enum policy_choice unknown;
    char proposal[MACHINE_PROFILE_BYTES]; // the profile that its class names, or ""
    char classes[MACHINE_CLASSES_BYTES];  // the names of its classes, with blanks between
};

/// On which firmware something must work to be of use to `client`, as IMAGE_ON_* bits: one bit when its
/// architecture is told, all those of its platform when that is, and 0 when nothing is known.
uint8_t boot_client_on(const struct boot_client *client);
