// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/uuid.h"

#include "base/text.h"

#include <string.h>

struct uuid uuid_swap(const struct uuid *uuid)
{
    static const uint8_t ORDER[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    struct uuid swapped;
    for (size_t i = 0; i < sizeof ORDER; i++) {
        swapped.bytes[i] = uuid->bytes[ORDER[i]];
    }
    return swapped;
}

struct uuid uuid_from_wire(const uint8_t bytes[16])
{
    struct uuid wire;
    memcpy(wire.bytes, bytes, sizeof wire.bytes);
    return uuid_swap(&wire);
}

enum status uuid_parse(const char *text, struct uuid *uuid)
{
    struct uuid parsed;
    bool braced = *text == '{';
    text += braced;
    for (size_t i = 0; i < sizeof parsed.bytes; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text == '-') {
            text++;
        }
        int high = text_parse_hex_digit(text[0]);
        int low = high < 0 ? -1 : text_parse_hex_digit(text[1]);
        if (low < 0) {
            return STATUS_MALFORMED;
        }
        parsed.bytes[i] = (uint8_t)(high * 16 + low);
        text += 2;
    }
    if (braced && *text++ != '}') {
        return STATUS_MALFORMED;
    }
    if (*text != '\0') {
        return STATUS_MALFORMED;
    }
    *uuid = parsed;
    return STATUS_OK;
}

char *uuid_print(const struct uuid *uuid, char out[UUID_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, UUID_TEXT_BYTES);
    for (size_t i = 0; i < sizeof uuid->bytes; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        text_add_format(&text, dash ? "-%02x" : "%02x", uuid->bytes[i]);
    }
    return out;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool uuid_is_same_machine(const struct uuid *a, const struct uuid *b)
{
    struct uuid swapped = uuid_swap(b);
    return uuid_equal(a, b) || uuid_equal(a, &swapped);
}

// Seen on boards whose vendor never set them. Both spellings are compared.
static const struct uuid USELESS[] = {
    {{0x03, 0x00, 0x02, 0x00, 0x04, 0x00, 0x05, 0x00, 0x00, 0x06, 0x00, 0x07, 0x00, 0x08, 0x00, 0x09}},
    {{0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x56, 0x78, 0x90, 0xab, 0xcd, 0xdf, 0xab, 0xcd, 0xdf, 0xab}},
    {{0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe}},
};

bool uuid_is_useless(const struct uuid *uuid)
{
    size_t same = 1;
    while (same < sizeof uuid->bytes && uuid->bytes[same] == uuid->bytes[0]) {
        same++;
    }
    if (same == sizeof uuid->bytes) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(USELESS); i++) {
        if (uuid_is_same_machine(uuid, &USELESS[i])) {
            return true;
        }
    }
    return false;
}
