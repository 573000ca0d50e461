// SPDX-License-Identifier: GPL-3.0-or-later
// DHCP options of other servers: which have keys of their own, which are imprint's to fill in, which have to
// be defined.
#include "base/text.h"
#include "cli/migrate_dhcp.h"

#include <string.h>

#define SUBNETS MIGRATE_SUBNETS
#define CLASSES MIGRATE_CLASSES

unsigned migrate_dhcp_code(const char *name)
{
    static const char *const none[] = {""};
    struct problem problem;
    struct dhcp_option_set *set = heap_new(sizeof *set);
    problem_clear(&problem);
    enum status status = dhcp_option_parse(set, NULL, name, none, 1, &problem);
    unsigned code = status == STATUS_OK && set->count == 1 ? set->entries[0].code : 0;
    heap_free(set);
    return code;
}

// Values with ',' between, each to a key that is a list.
static void set_list(struct migration *migration, unsigned item, const char *key, const char *value,
                     const char *what)
{
    char one[MIGRATE_VALUE_BYTES];
    while (*value != '\0') {
        struct text text;
        size_t length = strcspn(value, ",");
        text_init(&text, one, sizeof one);
        text_add_bytes(&text, value, length);
        while (text.length != 0 && one[text.length - 1] == ' ') {
            one[--text.length] = '\0';
        }
        migrate_set_in(migration, item, key, one, what);
        value += length;
        value += strspn(value, ", ");
    }
}

// What a network has a key of its own for; NULL = nothing.
static const char *key_of(unsigned code)
{
    return code == 3    ? SUBNETS "[].routers"
           : code == 6  ? SUBNETS "[].dns"
           : code == 15 ? SUBNETS "[].domain"
           : code == 42 ? SUBNETS "[].ntp"
                        : NULL;
}

// The mask and the broadcast address follow from the network; whether they are what was written.
static void check_mask(struct migration *migration, unsigned item, unsigned code, const char *value,
                       const char *what)
{
    struct subnet subnet;
    struct ip4 address;
    if (migrate_dhcp_subnet(migration, item, &subnet) && ip4_parse(value, &address) == STATUS_OK) {
        struct ip4 right = code == 1 ? ip4_mask(subnet.prefix) : subnet_broadcast(subnet);
        if (!ip4_equal(right, address)) {
            char text[IP4_TEXT_BYTES];
            migrate_remark(migration, MIGRATE_FAULT, what, "for this network it is %s, which imprint sends",
                           ip4_print(right, text));
            return;
        }
    }
    migrate_remark(migration, MIGRATE_NEEDLESS, what, "imprint sends what follows from the network");
}

void migrate_dhcp_option(struct migration *migration, unsigned item, const char *name, const char *value,
                         bool is_lent, const char *what)
{
    unsigned code = migrate_dhcp_code(name);
    bool is_subnet = migrate_dhcp_is(migration, item, SUBNETS);
    bool is_search = code == 15 && strchr(value, ' ') != NULL; // several domains, as resolv.conf has them
    const char *key = is_subnet && !is_search ? key_of(code) : NULL;
    const char *options = is_subnet   ? SUBNETS "[].options"
                          : item == 0 ? "dhcp.options"
                                      : CLASSES "[].options";
    char printed[DHCP_OPTION_NAME_BYTES];
    char text[MIGRATE_VALUE_BYTES];
    if (code == 1 || code == 28) {
        check_mask(migration, item, code, value, what);
    } else if (code == 66) {
        migrate_dhcp_server(migration, value, what);
    } else if (code == 67) {
        migrate_dhcp_file(migration, value, what);
    } else if (code == 60 && text_starts(value, "PXEClient")) {
        migrate_remark(migration, MIGRATE_NEEDLESS, what, "imprint sends it to PXE clients by itself");
    } else if (key != NULL && (!is_lent || migrate_find_in(migration, item, key, NULL) == NULL)) {
        set_list(migration, item, key, value, what);
    } else if (key == NULL && text_copy(printed, sizeof printed, name) == STATUS_OK &&
               text_copy(text, sizeof text, value) == STATUS_OK) {
        if (!is_lent || (migrate_read_option(migration, printed, text, what) &&
                         migrate_find_in(migration, item, options, printed) == NULL)) {
            migrate_set_option(migration, item, options, name, value, what);
        }
    } else if (key == NULL) {
        migrate_remark(migration, MIGRATE_LEFT, what, "it is too long");
    }
}

// ---- definitions ----

// The definition called `name`; 0 = none.
static unsigned definition_find(const struct migration *migration, const char *name)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (strcmp(setting->key->name, "dhcp.definitions[].name") == 0 && strcmp(setting->value, name) == 0) {
            return setting->item;
        }
    }
    return 0;
}

// A name of letters, digits, '-' and '.'.
static void make_name(const char *space, const char *name, char out[DHCP_OPTION_NAME_BYTES])
{
    struct text text;
    text_init(&text, out, DHCP_OPTION_NAME_BYTES);
    text_add_format(&text, "%s%s%s", space, space[0] == '\0' ? "" : ".", name);
    for (char *at = out; *at != '\0'; at++) {
        char lower = text_lower(*at);
        bool is_good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || *at == '.';
        *at = is_good || (*at == '-' && at != out) ? *at : at == out ? 'x' : '-';
    }
}

