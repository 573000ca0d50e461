// SPDX-License-Identifier: GPL-3.0-or-later
// JSON text to a tree and back, with what may be a secret wiped where we can reach it: the tree's strings and
// the growing text. (The lexer of jansson keeps the last token in a buffer of its own that we cannot reach.)
#include "talk/talk_field.h"

#include "talk/talk.h"

#include <stdlib.h>
#include <string.h>

enum status talk_object_parse(const char *json, size_t bytes, json_t **object, struct problem *problem)
{
    if (bytes > TALK_BODY_BYTES_MOST) {
        problem_set(problem, "the message is longer than %d bytes", TALK_BODY_BYTES_MOST);
        return STATUS_TOO_LONG;
    }
    json_error_t error; // its text quotes the input, which may be a secret
    json_t *parsed = json_loadb(json, bytes, JSON_REJECT_DUPLICATES, &error);
    if (parsed == NULL) {
        problem_set(problem, "the message is not JSON (line %d, column %d)", error.line, error.column);
        return STATUS_MALFORMED;
    }
    if (!json_is_object(parsed)) {
        talk_object_free(parsed);
        problem_set(problem, "the message is not a JSON object");
        return STATUS_MALFORMED;
    }
    *object = parsed;
    return STATUS_OK;
}

struct printed {
    char *start;
    size_t length;
    size_t capacity;
};

static void wipe(struct printed *printed)
{
    if (printed->start != NULL) {
        explicit_bzero(printed->start, printed->capacity);
        free(printed->start);
    }
}

// json_dumps would grow its buffer with realloc and leave the old copies behind.
static int print_more(const char *piece, size_t bytes, void *context)
{
    struct printed *printed = context;
    if (printed->length + bytes >= printed->capacity) {
        struct printed larger = {.length = printed->length, .capacity = 2 * printed->capacity + bytes + 4096};
        larger.start = malloc(larger.capacity);
        if (larger.start == NULL) {
            return -1;
        }
        if (printed->start != NULL) {
            memcpy(larger.start, printed->start, printed->length);
        }
        wipe(printed);
        *printed = larger;
    }
    memcpy(printed->start + printed->length, piece, bytes);
    printed->length += bytes;
    printed->start[printed->length] = '\0';
    return 0;
}

char *talk_object_print(json_t *taken_object, bool ok)
{
    struct printed printed = {0};
    if (!ok || taken_object == NULL ||
        json_dump_callback(taken_object, print_more, &printed, JSON_COMPACT) != 0) {
        wipe(&printed);
        printed.start = NULL;
    }
    talk_object_free(taken_object);
    return printed.start;
}

static void wipe_string(const json_t *value)
{
    const size_t bytes = json_string_length(value);
    if (bytes != 0) {
        // jansson hands out its own buffer as const; nobody else holds this tree.
        const char *text = json_string_value(value);
        char *buffer = NULL;
        memcpy(&buffer, &text, sizeof buffer);
        explicit_bzero(buffer, bytes);
    }
}

// The trees that we make and read are three levels deep; what is deeper is nobody's secret.
void talk_object_free(json_t *taken_object)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(taken_object, name, value)
    {
        wipe_string(value);
        const char *inner_name = NULL;
        json_t *inner = NULL;
        json_object_foreach(value, inner_name, inner)
        {
            wipe_string(inner);
        }
    }
    json_decref(taken_object);
}
