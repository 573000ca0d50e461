// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/config_check.h"

#include "config/key.h"

#include <string.h>

static unsigned key_row(const char *name)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    const struct key *key = key_find(name);
    assert(key != NULL && count <= CONFIG_KEYS_MOST);
    return (unsigned)(key - keys);
}

// The place of the key `name` of a subnet, or where the subnet begins when it was not given.
static const struct config_place *subnet_place(const struct config_places *places, unsigned subnet,
                                               const char *name)
{
    const struct config_place *place = &places->subnets[subnet][key_row(name)];
    return place->line != 0 ? place : &places->subnet_starts[subnet];
}

static void place_set(struct problem *problem, const struct config_place *place)
{
    if (problem != NULL) {
        problem->line = place->line;
        problem->column = place->column;
    }
}

static enum status mode_check(const struct config *config, const struct config_places *places,
                              struct problem *problem)
{
    if (config->dhcp_mode == CONFIG_DHCP_SERVER && config->subnet_count == 0) {
        problem_set(problem, "'dhcp.mode' is server, but there is no network to serve");
        problem_set_remedy(problem, "add the network to 'dhcp.subnets', or set 'dhcp.mode' to auto or proxy");
        place_set(problem, &places->keys[key_row("dhcp.mode")]);
        return STATUS_CONFLICT;
    }
    bool uses_subnets = config->dhcp_mode == CONFIG_DHCP_SERVER || config->dhcp_mode == CONFIG_DHCP_AUTO;
    if (!uses_subnets && config->subnet_count != 0) {
        problem_set(problem,
                    "'dhcp.subnets' says which addresses to give, but 'dhcp.mode' is %s and gives none",
                    config_dhcp_mode_text(config->dhcp_mode));
        problem_set_remedy(problem, "set 'dhcp.mode' to server or auto, or take 'dhcp.subnets' out");
        place_set(problem, &places->keys[key_row("dhcp.subnets")]);
        return STATUS_CONFLICT;
    }
    return STATUS_OK;
}

static enum status interfaces_check(const struct config *config, const struct config_places *places,
                                    struct problem *problem)
{
    for (unsigned i = 1; i < config->interface_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(config->interfaces[i], config->interfaces[j]) == 0) {
                problem_set(problem, "'interfaces' names %s twice", config->interfaces[i]);
                problem_set_remedy(problem, "name each interface once");
                place_set(problem, &places->keys[key_row("interfaces")]);
                return STATUS_CONFLICT;
            }
        }
    }
    return STATUS_OK;
}

static enum status range_check(const struct network *network, struct problem *problem)
{
    char subnet[SUBNET_TEXT_BYTES];
    char address[IP4_TEXT_BYTES];
    if (network->first.value > network->last.value) {
        problem_set(problem, "the range ends before it begins");
        problem_set_remedy(problem, "write the lower address first");
        return STATUS_CONFLICT;
    }
    struct ip4 outside = subnet_has(network->subnet, network->first) ? network->last : network->first;
    if (!subnet_has(network->subnet, outside)) {
        problem_set(problem, "%s of the range is not inside %s", ip4_print(outside, address),
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
    for (unsigned i = 0; i < index; i++) {
        if (subnets_overlap(config->subnets[i].subnet, config->subnets[index].subnet)) {
            char mine[SUBNET_TEXT_BYTES];
            char other[SUBNET_TEXT_BYTES];
            problem_set(problem, "%s overlaps %s of line %u",
                        subnet_print(config->subnets[index].subnet, mine),
                        subnet_print(config->subnets[i].subnet, other),
                        subnet_place(places, i, "dhcp.subnets[].network")->line);
            problem_set_remedy(problem, "keep one of them, or make their prefixes longer");
            place_set(problem, subnet_place(places, index, "dhcp.subnets[].network"));
            return STATUS_CONFLICT;
        }
    }
    return STATUS_OK;
}

// The model has the last word about a network; what it would say is said here first, at the key it is about.
static enum status subnet_check(const struct config *config, const struct config_places *places,
                                unsigned index, struct problem *problem)
{
    const struct network *network = &config->subnets[index];
    if (range_check(network, problem) != STATUS_OK) {
        place_set(problem, subnet_place(places, index, "dhcp.subnets[].range"));
        return STATUS_CONFLICT;
    }
    if (routers_check(network, problem) != STATUS_OK) {
        place_set(problem, subnet_place(places, index, "dhcp.subnets[].routers"));
        return STATUS_CONFLICT;
    }
    if (network_check(network, problem) != STATUS_OK) {
        place_set(problem, subnet_place(places, index, "dhcp.subnets[].range"));
        return STATUS_CONFLICT;
    }
    return overlap_check(config, places, index, problem);
}

static enum status https_check(const struct config *config, const struct config_places *places,
                               struct problem *problem)
{
    bool has_certificate = config->https_certificate[0] != '\0';
    bool has_key = config->https_key[0] != '\0';
    if (has_certificate != has_key) {
        problem_set(problem, "'%s' is set, but '%s' is not", has_key ? "https.key" : "https.certificate",
                    has_key ? "https.certificate" : "https.key");
        problem_set_remedy(problem, "set both, or none of them");
        place_set(problem, &places->keys[key_row(has_key ? "https.key" : "https.certificate")]);
        return STATUS_CONFLICT;
    }
    if (config->https_port == config->http_port) {
        problem_set(problem, "'http.port' and 'https.port' are the same");
        problem_set_remedy(problem, "choose another port for one of them; 0 turns HTTPS off");
        place_set(problem, &places->keys[key_row(config->https_port == 443 ? "http.port" : "https.port")]);
        return STATUS_CONFLICT;
    }
    return STATUS_OK;
}

enum status config_check(const struct config *config, const struct config_places *places,
                         struct problem *problem)
{
    enum status status = interfaces_check(config, places, problem);
    for (unsigned i = 0; status == STATUS_OK && i < config->subnet_count; i++) {
        status = subnet_check(config, places, i, problem);
    }
    if (status == STATUS_OK) {
        status = mode_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = https_check(config, places, problem);
    }
    return status;
}
