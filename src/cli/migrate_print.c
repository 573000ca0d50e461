// SPDX-License-Identifier: GPL-3.0-or-later
// What was made of another server's configuration: as YAML with comments, as a report, as JSON.
#include "base/text.h"
#include "cli/migrate.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define YAML_COMMENTS_BYTES ((size_t)100 * 1024) // of remarks, and of machines: the daemon reads 1 MiB in all

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
    struct migration *migration;
    FILE *out;
    unsigned line;                    // that comes next
    const struct migrate_place *last; // that was printed; NULL = none
};

// A group of keys that is being printed: the whole file, or an element of a table.
struct group {
    unsigned item; // 0 = the file
    size_t prefix; // bytes of keys' names that all have: "dhcp.subnets[]."
    int indent;
    bool has_dash;                // its first key comes next, behind a '-'
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

// Indents a line by `indent`, with the dash of an element when it is the first.
static void print_indent(struct printing *printing, struct group *group, int indent)
{
    (void)fprintf(printing->out, "%*s%s", group->has_dash ? indent - 2 : indent, "",
                  group->has_dash ? "- " : "");
    group->has_dash = false;
}

// Opens the sections that `name` is in, as far as they are not open.
static void print_sections(struct printing *printing, struct group *group, const char *name)
{
    size_t same = 0; // bytes that both begin with, up to and with a '.'
    for (size_t i = 0; name[i] != '\0' && name[i] == group->section[i]; i++) {
        same = name[i] == '.' ? i + 1 : same;
    }
    for (const char *at = name + same, *dot; (dot = strchr(at, '.')) != NULL; at = dot + 1) {
        int indent = group->indent;
        for (const char *before = name; before < at; before++) {
            indent += *before == '.' ? 2 : 0;
        }
        if (indent == 0) {
            print_line(printing, "%s", "");
        }
        print_indent(printing, group, indent);
        print_line(printing, "%.*s:", (int)(dot - at), at);
    }
    const char *last = strrchr(name, '.');
    struct text section;
    text_init(&section, group->section, sizeof group->section);
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

// What several keys come from is said once.
static void print_place(struct printing *printing, int indent, const struct migrate_setting *setting)
{
    const struct migrate_place *last = printing->last;
    const struct migrate_place *from = &setting->from;
    if (last == NULL || last->line != from->line || strcmp(last->what, from->what) != 0 ||
        strcmp(last->file, from->file) != 0) {
        print_line(printing, "%*s# %s:%u: %s", indent, "", from->file, from->line, from->what);
    }
    printing->last = from;
}

static struct migrate_setting *get_setting(const struct printing *printing, size_t position)
{
    return heap_array_get(&printing->migration->settings, position);
}

static bool is_of(const struct migrate_setting *setting, const struct key *key, const struct group *group)
{
    return setting->key == key && setting->item == group->item;
}

// "[a, b]" of "a,b".
static void print_names(FILE *out, const char *names)
{
    char name[KEY_NAME_BYTES];
    (void)fputc('[', out);
    while (*names != '\0') {
        struct text text;
        size_t length = strcspn(names, ",");
        text_init(&text, name, sizeof name);
        text_add_bytes(&text, names, length);
        print_value(out, name);
        names += length;
        if (*names == ',') {
            (void)fputs(", ", out);
            names++;
        }
    }
    (void)fputc(']', out);
}

// A group of options, one a line.
static void print_options(struct printing *printing, struct group *group, const struct key *key,
                          const char *shown, int indent)
{
    print_indent(printing, group, indent);
    print_line(printing, "%s:", shown);
    for (size_t i = 0; i < printing->migration->settings.count; i++) {
        struct migrate_setting *setting = get_setting(printing, i);
        if (is_of(setting, key, group)) {
            print_place(printing, indent + 2, setting);
            setting->yaml_line = printing->line;
            (void)fprintf(printing->out, "%*s", indent + 2, "");
            print_value(printing->out, setting->name);
            (void)fputs(": ", printing->out);
            print_value(printing->out, setting->value);
            print_line(printing, "%s", "");
        }
    }
}

// The values of a key, one or those of a list. A list stands in one line, which is the line of each.
static void print_values(struct printing *printing, struct group *group, const struct key *key,
                         const char *shown, int indent)
{
    bool is_first = true;
    print_indent(printing, group, indent);
    (void)fprintf(printing->out, "%s: %s", shown, key->is_list ? "[" : "");
    for (size_t i = 0; i < printing->migration->settings.count; i++) {
        struct migrate_setting *setting = get_setting(printing, i);
        if (!is_of(setting, key, group)) {
            continue;
        }
        setting->yaml_line = printing->line;
        (void)fputs(is_first ? "" : ", ", printing->out);
        if (key->type == KEY_CLASSES) {
            print_names(printing->out, setting->value);
        } else {
            print_value(printing->out, setting->value);
        }
        is_first = false;
    }
    print_line(printing, "%s", key->is_list ? "]" : "");
}

// Everything that is set of `key`, which is no table, in `group`.
static void print_key(struct printing *printing, struct group *group, const struct key *key)
{
    const char *name = key->name + group->prefix;
    const char *dot = strrchr(name, '.');
    const char *shown = dot == NULL ? name : dot + 1;
    int indent = group->indent + 2 * depth(name);
    bool is_set = false;
    for (size_t i = 0; i < printing->migration->settings.count; i++) {
        struct migrate_setting *setting = get_setting(printing, i);
        if (!is_of(setting, key, group)) {
            continue;
        }
        if (!is_set && strchr(name, '.') != NULL) {
            print_sections(printing, group, name);
        }
        if (key->type != KEY_OPTIONS) {
            print_place(printing, group->has_dash ? indent - 2 : indent, setting);
        }
        is_set = true;
    }
    if (is_set && key->type == KEY_OPTIONS) {
        print_options(printing, group, key, shown, indent);
    } else if (is_set) {
        print_values(printing, group, key, shown, indent);
    }
}

static void print_table(struct printing *printing, struct group *group, const struct key *key);

// Prints a group: all keys of it, in the order of the table of keys.
static void print_group(struct printing *printing, struct group *group, const char *prefix)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    group->prefix = strlen(prefix);
    for (unsigned i = 0; i < count; i++) {
        if (!text_starts(keys[i].name, prefix) || strstr(keys[i].name + group->prefix, "[].") != NULL) {
            continue; // of other groups
        }
        if (keys[i].type == KEY_TABLE) {
            print_table(printing, group, &keys[i]);
        } else {
            print_key(printing, group, &keys[i]);
        }
    }
}

// The elements of a table inside of `group`. Tables are nested as deep as the table of keys nests them.
static void print_table(struct printing *printing, struct group *group, const struct key *key)
{
    const char *name = key->name + group->prefix;
    const char *dot = strrchr(name, '.');
    int indent = group->indent + 2 * depth(name);
    bool is_first = true;
    char prefix[KEY_NAME_BYTES + 4];
    (void)snprintf(prefix, sizeof prefix, "%s[].", key->name);
    for (size_t i = 0; i < printing->migration->items.count; i++) {
        const struct migrate_item *item = heap_array_get(&printing->migration->items, i);
        if (item->table != key || item->owner != group->item || item->is_dropped) {
            continue;
        }
        if (is_first) {
            print_sections(printing, group, name);
            print_indent(printing, group, indent);
            print_line(printing, "%s:", dot == NULL ? name : dot + 1);
        }
        is_first = false;
        struct group element = {.item = (unsigned)i + 1, .indent = indent + 4, .has_dash = true};
        print_group(printing, &element, prefix);
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

// The remarks of one kind under their title, each line behind `before`. At most `budget` bytes of them, which
// are taken off it; NULL = all.
static void print_remarks(const struct migration *migration, enum migrate_remark_kind kind,
                          const char *before, size_t *budget, FILE *out)
{
    size_t left = count_remarks(migration, kind);
    if (kind == MIGRATE_NEEDLESS || left == 0) {
        return;
    }
    (void)fprintf(out, "%s%s\n", before, kind_titles[kind]);
    for (size_t i = 0; i < migration->remarks.count; i++) {
        const struct migrate_remark *remark = heap_array_get(&migration->remarks, i);
        if (remark->kind != kind) {
            continue;
        }
        size_t bytes = strlen(remark->from.file) + strlen(remark->from.what) + strlen(remark->text) + 32;
        if (budget != NULL && *budget < bytes) {
            (void)fprintf(out, "%s%zu more: imprint migrate told of them\n", before, left);
            return;
        }
        *(budget == NULL ? &bytes : budget) -= bytes;
        (void)fprintf(out, "%s%s:%u: %s: %s\n", before, remark->from.file, remark->from.line,
                      remark->from.what, remark->text);
        left--;
    }
}

// The commands for machines, unless they are too many for a comment.
static void print_machines(const struct migration *migration, FILE *out)
{
    char *commands = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&commands, &bytes);
    assert(memory != NULL);
    migrate_print_machines(migration, "# ", memory);
    (void)fclose(memory);
    if (bytes > YAML_COMMENTS_BYTES) {
        (void)fprintf(
            out, "\n# Machines are not configured but known: 'imprint migrate --machines FILE' writes the "
                 "commands that tell imprint of them.\n");
    } else if (bytes != 0) {
        (void)fprintf(
            out,
            "\n# Machines are not configured but known: once imprint runs, these commands tell it of "
            "them.\n%s",
            commands);
    }
    free(commands);
}

void migrate_print_yaml(struct migration *migration, FILE *out)
{
    struct printing printing = {.migration = migration, .out = out, .line = 1};
    struct group file = {.item = 0};
    size_t budget = YAML_COMMENTS_BYTES;
    print_line(
        &printing,
        "# imprint.yaml(5), written by imprint migrate. Where each setting came from stands above it.");
    print_group(&printing, &file, "");
    if (count_remarks(migration, MIGRATE_CHANGED) + count_remarks(migration, MIGRATE_LEFT) != 0) {
        (void)fputc('\n', out);
    }
    print_remarks(migration, MIGRATE_CHANGED, "# ", &budget, out);
    print_remarks(migration, MIGRATE_LEFT, "# ", &budget, out);
    print_machines(migration, out);
}

// Those that something tells from others.
static size_t count_machines(const struct migration *migration)
{
    size_t count = 0;
    for (size_t i = 0; i < migration->machines.count; i++) {
        const struct migrate_machine *machine = heap_array_get(&migration->machines, i);
        count += machine->mac_count != 0 ? 1 : 0;
    }
    return count;
}

void migrate_print_report(const struct migration *migration, FILE *out)
{
    for (int kind = 0; kind < MIGRATE_REMARK_COUNT; kind++) {
        print_remarks(migration, (enum migrate_remark_kind)kind, "", NULL, out);
    }
    if (migration->is_cut) {
        (void)fputs("There was more, but too much to tell.\n", out);
    }
    (void)fprintf(
        out,
        "%zu settings and %zu machines carried over; %zu not quite the same, %zu not carried over, %zu "
        "wrong in the source\n",
        migration->settings.count, count_machines(migration), count_remarks(migration, MIGRATE_CHANGED),
        count_remarks(migration, MIGRATE_LEFT), count_remarks(migration, MIGRATE_FAULT));
}

static json_t *place_to_json(const struct migrate_place *place)
{
    return json_pack("{s:s, s:I, s:s}", "file", place->file, "line", (json_int_t)place->line, "what",
                     place->what);
}

static json_t *machines_to_json(const struct migration *migration)
{
    json_t *machines = json_array();
    char text[HW_TEXT_BYTES];
    for (size_t i = 0; i < migration->machines.count; i++) {
        const struct migrate_machine *machine = heap_array_get(&migration->machines, i);
        json_t *row = place_to_json(&machine->from);
        json_t *macs = json_array();
        json_t *options = json_object();
        for (unsigned j = 0; j < machine->mac_count; j++) {
            json_array_append_new(macs, json_string(hw_print(&machine->macs[j], text)));
        }
        for (size_t j = 0; j < migration->machine_options.count; j++) {
            const struct migrate_machine_option *option = heap_array_get(&migration->machine_options, j);
            if (option->machine == i) {
                json_object_set_new(options, option->name, json_string(option->value));
            }
        }
        json_object_set_new(row, "name", json_string(machine->name));
        json_object_set_new(row, "macs", macs);
        json_object_set_new(row, "options", options);
        if (machine->address.value != 0) {
            json_object_set_new(row, "address", json_string(ip4_print(machine->address, text)));
        }
        json_array_append_new(machines, row);
    }
    return machines;
}

json_t *migrate_to_json(const struct migration *migration)
{
    json_t *settings = json_array();
    json_t *remarks = json_array();
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        json_t *row = place_to_json(&setting->from);
        json_object_set_new(row, "key", json_string(setting->key->name));
        if (setting->item != 0) {
            json_object_set_new(row, "element", json_integer(setting->item));
        }
        if (setting->name[0] != '\0') {
            json_object_set_new(row, "option", json_string(setting->name));
        }
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
    return json_pack("{s:o, s:o, s:o, s:b}", "settings", settings, "remarks", remarks, "machines",
                     machines_to_json(migration), "cut", migration->is_cut);
}
