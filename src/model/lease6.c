// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lease6.h"

static bool duid_equal(const struct lease6_client *a, const struct lease6_client *b)
{
    return a->duid_length == b->duid_length && memcmp(a->duid, b->duid, a->duid_length) == 0;
}

bool lease6_client_equal(const struct lease6_client *a, const struct lease6_client *b)
{
    return a->iaid == b->iaid && duid_equal(a, b);
}

bool lease6_client_is_heir(const struct lease6_client *owner, const struct lease6_client *heir)
{
    if (owner->ordinal != heir->ordinal || owner->hw.length == 0 || !hw_equal(&owner->hw, &heir->hw) ||
        lease6_client_equal(owner, heir)) {
        return false;
    }
    // A system has one DUID for all its cards, so a card that only stands in the DUID tells nothing about two
    // of its IAIDs: they are two cards. When it was seen, EDK2's and iPXE's IAIDs of one DUID-UUID differ.
    return (owner->has_seen_hw && heir->has_seen_hw) || !duid_equal(owner, heir);
}

bool lease6_is_live(const struct lease6 *lease, int64_t now_s)
{
    return lease->state != LEASE_FREE && lease->ends_s > now_s;
}
