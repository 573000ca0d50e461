// SPDX-License-Identifier: GPL-3.0-or-later
// The little of DER (X.690) that reading a certificate's names takes: one element after the other, and the
// common name of an X.501 name. It checks no signature and decodes no values; elements of indefinite length,
// which DER forbids, are refused.
#pragma once

#include "base/reader.h"

#define DER_INTEGER  0x02
#define DER_OID      0x06
#define DER_SEQUENCE 0x30
#define DER_SET      0x31
#define DER_CONTEXT  0xa0 // [0], constructed; [1] is one more

struct der {            // one element; everything borrows from the bytes read
    uint8_t tag;        // as it stands, class and all
    struct reader body; // what is in it
    const uint8_t *all; // the element with its head
    size_t all_bytes;
};

/// The next element of `reader`. false at the end, and when it is none or is cut off: `reader` is failed
/// then.
bool der_next(struct reader *reader, struct der *element);

/// As der_next, for one that must have this tag; else `reader` is failed.
bool der_next_tagged(struct reader *reader, uint8_t tag, struct der *element);

/// The common name (2.5.4.3) in the name `name`, the element itself; the organisation (2.5.4.10) when there
/// is none. Plain ASCII, with '?' for what is not; cut at `out_bytes`. false when it has neither.
bool der_find_common_name(const struct der *name, char *out, size_t out_bytes);

struct der_certificate { // of X.509; everything borrows from the bytes read
    struct der serial;
    struct der issuer;
    struct der subject;
};

/// Reads the next certificate (RFC 5280 section 4.1) of `reader`. false as der_next.
bool der_next_certificate(struct reader *reader, struct der_certificate *certificate);
