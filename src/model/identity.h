// SPDX-License-Identifier: GPL-3.0-or-later
// Who is it? Evidence from one packet against the machines we know. A MAC is the key; a UUID confirms or
// contradicts. Two spellings of one UUID are one machine. Contradictions are told, not guessed away: docks
// share MACs, boards share UUIDs.
#pragma once

#include "model/machine.h"
#include "model/reason.h"

struct evidence {
    struct hw mac;      // length 0 = none
    struct uuid uuid;   // all zero = none
    const char *serial; // borrowed, NULL or "" = none
};

enum identity_kind {
    IDENTITY_UNKNOWN,  // nobody we know
    IDENTITY_KNOWN,    // this one, nothing contradicts
    IDENTITY_CONFLICT, // evidence points to different machines, or half to one we know
};

struct identity {
    enum identity_kind kind;
    const struct machine
        *machine; // KNOWN: this one. CONFLICT: the one the MAC names, else the one the UUID names
    const struct machine *other; // CONFLICT: the other one, if there is one
    struct reasons reasons;
};

/// Decides who sent `evidence`. A MAC names a machine; its UUID, or else its serial number, confirms or
/// contradicts that. A UUID names a machine only while that has no MAC at all (it was added by UUID): the
/// caller learns MAC and UUID of a KNOWN machine. The candidates, which the caller found: `by_mac` has the
/// evidence's MAC (or NULL), `by_uuid` its UUID in either spelling (or NULL; pass NULL too when
/// uuid_is_useless or when several machines share that UUID).
struct identity identity_decide(const struct evidence *evidence, const struct machine *by_mac,
                                const struct machine *by_uuid);
