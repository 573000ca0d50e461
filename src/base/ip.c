// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/ip.h"

#include "base/text.h"

#define GROUPS 8

bool ip6_is_in(struct ip6 address, struct ip6 network, uint8_t prefix)
{
    size_t whole = prefix / 8;
    uint8_t mask = (uint8_t)(0xff00u >> prefix % 8);
    return memcmp(address.octets, network.octets, whole) == 0 &&
           (whole == sizeof address.octets || ((address.octets[whole] ^ network.octets[whole]) & mask) == 0);
}

// ---- parsing ----

struct groups {
    uint16_t values[GROUPS];
    unsigned count;
    int gap; // where "::" stands; -1 = not yet
};

// Up to four hex digits at `*text`.
static bool parse_group(const char **text, uint16_t *value)
{
    unsigned digits = 0;
    unsigned read = 0;
    int digit;
    while ((digit = text_parse_hex_digit(**text)) >= 0) {
        read = read << 4 | (unsigned)digit;
        if (++digits > 4) {
            return false;
        }
        ++*text;
    }
    *value = (uint16_t)read;
    return digits != 0;
}

static bool parse_quad(const char *text, struct groups *groups)
{
    struct ip4 quad;
    if (groups->count > GROUPS - 2 || ip4_parse(text, &quad) != STATUS_OK) {
        return false;
    }
    groups->values[groups->count++] = (uint16_t)(quad.value >> 16);
    groups->values[groups->count++] = (uint16_t)quad.value;
    return true;
}

static bool parse_gap(const char **text, struct groups *groups)
{
    if ((*text)[0] != ':' || (*text)[1] != ':') {
        return false;
    }
    *text += 2;
    bool is_first = groups->gap < 0;
    groups->gap = (int)groups->count;
    return is_first;
}

static bool parse_groups(const char *text, struct groups *groups)
{
    bool may_end = text[0] == ':' && parse_gap(&text, groups); // behind a gap, and nowhere else
    if (text[0] == ':') {
        return false;
    }
    while (*text != '\0') {
        const char *start = text;
        uint16_t value;
        if (groups->count == GROUPS || !parse_group(&text, &value)) {
            return false;
        }
        if (*text == '.') {
            return parse_quad(start, groups);
        }
        groups->values[groups->count++] = value;
        may_end = *text == '\0';
        if (!may_end && text[0] == ':' && text[1] == ':') {
            may_end = parse_gap(&text, groups);
            if (!may_end || *text == ':') {
                return false;
            }
        } else if (!may_end && *text++ != ':') {
            return false;
        }
    }
    return may_end;
}

enum status ip6_parse(const char *text, struct ip6 *address)
{
    struct groups groups = {.gap = -1};
    if (!parse_groups(text, &groups) || (groups.gap < 0) != (groups.count == GROUPS)) {
        return STATUS_MALFORMED;
    }
    struct ip6 parsed = {{0}};
    for (unsigned i = 0; i < groups.count; i++) {
        bool is_behind = groups.gap >= 0 && (int)i >= groups.gap;
        unsigned at = is_behind ? GROUPS - groups.count + i : i;
        parsed.octets[2 * at] = (uint8_t)(groups.values[i] >> 8);
        parsed.octets[2 * at + 1] = (uint8_t)groups.values[i];
    }
    *address = parsed;
    return STATUS_OK;
}

// ---- printing ----

static unsigned group_of(struct ip6 address, unsigned at)
{
    return (unsigned)address.octets[2 * at] << 8 | address.octets[2 * at + 1];
}

// The longest run of at least two zero groups, the first of several; its length, or 0.
static unsigned find_run(struct ip6 address, unsigned *first)
{
    unsigned longest = 1;
    for (unsigned at = 0; at < GROUPS; at++) {
        unsigned length = 0;
        while (at + length < GROUPS && group_of(address, at + length) == 0) {
            length++;
        }
        if (length > longest) {
            longest = length;
            *first = at;
        }
        at += length;
    }
    return longest > 1 ? longest : 0;
}

char *ip6_print(struct ip6 address, char out[IP6_TEXT_BYTES])
{
    struct text text;
    unsigned first = GROUPS;
    unsigned run = find_run(address, &first);
    text_init(&text, out, IP6_TEXT_BYTES);
    for (unsigned at = 0; at < GROUPS; at++) {
        if (at == first) {
            text_add(&text, "::");
            at += run - 1;
            continue;
        }
        bool is_glued = at == 0 || at == first + run;
        text_add_format(&text, "%s%x", is_glued ? "" : ":", group_of(address, at));
    }
    return out;
}

enum status ip_parse(const char *text, struct ip *address)
{
    struct ip4 ip4;
    if (ip4_parse(text, &ip4) == STATUS_OK) {
        *address = ip_from_ip4(ip4);
        return STATUS_OK;
    }
    return ip6_parse(text, &address->value);
}

char *ip_print(struct ip address, char out[IP_TEXT_BYTES])
{
    return ip_is_ip6(address) ? ip6_print(address.value, out) : ip4_print(ip_get_ip4(address), out);
}

char *ip_print_host(struct ip address, char out[IP_HOST_BYTES])
{
    char plain[IP_TEXT_BYTES];
    struct text text;
    text_init(&text, out, IP_HOST_BYTES);
    text_add_format(&text, ip_is_ip6(address) ? "[%s]" : "%s", ip_print(address, plain));
    return out;
}
