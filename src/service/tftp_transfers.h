// SPDX-License-Identifier: GPL-3.0-or-later
// The TFTP transfers under way: a connected socket and a session each, one timer for all of them. Requests
// and what they may have are tftp.c's; this moves blocks until a transfer ends.
#pragma once

#include "io/loop.h"
#include "service/tftp_sender.h"
#include "service/transfer.h"

struct tftp_transfers;
struct tftp_transfer;

struct tftp_transfer_start {
    const struct tftp_packet *request; // what is granted is decided by its options and `limits`
    struct content_node *taken_node;   // emptied
    const struct transfer_end *end;    // who asked for what, to begin with
    struct tftp_limits limits;
    uint32_t mtu; // bytes
};

/// None yet. `ended` is called once for each transfer that was started. Yours; tftp_transfers_free gives it
/// back.
struct tftp_transfers *tftp_transfers_new(struct loop *loop,
                                          void (*ended)(void *context, const struct transfer_end *end),
                                          void *context);

/// Starts one and sends its first packet. STATUS_FULL: no descriptor left. STATUS_IO: no socket for that
/// address. Then `ended` is not called and the node is closed.
MUST_USE enum status tftp_transfers_start(struct tftp_transfers *transfers,
                                          const struct tftp_transfer_start *start);

/// The transfer of this client's address and port, or NULL; valid until the loop's next event.
struct tftp_transfer *tftp_transfers_find(const struct tftp_transfers *transfers, struct ip4 client,
                                          uint16_t port);

/// How many are under way, and how many of them from `client`.
unsigned tftp_transfers_count(const struct tftp_transfers *transfers, struct ip4 client, unsigned *of_client);

/// The transfer whose client has been silent longest, more than a second at least, or NULL: of those of
/// `client`, or, when that is NULL, of those whose client was never heard at all. Valid until the loop's next
/// event.
struct tftp_transfer *tftp_transfers_find_silent(const struct tftp_transfers *transfers,
                                                 const struct ip4 *client);

/// How much memory the converted texts of transfers in netascii mode hold, in bytes.
size_t tftp_transfers_netascii_bytes(const struct tftp_transfers *transfers);

/// Whether `request` is only a repeat of the one that started `transfer`: the same words, and the client has
/// not come far and then fallen silent, as a machine does that was switched off and asks from the same port
/// again.
bool tftp_transfer_is_repeated(const struct tftp_transfer *transfer, const struct tftp_packet *request);

/// Ends a transfer with `outcome`; the client is told `text` unless it is NULL.
void tftp_transfer_end(struct tftp_transfer *transfer, enum transfer_outcome outcome, const char *text);

/// Opens a socket connected to the client, from the address that it asked; -1 with errno. Close it.
int tftp_transfer_connect(const struct transfer_end *end);

/// Ends all with TRANSFER_FAILED and frees; NULL is allowed.
void tftp_transfers_free(struct tftp_transfers *transfers);
