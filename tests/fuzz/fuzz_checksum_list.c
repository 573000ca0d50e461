// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/checksum_list.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checksum checksum;
    char *input = fuzz_string(data, size);
    struct checksum_list list = checksum_list_init(input, size);
    char last[CHECKSUM_NAME_BYTES] = "";
    while (checksum_list_next(&list, &checksum)) {
        size_t digits = strlen(checksum.hex);
        fuzz_must(digits == 64 || digits == 128);
        fuzz_must(strspn(checksum.hex, "0123456789abcdef") == digits);
        fuzz_must(checksum.name[0] != '\0' && strlen(checksum.name) < size);
        fuzz_must(!(checksum_is_older(last, checksum.name) && checksum_is_older(checksum.name, last)));
        fuzz_must(checksum_is_like(checksum.name, checksum.name));
        memcpy(last, checksum.name, sizeof last);
    }
    free(input);
    return 0;
}
