// SPDX-License-Identifier: GPL-3.0-or-later
// Something that happened to a machine, or to us: one line of the timeline.
#pragma once

#include "base/ip.h"
#include "model/reason.h"

enum event_kind {
    EVENT_DHCP,    // a DHCP exchange
    EVENT_TFTP,    // a TFTP transfer ended
    EVENT_HTTP,    // an HTTP transfer ended
    EVENT_FTP,     // an FTP transfer ended
    EVENT_BOOT,    // a boot decision
    EVENT_MACHINE, // recorded, approved, edited ...
    EVENT_ORDER,   // ordered, started, used, finished ...
    EVENT_SERVER,  // about ourselves: started, another DHCP server seen ...
    EVENT_VERDICT, // why a boot stopped
    EVENT_KIND_COUNT
};

#define EVENT_TEXT_BYTES 256

struct event {
    uint64_t id;   // grows by one; 0 = not stored
    int64_t at_ms; // Unix milliseconds
    enum event_kind kind;
    uint64_t machine_id; // 0 = none
    uint64_t order_id;   // 0 = none
    struct hw mac;       // length 0 = none
    struct ip address;   // none = none
    struct reasons reasons;
    char text[EVENT_TEXT_BYTES]; // one plain sentence for people; never a secret; outside bytes escaped
};

/// "dhcp", "tftp", "http", "ftp", "boot", "machine", "order", "server" or "verdict".
const char *event_kind_text(enum event_kind kind);
