// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/der.h"

#include <string.h>

#define LENGTH_LONG 0x80 // or'ed with how many bytes of length follow
#define LENGTH_MOST 4    // of those

static size_t read_length(struct reader *reader)
{
    uint8_t first = read_u8(reader);
    unsigned count = first & 0x7fu;
    size_t length = 0;
    if ((first & LENGTH_LONG) == 0) {
        return first;
    }
    if (count == 0 || count > LENGTH_MOST) {
        reader->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        length = length << 8 | read_u8(reader);
    }
    return length;
}

bool der_next(struct reader *reader, struct der *element)
{
    if (reader_left(reader) == 0) {
        return false;
    }
    const uint8_t *start = reader->at;
    uint8_t tag = read_u8(reader);
    size_t length = read_length(reader);
    struct reader body = read_inside(reader, length);
    if (reader->failed || (tag & 0x1f) == 0x1f) { // tags of several bytes: nothing here has them
        reader->failed = true;
        return false;
    }
    *element = (struct der){.tag = tag, .body = body, .all = start, .all_bytes = (size_t)(body.end - start)};
    return true;
}

bool der_next_tagged(struct reader *reader, uint8_t tag, struct der *element)
{
    bool is_there = der_next(reader, element) && element->tag == tag;
    reader->failed = reader->failed || !is_there;
    return is_there;
}

static void copy_plain(struct reader words, char *out, size_t out_bytes)
{
    size_t count = 0;
    while (reader_left(&words) != 0 && count + 1 < out_bytes) {
        uint8_t byte = read_u8(&words);
        out[count++] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
    out[count] = '\0';
}

// Name ::= SEQUENCE OF SET OF SEQUENCE {type OBJECT IDENTIFIER, value}; RFC 5280 section 4.1.2.4.
static bool find_attribute(const struct der *name, uint8_t type, char *out, size_t out_bytes)
{
    const uint8_t wanted[] = {0x55, 0x04, type};
    struct reader sets = name->body;
    struct der set;
    while (der_next(&sets, &set)) {
        struct der pair;
        while (der_next(&set.body, &pair)) {
            struct der oid;
            struct der value;
            if (der_next(&pair.body, &oid) && der_next(&pair.body, &value) && oid.tag == DER_OID &&
                reader_left(&oid.body) == sizeof wanted && memcmp(oid.body.at, wanted, sizeof wanted) == 0) {
                copy_plain(value.body, out, out_bytes);
                return out[0] != '\0';
            }
        }
    }
    return false;
}

bool der_find_common_name(const struct der *name, char *out, size_t out_bytes)
{
    return find_attribute(name, 3, out, out_bytes) || find_attribute(name, 10, out, out_bytes);
}

bool der_next_certificate(struct reader *reader, struct der_certificate *certificate)
{
    struct der whole;
    struct der inner;
    struct der part;
    if (!der_next_tagged(reader, DER_SEQUENCE, &whole)) {
        return false;
    }
    bool is_one = der_next_tagged(&whole.body, DER_SEQUENCE, &inner) && der_next(&inner.body, &part);
    if (is_one && part.tag == DER_CONTEXT) { // its version
        is_one = der_next(&inner.body, &part);
    }
    is_one = is_one && part.tag == DER_INTEGER;
    certificate->serial = part;
    is_one = is_one && der_next_tagged(&inner.body, DER_SEQUENCE, &part) && // how it is signed
             der_next_tagged(&inner.body, DER_SEQUENCE, &certificate->issuer) &&
             der_next_tagged(&inner.body, DER_SEQUENCE, &part) && // its days
             der_next_tagged(&inner.body, DER_SEQUENCE, &certificate->subject);
    reader->failed = reader->failed || !is_one;
    return is_one;
}
