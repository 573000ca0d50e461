// SPDX-License-Identifier: GPL-3.0-or-later
// What the files in /etc/default have in common.
#pragma once

#include "cli/migrate_source.h"
#include "format/shell_default.h"

struct migrate_shell_value {
    unsigned line; // 0 = it is not assigned
    char value[SHELL_DEFAULT_VALUE_BYTES];
};

/// Reads the assignments of the `count` variables `names` in `text` into `values` (zeroed before); the last
/// one of each counts, as in a shell. Everything else in the file is remarked.
void migrate_shell_read(struct migration *migration, const struct migrate_text *text,
                        const char *const names[], size_t count, struct migrate_shell_value values[]);
