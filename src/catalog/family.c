// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/family.h"

#include "base/text.h"
#include "io/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct source { // one loaded file
    const char *file;
    yaml_document_t document;
    struct problem *problem;
};

struct field { // a key of a mapping and where its value goes
    const char *key;
    enum status (*take)(struct source *source, const yaml_node_t *node, void *target);
    void *target;
    bool is_required;
};

struct room { // a text's place
    char *out;
    size_t bytes;
};

static enum status family_fail(const struct source *source, const yaml_node_t *node, enum status status)
{
    problem_set_place(source->problem, source->file, (unsigned)node->start_mark.line + 1,
                      (unsigned)node->start_mark.column + 1);
    return status;
}

static yaml_node_t *family_node(struct source *source, int index)
{
    return yaml_document_get_node(&source->document, index);
}

static enum status family_take_text(struct source *source, const yaml_node_t *node, void *target)
{
    const struct room *room = target;
    if (node->type != YAML_SCALAR_NODE) {
        problem_set(source->problem, "a text is expected here");
        return family_fail(source, node, STATUS_MALFORMED);
    }
    const char *value = (const char *)node->data.scalar.value;
    bool has_nul = strlen(value) != node->data.scalar.length;
    if (has_nul || text_copy(room->out, room->bytes, value) != STATUS_OK) {
        problem_set(source->problem, "this text is longer than %zu bytes", room->bytes - 1);
        return family_fail(source, node, STATUS_TOO_LONG);
    }
    return STATUS_OK;
}

static enum status family_take_path(struct source *source, const yaml_node_t *node, void *target)
{
    struct room room = {.out = target, .bytes = IMAGE_PATH_BYTES};
    enum status status = family_take_text(source, node, &room);
    if (status == STATUS_OK) {
        status = image_check_path(room.out, source->problem);
        status = status == STATUS_OK ? STATUS_OK : family_fail(source, node, status);
    }
    return status;
}

static enum status family_take_name(struct source *source, const yaml_node_t *node, void *target)
{
    struct room room = {.out = target, .bytes = IMAGE_NAME_BYTES};
    enum status status = family_take_text(source, node, &room);
    if (status == STATUS_OK) {
        status = image_check_name(room.out, source->problem);
        status = status == STATUS_OK ? STATUS_OK : family_fail(source, node, status);
    }
    return status;
}

static enum status family_refuse_key(struct source *source, const yaml_node_t *node,
                                     const struct field *fields, size_t field_count)
{
    const char *key = node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "?";
    const struct field *nearest = &fields[0];
    for (size_t i = 1; i < field_count; i++) {
        nearest = text_distance(key, fields[i].key) < text_distance(key, nearest->key) ? &fields[i] : nearest;
    }
    char shown[64];
    struct text text;
    text_init(&text, shown, sizeof shown);
    text_add_escaped(&text, key, strlen(key));
    problem_set(source->problem, "unknown key \"%s\"", shown);
    problem_set_remedy(source->problem, "did you mean \"%s\"?", nearest->key);
    return family_fail(source, node, STATUS_MALFORMED);
}

/// Takes one pair of a mapping; `seen` remembers by field which keys were there.
static enum status family_take_pair(struct source *source, const yaml_node_pair_t *pair,
                                    const struct field *fields, size_t field_count, uint32_t *seen)
{
    const yaml_node_t *key = family_node(source, pair->key);
    for (size_t i = 0; i < field_count && key->type == YAML_SCALAR_NODE; i++) {
        if (strcmp((const char *)key->data.scalar.value, fields[i].key) != 0) {
            continue;
        }
        if ((*seen >> i & 1) != 0) {
            problem_set(source->problem, "key \"%s\" is given twice", fields[i].key);
            return family_fail(source, key, STATUS_MALFORMED);
        }
        *seen |= UINT32_C(1) << i;
        return fields[i].take(source, family_node(source, pair->value), fields[i].target);
    }
    return family_refuse_key(source, key, fields, field_count);
}

