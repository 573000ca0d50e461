// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/config_check.h"

#include "base/text.h"
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

static enum status refuse_key(const struct config_places *places, const char *key, struct problem *problem)
{
    place_set(problem, &places->keys[key_row(key)]);
    return STATUS_CONFLICT;
}

// Whether a file in folder `outer` may be one in folder `inner`, as far as their names tell: it is the same
// folder, or one around it. Both are absolute and without "..".
static bool folder_has(const char *outer, const char *inner)
{
    for (;;) {
        while (*outer == '/' || (*outer == '.' && (outer[1] == '/' || outer[1] == '\0'))) {
            outer++;
        }
        while (*inner == '/' || (*inner == '.' && (inner[1] == '/' || inner[1] == '\0'))) {
            inner++;
        }
        size_t length = strcspn(outer, "/");
        if (length == 0) {
            return true;
        }
        if (length != strcspn(inner, "/") || strncmp(outer, inner, length) != 0) {
            return false;
        }
        outer += length;
        inner += length;
    }
}

static enum status ports_check(const struct config *config, const struct config_places *places,
                               struct problem *problem)
{
    static const uint16_t TAKEN[] = {67, 68, 69, 4011};
    struct config_ports ports = config->tftp.ports;
    if (ports.first == 0) {
        return STATUS_OK;
    }
    if (config->tftp.is_single_port) {
        problem_set(problem, "'tftp.ports' names ports to send from, but with 'tftp.single_port' there is "
                             "only port 69");
        problem_set_remedy(problem, "take one of the two out");
        return refuse_key(places, "tftp.ports", problem);
    }
    if (ports.first > ports.last) {
        problem_set(problem, "'tftp.ports' ends before it begins");
        problem_set_remedy(problem, "write the lower port first");
        return refuse_key(places, "tftp.ports", problem);
    }
    for (size_t i = 0; i < COUNT_OF(TAKEN); i++) {
        if (ports.first <= TAKEN[i] && TAKEN[i] <= ports.last) {
            problem_set(problem, "'tftp.ports' has port %u in it, which imprint needs for requests",
                        TAKEN[i]);
            problem_set_remedy(problem, "choose ports above 49151, such as 50000-50099");
            return refuse_key(places, "tftp.ports", problem);
        }
    }
    unsigned count = (unsigned)(ports.last - ports.first) + 1;
    if (count < config->tftp.threads) {
        problem_set(problem, "'tftp.ports' has %u %s, but each of the %u threads of 'tftp.threads' needs one",
                    count, count == 1 ? "port" : "ports", config->tftp.threads);
        problem_set_remedy(problem, "make the range larger, or set 'tftp.threads' to %u or 0", count);
        return refuse_key(places, "tftp.ports", problem);
    }
    return STATUS_OK;
}

static enum status refuse_upload(const struct config_places *places, struct problem *problem)
{
    problem_set_remedy(problem, "name a folder that holds nothing else, such as /srv/tftp-uploads");
    return refuse_key(places, "tftp.upload.folder", problem);
}

static enum status upload_check(const struct config *config, const struct config_places *places,
                                struct problem *problem)
{
    static const char *const OURS[] = {"images", "tls", "logs"};
    const char *folder = config->tftp.upload_folder;
    if (folder[0] == '\0') {
        return STATUS_OK;
    }
    const char *named = folder_has(folder, config->tftp_root) ? "tftp.root"
                        : folder_has(folder, config->state)   ? "state"
                                                              : NULL;
    if (named != NULL) {
        problem_set(problem,
                    "'tftp.upload.folder' is the folder of '%s' or lies around it, so any client "
                    "could add files to what imprint works with",
                    named);
        return refuse_upload(places, problem);
    }
    for (size_t i = 0; i < COUNT_OF(OURS); i++) {
        char ours[CONFIG_PATH_BYTES + 8];
        struct text text;
        text_init(&text, ours, sizeof ours);
        text_add_format(&text, "%s/%s", config->state, OURS[i]);
        if (folder_has(ours, folder)) {
            problem_set(problem, "'tftp.upload.folder' is inside %s, where imprint keeps its own files",
                        ours);
            return refuse_upload(places, problem);
        }
    }
    return STATUS_OK;
}

static enum status groups_check(const struct config *config, const struct config_places *places,
                                struct problem *problem)
{
    struct config_range groups = config->tftp.multicast_groups;
    if (groups.first.value >> 24 != 239 || groups.last.value >> 24 != 239) {
        problem_set(problem, "'tftp.multicast_groups' goes beyond 239.0.0.0/8");
        problem_set_remedy(problem, "choose addresses that are for networks of one's own, such as "
                                    "239.255.69.0-239.255.69.255");
        return refuse_key(places, "tftp.multicast_groups", problem);
    }
    if (groups.first.value > groups.last.value) {
        problem_set(problem, "'tftp.multicast_groups' ends before it begins");
        problem_set_remedy(problem, "write the lower address first");
        return refuse_key(places, "tftp.multicast_groups", problem);
    }
    return STATUS_OK;
}

static enum status tftp_check(const struct config *config, const struct config_places *places,
                              struct problem *problem)
{
    enum status status = ports_check(config, places, problem);
    if (status == STATUS_OK) {
        status = upload_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = groups_check(config, places, problem);
    }
    return status;
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
    if (status == STATUS_OK) {
        status = tftp_check(config, places, problem);
    }
    return status;
}
