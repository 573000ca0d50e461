// SPDX-License-Identifier: GPL-3.0-or-later
// dhcpd.conf: classes, subclasses, and the conditions of match and if, as far as imprint's classes can say
// the same: what a client is, told by its options and its hardware address.
#include "cli/migrate_dhcpd.h"

#include "base/text.h"

#include <string.h>

#define BYTES_MOST 64
#define DEPTH_MOST 8

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

// The bytes that the word at `at` stands for: those of a string, or "1:2:ab" in hex. Their count; 0 = none.
static size_t read_bytes(const struct dhcpd_reading *reading, unsigned at, uint8_t out[BYTES_MOST])
{
    const char *word = dhcpd_word(reading, at);
    size_t count = 0;
    if (at >= reading->item->count || reading->item->words[at].is_string) {
        count = strlen(word);
        memcpy(out, word, count < BYTES_MOST ? count : 0);
        return count < BYTES_MOST ? count : 0;
    }
    while (*word != '\0' && count < BYTES_MOST) {
        int high = text_parse_hex_digit(word[0]);
        int low = high < 0 ? -1 : text_parse_hex_digit(word[1]);
        if (high < 0) {
            return 0;
        }
        out[count++] = (uint8_t)(low < 0 ? high : high * 16 + low);
        word += low < 0 ? 1 : 2;
        if (*word != '\0' && *word++ != ':') {
            return 0;
        }
    }
    return *word == '\0' ? count : 0;
}

// `key` is what stands at `at`. With `length` not 0, those are only the first so many bytes of it.
static bool add_term(const struct dhcpd_reading *reading, unsigned at, const char *key, uint64_t length,
                     struct migrate_terms *terms)
{
    uint8_t bytes[BYTES_MOST];
    if (key != NULL && strcmp(key, "architecture") == 0) {
        return migrate_term_add_number(terms, dhcpd_word(reading, at));
    }
    size_t count = read_bytes(reading, at, bytes);
    bool has_type = key != NULL && strcmp(key, "mac") == 0 && count == 7 && bytes[0] == 1;
    return (length == 0 || count <= length) &&
           migrate_term_add(terms, key, bytes + (has_type ? 1 : 0), count - (has_type ? 1 : 0),
                            length != 0 && count == length);
}

// "hardware, 1, 3) = 00:11:22" or "hardware = 1:00:11:22:33:44:55", from behind "hardware".
static bool read_hardware(const struct dhcpd_reading *reading, unsigned *at, struct migrate_terms *terms,
                          bool is_part)
{
    uint64_t length = 0;
    if (is_part) {
        if (!is_at(reading, *at, ",") || !is_at(reading, *at + 1, "1") || !is_at(reading, *at + 2, ",") ||
            text_parse_u64(dhcpd_word(reading, *at + 3), 255, &length) != STATUS_OK || length == 0 ||
            !is_at(reading, *at + 4, ")")) {
            return false;
        }
        *at += 5;
    }
    if (!is_at(reading, *at, "=")) {
        return false;
    }
    *at += 2;
    return add_term(reading, *at - 1, "mac", length, terms);
}

// "substring(option NAME, 0, N) = VALUE", "substring(hardware, 1, N) = VALUE", from behind "substring".
static bool read_substring(const struct dhcpd_reading *reading, unsigned *at, struct migrate_terms *terms)
{
    if (!is_at(reading, *at, "(")) {
        return false;
    }
    if (is_at(reading, *at + 1, "hardware")) {
        *at += 2;
        return read_hardware(reading, at, terms, true);
    }
    const char *name = dhcpd_word(reading, *at + 2);
    uint64_t length;
    if (!is_at(reading, *at + 1, "option") || !is_at(reading, *at + 3, ",") ||
        !is_at(reading, *at + 4, "0") || !is_at(reading, *at + 5, ",") ||
        text_parse_u64(dhcpd_word(reading, *at + 6), 255, &length) != STATUS_OK || length == 0 ||
        !is_at(reading, *at + 7, ")") || !is_at(reading, *at + 8, "=")) {
        return false;
    }
    *at += 10;
    return add_term(reading, *at - 1, key_of(reading, name), length, terms);
}

// "option NAME = VALUE" from behind "option".
static bool read_comparison(const struct dhcpd_reading *reading, unsigned *at, struct migrate_terms *terms)
{
    const char *name = dhcpd_word(reading, *at);
    if (!is_at(reading, *at + 1, "=")) {
        return false;
    }
    *at += 3;
    return add_term(reading, *at - 1, key_of(reading, name), 0, terms);
}

static bool read_exists(const struct dhcpd_reading *reading, unsigned *at, struct migrate_terms *terms)
{
    *at += is_at(reading, *at, "option") ? 1 : 0;
    const char *key = key_of(reading, dhcpd_word(reading, *at));
    *at += 1;
    return migrate_term_add_any(terms, key);
}

static bool read_any(const struct dhcpd_reading *reading, unsigned *at, unsigned depth,
                     struct migrate_terms *terms);

