// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/personal.h"

#include "io/heap.h"

#include <string.h>

// "station1.example.org" is the host "station1" in the domain "example.org"; a plain name is in the domain of
// its network.
static enum status personal_render_name(const struct render_facts *facts, struct talk_personal *personal,
                                        struct problem *problem)
{
    char name[MACHINE_NAME_BYTES + INVENTORY_TEXT_BYTES];
    struct text text;
    text_init(&text, name, sizeof name);
    enum status status = render_hostname(facts, &text, problem);
    if (status != STATUS_OK) {
        return status;
    }
    char *dot = strchr(name, '.');
    const char *domain = facts->network == NULL ? "" : facts->network->domain;
    if (dot != NULL) {
        *dot = '\0';
        domain = dot + 1;
    }
    if (text_copy(personal->hostname, sizeof personal->hostname, name) != STATUS_OK ||
        text_copy(personal->domain, sizeof personal->domain, domain) != STATUS_OK) {
        problem_set(problem, "the host name of %s with its domain is too long", facts->machine->name);
        return STATUS_TOO_LONG;
    }
    return STATUS_OK;
}

static enum status personal_fill_network(const struct render_facts *facts, struct talk_personal *personal,
                                         struct problem *problem)
{
    const struct network *network = facts->network;
    if (facts->machine->mac_count != 0) {
        personal->mac = facts->machine->macs[0];
    }
    personal->is_static = facts->profile->personal.network == PROFILE_NETWORK_STATIC;
    if (!personal->is_static) {
        return STATUS_OK;
    }
    if (facts->address.value == 0 || network == NULL) {
        problem_set(problem, "profile %s wants a static network, and the %s of %s is not known",
                    facts->profile->name, facts->address.value == 0 ? "address" : "network",
                    facts->machine->name);
        problem_set_remedy(
            problem,
            facts->address.value == 0
                ? "imprint machine edit %s --address ADDRESS reserves one"
                : "add the network of %s to dhcp.subnets, or let the profile's network be dhcp",
            facts->machine->name);
        return STATUS_NOT_FOUND;
    }
    personal->address = facts->address;
    personal->prefix = network->subnet.prefix;
    if (network->router_count != 0) {
        personal->gateway = network->routers[0];
    }
    for (size_t i = 0; i < COUNT_OF(personal->dns) && i < network->dns_count; i++) {
        personal->dns[i] = network->dns[i];
    }
    return STATUS_OK;
}

static enum status personal_render_script(const struct render_facts *facts, struct talk_personal *personal,
                                          struct problem *problem)
{
    if (facts->profile->personal.script == NULL) {
        return STATUS_OK;
    }
    char *buffer = heap_new(RENDER_SCRIPT_BYTES_MOST);
    struct text text;
    text_init(&text, buffer, RENDER_SCRIPT_BYTES_MOST);
    enum status status = render_script(facts, &text, problem);
    if (status == STATUS_OK) {
        personal->script = heap_copy_text(buffer);
    }
    explicit_bzero(buffer, text.length); // it may hold passwords
    heap_free(buffer);
    return status;
}

static void personal_copy(const struct profile_personal *from, struct talk_personal *personal)
{
    // Each field has the profile's own size.
    (void)text_copy(personal->root_password, sizeof personal->root_password, from->root_password);
    (void)text_copy(personal->user, sizeof personal->user, from->user);
    (void)text_copy(personal->user_password, sizeof personal->user_password, from->user_password);
    (void)text_copy(personal->timezone, sizeof personal->timezone, from->timezone);
    (void)text_copy(personal->locale, sizeof personal->locale, from->locale);
    (void)text_copy(personal->packages, sizeof personal->packages, from->packages);
    personal->ssh_keys =
        from->ssh_keys == NULL || from->ssh_keys[0] == '\0' ? NULL : heap_copy_text(from->ssh_keys);
    personal->is_explicit = from->root_password[0] != '\0' || from->user[0] != '\0' ||
                            from->timezone[0] != '\0' || from->locale[0] != '\0' ||
                            from->packages[0] != '\0' || from->network != PROFILE_NETWORK_DHCP ||
                            personal->ssh_keys != NULL || from->script != NULL;
}

enum status personal_render(const struct render_facts *facts, struct talk_personal *personal,
                            struct problem *problem)
{
    struct text arguments;
    *personal = (struct talk_personal){0};
    personal_copy(&facts->profile->personal, personal);
    text_init(&arguments, personal->arguments, sizeof personal->arguments);
    enum status status = personal_render_name(facts, personal, problem);
    // From here on {{hostname}} is the name that the system gets.
    struct machine named = *facts->machine;
    struct render_facts later = *facts;
    (void)text_copy(named.hostname, sizeof named.hostname, personal->hostname);
    later.machine = &named;
    if (status == STATUS_OK) {
        status = personal_fill_network(&later, personal, problem);
    }
    if (status == STATUS_OK) {
        status = render_own_arguments(&later, &arguments, problem);
    }
    if (status == STATUS_OK) {
        status = personal_render_script(&later, personal, problem);
    }
    personal->is_explicit = personal->is_explicit || personal->arguments[0] != '\0';
    if (status != STATUS_OK) {
        personal_clear(personal);
    }
    return status;
}

static void personal_free_text(char *taken_text)
{
    if (taken_text != NULL) {
        explicit_bzero(taken_text, strlen(taken_text));
    }
    heap_free(taken_text);
}

void personal_clear(struct talk_personal *personal)
{
    personal_free_text(personal->ssh_keys);
    personal_free_text(personal->script);
    explicit_bzero(personal, sizeof *personal);
}
