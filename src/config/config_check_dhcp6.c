// SPDX-License-Identifier: GPL-3.0-or-later
// Whether what DHCPv6 serves and router advertisements say goes together.
#include "base/time.h"
#include "config/config_check.h"

#define PREFIX6_KEY   "dhcp6.subnets[].prefix"
#define RANGE6_KEY    "dhcp6.subnets[].range"
#define ADVERTISE_KEY "dhcp6.subnets[].router_advertisements"
#define ROUTER6_KEY   "dhcp6.subnets[].router"
#define SLAAC_BITS    64 // only such prefixes can hosts make addresses in (RFC 4862 section 5.5.3)

static enum status lease6_check(const struct network6 *network, const struct config_places *places,
                                struct problem *problem)
{
    char lease[DURATION_TEXT_BYTES];
    char part[DURATION_TEXT_BYTES];
    if (network->preferred_s > network->valid_s) {
        problem_set(problem, "'lease_preferred' is %s, but leases last only %s",
                    duration_print(network->preferred_s, part), duration_print(network->valid_s, lease));
        problem_set_remedy(problem, "make 'lease_preferred' shorter, or 'lease' longer");
        return config_place_refuse(places, network, "dhcp6.subnets[].lease_preferred", problem);
    }
    if (network->lease_boot_s != 0 && network->lease_boot_s < NETWORK_LEASE_LEAST_S) {
        problem_set(problem, "'lease_boot' is %s, which is too short",
                    duration_print(network->lease_boot_s, part));
        problem_set_remedy(problem, "use %s or more, or 0s for a whole lease",
                           duration_print(NETWORK_LEASE_LEAST_S, lease));
        return config_place_refuse(places, network, "dhcp6.subnets[].lease_boot", problem);
    }
    return STATUS_OK;
}

static enum status managed_check(const struct config *config, const struct config_places *places,
                                 const struct network6 *network, struct problem *problem)
{
    if (network->advertise != NETWORK6_ADVERTISE_MANAGED) {
        return STATUS_OK;
    }
    if (config->dhcp6.mode == CONFIG_DHCP6_STATELESS) {
        problem_set(problem, "router advertisements that say 'managed' send clients to DHCPv6 for addresses, "
                             "but 'dhcp6.mode' is stateless");
        problem_set_remedy(problem, "write 'other', or set 'dhcp6.mode' to server");
        return config_place_refuse(places, network, ADVERTISE_KEY, problem);
    }
    if (ip6_is_none(network->range.first)) {
        problem_set(problem, "router advertisements that say 'managed' send clients to DHCPv6 for addresses, "
                             "but this network has no 'range'");
        problem_set_remedy(problem, "add 'range: ', two addresses with '-' between, or write 'other'");
        return config_place_refuse(places, network, ADVERTISE_KEY, problem);
    }
    return STATUS_OK;
}

static enum status advertise_check(const struct config *config, const struct config_places *places,
                                   const struct network6 *network, struct problem *problem)
{
    bool is_slaac =
        network->advertise == NETWORK6_ADVERTISE_OTHER || network->advertise == NETWORK6_ADVERTISE_SLAAC;
    if (is_slaac && network->prefix_bits != SLAAC_BITS) {
        problem_set(problem, "hosts cannot make addresses themselves in a prefix of %u bits",
                    network->prefix_bits);
        problem_set_remedy(problem, "use a /%u, or let 'router_advertisements' be managed", SLAAC_BITS);
        return config_place_refuse(places, network, ADVERTISE_KEY, problem);
    }
    if (network->is_router && network->advertise == NETWORK6_ADVERTISE_NO) {
        problem_set(problem, "'router' has no effect where 'router_advertisements' is off");
        problem_set_remedy(problem, "take it out, or set 'router_advertisements'");
        return config_place_refuse(places, network, ROUTER6_KEY, problem);
    }
    return managed_check(config, places, network, problem);
}

static enum status twice_check(const struct config *config, const struct config_places *places,
                               unsigned index, struct problem *problem)
{
    const struct network6 *network = &config->dhcp6.subnets[index];
    for (unsigned i = 0; i < index; i++) {
        const struct network6 *other = &config->dhcp6.subnets[i];
        if (network6_has(other, network->prefix) || network6_has(network, other->prefix)) {
            problem_set(problem, "this prefix overlaps that of line %u",
                        config_place_find(places, other, PREFIX6_KEY).line);
            problem_set_remedy(problem, "keep one of them, or make their prefixes longer");
            return config_place_refuse(places, network, PREFIX6_KEY, problem);
        }
    }
    return STATUS_OK;
}

static enum status subnet6_check(const struct config *config, const struct config_places *places,
                                 unsigned index, struct problem *problem)
{
    const struct network6 *network = &config->dhcp6.subnets[index];
    if (network6_check(network, problem) != STATUS_OK) {
        bool has_place = config_place_find(places, network, RANGE6_KEY).line != 0;
        return config_place_refuse(places, network, has_place ? RANGE6_KEY : PREFIX6_KEY, problem);
    }
    enum status status = lease6_check(network, places, problem);
    if (status == STATUS_OK) {
        status = advertise_check(config, places, network, problem);
    }
    return status == STATUS_OK ? twice_check(config, places, index, problem) : status;
}

enum status config_check_dhcp6(const struct config *config, const struct config_places *places,
                               struct problem *problem)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; status == STATUS_OK && i < config->dhcp6.subnet_count; i++) {
        status = subnet6_check(config, places, i, problem);
    }
    if (status == STATUS_OK && config->dhcp6.mode != CONFIG_DHCP6_OFF && config->dhcp6.subnet_count == 0) {
        problem_set(problem, "'dhcp6.mode' is set, but there are no 'dhcp6.subnets' to serve");
        problem_set_remedy(problem, "add 'dhcp6.subnets' with a 'prefix', or set 'dhcp6.mode' to off");
        return config_place_refuse(places, config, "dhcp6.mode", problem);
    }
    return status;
}
