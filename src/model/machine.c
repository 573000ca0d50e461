// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/machine.h"

#include "base/text.h"

#include <string.h>

static const char *const STATES[MACHINE_STATE_COUNT] = {
    [MACHINE_NEW] = "new", [MACHINE_APPROVED] = "approved", [MACHINE_REJECTED] = "rejected"};

static const char *const LOADERS[MACHINE_LOADER_COUNT] = {[MACHINE_LOADER_AUTO] = "auto",
                                                          [MACHINE_LOADER_IPXE] = "ipxe",
                                                          [MACHINE_LOADER_PXELINUX] = "pxelinux",
                                                          [MACHINE_LOADER_GRUB] = "grub"};

static const char *const ROLLOVERS[MACHINE_ROLLOVER_COUNT] = {
    [MACHINE_ROLLOVER_AUTO] = "auto", [MACHINE_ROLLOVER_0] = "0", [MACHINE_ROLLOVER_1] = "1"};

void machine_init(struct machine *machine)
{
    *machine = (struct machine){.state = MACHINE_NEW, .architecture = UINT16_MAX};
}

static bool is_name_character(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '-';
}

enum status machine_check_name(const char *name, struct problem *problem)
{
    size_t length = strlen(name);
    if (length == 0 || length >= MACHINE_NAME_BYTES) {
        problem_set(problem, "a machine's name has 1 to %d characters, not %zu", MACHINE_NAME_BYTES - 1,
                    length);
        return length == 0 ? STATUS_MALFORMED : STATUS_TOO_LONG;
    }
    size_t good = 0;
    while (is_name_character(name[good])) {
        good++;
    }
    if (good < length || name[0] == '-' || name[length - 1] == '-') {
        problem_set(problem, "'%s' cannot be a machine's name", name);
        problem_set_remedy(problem, "use a-z, 0-9 and '-' inside, like lab-01: its host name comes from it");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

void machine_pick_name(const struct hw *mac, char out[MACHINE_NAME_BYTES])
{
    struct text text;
    text_init(&text, out, MACHINE_NAME_BYTES);
    text_add(&text, mac->length == 0 ? "m-unknown" : "m-");
    for (size_t i = mac->length > 3 ? mac->length - 3u : 0; i < mac->length; i++) {
        text_add_format(&text, "%02x", mac->octets[i]);
    }
}

bool machine_has_mac(const struct machine *machine, const struct hw *mac)
{
    for (size_t i = 0; i < machine->mac_count; i++) {
        if (hw_equal(&machine->macs[i], mac)) {
            return true;
        }
    }
    return false;
}

enum status machine_add_mac(struct machine *machine, const struct hw *mac)
{
    if (machine_has_mac(machine, mac)) {
        return STATUS_EXISTS;
    }
    if (machine->mac_count == MACHINE_MACS_MOST) {
        return STATUS_FULL;
    }
    machine->macs[machine->mac_count++] = *mac;
    return STATUS_OK;
}

const char *machine_state_text(enum machine_state state)
{
    assert(state < MACHINE_STATE_COUNT);
    return STATES[state];
}

enum status machine_state_parse(const char *text, enum machine_state *state)
{
    size_t found = text_find(text, STATES, COUNT_OF(STATES));
    if (found == COUNT_OF(STATES)) {
        return STATUS_NOT_FOUND;
    }
    *state = (enum machine_state)found;
    return STATUS_OK;
}

const char *machine_loader_text(enum machine_loader loader)
{
    assert(loader < MACHINE_LOADER_COUNT);
    return LOADERS[loader];
}

enum status machine_loader_parse(const char *text, enum machine_loader *loader)
{
    size_t found = text_find(text, LOADERS, COUNT_OF(LOADERS));
    if (found == COUNT_OF(LOADERS)) {
        return STATUS_NOT_FOUND;
    }
    *loader = (enum machine_loader)found;
    return STATUS_OK;
}

const char *machine_rollover_text(enum machine_rollover rollover)
{
    assert(rollover < MACHINE_ROLLOVER_COUNT);
    return ROLLOVERS[rollover];
}

enum status machine_rollover_parse(const char *text, enum machine_rollover *rollover)
{
    size_t found = text_find(text, ROLLOVERS, COUNT_OF(ROLLOVERS));
    if (found == COUNT_OF(ROLLOVERS)) {
        return STATUS_NOT_FOUND;
    }
    *rollover = (enum machine_rollover)found;
    return STATUS_OK;
}

const char *machine_hostname(const struct machine *machine)
{
    return machine->hostname[0] != '\0' ? machine->hostname : machine->name;
}
