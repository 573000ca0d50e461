// SPDX-License-Identifier: GPL-3.0-or-later
// Text as it goes over networks (RFC 764 by way of RFC 1350): line ends are CR LF, a lone CR is CR NUL. Turns
// it back into text of this system, piece by piece, since a piece may end between CR and LF.
#pragma once

#include "base/compiler.h"

struct netascii {
    bool has_cr; // the last byte was CR, and what follows decides
};

/// Decodes `bytes` bytes of `data` into `out`, which has room for `bytes` + 1. What was a CR at the end of
/// the piece before comes first. Bytes written. CR LF becomes LF, CR NUL becomes CR; a CR before anything
/// else stays.
size_t netascii_decode(struct netascii *netascii, const uint8_t *data, size_t bytes, uint8_t *out);

/// What is left at the end of the text: 1 byte, a CR, or none. Bytes written.
size_t netascii_finish(struct netascii *netascii, uint8_t *out);
