// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/value_network6.h"

#include "model/network6.h"

#include <string.h>

enum status value_prefix6_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    struct ip6 prefix;
    uint8_t bits;
    enum status status = network6_prefix_parse(text, &prefix, &bits);
    if (status == STATUS_OK) {
        memcpy(value, &prefix, sizeof prefix);
        memcpy((uint8_t *)value + sizeof prefix, &bits, sizeof bits);
    }
    return status;
}

void value_prefix6_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct ip6 prefix;
    memcpy(&prefix, value, sizeof prefix);
    char address[IP6_TEXT_BYTES];
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    text_add_format(&text, "%s/%u", ip6_print(prefix, address), ((const uint8_t *)value)[sizeof prefix]);
}

void value_prefix6_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "a network whose bits behind the prefix are zero, such as 2001:db8:1::/64");
}

enum status value_address6_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    struct ip6 address;
    enum status status = ip6_parse(text, &address);
    if (status == STATUS_OK && (ip6_is_none(address) || ip6_is_group(address))) {
        status = STATUS_MALFORMED;
    }
    if (status == STATUS_OK) {
        memcpy(value, &address, sizeof address);
    }
    return status;
}

void value_address6_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct ip6 address;
    memcpy(&address, value, sizeof address);
    (void)ip6_print(address, out);
}

void value_address6_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "an IPv6 address, such as 2001:db8:1::1");
}

enum status value_span6_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    struct network6_span span;
    enum status status = network6_span_parse(text, &span);
    if (status == STATUS_OK && (ip6_is_none(span.first) || ip6_is_none(span.last))) {
        status = STATUS_MALFORMED;
    }
    if (status == STATUS_OK) {
        memcpy(value, &span, sizeof span);
    }
    return status;
}

void value_span6_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct network6_span span;
    memcpy(&span, value, sizeof span);
    char address[IP6_TEXT_BYTES];
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    if (ip6_is_none(span.first)) {
        return;
    }
    text_add(&text, ip6_print(span.first, address));
    if (!ip6_equal(span.first, span.last)) {
        text_add_format(&text, "-%s", ip6_print(span.last, address));
    }
}

void value_span6_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "two IPv6 addresses with '-' between, such as 2001:db8:1::1000-2001:db8:1::1fff, or one");
}
