// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_complete.h"

#include <string.h>

static struct complete_slot *complete_slot_of(struct dhcp_complete *complete, const struct hw *client)
{
    unsigned place = client->octets[5] + 31u * client->octets[4] + 7u * client->octets[3];
    return &complete->slots[place % COMPLETE_SLOTS];
}

void dhcp_complete_expect(struct dhcp_complete *complete, uint32_t interface_index,
                          const struct dhcp4_reply *ours, int64_t now_ms)
{
    struct complete_slot *slot = complete_slot_of(complete, &ours->chaddr);
    *slot = (struct complete_slot){.at_ms = now_ms, .interface_index = interface_index, .ours = *ours};
}

void dhcp_complete_forget(struct dhcp_complete *complete, const struct hw *client)
{
    struct complete_slot *slot = complete_slot_of(complete, client);
    if (slot->at_ms != 0 && hw_equal(&slot->ours.chaddr, client)) {
        slot->at_ms = 0;
        slot->count = 0;
    }
}

bool dhcp_complete_hear(struct dhcp_complete *complete, uint32_t interface_index,
                        const struct dhcp4_message *theirs, const void *bytes, size_t count,
                        struct dhcp4_actions *actions)
{
    struct complete_slot *slot = complete_slot_of(complete, &theirs->chaddr);
    if (slot->at_ms == 0 || slot->count != 0 || slot->interface_index != interface_index ||
        count > sizeof slot->bytes || !complete_is_for(theirs, &slot->ours)) {
        return false;
    }
    memcpy(slot->bytes, bytes, count);
    slot->count = count;
    complete_step(theirs, &slot->ours, DHCP4_OFFER, actions);
    return true;
}

bool dhcp_complete_request(struct dhcp_complete *complete, const struct dhcp4_message *request,
                           int64_t now_ms, struct arena *arena, struct dhcp4_actions *actions)
{
    struct complete_slot *slot = complete_slot_of(complete, &request->chaddr);
    struct dhcp4_message theirs;
    if (slot->count == 0 || now_ms - slot->at_ms > COMPLETE_KEEP_MS ||
        dhcp4_decode(slot->bytes, slot->count, arena, &theirs, NULL) != STATUS_OK ||
        !complete_is_taken(request, &theirs)) {
        return false;
    }
    complete_step(&theirs, &slot->ours, DHCP4_ACK, actions);
    actions->reply.xid = request->xid;
    return true;
}
