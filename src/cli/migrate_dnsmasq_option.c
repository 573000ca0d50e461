// SPDX-License-Identifier: GPL-3.0-or-later
// dnsmasq.conf: dhcp-option and dhcp-option-force.
#include "base/text.h"
#include "cli/migrate_dnsmasq.h"

#include <string.h>

// "7", "300", "1i": a number as dnsmasq sends it, as small as it fits, or of the size that it says.
static bool print_number(const char *value, struct text *out)
{
    static const char sizes[] = "bsi";
    static const int digits[] = {2, 4, 8};
    char number[16];
    uint64_t parsed;
    size_t length = strlen(value);
    const char *size = length == 0 ? NULL : strchr(sizes, value[length - 1]);
    struct text copied;
    text_init(&copied, number, sizeof number);
    text_add_bytes(&copied, value, length - (size != NULL ? 1 : 0));
    if (copied.cut || text_parse_u64(number, UINT32_MAX, &parsed) != STATUS_OK) {
        return false;
    }
    int width = size != NULL ? digits[size - sizes] : parsed < 256 ? 2 : parsed < 65536 ? 4 : 8;
    text_add_format(out, "%0*llx", width, (unsigned long long)parsed);
    return width == 8 || parsed >> (4 * width) == 0;
}

// "01:02:ab"
static bool print_octets(const char *value, struct text *out)
{
    for (const char *at = value; *at != '\0';) {
        size_t length = strcspn(at, ":");
        if (length != 2 || text_parse_hex_digit(at[0]) < 0 || text_parse_hex_digit(at[1]) < 0) {
            return false;
        }
        text_add_bytes(out, at, 2);
        at += length + (at[length] == ':' ? 1 : 0);
    }
    return strchr(value, ':') != NULL;
}

// The bytes of options of one's own, whose type only the clients know, as dnsmasq guesses them: addresses,
// a number, bytes in hex, or text.
static void print_hex(const struct dnsmasq_fields *fields, unsigned from, const char *raw,
                      char out[MIGRATE_VALUE_BYTES])
{
    struct text text;
    struct ip4 address;
    unsigned addresses = 0;
    text_init(&text, out, MIGRATE_VALUE_BYTES);
    text_add(&text, "hex:");
    for (unsigned i = from; i < fields->count && ip4_parse(fields->items[i], &address) == STATUS_OK; i++) {
        text_add_format(&text, "%08x", address.value);
        addresses++;
    }
    if (addresses == fields->count - from || (fields->count - from == 1 && print_number(raw, &text))) {
        return;
    }
    text_init(&text, out, MIGRATE_VALUE_BYTES);
    text_add(&text, "hex:");
    if (print_octets(raw, &text)) {
        return;
    }
    text_init(&text, out, MIGRATE_VALUE_BYTES);
    text_add(&text, "hex:");
    for (const char *at = raw; *at != '\0'; at++) {
        text_add_format(&text, "%02x", (unsigned char)*at);
    }
}

// Options for the machines whose dhcp-host sets the tag. False when there are none.
static bool set_for_machines(const struct dnsmasq_fields *fields, const char *name, const char *value)
{
    struct migration *migration = fields->migration;
    bool found = false;
    for (size_t i = 0; fields->tag_count == 1 && i < migration->machines.count; i++) {
        if (!dnsmasq_machine_has(heap_array_get(&migration->machines, i), fields->tags[0])) {
            continue;
        }
        found = true;
        if (migrate_dhcp_code(name) == 66 || migrate_dhcp_code(name) == 67) {
            dnsmasq_remark(fields, MIGRATE_CHANGED, "imprint chooses what each machine boots by its order");
            return true;
        }
        migrate_set_machine_option(migration, i, name, value, fields->what);
    }
    return found;
}

// Options of which imprint does not know what they are: those of one's own, and those that only PXE had.
static bool is_bytes(uint64_t code)
{
    return code >= 224 || (code >= 128 && code <= 135);
}

// "10.0.0.0/8,192.0.2.1,10.1.0.0/16,192.0.2.2": routes and the like come in pairs.
static void print_pairs(const struct dnsmasq_fields *fields, unsigned from, char value[MIGRATE_VALUE_BYTES])
{
    struct text text;
    text_init(&text, value, MIGRATE_VALUE_BYTES);
    for (unsigned i = from; i < fields->count; i++) {
        text_add_format(&text, "%s%s", i == from ? "" : (i - from) % 2 == 0 ? ", " : " ", fields->items[i]);
    }
}