static bool read_term(const struct dhcpd_reading *reading, unsigned *at, unsigned depth,
                      struct migrate_terms *terms)
{
    const char *word = dhcpd_word(reading, *at);
    (*at)++;
    *terms = (struct migrate_terms){0};
    if (strcmp(word, "(") == 0) {
        return depth < DEPTH_MOST && read_any(reading, at, depth + 1, terms) && is_at(reading, (*at)++, ")");
    }
    return strcmp(word, "substring") == 0  ? read_substring(reading, at, terms)
           : strcmp(word, "option") == 0   ? read_comparison(reading, at, terms)
           : strcmp(word, "exists") == 0   ? read_exists(reading, at, terms)
           : strcmp(word, "hardware") == 0 ? read_hardware(reading, at, terms, false)
                                           : false;
}

// Terms with "and" or "or" between, but not both without brackets, as far as they go.
static bool read_any(const struct dhcpd_reading *reading, unsigned *at, unsigned depth,
                     struct migrate_terms *terms)
{
    struct migrate_terms next;
    const char *first = NULL;
    if (!read_term(reading, at, depth, terms)) {
        return false;
    }
    while (is_at(reading, *at, "and") || is_at(reading, *at, "or")) {
        const char *word = dhcpd_word(reading, (*at)++);
        if ((first != NULL && strcmp(first, word) != 0) || !read_term(reading, at, depth, &next) ||
            !(word[0] == 'a' ? migrate_terms_and(terms, &next) : migrate_terms_or(terms, &next))) {
            return false;
        }
        first = word;
    }
    return true;
}

bool dhcpd_terms_read(const struct dhcpd_reading *reading, unsigned from, struct migrate_terms *terms)
{
    unsigned at = from;
    return read_any(reading, &at, 0, terms) && at == reading->item->count;
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
    class.item = reading->classes.count < MIGRATE_MOST
                     ? migrate_class_add(reading->migration, name, reading->what)
                     : 0;
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

// "match hardware", "match option NAME", "match substring(hardware, 1, 3)", "match substring(option NAME, 0,
// 9)": what its subclasses are told by. False when that is something else.
static bool read_key(const struct dhcpd_reading *reading, struct dhcpd_class *class)
{
    bool is_part = is_at(reading, 1, "substring");
    unsigned at = is_part || is_at(reading, 1, "pick-first-value") ? 3 : 1;
    bool is_hardware = is_at(reading, at, "hardware");
    bool is_option = is_at(reading, at, "option") && !is_at(reading, 1, "pick-first-value");
    const char *key = is_hardware ? "mac" : is_option ? key_of(reading, dhcpd_word(reading, at + 1)) : NULL;
    at += is_hardware ? 1 : 2;
    uint64_t length = 0;
    if (key == NULL || (is_part && (!is_at(reading, at + 1, is_hardware ? "1" : "0") ||
                                    text_parse_u64(dhcpd_word(reading, at + 3), 255, &length) != STATUS_OK ||
                                    length == 0))) {
        return false;
    }
    class->length = length;
    return text_copy(class->keyed, sizeof class->keyed, key) == STATUS_OK;
}

void dhcpd_match_read(struct dhcpd_reading *reading)
{
    struct dhcpd_class *class = class_of(reading);
    struct migrate_terms terms;
    if (class == NULL) {
        migrate_remark(reading->migration, MIGRATE_FAULT, reading->what, "it stands in no class");
    } else if (!is_at(reading, 1, "if")) {
        if (!read_key(reading, class)) {
            migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                           "imprint's classes cannot ask for that; see 'match' in imprint.yaml(5)");
        }
    } else if (dhcpd_terms_read(reading, 2, &terms)) {
        migrate_terms_set(reading->migration, class->item, &terms, reading->what);
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
    bool is_block = reading->item->kind == DHCPD_CONF_OPEN;
    struct migrate_terms terms = {0};
    if (is_block) {
        dhcpd_scope(reading)->kind = DHCPD_SKIPPED;
    }
    if (class == NULL || class->keyed[0] == '\0') {
        migrate_remark(reading->migration, class == NULL ? MIGRATE_FAULT : MIGRATE_LEFT, reading->what,
                       class == NULL ? "there is no such class before it"
                                     : "what its class tells members by could not be carried over");
        return;
    }
    if (!add_term(reading, 2, class->keyed, class->length, &terms)) {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what, "its value cannot be compared");
        return;
    }
    bool is_list = migrate_term_is_list(class->keyed);
    if (is_block) {
        unsigned item = migrate_class_add(reading->migration, dhcpd_word(reading, 1), reading->what);
        dhcpd_scope(reading)->kind = item == 0 ? DHCPD_SKIPPED : DHCPD_CLASS;
        dhcpd_scope(reading)->item = item;
        if (item != 0) {
            migrate_terms_set(reading->migration, item, &terms, reading->what);
            migrate_remark(reading->migration, MIGRATE_CHANGED, reading->what,
                           "a class of its own here, behind the one it is part of; of what both set, the "
                           "first one's counts");
        }
    }
    if (class->has_match && !is_list) {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                       "a class of imprint compares with one value; make one more class for this one");
        return;
    }
    migrate_terms_set(reading->migration, class->item, &terms, reading->what);
    class->has_match = true;
}

// Classes are made of conditions only when something that they set is carried over: see migrate_dhcpd.c.
void dhcpd_if_begin(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    unsigned from = is_at(reading, 0, "else") ? (is_at(reading, 1, "if") ? 2 : 0) : 1;
    scope->kind = DHCPD_IF;
    scope->is_elsif = !is_at(reading, 0, "if");
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
