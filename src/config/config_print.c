// SPDX-License-Identifier: GPL-3.0-or-later
// The effective configuration as YAML with comments, and as JSON.
#include "config/config.h"
#include "config/key.h"
#include "config/value.h"

#include <string.h>

#define COMMENT_COLUMNS 100

// Values of our types need quotes only when they are paths with unusual characters: YAML's double quotes are
// JSON's.
static bool value_is_plain(const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (!letter && strchr("/._-", *at) == NULL) {
            return false;
        }
    }
    return value[0] != '\0' && value[0] != '-' && value[0] != '.';
}

static void print_quoted(const char *value, FILE *out)
{
    (void)fputc('"', out);
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            (void)fputc('\\', out);
        }
        (void)fputc(*at, out);
    }
    (void)fputc('"', out);
}

static void print_scalar(const char *value, FILE *out)
{
    if (value_is_plain(value)) {
        (void)fputs(value, out);
    } else {
        print_quoted(value, out);
    }
}

// `text` in comment lines of at most COMMENT_COLUMNS.
static void print_comment(const char *text, int indent, FILE *out)
{
    size_t most = COMMENT_COLUMNS - (size_t)indent - 2;
    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > most) {
            length = most;
            while (length > 1 && text[length] != ' ') {
                length--;
            }
        }
        (void)fprintf(out, "%*s# %.*s\n", indent, "", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

static void print_about(const struct key *key, int indent, FILE *out)
{
    char about[VALUE_TEXT_BYTES];
    char line[2 * VALUE_TEXT_BYTES];
    print_comment(key->about, indent, out);
    const char *without = key->default_text != NULL ? key->default_text : key->default_about;
    (void)snprintf(line, sizeof line, "%s%s. Default: %s",
                   key->is_list && key->type != KEY_TABLE ? "Each is " : "Takes ", value_about(key, about),
                   without == NULL ? "none, it must be given" : without);
    print_comment(line, indent, out);
}

static void print_list(const struct key *key, const void *base, FILE *out)
{
    const char *values = (const char *)base + key->offset;
    (void)fputc('[', out);
    for (unsigned i = 0; i < key_count(key, base); i++) {
        char text[VALUE_TEXT_BYTES];
        (void)fputs(i == 0 ? "" : ", ", out);
        print_scalar(value_print(key, values + i * key->bytes, text), out);
    }
    (void)fputc(']', out);
}

static bool value_is_unset(const struct key *key, const void *base)
{
    const void *value = (const char *)base + key->offset;
    char text[VALUE_TEXT_BYTES];
    if (key->type == KEY_OPTIONS) {
        return ((const struct dhcp_option_set *)value)->count == 0;
    }
    if (key->type == KEY_CLASSES) {
        return *(const uint64_t *)value == 0;
    }
    return key->is_list ? key_count(key, base) == 0 : value_print(key, value, text)[0] == '\0';
}

static void print_options(const struct dhcp_option_set *set, const struct config *config, FILE *out)
{
    (void)fputc('{', out);
    for (unsigned i = 0; i < set->count; i++) {
        char printed[DHCP_OPTION_TEXT_BYTES];
        struct text text;
        (void)fputs(i == 0 ? "" : ", ", out);
        text_init(&text, printed, sizeof printed);
        dhcp_option_print_name(set, &set->entries[i], &config->dhcp.definitions, &text);
        print_quoted(printed, out);
        (void)fputs(": ", out);
        text_init(&text, printed, sizeof printed);
        dhcp_option_print_value(set, &set->entries[i], &config->dhcp.definitions, &text);
        print_quoted(printed, out);
    }
    (void)fputc('}', out);
}

static void print_classes(uint64_t classes, const struct config *config, FILE *out)
{
    (void)fputc('[', out);
    bool is_first = true;
    for (unsigned i = 0; i < config->dhcp.classes.count; i++) {
        if ((classes >> i & 1) != 0) {
            (void)fputs(is_first ? "" : ", ", out);
            print_quoted(config->dhcp.classes.items[i].name, out);
            is_first = false;
        }
    }
    (void)fputc(']', out);
}

// The values of `key` in one line; not for tables.
static void print_values(const struct key *key, const void *base, const struct config *config, FILE *out)
{
    const void *value = (const char *)base + key->offset;
    char text[VALUE_TEXT_BYTES];
    if (key->type == KEY_OPTIONS) {
        print_options(value, config, out);
    } else if (key->type == KEY_CLASSES) {
        print_classes(*(const uint64_t *)value, config, out);
    } else if (key->is_list) {
        print_list(key, base, out);
    } else {
        print_scalar(value_print(key, value, text), out);
    }
}

struct printing { // of the elements of a table
    const struct config *config;
    bool about; // with comments
    FILE *out;
};

// Whether something stands in the section that `prefix` begins ("dhcp.classes[].match.").
static bool section_is_unset(const char *prefix, const void *base)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    for (unsigned i = 0; i < count; i++) {
        char name[KEY_NAME_BYTES];
        if (key_is_inside(&keys[i], prefix, name) && !value_is_unset(&keys[i], base)) {
            return false;
        }
    }
    return true;
}

