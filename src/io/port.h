// SPDX-License-Identifier: GPL-3.0-or-later
// Who holds a port: the process behind a socket, from /proc, so that "address in use" can be told with a
// name.
#pragma once

#include "base/addr.h"
#include "base/problem.h"

#define PORT_PROCESS_BYTES 64

enum port_protocol { PORT_UDP, PORT_TCP };

struct port_holder {
    int pid;
    char process[PORT_PROCESS_BYTES]; // its name, escaped
};

/// The process with a socket that clashes with binding `port` on `address` (0 = any). STATUS_NOT_FOUND: none,
/// or its owner may not be looked at.
MUST_USE enum status port_find_holder(enum port_protocol protocol, struct ip4 address, uint16_t port,
                                      struct port_holder *holder);

/// Tells in `problem` why `port` could not be opened: `error` is the errno of bind(2); names the holder and
/// what to do.
void port_explain(enum port_protocol protocol, struct ip4 address, uint16_t port, int error,
                  struct problem *problem);
