// SPDX-License-Identifier: GPL-3.0-or-later
#include "scenario/script.h"

#include "base/text.h"
#include "base/time.h"

#include <string.h>

// Ends the word at `at` with a NUL and returns where the next one may begin; NULL when a quote is left open.
static char *end_word(char *at, bool is_quoted)
{
    char *end = is_quoted ? strchr(at, '"') : at + strcspn(at, " \t");
    if (end == NULL || *end == '\0') {
        return end;
    }
    *end = '\0';
    return end + 1;
}

bool script_split(struct script_line *line, const char *file, unsigned number, const char *text)
{
    *line = (struct script_line){.file = file, .number = number};
    if (text_copy(line->text, sizeof line->text, text) != STATUS_OK) {
        return false;
    }
    line->text[strcspn(line->text, "\r\n")] = '\0';
    char *at = line->text + strspn(line->text, " \t");
    while (*at != '\0' && *at != '#') {
        if (line->count == SCRIPT_WORDS_MOST) {
            return false;
        }
        bool is_quoted = *at == '"';
        at += is_quoted;
        line->words[line->count++] = at;
        at = end_word(at, is_quoted);
        if (at == NULL) {
            return false;
        }
        at += strspn(at, " \t");
    }
    return true;
}

const char *script_take(struct script_line *line)
{
    for (unsigned i = 0; i < line->count; i++) {
        if (!line->is_taken[i]) {
            line->is_taken[i] = true;
            return line->words[i];
        }
    }
    return NULL;
}

static unsigned find_word(const struct script_line *line, const char *name)
{
    unsigned i = 0;
    while (i < line->count && (line->is_taken[i] || strcmp(line->words[i], name) != 0)) {
        i++;
    }
    return i;
}

bool script_take_flag(struct script_line *line, const char *name)
{
    unsigned i = find_word(line, name);
    if (i == line->count) {
        return false;
    }
    line->is_taken[i] = true;
    return true;
}

const char *script_take_value(struct script_line *line, const char *name)
{
    unsigned i = find_word(line, name);
    if (i + 1 >= line->count || line->is_taken[i + 1]) {
        return NULL;
    }
    line->is_taken[i] = true;
    line->is_taken[i + 1] = true;
    return line->words[i + 1];
}

static bool value_is_read(enum status status, const char *name, const char *value, struct problem *problem)
{
    if (status != STATUS_OK) {
        problem_set(problem, "'%s' is no value for '%s': %s", value, name, status_text(status));
    }
    return status == STATUS_OK;
}

bool script_take_ip4(struct script_line *line, const char *name, struct ip4 *out, struct problem *problem)
{
    const char *value = script_take_value(line, name);
    return value == NULL || value_is_read(ip4_parse(value, out), name, value, problem);
}

bool script_take_hw(struct script_line *line, const char *name, struct hw *out, struct problem *problem)
{
    const char *value = script_take_value(line, name);
    return value == NULL || value_is_read(hw_parse(value, out), name, value, problem);
}

bool script_take_uuid(struct script_line *line, const char *name, struct uuid *out, struct problem *problem)
{
    const char *value = script_take_value(line, name);
    return value == NULL || value_is_read(uuid_parse(value, out), name, value, problem);
}

bool script_take_number(struct script_line *line, const char *name, uint64_t *out, struct problem *problem)
{
    const char *value = script_take_value(line, name);
    return value == NULL || value_is_read(text_parse_u64(value, UINT32_MAX, out), name, value, problem);
}

bool script_take_seconds(struct script_line *line, const char *name, uint32_t *out, struct problem *problem)
{
    const char *value = script_take_value(line, name);
    return value == NULL || value_is_read(duration_parse(value, out), name, value, problem);
}
