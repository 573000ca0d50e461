// SPDX-License-Identifier: GPL-3.0-or-later
// Golden fixtures: commented bytes, what kind of bytes they are, and the text they must decode to. A new kind
// is one function and one row in golden.c.
#pragma once

#include "base/text.h"

/// Decodes `bytes` and appends their text, then encodes again what was decoded: `exact` fixtures must give
/// the same bytes, others something that decodes to the same. Appends "refused: ..." when they do not decode,
/// and a line that begins with "BACK:" when the way back is wrong.
typedef void golden_decoder(const uint8_t *bytes, size_t count, bool exact, struct text *text);

golden_decoder golden_dhcp4;
golden_decoder golden_dhcp6;
golden_decoder golden_tftp;
golden_decoder golden_frame;
golden_decoder golden_arp;
