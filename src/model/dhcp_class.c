// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dhcp_class.h"

#include <string.h>

#define HEX_PREFIX "hex:"

static bool uuid_is_none(const struct uuid *uuid)
{
    return uuid_equal(uuid, &(struct uuid){{0}});
}

// Whether `pattern` with * and ? fits all `length` bytes of `text`; case counts. It goes back to the last *
// only, so its time is at most the product of both lengths.
static bool glob_matches(const char *pattern, const char *text, size_t length)
{
    const char *star = NULL;
    size_t star_at = 0;
    size_t at = 0;
    while (at < length) {
        if (*pattern == '*') {
            star = pattern++;
            star_at = at;
        } else if (*pattern == '?' || (*pattern != '\0' && *pattern == text[at])) {
            pattern++;
            at++;
        } else if (star != NULL) {
            pattern = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    pattern += strspn(pattern, "*");
    return *pattern == '\0';
}

static bool evidence_fits(const char *pattern, const struct boot_evidence *evidence)
{
    static const char DIGITS[] = "0123456789abcdef";
    if (pattern[0] == '\0') {
        return true;
    }
    if (!text_starts(pattern, HEX_PREFIX)) {
        return glob_matches(pattern, (const char *)evidence->bytes, evidence->length);
    }
    char hex[2 * BOOT_EVIDENCE_BYTES];
    for (size_t i = 0; i < evidence->length; i++) {
        hex[2 * i] = DIGITS[evidence->bytes[i] >> 4];
        hex[2 * i + 1] = DIGITS[evidence->bytes[i] & 15];
    }
    return glob_matches(pattern + strlen(HEX_PREFIX), hex, 2 * (size_t)evidence->length);
}

static bool architectures_have(const struct dhcp_class_match *match, uint16_t architecture)
{
    for (size_t i = 0; i < match->architecture_count; i++) {
        if (match->architectures[i] == architecture) {
            return true;
        }
    }
    return match->architecture_count == 0;
}

static bool macs_have(const struct dhcp_class_match *match, const struct hw *mac)
{
    for (size_t i = 0; i < match->mac_count; i++) {
        const struct dhcp_class_mac *begin = &match->macs[i];
        if (mac->length >= begin->length && memcmp(mac->octets, begin->octets, begin->length) == 0) {
            return true;
        }
    }
    return match->mac_count == 0;
}

static bool uuids_have(const struct dhcp_class_uuids *uuids, const struct uuid *uuid)
{
    return memcmp(uuid->bytes, uuids->first.bytes, sizeof uuid->bytes) >= 0 &&
           memcmp(uuid->bytes, uuids->last.bytes, sizeof uuid->bytes) <= 0;
}

// Firmware disagrees about the order of the first fields, so either spelling counts.
static bool uuids_fit(const struct dhcp_class_uuids *uuids, const struct uuid *uuid)
{
    if (uuid_is_none(&uuids->last)) {
        return true;
    }
    struct uuid swapped = uuid_swap(uuid);
    return !uuid_is_none(uuid) && (uuids_have(uuids, uuid) || uuids_have(uuids, &swapped));
}

bool dhcp_class_has(const struct dhcp_class *class, const struct boot_client *client)
{
    const struct dhcp_class_match *match = &class->match;
    return evidence_fits(match->vendor_class, &client->vendor_class) &&
           evidence_fits(match->user_class, &client->user_class) &&
           evidence_fits(match->circuit_id, &client->circuit_id) &&
           evidence_fits(match->remote_id, &client->remote_id) &&
           evidence_fits(match->subscriber_id, &client->subscriber_id) &&
           architectures_have(match, client->architecture) && macs_have(match, &client->mac) &&
           uuids_fit(&match->uuids, &client->uuid);
}

uint64_t dhcp_class_find(const struct dhcp_classes *classes, const struct boot_client *client)
{
    uint64_t members = 0;
    for (size_t i = 0; i < classes->count; i++) {
        if (dhcp_class_has(&classes->items[i], client)) {
            members |= UINT64_C(1) << i;
        }
    }
    return members;
}

static bool is_member(uint64_t members, size_t class)
{
    return (members >> class & 1) != 0;
}

uint32_t dhcp_class_pick_lease_s(const struct dhcp_classes *classes, uint64_t members)
{
    for (size_t i = 0; i < classes->count; i++) {
        if (is_member(members, i) && classes->items[i].lease_s != 0) {
            return classes->items[i].lease_s;
        }
    }
    return 0;
}

enum policy_choice dhcp_class_pick_unknown(const struct dhcp_classes *classes, uint64_t members)
{
    for (size_t i = 0; i < classes->count; i++) {
        if (is_member(members, i) && classes->items[i].unknown != POLICY_CHOICE_DEFAULT) {
            return classes->items[i].unknown;
        }
    }
    return POLICY_CHOICE_DEFAULT;
}

const char *dhcp_class_pick_profile(const struct dhcp_classes *classes, uint64_t members)
{
    for (size_t i = 0; i < classes->count; i++) {
        if (is_member(members, i) && classes->items[i].profile[0] != '\0') {
            return classes->items[i].profile;
        }
    }
    return "";
}

void dhcp_class_print_names(const struct dhcp_classes *classes, uint64_t members,
                            char out[MACHINE_CLASSES_BYTES])
{
    size_t length = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < classes->count; i++) {
        size_t name = strlen(classes->items[i].name);
        bool is_member = (members >> i & 1) != 0;
        if (!is_member || length + (length != 0) + name >= MACHINE_CLASSES_BYTES) {
            continue;
        }
        if (length != 0) {
            out[length++] = ' ';
        }
        memcpy(out + length, classes->items[i].name, name + 1);
        length += name;
    }
}

void dhcp_class_merge(const struct dhcp_classes *classes, uint64_t members, struct dhcp_option_set *set)
{
    for (size_t i = classes->count; i-- > 0;) { // the last first, so that the first has the last word
        if (is_member(members, i)) {
            (void)dhcp_option_merge(set, &classes->items[i].options);
        }
    }
}

enum status dhcp_class_mac_parse(const char *text, struct dhcp_class_mac *mac)
{
    struct dhcp_class_mac read = {0};
    while (*text != '\0') {
        int high = text_parse_hex_digit(text[0]);
        int low = high < 0 ? -1 : text_parse_hex_digit(text[1]);
        if (low < 0 || read.length == sizeof read.octets) {
            return STATUS_MALFORMED;
        }
        read.octets[read.length++] = (uint8_t)(high << 4 | low);
        text += 2;
        bool is_between = *text == ':' || *text == '-';
        text += is_between && text[1] != '\0' ? 1 : 0;
    }
    if (read.length == 0) {
        return STATUS_MALFORMED;
    }
    *mac = read;
    return STATUS_OK;
}

char *dhcp_class_mac_print(const struct dhcp_class_mac *mac, char out[HW_TEXT_BYTES])
{
    struct hw hw = {.type = 1, .length = mac->length};
    memcpy(hw.octets, mac->octets, sizeof mac->octets);
    return hw_print(&hw, out);
}

enum status dhcp_class_uuids_parse(const char *text, struct dhcp_class_uuids *uuids)
{
    char first[UUID_TEXT_BYTES];
    struct dhcp_class_uuids read;
    if (strlen(text) < UUID_TEXT_BYTES - 1) {
        return STATUS_MALFORMED;
    }
    memcpy(first, text, UUID_TEXT_BYTES - 1);
    first[UUID_TEXT_BYTES - 1] = '\0';
    if (uuid_parse(first, &read.first) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    read.last = read.first;
    text += UUID_TEXT_BYTES - 1;
    if (*text != '\0' && (*text != '-' || uuid_parse(text + 1, &read.last) != STATUS_OK)) {
        return STATUS_MALFORMED;
    }
    bool is_backward = memcmp(read.first.bytes, read.last.bytes, sizeof read.first.bytes) > 0;
    if (is_backward || uuid_is_none(&read.last)) {
        return STATUS_MALFORMED;
    }
    *uuids = read;
    return STATUS_OK;
}
