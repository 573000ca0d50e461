// SPDX-License-Identifier: GPL-3.0-or-later
// Whether what DHCP serves goes together: the networks with their ranges, classes, and definitions of
// options.
#include "base/text.h"
#include "base/time.h"
#include "config/config_check.h"
#include "config/key.h"

#include <string.h>

#define NETWORK_KEY "dhcp.subnets[].network"
#define RANGE_KEY   "dhcp.subnets[].range"

static enum status span_check(const struct network *network, struct ip4 first, struct ip4 last,
                              const char *what, struct problem *problem)
{
    char subnet[SUBNET_TEXT_BYTES];
    char address[IP4_TEXT_BYTES];
    if (first.value > last.value) {
        problem_set(problem, "%s ends before it begins", what);
        problem_set_remedy(problem, "write the lower address first");
        return STATUS_CONFLICT;
    }
    struct ip4 outside = subnet_has(network->subnet, first) ? last : first;
    if (!subnet_has(network->subnet, outside)) {
        problem_set(problem, "%s of %s is not inside %s", ip4_print(outside, address), what,
                    subnet_print(network->subnet, subnet));
        problem_set_remedy(problem, "choose addresses of that network");
        return STATUS_CONFLICT;
    }
    return STATUS_OK;
}

static enum status routers_check(const struct network *network, struct problem *problem)
{
    char subnet[SUBNET_TEXT_BYTES];
    char address[IP4_TEXT_BYTES];
    for (unsigned i = 0; i < network->router_count; i++) {
        if (!subnet_has(network->subnet, network->routers[i])) {
            problem_set(problem, "the router %s is not inside %s", ip4_print(network->routers[i], address),
                        subnet_print(network->subnet, subnet));
            problem_set_remedy(problem, "a client can only use a router of its own network");
            return STATUS_CONFLICT;
        }
    }
    return STATUS_OK;
}

// Whether the two networks have addresses in common.
static bool subnets_overlap(struct subnet a, struct subnet b)
{
    return subnet_has(a, b.network) || subnet_has(b, a.network);
}

static enum status overlap_check(const struct config *config, const struct config_places *places,
                                 unsigned index, struct problem *problem)
{
    const struct network *network = &config->subnets[index];
    for (unsigned i = 0; i < index; i++) {
        if (subnets_overlap(config->subnets[i].subnet, network->subnet)) {
            char mine[SUBNET_TEXT_BYTES];
            char other[SUBNET_TEXT_BYTES];
            problem_set(problem, "%s overlaps %s of line %u", subnet_print(network->subnet, mine),
                        subnet_print(config->subnets[i].subnet, other),
                        config_place_find(places, &config->subnets[i], NETWORK_KEY).line);
            problem_set_remedy(problem, "keep one of them, or make their prefixes longer");
            return config_place_refuse(places, network, NETWORK_KEY, problem);
        }
    }
    return STATUS_OK;
}

static bool ranges_overlap(struct ip4 first, struct ip4 last, struct ip4 other_first, struct ip4 other_last)
{
    return first.value <= other_last.value && other_first.value <= last.value;
}

static enum status ranges_check(const struct network *network, const struct config_places *places,
                                struct problem *problem)
{
    for (unsigned i = 0; i < network->range_count; i++) {
        const struct network_range *range = &network->ranges[i];
        bool is_twice = network->first.value != 0 &&
                        ranges_overlap(range->first, range->last, network->first, network->last);
        for (unsigned j = 0; j < i; j++) {
            is_twice = is_twice || ranges_overlap(range->first, range->last, network->ranges[j].first,
                                                  network->ranges[j].last);
        }
        enum status status = span_check(network, range->first, range->last, "the range", problem);
        if (status == STATUS_OK && is_twice) {
            problem_set(problem, "this range has addresses that another range of the network has too");
            problem_set_remedy(problem, "let each address be in one range only");
            status = STATUS_CONFLICT;
        }
        if (status != STATUS_OK) {
            return config_place_refuse(places, range, "dhcp.subnets[].ranges[].range", problem);
        }
    }
    return STATUS_OK;
}

static enum status excluded_check(const struct network *network, const struct config_places *places,
                                  struct problem *problem)
{
    for (unsigned i = 0; i < network->excluded_count; i++) {
        const struct network_span *span = &network->excluded[i];
        if (span_check(network, span->first, span->last, "what is excluded", problem) != STATUS_OK) {
            return config_place_refuse(places, network, "dhcp.subnets[].exclude", problem);
        }
    }
    return STATUS_OK;
}