static enum status family_take_mapping(struct source *source, const yaml_node_t *node,
                                       const struct field *fields, size_t field_count)
{
    uint32_t seen = 0;
    if (node->type != YAML_MAPPING_NODE) {
        problem_set(source->problem, "keys with values are expected here, the first \"%s\"", fields[0].key);
        return family_fail(source, node, STATUS_MALFORMED);
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        enum status status = family_take_pair(source, pair, fields, field_count, &seen);
        if (status != STATUS_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < field_count; i++) {
        if (fields[i].is_required && (seen >> i & 1) == 0) {
            problem_set(source->problem, "key \"%s\" is missing", fields[i].key);
            return family_fail(source, node, STATUS_MALFORMED);
        }
    }
    return STATUS_OK;
}

/// Takes each item of a list of at most `most`, counting in `*count`.
static enum status family_take_list(struct source *source, const yaml_node_t *node, uint8_t most,
                                    enum status (*take)(struct source *, const yaml_node_t *, void *,
                                                        uint8_t),
                                    void *target, uint8_t *count)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        problem_set(source->problem, "a list is expected here");
        return family_fail(source, node, STATUS_MALFORMED);
    }
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *value = family_node(source, *item);
        if (*count == most) {
            problem_set(source->problem, "this list has more than %u entries", (unsigned)most);
            return family_fail(source, value, STATUS_TOO_LONG);
        }
        enum status status = take(source, value, target, *count);
        if (status != STATUS_OK) {
            return status;
        }
        (*count)++;
    }
    return STATUS_OK;
}

static enum status family_take_require(struct source *source, const yaml_node_t *node, void *target,
                                       uint8_t index)
{
    struct family_tree *tree = target;
    return family_take_path(source, node, tree->requires[index]);
}

static enum status family_take_requires(struct source *source, const yaml_node_t *node, void *target)
{
    struct family_tree *tree = target;
    return family_take_list(source, node, FAMILY_REQUIRES_MOST, family_take_require, tree,
                            &tree->require_count);
}

// "bios, uefi-x64"
static enum status family_take_on(struct source *source, const yaml_node_t *node, void *target)
{
    char words[64];
    uint8_t *on = target;
    struct room room = {words, sizeof words};
    enum status status = family_take_text(source, node, &room);
    char *rest = words;
    for (char *word = status == STATUS_OK ? strtok_r(words, ", ", &rest) : NULL; word != NULL;
         word = strtok_r(NULL, ", ", &rest)) {
        uint8_t bit = 0;
        if (image_on_parse(word, &bit) != STATUS_OK) {
            problem_set(source->problem, "\"%s\" is no firmware: bios, uefi-x64, uefi-ia32, uefi-arm64",
                        word);
            return family_fail(source, node, STATUS_MALFORMED);
        }
        *on |= bit;
    }
    return status;
}

// "512M", "2G"
static enum status family_take_memory(struct source *source, const yaml_node_t *node, void *target)
{
    char words[32];
    uint64_t *bytes = target;
    struct room room = {words, sizeof words};
    enum status status = family_take_text(source, node, &room);
    size_t length = status == STATUS_OK ? strspn(words, "0123456789") : 0;
    const char *unit = words + length;
    bool is_good = length != 0 && length < 7 && (strcmp(unit, "M") == 0 || strcmp(unit, "G") == 0);
    if (status == STATUS_OK && !is_good) {
        problem_set(source->problem, "\"%s\" is no size: 512M, 2G", words);
        return family_fail(source, node, STATUS_MALFORMED);
    }
    *bytes = status == STATUS_OK ? strtoull(words, NULL, 10) << (*unit == 'G' ? 30 : 20) : 0;
    return status;
}

static enum status family_take_grade(struct source *source, const yaml_node_t *node, void *target)
{
    char words[32];
    struct room room = {words, sizeof words};
    enum status status = family_take_text(source, node, &room);
    if (status == STATUS_OK && (words[0] == '\0' || image_grade_parse(words, target) != STATUS_OK)) {
        problem_set(source->problem, "\"%s\" is no grade: unattended, installs, live, whole", words);
        return family_fail(source, node, STATUS_MALFORMED);
    }
    return status;
}

