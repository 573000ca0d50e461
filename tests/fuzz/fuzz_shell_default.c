// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/shell_default.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct shell_default_item item;
    unsigned line = 0;
    char *input = fuzz_string(data, size);
    struct shell_default file = shell_default_init(input, size);
    while (shell_default_next(&file, &item)) {
        fuzz_must(item.line >= line && item.line != 0 && item.line <= size + 1);
        fuzz_must(memchr(item.value, '\0', sizeof item.value) != NULL);
        fuzz_must(item.status == STATUS_OK ? item.name[0] != '\0' : item.value[0] == '\0');
        line = item.line;
    }
    free(input);
    return 0;
}
