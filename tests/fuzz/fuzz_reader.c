// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/reader.h"
#include "fuzz/fuzz.h"

// The input is a program for the reader as well as its data: each byte read chooses what is read next.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_init(data, size);
    uint8_t scratch[32];
    size_t length;
    while (reader_left(&reader) != 0) {
        uint8_t next = read_u8(&reader);
        struct reader child = read_inside(&reader, next & 15);
        switch (next >> 4 & 7) {
        case 0:
            (void)read_string(&child, &length);
            break;
        case 1:
            read_copy(&child, scratch, next & 31);
            break;
        case 2:
            (void)read_be16(&child);
            (void)read_le32(&child);
            break;
        default:
            read_skip(&child, next & 7);
            (void)read_be32(&child);
            break;
        }
        fuzz_must(reader_left(&child) <= (next & 15));
    }
    fuzz_must(reader.failed || reader_is_done(&reader));
    return 0;
}
