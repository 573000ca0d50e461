// SPDX-License-Identifier: GPL-3.0-or-later
// Certificates for people and for firmware: what they say, and the forms in which they are enrolled.
#pragma once

#include "base/problem.h"
#include "base/text.h"

#define CERTIFICATE_SHOWN_BYTES 512

struct certificate_shown {
    char subject[CERTIFICATE_SHOWN_BYTES];
    char issuer[CERTIFICATE_SHOWN_BYTES];
    char names[CERTIFICATE_SHOWN_BYTES]; // host names and addresses, ", " between
    char digest[72];                     // "sha256:HEX"
    bool is_root;                        // signed by itself
    int64_t ends_s;                      // Unix seconds
};

/// Reads the first certificate (`is_last`: the last one) of `chain_pem` into `shown`, and its DER into `*der`
/// (malloc'ed, yours; NULL allowed). STATUS_MALFORMED when it holds none.
MUST_USE enum status certificate_show(const char *chain_pem, bool is_last, struct certificate_shown *shown,
                                      uint8_t **der, size_t *der_bytes);
