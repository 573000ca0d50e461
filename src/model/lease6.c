// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lease6.h"

#include <string.h>

static bool duid_equal(const struct lease6_client *a, const struct lease6_client *b)
{
    return a->duid_length == b->duid_length && memcmp(a->duid, b->duid, a->duid_length) == 0;
}

bool lease6_client_equal(const struct lease6_client *a, const struct lease6_client *b)
{
    return a->iaid == b->iaid && duid_equal(a, b);
}

bool lease6_equal(const struct lease6 *a, const struct lease6 *b)
{
    const struct lease6_client *one = &a->client;
    const struct lease6_client *other = &b->client;
    bool is_same_client = lease6_client_equal(one, other) && one->ordinal == other->ordinal &&
                          one->has_seen_hw == other->has_seen_hw && one->is_boot == other->is_boot &&
                          hw_equal(&one->hw, &other->hw) && one->machine_id == other->machine_id;
    bool is_same_time =
        a->starts_s == b->starts_s && a->preferred_s == b->preferred_s && a->ends_s == b->ends_s;
    return is_same_client && is_same_time && ip6_equal(a->address, b->address) && a->state == b->state &&
           strcmp(a->hostname, b->hostname) == 0;
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
