// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/json_objects.h"

struct json_objects json_objects_init(const char *text, size_t bytes)
{
    return (struct json_objects){.at = text, .end = text + bytes, .line = 1};
}

// Behind the string whose '"' was read; what is in it is no structure.
static void skip_string(struct json_objects *objects)
{
    while (objects->at < objects->end && *objects->at != '"') {
        objects->line += *objects->at == '\n' ? 1 : 0;
        objects->at += *objects->at == '\\' && objects->end - objects->at > 1 ? 2 : 1;
    }
    objects->at += objects->at < objects->end ? 1 : 0;
}

bool json_objects_next(struct json_objects *objects, struct json_object *object)
{
    *object = (struct json_object){0};
    while (objects->at < objects->end) {
        char character = *objects->at++;
        if (character == '"') {
            skip_string(objects);
        } else if (character == '\n') {
            objects->line++;
        } else if (character == '{') {
            *object = (struct json_object){.text = objects->at - 1, .line = objects->line};
        } else if (character == '}' && object->text != NULL) {
            object->bytes = (size_t)(objects->at - object->text);
            return true;
        }
    }
    return false;
}
