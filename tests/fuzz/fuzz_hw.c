// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    char printed[HW_TEXT_BYTES];
    struct hw address;
    struct hw again;
    if (hw_parse(string, &address) == STATUS_OK) {
        fuzz_must(hw_parse(hw_print(&address, printed), &again) == STATUS_OK && hw_equal(&address, &again));
        fuzz_must(hw_parse(hw_print_dashes(&address, printed), &again) == STATUS_OK &&
                  hw_equal(&address, &again));
    }
    free(string);
    return 0;
}
