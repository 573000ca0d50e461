// SPDX-License-Identifier: GPL-3.0-or-later
// Sets of options: putting, finding, merging. Text is dhcp_option_text.c's.
#include "model/dhcp_option.h"

#include "wire/dhcp4_options.h"

#include <string.h>

#define VENDOR_OPTION_BYTES 255 // option 43 goes out in one piece: firmware does not join pieces

void dhcp_option_set_init(struct dhcp_option_set *set)
{
    *set = (struct dhcp_option_set){0};
}

static const char *entry_vendor(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry)
{
    return (const char *)set->bytes + entry->at;
}

const uint8_t *dhcp_option_data(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry)
{
    return set->bytes + entry->at + entry->vendor_bytes;
}

// Options of no vendor come first, then by vendor, then by code.
static int entry_compare(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry,
                         const char *vendor, size_t vendor_bytes, uint8_t code)
{
    size_t common = size_min(entry->vendor_bytes, vendor_bytes);
    int order = common == 0 ? 0 : memcmp(entry_vendor(set, entry), vendor, common);
    if (order == 0 && entry->vendor_bytes != vendor_bytes) {
        order = entry->vendor_bytes < vendor_bytes ? -1 : 1;
    }
    return order != 0 ? order : (int)entry->code - (int)code;
}

// Where the entry is or belongs; whether it is there.
static bool entry_place(const struct dhcp_option_set *set, const char *vendor, size_t vendor_bytes,
                        uint8_t code, size_t *place)
{
    size_t at = 0;
    int order = -1;
    while (at < set->count &&
           (order = entry_compare(set, &set->entries[at], vendor, vendor_bytes, code)) < 0) {
        at++;
    }
    *place = at;
    return at < set->count && order == 0;
}

static void entry_remove(struct dhcp_option_set *set, size_t place)
{
    struct dhcp_option_entry gone = set->entries[place];
    size_t bytes = (size_t)gone.vendor_bytes + gone.length;
    size_t after = gone.at + bytes;
    memmove(set->bytes + gone.at, set->bytes + after, set->used - after);
    set->used = (uint16_t)(set->used - bytes);
    memset(set->bytes + set->used, 0, bytes); // sets are compared as memory
    set->count--;
    memmove(&set->entries[place], &set->entries[place + 1], (set->count - place) * sizeof set->entries[0]);
    set->entries[set->count] = (struct dhcp_option_entry){0};
    for (size_t i = 0; i < set->count; i++) {
        if (set->entries[i].at >= after) {
            set->entries[i].at = (uint16_t)(set->entries[i].at - bytes);
        }
    }
}

// Puts an entry as `like` is (at is ours to say), with its vendor and its value.
static enum status entry_put(struct dhcp_option_set *set, struct dhcp_option_entry like, const char *vendor,
                             const void *data)
{
    size_t place;
    bool is_there = entry_place(set, vendor, like.vendor_bytes, like.code, &place);
    size_t free_bytes = sizeof set->bytes - set->used;
    if (is_there) {
        free_bytes += (size_t)set->entries[place].vendor_bytes + set->entries[place].length;
    }
    if ((!is_there && set->count == DHCP_OPTIONS_MOST) || like.length > DHCP_OPTION_BYTES_MOST ||
        (size_t)like.vendor_bytes + like.length > free_bytes) {
        return STATUS_FULL;
    }
    if (is_there) {
        entry_remove(set, place);
    }
    // The bytes stand in the order of the entries, so equal sets are equal as memory.
    size_t bytes = (size_t)like.vendor_bytes + like.length;
    like.at = place < set->count ? set->entries[place].at : set->used;
    memmove(set->bytes + like.at + bytes, set->bytes + like.at, (size_t)set->used - like.at);
    for (size_t i = place; i < set->count; i++) {
        set->entries[i].at = (uint16_t)(set->entries[i].at + bytes);
    }
    memmove(&set->entries[place + 1], &set->entries[place], (set->count - place) * sizeof set->entries[0]);
    set->entries[place] = like;
    set->count++;
    if (like.vendor_bytes != 0) {
        memcpy(set->bytes + like.at, vendor, like.vendor_bytes);
    }
    if (like.length != 0) {
        memcpy(set->bytes + like.at + like.vendor_bytes, data, like.length);
    }
    set->used = (uint16_t)(set->used + bytes);
    return STATUS_OK;
}

enum status dhcp_option_put(struct dhcp_option_set *set, uint8_t code, const void *data, size_t bytes,
                            bool is_forced)
{
    if (bytes > DHCP_OPTION_BYTES_MOST) {
        return STATUS_FULL;
    }
    return entry_put(
        set, (struct dhcp_option_entry){.code = code, .is_forced = is_forced, .length = (uint16_t)bytes}, "",
        data);
}

