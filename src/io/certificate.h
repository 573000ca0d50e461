// SPDX-License-Identifier: GPL-3.0-or-later
// The server's key and certificate for HTTPS: the administrator's files, or our own, signed by an authority
// of our own that is made once: firmware that boots by HTTPS has that enrolled. Agents know a certificate by
// its digest and nothing else.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define CERTIFICATE_DIGEST_BYTES 32
#define CERTIFICATE_TEXT_BYTES   72 // "sha256:", 64 digits and a NUL

struct certificate {
    char *key_pem;                            // malloc'ed; a secret
    char *chain_pem;                          // malloc'ed; the server's own comes first
    uint8_t digest[CERTIFICATE_DIGEST_BYTES]; // SHA-256 of the first one's DER
};

/// Reads both files and sees that they fit. STATUS_NOT_FOUND when one is not there, STATUS_DENIED, STATUS_IO,
/// STATUS_MALFORMED; `problem` names the file. After OK certificate_clear must follow.
MUST_USE enum status certificate_read(const char *key_path, const char *chain_path,
                                      struct certificate *certificate, struct problem *problem);

#define CERTIFICATE_ADDRESSES_MOST 32

struct certificate_address {
    uint8_t bytes[16];  // network order
    uint8_t byte_count; // 4 or 16
};

struct certificate_wish { // what the server is called by those who ask
    const char *name;
    struct certificate_address addresses[CERTIFICATE_ADDRESSES_MOST];
    unsigned address_count;
};

/// Reads `folder`/key.pem and certificate.pem. Makes them anew when they are not there or not for all that is
/// wished; the authority that signs them, authority-key.pem and authority.pem, only when it is not there (and
/// the folder, for this user's eyes only).
MUST_USE enum status certificate_keep(const char *folder, const struct certificate_wish *wish,
                                      struct certificate *certificate, struct problem *problem);

/// "sha256:" and the digest in hexadecimal digits. Returns `out`.
char *certificate_print(const struct certificate *certificate, char out[CERTIFICATE_TEXT_BYTES]);

/// Wipes the key when it is needed no more; what everybody may know stays.
void certificate_forget_key(struct certificate *certificate);

/// Wipes the key and frees; a zeroed one is allowed.
void certificate_clear(struct certificate *certificate);
