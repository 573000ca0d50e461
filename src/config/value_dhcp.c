// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/value_dhcp.h"

#include "model/dhcp_class.h"
#include "model/network.h"
#include "wire/pxe.h"

#include <string.h>

#define MACHINE_NAMES 0x40 // no architecture with a name is above

enum status value_span_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    struct ip4 span[2];
    enum status status =
        strchr(text, '-') == NULL ? ip4_parse(text, &span[0]) : network_range_parse(text, &span[0], &span[1]);
    if (status != STATUS_OK) {
        return status;
    }
    if (strchr(text, '-') == NULL) {
        span[1] = span[0];
    }
    memcpy(value, span, sizeof span);
    return STATUS_OK;
}

void value_span_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct ip4 span[2];
    memcpy(span, value, sizeof span);
    char address[IP4_TEXT_BYTES];
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    text_add(&text, ip4_print(span[0], address));
    if (!ip4_equal(span[0], span[1])) {
        text_add_format(&text, "-%s", ip4_print(span[1], address));
    }
}

void value_span_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "an IPv4 address or two with '-' between, such as 192.0.2.7 or 192.0.2.7-192.0.2.9");
}

// The name of an architecture as one writes it: lower case, '-' for blanks.
static bool machine_name(uint16_t code, char out[VALUE_TEXT_BYTES])
{
    const char *name = pxe_architecture_name(code);
    if (name == NULL || text_copy(out, VALUE_TEXT_BYTES, name) != STATUS_OK) {
        return false;
    }
    for (char *at = out; *at != '\0'; at++) {
        *at = *at == ' ' ? '-' : text_lower(*at);
    }
    return strchr(out, ',') == NULL; // a remark, not a name
}

enum status value_machine_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    uint64_t number;
    uint16_t code = 0;
    char name[VALUE_TEXT_BYTES];
    if (text_parse_u64(text, UINT16_MAX - 1u, &number) == STATUS_OK) {
        code = (uint16_t)number;
        memcpy(value, &code, sizeof code);
        return STATUS_OK;
    }
    for (; code < MACHINE_NAMES; code++) {
        if (machine_name(code, name) && text_equal_nocase(name, text)) {
            memcpy(value, &code, sizeof code);
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

void value_machine_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    uint16_t code;
    memcpy(&code, value, sizeof code);
    if (!machine_name(code, out)) {
        struct text text;
        text_init(&text, out, VALUE_TEXT_BYTES);
        text_add_format(&text, "%u", code);
    }
}

void value_machine_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "a kind of firmware as DHCP option 93 numbers them, such as x86-bios (0), x64-uefi (7) or "
                  "arm64-uefi (11)");
}

enum status value_mac_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    struct dhcp_class_mac mac = {0};
    enum status status = dhcp_class_mac_parse(text, &mac);
    if (status == STATUS_OK) {
        memcpy(value, &mac, sizeof mac);
    }
    return status;
}

void value_mac_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct dhcp_class_mac mac;
    char printed[HW_TEXT_BYTES];
    memcpy(&mac, value, sizeof mac);
    (void)text_copy(out, VALUE_TEXT_BYTES, dhcp_class_mac_print(&mac, printed));
}

void value_mac_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "one to six octets that hardware addresses begin with, such as 52:54:00");
}

enum status value_uuids_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    struct dhcp_class_uuids uuids = {0};
    enum status status = dhcp_class_uuids_parse(text, &uuids);
    if (status == STATUS_OK) {
        memcpy(value, &uuids, sizeof uuids);
    }
    return status;
}

void value_uuids_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct dhcp_class_uuids uuids;
    memcpy(&uuids, value, sizeof uuids);
    char uuid[UUID_TEXT_BYTES];
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    if (uuid_equal(&uuids.last, &(struct uuid){{0}})) {
        return;
    }
    text_add(&text, uuid_print(&uuids.first, uuid));
    if (!uuid_equal(&uuids.first, &uuids.last)) {
        text_add_format(&text, "-%s", uuid_print(&uuids.last, uuid));
    }
}

void value_uuids_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "a UUID, or the first and the last one with '-' between, such as "
                  "4c4c4544-0000-0000-0000-000000000000-4c4c4544-ffff-ffff-ffff-ffffffffffff");
}

void value_options_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add_format(out, "a group of at most %d options, each NAME-or-CODE: VALUE or [VALUES]",
                    DHCP_OPTIONS_MOST);
}

void value_classes_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "names out of dhcp.classes");
}