enum status dhcp_option_put_vendor(struct dhcp_option_set *set, const char *vendor, uint8_t code,
                                   const void *data, size_t bytes)
{
    if (bytes > VENDOR_OPTION_BYTES || strlen(vendor) >= DHCP_VENDOR_BYTES) {
        return STATUS_FULL;
    }
    return entry_put(set,
                     (struct dhcp_option_entry){
                         .code = code, .vendor_bytes = (uint8_t)strlen(vendor), .length = (uint16_t)bytes},
                     vendor, data);
}

enum status dhcp_option_put_none(struct dhcp_option_set *set, const char *vendor, uint8_t code)
{
    if (strlen(vendor) >= DHCP_VENDOR_BYTES) {
        return STATUS_FULL;
    }
    return entry_put(
        set,
        (struct dhcp_option_entry){.code = code, .is_none = true, .vendor_bytes = (uint8_t)strlen(vendor)},
        vendor, "");
}

void dhcp_option_remove(struct dhcp_option_set *set, uint8_t code)
{
    size_t place;
    if (entry_place(set, "", 0, code, &place)) {
        entry_remove(set, place);
    }
}

const struct dhcp_option_entry *dhcp_option_find(const struct dhcp_option_set *set, uint8_t code)
{
    size_t place;
    return entry_place(set, "", 0, code, &place) ? &set->entries[place] : NULL;
}

enum status dhcp_option_merge(struct dhcp_option_set *set, const struct dhcp_option_set *over)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < over->count; i++) {
        const struct dhcp_option_entry *entry = &over->entries[i];
        enum status put = entry_put(set, *entry, entry_vendor(over, entry), dhcp_option_data(over, entry));
        status = put == STATUS_OK ? status : put;
    }
    return status;
}

static bool vendor_begins(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry,
                          const char *vendor_class)
{
    return strlen(vendor_class) >= entry->vendor_bytes &&
           memcmp(vendor_class, entry_vendor(set, entry), entry->vendor_bytes) == 0;
}

// Appends one sub-option, when there is room for all of it.
static size_t vendor_add(uint8_t out[VENDOR_OPTION_BYTES], size_t used, const struct dhcp_option_set *set,
                         const struct dhcp_option_entry *entry)
{
    if (entry->is_none || used + 2 + entry->length > VENDOR_OPTION_BYTES) {
        return used;
    }
    out[used] = entry->code;
    out[used + 1] = (uint8_t)entry->length;
    memcpy(out + used + 2, dhcp_option_data(set, entry), entry->length);
    return used + 2 + entry->length;
}

void dhcp_option_resolve(struct dhcp_option_set *set, const char *vendor_class)
{
    uint8_t inside[VENDOR_OPTION_BYTES];
    size_t used = 0;
    size_t own = 0;
    while (own < set->count && set->entries[own].vendor_bytes == 0) {
        own++;
    }
    for (size_t i = own; i < set->count; i++) {
        if (vendor_begins(set, &set->entries[i], vendor_class)) {
            used = vendor_add(inside, used, set, &set->entries[i]);
        }
    }
    while (set->count > own) {
        entry_remove(set, set->count - 1u);
    }
    if (used != 0 && dhcp_option_find(set, DHCP4_OPTION_VENDOR) == NULL) {
        // A set that is full to the last byte has no room for the headers of the vendor's options.
        enum status status = dhcp_option_put(set, DHCP4_OPTION_VENDOR, inside, used, true);
        assert(status == STATUS_OK || set->used + used > sizeof set->bytes);
    }
}

bool dhcp_option_is_ours(uint8_t code, bool boots)
{
    switch (code) {
    case DHCP4_OPTION_PAD:
    case DHCP4_OPTION_REQUESTED_ADDRESS:
    case DHCP4_OPTION_LEASE_TIME:
    case DHCP4_OPTION_OVERLOAD:
    case DHCP4_OPTION_KIND:
    case DHCP4_OPTION_SERVER_ID:
    case DHCP4_OPTION_PARAMETERS:
    case DHCP4_OPTION_MESSAGE:
    case DHCP4_OPTION_MAXIMUM_SIZE:
    case DHCP4_OPTION_CLIENT_ID:
    case DHCP4_OPTION_USER_CLASS:
    case DHCP4_OPTION_RELAY:
    case DHCP4_OPTION_ARCHITECTURE:
    case DHCP4_OPTION_NETWORK_INTERFACE:
    case DHCP4_OPTION_MACHINE_UUID:
    case DHCP4_OPTION_SUBNET_SELECTION:
    case DHCP4_OPTION_END:
        return true;
    case DHCP4_OPTION_BOOT_FILE_SIZE:
    case DHCP4_OPTION_VENDOR:
    case DHCP4_OPTION_VENDOR_CLASS:
    case DHCP4_OPTION_TFTP_SERVER:
    case DHCP4_OPTION_BOOT_FILE:
    case DHCP4_OPTION_IPXE:
        return boots;
    default:
        return false;
    }
}
