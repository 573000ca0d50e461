// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_conflict.h"

#include <string.h>

static struct conflict_slot *conflict_slot_of(struct dhcp_conflict *conflict, struct ip4 address)
{
    return &conflict->slots[address.value % CONFLICT_SLOTS];
}

bool dhcp_conflict_is_settled(struct dhcp_conflict *conflict, const struct datagram *datagram,
                              const struct hw *client, struct ip4 address, int64_t now_ms)
{
    struct conflict_slot *slot = conflict_slot_of(conflict, address);
    bool is_same = ip4_equal(slot->address, address) && slot->interface_index == datagram->interface_index;
    if (is_same && slot->state == CONFLICT_SILENT && now_ms - slot->at_ms < CONFLICT_KEEP_MS) {
        return true;
    }
    bool is_waiting = slot->state == CONFLICT_ASKING || slot->state == CONFLICT_TAKEN;
    if (datagram->count > sizeof slot->bytes || (!is_same && is_waiting)) {
        return true;
    }
    if (!is_waiting) {
        conflict->asking++;
        slot->at_ms = now_ms;
        slot->state = CONFLICT_ASKING;
    }
    slot->interface_index = datagram->interface_index;
    slot->address = address;
    slot->client = *client;
    slot->datagram = *datagram;
    memcpy(slot->bytes, datagram->bytes, datagram->count);
    return false;
}

void dhcp_conflict_hear(struct dhcp_conflict *conflict, uint32_t interface_index, const struct arp *arp,
                        const struct hw *own)
{
    struct ip4 about =
        arp->sender.value != 0 ? arp->sender : arp->target; // another one's probe has no sender
    struct conflict_slot *slot = conflict_slot_of(conflict, about);
    if (slot->state == CONFLICT_ASKING && slot->interface_index == interface_index &&
        arp_is_conflict(arp, slot->address, own) && !hw_equal(&arp->sender_hw, &slot->client)) {
        slot->state = CONFLICT_TAKEN;
        slot->stranger = arp->sender_hw;
    }
}

static struct conflict_host *conflict_host_of(struct dhcp_conflict *conflict, const struct hw *stranger)
{
    for (size_t i = 0; i < CONFLICT_HOSTS; i++) {
        if (hw_equal(&conflict->hosts[i].hw, stranger)) {
            return &conflict->hosts[i];
        }
    }
    struct conflict_host *host = &conflict->hosts[conflict->next_host++ % CONFLICT_HOSTS];
    *host = (struct conflict_host){.hw = *stranger};
    return host;
}

bool dhcp_conflict_is_believed(struct dhcp_conflict *conflict, const struct hw *stranger, struct ip4 address,
                               bool *is_news)
{
    struct conflict_host *host = conflict_host_of(conflict, stranger);
    *is_news = false;
    for (unsigned i = 0; i < host->count && i < CONFLICT_MOST; i++) {
        if (ip4_equal(host->addresses[i], address)) {
            return true;
        }
    }
    if (host->count >= CONFLICT_MOST) {
        *is_news = host->count == CONFLICT_MOST;
        host->count = CONFLICT_MOST + 1;
        return false;
    }
    host->addresses[host->count++] = address;
    return true;
}

bool dhcp_conflict_take(struct dhcp_conflict *conflict, int64_t now_ms, struct conflict_slot *out)
{
    if (conflict->asking == 0) {
        return false;
    }
    for (size_t i = 0; i < CONFLICT_SLOTS; i++) {
        struct conflict_slot *slot = &conflict->slots[i];
        bool is_over = slot->state == CONFLICT_TAKEN ||
                       (slot->state == CONFLICT_ASKING && now_ms - slot->at_ms >= CONFLICT_WAIT_MS);
        if (!is_over) {
            continue;
        }
        slot->state = slot->state == CONFLICT_TAKEN ? CONFLICT_TAKEN : CONFLICT_SILENT;
        *out = *slot;
        out->datagram.bytes = out->bytes;
        slot->state =
            CONFLICT_SILENT; // a taken one is not offered again, unless its stranger is not believed
        conflict->asking--;
        return true;
    }
    return false;
}
