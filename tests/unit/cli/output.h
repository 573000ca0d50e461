// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: what was printed, as a text.
#pragma once

#include <stdio.h>
#include <stdlib.h>

struct output {
    FILE *file;
    char *text;
    size_t bytes;
};

/// Starts to collect; print to `file`.
static inline void output_open(struct output *output)
{
    output->text = NULL;
    output->file = open_memstream(&output->text, &output->bytes);
    assert_non_null(output->file);
}

/// Checks that exactly `expected` was printed, and ends.
static inline void output_check(struct output *output, const char *expected)
{
    (void)fclose(output->file);
    assert_string_equal(output->text, expected);
    free(output->text);
}
