// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/json_objects.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_string(data, size);
    const char *behind = input;
    unsigned line = 1;
    struct json_objects objects = json_objects_init(input, size);
    struct json_object object;
    while (json_objects_next(&objects, &object)) {
        fuzz_must(object.text >= behind && object.bytes >= 2 && object.text + object.bytes <= input + size);
        fuzz_must(object.text[0] == '{' && object.text[object.bytes - 1] == '}' && object.line >= line);
        behind = object.text + object.bytes;
        line = object.line;
    }
    free(input);
    return 0;
}
