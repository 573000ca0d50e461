// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/fetch_head.h"
#include "fuzz/fuzz.h"

// What is accepted keeps what its header promises; what is not names its fault.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fetch_head head = {0};
    struct problem problem = {0};
    size_t end = fetch_head_find_end((const char *)data, size);
    fuzz_must(end <= size && (end == 0 || end >= 4));
    if (fetch_head_parse((const char *)data, end, &head, &problem) == STATUS_OK) {
        fuzz_must(end != 0);
        fuzz_must(head.http_status >= 200 && head.http_status <= 599);
        fuzz_must(!head.has_range || head.first <= head.last);
    } else {
        fuzz_must(problem_is_set(&problem));
    }
    // A head that is not whole, or has more behind it.
    enum status status = fetch_head_parse((const char *)data, size, &head, NULL);
    fuzz_must(size != 0 || status != STATUS_OK);
    return 0;
}
