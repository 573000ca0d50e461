// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/value.h"

#include "base/addr.h"
#include "base/time.h"
#include "config/value_dhcp.h"
#include "config/value_network6.h"
#include "model/network.h"

#include <string.h>

/// A type of value: how to read, print and explain it.
struct value_type {
    enum status (*parse)(const struct key *key, const char *text, void *value);
    void (*print)(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES]);
    void (*about)(const struct key *key, struct text *out);
};

static bool character_is_name(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '_';
}

// Every character is one of a name's or one of `others`.
static bool text_is_made_of(const char *text, const char *others)
{
    for (; *text != '\0'; text++) {
        if (!character_is_name(*text) && strchr(others, *text) == NULL) {
            return false;
        }
    }
    return true;
}

static enum status string_put(const struct key *key, const char *text, void *value)
{
    if (strlen(text) >= key->bytes) {
        return STATUS_TOO_LONG;
    }
    return text_copy(value, key->bytes, text);
}

static void string_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    (void)text_copy(out, VALUE_TEXT_BYTES, value);
}

// What the kernel accepts (dev_valid_name), without the characters that would need quoting everywhere.
static enum status interface_parse(const struct key *key, const char *text, void *value)
{
    if (text[0] == '\0' || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
        !text_is_made_of(text, ".@")) {
        return STATUS_MALFORMED;
    }
    return string_put(key, text, value);
}

static void interface_about(const struct key *key, struct text *out)
{
    text_add_format(out, "an interface's name of at most %zu characters, such as eth0", key->bytes - 1);
}

// Whether an invisible character is at `text`: control characters of ASCII and of Latin-1,
// line and paragraph separator, byte order mark, and what is no character. None of them belongs into a path,
// and YAML would not give them back as they were.
static bool is_invisible(const char *text)
{
    static const char *const invisible[] = {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe",
                                            "\xef\xbf\xbf"};
    if (text_is_control(text[0])) {
        return true;
    }
    if ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(invisible); i++) {
        if (text_starts(text, invisible[i])) {
            return true;
        }
    }
    return false;
}

static enum status path_parse(const struct key *key, const char *text, void *value)
{
    if (text[0] != '/' || strstr(text, "/../") != NULL || text_ends(text, "/..")) {
        return STATUS_MALFORMED;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (is_invisible(at)) {
            return STATUS_MALFORMED;
        }
    }
    return string_put(key, text, value);
}

static void path_about(const struct key *key, struct text *out)
{
    text_add_format(out, "an absolute path without \"..\", at most %zu bytes", key->bytes - 1);
}

static enum status host_parse(const struct key *key, const char *text, void *value)
{
    if (text[0] == '\0' || text[0] == '.' || text[0] == '-' || !text_is_made_of(text, ".")) {
        return STATUS_MALFORMED;
    }
    return string_put(key, text, value);
}

static void host_about(const struct key *key, struct text *out)
{
    text_add_format(out, "a name of letters, digits, '-' and '.', at most %zu characters", key->bytes - 1);
}

static enum status account_parse(const struct key *key, const char *text, void *value)
{
    if (text[0] == '\0' || text[0] == '-' || !text_is_made_of(text, ".")) {
        return STATUS_MALFORMED;
    }
    return string_put(key, text, value);
}

static void account_about(const struct key *key, struct text *out)
{
    text_add_format(out, "the name of an account, at most %zu characters", key->bytes - 1);
}

static enum status word_parse(const struct key *key, const char *text, void *value)
{
    for (int i = 0; key->words[i] != NULL; i++) {
        if (strcmp(key->words[i], text) == 0) {
            memcpy(value, &i, sizeof i);
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

static void word_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    int word;
    memcpy(&word, value, sizeof word);
    (void)text_copy(out, VALUE_TEXT_BYTES, key->words[word]);
}

static void word_about(const struct key *key, struct text *out)
{
    text_add(out, key->words[0]);
    for (int i = 1; key->words[i] != NULL; i++) {
        text_add(out, key->words[i + 1] == NULL ? " or " : ", ");
        text_add(out, key->words[i]);
    }
}

static enum status number_parse(const struct key *key, const char *text, void *value)
{
    uint64_t number;
    enum status status = text_parse_u64(text, key->most, &number);
    if (status != STATUS_OK) {
        return status;
    }
    if (number < key->least) {
        return STATUS_MALFORMED;
    }
    uint32_t whole = (uint32_t)number;
    uint16_t half = (uint16_t)number;
    assert(key->bytes == sizeof whole || (key->bytes == sizeof half && key->most <= UINT16_MAX));
    if (key->bytes == sizeof whole) {
        memcpy(value, &whole, sizeof whole);
    } else {
        memcpy(value, &half, sizeof half);
    }
    return STATUS_OK;
}

static void number_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    uint32_t number;
    uint16_t half;
    if (key->bytes == sizeof number) {
        memcpy(&number, value, sizeof number);
    } else {
        memcpy(&half, value, sizeof half);
        number = half;
    }
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    text_add_format(&text, "%u", number);
}

static void number_about(const struct key *key, struct text *out)
{
    text_add_format(out, "a number from %u to %u", key->least, key->most);
}

static enum status switch_parse(const struct key *key, const char *text, void *value)
{
    // As YAML 1.1 and people write it.
    static const char *const WORDS[] = {"no", "yes", "false", "true", "off", "on"};
    (void)key;
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strcmp(WORDS[i], text) == 0) {
            bool is_on = i % 2 == 1;
            memcpy(value, &is_on, sizeof is_on);
            return STATUS_OK;
        }
    }
    return STATUS_MALFORMED;
}