static void print_elements(const struct printing *printing, const struct key *table, const void *base,
                           int indent);

// One key of an element: "name: value", or a table inside.
static void print_inner(const struct printing *printing, const struct key *key, const char *name,
                        const void *base, int indent)
{
    (void)fprintf(printing->out, "%s:", name);
    if (key->type == KEY_TABLE) {
        (void)fputc('\n', printing->out);
        print_elements(printing, key, base, indent + 2);
        return;
    }
    (void)fputc(' ', printing->out);
    print_values(key, base, printing->config, printing->out);
    (void)fputc('\n', printing->out);
}

// What belongs into a section of an element: "match:", then its keys below.
static void print_section(const struct printing *printing, const char *prefix, const char *name,
                          const void *base, int indent)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    (void)fprintf(printing->out, "%s:\n", name);
    for (unsigned i = 0; i < count; i++) {
        char inner[KEY_NAME_BYTES];
        if (!key_is_inside(&keys[i], prefix, inner) || value_is_unset(&keys[i], base)) {
            continue;
        }
        if (printing->about) {
            print_about(&keys[i], indent + 2, printing->out);
        }
        (void)fprintf(printing->out, "%*s", indent + 2, "");
        print_inner(printing, &keys[i], inner, base, indent + 2);
    }
}

// One element of a table: "- first: value", then the others below.
static void print_element(const struct printing *printing, const struct key *table, const void *base,
                          int indent)
{
    char prefix[KEY_NAME_BYTES + 3];
    char last[KEY_NAME_BYTES] = "";
    (void)snprintf(prefix, sizeof prefix, "%s[].", table->name);
    unsigned count;
    const struct key *keys = key_table(&count);
    bool first = true;
    for (unsigned i = 0; i < count; i++) {
        char name[KEY_NAME_BYTES];
        char section[2 * KEY_NAME_BYTES + 4];
        if (!key_is_inside(&keys[i], prefix, name) || strcmp(name, last) == 0) {
            continue;
        }
        (void)text_copy(last, sizeof last, name);
        (void)snprintf(section, sizeof section, "%s%s", prefix, name);
        bool is_section = strcmp(section, keys[i].name) != 0;
        (void)snprintf(section, sizeof section, "%s%s.", prefix, name);
        if (is_section ? section_is_unset(section, base) : value_is_unset(&keys[i], base)) {
            continue;
        }
        if (printing->about && !is_section) {
            print_about(&keys[i], indent + 2, printing->out);
        }
        (void)fprintf(printing->out, "%*s%s", indent, "", first ? "- " : "  ");
        if (is_section) {
            print_section(printing, section, name, base, indent + 2);
        } else {
            print_inner(printing, &keys[i], name, base, indent + 2);
        }
        first = false;
    }
}

// Calls itself for tables inside of elements, as deep as the table of keys is.
static void print_elements(const struct printing *printing, const struct key *table, const void *base,
                           int indent)
{
    const char *values = (const char *)base + table->offset;
    struct printing each = *printing;
    for (unsigned i = 0; i < key_count(table, base); i++) {
        each.about = printing->about && i == 0;
        print_element(&each, table, values + i * table->bytes, indent);
    }
}

static void print_table(const struct key *key, const struct config *config, FILE *out)
{
    const struct printing printing = {config, true, out};
    (void)fputs(key_count(key, config) == 0 ? " []\n" : "\n", out);
    print_elements(&printing, key, config, 4);
}

static void print_key(const struct key *key, const char *name, int indent, const struct config *config,
                      FILE *out)
{
    print_about(key, indent, out);
    if (!key->is_list && key->type != KEY_OPTIONS && value_is_unset(key, config)) {
        (void)fprintf(out, "%*s# %s:\n", indent, "", name); // a key without a value would be refused
        return;
    }
    (void)fprintf(out, "%*s%s:", indent, "", name);
    if (key->type == KEY_TABLE) {
        print_table(key, config, out);
        return;
    }
    (void)fputc(' ', out);
    print_values(key, config, config, out);
    (void)fputc('\n', out);
}

