// SPDX-License-Identifier: GPL-3.0-or-later
// What every fuzz target includes: the entry point that libFuzzer and the corpus replay call, and the way
// from raw input to a C string. A target only adds LLVMFuzzerTestOneInput.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Feeds one input to the decoder under test; always returns 0. Breaking a promise aborts.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// The input as a NUL-terminated string in a block of exactly its size, so that a sanitizer sees every read
/// past its end. The caller frees it; what follows a NUL inside the input is not seen by a parser of strings.
static inline char *fuzz_string(const uint8_t *data, size_t size)
{
    char *string = malloc(size + 1);
    if (string == NULL) {
        abort();
    }
    if (size != 0) {
        memcpy(string, data, size);
    }
    string[size] = '\0';
    return string;
}

/// Stops the program when something that must hold for every input does not.
static inline void fuzz_must(int holds)
{
    if (!holds) {
        abort();
    }
}
