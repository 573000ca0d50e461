// SPDX-License-Identifier: GPL-3.0-or-later
// Running a map file over a name, one step at a time. Every rule looked at and every replacement counts as a
// step, so rules that go round in a circle end; and nothing grows beyond MAP_NAME_BYTES.
#include "content/map_rule.h"

#include "base/text.h"

#define MAP_GROUPS      10
#define MAP_EFFORT_MOST (UINT64_C(64) << 20) // some tenths of a second at the very worst

struct map_run {
    const struct map *map;
    const struct map_question *question;
    struct problem *problem;
    char name[MAP_NAME_BYTES];
    regmatch_t groups[MAP_GROUPS];
    unsigned steps;
    uint64_t effort; // searching a name may take the square of its length
};

enum map_next { MAP_NEXT_RULE, MAP_NEXT_JUMP, MAP_NEXT_END, MAP_NEXT_REFUSE, MAP_NEXT_FAIL };

static void map_trace(const struct map_run *run, const struct map_rule *rule, enum map_step_kind kind,
                      const char *name)
{
    if (run->question->traced != NULL) {
        const struct map_step step = {.kind = kind, .line = rule->line, .rule = rule->text, .name = name};
        run->question->traced(run->question->context, &step);
    }
}

static bool map_may_step(struct map_run *run, const struct map_rule *rule, const char *name)
{
    uint64_t length = strlen(name);
    run->effort += length * length;
    if (run->effort > MAP_EFFORT_MOST) {
        problem_set(run->problem,
                    "the name gets so long that its rules take too much time; the last one was in line %u",
                    rule->line);
        return false;
    }
    if (run->steps++ < MAP_STEPS_MOST) {
        return true;
    }
    problem_set(run->problem, "the rules came to no end after %d steps; the last one was in line %u",
                MAP_STEPS_MOST, rule->line);
    problem_set_remedy(run->problem,
                       "imprint tftp map FILE NAME shows the steps: a rule with s, j or g still matches "
                       "what it made");
    return false;
}

/// Whether the rule's expression is found in `name`; fills the groups.
static bool map_matches(struct map_run *run, const struct map_rule *rule, const char *name, bool is_start)
{
    regmatch_t groups[MAP_GROUPS];
    for (size_t i = 0; i < MAP_GROUPS; i++) {
        groups[i] = (regmatch_t){.rm_so = -1, .rm_eo = -1};
    }
    bool is_found = regexec(&rule->pattern, name, MAP_GROUPS, groups, is_start ? 0 : REG_NOTBOL) == 0;
    memcpy(run->groups, groups, sizeof groups);
    return is_found;
}

// ---- replacements ----

enum map_case { MAP_CASE_AS_IS, MAP_CASE_UPPER, MAP_CASE_LOWER };

static void map_add(struct text *out, enum map_case letters, const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char character = from[i];
        if (letters == MAP_CASE_LOWER) {
            character = text_lower(character);
        } else if (letters == MAP_CASE_UPPER && character >= 'a' && character <= 'z') {
            character = (char)(character - ('a' - 'A'));
        }
        text_add_char(out, character);
    }
}

static void map_add_group(const struct map_run *run, struct text *out, enum map_case letters,
                          const char *name, unsigned group)
{
    const regmatch_t *match = &run->groups[group];
    if (match->rm_so >= 0) {
        map_add(out, letters, name + match->rm_so, (size_t)(match->rm_eo - match->rm_so));
    }
}

static void map_add_client(const struct map_run *run, struct text *out, enum map_case letters, char form)
{
    char address[IP_TEXT_BYTES];
    if (form == 'i') {
        (void)ip_print(run->question->client, address);
    } else {
        bool is_ip6 = ip_is_ip6(run->question->client);
        const struct ip6 *client = &run->question->client.value;
        struct text hex;
        text_init(&hex, address, sizeof address);
        for (size_t i = is_ip6 ? 0 : sizeof client->octets - 4; i < sizeof client->octets; i++) {
            text_add_format(&hex, "%02X", client->octets[i]);
        }
    }
    map_add(out, letters, address, strlen(address));
}

