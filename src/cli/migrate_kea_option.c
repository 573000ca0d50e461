// SPDX-License-Identifier: GPL-3.0-or-later
// Kea's options: option-def and option-data.
#include "base/text.h"
#include "cli/migrate_kea.h"

#include <string.h>

#define PARTS_MOST 32

static bool is_true(const struct kea_reading *reading, size_t node, const char *key)
{
    return strcmp(kea_tree_find_text(&reading->tree, node, key), "true") == 0;
}

// The space of a member: "" for DHCP's own.
static const char *space_of(const struct kea_reading *reading, size_t node)
{
    const char *space = kea_tree_find_text(&reading->tree, node, "space");
    return strcmp(space, "dhcp4") == 0 ? "" : space;
}

const struct kea_option *kea_option_find(const struct kea_reading *reading, const char *space,
                                         const char *name)
{
    uint64_t code;
    bool is_code = text_parse_u64(name, 254, &code) == STATUS_OK;
    for (size_t i = 0; i < reading->options.count; i++) {
        const struct kea_option *option = heap_array_get(&reading->options, i);
        if (strcmp(option->space, space) == 0 &&
            (is_code ? option->code == code : strcmp(option->name, name) == 0)) {
            return option;
        }
    }
    return NULL;
}

// ---- definitions ----

static const struct {
    const char *kea;
    const char *one;  // of definitions, for one value
    const char *many; // for an array; NULL = its bytes
} types[] = {
    {"string", "string", NULL},
    {"ipv4-address", "ip", "ip-list"},
    {"uint8", "uint8", NULL},
    {"uint16", "uint16", NULL},
    {"uint32", "uint32", NULL},
    {"boolean", "bool", NULL},
    {"fqdn", "domain-list", "domain-list"},
    {"binary", "hex", NULL},
};

static void read_type(const struct kea_reading *reading, size_t node, struct kea_option *option)
{
    const char *type = kea_tree_find_text(&reading->tree, node, "type");
    bool is_array = is_true(reading, node, "array");
    bool is_record = strcmp(type, "record") == 0;
    option->type = "hex";
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (strcmp(types[i].kea, type) == 0) {
            option->type = !is_array ? types[i].one : types[i].many != NULL ? types[i].many : "hex";
        }
    }
    if (strcmp(option->type, "hex") == 0 && strcmp(type, "binary") != 0) {
        option->parts.repeat = is_array ? MIGRATE_REPEAT_LAST : MIGRATE_REPEAT_NONE;
        (void)text_copy(option->parts.types, sizeof option->parts.types,
                        is_record ? kea_tree_find_text(&reading->tree, node, "record-types") : type);
    }
}

static void take_definition(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    struct kea_option option = {0};
    uint64_t code;
    const char *name = kea_tree_find_text(&reading->tree, node, "name");
    (void)scope;
    (void)snprintf(reading->what, sizeof reading->what, "option-def %.100s", name);
    if (text_copy(option.name, sizeof option.name, name) != STATUS_OK || name[0] == '\0' ||
        text_copy(option.space, sizeof option.space, space_of(reading, node)) != STATUS_OK ||
        text_parse_u64(kea_tree_find_text(&reading->tree, node, "code"), 65535, &code) != STATUS_OK) {
        kea_remark(reading, MIGRATE_FAULT, "a definition has a name, a code and a type");
        return;
    }
    if (code == 0 || code > 254) {
        kea_remark(reading, MIGRATE_LEFT, "DHCP options have codes from 1 to 254");
        return;
    }
    option.code = (unsigned)code;
    read_type(reading, node, &option);
    if (reading->options.count < MIGRATE_MOST) {
        heap_array_add(&reading->options, &option);
    }
    kea_remark(reading, MIGRATE_NEEDLESS,
               "it is in dhcp.definitions if it is used and imprint does not know it");
}

void kea_definitions_read(struct kea_reading *reading, size_t position, struct kea_scope *scope)
{
    kea_list_read(reading, position, scope, take_definition);
}

// ---- values ----

