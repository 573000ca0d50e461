// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_option.h"

// What imprint itself puts behind these options: boot fields and what comes back to relay and client.
#define OWN_OPTIONS 16
#define OWN_BYTES   (DHCP4_REPLY_OPTION_BYTES / 2)
#define OWN_DEAR    160 // bytes on the wire, where the client takes no more than it must
#define FIXED_BYTES 244 // header, cookie, message type, end

static bool reply_has(const struct dhcp4_reply *reply, uint8_t code)
{
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->items[i].code == code) {
            return true;
        }
    }
    return false;
}

// RFC 2131 section 4.3.1: what it asks for, and what it must be told; one without a list takes what comes.
static bool is_for_client(const struct dhcp_option_entry *entry, const struct dhcp4_message *request,
                          const struct dhcp4_reply *reply)
{
    return entry->is_forced || dhcp4_find(request, DHCP4_OPTION_PARAMETERS) == NULL ||
           dhcp4_wants(request, entry->code) || reply_has(reply, entry->code);
}

static bool reply_has_room(const struct dhcp4_reply *reply, size_t bytes)
{
    return reply->count < DHCP4_REPLY_OPTIONS - OWN_OPTIONS &&
           reply->used + bytes <= DHCP4_REPLY_OPTION_BYTES - OWN_BYTES;
}

// An option that counts as necessary is never left out behind this, so a reply that cannot hold it would not
// leave at all: what an administrator adds must not keep a client from its address.
static bool packet_has_room(const struct dhcp4_reply *reply, const struct dhcp_option_entry *entry,
                            size_t limit_bytes)
{
    if (dhcp4_option_rank(entry->code) > DHCP4_RANK_BOOT) {
        return true;
    }
    size_t wire_bytes = FIXED_BYTES + reply->used + 2 * (size_t)reply->count + OWN_DEAR;
    size_t piece_headers = 2 * (1 + (size_t)entry->length / UINT8_MAX);
    return wire_bytes + entry->length + piece_headers <= limit_bytes;
}

void dhcp4_option_put(const struct dhcp_option_set *set, const struct dhcp4_message *request,
                      const struct boot_client *client, struct dhcp4_reply *reply)
{
    size_t limit_bytes = dhcp4_reply_limit(request);
    bool boots = client->stage != BOOT_STAGE_SYSTEM;
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct dhcp_option_entry *entry = &set->entries[i];
        if (entry->vendor_bytes != 0 || dhcp_option_is_ours(entry->code, boots)) {
            continue;
        }
        if (entry->is_none) {
            dhcp4_put_nothing(reply, entry->code);
        } else if (is_for_client(entry, request, reply) && reply_has_room(reply, entry->length) &&
                   packet_has_room(reply, entry, limit_bytes)) {
            dhcp4_put_long(reply, entry->code, dhcp_option_data(set, entry), entry->length);
        }
    }
}
