// SPDX-License-Identifier: GPL-3.0-or-later
// The agent: the program that runs on the machine being imprinted, as its first process (pid 1) and nothing
// else. It brings up the network, says hello, tells what it found, and does the task that it is given. As a
// command it shows the same inventory and writes images by hand: `imprint-agent inventory`, `imprint-agent
// write URL DISK`.
#pragma once

#include "agent/tls.h"
#include "talk/talk.h"

struct agent_boot {                     // from the kernel command line; nothing secret stands there
    struct ip4 server;                  // imprint.server=192.168.77.1[:PORT]
    uint16_t port;                      // 80
    uint64_t order_id;                  // imprint.order=7
    struct hw mac;                      // imprint.mac=52:54:00:aa:bb:cc: the card that it was booted by
    uint16_t tls_port;                  // imprint.tls=443: where the server speaks HTTPS; 0 = it does not
    uint8_t certificate[TLS_PIN_BYTES]; // imprint.certificate=sha256:HEX, which tls must have and not else
};

/// Reads a kernel command line. STATUS_MALFORMED and `problem` when something is missing or wrong.
MUST_USE enum status agent_boot_parse(const char *line, struct agent_boot *boot, struct problem *problem);

/// Runs as pid 1: never returns.
int agent_main_init(void);

/// Runs as a command with the words behind its name; its exit status.
int agent_main_command(int count, char *words[]);
