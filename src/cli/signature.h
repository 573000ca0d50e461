// SPDX-License-Identifier: GPL-3.0-or-later
// OpenPGP signatures, checked by gpgv: no web of trust and no keys of the user's, only those that are named.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define SIGNATURE_KEYRING_BYTES_MOST (4 * 1024 * 1024)

/// Makes of the keys in `file`, armored ("-----BEGIN PGP PUBLIC KEY BLOCK-----") or not, a keyring at `out`,
/// which is replaced. STATUS_MALFORMED: there is no key in it. STATUS_NOT_FOUND, STATUS_TOO_LONG, STATUS_IO.
MUST_USE enum status signature_make_keyring(const char *file, const char *out, struct problem *problem);

struct signature_job {
    const char *keyring;      // absolute path; not armored
    const char *fingerprints; // of the keys that may sign, blanks between; "" = all of `keyring`
    const char *file;         // what is signed
    const char *signature;    // of it; NULL = it is in `file` itself
    const char *out;          // with that: where what was signed goes, without anything around it
};

/// Checks. STATUS_OK: one of those keys signed it, and no signature is bad. STATUS_DENIED otherwise, and
/// `problem` tells; STATUS_NOT_FOUND: gpgv is not installed.
MUST_USE enum status signature_check(const struct signature_job *job, struct problem *problem);

/// The SHA-256 or SHA-512 (as `digits` says, 64 or 128) of `file` in lower-case hex. STATUS_IO and `problem`.
MUST_USE enum status signature_digest(const char *file, size_t digits, char hex[129],
                                      struct problem *problem);
