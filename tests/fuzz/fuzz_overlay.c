// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/overlay.h"
#include "fuzz/fuzz.h"

#define OUT_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 8192) {
        return 0;
    }
    char *yaml = fuzz_string(data, size);
    char *out = malloc(OUT_BYTES);
    fuzz_must(out != NULL);
    struct problem problem;
    size_t used = SIZE_MAX;
    problem_clear(&problem);
    enum status status = overlay_pack(yaml, size, "fuzz", out, OUT_BYTES, &used, &problem);
    fuzz_must((status == STATUS_OK) == !problem_is_set(&problem));
    fuzz_must(status == STATUS_OK ? used <= OUT_BYTES : used == SIZE_MAX);
    free(out);
    free(yaml);
    return 0;
}
