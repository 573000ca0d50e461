// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of FTP listings: as ls -l, which clients have learned to read, names alone, or facts (RFC 3659).
#pragma once

#include "session/ftp.h"

#define FTP_LIST_LINE_BYTES 768

struct ftp_list_entry {
    const char *name;
    bool is_folder;
    uint64_t size;
    int64_t modified_s; // Unix seconds; 0 = not known
};

/// Prints the line for one entry, with its line end. `now_s`: Unix seconds, since ls tells the time of day
/// only of what is younger than half a year.
void ftp_list_print(const struct ftp_list_entry *entry, enum ftp_list list, int64_t now_s,
                    char out[FTP_LIST_LINE_BYTES]);

/// Whether `name` fits `pattern`, in which "*" stands for anything and "?" for one byte. Bounded by the
/// product of their lengths.
bool ftp_list_fits(const char *pattern, const char *name);
