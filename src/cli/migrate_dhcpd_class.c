// SPDX-License-Identifier: GPL-3.0-or-later
// dhcpd.conf: classes, subclasses, and the conditions of match and if, as far as imprint's classes can say
// the same: what a client is, told by its options and its hardware address.
#include "cli/migrate_dhcpd.h"

#include "base/text.h"

#include <string.h>

// ---- conditions ----

static bool is_at(const struct dhcpd_reading *reading, unsigned at, const char *word)
{
    return strcmp(dhcpd_word(reading, at), word) == 0;
}

// The key of match that the option `name` is; NULL = none.
static const char *key_of(const struct dhcpd_reading *reading, const char *name)
{
    static const struct {
        const char *name;
        const char *key;
    } names[] = {{"vendor-class-identifier", "vendor_class"},
                 {"dhcp-vendor-class-identifier", "vendor_class"},
                 {"user-class", "user_class"},
                 {"agent.circuit-id", "circuit_id"},
                 {"agent.remote-id", "remote_id"},
                 {"agent.subscriber-id", "subscriber_id"},
                 {"pxe-system-type", "architecture"},
                 {"client-architecture", "architecture"}};
    const struct dhcpd_option *option = dhcpd_option_find(reading, name);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].key;
        }
    }
    unsigned code = option == NULL || option->space[0] != '\0' ? 0 : option->code;
    return code == 60 ? "vendor_class" : code == 77 ? "user_class" : code == 93 ? "architecture" : NULL;
}

// Whatever the number is written as: 7, 00:07, 0x07.
static bool read_architecture(const char *word, char out[80])
{
    unsigned long value = 0;
    bool is_hex = strchr(word, ':') != NULL || text_starts(word, "0x");
    size_t digits = 0;
    for (const char *at = text_starts(word, "0x") ? word + 2 : word; *at != '\0'; at++) {
        int digit = text_parse_hex_digit(*at);
        if (*at == ':') {
            continue;
        }
        if (digit < 0 || (!is_hex && digit > 9) || ++digits > 5) {
            return false;
        }
        value = value * (is_hex ? 16 : 10) + (unsigned long)digit;
    }
    (void)snprintf(out, 80, "%lu", value);
    return digits != 0 && value < 0xffff;
}

static bool add_term(struct dhcpd_terms *terms, const char *key, const char *value, bool is_beginning)
{
    if (terms->count == DHCPD_TERMS_MOST || key == NULL) {
        return false;
    }
    struct dhcpd_term *term = &terms->items[terms->count++];
    struct text text;
    term->key = key;
    if (strcmp(key, "architecture") == 0) {
        return read_architecture(value, term->value);
    }
    text_init(&text, term->value, sizeof term->value);
    for (const char *at = value; *at != '\0'; at++) {
        text_add_char(&text, *at);
    }
    text_add(&text, is_beginning ? "*" : "");
    return !text.cut && text.length < 63 && value[0] != '\0';
}

// "hardware, 1, 3) = 00:11:22" or "hardware = 1:00:11:22:33:44:55", from behind "hardware".
static bool read_hardware(const struct dhcpd_reading *reading, unsigned *at, struct dhcpd_terms *terms,
                          bool is_part)
{
    if (is_part) {
        if (!is_at(reading, *at, ",") || !is_at(reading, *at + 1, "1") || !is_at(reading, *at + 2, ",") ||
            !is_at(reading, *at + 4, ")")) {
            return false;
        }
        *at += 5;
    }
    const char *value = dhcpd_word(reading, *at + 1);
    if (!is_at(reading, *at, "=")) {
        return false;
    }
    *at += 2;
    return add_term(terms, "mac", !is_part && text_starts(value, "1:") ? value + 2 : value, false);
}

// "substring(option NAME, 0, N) = VALUE", "substring(hardware, 1, N) = VALUE", from behind "substring".
static bool read_substring(const struct dhcpd_reading *reading, unsigned *at, struct dhcpd_terms *terms)
{
    if (!is_at(reading, *at, "(")) {
        return false;
    }
    if (is_at(reading, *at + 1, "hardware")) {
        *at += 2;
        return read_hardware(reading, at, terms, true);
    }
    const char *name = dhcpd_word(reading, *at + 2);
    const char *value = dhcpd_word(reading, *at + 9);
    uint64_t length;
    if (!is_at(reading, *at + 1, "option") || !is_at(reading, *at + 3, ",") ||
        !is_at(reading, *at + 4, "0") || !is_at(reading, *at + 5, ",") ||
        text_parse_u64(dhcpd_word(reading, *at + 6), 255, &length) != STATUS_OK ||
        !is_at(reading, *at + 7, ")") || !is_at(reading, *at + 8, "=") || strlen(value) > length) {
        return false;
    }
    *at += 10;
    return add_term(terms, key_of(reading, name), value, strlen(value) == length);
}

// "option NAME = VALUE" from behind "option".
static bool read_comparison(const struct dhcpd_reading *reading, unsigned *at, struct dhcpd_terms *terms)
{
    const char *name = dhcpd_word(reading, *at);
    if (!is_at(reading, *at + 1, "=")) {
        return false;
    }
    *at += 3;
    return add_term(terms, key_of(reading, name), dhcpd_word(reading, *at - 1), false);
}

