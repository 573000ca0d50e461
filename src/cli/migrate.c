// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate.h"

#include "base/text.h"
#include "cli/migrate_dhcp.h"
#include "config/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_BYTES_MOST ((size_t)700 * 1024) // as YAML
#define NEEDLESS_MOST       1000

void migrate_init(struct migration *migration)
{
    *migration = (struct migration){.settings = heap_array_init(sizeof(struct migrate_setting)),
                                    .items = heap_array_init(sizeof(struct migrate_item)),
                                    .machines = heap_array_init(sizeof(struct migrate_machine)),
                                    .machine_options = heap_array_init(sizeof(struct migrate_machine_option)),
                                    .remarks = heap_array_init(sizeof(struct migrate_remark))};
}

void migrate_clear(struct migration *migration)
{
    heap_array_clear(&migration->settings);
    heap_array_clear(&migration->items);
    heap_array_clear(&migration->machines);
    heap_array_clear(&migration->machine_options);
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
    remark.number = migration->remarks.count;
    char text[MIGRATE_TEXT_BYTES];
    va_list arguments;
    migration->needless_count += kind == MIGRATE_NEEDLESS ? 1 : 0;
    if (kind == MIGRATE_NEEDLESS && migration->needless_count > NEEDLESS_MOST) {
        return; // others have more to say
    }
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

const struct migrate_setting *migrate_find_in(const struct migration *migration, unsigned item,
                                              const char *key, const char *name)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (setting->item == item && strcmp(setting->key->name, key) == 0 &&
            (name == NULL || strcmp(setting->name, name) == 0)) {
            return setting;
        }
    }
    return NULL;
}

const struct migrate_setting *migrate_find(const struct migration *migration, const char *key)
{
    return migrate_find_in(migration, 0, key, NULL);
}

static void replace(struct migration *migration, struct migrate_setting *old,
                    const struct migrate_setting *new)
{
    if (strcmp(old->value, new->value) != 0) {
        migrate_remark(migration, MIGRATE_CHANGED, new->from.what,
                       "takes the place of %.200s (%s:%u): imprint has one %s", old->value, old->from.file,
                       old->from.line, old->name[0] == '\0' ? old->key->name : old->name);
    }
    *old = *new;
}

static void remark_problem(struct migration *migration, const char *what, const struct problem *problem)
{
    migrate_remark(migration, MIGRATE_LEFT, what, "%s%s%s", problem->text,
                   problem->remedy[0] == '\0' ? "" : "; ", problem->remedy);
}

// Whether `value` is text that YAML can hold; `problem` else.
static bool text_is_good(const char *name, const char *value, struct problem *problem)
{
    json_t *text = json_string(value);
    bool good = text != NULL;
    for (const char *at = value; good && *at != '\0'; at++) {
        good = !text_is_control(*at);
    }
    if (!good) {
        problem_set(problem, "'%s' must be UTF-8 without control characters", name);
    }
    json_decref(text);
    return good;
}

// Whether imprint takes `value`; else that is remarked.
static bool value_is_good(struct migration *migration, const struct key *key, const char *value,
                          const char *what)
{
    struct problem problem;
    problem_clear(&problem);
    bool good = true;
    if (!key_is_late(key)) {
        void *room = heap_new(key->bytes);
        good = value_parse(key, value, room, &problem) == STATUS_OK;
        heap_free(room);
    }
    good = good && text_is_good(key->name, value, &problem);
    if (!good) {
        remark_problem(migration, what, &problem);
    }
    return good;
}

// Puts a setting among the others: another value for the same takes its place, lists grow.
static void put_setting(struct migration *migration, const struct migrate_setting *setting)
{
    unsigned count = 0; // of a list
    for (size_t i = 0; i < migration->settings.count; i++) {
        struct migrate_setting *old = heap_array_get(&migration->settings, i);
        if (old->key != setting->key || old->item != setting->item || strcmp(old->name, setting->name) != 0) {
            continue;
        }
        if (!setting->key->is_list) {
            replace(migration, old, setting);
            return;
        }
        if (strcmp(old->value, setting->value) == 0) {
            return;
        }
        count++;
    }
    if (setting->key->is_list && count >= setting->key->most) {
        migrate_remark(migration, MIGRATE_LEFT, setting->from.what, "'%s' takes at most %u",
                       setting->key->name, setting->key->most);
    } else if (migration->settings.count >= MIGRATE_MOST) {
        migration->is_cut = true;
    } else {
        heap_array_add(&migration->settings, setting);
    }
}

static bool is_dropped(const struct migration *migration, unsigned item)
{
    return item != 0 && ((struct migrate_item *)heap_array_get(&migration->items, item - 1))->is_dropped;
}

void migrate_set_in(struct migration *migration, unsigned item, const char *key, const char *value,
                    const char *what)
{
    struct migrate_setting setting = {
        .key = key_find(key), .item = item, .from = place_make(migration, what)};
    assert(setting.key != NULL && setting.key->type != KEY_TABLE && setting.key->type != KEY_OPTIONS);
    if (!is_dropped(migration, item) && value_is_good(migration, setting.key, value, what)) {
        (void)text_copy(setting.value, sizeof setting.value, value);
        put_setting(migration, &setting);
    }
}

void migrate_set(struct migration *migration, const char *key, const char *value, const char *what)
{
    migrate_set_in(migration, 0, key, value, what);
}

