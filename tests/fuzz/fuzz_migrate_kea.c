// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz_migrate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_migrate(&migrate_source_kea, data, size);
    return 0;
}