// "exists NAME" says nothing more when the same option is compared, too; else any value will do.
static bool read_exists(const struct dhcpd_reading *reading, unsigned *at, struct dhcpd_terms *terms)
{
    *at += is_at(reading, *at, "option") ? 1 : 0;
    const char *name = dhcpd_word(reading, *at);
    bool is_compared = false;
    for (unsigned i = *at + 1; i < reading->item->count; i++) {
        is_compared = is_compared || (is_at(reading, i, name) && is_at(reading, i - 1, "option"));
    }
    *at += 1;
    const char *key = key_of(reading, name);
    return is_compared ||
           (key != NULL && strcmp(key, "architecture") != 0 && add_term(terms, key, "*", false));
}

static bool read_term(const struct dhcpd_reading *reading, unsigned *at, struct dhcpd_terms *terms)
{
    const char *word = dhcpd_word(reading, *at);
    (*at)++;
    return strcmp(word, "substring") == 0  ? read_substring(reading, at, terms)
           : strcmp(word, "option") == 0   ? read_comparison(reading, at, terms)
           : strcmp(word, "exists") == 0   ? read_exists(reading, at, terms)
           : strcmp(word, "hardware") == 0 ? read_hardware(reading, at, terms, false)
                                           : false;
}

// Whether all terms are about the same list, so that "or" is what the list says.
static bool is_one_list(const struct dhcpd_terms *terms)
{
    for (unsigned i = 0; i < terms->count; i++) {
        const char *key = terms->items[i].key;
        if (key != terms->items[0].key && strcmp(key, terms->items[0].key) != 0) {
            return false;
        }
    }
    return terms->count != 0 &&
           (strcmp(terms->items[0].key, "architecture") == 0 || strcmp(terms->items[0].key, "mac") == 0);
}

// Whether each term is about something else, so that "and" is what all together say.
static bool is_of_each_one(const struct dhcpd_terms *terms)
{
    for (unsigned i = 0; i < terms->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(terms->items[i].key, terms->items[j].key) == 0) {
                return false;
            }
        }
    }
    return terms->count != 0;
}

bool dhcpd_terms_read(const struct dhcpd_reading *reading, unsigned from, struct dhcpd_terms *terms)
{
    unsigned at = from;
    unsigned end = reading->item->count;
    unsigned ands = 0;
    unsigned ors = 0;
    *terms = (struct dhcpd_terms){0};
    while (at < end && is_at(reading, at, "(") && is_at(reading, end - 1, ")") && end - at > 2) {
        at++; // brackets around all; those around a part fail below
        end--;
    }
    for (;;) {
        if (!read_term(reading, &at, terms)) {
            return false;
        }
        if (at == end) {
            break;
        }
        ands += is_at(reading, at, "and") ? 1 : 0;
        ors += is_at(reading, at, "or") ? 1 : 0;
        if (at > end || (!is_at(reading, at, "and") && !is_at(reading, at, "or"))) {
            return false;
        }
        at++;
    }
    return ors == 0 ? is_of_each_one(terms) : ands == 0 && is_one_list(terms);
}

void dhcpd_terms_set(struct dhcpd_reading *reading, unsigned item, const struct dhcpd_terms *terms)
{
    char key[KEY_NAME_BYTES];
    for (unsigned i = 0; i < terms->count; i++) {
        (void)snprintf(key, sizeof key, "dhcp.classes[].match.%s", terms->items[i].key);
        migrate_set_in(reading->migration, item, key, terms->items[i].value, reading->what);
    }
}

// ---- classes ----

struct dhcpd_class *dhcpd_class_find(const struct dhcpd_reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->classes.count; i++) {
        struct dhcpd_class *class = heap_array_get(&reading->classes, i);
        if (strcmp(class->source, name) == 0) {
            return class;
        }
    }
    return NULL;
}

static bool has_name(const struct migration *migration, const char *name)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (strcmp(setting->key->name, "dhcp.classes[].name") == 0 && strcmp(setting->value, name) == 0) {
            return true;
        }
    }
    return false;
}

unsigned dhcpd_class_add(struct dhcpd_reading *reading, const char *name)
{
    char base[MACHINE_NAME_BYTES];
    char unique[MACHINE_NAME_BYTES + 12];
    migrate_dhcp_class_name(name, base);
    (void)snprintf(unique, sizeof unique, "%s", base);
    for (unsigned i = 2; has_name(reading->migration, unique); i++) {
        (void)snprintf(unique, sizeof unique, "%.24s-%u", base, i);
    }
    return migrate_add(reading->migration, 0, "dhcp.classes", unique, reading->what);
}

