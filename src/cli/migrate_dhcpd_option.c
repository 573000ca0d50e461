// SPDX-License-Identifier: GPL-3.0-or-later
// dhcpd.conf: "option", by which options are set and defined.
#include "base/text.h"
#include "cli/migrate_dhcpd.h"

#include <string.h>

static bool is_at(const struct dhcpd_reading *reading, unsigned at, const char *word)
{
    return strcmp(dhcpd_word(reading, at), word) == 0;
}

// "PXE.mtftp-ip" is "mtftp-ip" of the space "PXE".
static void split_name(const char *written, struct dhcpd_option *option)
{
    const char *dot = strchr(written, '.');
    struct text space;
    text_init(&space, option->space, sizeof option->space);
    text_add_bytes(&space, written, dot == NULL ? 0 : (size_t)(dot - written));
    (void)text_copy(option->name, sizeof option->name, dot == NULL ? written : dot + 1);
    if (strcmp(option->space, "dhcp") == 0) {
        option->space[0] = '\0';
    }
}

const struct dhcpd_option *dhcpd_option_find(const struct dhcpd_reading *reading, const char *name)
{
    struct dhcpd_option wanted;
    split_name(name, &wanted);
    for (size_t i = 0; i < reading->options.count; i++) {
        const struct dhcpd_option *option = heap_array_get(&reading->options, i);
        if (strcmp(option->name, wanted.name) == 0 && strcmp(option->space, wanted.space) == 0) {
            return option;
        }
    }
    return NULL;
}

// The part that stands at word `*at`, "unsigned integer 16" or "ip-address", as Kea calls it. "" = none that
// has bytes of its own. `*at` moves behind it.
static const char *read_part(const struct dhcpd_reading *reading, unsigned *at)
{
    static const char *const numbers[2][3] = {{"uint8", "uint16", "uint32"}, {"int8", "int16", "int32"}};
    const char *word = dhcpd_word(reading, (*at)++);
    bool has_sign = strcmp(word, "unsigned") == 0 || strcmp(word, "signed") == 0;
    bool is_signed = strcmp(word, "unsigned") != 0;
    if (has_sign) {
        word = dhcpd_word(reading, (*at)++);
    }
    if (strcmp(word, "integer") == 0) {
        const char *size = dhcpd_word(reading, (*at)++);
        return numbers[is_signed][strcmp(size, "8") == 0 ? 0 : strcmp(size, "16") == 0 ? 1 : 2];
    }
    return strcmp(word, "ip-address") == 0 ? "ipv4-address"
           : strcmp(word, "boolean") == 0  ? "boolean"
           : strcmp(word, "text") == 0     ? "string"
                                           : "";
}

// The type that stands at word `at`: "text", "array of ip-address", "unsigned integer 16" ...
static void read_type(const struct dhcpd_reading *reading, unsigned at, struct dhcpd_option *option)
{
    static const struct {
        const char *part;
        const char *one;
        const char *many; // NULL = its bytes
    } types[] = {{"uint8", "uint8", NULL},  {"uint16", "uint16", NULL},        {"uint32", "uint32", NULL},
                 {"boolean", "bool", NULL}, {"ipv4-address", "ip", "ip-list"}, {"string", "string", NULL}};
    bool is_array = is_at(reading, at, "array");
    at += is_array ? 2 : 0;
    option->type = is_at(reading, at, "domain-list") ? "domain-list" : "hex";
    const char *part = read_part(reading, &at);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (strcmp(types[i].part, part) == 0) {
            option->type = !is_array ? types[i].one : types[i].many != NULL ? types[i].many : "hex";
        }
    }
    if (strcmp(option->type, "hex") == 0) {
        (void)text_copy(option->parts.types, sizeof option->parts.types, part);
        option->parts.repeat = is_array ? MIGRATE_REPEAT_ALL : MIGRATE_REPEAT_NONE;
    }
}

// option NAME code N = TYPE; also the beginning of one whose types stand in { and }. False after a remark.
static bool define(struct dhcpd_reading *reading, bool is_record)
{
    struct dhcpd_option option = {.type = "hex"};
    uint64_t code;
    split_name(dhcpd_word(reading, 1), &option);
    if (text_parse_u64(dhcpd_word(reading, 3), 65535, &code) != STATUS_OK || !is_at(reading, 4, "=")) {
        migrate_remark(reading->migration, MIGRATE_FAULT, reading->what,
                       "an option is defined as 'option NAME code NUMBER = TYPE'");
        return false;
    }
    option.code = (unsigned)code;
    if (is_record) {
        option.parts.repeat = is_at(reading, 5, "array") ? MIGRATE_REPEAT_ALL : MIGRATE_REPEAT_NONE;
    } else {
        read_type(reading, 5, &option);
    }
    if (code == 0 || code > 254) {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                       "DHCP options have codes from 1 to 254");
        return false;
    }
    if (reading->options.count >= MIGRATE_MOST) {
        reading->migration->is_cut = true;
        return false;
    }
    heap_array_add(&reading->options, &option);
    migrate_remark(reading->migration, MIGRATE_NEEDLESS, reading->what,
                   "it is in dhcp.definitions if it is used and imprint does not know it");
    return true;
}

