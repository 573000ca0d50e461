// SPDX-License-Identifier: GPL-3.0-or-later
// YAML to struct config, led by the table of keys: the file can be no deeper than the table is, an unknown
// key ends it at once, and an alias costs no more than what it stands for is worth.
#include "config/config.h"
#include "config/config_check.h"
#include "config/key.h"
#include "config/value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define LATE_MOST 4096 // groups of options, lists of classes

struct late { // a value that is read when all others are known (key_is_late)
    const struct key *key;
    const yaml_node_t *node;
    void *base;
};

struct reading {
    yaml_document_t document;
    const char *name; // the file's
    struct config config;
    struct config_places places;
    struct late late[LATE_MOST];
    size_t late_count;
    struct problem *problem;
};

struct table_at {                // where the keys of one mapping go
    const char *prefix;          // "", "dhcp." or "dhcp.subnets[]."
    void *base;                  // struct config, or an element of a table
    struct config_place *places; // by row: those of this base
};

static void place_put(const struct reading *reading, const yaml_mark_t *mark)
{
    problem_set_place(reading->problem, reading->name, (unsigned)mark->line + 1, (unsigned)mark->column + 1);
}

// Tells what is wrong at `node`; always STATUS_MALFORMED.
PRINTF_LIKE(3, 4)
static enum status refuse(const struct reading *reading, const yaml_node_t *node, const char *format, ...)
{
    char text[PROBLEM_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    problem_set(reading->problem, "%s", text);
    place_put(reading, &node->start_mark);
    return STATUS_MALFORMED;
}

// Where the table's key is not written dotted: "dhcp.subnets" for "dhcp.subnets[].".
static void section_print(const char *prefix, char out[KEY_NAME_BYTES])
{
    struct text text;
    text_init(&text, out, KEY_NAME_BYTES);
    text_add_bytes(&text, prefix, strcspn(prefix, "["));
    if (text.length > 0 && out[text.length - 1] == '.') {
        out[text.length - 1] = '\0';
    }
}

static enum status unknown_key(const struct reading *reading, const struct table_at *table,
                               const yaml_node_t *node, const char *written)
{
    char allowed[PROBLEM_REMEDY_BYTES];
    char nearest[KEY_NAME_BYTES] = "";
    char last[KEY_NAME_BYTES] = "";
    unsigned best = 3; // a name further away than two edits was not meant
    unsigned count;
    const struct key *keys = key_table(&count);
    struct text text;
    text_init(&text, allowed, sizeof allowed);
    for (unsigned i = 0; i < count; i++) {
        char name[KEY_NAME_BYTES];
        if (!key_is_inside(&keys[i], table->prefix, name) || strcmp(name, last) == 0) {
            continue; // the keys of one section stand together, so each section is named once
        }
        (void)text_copy(last, sizeof last, name);
        text_add_format(&text, "%s%s", text.length == 0 ? "" : ", ", name);
        if (text_distance(name, written) < best) {
            best = text_distance(name, written);
            (void)text_copy(nearest, sizeof nearest, name);
        }
    }
    char section[KEY_NAME_BYTES];
    char shown[VALUE_TEXT_BYTES];
    struct text escaped;
    text_init(&escaped, shown, 80);
    text_add_escaped(&escaped, written, strlen(written));
    section_print(table->prefix, section);
    if (nearest[0] != '\0') {
        problem_set_remedy(reading->problem, "did you mean '%s'? Allowed here: %s", nearest, allowed);
    }
    problem_set_remedy(reading->problem, "allowed here: %s", allowed);
    return section[0] == '\0' ? refuse(reading, node, "there is no key '%s'", shown)
                              : refuse(reading, node, "there is no key '%s' in '%s'", shown, section);
}

// The text of a scalar, or NULL and a problem: a list, a mapping, or with a NUL inside.
static const char *scalar_text(const struct reading *reading, const yaml_node_t *node, const char *what)
{
    if (node->type != YAML_SCALAR_NODE) {
        (void)refuse(reading, node, "%s must be a single value, not a %s", what,
                     node->type == YAML_SEQUENCE_NODE ? "list" : "group of keys");
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        (void)refuse(reading, node, "%s has a NUL character inside", what);
        return NULL;
    }
    return text;
}

// `key:` with nothing behind it.
static bool node_is_nothing(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0 &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static enum status read_scalar(const struct reading *reading, const struct key *key, const yaml_node_t *node,
                               void *value)
{
    char what[KEY_NAME_BYTES + 2];
    (void)snprintf(what, sizeof what, "'%s'", key->name);
    const char *text = scalar_text(reading, node, what);
    if (text == NULL) {
        return STATUS_MALFORMED;
    }
    enum status status = value_parse(key, text, value, reading->problem);
    if (status != STATUS_OK) {
        place_put(reading, &node->start_mark);
    }
    return status;
}

static enum status read_mapping(struct reading *reading, const struct table_at *table,
                                const yaml_node_t *node);

static void element_init(const char *prefix, void *base)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    for (unsigned i = 0; i < count; i++) {
        char name[KEY_NAME_BYTES];
        if (key_is_inside(&keys[i], prefix, name) && keys[i].default_text != NULL) {
            enum status status =
                value_parse(&keys[i], keys[i].default_text, key_values(&keys[i], base), NULL);
            assert(status == STATUS_OK);
        }
    }
}

static enum status element_check(const struct reading *reading, const struct table_at *table,
                                 const yaml_node_t *node)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    for (unsigned i = 0; i < count; i++) {
        char name[KEY_NAME_BYTES];
        if (keys[i].is_required && key_is_inside(&keys[i], table->prefix, name) &&
            table->places[i].line == 0) {
            char section[KEY_NAME_BYTES];
            char about[VALUE_TEXT_BYTES];
            section_print(table->prefix, section);
            problem_set_remedy(reading->problem, "add '%s: ', %s", name, value_about(&keys[i], about));
            return refuse(reading, node, "this element of '%s' has no '%s'", section, name);
        }
    }
    return STATUS_OK;
}

