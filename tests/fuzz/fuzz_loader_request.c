// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "loader/loader.h"

// A path as content/path makes it, from a stranger.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = fuzz_string(data, size);
    struct loader_request request;
    bool is_request = loader_request_parse(path, &request);
    fuzz_must(request.mac.length == 0 || (is_request && request.mac.length == 6));
    fuzz_must(ip_is_none(request.address) || is_request);
    fuzz_must(!request.is_generic || is_request);
    free(path);
    return 0;
}
