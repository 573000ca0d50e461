// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_terms.h"

#include "wire/dhcp4_options.h"

#include <string.h>

void dhcp_terms_find(const struct config_dhcp *dhcp, const struct network *network,
                     const struct boot_client *client, struct dhcp_terms *terms)
{
    memset(terms, 0, offsetof(struct dhcp_terms, options)); // the options are large, and seldom looked at
    terms->profile = "";
    if (dhcp != NULL && dhcp->classes.count != 0) {
        terms->classes = dhcp_class_find(&dhcp->classes, client);
        terms->unknown = dhcp_class_pick_unknown(&dhcp->classes, terms->classes);
        terms->profile = dhcp_class_pick_profile(&dhcp->classes, terms->classes);
        terms->lease_s = dhcp_class_pick_lease_s(&dhcp->classes, terms->classes);
    }
    if (terms->unknown == POLICY_CHOICE_DEFAULT && network != NULL) {
        terms->unknown = network->unknown;
    }
}

// Whether anything is to be merged: mostly it is not, and then nothing is copied.
static bool has_options(const struct config_dhcp *dhcp, const struct network *network,
                        const struct machine *machine, uint64_t classes)
{
    return (dhcp != NULL && dhcp->options.count != 0) || (network != NULL && network->options.count != 0) ||
           classes != 0 || (machine != NULL && machine->dhcp_options[0] != '\0');
}

// The network's own keys are particular to it; what all clients are told gives way.
static void put_network_keys(const struct network *network, struct dhcp_option_set *set)
{
    if (network->router_count != 0) {
        dhcp_option_remove(set, DHCP4_OPTION_ROUTERS);
    }
    if (network->dns_count != 0) {
        dhcp_option_remove(set, DHCP4_OPTION_DNS_SERVERS);
    }
    if (network->ntp_count != 0) {
        dhcp_option_remove(set, DHCP4_OPTION_NTP_SERVERS);
    }
    if (network->domain[0] != '\0') {
        dhcp_option_remove(set, DHCP4_OPTION_DOMAIN_NAME);
    }
}

static void vendor_class_copy(const struct boot_client *client, char out[BOOT_EVIDENCE_BYTES + 1])
{
    memcpy(out, client->vendor_class.bytes, client->vendor_class.length);
    out[client->vendor_class.length] = '\0';
}

void dhcp_terms_merge(const struct config_dhcp *dhcp, const struct network *network,
                      const struct machine *machine, const struct boot_client *client,
                      struct dhcp_terms *terms)
{
    if (!has_options(dhcp, network, machine, terms->classes)) {
        return;
    }
    struct dhcp_option_set *set = &terms->options;
    dhcp_option_set_init(set);
    if (dhcp != NULL) {
        *set = dhcp->options;
    }
    if (network != NULL) {
        put_network_keys(network, set);
        (void)dhcp_option_merge(set, &network->options);
    }
    if (dhcp != NULL) {
        dhcp_class_merge(&dhcp->classes, terms->classes, set);
    }
    if (machine != NULL) {
        dhcp_option_parse_lines(set, dhcp == NULL ? NULL : &dhcp->definitions, machine->dhcp_options);
    }
    char vendor_class[BOOT_EVIDENCE_BYTES + 1];
    vendor_class_copy(client, vendor_class);
    dhcp_option_resolve(set, vendor_class);
    terms->has_options = set->count != 0;
}