void dhcpd_record_begin(struct dhcpd_reading *reading)
{
    if (is_at(reading, 2, "code") && define(reading, true)) {
        dhcpd_scope(reading)->kind = DHCPD_RECORD;
    } else if (!is_at(reading, 2, "code")) {
        migrate_remark(reading->migration, MIGRATE_FAULT, reading->what, "dhcpd has no such block");
    }
}

void dhcpd_record_read(struct dhcpd_reading *reading)
{
    struct dhcpd_option *option = heap_array_get(&reading->options, reading->options.count - 1);
    struct text types;
    text_init(&types, option->parts.types, sizeof option->parts.types);
    for (unsigned at = 0; at < reading->item->count;) {
        text_add_format(&types, "%s%s", at == 0 ? "" : ",", read_part(reading, &at));
        at += is_at(reading, at, ",") ? 1 : 0;
    }
    if (types.cut) {
        option->parts.types[0] = '\0';
    }
}

// The value of an option whose parts are known, as bytes in hex. False when it is not of their types.
static bool print_parts(const struct dhcpd_reading *reading, const struct migrate_parts *parts,
                        struct text *out)
{
    const char *values[DHCPD_CONF_WORDS_MOST];
    size_t count = 0;
    for (unsigned i = 2; i < reading->item->count; i++) {
        const struct dhcpd_conf_word *word = &reading->item->words[i];
        if (word->is_string || strcmp(word->text, ",") != 0) {
            values[count++] = word->text;
        }
    }
    return migrate_dhcp_encode(parts, values, count, out);
}

// The value, as imprint.yaml has it.
static void print_value(const struct dhcpd_reading *reading, const struct migrate_parts *parts,
                        char out[MIGRATE_VALUE_BYTES])
{
    struct text text;
    const struct dhcpd_conf_word *words = reading->item->words;
    text_init(&text, out, MIGRATE_VALUE_BYTES);
    if (reading->item->count == 3 && !words[2].is_string && strchr(words[2].text, ':') != NULL) {
        text_add(&text, "hex:");
        for (const char *at = words[2].text; *at != '\0'; at += strcspn(at, ":"), at += *at == ':') {
            text_add(&text, strcspn(at, ":") == 1 ? "0" : ""); // dhcpd takes "1:2" for two bytes
            text_add_bytes(&text, at, strcspn(at, ":"));
        }
        return;
    }
    text_add(&text, "hex:");
    if (parts->types[0] != '\0' && print_parts(reading, parts, &text)) {
        return;
    }
    text_init(&text, out, MIGRATE_VALUE_BYTES);
    for (unsigned i = 2; i < reading->item->count; i++) {
        const char *word = words[i].text;
        bool is_comma = !words[i].is_string && strcmp(word, ",") == 0;
        bool is_true = !words[i].is_string && (strcmp(word, "true") == 0 || strcmp(word, "on") == 0);
        bool is_false = !words[i].is_string && (strcmp(word, "false") == 0 || strcmp(word, "off") == 0);
        text_add(&text, i == 2 || is_comma ? "" : " ");
        text_add(&text, is_true ? "yes" : is_false ? "no" : word);
    }
}

// The class that an if stands for, made when it first gives something.
static unsigned class_of_if(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    const struct dhcpd_scope *around = scope - 1;
    char name[32];
    bool is_wide = around->kind == DHCPD_FILE || around->kind == DHCPD_SUBNET || around->kind == DHCPD_SHARED;
    if (scope->item != 0 || scope->terms.count == 0 || !is_wide) {
        return scope->item;
    }
    (void)snprintf(name, sizeof name, "line-%u", scope->line);
    scope->item = migrate_class_add(reading->migration, name, reading->what);
    if (scope->item != 0) {
        migrate_terms_set(reading->migration, scope->item, &scope->terms, reading->what);
        if (around->kind != DHCPD_FILE || scope->is_elsif) {
            migrate_remark(
                reading->migration, MIGRATE_CHANGED, reading->what,
                "imprint's class has all clients for which the condition holds, in every network and "
                "whatever stands before; of what several classes set, the first one's counts");
        }
    }
    return scope->item;
}

static void set_for_machine(struct dhcpd_reading *reading, const char *name, const char *value)
{
    const struct dhcpd_scope *scope = dhcpd_scope(reading);
    if (scope->machine == SIZE_MAX) {
        return;
    }
    if (migrate_dhcp_code(name) == 66) {
        migrate_dhcp_server(reading->migration, value, reading->what);
    } else if (migrate_dhcp_code(name) == 67) {
        migrate_dhcp_file(reading->migration, value, reading->what);
    } else {
        migrate_set_machine_option(reading->migration, scope->machine, name, value, reading->what);
    }
}