void migrate_put(struct migration *migration, struct migrate_setting *setting, const char *what)
{
    setting->from = place_make(migration, what);
    if (!is_dropped(migration, setting->item)) {
        put_setting(migration, setting);
    }
}

// ---- elements of tables ----

// The first key of a table's elements, which is what they are called by.
static const struct key *first_key(const char *table)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    size_t length = strlen(table);
    for (unsigned i = 0; i < count; i++) {
        if (text_starts(keys[i].name, table) && text_starts(keys[i].name + length, "[].")) {
            return &keys[i];
        }
    }
    return NULL;
}

unsigned migrate_add(struct migration *migration, unsigned owner, const char *table, const char *value,
                     const char *what)
{
    struct migrate_item item = {.table = key_find(table), .owner = owner};
    const struct key *first = first_key(table);
    unsigned count = 0;
    assert(item.table != NULL && first != NULL);
    for (size_t i = 0; i < migration->items.count; i++) {
        const struct migrate_item *other = heap_array_get(&migration->items, i);
        count += other->table == item.table && other->owner == owner && !other->is_dropped ? 1 : 0;
    }
    if (is_dropped(migration, owner) || !value_is_good(migration, first, value, what)) {
        return 0;
    }
    if (count >= item.table->most || migration->items.count >= MIGRATE_MOST) {
        migrate_remark(migration, MIGRATE_LEFT, what, "'%s' takes at most %u", table, item.table->most);
        return 0;
    }
    heap_array_add(&migration->items, &item);
    unsigned number = (unsigned)migration->items.count;
    migrate_set_in(migration, number, first->name, value, what);
    if (migrate_find_in(migration, number, first->name, NULL) == NULL) { // there is no room left
        migrate_drop(migration, number);
        return 0;
    }
    return number;
}

void migrate_drop(struct migration *migration, unsigned item)
{
    struct migrate_item *items = migration->items.items;
    struct heap_array kept = heap_array_init(sizeof(struct migrate_setting));
    items[item - 1].is_dropped = true;
    for (size_t i = item; i < migration->items.count; i++) { // what is inside stands behind
        items[i].is_dropped = items[i].is_dropped || is_dropped(migration, items[i].owner);
    }
    for (size_t i = 0; i < migration->settings.count; i++) {
        struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (!is_dropped(migration, setting->item)) {
            heap_array_add(&kept, setting);
        }
    }
    heap_array_clear(&migration->settings);
    migration->settings = kept;
}

// ---- what only the whole shows ----

// Takes out one setting, or its whole element when that means nothing without it.
static void drop_setting(struct migration *migration, size_t position)
{
    struct migrate_setting *settings = migration->settings.items;
    const struct key *key = settings[position].key;
    if (settings[position].item != 0 && (key->is_required || key->type == KEY_CLASSES)) {
        migrate_drop(migration, settings[position].item);
        return;
    }
    for (size_t i = position; i + 1 < migration->settings.count; i++) {
        settings[i] = settings[i + 1];
    }
    migration->settings.count--;
}

// Takes out what was printed at `line`, or the nearest before it. False when there is nothing.
static bool drop_line(struct migration *migration, unsigned line, const struct problem *problem)
{
    const struct migrate_setting *settings = migration->settings.items;
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < migration->settings.count; i++) {
        bool may_be = settings[i].yaml_line != 0 && settings[i].yaml_line <= line;
        if (may_be && (found == SIZE_MAX || settings[i].yaml_line > settings[found].yaml_line)) {
            found = i;
        }
    }
    if (found == SIZE_MAX) {
        return false;
    }
    migrate_at(migration, settings[found].from.file, settings[found].from.line);
    remark_problem(migration, settings[found].from.what, problem);
    drop_setting(migration, found);
    return true;
}

// How many bytes of YAML a setting takes, at most.
static size_t size_of(const struct migrate_setting *setting)
{
    return 2 * strlen(setting->value) + strlen(setting->name) + strlen(setting->key->name) +
           strlen(setting->from.file) + strlen(setting->from.what) + 256; // sections, indents, commas
}

// Takes out what makes the file longer than the daemon reads.
static void drop_too_long(struct migration *migration)
{
    size_t bytes = 0;
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        bytes += size_of(setting);
        if (bytes <= SETTINGS_BYTES_MOST) {
            continue;
        }
        struct migrate_place from = setting->from;
        migrate_at(migration, from.file, from.line);
        migrate_remark(migration, MIGRATE_LEFT, from.what,
                       "this and what comes behind it do not fit into one configuration file of 1 MiB");
        while (migration->settings.count > i) {
            drop_setting(migration, migration->settings.count - 1);
        }
    }
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

static int compare_remarks(const void *first, const void *second)
{
    const struct migrate_remark *a = first;
    const struct migrate_remark *b = second;
    int order = strcmp(a->from.file, b->from.file);
    order = order != 0 ? order : (a->from.line > b->from.line) - (a->from.line < b->from.line);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

void migrate_check(struct migration *migration)
{
    struct problem problem;
    migrate_dhcp_finish(migration);
    drop_too_long(migration);
    while (!is_good(migration, &problem)) {
        bool dropped = drop_line(migration, problem.line, &problem);
        assert(dropped); // what was printed is valid YAML with values that were checked one by one
    }
    if (migration->remarks.count != 0) {
        qsort(migration->remarks.items, migration->remarks.count, sizeof(struct migrate_remark),
              compare_remarks);
    }
}
