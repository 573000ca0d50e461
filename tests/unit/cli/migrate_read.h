// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of migrations have in common: reading a text, and asking what became of it.
#pragma once

#include "unit/test.h"

#include "cli/migrate_source.h"

static struct migration migration;

static inline void begin(void)
{
    migrate_init(&migration);
}

// Reads `text` as a file "FILE", by what it looks like.
static inline void read_as(const char *source, const char *bytes)
{
    struct migrate_text text = {.path = "FILE", .bytes = bytes, .count = strlen(bytes)};
    const struct migrate_source *found = migrate_source_find(NULL, &text);
    assert_non_null(found);
    assert_string_equal(found->name, source);
    found->read(&migration, &text);
    migrate_check(&migration);
}

static inline void has(const char *key, const char *value, unsigned line)
{
    const struct migrate_setting *setting = migrate_find(&migration, key);
    if (setting == NULL) {
        fail_msg("%s is not set", key);
        return;
    }
    assert_string_equal(setting->value, value);
    assert_int_equal(setting->from.line, line);
}

// Some element of a table has `value`.
static inline void has_in(const char *key, const char *value, unsigned line)
{
    for (unsigned item = 0; item <= migration.items.count; item++) {
        const struct migrate_setting *setting = migrate_find_in(&migration, item, key, NULL);
        if (setting != NULL && strcmp(setting->value, value) == 0 && setting->from.line == line) {
            return;
        }
    }
    fail_msg("no %s is %s", key, value);
}

static inline bool matches(const struct migrate_remark *remark, enum migrate_remark_kind kind, unsigned line,
                           const char *what)
{
    return remark->kind == kind && remark->from.line == line && strstr(remark->from.what, what) != NULL;
}

// Some remark of this kind is about `what` in line `line`, and says `part`.
static inline void remarks(enum migrate_remark_kind kind, unsigned line, const char *what, const char *part)
{
    for (size_t i = 0; i < migration.remarks.count; i++) {
        const struct migrate_remark *remark = heap_array_get(&migration.remarks, i);
        if (matches(remark, kind, line, what) && strstr(remark->text, part) != NULL) {
            return;
        }
    }
    migrate_print_report(&migration, stderr);
    fail_msg("nothing is said about %s in line %u: %s", what, line, part);
}

static inline void end(size_t settings)
{
    assert_int_equal(migration.settings.count, settings);
    migrate_clear(&migration);
}

// Nothing of this kind is said about line `line`.
static inline void no_remarks(enum migrate_remark_kind kind, unsigned line)
{
    for (size_t i = 0; i < migration.remarks.count; i++) {
        const struct migrate_remark *remark = heap_array_get(&migration.remarks, i);
        if (remark->kind == kind && remark->from.line == line) {
            fail_msg("line %u: %s: %s", line, remark->from.what, remark->text);
        }
    }
}

// The YAML, the report, the machines and the JSON, one behind the other. Yours.
static inline char *print_all(void)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    json_t *json = migrate_to_json(&migration);
    migrate_print_yaml(&migration, out);
    migrate_print_report(&migration, out);
    migrate_print_machines(&migration, "", out);
    (void)json_dumpf(json, out, JSON_INDENT(1));
    json_decref(json);
    (void)fclose(out);
    return text;
}
