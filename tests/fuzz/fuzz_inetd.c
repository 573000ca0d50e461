// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/inetd.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inetd_item item;
    unsigned line = 0;
    char *input = fuzz_string(data, size);
    struct inetd file = inetd_init(input, size);
    while (inetd_next(&file, &item)) {
        fuzz_must(item.line > line && item.line <= size + 1);
        fuzz_must(memchr(item.arguments, '\0', sizeof item.arguments) != NULL);
        fuzz_must(item.status != STATUS_OK || item.program[0] != '\0' || memchr(data, '\0', size) != NULL);
        line = item.line;
    }
    free(input);
    return 0;
}
