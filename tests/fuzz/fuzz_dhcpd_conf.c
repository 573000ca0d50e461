// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dhcpd_conf.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dhcpd_conf_item item;
    unsigned line = 0;
    unsigned depth = 0;
    size_t items = 0;
    char *input = fuzz_string(data, size);
    struct dhcpd_conf conf = dhcpd_conf_init(input, size);
    while (dhcpd_conf_next(&conf, &item)) {
        fuzz_must(item.line >= line && item.line <= size + 1 && ++items <= 2 * size + 2);
        fuzz_must(item.count <= DHCPD_CONF_WORDS_MOST && item.words[item.count].text[0] == '\0');
        for (unsigned i = 0; i < item.count; i++) {
            fuzz_must(strlen(item.words[i].text) < sizeof item.text);
        }
        depth += item.kind == DHCPD_CONF_OPEN ? 1 : 0;
        if (item.kind == DHCPD_CONF_CLOSE && (item.faults & DHCPD_CONF_STRAY_CLOSE) == 0) {
            fuzz_must(depth-- != 0);
        }
        line = item.line;
    }
    fuzz_must(depth == 0); // every block is closed at the end
    free(input);
    return 0;
}
