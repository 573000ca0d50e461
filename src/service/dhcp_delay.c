// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_delay.h"

#include <string.h>

// Neighbouring addresses of one maker's cards never share a place.
static size_t delay_hash(const struct hw *client)
{
    size_t hash = 0;
    for (unsigned i = 0; i < client->length && i < sizeof client->octets; i++) {
        hash = hash * 257 + client->octets[i];
    }
    return hash;
}

uint32_t dhcp_delay_tried_s(struct dhcp_delay *delay, const struct dhcp4_message *message, bool has_secs,
                            int64_t now_ms)
{
    struct delay_try *seen = &delay->tries[delay_hash(&message->chaddr) % DELAY_TRIES];
    if (!hw_equal(&seen->client, &message->chaddr) || now_ms - seen->last_ms > DELAY_FORGET_MS) {
        *seen = (struct delay_try){.client = message->chaddr, .first_ms = now_ms};
    }
    seen->last_ms = now_ms;
    uint32_t seen_s = (uint32_t)((now_ms - seen->first_ms) / 1000);
    return has_secs && message->secs > seen_s ? message->secs : seen_s;
}

bool dhcp_delay_keep(struct dhcp_delay *delay, const struct datagram *datagram, const struct hw *client,
                     int64_t now_ms, int64_t delay_ms)
{
    struct delay_slot *slot = NULL;
    for (size_t i = 0; i < DELAY_SLOTS; i++) {
        struct delay_slot *candidate = &delay->slots[i];
        if (candidate->is_used && hw_equal(&candidate->client, client) &&
            candidate->datagram.interface_index == datagram->interface_index) {
            slot = candidate;
            break;
        }
        slot = slot == NULL && !candidate->is_used ? candidate : slot;
    }
    if (slot == NULL || datagram->count > sizeof slot->bytes) {
        return false;
    }
    if (!slot->is_used) {
        slot->is_used = true;
        slot->due_ms = now_ms + delay_ms;
        slot->client = *client;
        delay->waiting++;
    }
    slot->datagram = *datagram;
    memcpy(slot->bytes, datagram->bytes, datagram->count);
    return true;
}

void dhcp_delay_forget(struct dhcp_delay *delay, const struct hw *client)
{
    for (size_t i = 0; delay->waiting != 0 && i < DELAY_SLOTS; i++) {
        struct delay_slot *slot = &delay->slots[i];
        if (slot->is_used && hw_equal(&slot->client, client)) {
            slot->is_used = false;
            delay->waiting--;
        }
    }
}

bool dhcp_delay_take(struct dhcp_delay *delay, int64_t now_ms, struct delay_slot *out)
{
    struct delay_slot *first = NULL;
    for (size_t i = 0; delay->waiting != 0 && i < DELAY_SLOTS; i++) {
        struct delay_slot *slot = &delay->slots[i];
        if (slot->is_used && slot->due_ms <= now_ms && (first == NULL || slot->due_ms < first->due_ms)) {
            first = slot;
        }
    }
    if (first == NULL) {
        return false;
    }
    *out = *first;
    out->datagram.bytes = out->bytes;
    first->is_used = false;
    delay->waiting--;
    return true;
}
