// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    uint64_t most = size == 0 ? UINT64_MAX : UINT64_MAX >> data[0] % 64;
    uint64_t value = 0;
    if (text_parse_u64(string, most, &value) == STATUS_OK) {
        fuzz_must(value <= most && value == strtoull(string, NULL, 10));
    }
    free(string);
    return 0;
}
