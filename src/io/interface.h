// SPDX-License-Identifier: GPL-3.0-or-later
// The machine's network interfaces: what they are called, their addresses, and which of them a boot server
// means when nobody said. Told anew when they change.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "io/loop.h"

#define INTERFACE_NAME_BYTES     16
#define INTERFACE_ADDRESSES_MOST 8
#define INTERFACES_MOST          256 // a host of many containers has more ends of wires than cards

enum interface_kind {
    INTERFACE_PHYSICAL,  // a card, or what a hypervisor shows as one; bond and VLAN of such
    INTERFACE_BRIDGE,    // an administrator's bridge
    INTERFACE_CONTAINER, // made by docker, podman, libvirt, kubernetes, lxc ...: machines do not boot there
    INTERFACE_TUNNEL,    // tun, tap, wireguard, ppp ...
    INTERFACE_LOOPBACK,
};

struct interface_address {
    struct ip4 address;
    uint8_t prefix;
};

struct interface_address6 {
    struct ip6 address;
    uint8_t prefix;
};

struct interface {
    char name[INTERFACE_NAME_BYTES];
    uint32_t index;
    struct hw hw; // length 0 = none
    uint32_t mtu;
    bool is_up;      // an administrator switched it on
    bool is_running; // and it has a link
    enum interface_kind kind;
    uint8_t address_count;
    struct interface_address addresses[INTERFACE_ADDRESSES_MOST]; // IPv4; [0] is the primary one
    uint8_t address6_count;
    struct interface_address6 addresses6[INTERFACE_ADDRESSES_MOST]; // usable ones, link-local too
};

struct interface_watch;

/// Lists all interfaces in the order of their indexes and returns how many; 0 when the kernel says nothing.
unsigned interface_list(struct interface out[INTERFACES_MOST]);

/// The interface called `name`. STATUS_NOT_FOUND.
MUST_USE enum status interface_find(const char *name, struct interface *interface);

/// The interface with this index. STATUS_NOT_FOUND.
MUST_USE enum status interface_find_index(uint32_t index, struct interface *interface);

/// The interface to serve when nobody named one: it is up, has an IPv4 address and is a card or a bridge;
/// among several the one with the default route is NOT taken: a guess could serve the wrong network.
/// STATUS_NOT_FOUND: none; STATUS_CONFLICT: several; `problem` names them and what to write.
MUST_USE enum status interface_find_default(struct interface *interface, struct problem *problem);

/// Whether somebody who did not name interfaces means this one too: a card or bridge, up, with an IPv4
/// address.
bool interface_is_candidate(const struct interface *interface);

/// The address of `interface` whose subnet holds `address`, or NULL.
const struct interface_address *interface_find_address(const struct interface *interface, struct ip4 address);

/// The IPv6 address of `interface` by which others reach it: a global or unique local one before a link-local
/// one. None when it has none.
struct ip6 interface_pick_address6(const struct interface *interface);

/// "physical", "bridge", "container", "tunnel" or "loopback".
const char *interface_kind_text(enum interface_kind kind);

/// Calls `changed` in the loop, once for a burst, after interfaces or addresses changed. NULL with `problem`.
/// Yours; interface_watch_free gives it back.
struct interface_watch *interface_watch_new(struct loop *loop, void (*changed)(void *context), void *context,
                                            struct problem *problem);

/// Stops watching; NULL is allowed.
void interface_watch_free(struct interface_watch *watch);
