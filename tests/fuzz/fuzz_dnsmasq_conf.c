// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dnsmasq_conf.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dnsmasq_conf_item item;
    unsigned line = 0;
    char *input = fuzz_string(data, size);
    struct dnsmasq_conf file = dnsmasq_conf_init(input, size);
    while (dnsmasq_conf_next(&file, &item)) {
        fuzz_must(item.line > line && item.line <= size + 1);
        fuzz_must(memchr(item.value, '\0', sizeof item.value) != NULL);
        fuzz_must(item.status != STATUS_OK || item.name[0] != '\0' || memchr(data, '\0', size) != NULL);
        line = item.line;
    }
    free(input);
    return 0;
}
