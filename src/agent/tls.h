// SPDX-License-Identifier: GPL-3.0-or-later
// TLS 1.2 over a connected socket, to a server whose certificate is known beforehand by its SHA-256: no
// authority is asked, no name is compared and no clock is trusted, for a machine without a system has none
// of them.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define TLS_PIN_BYTES 32

struct tls;

/// Shakes hands over `socket`, which stays the caller's and must block with timeouts. OK only when the server
/// has the certificate whose SHA-256 (of its DER) is `pin` and has proven to have its key: not a byte of the
/// caller's goes out before. STATUS_DENIED: it is another certificate. STATUS_IO: no handshake. Both with
/// `problem`.
MUST_USE enum status tls_open(int socket, const uint8_t pin[TLS_PIN_BYTES], struct tls **tls,
                              struct problem *problem);

/// Sends all of it: 0, or an errno.
int tls_send(struct tls *tls, const void *data, size_t bytes);

/// At least one byte into `out`: 0, or an errno: ECONNRESET at the end too.
int tls_receive(struct tls *tls, void *out, size_t bytes, size_t *received);

/// Says goodbye, wipes and frees; NULL is allowed. The socket stays open.
void tls_close(struct tls *taken_tls);
