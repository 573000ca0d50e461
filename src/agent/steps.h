// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's work: hello, inventory, then task after task until one says restart. What it works with is
// handed in, so that a test plays the machine. It never erases anything before the server said may_go to
// "begin" for exactly the disk that is there, and never leaves a written disk without having asked for
// "sealing".
#pragma once

#include "agent/ask.h"
#include "agent/write.h"
#include "model/inventory.h"

struct steps_world { // none may be NULL
    void (*probe)(struct inventory *inventory);
    enum status (*write_content)(const struct write_job *job, struct write_end *end);
    enum status (*write_seal)(const struct write_job *job, struct write_end *end);
    bool (*wait_key)(unsigned timeout_s);
    void (*look)(void);              // for hardware that was not there before
    uint64_t (*mark)(void);          // another number when a disk has come or gone
    void (*pause)(unsigned seconds); // sleeps
    void (*restart)(void);           // the machine; the real one does not return
};

struct steps_start {
    struct ip4 server;
    uint16_t port;
    uint16_t tls_port;          // 0 = no TLS
    const uint8_t *certificate; // TLS_PIN_BYTES: the server's SHA-256; NULL without TLS
    struct talk_hello hello;
    const struct steps_world *world;
};

/// Works until a task said restart, and restarts.
void steps_run(const struct steps_start *start);
