// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/network.h"

#include "base/time.h"

#include <string.h>

#define RANGE_ADDRESSES_MOST (1u << 20)

// RFC 3021: a /31 (and a /32) has neither a network nor a broadcast address.
static bool is_host(struct subnet subnet, struct ip4 address)
{
    if (!subnet_has(subnet, address)) {
        return false;
    }
    return subnet.prefix >= 31 ||
           (!ip4_equal(address, subnet.network) && !ip4_equal(address, subnet_broadcast(subnet)));
}

static enum status check_host(const struct network *network, const char *what, struct ip4 address,
                              struct problem *problem)
{
    if (is_host(network->subnet, address)) {
        return STATUS_OK;
    }
    char address_text[IP4_TEXT_BYTES];
    char subnet_text[SUBNET_TEXT_BYTES];
    problem_set(problem, "%s %s is not a host address of %s", what, ip4_print(address, address_text),
                subnet_print(network->subnet, subnet_text));
    problem_set_remedy(problem, "choose an address inside the network, but not its first or last one");
    return STATUS_CONFLICT;
}

static enum status check_range(const struct network *network, struct problem *problem)
{
    enum status status = check_host(network, "the range's first address", network->first, problem);
    if (status == STATUS_OK) {
        status = check_host(network, "the range's last address", network->last, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (network->last.value < network->first.value) {
        problem_set(problem, "the range ends before it begins");
        problem_set_remedy(problem, "write the lower address first");
        return STATUS_CONFLICT;
    }
    if (network->last.value - network->first.value >= RANGE_ADDRESSES_MOST) {
        problem_set(problem, "the range has more than %u addresses", RANGE_ADDRESSES_MOST);
        problem_set_remedy(problem, "make it smaller, or split the network");
        return STATUS_TOO_LONG;
    }
    return STATUS_OK;
}

enum status network_check(const struct network *network, struct problem *problem)
{
    bool has_range = network->first.value != 0 || network->range_count == 0;
    enum status status = has_range ? check_range(network, problem) : STATUS_OK;
    for (size_t i = 0; i < network->router_count && status == STATUS_OK; i++) {
        status = check_host(network, "the router", network->routers[i], problem);
    }
    if (status == STATUS_OK && network->lease_s < NETWORK_LEASE_LEAST_S) {
        char text[DURATION_TEXT_BYTES];
        problem_set(problem, "a lease of %s is too short", duration_print(network->lease_s, text));
        problem_set_remedy(problem, "use %s or more", duration_print(NETWORK_LEASE_LEAST_S, text));
        return STATUS_CONFLICT;
    }
    return status;
}

bool network_is_same_wire(const struct network *a, const struct network *b)
{
    return a == b || (a->shared[0] != '\0' && strcmp(a->shared, b->shared) == 0);
}

const struct network *network_find_on_wire(const struct network *networks, size_t count,
                                           const struct network *network, struct ip4 address)
{
    if (subnet_has(network->subnet, address)) {
        return network;
    }
    for (size_t i = 0; network->shared[0] != '\0' && i < count; i++) {
        if (subnet_has(networks[i].subnet, address) && network_is_same_wire(network, &networks[i])) {
            return &networks[i];
        }
    }
    return NULL;
}

enum status network_range_parse(const char *text, struct ip4 *first, struct ip4 *last)
{
    char first_text[IP4_TEXT_BYTES];
    size_t length = strcspn(text, "-");
    if (text[length] == '\0' || length >= sizeof first_text) {
        return STATUS_MALFORMED;
    }
    memcpy(first_text, text, length);
    first_text[length] = '\0';
    struct ip4 from;
    struct ip4 to;
    if (ip4_parse(first_text, &from) != STATUS_OK || ip4_parse(text + length + 1, &to) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    *first = from;
    *last = to;
    return STATUS_OK;
}
