// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/time.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    char printed[DURATION_TEXT_BYTES];
    uint32_t seconds = 0;
    uint32_t again = 0;
    if (duration_parse(string, &seconds) == STATUS_OK) {
        fuzz_must(duration_parse(duration_print(seconds, printed), &again) == STATUS_OK && again == seconds);
    }
    free(string);
    return 0;
}