static struct config_place place_of(const yaml_node_t *node)
{
    return (struct config_place){(unsigned)node->start_mark.line + 1, (unsigned)node->start_mark.column + 1};
}

static enum status place_note(struct reading *reading, const void *base, unsigned row,
                              const yaml_node_t *node)
{
    enum status status = config_place_put(&reading->places, base, row, place_of(node));
    return status == STATUS_OK ? STATUS_OK : refuse(reading, node, "there is not enough memory to read this");
}

// One element of a table, which may have tables inside.
static enum status read_element(struct reading *reading, const struct key *key, const yaml_node_t *node,
                                void *element)
{
    char prefix[KEY_NAME_BYTES];
    struct config_place places[CONFIG_KEYS_MOST] = {0};
    (void)snprintf(prefix, sizeof prefix, "%s[].", key->name);
    struct table_at table = {prefix, element, places};
    memset(element, 0, key->bytes);
    element_init(prefix, element);
    enum status status = place_note(reading, element, CONFIG_KEYS_MOST, node);
    if (status == STATUS_OK) {
        status = read_mapping(reading, &table, node);
    }
    return status == STATUS_OK ? element_check(reading, &table, node) : status;
}

static enum status read_list(struct reading *reading, const struct key *key, const yaml_node_t *node,
                             void *base)
{
    key_set_count(key, base, 0);
    if (node->type != YAML_SEQUENCE_NODE) {
        problem_set_remedy(reading->problem, "write it as [A, B], or one '- ' line for each");
        return refuse(reading, node, "'%s' must be a list", key->name);
    }
    unsigned count = 0;
    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top;
         item++) {
        yaml_node_t *element = yaml_document_get_node(&reading->document, *item);
        if (count == key->most) {
            return refuse(reading, element, "'%s' has more than %u values", key->name, key->most);
        }
        void *value = (char *)key_values(key, base) + count * key->bytes;
        enum status status = key->type == KEY_TABLE ? read_element(reading, key, element, value)
                                                    : read_scalar(reading, key, element, value);
        if (status != STATUS_OK) {
            return status;
        }
        key_set_count(key, base, ++count);
    }
    return STATUS_OK;
}

static enum status read_late(struct reading *reading, const struct key *key, const yaml_node_t *node,
                             void *base)
{
    if (reading->late_count == LATE_MOST) { // no table is so large
        return refuse(reading, node, "there are more than %d groups of options and lists of classes",
                      LATE_MOST);
    }
    reading->late[reading->late_count++] = (struct late){key, node, base};
    return STATUS_OK;
}

