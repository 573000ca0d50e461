// SPDX-License-Identifier: GPL-3.0-or-later
// Any ICMPv6 message: what is taken for a router solicitation is read within its bounds.
#include "fuzz/fuzz.h"
#include "wire/icmp6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = calloc(1, size + 1); // reads past the end are seen
    fuzz_must(exact != NULL);
    if (size != 0) {
        memcpy(exact, data, size);
    }
    bool is_asked = icmp6_is_solicitation(exact, size);
    fuzz_must(!is_asked || (size >= 8 && size % 8 == 0 && exact[0] == 133));
    free(exact);
    return 0;
}
