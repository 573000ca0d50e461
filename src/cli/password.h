// SPDX-License-Identifier: GPL-3.0-or-later
// Passwords are asked for here and leave as hashes only (crypt(5), yescrypt): the daemon never hears one.
#pragma once

#include "cli/call.h"
#include "model/profile.h"

#define PASSWORD_BYTES_MOST 256

/// Hashes `password` with a new salt. STATUS_IO and `problem` when the system has no randomness or no such
/// method.
MUST_USE enum status password_hash(const char *password, char hash[PROFILE_HASH_BYTES],
                                   struct problem *problem);

/// The same by `method`, a prefix of crypt(5) such as "$6$".
MUST_USE enum status password_hash_as(const char *password, const char *method, char hash[PROFILE_HASH_BYTES],
                                      struct problem *problem);

/// Asks for the password of `whose` ("root") and hashes it: on a terminal twice and without echo, else one
/// line of standard input. False when there is none, and that was told. What was typed is wiped.
bool password_ask(const struct call *call, const char *whose, char hash[PROFILE_HASH_BYTES]);

/// Asks for the secret called `name` as it stands, in the same way. False when there is none, and that was
/// told. Wipe `secret` after use.
bool password_ask_secret(const struct call *call, const char *name, char secret[PASSWORD_BYTES_MOST + 1]);

/// The secret in the first line of the file at `path`. False when it cannot be read or is empty, and that was
/// told. Wipe `secret` after use.
bool password_read_secret(const struct call *call, const char *path, char secret[PASSWORD_BYTES_MOST + 1]);

/// The hash in the first line of the file at `path`. False when it cannot be read, and that was told.
bool password_read_hash(const struct call *call, const char *path, char hash[PROFILE_HASH_BYTES]);
