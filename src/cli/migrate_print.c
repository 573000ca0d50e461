// SPDX-License-Identifier: GPL-3.0-or-later
// What was made of another server's configuration: as YAML with comments, as a report, as JSON.
#include "base/text.h"
#include "cli/migrate.h"

#include <stdarg.h>
#include <string.h>

#define SECTIONS_MOST 4

static const char *const kind_names[MIGRATE_REMARK_COUNT] = {
    [MIGRATE_NEEDLESS] = "needless",
    [MIGRATE_CHANGED] = "changed",
    [MIGRATE_LEFT] = "left",
    [MIGRATE_FAULT] = "fault",
};

static const char *const kind_titles[MIGRATE_REMARK_COUNT] = {
    [MIGRATE_CHANGED] = "Carried over, but not quite the same:",
    [MIGRATE_LEFT] = "Not carried over:",
    [MIGRATE_FAULT] = "Wrong in the source:",
};

struct printing {
    FILE *out;
    unsigned line;                // that comes next
    char section[KEY_NAME_BYTES]; // that is open: "tftp.upload."
};

PRINTF_LIKE(2, 3)
static void print_line(struct printing *printing, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(printing->out, format, arguments);
    va_end(arguments);
    (void)fputc('\n', printing->out);
    printing->line++;
}

static int depth(const char *name)
{
    int dots = 0;
    for (; *name != '\0'; name++) {
        dots += *name == '.' ? 1 : 0;
    }
    return dots;
}

// Opens the sections that `name` is in, as far as they are not open.
static void print_sections(struct printing *printing, const char *name)
{
    size_t same = 0; // bytes that both begin with, up to and with a '.'
    for (size_t i = 0; name[i] != '\0' && name[i] == printing->section[i]; i++) {
        same = name[i] == '.' ? i + 1 : same;
    }
    for (const char *at = name + same, *dot; (dot = strchr(at, '.')) != NULL; at = dot + 1) {
        int indent = 0;
        for (const char *before = name; before < at; before++) {
            indent += *before == '.' ? 2 : 0;
        }
        if (indent == 0) {
            print_line(printing, "%s", "");
        }
        print_line(printing, "%*s%.*s:", indent, "", (int)(dot - at), at);
    }
    const char *last = strrchr(name, '.');
    struct text section;
    text_init(&section, printing->section, sizeof printing->section);
    text_add_bytes(&section, name, last == NULL ? 0 : (size_t)(last - name) + 1);
}

// YAML's double quotes are JSON's.
static void print_value(FILE *out, const char *value)
{
    bool is_plain = value[0] != '-' && value[0] != '\0';
    for (const char *at = value; *at != '\0'; at++) {
        char lower = text_lower(*at);
        bool is_letter = (lower >= 'a' && lower <= 'z') || (*at >= '0' && *at <= '9');
        is_plain = is_plain && (is_letter || strchr("/._-", *at) != NULL);
    }
    if (is_plain) {
        (void)fputs(value, out);
        return;
    }
    (void)fputc('"', out);
    for (const char *at = value; *at != '\0'; at++) {
        (void)fprintf(out, "%s%c", *at == '"' || *at == '\\' ? "\\" : "", *at);
    }
    (void)fputc('"', out);
}

static void print_place(struct printing *printing, int indent, const struct migrate_setting *setting)
{
    print_line(printing, "%*s# %s:%u: %s", indent, "", setting->from.file, setting->from.line,
               setting->from.what);
}

// All values of `key`, one or those of a list. A list stands in one line, which is the line of each.
static void print_key(struct migration *migration, const struct key *key, struct printing *printing)
{
    int indent = 2 * depth(key->name);
    bool is_first = true;
    for (size_t i = 0; i < migration->settings.count; i++) {
        struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (setting->key == key) {
            print_sections(printing, key->name);
            print_place(printing, indent, setting);
        }
    }
    for (size_t i = 0; i < migration->settings.count; i++) {
        struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (setting->key != key) {
            continue;
        }
        const char *dot = strrchr(key->name, '.');
        setting->yaml_line = printing->line;
        if (is_first) {
            (void)fprintf(printing->out, "%*s%s: %s", indent, "", dot == NULL ? key->name : dot + 1,
                          key->is_list ? "[" : "");
        } else {
            (void)fputs(", ", printing->out);
        }
        print_value(printing->out, setting->value);
        is_first = false;
    }
    if (!is_first) {
        print_line(printing, "%s", key->is_list ? "]" : "");
    }
}

static size_t count_remarks(const struct migration *migration, enum migrate_remark_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < migration->remarks.count; i++) {
        const struct migrate_remark *remark = heap_array_get(&migration->remarks, i);
        count += remark->kind == kind ? 1 : 0;
    }
    return count;
}

// The remarks of one kind under their title, each line behind `before`.
static void print_remarks(const struct migration *migration, enum migrate_remark_kind kind,
                          const char *before, FILE *out)
{
    if (kind == MIGRATE_NEEDLESS || count_remarks(migration, kind) == 0) {
        return;
    }
    (void)fprintf(out, "%s%s\n", before, kind_titles[kind]);
    for (size_t i = 0; i < migration->remarks.count; i++) {
        const struct migrate_remark *remark = heap_array_get(&migration->remarks, i);
        if (remark->kind == kind) {
            (void)fprintf(out, "%s%s:%u: %s: %s\n", before, remark->from.file, remark->from.line,
                          remark->from.what, remark->text);
        }
    }
}

void migrate_print_yaml(struct migration *migration, FILE *out)
{
    struct printing printing = {.out = out, .line = 1};
    unsigned count;
    const struct key *keys = key_table(&count);
    print_line(
        &printing,
        "# imprint.yaml(5), written by imprint migrate. Where each setting came from stands above it.");
    for (unsigned i = 0; i < count; i++) {
        print_key(migration, &keys[i], &printing);
    }
    if (count_remarks(migration, MIGRATE_CHANGED) + count_remarks(migration, MIGRATE_LEFT) != 0) {
        (void)fputc('\n', out);
    }
    print_remarks(migration, MIGRATE_CHANGED, "# ", out);
    print_remarks(migration, MIGRATE_LEFT, "# ", out);
}

void migrate_print_report(const struct migration *migration, FILE *out)
{
    for (int kind = 0; kind < MIGRATE_REMARK_COUNT; kind++) {
        print_remarks(migration, (enum migrate_remark_kind)kind, "", out);
    }
    if (migration->is_cut) {
        (void)fputs("There was more, but too much to tell.\n", out);
    }
}

static json_t *place_to_json(const struct migrate_place *place)
{
    return json_pack("{s:s, s:I, s:s}", "file", place->file, "line", (json_int_t)place->line, "what",
                     place->what);
}

json_t *migrate_to_json(const struct migration *migration)
{
    json_t *settings = json_array();
    json_t *remarks = json_array();
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        json_t *row = place_to_json(&setting->from);
        json_object_set_new(row, "key", json_string(setting->key->name));
        json_object_set_new(row, "value", json_string(setting->value));
        json_array_append_new(settings, row);
    }
    for (size_t i = 0; i < migration->remarks.count; i++) {
        const struct migrate_remark *remark = heap_array_get(&migration->remarks, i);
        json_t *row = place_to_json(&remark->from);
        json_object_set_new(row, "kind", json_string(kind_names[remark->kind]));
        json_object_set_new(row, "text", json_string(remark->text));
        json_array_append_new(remarks, row);
    }
    return json_pack("{s:o, s:o, s:b}", "settings", settings, "remarks", remarks, "cut", migration->is_cut);
}
