// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/desk_lease6.h"

// A card that only stands in the client's DUID proves nothing: it may be another one of the machine, or of
// somebody else.
void desk_find_lease6(const struct desk *desk, struct ip address, int64_t now_s, struct desk_address *found)
{
    const struct lease6 *lease = store_lease6_find(desk->store, address.value);
    if (lease == NULL || lease->state != LEASE_BOUND || lease->ends_s <= now_s ||
        !lease->client.has_seen_hw || lease->client.hw.length == 0) {
        return;
    }
    if (!hw_equal(&lease->client.hw, &found->mac)) {
        *found = (struct desk_address){.address = address,
                                       .mac = lease->client.hw,
                                       .architecture = BOOT_ARCHITECTURE_NONE,
                                       .platform = BOOT_PLATFORM_OTHER};
    }
    found->is_leased = true;
}
