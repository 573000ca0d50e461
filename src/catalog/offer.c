// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/offer.h"

#include "base/text.h"
#include "io/heap.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct reading {
    const char *file;
    yaml_document_t document;
    struct problem *problem;
};

static const struct field {
    const char *key;
    size_t offset;
    size_t bytes;
    bool is_required;
} FIELDS[] = {
    {"name", offsetof(struct offer, name), IMAGE_NAME_BYTES, true},
    {"description", offsetof(struct offer, description), OFFER_TEXT_BYTES, true},
    {"base", offsetof(struct offer, base), OFFER_TEXT_BYTES, true},
    {"lists", offsetof(struct offer, lists), OFFER_TEXT_BYTES, false},
    {"signature", offsetof(struct offer, signature), OFFER_TEXT_BYTES, false},
    {"file", offsetof(struct offer, file), OFFER_TEXT_BYTES, true},
    {"keyring", offsetof(struct offer, keyring), OFFER_TEXT_BYTES, false},
    {"package", offsetof(struct offer, package), OFFER_TEXT_BYTES, false},
    {"fingerprints", offsetof(struct offer, fingerprints), OFFER_TEXT_BYTES, false},
    {"key", offsetof(struct offer, key), OFFER_TEXT_BYTES, false},
    {"tree", 0, 0, false},
};

static enum status refuse(const struct reading *reading, const yaml_node_t *node, enum status status)
{
    problem_set_place(reading->problem, reading->file, (unsigned)node->start_mark.line + 1,
                      (unsigned)node->start_mark.column + 1);
    return status;
}

static const char *scalar_of(const yaml_node_t *node)
{
    bool is_text = node->type == YAML_SCALAR_NODE &&
                   strlen((const char *)node->data.scalar.value) == node->data.scalar.length;
    return is_text ? (const char *)node->data.scalar.value : NULL;
}

static enum status take_field(const struct reading *reading, const struct field *field,
                              const yaml_node_t *node, struct offer *offer)
{
    const char *value = scalar_of(node);
    if (value == NULL) {
        problem_set(reading->problem, "\"%s\" must be a text", field->key);
        return refuse(reading, node, STATUS_MALFORMED);
    }
    if (field->bytes == 0) {
        offer->is_tree = strcmp(value, "yes") == 0;
        if (!offer->is_tree && strcmp(value, "no") != 0) {
            problem_set(reading->problem, "\"%s\" is yes or no", field->key);
            return refuse(reading, node, STATUS_MALFORMED);
        }
        return STATUS_OK;
    }
    if (text_copy((char *)offer + field->offset, field->bytes, value) != STATUS_OK) {
        problem_set(reading->problem, "this text is longer than %zu bytes", field->bytes - 1);
        return refuse(reading, node, STATUS_TOO_LONG);
    }
    return STATUS_OK;
}

static const struct field *find_field(const char *key)
{
    for (size_t i = 0; key != NULL && i < COUNT_OF(FIELDS); i++) {
        if (strcmp(FIELDS[i].key, key) == 0) {
            return &FIELDS[i];
        }
    }
    return NULL;
}

// What no single key can know.
static enum status check_offer(const struct reading *reading, const yaml_node_t *node,
                               const struct offer *offer)
{
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        if (FIELDS[i].is_required && ((const char *)offer)[FIELDS[i].offset] == '\0') {
            problem_set(reading->problem, "this offer has no \"%s\"", FIELDS[i].key);
            return refuse(reading, node, STATUS_MALFORMED);
        }
    }
    enum status status = image_check_name(offer->name, reading->problem);
    if (status != STATUS_OK) {
        return refuse(reading, node, status);
    }
    bool is_url = text_starts(offer->base, "http://") || text_starts(offer->base, "https://");
    if (!is_url || !text_ends(offer->base, "/")) {
        problem_set(reading->problem, "\"base\" must be an http:// or https:// URL with a '/' at its end");
        return refuse(reading, node, STATUS_MALFORMED);
    }
    if (offer->lists[0] == '\0' &&
        (offer->signature[0] == '\0' || strcmp(offer->signature, OFFER_INLINE) == 0 ||
         strchr(offer->file, '*') != NULL)) {
        problem_set(reading->problem, "without \"lists\" the file itself must be named and signed");
        return refuse(reading, node, STATUS_MALFORMED);
    }
    return STATUS_OK;
}

