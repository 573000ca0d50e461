// SPDX-License-Identifier: GPL-3.0-or-later
// A plain head is inside what came, its strings are inside it, and it is short before its last byte is there.
#include "fuzz/fuzz.h"
#include "wire/http_head.h"

static void must_lie_inside(const char *text, const char *bytes, const struct http_head *head)
{
    fuzz_must(text == NULL || (text > bytes && text + strlen(text) < bytes + head->bytes));
    fuzz_must(text == NULL || strpbrk(text, "\r\n") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_head head = {0};
    char *bytes = fuzz_string(data, size);
    char *part = fuzz_string(data, size);
    enum http_head_kind kind = http_head_parse(bytes, size, &head);
    fuzz_must(kind != HTTP_HEAD_SHORT || memcmp(bytes, part, size) == 0);
    if (kind == HTTP_HEAD_PLAIN) {
        const char *texts[] = {head.target,
                               head.authorization,
                               head.if_match,
                               head.if_none_match,
                               head.if_modified_since,
                               head.if_unmodified_since,
                               head.if_range,
                               head.range};
        fuzz_must(head.bytes <= size && head.target != NULL && head.target[0] == '/');
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            must_lie_inside(texts[i], bytes, &head);
        }
        struct http_head again;
        fuzz_must(http_head_parse(part, head.bytes - 1, &again) == HTTP_HEAD_SHORT);
    }
    free(part);
    free(bytes);
    return 0;
}
