// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of the input are header values: Range, If-Range, If-Match, If-None-Match, If-Modified-Since.
#include "fuzz/fuzz.h"
#include "service/http_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    char *lines[5] = {NULL};
    char *rest = string;
    for (unsigned i = 0; i < COUNT_OF(lines) && rest != NULL; i++) {
        lines[i] = strsep(&rest, "\n");
    }
    struct http_conditions conditions = {.range = lines[0],
                                         .if_range = lines[1],
                                         .if_match = lines[2],
                                         .if_none_match = lines[3],
                                         .if_modified_since = lines[4]};
    const uint64_t file_bytes = size % 2 == 0 ? 1000 : 0;
    struct http_answer answer = http_answer_decide(file_bytes, "\"abc\"", 784111777, &conditions);
    fuzz_must(answer.offset <= file_bytes && answer.count <= file_bytes - answer.offset);
    fuzz_must(answer.code != HTTP_PARTIAL || answer.count > 0);
    fuzz_must(answer.code != HTTP_OK || answer.count == file_bytes);
    free(string);
    return 0;
}