static enum status family_take_way(struct source *source, const yaml_node_t *node, void *target)
{
    char words[32];
    struct room room = {words, sizeof words};
    enum status status = family_take_text(source, node, &room);
    if (status == STATUS_OK && image_way_parse(words, target) != STATUS_OK) {
        problem_set(source->problem, "\"%s\" is no way to boot: kernel, efi, bios, disk", words);
        return family_fail(source, node, STATUS_MALFORMED);
    }
    return status;
}

static enum status family_take_method(struct source *source, const yaml_node_t *node, void *target,
                                      uint8_t index)
{
    struct family_tree *tree = target;
    struct image_method *method = &tree->methods[index];
    struct room name = {method->name, sizeof method->name};
    struct room initrd = {method->initrd, sizeof method->initrd};
    struct room arguments = {method->arguments, sizeof method->arguments};
    const struct field fields[] = {
        {"name", family_take_text, &name, true},
        {"kernel", family_take_path, method->kernel, true},
        {"on", family_take_on, &method->on, true},
        {"way", family_take_way, &method->way, false},
        {"initrd", family_take_text, &initrd, false},
        {"arguments", family_take_text, &arguments, false},
        {"memory", family_take_memory, &method->memory_bytes, false},
    };
    return family_take_mapping(source, node, fields, COUNT_OF(fields));
}

static enum status family_take_methods(struct source *source, const yaml_node_t *node, void *target)
{
    struct family_tree *tree = target;
    return family_take_list(source, node, FAMILY_METHODS_MOST, family_take_method, tree, &tree->method_count);
}

static enum status family_take_holds(struct source *source, const yaml_node_t *node, void *target)
{
    struct family_tree *tree = target;
    struct room text = {tree->holds_text, sizeof tree->holds_text};
    const struct field fields[] = {
        {"file", family_take_path, tree->holds_file, true},
        {"line", family_take_text, &text, true},
    };
    return family_take_mapping(source, node, fields, COUNT_OF(fields));
}

static enum status family_take_tree(struct source *source, const yaml_node_t *node, void *target,
                                    uint8_t index)
{
    struct family *family = target;
    struct family_tree *tree = &family->trees[index];
    struct room description = {tree->description, sizeof tree->description};
    struct room arguments = {tree->arguments, sizeof tree->arguments};
    struct room volume = {tree->volume, sizeof tree->volume};
    struct room remark = {tree->remark, sizeof tree->remark};
    const struct field fields[] = {
        {"description", family_take_text, &description, true},
        {"kernel", family_take_path, tree->kernel, true},
        {"initrd", family_take_path, tree->initrd, false},
        {"requires", family_take_requires, tree, false},
        {"arguments", family_take_text, &arguments, false},
        {"volume", family_take_text, &volume, false},
        {"holds", family_take_holds, tree, false},
        {"grade", family_take_grade, &tree->grade, false},
        {"remark", family_take_text, &remark, false},
        {"way", family_take_way, &tree->way, false},
        {"on", family_take_on, &tree->on, false},
        {"memory", family_take_memory, &tree->memory_bytes, false},
        {"methods", family_take_methods, tree, false},
    };
    return family_take_mapping(source, node, fields, COUNT_OF(fields));
}

static enum status family_take_trees(struct source *source, const yaml_node_t *node, void *target)
{
    struct family *family = target;
    return family_take_list(source, node, FAMILY_TREES_MOST, family_take_tree, family, &family->tree_count);
}

static enum status family_take_answer(struct source *source, const yaml_node_t *node, void *target)
{
    struct family *family = target;
    struct room arguments = {family->answer_arguments, sizeof family->answer_arguments};
    const struct field fields[] = {
        {"file", family_take_name, family->answer_file, true},
        {"arguments", family_take_text, &arguments, true},
    };
    return family_take_mapping(source, node, fields, COUNT_OF(fields));
}

