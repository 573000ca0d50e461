// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/token.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

bool token_make(char *out, size_t bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    uint8_t random[(TOKEN_BYTES_MOST - 1) / 2];
    size_t count = (bytes - 1) / 2;
    assert(bytes % 2 == 1 && bytes <= TOKEN_BYTES_MOST);
    out[0] = '\0';
    if (getrandom(random, count, 0) != (ssize_t)count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = DIGITS[random[i] >> 4];
        out[2 * i + 1] = DIGITS[random[i] & 15];
    }
    out[2 * count] = '\0';
    explicit_bzero(random, sizeof random);
    return true;
}

bool token_equal(const char *one, const char *other)
{
    size_t length = strlen(one);
    unsigned difference = length == strlen(other) ? 0 : 1;
    for (size_t i = 0; difference != 1 && i < length; i++) {
        difference |= ((unsigned)(unsigned char)one[i] ^ (unsigned char)other[i]) << 1;
    }
    return difference == 0;
}
