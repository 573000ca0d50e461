// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/xinetd.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xinetd_item item;
    char *input = fuzz_string(data, size);
    struct xinetd file = xinetd_init(input, size);
    while (xinetd_next(&file, &item)) {
        fuzz_must(item.line != 0 && item.line <= size + 1);
        fuzz_must(memchr(item.name, '\0', sizeof item.name) != NULL);
        fuzz_must(memchr(item.value, '\0', sizeof item.value) != NULL);
        fuzz_must((item.kind == XINETD_FAULT) == (item.fault[0] != '\0'));
        fuzz_must(item.kind != XINETD_ATTRIBUTE || item.name[0] != '\0' || memchr(data, '\0', size) != NULL);
    }
    free(input);
    return 0;
}
