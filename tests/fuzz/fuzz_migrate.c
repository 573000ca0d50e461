// SPDX-License-Identifier: GPL-3.0-or-later
// All kinds of files that imprint migrate reads; the first byte is the first letter of the kind.
#include "fuzz/fuzz_migrate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t sources;
    const struct migrate_source *const *table = migrate_source_table(&sources);
    for (size_t i = 0; size != 0 && i < sources; i++) {
        if (table[i]->name[0] == (char)data[0]) {
            fuzz_migrate(table[i], data + 1, size - 1);
            break;
        }
    }
    return 0;
}