// The lines that open the sections around `name` which are not those around `last`, the key before it.
// Returns what stands behind the last dot of `name`.
static const char *print_sections(const char *name, const char *last, int *indent, FILE *out)
{
    const char *at = name;
    *indent = 0;
    for (const char *dot = strchr(at, '.'); dot != NULL; dot = strchr(at, '.')) {
        size_t length = (size_t)(dot - name) + 1; // with the dot, so that "a.b" is not in "a.bc"
        if (strncmp(name, last, length) != 0) {
            (void)fprintf(out, "%s%*s%.*s:\n", *indent == 0 ? "\n" : "", *indent, "", (int)(dot - at), at);
        }
        *indent += 2;
        at = dot + 1;
    }
    if (*indent == 0) {
        (void)fputc('\n', out);
    }
    return at;
}

void config_print(const struct config *config, FILE *out)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    const char *last = "";
    (void)fprintf(out, "# The effective configuration of imprint%s%s\n",
                  config->file[0] == '\0' ? "" : ", from ", config->file);
    for (unsigned i = 0; i < count; i++) {
        const struct key *key = &keys[i];
        int indent;
        if (strchr(key->name, '[') != NULL) {
            continue; // printed with its table
        }
        const char *name = print_sections(key->name, last, &indent, out);
        print_key(key, name, indent, config, out);
        last = key->name;
    }
}

static void print_json_value(const struct key *key, const void *value, FILE *out)
{
    char text[VALUE_TEXT_BYTES];
    value_print(key, value, text);
    if (key->type == KEY_NUMBER) {
        (void)fputs(text, out);
    } else if (key->type == KEY_SWITCH) {
        (void)fputs(strcmp(text, "yes") == 0 ? "true" : "false", out);
    } else if (key->type == KEY_SIZE) {
        uint64_t bytes;
        memcpy(&bytes, value, sizeof bytes);
        (void)fprintf(out, "%llu", (unsigned long long)bytes);
    } else {
        print_quoted(text, out);
    }
}

static void print_json_table(const struct key *table, const void *base, const struct config *config,
                             FILE *out);

// The values of a key of an element or of a plain key.
static void print_json_values(const struct key *key, const void *base, const struct config *config, FILE *out)
{
    const char *values = (const char *)base + key->offset;
    if (key_is_late(key)) {
        print_values(key, base, config, out); // in one line YAML is JSON
        return;
    }
    if (key->type == KEY_TABLE) {
        print_json_table(key, base, config, out);
        return;
    }
    if (!key->is_list) {
        print_json_value(key, values, out);
        return;
    }
    (void)fputc('[', out);
    for (unsigned i = 0; i < key_count(key, base); i++) {
        (void)fputs(i == 0 ? "" : ", ", out);
        print_json_value(key, values + i * key->bytes, out);
    }
    (void)fputc(']', out);
}

// Calls itself for tables inside of elements. The keys of a section are written dotted: "match.mac".
static void print_json_table(const struct key *table, const void *base, const struct config *config,
                             FILE *out)
{
    char prefix[KEY_NAME_BYTES + 3];
    (void)snprintf(prefix, sizeof prefix, "%s[].", table->name);
    unsigned count;
    const struct key *keys = key_table(&count);
    (void)fputc('[', out);
    for (unsigned element = 0; element < key_count(table, base); element++) {
        const char *inner = (const char *)base + table->offset + element * table->bytes;
        bool first = true;
        (void)fputs(element == 0 ? "{" : ", {", out);
        for (unsigned i = 0; i < count; i++) {
            char name[KEY_NAME_BYTES];
            if (key_is_inside(&keys[i], prefix, name)) {
                (void)fprintf(out, "%s\"%s\": ", first ? "" : ", ", keys[i].name + strlen(prefix));
                print_json_values(&keys[i], inner, config, out);
                first = false;
            }
        }
        (void)fputc('}', out);
    }
    (void)fputc(']', out);
}

void config_print_json(const struct config *config, FILE *out)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    bool first = true;
    (void)fputc('{', out);
    for (unsigned i = 0; i < count; i++) {
        if (strchr(keys[i].name, '[') != NULL) {
            continue; // printed with its table
        }
        (void)fprintf(out, "%s\"%s\": ", first ? "" : ",\n ", keys[i].name);
        print_json_values(&keys[i], config, config, out);
        first = false;
    }
    (void)fputs("}\n", out);
}
