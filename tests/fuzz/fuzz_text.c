// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "fuzz/fuzz.h"

// The first byte is the size of the buffer; the rest goes in escaped, as a stranger's text goes into a log.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || data[0] == 0) {
        return 0;
    }
    char *out = malloc(data[0]);
    fuzz_must(out != NULL);
    char *string = fuzz_string(data + 1, size - 1);
    struct text text;
    text_init(&text, out, data[0]);
    text_add_escaped(&text, string, size - 1);
    fuzz_must(text.length < data[0] && strlen(out) == text.length);
    for (size_t i = 0; i < text.length; i++) {
        fuzz_must(out[i] >= 0x20 && out[i] < 0x7f);
    }
    fuzz_must(text_distance(string, string) == 0 && text_equal_nocase(string, string));
    free(string);
    free(out);
    return 0;
}