void dhcpd_class_begin(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    struct dhcpd_class class = {.item = 0};
    const char *name = dhcpd_word(reading, 1);
    struct dhcpd_class *old = dhcpd_class_find(reading, name);
    scope->kind = DHCPD_CLASS;
    (void)text_copy(scope->name, sizeof scope->name, name);
    if (old != NULL) {
        scope->item = old->item; // dhcpd lets a class be opened again
        return;
    }
    (void)text_copy(class.source, sizeof class.source, name);
    class.item = reading->classes.count < MIGRATE_MOST ? dhcpd_class_add(reading, name) : 0;
    scope->item = class.item;
    if (class.item != 0) {
        heap_array_add(&reading->classes, &class);
    }
}

static struct dhcpd_class *class_of(struct dhcpd_reading *reading)
{
    const struct dhcpd_scope *scope = dhcpd_scope(reading);
    for (size_t i = 0; scope->kind == DHCPD_CLASS && i < reading->classes.count; i++) {
        struct dhcpd_class *class = heap_array_get(&reading->classes, i);
        if (class->item == scope->item) {
            return class;
        }
    }
    return NULL;
}

// "match hardware", "match option NAME", "match substring(hardware, 1, 3)": what its subclasses are told by.
static const char *key_of_match(const struct dhcpd_reading *reading)
{
    unsigned at = is_at(reading, 1, "pick-first-value") || is_at(reading, 1, "substring") ? 3 : 1;
    const char *key = is_at(reading, at, "hardware") ? "mac"
                      : is_at(reading, at, "option") ? key_of(reading, dhcpd_word(reading, at + 1))
                                                     : NULL;
    return key;
}

void dhcpd_match_read(struct dhcpd_reading *reading)
{
    struct dhcpd_class *class = class_of(reading);
    struct dhcpd_terms terms;
    if (class == NULL) {
        migrate_remark(reading->migration, MIGRATE_FAULT, reading->what, "it stands in no class");
    } else if (!is_at(reading, 1, "if")) {
        const char *key = key_of_match(reading);
        if (key == NULL) {
            migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                           "imprint's classes cannot ask for that; see 'match' in imprint.yaml(5)");
            return;
        }
        (void)text_copy(class->keyed, sizeof class->keyed, key);
    } else if (dhcpd_terms_read(reading, 2, &terms)) {
        dhcpd_terms_set(reading, class->item, &terms);
        class->has_match = true;
    } else {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                       "imprint's classes cannot say this condition; see 'match' in imprint.yaml(5)");
    }
}

// subclass "NAME" VALUE [{ ... }]
void dhcpd_subclass_read(struct dhcpd_reading *reading)
{
    struct dhcpd_class *class = dhcpd_class_find(reading, dhcpd_word(reading, 1));
    const char *value = dhcpd_word(reading, 2);
    bool is_block = reading->item->kind == DHCPD_CONF_OPEN;
    struct dhcpd_terms terms = {0};
    if (is_block) {
        dhcpd_scope(reading)->kind = DHCPD_SKIPPED;
    }
    if (class == NULL || class->keyed[0] == '\0') {
        migrate_remark(reading->migration, class == NULL ? MIGRATE_FAULT : MIGRATE_LEFT, reading->what,
                       class == NULL ? "there is no such class before it"
                                     : "what its class tells members by could not be carried over");
        return;
    }
    bool is_mac = strcmp(class->keyed, "mac") == 0;
    if (!add_term(&terms, class->keyed, is_mac && text_starts(value, "1:") ? value + 2 : value, false)) {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what, "its value cannot be compared");
        return;
    }
    bool is_list = is_mac || strcmp(class->keyed, "architecture") == 0;
    if (is_block) {
        unsigned item = dhcpd_class_add(reading, dhcpd_word(reading, 1));
        dhcpd_scope(reading)->kind = item == 0 ? DHCPD_SKIPPED : DHCPD_CLASS;
        dhcpd_scope(reading)->item = item;
        if (item != 0) {
            dhcpd_terms_set(reading, item, &terms);
        }
    }
    if (class->has_match && !is_list) {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                       "a class of imprint compares with one value; make one more class for this one");
        return;
    }
    dhcpd_terms_set(reading, class->item, &terms);
    class->has_match = true;
}

// Classes are made of conditions only when something that they set is carried over: see migrate_dhcpd.c.
void dhcpd_if_begin(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    unsigned from = is_at(reading, 0, "else") ? (is_at(reading, 1, "if") ? 2 : 0) : 1;
    scope->kind = DHCPD_IF;
    if (from == 0 || !dhcpd_terms_read(reading, from, &scope->terms)) {
        scope->terms.count = 0;
    }
}

void dhcpd_class_finish(struct dhcpd_reading *reading)
{
    for (size_t i = 0; i < reading->classes.count; i++) {
        const struct dhcpd_class *class = heap_array_get(&reading->classes, i);
        const struct migrate_setting *name =
            migrate_find_in(reading->migration, class->item, "dhcp.classes[].name", NULL);
        if (class->has_match || name == NULL) {
            continue;
        }
        struct migrate_place from = name->from;
        reading->migration->line = from.line;
        migrate_drop(reading->migration, class->item);
        migrate_remark(reading->migration, MIGRATE_LEFT, from.what,
                       "who belongs to it could not be carried over, so the class was not either");
    }
}