static enum status read_key(struct reading *reading, const struct table_at *table, const struct key *key,
                            const yaml_node_t *name, const yaml_node_t *value)
{
    unsigned count;
    struct config_place *place = &table->places[key - key_table(&count)];
    if (place->line != 0) {
        problem_set_remedy(reading->problem, "keep one of them");
        return refuse(reading, name, "'%s' is here twice, first in line %u", key->name, place->line);
    }
    *place = place_of(name);
    enum status status = place_note(reading, table->base, (unsigned)(key - key_table(&count)), name);
    if (status != STATUS_OK) {
        return status;
    }
    if (key_is_late(key)) {
        return read_late(reading, key, value, table->base);
    }
    if (key->is_list) {
        return read_list(reading, key, value, table->base);
    }
    return read_scalar(reading, key, value, key_values(key, table->base));
}

// A section's keys may be spread over several mappings of its name; each key still comes once.
static enum status read_section(struct reading *reading, const struct table_at *table, const char *name,
                                const yaml_node_t *value)
{
    char prefix[KEY_NAME_BYTES];
    struct text text;
    text_init(&text, prefix, sizeof prefix);
    text_add_format(&text, "%s.", name);
    struct table_at section = {prefix, table->base, table->places};
    return node_is_nothing(value) ? STATUS_OK : read_mapping(reading, &section, value);
}

static enum status read_pair(struct reading *reading, const struct table_at *table, const yaml_node_t *name,
                             const yaml_node_t *value)
{
    const char *written = scalar_text(reading, name, "a key");
    if (written == NULL) {
        return STATUS_MALFORMED;
    }
    char full[KEY_NAME_BYTES];
    struct text text;
    text_init(&text, full, sizeof full);
    text_add_format(&text, "%s%s", table->prefix, written);
    if (text.cut || written[0] == '\0' ||
        strpbrk(written, ".[") != NULL) { // the dots of a name are ours to write
        return unknown_key(reading, table, name, written);
    }
    const struct key *key = key_find(full);
    if (key != NULL) {
        return read_key(reading, table, key, name, value);
    }
    return key_is_section(full) ? read_section(reading, table, full, value)
                                : unknown_key(reading, table, name, written);
}

// Calls itself for a section or a table's element: as deep as the names in the table of keys are, whatever
// the file says.
static enum status read_mapping(struct reading *reading, const struct table_at *table,
                                const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) {
        char section[KEY_NAME_BYTES];
        section_print(table->prefix, section);
        return section[0] == '\0'
                   ? refuse(reading, node, "a configuration must be a group of 'key: value' lines")
                   : refuse(reading, node, "'%s' must be a group of 'key: value' lines", section);
    }
    enum status status = STATUS_OK;
    yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; status == STATUS_OK && pair < node->data.mapping.pairs.top; pair++) {
        status = read_pair(reading, table, yaml_document_get_node(&reading->document, pair->key),
                           yaml_document_get_node(&reading->document, pair->value));
    }
    return status;
}

// The names of classes, as one bit for each.
static enum status read_class(const struct reading *reading, const struct key *key, const yaml_node_t *node,
                              uint64_t *classes)
{
    const struct dhcp_classes *known = &reading->config.dhcp.classes;
    const char *name = scalar_text(reading, node, "the name of a class");
    if (name == NULL) {
        return STATUS_MALFORMED;
    }
    for (unsigned i = 0; i < known->count; i++) {
        if (strcmp(known->items[i].name, name) == 0) {
            *classes |= UINT64_C(1) << i;
            return STATUS_OK;
        }
    }
    char shown[80];
    struct text escaped;
    text_init(&escaped, shown, sizeof shown);
    text_add_escaped(&escaped, name, strlen(name));
    problem_set_remedy(reading->problem, "add it to dhcp.classes, or name one that is there");
    return refuse(reading, node, "'%s': there is no class '%s'", key->name, shown);
}

static enum status read_classes(struct reading *reading, const struct late *late)
{
    uint64_t *classes = key_values(late->key, late->base);
    if (late->node->type != YAML_SEQUENCE_NODE) {
        problem_set_remedy(reading->problem, "write it as [A, B], or one '- ' line for each");
        return refuse(reading, late->node, "'%s' must be a list", late->key->name);
    }
    enum status status = STATUS_OK;
    yaml_node_item_t *item = late->node->data.sequence.items.start;
    for (; status == STATUS_OK && item < late->node->data.sequence.items.top; item++) {
        status = read_class(reading, late->key, yaml_document_get_node(&reading->document, *item), classes);
    }
    return status;
}

