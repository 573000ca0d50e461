// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate_class.h"

#include "base/text.h"
#include "model/dhcp_class.h"

#include <string.h>

#define NAME_KEY     "dhcp.classes[].name"
#define ARCHITECTURE "architecture"

const char *migrate_term_key(unsigned code)
{
    return code == 60 ? "vendor_class" : code == 77 ? "user_class" : code == 93 ? ARCHITECTURE : NULL;
}

bool migrate_term_is_list(const char *key)
{
    return strcmp(key, ARCHITECTURE) == 0 || strcmp(key, "mac") == 0;
}

// ---- one ----

// A new one with an empty value, or NULL when there are too many.
static struct migrate_term *add(struct migrate_terms *terms, const char *key)
{
    if (terms->count == MIGRATE_TERMS_MOST || key == NULL) {
        return NULL;
    }
    struct migrate_term *term = &terms->items[terms->count++];
    *term = (struct migrate_term){.key = key};
    return term;
}

// Whether a pattern can have these bytes as they are.
static bool is_literal(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] <= ' ' || bytes[i] >= 0x7f || bytes[i] == '*' || bytes[i] == '?') {
            return false;
        }
    }
    return length < 4 || memcmp(bytes, "hex:", 4) != 0;
}

static void print_octets(struct text *text, const uint8_t *bytes, size_t length, const char *between)
{
    for (size_t i = 0; i < length; i++) {
        text_add_format(text, "%s%02x", i == 0 ? "" : between, bytes[i]);
    }
}

bool migrate_term_add(struct migrate_terms *terms, const char *key, const void *bytes, size_t length,
                      bool is_beginning)
{
    const uint8_t *octets = bytes;
    struct migrate_term *term = add(terms, key);
    struct text text;
    if (term == NULL || length == 0) {
        return false;
    }
    text_init(&text, term->value, sizeof term->value);
    if (strcmp(key, ARCHITECTURE) == 0) {
        unsigned value = length == 2 ? (unsigned)octets[0] << 8 | octets[1] : 0;
        text_add_format(&text, "%u", value);
        return length == 2 && value != 0xffff;
    }
    if (strcmp(key, "mac") == 0) {
        print_octets(&text, octets, length, ":");
        return length == 6 || (length < 6 && is_beginning);
    }
    if (is_literal(octets, length)) {
        text_add_bytes(&text, bytes, length);
    } else {
        text_add(&text, "hex:");
        print_octets(&text, octets, length, "");
    }
    text_add(&text, is_beginning ? "*" : "");
    return !text.cut && text.length < DHCP_CLASS_PATTERN_BYTES;
}

bool migrate_term_add_any(struct migrate_terms *terms, const char *key)
{
    if (key == NULL || migrate_term_is_list(key)) {
        return false; // every PXE firmware tells its architecture, and every client its address
    }
    struct migrate_term *term = add(terms, key);
    return term != NULL && text_copy(term->value, sizeof term->value, "*") == STATUS_OK;
}

bool migrate_term_add_number(struct migrate_terms *terms, const char *number)
{
    unsigned long value = 0;
    bool is_hex = strchr(number, ':') != NULL || text_starts(number, "0x");
    size_t digits = 0;
    for (const char *at = text_starts(number, "0x") ? number + 2 : number; *at != '\0'; at++) {
        int digit = text_parse_hex_digit(*at);
        if (*at == ':') {
            continue;
        }
        if (digit < 0 || (!is_hex && digit > 9) || ++digits > 5) {
            return false;
        }
        value = value * (is_hex ? 16 : 10) + (unsigned long)digit;
    }
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    return digits != 0 && value < 0xffff && migrate_term_add(terms, ARCHITECTURE, bytes, 2, false);
}

// ---- many ----

