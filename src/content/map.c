// SPDX-License-Identifier: GPL-3.0-or-later
// Reading map files; map_apply.c runs them.
#include "content/map_rule.h"

#include "base/text.h"
#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// Of a regular expression: its characters, repeated ones as often as they may be; more and the C library
// takes seconds.
#define MAP_WEIGHT_MOST 1000
#define MAP_DEPTH_MOST  64 // of its groups

static bool map_is_blank(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

/// The next word of a line, up to a blank or a comment that is not escaped. Escapes stay in it. false at the
/// end.
static bool map_take_word(const char **line, const char *end, const char **word, size_t *length)
{
    const char *at = *line;
    while (at < end && map_is_blank(*at)) {
        at++;
    }
    *word = at;
    bool is_escaped = false;
    for (; at < end && (is_escaped || (!map_is_blank(*at) && *at != '#')); at++) {
        is_escaped = !is_escaped && *at == '\\';
    }
    *length = (size_t)(at - *word);
    *line = at;
    return *length != 0;
}

// ---- operators ----

struct map_operator {
    char letter;
    unsigned flag;
};

static const struct map_operator MAP_OPERATORS[] = {
    {'r', MAP_REPLACE},  {'e', MAP_END},      {'E', MAP_END_IF_FILE}, {'s', MAP_RESTART},
    {'a', MAP_REFUSE},   {'j', MAP_JUMP},     {'i', MAP_CASE_BLIND},  {'~', MAP_INVERSE},
    {'G', MAP_ONLY_GET}, {'P', MAP_ONLY_PUT}, {'4', MAP_ONLY_4},      {'6', MAP_ONLY_6},
    {'g', MAP_REPEAT},
};

// What later releases refuse, too. What 5.2 takes besides ("as", "ae", "es", "ra") is taken: the first of
// refuse, end and restart counts there.
static const char *const MAP_CLASHES[] = {"r~", "rj", "aj", "ej", "eE", "Ej", "aE", "Es"};

static unsigned map_find_operator(char letter)
{
    for (size_t i = 0; i < COUNT_OF(MAP_OPERATORS); i++) {
        if (MAP_OPERATORS[i].letter == letter) {
            return MAP_OPERATORS[i].flag;
        }
    }
    return 0;
}

static bool map_parse_operators(const char *word, size_t length, unsigned *flags, struct problem *problem)
{
    *flags = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned flag = map_find_operator(word[i]);
        if (flag == 0) {
            char letter[8];
            struct text text;
            text_init(&text, letter, sizeof letter);
            text_add_escaped(&text, word + i, 1);
            problem_set(problem, "there is no operator '%s'", letter);
            problem_set_remedy(problem,
                               "a rule is: operators (of rgieEsajGP46~), a regular expression, and perhaps a "
                               "replacement");
            return false;
        }
        *flags |= flag == MAP_REPEAT && (*flags & MAP_REPEAT) != 0 ? MAP_REPEAT_BEHIND : flag;
    }
    for (size_t i = 0; i < COUNT_OF(MAP_CLASHES); i++) {
        unsigned both = map_find_operator(MAP_CLASHES[i][0]) | map_find_operator(MAP_CLASHES[i][1]);
        if ((*flags & both) == both) {
            problem_set(problem, "the operators %c and %c exclude each other", MAP_CLASHES[i][0],
                        MAP_CLASHES[i][1]);
            return false;
        }
    }
    return true;
}

// ---- regular expressions ----

// The C library expands {m,n}, so a short expression can take all memory; and with a back reference, which
// POSIX does not have here, one name can keep it busy for ever. Both are found before it sees them.
struct map_weight {
    size_t groups[MAP_DEPTH_MOST]; // weights of what stands before, one for each open group
    unsigned depth;
    size_t sum;
    size_t last; // of the last atom
};

static const char *map_skip_bracket(const char *at)
{
    at += 1 + (at[1] == '^');
    at += *at == ']'; // right behind [ or [^ it stands for itself
    for (; *at != '\0' && *at != ']'; at++) {
        if (*at == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '=')) {
            const char closing[] = {at[1], ']', '\0'};
            const char *end = strstr(at + 2, closing);
            if (end == NULL) {
                break;
            }
            at = end + 1;
        }
    }
    return *at == '\0' ? at - 1 : at;
}

/// The greatest number of an interval whose "{" is at `*at`, which is left on its "}".
static size_t map_take_bound(const char **at)
{
    size_t most = 1;
    size_t number = 0;
    const char *next = *at + 1;
    for (; *next != '\0' && *next != '}'; next++) {
        bool is_digit = *next >= '0' && *next <= '9';
        number = is_digit ? size_min(number * 10 + (size_t)(*next - '0'), MAP_WEIGHT_MOST + 1) : 0;
        most = size_max(most, number);
    }
    *at = *next == '\0' ? next - 1 : next;
    return most;
}

