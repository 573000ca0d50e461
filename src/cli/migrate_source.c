// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate_source.h"

#include <string.h>

// Those with the plainest marks first: nearly every file could be one of dnsmasq's.
static const struct migrate_source *const rows[] = {
    &migrate_source_kea,   &migrate_source_xinetd, &migrate_source_tftpd_hpa, &migrate_source_atftpd,
    &migrate_source_dhcpd, &migrate_source_inetd,  &migrate_source_dnsmasq};

const struct migrate_source *const *migrate_source_table(size_t *count)
{
    *count = COUNT_OF(rows);
    return rows;
}

const struct migrate_source *migrate_source_find(const char *name, const struct migrate_text *text)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (name != NULL ? strcmp(rows[i]->name, name) == 0 : rows[i]->recognises(text)) {
            return rows[i];
        }
    }
    return NULL;
}
