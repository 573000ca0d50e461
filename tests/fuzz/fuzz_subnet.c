// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    char printed[SUBNET_TEXT_BYTES];
    struct subnet subnet;
    struct subnet again;
    if (subnet_parse(string, &subnet) == STATUS_OK) {
        fuzz_must(subnet_has(subnet, subnet.network) && subnet_has(subnet, subnet_broadcast(subnet)));
        fuzz_must(subnet_parse(subnet_print(subnet, printed), &again) == STATUS_OK);
        fuzz_must(ip4_equal(subnet.network, again.network) && subnet.prefix == again.prefix);
    }
    free(string);
    return 0;
}
