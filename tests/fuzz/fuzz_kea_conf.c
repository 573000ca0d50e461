// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/kea_conf.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct kea_conf_item item;
    unsigned depth = 0;
    bool is_wrong = false;
    char *input = fuzz_string(data, size);
    struct kea_conf conf = kea_conf_init(input, size);
    while (kea_conf_next(&conf, &item)) {
        fuzz_must(!is_wrong && item.line != 0 && item.line <= size + 1);
        fuzz_must(memchr(item.key, '\0', sizeof item.key) != NULL);
        fuzz_must(memchr(item.text, '\0', sizeof item.text) != NULL);
        is_wrong = item.kind == KEA_CONF_FAULT;
        depth += item.kind == KEA_CONF_OBJECT || item.kind == KEA_CONF_ARRAY ? 1 : 0;
        fuzz_must(item.kind != KEA_CONF_END || depth-- != 0);
    }
    fuzz_must(is_wrong || depth == 0);
    free(input);
    return 0;
}