static void print_value(const struct dnsmasq_fields *fields, const char *name, unsigned from,
                        char value[MIGRATE_VALUE_BYTES])
{
    static const unsigned paired[] = {21, 33, 121, 249};
    uint64_t number = 0;
    unsigned code = migrate_dhcp_code(name);
    // with the blanks that stand behind commas
    const char *raw = from < fields->count ? fields->value + (fields->items[from] - fields->text) : "";
    (void)text_copy(value, MIGRATE_VALUE_BYTES, raw);
    for (size_t i = 0; i < COUNT_OF(paired); i++) {
        if (code == paired[i]) {
            print_pairs(fields, from, value);
        }
    }
    if (text_parse_u64(name, 254, &number) == STATUS_OK && is_bytes(number) && from < fields->count) {
        print_hex(fields, from, raw, value);
    }
    size_t digits = strspn(value, "0123456789");
    if (digits != 0 && value[digits] != '\0' && strchr("bsi", value[digits]) != NULL &&
        value[digits + 1] == '\0') {
        value[digits] = '\0'; // "30i": how many bytes it has is known
    }
}

static void set_option(const struct dnsmasq_fields *fields, const char *name, unsigned from)
{
    char value[MIGRATE_VALUE_BYTES];
    char forced[DHCP_OPTION_NAME_BYTES];
    struct ip4 address;
    unsigned item;
    print_value(fields, name, from, value);
    if (strcmp(value, "0.0.0.0") == 0) {
        dnsmasq_remark(fields, MIGRATE_LEFT, "0.0.0.0 stood for dnsmasq's own address: write imprint's");
        return;
    }
    if (set_for_machines(fields, name, value) || !dnsmasq_item_find(fields, &item)) {
        return;
    }
    if (item == 0 && migrate_dhcp_code(name) == 3 && ip4_parse(value, &address) == STATUS_OK) {
        item = migrate_dhcp_find(fields->migration, address); // a router is one network's
    }
    bool is_forced = strcmp(fields->name, "dhcp-option-force") == 0 && item == 0;
    (void)snprintf(forced, sizeof forced, "%s%.40s", is_forced ? "+" : "", name);
    migrate_dhcp_option(fields->migration, item, forced, value, false, fields->what);
}

// "vendor:MSFT,2,1i": option 2 inside option 43 for clients whose vendor class begins so.
static void set_vendor_option(const struct dnsmasq_fields *fields)
{
    char value[MIGRATE_VALUE_BYTES];
    char name[DHCP_OPTION_NAME_BYTES];
    uint64_t code;
    unsigned item;
    const char *vendor = dnsmasq_field(fields, 0) + strlen("vendor:");
    const char *raw = fields->count > 2 ? fields->value + (fields->items[2] - fields->text) : "";
    if (text_parse_u64(dnsmasq_field(fields, 1), 254, &code) != STATUS_OK || code == 0 || fields->count < 3) {
        dnsmasq_remark(fields, MIGRATE_LEFT, "define it in dhcp.definitions with its 'vendor'");
        return;
    }
    const struct migrate_definition definition = {dnsmasq_field(fields, 1), vendor, (unsigned)code, "hex",
                                                  vendor};
    print_hex(fields, 2, raw, value);
    if (dnsmasq_item_find(fields, &item) &&
        migrate_dhcp_define(fields->migration, &definition, name, fields->what)) {
        migrate_dhcp_option(fields->migration, item, name, value, false, fields->what);
    }
}

void dnsmasq_option_take(const struct dnsmasq_fields *fields)
{
    const char *name = dnsmasq_field(fields, 0);
    if (text_starts(name, "vendor:PXEClient") || text_starts(name, "encap:175")) {
        dnsmasq_remark(fields, MIGRATE_NEEDLESS, "imprint makes what PXE firmware needs by itself");
    } else if (text_starts(name, "vendor:") && name[strlen("vendor:")] != '\0') {
        set_vendor_option(fields);
    } else if (text_starts(name, "vendor:") || text_starts(name, "encap:") ||
               text_starts(name, "vi-encap:")) {
        dnsmasq_remark(fields, MIGRATE_LEFT,
                       "an option inside another: define it in dhcp.definitions with its 'vendor'");
    } else if (text_starts(name, "option6:") || text_starts(name, "[")) {
        dnsmasq_remark(fields, MIGRATE_LEFT, "DHCPv6 is configured in dhcp6, see imprint.yaml(5)");
    } else if (name[0] == '\0') {
        dnsmasq_remark(fields, MIGRATE_FAULT, "it names no option");
    } else {
        set_option(fields, text_starts(name, "option:") ? name + 7 : name, 1);
    }
}
