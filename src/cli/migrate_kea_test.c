// SPDX-License-Identifier: GPL-3.0-or-later
// Kea's expressions, as far as imprint's classes can say the same: option[60].hex == 'PXEClient',
// substring(pkt4.mac, 0, 3) == 0x0004f2, relay4[1].exists, and, or, brackets.
#include "base/text.h"
#include "cli/migrate_kea.h"

#include <string.h>

#define TOKENS_MOST      160
#define TOKEN_BYTES      64
#define EXPRESSION_DEPTH 8

struct token {
    char kind; // 'w' a word or number, 's' a string, 'x' bytes in hex, else the character itself; '=' is "=="
    char text[TOKEN_BYTES];
};

struct expression {
    const struct kea_reading *reading;
    struct token tokens[TOKENS_MOST + 1]; // ended by one of kind '\0'
    unsigned count;
    unsigned at;
};

// ---- tokens ----

static bool is_word(char character)
{
    char lower = text_lower(character);
    return (lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9') || character == '_' ||
           character == '-';
}

// Takes one token from `*at`. False when it is none, or too long.
static bool take_token(const char **at, struct token *token)
{
    struct text text;
    text_init(&text, token->text, sizeof token->text);
    token->kind = **at;
    if (**at == '\'') {
        const char *end = strchr(*at + 1, '\'');
        token->kind = 's';
        text_add_bytes(&text, *at + 1, end == NULL ? 0 : (size_t)(end - *at - 1));
        *at = end == NULL ? *at : end + 1;
        return end != NULL && !text.cut;
    }
    if (is_word(**at)) {
        for (; is_word(**at); (*at)++) {
            text_add_char(&text, **at);
        }
        token->kind = text_starts(token->text, "0x") || text_starts(token->text, "0X") ? 'x' : 'w';
        return !text.cut;
    }
    if (**at == '=' && (*at)[1] == '=') {
        *at += 2;
        return true;
    }
    (*at)++;
    return strchr("()[].,*", token->kind) != NULL;
}

static bool tokenise(const char *test, struct expression *expression)
{
    for (;;) {
        test += strspn(test, " \t\r\n");
        if (*test == '\0') {
            return expression->count != 0;
        }
        if (expression->count == TOKENS_MOST ||
            !take_token(&test, &expression->tokens[expression->count++])) {
            return false;
        }
    }
}

static bool take(struct expression *expression, char kind)
{
    bool is = expression->tokens[expression->at].kind == kind && expression->at < expression->count;
    expression->at += is ? 1 : 0;
    return is;
}

static bool take_word(struct expression *expression, const char *word)
{
    const struct token *token = &expression->tokens[expression->at];
    bool is = expression->at < expression->count && token->kind == 'w' && strcmp(token->text, word) == 0;
    expression->at += is ? 1 : 0;
    return is;
}

static const char *take_any_word(struct expression *expression)
{
    return take(expression, 'w') ? expression->tokens[expression->at - 1].text : NULL;
}

// ---- what is compared ----

static const char *relay_key(unsigned code)
{
    return code == 1 ? "circuit_id" : code == 2 ? "remote_id" : code == 6 ? "subscriber_id" : NULL;
}

static const char *option_key(const struct expression *expression, const char *name)
{
    static const struct {
        const char *name;
        unsigned code;
    } names[] = {{"vendor-class-identifier", 60}, {"user-class", 77}, {"client-system", 93}};
    const struct kea_option *own = kea_option_find(expression->reading, "", name);
    uint64_t code = own == NULL ? 0 : own->code;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        code = strcmp(names[i].name, name) == 0 ? names[i].code : code;
    }
    return code != 0 || text_parse_u64(name, 254, &code) == STATUS_OK ? migrate_term_key((unsigned)code)
                                                                      : NULL;
}

// "pkt4.mac", "option[60].hex", "relay4[1].exists": the key of match, and what of it. NULL when a class
// cannot ask for that.
static const char *read_subject(struct expression *expression, bool *is_exists)
{
    uint64_t number;
    *is_exists = false;
    if (take_word(expression, "pkt4")) {
        return take(expression, '.') && take_word(expression, "mac") ? "mac" : NULL;
    }
    bool is_relay = take_word(expression, "relay4");
    if ((!is_relay && !take_word(expression, "option")) || !take(expression, '[')) {
        return NULL;
    }
    const char *name = take_any_word(expression);
    if (name == NULL || !take(expression, ']') || !take(expression, '.')) {
        return NULL;
    }
    *is_exists = take_word(expression, "exists");
    if (!*is_exists && !take_word(expression, "hex") && !take_word(expression, "text")) {
        return NULL;
    }
    if (!is_relay) {
        return option_key(expression, name);
    }
    return text_parse_u64(name, 255, &number) == STATUS_OK ? relay_key((unsigned)number) : NULL;
}