static enum status take_offer(const struct reading *reading, const yaml_node_t *node, struct offer *offer)
{
    *offer = (struct offer){.name = ""};
    if (node->type != YAML_MAPPING_NODE) {
        problem_set(reading->problem, "an offer is a group of 'key: value' lines");
        return refuse(reading, node, STATUS_MALFORMED);
    }
    yaml_document_t document = reading->document;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *key = yaml_document_get_node(&document, pair->key);
        const struct field *field = find_field(scalar_of(key));
        if (field == NULL) {
            problem_set(reading->problem, "an offer has no such key");
            problem_set_remedy(reading->problem,
                               "there are name, description, base, lists, signature, file, keyring, package, "
                               "fingerprints, key and tree");
            return refuse(reading, key, STATUS_MALFORMED);
        }
        enum status status =
            take_field(reading, field, yaml_document_get_node(&document, pair->value), offer);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return check_offer(reading, node, offer);
}

static enum status add_offer(struct offers *offers, const struct offer *offer, struct problem *problem)
{
    for (size_t i = 0; i < offers->count; i++) {
        if (strcmp(offers->items[i].name, offer->name) == 0) {
            offers->items[i] = *offer;
            return STATUS_OK;
        }
    }
    if (offers->count == OFFERS_MOST) {
        problem_set(problem, "there are more than %d offers", OFFERS_MOST);
        return STATUS_FULL;
    }
    offers->items[offers->count++] = *offer;
    return STATUS_OK;
}

static enum status take_document(struct reading *reading, struct offers *offers)
{
    const yaml_node_t *root = yaml_document_get_root_node(&reading->document);
    const yaml_node_t *list = NULL;
    if (root != NULL && root->type == YAML_MAPPING_NODE &&
        root->data.mapping.pairs.top == root->data.mapping.pairs.start + 1) {
        const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
        const char *key = scalar_of(yaml_document_get_node(&reading->document, pair->key));
        list = key != NULL && strcmp(key, "offers") == 0
                   ? yaml_document_get_node(&reading->document, pair->value)
                   : NULL;
    }
    if (list == NULL || list->type != YAML_SEQUENCE_NODE) {
        problem_set(reading->problem, "this file must be a list called 'offers'");
        problem_set_place(reading->problem, reading->file, 1, 1);
        return STATUS_MALFORMED;
    }
    enum status status = STATUS_OK;
    struct offer *offer = heap_new(sizeof *offer);
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
         status == STATUS_OK && item < list->data.sequence.items.top; item++) {
        status = take_offer(reading, yaml_document_get_node(&reading->document, *item), offer);
        status = status == STATUS_OK ? add_offer(offers, offer, reading->problem) : status;
    }
    heap_free(offer);
    return status;
}

static enum status read_stream(struct reading *reading, FILE *stream, struct offers *offers)
{
    yaml_parser_t parser;
    enum status status = STATUS_MALFORMED;
    if (yaml_parser_initialize(&parser) == 0) {
        problem_set(reading->problem, "there is not enough memory to read this");
        return STATUS_IO;
    }
    yaml_parser_set_input_file(&parser, stream);
    if (yaml_parser_load(&parser, &reading->document) != 0) {
        status = take_document(reading, offers);
        yaml_document_delete(&reading->document);
    } else {
        problem_set(reading->problem, "this is not YAML: %s", parser.problem == NULL ? "?" : parser.problem);
        problem_set_place(reading->problem, reading->file, (unsigned)parser.problem_mark.line + 1,
                          (unsigned)parser.problem_mark.column + 1);
    }
    yaml_parser_delete(&parser);
    return status;
}

void offers_init(struct offers *offers)
{
    *offers = (struct offers){.items = heap_new_array(OFFERS_MOST, sizeof(struct offer))};
}

void offers_clear(struct offers *offers)
{
    heap_free(offers->items);
    *offers = (struct offers){.items = NULL};
}

enum status offers_load(struct offers *offers, const char *file, struct problem *problem)
{
    struct reading reading = {.file = file, .problem = problem};
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
        problem_set(problem, "the list of images to fetch cannot be read: %s", strerror(errno));
        problem_set_place(problem, file, 0, 0);
        return status;
    }
    enum status status = read_stream(&reading, stream, offers);
    (void)fclose(stream);
    return status;
}

const struct offer *offers_find(const struct offers *offers, const char *name, const char **nearest)
{
    unsigned least = UINT32_MAX;
    for (size_t i = 0; i < offers->count; i++) {
        const struct offer *offer = &offers->items[i];
        unsigned distance = text_distance(name, offer->name);
        if (strcmp(offer->name, name) == 0) {
            return offer;
        }
        if (nearest != NULL && distance < least) {
            least = distance;
            *nearest = offer->name;
        }
    }
    return NULL;
}