static bool is_package(const char *name, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
    return length >= 2 && strspn(name, allowed) >= length && strchr("+.-", name[0]) == NULL;
}

// Names that can be nothing but names: they become words of apt's command line.
static enum status family_take_packages(struct source *source, const yaml_node_t *node, void *target)
{
    enum status status = family_take_text(source, node, target);
    const struct room *room = target;
    const char *at = status == STATUS_OK ? room->out : "";
    for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (!is_package(at, length)) {
            problem_set(source->problem, "\"%.*s\" cannot be the name of a package",
                        (int)size_min(length, 64), at);
            return family_fail(source, node, STATUS_MALFORMED);
        }
        at += length;
    }
    return status;
}

static enum status family_take_build(struct source *source, const yaml_node_t *node, void *target,
                                     uint8_t index)
{
    struct family *family = target;
    struct family_build *build = &family->builds[index];
    struct room description = {build->description, sizeof build->description};
    struct room mirror = {build->mirror, sizeof build->mirror};
    struct room packages = {build->packages, sizeof build->packages};
    const struct field fields[] = {
        {"name", family_take_name, build->name, true},
        {"description", family_take_text, &description, true},
        {"suite", family_take_name, build->suite, true},
        {"mirror", family_take_text, &mirror, false},
        {"packages", family_take_packages, &packages, true},
    };
    return family_take_mapping(source, node, fields, COUNT_OF(fields));
}

static enum status family_take_builds(struct source *source, const yaml_node_t *node, void *target)
{
    struct family *family = target;
    return family_take_list(source, node, FAMILY_BUILDS_MOST, family_take_build, family,
                            &family->build_count);
}

static enum status family_take_root(struct source *source, struct family *family)
{
    struct room description = {family->description, sizeof family->description};
    const struct field fields[] = {
        {"name", family_take_name, family->name, true},
        {"description", family_take_text, &description, true},
        {"recognise", family_take_trees, family, false},
        {"answer", family_take_answer, family, false},
        {"builds", family_take_builds, family, false},
    };
    const yaml_node_t *root = yaml_document_get_root_node(&source->document);
    if (root == NULL) {
        problem_set(source->problem, "this file is empty");
        problem_set_place(source->problem, source->file, 1, 1);
        return STATUS_MALFORMED;
    }
    enum status status = family_take_mapping(source, root, fields, COUNT_OF(fields));
    if (status == STATUS_OK && family->tree_count == 0 && family->build_count == 0) {
        problem_set(source->problem, "key \"recognise\" is missing, and so is \"builds\"");
        return family_fail(source, root, STATUS_MALFORMED);
    }
    return status;
}

static enum status family_parse(FILE *stream, struct source *source, struct family *family)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        problem_set(source->problem, "no memory to read %s", source->file);
        return STATUS_FULL;
    }
    yaml_parser_set_input_file(&parser, stream);
    enum status status = STATUS_MALFORMED;
    if (yaml_parser_load(&parser, &source->document) != 0) {
        status = family_take_root(source, family);
        yaml_document_delete(&source->document);
    } else {
        problem_set(source->problem, "this is not YAML: %s", parser.problem == NULL ? "?" : parser.problem);
        problem_set_place(source->problem, source->file, (unsigned)parser.problem_mark.line + 1,
                          (unsigned)parser.problem_mark.column + 1);
    }
    yaml_parser_delete(&parser);
    return status;
}

enum status family_load(const char *file, struct family *family, struct problem *problem)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        problem_set(problem, "cannot be read: %s", strerror(errno));
        problem_set_place(problem, file, 0, 0);
        return STATUS_IO;
    }
    struct family *fresh = heap_new(sizeof *fresh); // too large for the stack
    struct source source = {.file = file, .problem = problem};
    enum status status = family_parse(stream, &source, fresh);
    if (status == STATUS_OK) {
        *family = *fresh;
    }
    heap_free(fresh);
    fclose(stream);
    return status;
}
