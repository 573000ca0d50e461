// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    char printed[IP4_TEXT_BYTES];
    struct ip4 address;
    if (ip4_parse(string, &address) == STATUS_OK) {
        fuzz_must(strcmp(ip4_print(address, printed), string) == 0);
    }
    free(string);
    return 0;
}
