// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/network6.h"

#include "base/text.h"
#include "base/time.h"
#include "wire/dhcp6.h"

#define PREFIX_TEXT_BYTES (IP6_TEXT_BYTES + 4)
#define SPAN_TEXT_BYTES   (2 * IP6_TEXT_BYTES)

static int ip6_compare(struct ip6 a, struct ip6 b)
{
    return memcmp(a.octets, b.octets, sizeof a.octets);
}

static char *prefix_print(const struct network6 *network, char out[PREFIX_TEXT_BYTES])
{
    char address[IP6_TEXT_BYTES];
    struct text text;
    text_init(&text, out, PREFIX_TEXT_BYTES);
    text_add_format(&text, "%s/%u", ip6_print(network->prefix, address), network->prefix_bits);
    return out;
}

static bool has_bits_behind(struct ip6 prefix, uint8_t bits)
{
    for (unsigned i = bits; i < 128; i++) {
        if ((prefix.octets[i / 8] & (0x80u >> (i % 8))) != 0) {
            return true;
        }
    }
    return false;
}

static enum status span_check(const struct network6 *network, const struct network6_span *span,
                              const char *what, struct problem *problem)
{
    char prefix[PREFIX_TEXT_BYTES];
    char address[IP6_TEXT_BYTES];
    if (!network6_has(network, span->first) || !network6_has(network, span->last)) {
        struct ip6 outside = network6_has(network, span->first) ? span->last : span->first;
        problem_set(problem, "%s has %s, which is not an address of %s", what, ip6_print(outside, address),
                    prefix_print(network, prefix));
        problem_set_remedy(problem, "choose addresses inside the network");
        return STATUS_CONFLICT;
    }
    if (ip6_compare(span->first, span->last) > 0) {
        problem_set(problem, "%s ends before it begins", what);
        problem_set_remedy(problem, "write the lower address first");
        return STATUS_CONFLICT;
    }
    return STATUS_OK;
}

static enum status range_check(const struct network6 *network, struct problem *problem)
{
    if (ip6_is_none(network->range.first)) {
        return STATUS_OK;
    }
    enum status status = span_check(network, &network->range, "the range", problem);
    if (status == STATUS_OK && !ip6_is_in(network->range.last, network->range.first, NETWORK6_RANGE_BITS)) {
        problem_set(problem, "the range spans more than one /%d", NETWORK6_RANGE_BITS);
        problem_set_remedy(problem, "make it smaller: a /%d has more addresses than there are machines",
                           NETWORK6_RANGE_BITS);
        return STATUS_TOO_LONG;
    }
    return status;
}

enum status network6_check(const struct network6 *network, struct problem *problem)
{
    char text[PREFIX_TEXT_BYTES];
    if (network->prefix_bits < 1 || network->prefix_bits > 127 || ip6_is_group(network->prefix) ||
        ip6_is_link_local(network->prefix) || has_bits_behind(network->prefix, network->prefix_bits)) {
        problem_set(problem, "%s is not a network that DHCPv6 can serve", prefix_print(network, text));
        problem_set_remedy(problem, "write a prefix of global or unique local addresses whose bits behind "
                                    "its length are zero, as in 2001:db8:1::/64");
        return STATUS_CONFLICT;
    }
    enum status status = range_check(network, problem);
    for (size_t i = 0; i < network->excluded_count && status == STATUS_OK; i++) {
        status = span_check(network, &network->excluded[i], "what is excluded", problem);
    }
    uint8_t domain[2 * NETWORK_DOMAIN_BYTES];
    struct writer writer = writer_init(domain, sizeof domain);
    if (status == STATUS_OK && network->domain[0] != '\0' &&
        dhcp6_put_domain(&writer, network->domain) != STATUS_OK) {
        problem_set(problem, "\"%s\" is not a domain name", network->domain);
        problem_set_remedy(problem, "write labels of 1 to 63 characters with dots between them");
        return STATUS_CONFLICT;
    }
    if (status == STATUS_OK && network->valid_s < NETWORK_LEASE_LEAST_S) {
        char duration[DURATION_TEXT_BYTES];
        problem_set(problem, "a lease of %s is too short", duration_print(network->valid_s, duration));
        problem_set_remedy(problem, "use %s or more", duration_print(NETWORK_LEASE_LEAST_S, duration));
        return STATUS_CONFLICT;
    }
    return status;
}

