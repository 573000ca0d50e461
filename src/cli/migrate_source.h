// SPDX-License-Identifier: GPL-3.0-or-later
// The kinds of files that imprint migrate can read: one file migrate_<name>.c each, and one row of the table.
// Each has a text that was checked to be without NUL, knows its own words, and tells struct migration about
// every one of them.
#pragma once

#include "cli/migrate_file.h"

struct migrate_source {
    const char *name;  // "xinetd"
    const char *about; // a phrase: "a service file of xinetd"
    bool (*recognises)(const struct migrate_text *text);
    void (*read)(struct migration *migration, const struct migrate_text *text);
};

extern const struct migrate_source migrate_source_xinetd;
extern const struct migrate_source migrate_source_inetd;
extern const struct migrate_source migrate_source_tftpd_hpa;
extern const struct migrate_source migrate_source_atftpd;
extern const struct migrate_source migrate_source_dnsmasq;
extern const struct migrate_source migrate_source_dhcpd;
extern const struct migrate_source migrate_source_kea;

/// The rows, in the order in which they are tried, and how many there are.
const struct migrate_source *const *migrate_source_table(size_t *count);

/// The source called `name`, or the first that recognises `text` when `name` is NULL; NULL = none.
const struct migrate_source *migrate_source_find(const char *name, const struct migrate_text *text);
