// SPDX-License-Identifier: GPL-3.0-or-later
// netascii (RFC 764 by way of RFC 1350): text with line ends as CR LF, which classic TFTP clients ask for
// when nobody tells them "binary". A file is converted whole, when it is opened.
#pragma once

#include "content/content.h"

/// How many bytes `bytes` bytes of `text` become: each LF two, each CR two.
size_t tftp_netascii_bytes(const uint8_t *text, size_t bytes);

/// Converts `bytes` bytes of `text`: LF to CR LF, CR to CR NUL. `out` has tftp_netascii_bytes.
void tftp_netascii_encode(const uint8_t *text, size_t bytes, uint8_t *out);

/// Replaces what `node` holds by its text in netascii. STATUS_TOO_LONG: the result has more than `most`
/// bytes; STATUS_IO: it cannot be read; `node` is as it was.
MUST_USE enum status tftp_netascii_convert(struct content_node *node, size_t most);
