// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard_rule.h"

#include "model/guard.h"

#include <string.h>

#define WORD_BYTES ORDER_DISK_BYTES

enum rule_match { RULE_EQUAL, RULE_PART, RULE_LEAST, RULE_MOST };

enum rule_field { RULE_SERIAL, RULE_NAME, RULE_TRANSPORT, RULE_MODEL, RULE_SIZE };

static const struct rule_word {
    const char *start;
    enum rule_field field;
    enum rule_match match;
} RULE_WORDS[] = {
    {"serial=", RULE_SERIAL, RULE_EQUAL},       {"name=", RULE_NAME, RULE_EQUAL},
    {"transport=", RULE_TRANSPORT, RULE_EQUAL}, {"model=", RULE_MODEL, RULE_PART},
    {"size>=", RULE_SIZE, RULE_LEAST},          {"size<=", RULE_SIZE, RULE_MOST},
};

// Takes the next word of a rule; false at its end. A word too long for a rule is cut, so it fits nothing.
static bool next_word(const char **rule, char out[WORD_BYTES])
{
    const char *start = *rule + strspn(*rule, " ");
    size_t length = strcspn(start, " ");
    struct text text;
    text_init(&text, out, WORD_BYTES);
    text_add_bytes(&text, start, length);
    *rule = start + length;
    return length != 0;
}

static const struct rule_word *find_word(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(RULE_WORDS); i++) {
        if (text_starts(word, RULE_WORDS[i].start)) {
            return &RULE_WORDS[i];
        }
    }
    return NULL;
}

static bool is_extreme(const char *word)
{
    return strcmp(word, "smallest") == 0 || strcmp(word, "largest") == 0;
}

// "100G", "4Gi", "1000000"
static bool parse_size(const char *text, uint64_t *bytes)
{
    static const char UNITS[] = "KMGT";
    char digits[24];
    size_t length = strspn(text, "0123456789");
    const char *unit = text + length;
    if (length == 0 || length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    uint64_t factor = 1;
    if (*unit != '\0') {
        const char *at = strchr(UNITS, *unit);
        uint64_t step = unit[1] == 'i' ? 1024 : 1000;
        if (at == NULL || unit[step == 1024 ? 2 : 1] != '\0') {
            return false;
        }
        for (ptrdiff_t i = 0; i <= at - UNITS; i++) {
            factor *= step;
        }
    }
    uint64_t number;
    if (text_parse_u64(digits, UINT64_MAX / factor, &number) != STATUS_OK) {
        return false;
    }
    *bytes = number * factor;
    return true;
}

static enum status check_word(const char *word, struct problem *problem)
{
    const struct rule_word *known = find_word(word);
    uint64_t bytes;
    if (known == NULL) {
        problem_set(problem, "'%s' says nothing about a disk", word);
        problem_set_remedy(problem,
                           "use serial=S, name=vda, transport=nvme, model=TEXT, size>=100G, size<=2T, "
                           "smallest or largest, with blanks between");
        return STATUS_MALFORMED;
    }
    const char *value = word + strlen(known->start);
    if (value[0] == '\0') {
        problem_set(problem, "'%s' has no value", word);
        return STATUS_MALFORMED;
    }
    if (known->field == RULE_SIZE && !parse_size(value, &bytes)) {
        problem_set(problem, "'%s' is not a size", value);
        problem_set_remedy(problem, "write 100G or 2T (powers of 1000), or 4Gi (powers of 1024)");
        return STATUS_MALFORMED;
    }
    if (known->field == RULE_NAME && strchr(value, '/') != NULL) {
        problem_set(problem, "'%s' is a path, not a disk's name", value);
        problem_set_remedy(problem, "write it without /dev/, like name=vda");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

enum status guard_check_rule(const char *rule, struct problem *problem)
{
    char word[WORD_BYTES];
    bool has_extreme = false;
    if (strlen(rule) >= ORDER_DISK_BYTES) {
        problem_set(problem, "a rule for disks has at most %d characters", ORDER_DISK_BYTES - 1);
        return STATUS_MALFORMED;
    }
    for (size_t i = 0; rule[i] != '\0'; i++) {
        if (text_is_control(rule[i]) || (unsigned char)rule[i] >= 0x7f) {
            problem_set(problem, "a rule for disks has printable ASCII characters only");
            return STATUS_MALFORMED;
        }
    }
    while (next_word(&rule, word)) {
        if (is_extreme(word)) {
            if (has_extreme) {
                problem_set(problem, "a rule for disks says 'smallest' or 'largest' once at most");
                return STATUS_MALFORMED;
            }
            has_extreme = true;
        } else if (check_word(word, problem) != STATUS_OK) {
            return STATUS_MALFORMED;
        }
    }
    return STATUS_OK;
}

// Whether `part` is inside `whole`, any case.
static bool has_part(const char *whole, const char *part)
{
    for (; *whole != '\0'; whole++) {
        size_t at = 0;
        while (part[at] != '\0' && text_lower(whole[at]) == text_lower(part[at])) {
            at++;
        }
        if (part[at] == '\0') {
            return true;
        }
    }
    return false;
}

static bool word_holds(const char *word, const struct inventory_disk *disk)
{
    const struct rule_word *known = find_word(word);
    uint64_t bytes = 0;
    if (known == NULL) {
        return is_extreme(word); // about all that are left, see pick_extreme
    }
    const char *value = word + strlen(known->start);
    switch (known->field) {
    case RULE_SERIAL:
        return strcmp(disk->serial, value) == 0;
    case RULE_NAME:
        return strcmp(disk->name, value) == 0;
    case RULE_TRANSPORT:
        return text_equal_nocase(disk->transport, value);
    case RULE_MODEL:
        return has_part(disk->model, value);
    case RULE_SIZE:
        break;
    }
    return parse_size(value, &bytes) &&
           (known->match == RULE_LEAST ? disk->bytes >= bytes : disk->bytes <= bytes);
}

bool guard_rule_holds(const char *rule, const struct inventory_disk *disk)
{
    char word[WORD_BYTES];
    while (next_word(&rule, word)) {
        if (!word_holds(word, disk)) {
            return false;
        }
    }
    return true;
}

bool guard_rule_has(const char *rule, const char *start)
{
    char word[WORD_BYTES];
    while (next_word(&rule, word)) {
        if (text_starts(word, start)) {
            return true;
        }
    }
    return false;
}