static void set(struct dhcpd_reading *reading, const char *name, const char *value)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    struct migration *migration = reading->migration;
    switch (scope->kind) {
    case DHCPD_HOST:
        set_for_machine(reading, name, value);
        break;
    case DHCPD_GROUP:
    case DHCPD_SHARED:
        migrate_lend(migration, &reading->lending, reading->depth, "option", name, value, reading->what);
        break;
    case DHCPD_IF:
        if (class_of_if(reading) == 0) {
            migrate_remark(migration, MIGRATE_LEFT, reading->what,
                           "it stands under a condition that imprint's classes cannot say");
            break;
        }
        migrate_dhcp_option(migration, scope->item, name, value, false, reading->what);
        break;
    case DHCPD_POOL:
        migrate_remark(
            migration, MIGRATE_LEFT, reading->what,
            "imprint has options for networks and classes, not for one range; make a class for it");
        break;
    case DHCPD_RECORD:
    case DHCPD_SKIPPED:
        break;
    case DHCPD_FILE:
    case DHCPD_SUBNET:
    case DHCPD_CLASS:
    default:
        if (scope->kind == DHCPD_FILE || scope->item != 0) {
            migrate_dhcp_option(migration, scope->item, name, value, false, reading->what);
        }
    }
}

// The vendor of the class around whose members get the options of a vendor. False after a remark.
static bool vendor_of(struct dhcpd_reading *reading, char out[DHCP_VENDOR_BYTES])
{
    const struct dhcpd_scope *scope = dhcpd_scope(reading);
    const char *name = dhcpd_word(reading, 1);
    bool is_class = scope->kind == DHCPD_CLASS || scope->kind == DHCPD_IF;
    if (text_starts(name, "PXE.") || text_starts(name, "pxe.")) {
        migrate_remark(reading->migration, MIGRATE_NEEDLESS, reading->what,
                       "imprint makes what PXE firmware needs by itself");
        return false;
    }
    if (!is_class || !migrate_dhcp_find_vendor(reading->migration, scope->item, out)) {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                       "an option inside option 43, for whom the file does not say: define it in "
                       "dhcp.definitions with its 'vendor', and set it in dhcp.options");
        return false;
    }
    return true;
}

// The name in imprint.yaml of the option that is set; a definition is made when it needs one. False after a
// remark.
static bool name_of(struct dhcpd_reading *reading, const struct dhcpd_option *option,
                    char out[DHCP_OPTION_NAME_BYTES])
{
    char vendor[DHCP_VENDOR_BYTES] = "";
    const char *name = dhcpd_word(reading, 1);
    bool is_vendors = strchr(name, '.') != NULL && !text_starts(name, "dhcp.");
    if (is_vendors && dhcpd_scope(reading)->kind == DHCPD_IF) {
        (void)class_of_if(reading);
    }
    if (is_vendors && !vendor_of(reading, vendor)) {
        return false;
    }
    if (option != NULL) {
        const struct migrate_definition definition = {option->name, option->space, option->code, option->type,
                                                      vendor};
        return migrate_dhcp_define(reading->migration, &definition, out, reading->what);
    }
    if (is_vendors) {
        migrate_remark(reading->migration, MIGRATE_FAULT, reading->what,
                       "the file does not define this option before");
        return false;
    }
    if (text_copy(out, DHCP_OPTION_NAME_BYTES, name + (text_starts(name, "dhcp.") ? 5 : 0)) != STATUS_OK) {
        migrate_remark(reading->migration, MIGRATE_FAULT, reading->what, "no option has such a long name");
        return false;
    }
    return true;
}

void dhcpd_option_read(struct dhcpd_reading *reading)
{
    char value[MIGRATE_VALUE_BYTES];
    const char *name = dhcpd_word(reading, 1);
    if (strcmp(name, "space") == 0 || strcmp(name, "definition") == 0) {
        migrate_remark(reading->migration, MIGRATE_NEEDLESS, reading->what,
                       "options of a vendor are named one by one where they are set");
        return;
    }
    if (is_at(reading, 2, "code")) {
        (void)define(reading, false);
        return;
    }
    const struct dhcpd_option *option = dhcpd_option_find(reading, name);
    char known[DHCP_OPTION_NAME_BYTES];
    if (is_at(reading, 2, "=") || reading->item->count < 3) {
        migrate_remark(
            reading->migration, reading->item->count < 3 ? MIGRATE_FAULT : MIGRATE_LEFT, reading->what,
            reading->item->count < 3 ? "it has no value"
                                     : "it is computed for each client, and imprint has fixed values");
        return;
    }
    if (!name_of(reading, option, known)) {
        return;
    }
    // dhcpd has no type of its own for these, so they are always bytes one by one
    static const struct migrate_parts bytes = {"uint8", MIGRATE_REPEAT_ALL};
    static const struct migrate_parts none = {"", MIGRATE_REPEAT_NONE};
    unsigned code = option != NULL ? option->code : migrate_dhcp_code(known);
    print_value(reading,
                option != NULL               ? &option->parts
                : code == 121 || code == 249 ? &bytes
                                             : &none,
                value);
    set(reading, known, value);
}