bool migrate_dhcp_define(struct migration *migration, const struct migrate_definition *wanted,
                         char out[DHCP_OPTION_NAME_BYTES], const char *what)
{
    struct dhcp_definition definition = {.code = (uint16_t)wanted->code};
    struct problem problem;
    char code[12];
    problem_clear(&problem);
    (void)snprintf(code, sizeof code, "%u", wanted->code);
    make_name(wanted->vendor[0] == '\0' ? "" : wanted->space, wanted->name, out);
    if (definition_find(migration, out) != 0) {
        return true;
    }
    (void)text_copy(definition.name, sizeof definition.name, out);
    if (text_copy(definition.vendor, sizeof definition.vendor, wanted->vendor) != STATUS_OK ||
        dhcp_definition_check(&definition, &problem) != STATUS_OK) {
        if (wanted->vendor[0] == '\0' && migrate_dhcp_code(code) != 0) {
            (void)text_copy(out, DHCP_OPTION_NAME_BYTES, code); // imprint knows that code by another name
            return true;
        }
        migrate_remark(migration, MIGRATE_LEFT, what, "%s",
                       problem.text[0] == '\0' ? "the vendor class is too long" : problem.text);
        return false;
    }
    unsigned item = migrate_add(migration, 0, "dhcp.definitions", out, what);
    if (item == 0) {
        return false;
    }
    migrate_set_in(migration, item, "dhcp.definitions[].code", code, what);
    migrate_set_in(migration, item, "dhcp.definitions[].type", wanted->type, what);
    if (wanted->vendor[0] != '\0') {
        migrate_set_in(migration, item, "dhcp.definitions[].vendor", wanted->vendor, what);
    }
    return true;
}

bool migrate_dhcp_find_vendor(const struct migration *migration, unsigned class, char out[DHCP_VENDOR_BYTES])
{
    const struct migrate_setting *setting =
        class == 0 ? NULL : migrate_find_in(migration, class, CLASSES "[].match.vendor_class", NULL);
    if (setting == NULL || text_starts(setting->value, "hex:") ||
        text_copy(out, DHCP_VENDOR_BYTES, setting->value) != STATUS_OK) {
        return false;
    }
    size_t length = strlen(out);
    if (length != 0 && out[length - 1] == '*') {
        out[--length] = '\0'; // a definition's vendor is a beginning
    }
    return length != 0 && strpbrk(out, "*?") == NULL;
}

// ---- values of several parts ----

static bool print_number(const char *type, const char *value, struct text *out)
{
    bool is_signed = type[0] == 'i';
    bool is_negative = is_signed && value[0] == '-';
    unsigned bits = text_ends(type, "32") ? 32 : text_ends(type, "16") ? 16 : 8;
    // dhcpd takes 192 for an "integer 8", too, and sends that byte
    uint64_t most = is_negative ? (uint64_t)1 << (bits - 1) : ((uint64_t)1 << bits) - 1;
    uint64_t number;
    if ((!text_starts(type, "uint") && !text_starts(type, "int")) ||
        text_parse_u64(value + (is_negative ? 1 : 0), most, &number) != STATUS_OK) {
        return false;
    }
    number = is_negative ? ((uint64_t)1 << bits) - number : number;
    text_add_format(out, "%0*llx", (int)bits / 4, (unsigned long long)number & (((uint64_t)1 << bits) - 1));
    return true;
}

// One value, as bytes in hex. False when it is not of its type.
static bool print_part(const char *type, const char *value, struct text *out)
{
    static const char *const yes[] = {"true", "on", "yes", "1"};
    static const char *const no[] = {"false", "off", "no", "0"};
    struct ip4 address;
    if (strcmp(type, "ipv4-address") == 0) {
        bool good = ip4_parse(value, &address) == STATUS_OK;
        text_add_format(out, "%08x", good ? address.value : 0);
        return good;
    }
    if (strcmp(type, "boolean") == 0) {
        bool is_yes = text_find(value, yes, COUNT_OF(yes)) != COUNT_OF(yes);
        text_add(out, is_yes ? "01" : "00");
        return is_yes || text_find(value, no, COUNT_OF(no)) != COUNT_OF(no);
    }
    if (strcmp(type, "string") != 0) {
        return print_number(type, value, out);
    }
    for (const char *at = value; *at != '\0'; at++) {
        text_add_format(out, "%02x", (unsigned char)*at);
    }
    return true;
}

bool migrate_dhcp_encode(const struct migrate_parts *parts, const char *const *values, size_t count,
                         struct text *out)
{
    char type[32] = "";
    const char *left = parts->types;
    for (size_t i = 0; i < count; i++) {
        if (*left == '\0' && parts->repeat == MIGRATE_REPEAT_ALL) {
            left = parts->types;
        }
        if (*left != '\0') {
            struct text text;
            left += strspn(left, " ,");
            text_init(&text, type, sizeof type);
            text_add_bytes(&text, left, strcspn(left, " ,"));
            left += strcspn(left, " ,");
            left += strspn(left, " ,");
        } else if (parts->repeat == MIGRATE_REPEAT_NONE) {
            return false;
        }
        if (!print_part(type, values[i], out)) {
            return false;
        }
    }
    return count != 0 && *left == '\0' && !out->cut;
}
