// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/dhcp4_option.h"

// What imprint itself puts behind these options: boot fields and what comes back to relay and client.
#define OWN_OPTIONS 16
#define OWN_BYTES   (DHCP4_REPLY_OPTION_BYTES / 2)

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

void dhcp4_option_put(const struct dhcp_option_set *set, const struct dhcp4_message *request,
                      const struct boot_client *client, struct dhcp4_reply *reply)
{
    bool boots = client->stage != BOOT_STAGE_SYSTEM;
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct dhcp_option_entry *entry = &set->entries[i];
        if (entry->vendor_bytes != 0 || dhcp_option_is_ours(entry->code, boots)) {
            continue;
        }
        if (entry->is_none) {
            dhcp4_put_nothing(reply, entry->code);
        } else if (is_for_client(entry, request, reply) && reply_has_room(reply, entry->length)) {
            dhcp4_put_long(reply, entry->code, dhcp_option_data(set, entry), entry->length);
        }
    }
}