static void switch_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    bool is_on;
    memcpy(&is_on, value, sizeof is_on);
    (void)text_copy(out, VALUE_TEXT_BYTES, is_on ? "yes" : "no");
}

static void switch_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "yes or no");
}

static const char size_units[] = "KMGT"; // powers of 1024

static enum status size_parse(const struct key *key, const char *text, void *value)
{
    char digits[VALUE_TEXT_BYTES];
    size_t length = strlen(text);
    unsigned shift = 0;
    const char *unit = length == 0 ? NULL : strchr(size_units, text[length - 1]);
    if (unit != NULL) {
        shift = 10 * (unsigned)(unit - size_units + 1);
        length--;
    }
    if (length >= sizeof digits) {
        return STATUS_TOO_LONG;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    uint64_t bytes;
    enum status status = text_parse_u64(digits, INT64_MAX >> shift, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    bytes <<= shift;
    if (bytes < key->least) {
        return STATUS_MALFORMED;
    }
    memcpy(value, &bytes, sizeof bytes);
    return STATUS_OK;
}

static void size_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    uint64_t bytes;
    memcpy(&bytes, value, sizeof bytes);
    unsigned unit = 0;
    while (bytes != 0 && bytes % 1024 == 0 && size_units[unit] != '\0') {
        bytes /= 1024;
        unit++;
    }
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    text_add_format(&text, "%llu", (unsigned long long)bytes);
    text_add_bytes(&text, &size_units[unit == 0 ? 0 : unit - 1], unit == 0 ? 0 : 1);
}

static void size_about(const struct key *key, struct text *out)
{
    text_add(out, "a number of bytes, such as 65536, 64K, 512M or 1G");
    if (key->least != 0) {
        text_add_format(out, ", at least %u", key->least);
    }
}

static enum status ports_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    char first[8];
    const char *dash = strchr(text, '-');
    if (dash == NULL || (size_t)(dash - text) >= sizeof first) {
        return STATUS_MALFORMED;
    }
    memcpy(first, text, (size_t)(dash - text));
    first[dash - text] = '\0';
    uint64_t numbers[2];
    if (text_parse_u64(first, UINT16_MAX, &numbers[0]) != STATUS_OK ||
        text_parse_u64(dash + 1, UINT16_MAX, &numbers[1]) != STATUS_OK || numbers[0] == 0) {
        return STATUS_MALFORMED;
    }
    const uint16_t ports[2] = {(uint16_t)numbers[0], (uint16_t)numbers[1]};
    memcpy(value, ports, sizeof ports);
    return STATUS_OK;
}

static void ports_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    uint16_t ports[2];
    memcpy(ports, value, sizeof ports);
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    if (ports[0] != 0) {
        text_add_format(&text, "%u-%u", ports[0], ports[1]);
    }
}

static void ports_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "the first and the last port with '-' between, such as 50000-50099");
}

static enum status duration_value_parse(const struct key *key, const char *text, void *value)
{
    uint32_t seconds;
    enum status status = duration_parse(text, &seconds);
    if (status != STATUS_OK) {
        return status;
    }
    if (seconds < key->least || (key->most != 0 && seconds > key->most)) {
        return STATUS_MALFORMED;
    }
    memcpy(value, &seconds, sizeof seconds);
    return STATUS_OK;
}

static void duration_value_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    uint32_t seconds;
    memcpy(&seconds, value, sizeof seconds);
    (void)duration_print(seconds, out);
}

static void duration_about(const struct key *key, struct text *out)
{
    char least[DURATION_TEXT_BYTES];
    char most[DURATION_TEXT_BYTES];
    if (key->most != 0) {
        text_add_format(out, "a duration from %s to %s", duration_print(key->least, least),
                        duration_print(key->most, most));
        return;
    }
    text_add_format(out, "a duration of at least %s, such as 15m, 1h30m, 7d or forever",
                    duration_print(key->least, least));
}

static enum status address_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    return ip4_parse(text, value);
}

static void address_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct ip4 address;
    memcpy(&address, value, sizeof address);
    (void)ip4_print(address, out);
}

static void address_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "an IPv4 address, such as 192.0.2.1");
}

static enum status subnet_value_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    return subnet_parse(text, value);
}

static void subnet_value_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct subnet subnet;
    memcpy(&subnet, value, sizeof subnet);
    (void)subnet_print(subnet, out);
}