static enum status lease_check(const struct network *network, const struct config_places *places,
                               struct problem *problem)
{
    char lease[DURATION_TEXT_BYTES];
    char bound[DURATION_TEXT_BYTES];
    if (network->lease_least_s > network->lease_s) {
        problem_set(problem, "'lease_min' is %s, but leases last only %s",
                    duration_print(network->lease_least_s, bound), duration_print(network->lease_s, lease));
        problem_set_remedy(problem, "make 'lease_min' shorter, or 'lease' longer");
        return config_place_refuse(places, network, "dhcp.subnets[].lease_min", problem);
    }
    if (network->lease_most_s != 0 && network->lease_most_s < network->lease_s) {
        problem_set(problem, "'lease_max' is %s, but leases last %s",
                    duration_print(network->lease_most_s, bound), duration_print(network->lease_s, lease));
        problem_set_remedy(problem, "make 'lease_max' longer, or 'lease' shorter");
        return config_place_refuse(places, network, "dhcp.subnets[].lease_max", problem);
    }
    return STATUS_OK;
}

// The model has the last word about a network; what it would say is said here first, at the key it is about.
static enum status subnet_check(const struct config *config, const struct config_places *places,
                                unsigned index, struct problem *problem)
{
    const struct network *network = &config->subnets[index];
    if (network->first.value == 0 && network->range_count == 0) {
        problem_set(problem, "this element of 'dhcp.subnets' has no 'range'");
        problem_set_remedy(problem, "add 'range: ', two addresses with '-' between, such as "
                                    "192.0.2.100-192.0.2.199, or 'ranges'");
        return config_place_refuse(places, network, RANGE_KEY, problem);
    }
    bool has_range = network->first.value != 0;
    if (has_range && span_check(network, network->first, network->last, "the range", problem) != STATUS_OK) {
        return config_place_refuse(places, network, RANGE_KEY, problem);
    }
    if (routers_check(network, problem) != STATUS_OK) {
        return config_place_refuse(places, network, "dhcp.subnets[].routers", problem);
    }
    enum status status = ranges_check(network, places, problem);
    if (status == STATUS_OK) {
        status = excluded_check(network, places, problem);
    }
    if (status == STATUS_OK) {
        status = lease_check(network, places, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (network_check(network, problem) != STATUS_OK) {
        return config_place_refuse(places, network, has_range ? RANGE_KEY : "dhcp.subnets[].ranges", problem);
    }
    return overlap_check(config, places, index, problem);
}

static enum status definitions_check(const struct config *config, const struct config_places *places,
                                     struct problem *problem)
{
    const struct dhcp_definitions *definitions = &config->dhcp.definitions;
    for (unsigned i = 0; i < definitions->count; i++) {
        const struct dhcp_definition *one = &definitions->items[i];
        if (dhcp_definition_check(one, problem) != STATUS_OK) {
            return config_place_refuse(places, one, "dhcp.definitions[].name", problem);
        }
        for (unsigned j = 0; j < i; j++) {
            const struct dhcp_definition *other = &definitions->items[j];
            bool same_code = one->code == other->code && strcmp(one->vendor, other->vendor) == 0;
            if (same_code || text_equal_nocase(one->name, other->name)) {
                problem_set(problem, "DHCP option '%s' (%u) is defined already, as '%s' (%u)", one->name,
                            one->code, other->name, other->code);
                problem_set_remedy(problem, "keep one of them");
                return config_place_refuse(places, one, "dhcp.definitions[].name", problem);
            }
        }
    }
    return STATUS_OK;
}

static enum status classes_check(const struct config *config, const struct config_places *places,
                                 struct problem *problem)
{
    const struct dhcp_classes *classes = &config->dhcp.classes;
    for (unsigned i = 0; i < classes->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(classes->items[i].name, classes->items[j].name) == 0) {
                problem_set(problem, "there are two classes called '%s'", classes->items[i].name);
                problem_set_remedy(problem, "give one of them another name");
                return config_place_refuse(places, &classes->items[i], "dhcp.classes[].name", problem);
            }
        }
    }
    return STATUS_OK;
}

enum status config_check_dhcp(const struct config *config, const struct config_places *places,
                              struct problem *problem)
{
    enum status status = definitions_check(config, places, problem);
    if (status == STATUS_OK) {
        status = classes_check(config, places, problem);
    }
    for (unsigned i = 0; status == STATUS_OK && i < config->subnet_count; i++) {
        status = subnet_check(config, places, i, problem);
    }
    return status;
}
