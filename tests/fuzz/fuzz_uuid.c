// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/uuid.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    char printed[UUID_TEXT_BYTES];
    struct uuid uuid;
    struct uuid again;
    if (uuid_parse(string, &uuid) == STATUS_OK) {
        fuzz_must(uuid_parse(uuid_print(&uuid, printed), &again) == STATUS_OK && uuid_equal(&uuid, &again));
        struct uuid swapped = uuid_swap(&uuid);
        fuzz_must(uuid_is_same_machine(&uuid, &swapped));
        fuzz_must(uuid_is_useless(&uuid) == uuid_is_useless(&swapped));
    }
    free(string);
    return 0;
}