// The texts of an option's value: one, a list of them, or none.
static enum status option_values(struct reading *reading, const yaml_node_t *node,
                                 const char *values[DHCP_OPTION_VALUES_MOST], size_t *count)
{
    *count = 0;
    if (node_is_nothing(node)) {
        return STATUS_OK;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        values[(*count)++] = scalar_text(reading, node, "an option's value");
        return values[0] == NULL ? STATUS_MALFORMED : STATUS_OK;
    }
    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top;
         item++) {
        yaml_node_t *element = yaml_document_get_node(&reading->document, *item);
        if (*count == DHCP_OPTION_VALUES_MOST) {
            return refuse(reading, element, "an option has at most %d values", DHCP_OPTION_VALUES_MOST);
        }
        values[*count] = scalar_text(reading, element, "an option's value");
        if (values[(*count)++] == NULL) {
            return STATUS_MALFORMED;
        }
    }
    return STATUS_OK;
}

static enum status read_option(struct reading *reading, const yaml_node_t *name, const yaml_node_t *value,
                               struct dhcp_option_set *set)
{
    const char *written = scalar_text(reading, name, "an option's name");
    const char *values[DHCP_OPTION_VALUES_MOST];
    size_t count;
    if (written == NULL || option_values(reading, value, values, &count) != STATUS_OK) {
        return STATUS_MALFORMED;
    }
    uint8_t before = set->count;
    enum status status =
        dhcp_option_parse(set, &reading->config.dhcp.definitions, written, values, count, reading->problem);
    if (status != STATUS_OK) {
        place_put(reading, &name->start_mark);
        return STATUS_MALFORMED;
    }
    if (set->count == before) { // it took another one's place
        problem_set_remedy(reading->problem, "keep one of them");
        return refuse(reading, name, "DHCP option '%s' is here twice, perhaps by another name", written);
    }
    return STATUS_OK;
}

static enum status read_options(struct reading *reading, const struct late *late)
{
    const yaml_node_t *node = late->node;
    if (node_is_nothing(node)) {
        return STATUS_OK;
    }
    if (node->type != YAML_MAPPING_NODE) {
        problem_set_remedy(reading->problem, "write it as {NAME: VALUE}, or one 'NAME: VALUE' line for each");
        return refuse(reading, node, "'%s' must be a group of options", late->key->name);
    }
    enum status status = STATUS_OK;
    yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; status == STATUS_OK && pair < node->data.mapping.pairs.top; pair++) {
        status = read_option(reading, yaml_document_get_node(&reading->document, pair->key),
                             yaml_document_get_node(&reading->document, pair->value),
                             key_values(late->key, late->base));
    }
    return status;
}

static enum status read_lates(struct reading *reading)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < reading->late_count; i++) {
        const struct late *late = &reading->late[i];
        status = late->key->type == KEY_CLASSES ? read_classes(reading, late) : read_options(reading, late);
    }
    return status;
}

// What libyaml found wrong, in words that stand behind "this is not YAML: ".
static enum status refuse_yaml(const struct reading *reading, const yaml_parser_t *parser)
{
    if (parser->error == YAML_READER_ERROR) {
        problem_set(reading->problem, "this is not text in UTF-8: %s, byte %zu of the file",
                    parser->problem == NULL ? "invalid characters" : parser->problem,
                    parser->problem_offset + 1);
        problem_set_place(reading->problem, reading->name, 0, 0);
        return STATUS_MALFORMED;
    }
    if (parser->error == YAML_MEMORY_ERROR) {
        problem_set(reading->problem, "there is not enough memory to read this");
        problem_set_place(reading->problem, reading->name, 0, 0);
        return STATUS_FULL;
    }
    problem_set(reading->problem, "this is not YAML: %s%s%s", parser->problem == NULL ? "" : parser->problem,
                parser->context == NULL ? "" : " ", parser->context == NULL ? "" : parser->context);
    problem_set_remedy(reading->problem, "indent with spaces, and put a space behind each ':' and '-'");
    place_put(reading, &parser->problem_mark);
    return STATUS_MALFORMED;
}

