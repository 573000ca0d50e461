// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the TFTP service share: a service on loopback, and a hand-made client where order
// matters.
#pragma once

#include "service/tftp.h"
#include "unit/service/file_service.h"
#include "wire/tftp.h"

struct fixture {
    struct file_service files;
    struct tftp_service *tftp;
    unsigned port;
    uint64_t dropped; // requests, as told
};

/// A service on 127.0.0.1 with `policy` and `threads`, which serves the files of file_service.
struct fixture *fixture_new(const struct tftp_policy *policy, unsigned threads);

/// The same, and `write` answers write requests, with the fixture as its context.
struct fixture *fixture_new_writable(const struct tftp_policy *policy, unsigned threads,
                                     void (*write)(void *context, struct tftp_question *question));

/// Frees it; the service may be gone already.
void fixture_free(struct fixture *fixture);

/// A socket of the client 127.0.0.`last`, at `port` (0 = any).
int client_open_at(unsigned last, uint16_t port);

/// A socket of the client 127.0.0.1.
int client_open(void);

/// Sends a packet to `port` of the server.
void client_send(int fd, unsigned port, const void *bytes, size_t count);

// A literal holds its inner NULs; its last one counts too.
#define REQUEST(fixture, fd, text) client_send(fd, (fixture)->port, text, sizeof text)

/// Waits for one packet, at most `ms`; its length, or 0. `*port` is where it came from.
size_t client_receive(struct fixture *fixture, int fd, void *bytes, size_t most, unsigned *port, unsigned ms);

/// The next packet, which must come; it is valid until the next one.
void expect_packet(struct fixture *fixture, int fd, struct tftp_packet *packet, unsigned *port);

/// The next packet must be this ERROR.
void expect_error(struct fixture *fixture, int fd, unsigned code, const char *text);

/// One transfer must end, with `outcome`, and be the first one.
void expect_end(struct fixture *fixture, enum transfer_outcome outcome);

/// Reads the rest of a file by ACKs in lock-step, beginning with `packet` (its first block): its bytes, how
/// many are compared with `wanted`.
void expect_file(struct fixture *fixture, int fd, const struct tftp_packet *first, unsigned port,
                 const uint8_t *wanted, size_t wanted_bytes);
