// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/path.h"
#include "fuzz/fuzz.h"

/// Whether `part` of `length` bytes may be a part of a canonical path.
static int is_part(const char *part, size_t length)
{
    return length != 0 && !(length == 1 && part[0] == '.') &&
           !(length == 2 && part[0] == '.' && part[1] == '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[CONTENT_PATH_BYTES];
    char again[CONTENT_PATH_BYTES];
    char *input = fuzz_string(data, size);
    if (path_parse(input, size, out) == STATUS_OK) {
        for (const char *part = out;; part++) {
            size_t length = strcspn(part, "/");
            fuzz_must(is_part(part, length) && memchr(part, '\\', length) == NULL);
            part += length;
            if (*part == '\0') {
                break;
            }
        }
        fuzz_must(path_parse(out, strlen(out), again) == STATUS_OK && strcmp(out, again) == 0);
    }
    free(input);
    return 0;
}