bool network6_has(const struct network6 *network, struct ip6 address)
{
    return ip6_is_in(address, network->prefix, network->prefix_bits);
}

static bool span_has(const struct network6_span *span, struct ip6 address)
{
    return ip6_compare(span->first, address) <= 0 && ip6_compare(address, span->last) <= 0;
}

// What hosts make from their MAC address (RFC 4291 appendix A), routers' anycast (section 2.6.1) and subnet
// anycast (RFC 2526, RFC 5453).
static bool is_special(struct ip6 address)
{
    static const uint8_t ZERO[8] = {0};
    static const uint8_t ANYCAST[7] = {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const uint8_t *id = address.octets + 8;
    return (id[3] == 0xff && id[4] == 0xfe) || memcmp(id, ZERO, sizeof ZERO) == 0 ||
           (memcmp(id, ANYCAST, sizeof ANYCAST) == 0 && id[7] >= 0x80);
}

bool network6_is_dynamic(const struct network6 *network, struct ip6 address)
{
    if (ip6_is_none(network->range.first) || !span_has(&network->range, address) || is_special(address)) {
        return false;
    }
    for (size_t i = 0; i < network->excluded_count; i++) {
        if (span_has(&network->excluded[i], address)) {
            return false;
        }
    }
    return true;
}

bool network6_is_same_wire(const struct network6 *a, const struct network6 *b)
{
    return a == b || (a->shared[0] != '\0' && strcmp(a->shared, b->shared) == 0);
}

const struct network6 *network6_find(const struct network6 *networks, size_t count, struct ip6 address)
{
    const struct network6 *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (network6_has(&networks[i], address) &&
            (best == NULL || networks[i].prefix_bits > best->prefix_bits)) {
            best = &networks[i];
        }
    }
    return best;
}

const struct network6 *network6_find_on_wire(const struct network6 *networks, size_t count,
                                             const struct network6 *network, struct ip6 address)
{
    if (network6_has(network, address)) {
        return network;
    }
    for (size_t i = 0; networks != NULL && i < count; i++) {
        if (network6_is_same_wire(&networks[i], network) && network6_has(&networks[i], address)) {
            return &networks[i];
        }
    }
    return NULL;
}

enum status network6_span_parse(const char *text, struct network6_span *span)
{
    char first[SPAN_TEXT_BYTES];
    struct network6_span parsed;
    const char *dash = strchr(text, '-');
    if (text_copy(first, sizeof first, text) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    if (dash != NULL) {
        first[dash - text] = '\0';
    }
    if (ip6_parse(first, &parsed.first) != STATUS_OK ||
        ip6_parse(dash == NULL ? first : dash + 1, &parsed.last) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    *span = parsed;
    return STATUS_OK;
}

enum status network6_prefix_parse(const char *text, struct ip6 *prefix, uint8_t *bits)
{
    char address[PREFIX_TEXT_BYTES];
    struct ip6 parsed;
    uint64_t length = 0;
    const char *slash = strchr(text, '/');
    if (slash == NULL || text_copy(address, sizeof address, text) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    address[slash - text] = '\0';
    if (ip6_parse(address, &parsed) != STATUS_OK || text_parse_u64(slash + 1, 128, &length) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    if (has_bits_behind(parsed, (uint8_t)length)) {
        return STATUS_CONFLICT;
    }
    *prefix = parsed;
    *bits = (uint8_t)length;
    return STATUS_OK;
}

const char *network6_advertise_text(enum network6_advertise advertise)
{
    static const char *const TEXTS[] = {"no", "managed", "other", "slaac"};
    return TEXTS[advertise];
}
