// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/identity.h"

#include "base/text.h"

// What vendors leave where a serial number belongs.
static const char *const USELESS_SERIALS[] = {
    "0",
    "00000000",
    "0123456789",
    "1234567890",
    "default string",
    "n/a",
    "none",
    "not applicable",
    "not specified",
    "not available",
    "system serial number",
    "to be filled by o.e.m.",
    "unknown",
};

static bool serial_is_useless(const char *serial)
{
    if (serial == NULL || serial[0] == '\0') {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(USELESS_SERIALS); i++) {
        if (text_equal_nocase(serial, USELESS_SERIALS[i])) {
            return true;
        }
    }
    return false;
}

enum agreement { AGREES, SAYS_NOTHING, CONTRADICTS };

static enum agreement compare_uuid(const struct machine *machine, const struct uuid *uuid)
{
    if (uuid_is_useless(uuid) || uuid_is_useless(&machine->uuid)) {
        return SAYS_NOTHING;
    }
    return uuid_is_same_machine(uuid, &machine->uuid) ? AGREES : CONTRADICTS;
}

static enum agreement compare_serial(const struct machine *machine, const char *serial)
{
    if (serial_is_useless(serial) || serial_is_useless(machine->serial)) {
        return SAYS_NOTHING;
    }
    return text_equal_nocase(serial, machine->serial) ? AGREES : CONTRADICTS;
}

// A matching UUID outweighs the serial number: that one changes when a board is serviced.
static bool contradicts(const struct machine *machine, const struct evidence *evidence)
{
    enum agreement uuid = compare_uuid(machine, &evidence->uuid);
    return uuid == CONTRADICTS ||
           (uuid == SAYS_NOTHING && compare_serial(machine, evidence->serial) == CONTRADICTS);
}

static struct identity conflict(const struct machine *machine, const struct machine *other)
{
    struct identity identity = {.kind = IDENTITY_CONFLICT, .machine = machine, .other = other};
    reasons_add(&identity.reasons, REASON_IDENTITY_CONFLICT);
    return identity;
}

static bool is_same(const struct machine *a, const struct machine *b)
{
    return a == b || (a->id != 0 && a->id == b->id);
}

// A UUID alone names nobody, since boards share them: it may be a new card, or another board. But a machine
// that was added by its UUID only has no card yet that this one could contradict.
static struct identity by_uuid_alone(const struct evidence *evidence, const struct machine *machine)
{
    if (machine->mac_count != 0 || compare_serial(machine, evidence->serial) == CONTRADICTS) {
        return conflict(machine, NULL);
    }
    return (struct identity){.kind = IDENTITY_KNOWN, .machine = machine};
}

struct identity identity_decide(const struct evidence *evidence, const struct machine *by_mac,
                                const struct machine *by_uuid)
{
    if (uuid_is_useless(&evidence->uuid)) {
        by_uuid = NULL;
    }
    if (by_mac == NULL && by_uuid == NULL) {
        struct identity unknown = {.kind = IDENTITY_UNKNOWN};
        reasons_add(&unknown.reasons, REASON_MACHINE_UNKNOWN);
        return unknown;
    }
    if (by_mac == NULL) {
        return by_uuid_alone(evidence, by_uuid);
    }
    if (by_uuid != NULL && !is_same(by_mac, by_uuid)) {
        return conflict(by_mac, by_uuid);
    }
    if (contradicts(by_mac, evidence)) {
        return conflict(by_mac, NULL);
    }
    return (struct identity){.kind = IDENTITY_KNOWN, .machine = by_mac};
}