// Nothing may follow the first document.
static enum status read_end(struct reading *reading, yaml_parser_t *parser)
{
    yaml_document_t more;
    if (!yaml_parser_load(parser, &more)) {
        return refuse_yaml(reading, parser);
    }
    const yaml_node_t *root = yaml_document_get_root_node(&more);
    enum status status = STATUS_OK;
    if (root != NULL) {
        problem_set_remedy(reading->problem, "take the '---' line out");
        status = refuse(reading, root, "a configuration is one YAML document, and here a second one begins");
    }
    yaml_document_delete(&more);
    return status;
}

static enum status read_document(struct reading *reading, yaml_parser_t *parser)
{
    if (!yaml_parser_load(parser, &reading->document)) {
        return refuse_yaml(reading, parser);
    }
    const yaml_node_t *root = yaml_document_get_root_node(&reading->document);
    struct config_place places[CONFIG_KEYS_MOST] = {0};
    struct table_at table = {"", &reading->config, places};
    enum status status = STATUS_OK;
    if (root != NULL && !node_is_nothing(root)) { // a file of comments only says nothing, which is fine
        status = read_mapping(reading, &table, root);
    }
    if (status == STATUS_OK) {
        status = read_lates(reading);
    }
    if (status == STATUS_OK && root != NULL) {
        status = read_end(reading, parser);
    }
    yaml_document_delete(&reading->document);
    return status;
}

// The combinations; what config_check says gets its file here.
static enum status check_document(const struct reading *reading)
{
    struct problem found = {0};
    enum status status = config_check(&reading->config, &reading->places, &found);
    if (status != STATUS_OK) {
        problem_set(reading->problem, "%s", found.text);
        problem_set_remedy(reading->problem, "%s", found.remedy);
        problem_set_place(reading->problem, reading->name, found.line, found.column);
    }
    return status;
}

// Lists inside lists inside lists ... cost libyaml the square of their depth, so that is looked at first.
static enum status depth_check(struct reading *reading, yaml_parser_t *parser)
{
    unsigned depth = 0;
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            return refuse_yaml(reading, parser);
        }
        if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT) {
            depth++;
        } else if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            depth--;
        }
        more = event.type != YAML_STREAM_END_EVENT && depth <= CONFIG_DEPTH_MOST;
        yaml_event_delete(&event);
    }
    if (depth > CONFIG_DEPTH_MOST) {
        problem_set(reading->problem, "this is nested deeper than %d levels", CONFIG_DEPTH_MOST);
        place_put(reading, &parser->mark);
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

static enum status read_pass(struct reading *reading, const char *text, size_t bytes,
                             enum status (*pass)(struct reading *, yaml_parser_t *))
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        problem_set(reading->problem, "there is not enough memory to read the configuration");
        return STATUS_FULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    enum status status = pass(reading, &parser);
    yaml_parser_delete(&parser);
    return status;
}

static enum status read_text(struct reading *reading, const char *text, size_t bytes)
{
    enum status status = read_pass(reading, text, bytes, depth_check);
    if (status == STATUS_OK) {
        status = read_pass(reading, text, bytes, read_document);
    }
    return status == STATUS_OK ? check_document(reading) : status;
}

enum status config_parse(const char *text, size_t bytes, const char *name, struct config *config,
                         struct problem *problem)
{
    if (bytes > CONFIG_FILE_BYTES_MOST) {
        problem_set(problem, "a configuration has at most %d bytes, and this has more",
                    CONFIG_FILE_BYTES_MOST);
        problem_set_place(problem, name, 0, 0);
        return STATUS_TOO_LONG;
    }
    struct reading *reading = calloc(1, sizeof *reading); // too large for a stack
    if (reading == NULL) {
        problem_set(problem, "there is not enough memory to read the configuration");
        return STATUS_FULL;
    }
    reading->name = name;
    reading->problem = problem;
    config_init(&reading->config);
    (void)text_copy(reading->config.file, sizeof reading->config.file, name);
    enum status status = read_text(reading, text, bytes);
    if (status == STATUS_OK) {
        *config = reading->config;
    }
    config_place_clear(&reading->places);
    free(reading);
    return status;
}