/// Appends a replacement; its groups are parts of `name`.
static void map_expand(const struct map_run *run, const char *replacement, const char *name, struct text *out)
{
    enum map_case letters = MAP_CASE_AS_IS;
    for (const char *at = replacement; *at != '\0'; at++) {
        if (*at != '\\' || at[1] == '\0') {
            map_add(out, letters, at, 1);
            continue;
        }
        at++;
        switch (*at) {
        case 'L':
            letters = MAP_CASE_LOWER;
            break;
        case 'U':
            letters = MAP_CASE_UPPER;
            break;
        case 'E':
            letters = MAP_CASE_AS_IS;
            break;
        case 'i':
        case 'x':
            map_add_client(run, out, letters, *at);
            break;
        default:
            if (*at >= '0' && *at <= '9') {
                map_add_group(run, out, letters, name, (unsigned)(*at - '0'));
            } else {
                map_add(out, letters, at, 1);
            }
        }
    }
}

static bool map_is_too_long(struct map_run *run, const struct map_rule *rule, const struct text *text)
{
    if (text->cut) {
        problem_set(run->problem, "the rule in line %u makes the name longer than %d characters", rule->line,
                    MAP_NAME_BYTES - 1);
    }
    return text->cut;
}

/// Replaces in `name` what the groups say was found from `start` on; `*behind` is where the replacement ends.
static bool map_replace_once(struct map_run *run, const struct map_rule *rule, char name[MAP_NAME_BYTES],
                             size_t start, size_t *behind)
{
    char result[MAP_NAME_BYTES];
    struct text text;
    const char *searched = name + start;
    text_init(&text, result, sizeof result);
    text_add_bytes(&text, name, start + (size_t)run->groups[0].rm_so);
    map_expand(run, rule->replacement, searched, &text);
    *behind = text.length;
    text_add(&text, searched + run->groups[0].rm_eo);
    if (map_is_too_long(run, rule, &text)) {
        return false;
    }
    memcpy(name, result, text.length + 1);
    return true;
}

// g: as long as it matches anywhere. A replacement that changes nothing would go on for ever, so it is the
// last.
static bool map_replace_all(struct map_run *run, const struct map_rule *rule, char name[MAP_NAME_BYTES])
{
    char before[MAP_NAME_BYTES];
    size_t behind;
    do {
        memcpy(before, name, MAP_NAME_BYTES);
        if (!map_may_step(run, rule, name) || !map_replace_once(run, rule, name, 0, &behind)) {
            return false;
        }
        map_trace(run, rule, MAP_STEP_REPLACED, name);
    } while (strcmp(before, name) != 0 && map_matches(run, rule, name, true));
    return true;
}

// gg: as "s///g" of sed, behind what was replaced. An empty match moves on by one character, and is none
// right behind another match.
static bool map_replace_behind(struct map_run *run, const struct map_rule *rule, char name[MAP_NAME_BYTES])
{
    size_t start = 0;
    bool is_behind_match = false;
    do {
        bool is_empty = run->groups[0].rm_so == run->groups[0].rm_eo;
        size_t at = start + (size_t)run->groups[0].rm_so;
        size_t behind = at;
        if (!is_empty || !is_behind_match || at != start) {
            if (!map_may_step(run, rule, name) || !map_replace_once(run, rule, name, start, &behind)) {
                return false;
            }
            map_trace(run, rule, MAP_STEP_REPLACED, name);
        }
        if (is_empty && name[behind] == '\0') {
            break;
        }
        is_behind_match = !is_empty;
        start = behind + is_empty;
    } while (map_matches(run, rule, name + start, false));
    return true;
}

static bool map_replace(struct map_run *run, const struct map_rule *rule, char name[MAP_NAME_BYTES])
{
    size_t behind;
    if ((rule->flags & MAP_REPEAT_BEHIND) != 0) {
        return map_replace_behind(run, rule, name);
    }
    if ((rule->flags & MAP_REPEAT) != 0) {
        return map_replace_all(run, rule, name);
    }
    if (!map_replace_once(run, rule, name, 0, &behind)) {
        return false;
    }
    map_trace(run, rule, MAP_STEP_REPLACED, name);
    return true;
}

// ---- rules ----

static bool map_is_for(const struct map_rule *rule, const struct map_question *question)
{
    unsigned not_for = MAP_LABEL | MAP_ONLY_6 | (question->is_put ? MAP_ONLY_GET : MAP_ONLY_PUT);
    return (rule->flags & not_for) == 0;
}

/// The text of a jump or a refusal.
static bool map_print_replacement(struct map_run *run, const struct map_rule *rule, char out[MAP_NAME_BYTES])
{
    struct text text;
    text_init(&text, out, MAP_NAME_BYTES);
    map_expand(run, rule->replacement, run->name, &text);
    return !map_is_too_long(run, rule, &text);
}

