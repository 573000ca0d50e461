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
    // One DUID with two IAIDs is one system that wants two addresses, or has two cards; but EDK2 and iPXE
    // make the same DUID of SMBIOS's UUID, and an IAID each, one after the other.
    return !duid_equal(owner, heir) || (heir->is_boot && owner->has_seen_hw && heir->has_seen_hw);
}

bool lease6_is_live(const struct lease6 *lease, int64_t now_s)
{
    return lease->state != LEASE_FREE && lease->ends_s > now_s;
}