static bool has_key(const struct migrate_terms *terms, const char *key)
{
    for (unsigned i = 0; i < terms->count; i++) {
        if (strcmp(terms->items[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_any(const struct migrate_term *term)
{
    return strcmp(term->value, "*") == 0;
}

// Takes out that `key` is there. False when more is asked of it.
static bool remove_any(struct migrate_terms *terms, const char *key)
{
    for (unsigned i = 0; i < terms->count; i++) {
        if (strcmp(terms->items[i].key, key) == 0) {
            if (!is_any(&terms->items[i])) {
                return false;
            }
            terms->items[i] = terms->items[--terms->count];
            return true;
        }
    }
    return true;
}

static bool join(struct migrate_terms *terms, const struct migrate_term *term)
{
    if (terms->count == MIGRATE_TERMS_MOST) {
        return false;
    }
    terms->items[terms->count++] = *term;
    return true;
}

bool migrate_terms_and(struct migrate_terms *terms, const struct migrate_terms *other)
{
    const struct migrate_terms before = *terms;
    for (unsigned i = 0; i < other->count; i++) {
        const struct migrate_term *term = &other->items[i];
        if (has_key(&before, term->key)) {
            if (is_any(term)) {
                continue; // that it is there says nothing more than what it is
            }
            struct migrate_terms probe = before;
            if (!remove_any(&probe, term->key)) {
                return false;
            }
            (void)remove_any(terms, term->key);
        }
        if (!join(terms, term)) {
            return false;
        }
    }
    return true;
}

bool migrate_terms_or(struct migrate_terms *terms, const struct migrate_terms *other)
{
    if (terms->count == 0 || other->count == 0) {
        return false;
    }
    const char *key = terms->items[0].key;
    for (unsigned i = 0; i < terms->count + other->count; i++) {
        const char *each = i < terms->count ? terms->items[i].key : other->items[i - terms->count].key;
        if (strcmp(each, key) != 0) {
            return false;
        }
    }
    bool good = migrate_term_is_list(key);
    for (unsigned i = 0; good && i < other->count; i++) {
        good = join(terms, &other->items[i]);
    }
    return good;
}

void migrate_terms_set(struct migration *migration, unsigned item, const struct migrate_terms *terms,
                       const char *what)
{
    char key[KEY_NAME_BYTES];
    for (unsigned i = 0; i < terms->count; i++) {
        (void)snprintf(key, sizeof key, "dhcp.classes[].match.%s", terms->items[i].key);
        migrate_set_in(migration, item, key, terms->items[i].value, what);
    }
}

// ---- classes ----

void migrate_class_name(const char *text, char out[MACHINE_NAME_BYTES])
{
    struct text name;
    text_init(&name, out, DHCP_CLASS_NAME_BYTES);
    for (; *text != '\0' && !name.cut; text++) {
        char lower = text_lower(*text);
        bool is_good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '.';
        if (is_good || (name.length != 0 && out[name.length - 1] != '-')) {
            text_add_char(&name, is_good ? *text : '-');
        }
    }
    while (name.length != 0 && out[name.length - 1] == '-') {
        out[--name.length] = '\0';
    }
    if (name.length == 0) {
        (void)text_copy(out, DHCP_CLASS_NAME_BYTES, "class");
    }
}

static bool has_name(const struct migration *migration, const char *name)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (strcmp(setting->key->name, NAME_KEY) == 0 && strcmp(setting->value, name) == 0) {
            return true;
        }
    }
    return false;
}

unsigned migrate_class_add(struct migration *migration, const char *name, const char *what)
{
    char base[MACHINE_NAME_BYTES];
    char unique[MACHINE_NAME_BYTES + 12];
    migrate_class_name(name, base);
    (void)snprintf(unique, sizeof unique, "%s", base);
    for (unsigned i = 2; has_name(migration, unique); i++) {
        (void)snprintf(unique, sizeof unique, "%.24s-%u", base, i);
    }
    return migrate_add(migration, 0, "dhcp.classes", unique, what);
}

const char *migrate_class_find_name(const struct migration *migration, unsigned item)
{
    const struct migrate_setting *name = item == 0 ? NULL : migrate_find_in(migration, item, NAME_KEY, NULL);
    return name == NULL ? NULL : name->value;
}