// "0x0A0B", "0a:0b", "'text'" as bytes in hex. False when it is none of them.
static bool print_hex(const char *data, struct text *out)
{
    size_t length = strlen(data);
    if (length >= 2 && data[0] == '\'' && data[length - 1] == '\'') {
        for (size_t i = 1; i + 1 < length; i++) {
            text_add_format(out, "%02x", (unsigned char)data[i]);
        }
        return true;
    }
    data += text_starts(data, "0x") || text_starts(data, "0X") ? 2 : 0;
    size_t digits = 0;
    bool has_parts = strpbrk(data, ": ") != NULL;
    for (const char *at = data; *at != '\0'; at++) {
        bool is_between = *at == ':' || *at == ' ';
        bool is_alone = has_parts && !is_between && (at == data || strchr(": ", at[-1]) != NULL) &&
                        (at[1] == '\0' || strchr(": ", at[1]) != NULL);
        if (!is_between && text_parse_hex_digit(*at) < 0) {
            return false;
        }
        text_add(out, is_alone ? "0" : "");
        if (!is_between) {
            text_add_char(out, *at);
        }
        digits += is_between ? 0 : is_alone ? 2 : 1;
    }
    return digits % 2 == 0;
}

// Takes what stands before the next ',' off `*at`, without blanks around it.
static void take_part(const char **at, char *out, size_t out_bytes)
{
    struct text text;
    text_init(&text, out, out_bytes);
    *at += strspn(*at, " \t");
    size_t length = strcspn(*at, ",");
    text_add_bytes(&text, *at, length);
    while (text.length != 0 && out[text.length - 1] == ' ') {
        out[--text.length] = '\0';
    }
    *at += length;
    *at += **at == ',' ? 1 : 0;
}

// The values of a record or array, as bytes in hex. False when they are not of their types.
static bool print_parts(const struct kea_option *option, const char *data, struct text *out)
{
    char values[PARTS_MOST][256];
    const char *pointers[PARTS_MOST];
    size_t count = 0;
    while (*data != '\0') {
        if (count == PARTS_MOST) {
            return false;
        }
        take_part(&data, values[count], sizeof values[count]);
        pointers[count] = values[count];
        count++;
    }
    return migrate_dhcp_encode(&option->parts, pointers, count, out);
}

// "a\,b" is one text with a comma.
static void print_text(const char *data, struct text *out)
{
    for (; *data != '\0'; data++) {
        data += *data == '\\' && data[1] == ',' ? 1 : 0;
        text_add_char(out, *data);
    }
}

// The value as imprint.yaml has it. False when it is not of its type.
static bool print_value(const struct kea_reading *reading, size_t node, const struct kea_option *option,
                        char out[MIGRATE_VALUE_BYTES])
{
    struct text text;
    const char *data = kea_tree_find_text(&reading->tree, node, "data");
    bool is_hex = strcmp(kea_tree_find_text(&reading->tree, node, "csv-format"), "false") == 0;
    text_init(&text, out, MIGRATE_VALUE_BYTES);
    if (is_true(reading, node, "never-send")) {
        return true; // an empty value: it is kept away
    }
    if (is_hex || (option != NULL && strcmp(option->type, "hex") == 0 && option->parts.types[0] == '\0')) {
        text_add(&text, "hex:");
        return print_hex(data, &text) && !text.cut;
    }
    if (option != NULL && option->parts.types[0] != '\0') {
        text_add(&text, "hex:");
        return print_parts(option, data, &text) && !text.cut;
    }
    if (strcmp(data, "true") == 0 || strcmp(data, "false") == 0) {
        text_add(&text, data[0] == 't' ? "yes" : "no");
    } else {
        print_text(data, &text);
    }
    return !text.cut;
}

// ---- option-data ----