static void map_add_weight(struct map_weight *weight, size_t count)
{
    weight->last = size_min(count, MAP_WEIGHT_MOST + 1);
    weight->sum = size_min(weight->sum + weight->last, MAP_WEIGHT_MOST + 1);
}

static bool map_open_group(struct map_weight *weight)
{
    if (weight->depth == MAP_DEPTH_MOST) {
        return false;
    }
    weight->groups[weight->depth++] = weight->sum;
    weight->sum = 1;
    weight->last = 1;
    return true;
}

static void map_close_group(struct map_weight *weight)
{
    size_t inner = weight->sum;
    if (weight->depth == 0) {
        map_add_weight(weight, 1);
        return;
    }
    weight->sum = weight->groups[--weight->depth];
    map_add_weight(weight, inner);
}

/// Whether `pattern` may go to the C library; else `problem` says why not.
static bool map_check_pattern(const char *pattern, struct problem *problem)
{
    struct map_weight weight = {.last = 1};
    bool is_flat = true;
    for (const char *at = pattern; *at != '\0' && is_flat && weight.sum <= MAP_WEIGHT_MOST; at++) {
        switch (*at) {
        case '\\':
            if (at[1] >= '1' && at[1] <= '9') {
                problem_set(problem, "\\%c stands inside the regular expression", at[1]);
                problem_set_remedy(problem, "only the replacement can name what a group matched");
                return false;
            }
            at += at[1] != '\0';
            map_add_weight(&weight, 1);
            break;
        case '[':
            at = map_skip_bracket(at);
            map_add_weight(&weight, 1);
            break;
        case '(':
            is_flat = map_open_group(&weight);
            break;
        case ')':
            map_close_group(&weight);
            break;
        case '{':
            map_add_weight(&weight, weight.last * map_take_bound(&at));
            break;
        case '*':
        case '?':
        case '+': // xx* to the library; and what repeats a repetition costs it twice as much each time
            map_add_weight(&weight, weight.last);
            weight.last *= 2;
            break;
        default:
            map_add_weight(&weight, 1);
        }
    }
    if (!is_flat || weight.sum > MAP_WEIGHT_MOST) {
        problem_set(problem, "the regular expression is too large");
        problem_set_remedy(problem, "it has too many groups inside each other, or repeats too much with {}");
        return false;
    }
    return true;
}

static bool map_compile(struct map_rule *rule, const char *word, size_t length, struct problem *problem)
{
    char *pattern = heap_new(length + 1);
    memcpy(pattern, word, length);
    bool is_good = map_check_pattern(pattern, problem);
    if (is_good) {
        int wrong = regcomp(&rule->pattern, pattern,
                            REG_EXTENDED | ((rule->flags & MAP_CASE_BLIND) != 0 ? REG_ICASE : 0));
        if (wrong != 0) {
            char why[128];
            (void)regerror(wrong, &rule->pattern, why, sizeof why);
            problem_set(problem, "the regular expression is wrong: %s", why);
            is_good = false;
        }
    }
    rule->has_pattern = is_good;
    heap_free(pattern);
    return is_good;
}

// ---- lines ----

static char *map_copy(const char *word, size_t length)
{
    char *copy = heap_new(length + 1);
    memcpy(copy, word, length);
    return copy;
}

/// The words of a line with one blank between them.
static char *map_copy_words(const char *line, const char *end)
{
    const char *word;
    size_t length;
    size_t used = 0;
    char *copy = heap_new((size_t)(end - line) + 2);
    while (map_take_word(&line, end, &word, &length)) {
        copy[used] = ' ';
        memcpy(copy + used + (used != 0), word, length);
        used += length + (used != 0);
    }
    return copy;
}

static void map_clear_rule(struct map_rule *rule)
{
    if (rule->has_pattern) {
        regfree(&rule->pattern);
    }
    heap_free(rule->replacement);
    heap_free(rule->text);
}

static bool map_parse_label(struct map_rule *rule, const char *word, size_t length, struct problem *problem)
{
    if (length == 0) {
        problem_set(problem, "a label has no name");
        return false;
    }
    rule->flags = MAP_LABEL;
    rule->replacement = map_copy(word, length);
    return true;
}

/// Fills `rule`, which is empty, from a line that says something; its memory is the caller's in any case.
static bool map_parse_rule(struct map_rule *rule, const char *line, const char *end, struct problem *problem)
{
    const char *start = line;
    const char *word;
    size_t length;
    (void)map_take_word(&line, end, &word, &length);
    start = word;
    bool is_label = *word == ':';
    if (is_label && length == 1) { // ": label"
        (void)map_take_word(&line, end, &word, &length);
        return map_parse_label(rule, word, length, problem);
    }
    if (is_label) {
        return map_parse_label(rule, word + 1, length - 1, problem);
    }
    if (!map_parse_operators(word, length, &rule->flags, problem)) {
        return false;
    }
    if (!map_take_word(&line, end, &word, &length)) {
        problem_set(problem, "the regular expression is missing");
        problem_set_remedy(problem, "use ^ to match every name; a # in it is written \\# and a blank '\\ '");
        return false;
    }
    if (!map_compile(rule, word, length, problem)) {
        return false;
    }
    (void)map_take_word(&line, end, &word, &length);
    rule->replacement = map_copy(word, length);
    rule->text = map_copy_words(start, word + length);
    return true;
}

