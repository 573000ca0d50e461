// SPDX-License-Identifier: GPL-3.0-or-later
// The server's key and certificate for HTTPS: the administrator's files, or our own, made once (EC P-256,
// signed by itself). Agents know a certificate by its digest and nothing else.
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

/// Reads `folder`/key.pem and certificate.pem; makes them (and the folder, for this user's eyes only), for a
/// server called `name`, when they are not there.
MUST_USE enum status certificate_keep(const char *folder, const char *name, struct certificate *certificate,
                                      struct problem *problem);

/// "sha256:" and the digest in hexadecimal digits. Returns `out`.
char *certificate_print(const struct certificate *certificate, char out[CERTIFICATE_TEXT_BYTES]);

/// Wipes the key and frees; a zeroed one is allowed.
void certificate_clear(struct certificate *certificate);
