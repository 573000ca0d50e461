// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate.h"

#include "base/text.h"
#include "config/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void migrate_init(struct migration *migration)
{
    *migration = (struct migration){.settings = heap_array_init(sizeof(struct migrate_setting)),
                                    .remarks = heap_array_init(sizeof(struct migrate_remark))};
}

void migrate_clear(struct migration *migration)
{
    heap_array_clear(&migration->settings);
    heap_array_clear(&migration->remarks);
}

// Copies with everything escaped that is not printable ASCII: it goes to terminals and into YAML's comments.
static void copy_printable(char *out, size_t out_bytes, const char *source)
{
    struct text text;
    text_init(&text, out, out_bytes);
    for (; *source != '\0' && !text.cut; source++) {
        if (*source == '\\') {
            text_add_char(&text, '\\'); // paths and regular expressions have them
        } else if (*source == '\t' || *source == '\n') {
            text_add_char(&text, ' ');
        } else {
            text_add_escaped(&text, source, 1);
        }
    }
}

void migrate_at(struct migration *migration, const char *file, unsigned line)
{
    copy_printable(migration->file, sizeof migration->file, file);
    migration->line = line;
}

static struct migrate_place place_make(const struct migration *migration, const char *what)
{
    struct migrate_place place = {.line = migration->line};
    (void)text_copy(place.file, sizeof place.file, migration->file);
    copy_printable(place.what, sizeof place.what, what);
    return place;
}

void migrate_remark(struct migration *migration, enum migrate_remark_kind kind, const char *what,
                    const char *format, ...)
{
    struct migrate_remark remark = {.kind = kind, .from = place_make(migration, what)};
    char text[MIGRATE_TEXT_BYTES];
    va_list arguments;
    if (migration->remarks.count >= MIGRATE_MOST) {
        migration->is_cut = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    copy_printable(remark.text, sizeof remark.text, text);
    heap_array_add(&migration->remarks, &remark);
}

const struct migrate_setting *migrate_find(const struct migration *migration, const char *key)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (strcmp(setting->key->name, key) == 0) {
            return setting;
        }
    }
    return NULL;
}

static void replace(struct migration *migration, struct migrate_setting *old,
                    const struct migrate_setting *new)
{
    if (strcmp(old->value, new->value) != 0) {
        migrate_remark(migration, MIGRATE_CHANGED, new->from.what,
                       "takes the place of %s (%s:%u): imprint has one %s", old->value, old->from.file,
                       old->from.line, old->key->name);
    }
    *old = *new;
}

// Whether imprint takes `value`; else that is remarked.
static bool value_is_good(struct migration *migration, const struct key *key, const char *value,
                          const char *what)
{
    struct problem problem;
    void *room = heap_new(key->bytes);
    problem_clear(&problem);
    bool good = value_parse(key, value, room, &problem) == STATUS_OK;
    json_t *text = json_string(value);
    heap_free(room);
    if (good && text == NULL) {
        good = false;
        problem_set(&problem, "'%s' must be UTF-8", key->name);
    }
    json_decref(text);
    if (!good) {
        migrate_remark(migration, MIGRATE_LEFT, what, "%s%s%s", problem.text,
                       problem.remedy[0] == '\0' ? "" : "; ", problem.remedy);
    }
    return good;
}

void migrate_set(struct migration *migration, const char *key, const char *value, const char *what)
{
    struct migrate_setting setting = {.key = key_find(key), .from = place_make(migration, what)};
    unsigned count = 0; // of a list
    assert(setting.key != NULL && setting.key->type != KEY_TABLE);
    if (!value_is_good(migration, setting.key, value, what)) {
        return;
    }
    (void)text_copy(setting.value, sizeof setting.value, value);
    for (size_t i = 0; i < migration->settings.count; i++) {
        struct migrate_setting *old = heap_array_get(&migration->settings, i);
        if (old->key == setting.key && !setting.key->is_list) {
            replace(migration, old, &setting);
            return;
        }
        if (old->key == setting.key && strcmp(old->value, value) == 0) {
            return;
        }
        count += old->key == setting.key ? 1 : 0;
    }
    if (setting.key->is_list && count >= setting.key->most) {
        migrate_remark(migration, MIGRATE_LEFT, what, "'%s' takes at most %u", key, setting.key->most);
    } else if (migration->settings.count >= MIGRATE_MOST) {
        migration->is_cut = true;
    } else {
        heap_array_add(&migration->settings, &setting);
    }
}

// ---- what only the whole shows ----

// Takes the setting that was printed at `line` out. False when there is none.
static bool drop_line(struct migration *migration, unsigned line, const struct problem *problem)
{
    struct heap_array kept = heap_array_init(sizeof(struct migrate_setting));
    bool found = false;
    for (size_t i = 0; i < migration->settings.count; i++) {
        struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (setting->yaml_line == line && !found) {
            found = true;
            migrate_at(migration, setting->from.file, setting->from.line);
            migrate_remark(migration, MIGRATE_LEFT, setting->from.what, "%s%s%s", problem->text,
                           problem->remedy[0] == '\0' ? "" : "; ", problem->remedy);
        } else {
            heap_array_add(&kept, setting);
        }
    }
    heap_array_clear(&migration->settings);
    migration->settings = kept;
    return found;
}

// Whether the daemon would take what there is; `problem` with the line, else.
static bool is_good(struct migration *migration, struct problem *problem)
{
    char *text = NULL;
    size_t bytes = 0;
    struct config *config = heap_new(sizeof *config);
    FILE *out = open_memstream(&text, &bytes);
    assert(out != NULL);
    migrate_print_yaml(migration, out);
    (void)fclose(out);
    problem_clear(problem);
    bool good = config_parse(text, bytes, "imprint.yaml", config, problem) == STATUS_OK;
    if (good) {
        config_clear(config);
    }
    heap_free(config);
    free(text);
    return good;
}

void migrate_check(struct migration *migration)
{
    struct problem problem;
    while (!is_good(migration, &problem)) {
        bool dropped = drop_line(migration, problem.line, &problem);
        assert(dropped); // what was printed is valid YAML with values that were checked one by one
    }
}
