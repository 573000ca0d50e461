// SPDX-License-Identifier: GPL-3.0-or-later
// Reading lists of checksums: as sha256sum writes them ("HEX  NAME"), as BSD does ("SHA256 (NAME) = HEX"),
// and the Release file of a Debian archive (" HEX BYTES NAME"). SHA-256 and SHA-512 only; lines of other
// kinds are passed over.
#pragma once

#include "base/text.h"

#define CHECKSUM_NAME_BYTES 512
#define CHECKSUM_HEX_BYTES  129

struct checksum {
    char hex[CHECKSUM_HEX_BYTES];   // lower case; 64 digits are SHA-256, 128 are SHA-512
    char name[CHECKSUM_NAME_BYTES]; // without a leading "./"
};

struct checksum_list {
    const char *at;
    const char *end;
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct checksum_list checksum_list_init(const char *text, size_t bytes);

/// The next checksum; false at the end.
bool checksum_list_next(struct checksum_list *list, struct checksum *checksum);

/// Whether `name` is like `pattern`, in which '*' stands for any characters but '/'.
bool checksum_is_like(const char *name, const char *pattern);

/// Whether version `a` in a name comes before `b`: numbers count as numbers.
bool checksum_is_older(const char *a, const char *b);