// The bytes of a literal. False when the next token is none.
static bool read_bytes(struct expression *expression, uint8_t out[TOKEN_BYTES], size_t *count)
{
    const struct token *token = &expression->tokens[expression->at];
    *count = 0;
    if (take(expression, 's')) {
        *count = strlen(token->text);
        memcpy(out, token->text, *count);
        return true;
    }
    if (!take(expression, 'x')) {
        return false;
    }
    const char *digits = token->text + 2;
    bool is_odd = strlen(digits) % 2 != 0; // Kea puts a 0 before it
    for (size_t i = 0; digits[i] != '\0'; i++) {
        int digit = text_parse_hex_digit(digits[i]);
        bool is_high = (i % 2 == 0) != is_odd;
        if (digit < 0) {
            return false;
        }
        if (is_high) {
            out[*count] = (uint8_t)(digit << 4);
        } else if (i == 0) {
            out[(*count)++] = (uint8_t)digit;
        } else {
            out[*count] = (uint8_t)(out[*count] | digit);
            (*count)++;
        }
    }
    return true;
}

// "== 'PXEClient'" behind a subject, of which only the first `length` bytes are looked at (0 = all).
static bool read_equals(struct expression *expression, const char *key, uint64_t length,
                        struct migrate_terms *terms)
{
    uint8_t bytes[TOKEN_BYTES];
    size_t count;
    return take(expression, '=') && read_bytes(expression, bytes, &count) &&
           (length == 0 || count <= length) &&
           migrate_term_add(terms, key, bytes, count, length != 0 && count == length);
}

// "(SUBJECT, 0, N) == VALUE" behind "substring".
static bool read_substring(struct expression *expression, struct migrate_terms *terms)
{
    bool is_exists;
    uint64_t length = 0;
    const char *key = take(expression, '(') ? read_subject(expression, &is_exists) : NULL;
    if (key == NULL || is_exists || !take(expression, ',') || !take_word(expression, "0") ||
        !take(expression, ',')) {
        return false;
    }
    const char *word = take_any_word(expression);
    bool is_all = word != NULL && strcmp(word, "all") == 0;
    if (word == NULL || (!is_all && (text_parse_u64(word, 255, &length) != STATUS_OK || length == 0)) ||
        !take(expression, ')')) {
        return false;
    }
    return read_equals(expression, key, length, terms);
}

// "('NAME')" behind "member": the conditions of that class.
static bool read_member(struct expression *expression, struct migrate_terms *terms)
{
    if (!take(expression, '(') || !take(expression, 's')) {
        return false;
    }
    const char *name = expression->tokens[expression->at - 1].text;
    const struct kea_reading *reading = expression->reading;
    for (size_t i = 0; i < reading->classes.count; i++) {
        const struct kea_class *class = heap_array_get(&reading->classes, i);
        if (strcmp(class->source, name) == 0 && class->terms.count != 0) {
            *terms = class->terms;
            return take(expression, ')');
        }
    }
    return false;
}

// ---- and, or, brackets ----

static bool read_or(struct expression *expression, unsigned depth, struct migrate_terms *terms);

static bool read_term(struct expression *expression, unsigned depth, struct migrate_terms *terms)
{
    bool is_exists;
    *terms = (struct migrate_terms){0};
    if (take(expression, '(')) {
        return depth < EXPRESSION_DEPTH && read_or(expression, depth + 1, terms) && take(expression, ')');
    }
    if (take_word(expression, "substring")) {
        return read_substring(expression, terms);
    }
    if (take_word(expression, "member")) {
        return read_member(expression, terms);
    }
    const char *key = read_subject(expression, &is_exists);
    return key != NULL &&
           (is_exists ? migrate_term_add_any(terms, key) : read_equals(expression, key, 0, terms));
}

static bool read_and(struct expression *expression, unsigned depth, struct migrate_terms *terms)
{
    struct migrate_terms next;
    if (!read_term(expression, depth, terms)) {
        return false;
    }
    while (take_word(expression, "and")) {
        if (!read_term(expression, depth, &next) || !migrate_terms_and(terms, &next)) {
            return false;
        }
    }
    return true;
}

static bool read_or(struct expression *expression, unsigned depth, struct migrate_terms *terms)
{
    struct migrate_terms next;
    if (!read_and(expression, depth, terms)) {
        return false;
    }
    while (take_word(expression, "or")) {
        if (!read_and(expression, depth, &next) || !migrate_terms_or(terms, &next)) {
            return false;
        }
    }
    return true;
}

bool kea_test_read(const struct kea_reading *reading, const char *test, struct migrate_terms *terms)
{
    struct expression *expression = heap_new(sizeof *expression);
    expression->reading = reading;
    bool good =
        tokenise(test, expression) && read_or(expression, 0, terms) && expression->at == expression->count;
    heap_free(expression);
    return good;
}