static enum map_next map_jump(struct map_run *run, const struct map_rule *rule, size_t *at)
{
    char label[MAP_NAME_BYTES];
    if (!map_print_replacement(run, rule, label)) {
        return MAP_NEXT_FAIL;
    }
    size_t found = map_rule_find_label(run->map, label);
    if (found == run->map->rules.count) {
        problem_set(run->problem, "the rule in line %u jumps to a label that there is not", rule->line);
        return MAP_NEXT_FAIL;
    }
    map_trace(run, rule, MAP_STEP_JUMPED, label);
    *at = found;
    return MAP_NEXT_JUMP;
}

static enum map_next map_follow(struct map_run *run, const struct map_rule *rule, size_t *at)
{
    if ((rule->flags & (MAP_END | MAP_END_IF_FILE)) != 0) {
        map_trace(run, rule, MAP_STEP_ENDED, run->name);
        return MAP_NEXT_END;
    }
    if ((rule->flags & MAP_RESTART) != 0) {
        map_trace(run, rule, MAP_STEP_RESTARTED, run->name);
        *at = 0;
        return MAP_NEXT_JUMP;
    }
    return (rule->flags & MAP_JUMP) != 0 ? map_jump(run, rule, at) : MAP_NEXT_RULE;
}

static bool map_has_file(const struct map_run *run, const char *name)
{
    const struct map_question *question = run->question;
    return question->has_file != NULL && question->has_file(question->context, name);
}

/// Carries out a rule that matches.
static enum map_next map_carry_out(struct map_run *run, const struct map_rule *rule, size_t *at)
{
    if ((rule->flags & MAP_REFUSE) != 0) {
        char text[MAP_NAME_BYTES];
        if (!map_print_replacement(run, rule, text)) {
            return MAP_NEXT_FAIL;
        }
        map_trace(run, rule, MAP_STEP_REFUSED, text);
        memcpy(run->name, text, sizeof run->name);
        return MAP_NEXT_REFUSE;
    }
    char name[MAP_NAME_BYTES];
    memcpy(name, run->name, sizeof name);
    if ((rule->flags & MAP_REPLACE) == 0) {
        map_trace(run, rule, MAP_STEP_MATCHED, name);
    } else if (!map_replace(run, rule, name)) {
        return MAP_NEXT_FAIL;
    }
    if ((rule->flags & MAP_END_IF_FILE) != 0 && !map_has_file(run, name)) {
        map_trace(run, rule, MAP_STEP_UNDONE, name);
        return MAP_NEXT_RULE;
    }
    enum map_next next =
        map_follow(run, rule, at); // a jump's label may be made of groups of the name as it was
    memcpy(run->name, name, sizeof run->name);
    return next;
}

static enum map_next map_step(struct map_run *run, size_t *at)
{
    const struct map_rule *rule = map_rule_get(run->map, *at);
    if (!map_is_for(rule, run->question)) {
        if ((rule->flags & MAP_LABEL) == 0) {
            map_trace(run, rule, MAP_STEP_PASSED, run->name);
        }
        return MAP_NEXT_RULE;
    }
    if (!map_may_step(run, rule, run->name)) {
        return MAP_NEXT_FAIL;
    }
    bool is_inverse = (rule->flags & MAP_INVERSE) != 0;
    bool is_found = map_matches(run, rule, run->name, true);
    if (is_found == is_inverse) {
        map_trace(run, rule, MAP_STEP_MISSED, run->name);
        return MAP_NEXT_RULE;
    }
    return map_carry_out(run, rule, at);
}

enum status map_apply(const struct map *map, const struct map_question *question, char out[MAP_NAME_BYTES],
                      struct problem *problem)
{
    struct map_run run = {.map = map, .question = question, .problem = problem};
    enum map_next next = MAP_NEXT_RULE;
    size_t at = 0;
    if (text_copy(run.name, sizeof run.name, question->name) != STATUS_OK) {
        problem_set(problem, "the name has more than %d characters", MAP_NAME_BYTES - 1);
        return STATUS_CONFLICT;
    }
    while (at < map->rules.count && (next == MAP_NEXT_RULE || next == MAP_NEXT_JUMP)) {
        next = map_step(&run, &at);
        at += next == MAP_NEXT_RULE;
    }
    if (next == MAP_NEXT_FAIL) {
        return STATUS_CONFLICT;
    }
    memcpy(out, run.name, MAP_NAME_BYTES);
    return next == MAP_NEXT_REFUSE ? STATUS_DENIED : STATUS_OK;
}