static void subnet_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "a network whose host bits are zero, such as 192.0.2.0/24");
}

static enum status range_parse(const struct key *key, const char *text, void *value)
{
    (void)key;
    struct ip4 range[2];
    enum status status = network_range_parse(text, &range[0], &range[1]);
    if (status == STATUS_OK) {
        memcpy(value, range, sizeof range);
    }
    return status;
}

static void range_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    (void)key;
    struct ip4 range[2];
    memcpy(range, value, sizeof range);
    char first[IP4_TEXT_BYTES];
    char last[IP4_TEXT_BYTES];
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    if (range[1].value == 0) {
        return; // none
    }
    text_add_format(&text, "%s-%s", ip4_print(range[0], first), ip4_print(range[1], last));
}

static void range_about(const struct key *key, struct text *out)
{
    (void)key;
    text_add(out, "two addresses with '-' between, such as 192.0.2.100-192.0.2.199");
}

static enum status pattern_parse(const struct key *key, const char *text, void *value)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (is_invisible(at)) {
            return STATUS_MALFORMED;
        }
    }
    return text[0] == '\0' ? STATUS_MALFORMED : string_put(key, text, value);
}

static void pattern_about(const struct key *key, struct text *out)
{
    text_add_format(out, "a text of at most %zu characters", key->bytes - 1);
}

static void table_about(const struct key *key, struct text *out)
{
    text_add_format(out, "at most %u elements with the keys %s[].*", key->most, key->name);
}

static const struct value_type types[KEY_TYPE_COUNT] = {
    [KEY_INTERFACE] = {interface_parse, string_print, interface_about},
    [KEY_PATH] = {path_parse, string_print, path_about},
    [KEY_HOST] = {host_parse, string_print, host_about},
    [KEY_ACCOUNT] = {account_parse, string_print, account_about},
    [KEY_WORD] = {word_parse, word_print, word_about},
    [KEY_NUMBER] = {number_parse, number_print, number_about},
    [KEY_SWITCH] = {switch_parse, switch_print, switch_about},
    [KEY_SIZE] = {size_parse, size_print, size_about},
    [KEY_PORTS] = {ports_parse, ports_print, ports_about},
    [KEY_DURATION] = {duration_value_parse, duration_value_print, duration_about},
    [KEY_ADDRESS] = {address_parse, address_print, address_about},
    [KEY_SUBNET] = {subnet_value_parse, subnet_value_print, subnet_about},
    [KEY_RANGE] = {range_parse, range_print, range_about},
    [KEY_SPAN] = {value_span_parse, value_span_print, value_span_about},
    [KEY_PREFIX6] = {value_prefix6_parse, value_prefix6_print, value_prefix6_about},
    [KEY_ADDRESS6] = {value_address6_parse, value_address6_print, value_address6_about},
    [KEY_SPAN6] = {value_span6_parse, value_span6_print, value_span6_about},
    [KEY_PATTERN] = {pattern_parse, string_print, pattern_about},
    [KEY_MACHINE] = {value_machine_parse, value_machine_print, value_machine_about},
    [KEY_MAC] = {value_mac_parse, value_mac_print, value_mac_about},
    [KEY_UUIDS] = {value_uuids_parse, value_uuids_print, value_uuids_about},
    [KEY_OPTIONS] = {NULL, NULL, value_options_about},
    [KEY_CLASSES] = {NULL, NULL, value_classes_about},
    [KEY_TABLE] = {NULL, NULL, table_about},
};

// The word that was probably meant, or NULL.
static const char *word_nearest(const struct key *key, const char *text)
{
    for (int i = 0; key->words != NULL && key->words[i] != NULL; i++) {
        if (text_distance(key->words[i], text) <= 2) {
            return key->words[i];
        }
    }
    return NULL;
}

enum status value_parse(const struct key *key, const char *text, void *value, struct problem *problem)
{
    assert(types[key->type].parse != NULL);
    enum status status = types[key->type].parse(key, text, value);
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    char shown[VALUE_TEXT_BYTES];
    char about[VALUE_TEXT_BYTES];
    struct text escaped;
    text_init(&escaped, shown, 80);
    text_add_escaped(&escaped, text, strlen(text));
    if (text[0] == '\0') {
        problem_set(problem, "'%s' has no value", key->name);
    } else {
        problem_set(problem, "'%s' cannot be '%s'", key->name, shown);
    }
    const char *nearest = word_nearest(key, text);
    if (nearest != NULL) {
        problem_set_remedy(problem, "did you mean %s? It takes %s", nearest, value_about(key, about));
    }
    problem_set_remedy(problem, "it takes %s", value_about(key, about));
    return STATUS_MALFORMED;
}

char *value_print(const struct key *key, const void *value, char out[VALUE_TEXT_BYTES])
{
    assert(types[key->type].print != NULL);
    types[key->type].print(key, value, out);
    return out;
}

char *value_about(const struct key *key, char out[VALUE_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, VALUE_TEXT_BYTES);
    types[key->type].about(key, &text);
    return out;
}