static bool map_says_nothing(const char *line, const char *end)
{
    const char *word;
    size_t length;
    return !map_take_word(&line, end, &word, &length);
}

static bool map_take_line(struct map *map, const char *line, const char *end, unsigned number,
                          struct problem *problem)
{
    if (memchr(line, '\0', (size_t)(end - line)) != NULL) {
        problem_set(problem, "there is a NUL byte in it: this is no text file");
        return false;
    }
    if (end - line >= MAP_LINE_BYTES) {
        problem_set(problem, "the line has more than %d characters", MAP_LINE_BYTES - 1);
        return false;
    }
    if (map_says_nothing(line, end)) {
        return true;
    }
    if (map->rules.count == MAP_RULES_MOST) {
        problem_set(problem, "there are more than %d rules", MAP_RULES_MOST);
        return false;
    }
    struct map_rule rule = {.line = number};
    bool is_good = map_parse_rule(&rule, line, end, problem);
    heap_array_add(&map->rules, &rule); // the map frees what there is of it
    return is_good;
}

// A label that a jump names as it stands must be there; one that is made of parts of the name shows only
// later.
static bool map_check_jumps(const struct map *map, const char *file, struct problem *problem)
{
    for (size_t i = 0; i < map->rules.count; i++) {
        const struct map_rule *rule = map_rule_get(map, i);
        if ((rule->flags & MAP_JUMP) == 0 || strchr(rule->replacement, '\\') != NULL) {
            continue;
        }
        if (map_rule_find_label(map, rule->replacement) == map->rules.count) {
            problem_set_place(problem, file, rule->line, 0);
            problem_set(problem,
                        rule->replacement[0] == '\0' ? "the jump names no label%s"
                                                     : "there is no label ':%s' to jump to",
                        rule->replacement);
            return false;
        }
    }
    return true;
}

struct map *map_parse(const char *text, size_t length, const char *file, struct problem *problem)
{
    struct map *map = heap_new(sizeof *map);
    map->rules = heap_array_init(sizeof(struct map_rule));
    bool is_good = length <= MAP_FILE_BYTES;
    if (!is_good) {
        problem_set_place(problem, file, 0, 0);
        problem_set(problem, "the map file has more than %u KiB", MAP_FILE_BYTES >> 10);
    }
    const char *line = text;
    const char *all = text + length;
    for (unsigned number = 1; is_good && line < all; number++) {
        const char *end = memchr(line, '\n', (size_t)(all - line));
        end = end == NULL ? all : end;
        is_good = map_take_line(map, line, end, number, problem);
        if (!is_good) {
            problem_set_place(problem, file, number, 0);
        }
        line = end + 1;
    }
    if (is_good && map_check_jumps(map, file, problem)) {
        return map;
    }
    map_free(map);
    return NULL;
}

static void map_cannot_read(const char *path, struct problem *problem)
{
    problem_set(problem, "the map file %s cannot be read: %s", path, strerror(errno));
    problem_set_remedy(problem, "let the user that imprint runs as read it, or take tftp.map out of the "
                                "configuration");
}

struct map *map_read(const char *path, struct problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        map_cannot_read(path, problem);
        return NULL;
    }
    char *text = heap_new(MAP_FILE_BYTES + 1);
    size_t length = 0;
    ssize_t count = 1;
    while (count > 0 && length <= MAP_FILE_BYTES) {
        count = read(fd, text + length, MAP_FILE_BYTES + 1 - length);
        if (count < 0 && errno == EINTR) {
            count = 1;
            continue;
        }
        length += count > 0 ? (size_t)count : 0;
    }
    struct map *map = NULL;
    if (count < 0) {
        map_cannot_read(path, problem);
    } else {
        map = map_parse(text, length, path, problem);
    }
    (void)close(fd);
    heap_free(text);
    return map;
}

void map_free(struct map *map)
{
    if (map == NULL) {
        return;
    }
    for (size_t i = 0; i < map->rules.count; i++) {
        map_clear_rule(map_rule_get(map, i));
    }
    heap_array_clear(&map->rules);
    heap_free(map);
}

size_t map_count(const struct map *map)
{
    size_t count = 0;
    for (size_t i = 0; i < map->rules.count; i++) {
        count += (map_rule_get(map, i)->flags & MAP_LABEL) == 0;
    }
    return count;
}