// How imprint.yaml calls the option. False after a remark.
static bool read_name(struct kea_reading *reading, size_t node, const struct kea_option *option,
                      const struct kea_scope *scope, char out[DHCP_OPTION_NAME_BYTES])
{
    char vendor[DHCP_VENDOR_BYTES] = "";
    const char *name = kea_tree_find_text(&reading->tree, node, "name");
    const char *code = kea_tree_find_text(&reading->tree, node, "code");
    const char *space = space_of(reading, node);
    if (space[0] != '\0' && !migrate_dhcp_find_vendor(reading->migration, scope->class, vendor)) {
        kea_remark(reading, MIGRATE_LEFT,
                   "an option inside another, for whom the file does not say: define it in dhcp.definitions "
                   "with its 'vendor', and set it in dhcp.options");
        return false;
    }
    if (text_starts(vendor, "PXEClient")) {
        kea_remark(reading, MIGRATE_NEEDLESS, "imprint makes what PXE firmware needs by itself");
        return false;
    }
    if (option != NULL) {
        const struct migrate_definition definition = {option->name, option->space, option->code, option->type,
                                                      vendor};
        return migrate_dhcp_define(reading->migration, &definition, out, reading->what);
    }
    const char *known = name[0] != '\0' ? name : code;
    if (known[0] == '\0' || space[0] != '\0' || text_copy(out, DHCP_OPTION_NAME_BYTES, known) != STATUS_OK) {
        kea_remark(reading, known[0] == '\0' ? MIGRATE_FAULT : MIGRATE_LEFT,
                   known[0] == '\0'   ? "an option has a name or a code"
                   : space[0] != '\0' ? "the file does not define this option"
                                      : "no option has such a long name");
        return false;
    }
    return true;
}

static void set(struct kea_reading *reading, struct kea_scope *scope, const char *name, const char *value)
{
    struct migration *migration = reading->migration;
    if (scope->is_pool) {
        kea_remark(reading, MIGRATE_LEFT,
                   "imprint has options for networks and classes, not for one range; make a class for it");
    } else if (scope->machine != SIZE_MAX) {
        unsigned code = migrate_dhcp_code(name);
        if (code == 66) {
            migrate_dhcp_server(migration, value, reading->what);
        } else if (code == 67) {
            migrate_dhcp_file(migration, value, reading->what);
        } else {
            migrate_set_machine_option(migration, scope->machine, name, value, reading->what);
        }
    } else if (scope->class != 0 || scope->subnet != 0 || scope->depth == 0) {
        migrate_dhcp_option(migration, scope->class != 0 ? scope->class : scope->subnet, name, value, false,
                            reading->what);
    } else {
        migrate_lend(migration, &reading->lending, scope->depth, "option", name, value, reading->what);
    }
}

static void take_option(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    char known[DHCP_OPTION_NAME_BYTES];
    char name[DHCP_OPTION_NAME_BYTES + 1];
    char value[MIGRATE_VALUE_BYTES];
    const char *written = kea_tree_find_text(&reading->tree, node, "name");
    const char *code = kea_tree_find_text(&reading->tree, node, "code");
    const struct kea_option *option =
        kea_option_find(reading, space_of(reading, node), written[0] != '\0' ? written : code);
    (void)snprintf(reading->what, sizeof reading->what, "option-data %.40s: %.60s",
                   written[0] != '\0' ? written : code, kea_tree_find_text(&reading->tree, node, "data"));
    size_t guard = kea_tree_find(&reading->tree, node, "client-classes");
    if (guard != KEA_NODE_NONE && kea_tree_get(&reading->tree, guard)->first != KEA_NODE_NONE) {
        kea_remark(reading, MIGRATE_LEFT, "it is for members of classes only: set it in 'options' of these");
        return;
    }
    if (!read_name(reading, node, option, scope, known)) {
        return;
    }
    if (!print_value(reading, node, option, value)) {
        kea_remark(reading, MIGRATE_LEFT,
                   "its data is not what its type says, or not a type that imprint has");
        return;
    }
    bool is_forced = is_true(reading, node, "always-send") && migrate_dhcp_code(known) != 3;
    if (text_copy(name, sizeof name, is_forced ? "+" : "") == STATUS_OK &&
        text_copy(name + (is_forced ? 1 : 0), sizeof known - 1, known) == STATUS_OK) {
        set(reading, scope, name, value);
    } else {
        kea_remark(reading, MIGRATE_LEFT, "its name is too long");
    }
}

void kea_options_read(struct kea_reading *reading, size_t position, struct kea_scope *scope)
{
    kea_list_read(reading, position, scope, take_option);
}
