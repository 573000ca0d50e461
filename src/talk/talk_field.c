// SPDX-License-Identifier: GPL-3.0-or-later
#include "talk/talk_field.h"

#include "base/text.h"
#include "talk/talk.h"

#include <stdlib.h>
#include <string.h>

static bool is_plain(const char *line)
{
    while (*line != '\0' && !text_is_control(*line)) {
        line++;
    }
    return *line == '\0';
}

json_t *talk_line_encode(const char *line, size_t most_bytes)
{
    json_t *json = is_plain(line) ? json_string(line) : NULL; // NULL too when it is not UTF-8
    if (json != NULL) {
        return json;
    }
    char escaped[TALK_TEXT_BYTES * 4];
    size_t length = 0;
    for (const char *at = line; *at != '\0'; at++) {
        char one[8];
        struct text builder;
        text_init(&builder, one, sizeof one);
        text_add_escaped(&builder, at, 1);
        if (length + builder.length >= size_min(most_bytes, sizeof escaped)) {
            break; // whole escapes only
        }
        memcpy(escaped + length, one, builder.length);
        length += builder.length;
    }
    return json_stringn(escaped, length);
}

static json_t *encode_number(const struct talk_field *field, const char *at)
{
    uint8_t small = 0;
    uint32_t middle = 0;
    uint64_t value = 0;
    if (field->kind == TALK_KIND_U8) {
        memcpy(&small, at, sizeof small);
        value = small;
    } else if (field->kind == TALK_KIND_U32) {
        memcpy(&middle, at, sizeof middle);
        value = middle;
    } else {
        memcpy(&value, at, sizeof value);
    }
    return json_integer((json_int_t)(value < TALK_NUMBER_MOST ? value : TALK_NUMBER_MOST));
}

static json_t *encode_address(const struct talk_field *field, const char *at)
{
    char text[HW_TEXT_BYTES];
    struct hw hw;
    struct ip4 ip4;
    struct uuid uuid;
    static const struct uuid none;
    if (field->kind == TALK_KIND_HW) {
        memcpy(&hw, at, sizeof hw);
        return hw.length != 6 ? json_null() : json_string(hw_print(&hw, text));
    }
    if (field->kind == TALK_KIND_IP4) {
        memcpy(&ip4, at, sizeof ip4);
        return ip4.value == 0 ? json_null() : json_string(ip4_print(ip4, text));
    }
    memcpy(&uuid, at, sizeof uuid);
    return uuid_equal(&uuid, &none) ? json_null() : json_string(uuid_print(&uuid, text));
}

static json_t *encode_field(const struct talk_field *field, const char *at)
{
    char *owned = NULL;
    bool truth = false;
    unsigned choice = 0;
    switch (field->kind) {
    case TALK_KIND_LINE:
    case TALK_KIND_WORD:
        return talk_line_encode(at, (size_t)field->most);
    case TALK_KIND_TEXT:
        memcpy(&owned, at, sizeof owned);
        return owned == NULL ? json_null() : json_string(owned);
    case TALK_KIND_BOOL:
        memcpy(&truth, at, sizeof truth);
        return json_boolean(truth);
    case TALK_KIND_CHOICE:
        memcpy(&choice, at, sizeof choice);
        assert(choice < field->most);
        return json_string(field->names[choice]);
    case TALK_KIND_HW:
    case TALK_KIND_UUID:
    case TALK_KIND_IP4:
        return encode_address(field, at);
    case TALK_KIND_U8:
    case TALK_KIND_U32:
    case TALK_KIND_U64:
        break;
    }
    return encode_number(field, at);
}

bool talk_fields_encode(json_t *object, const struct talk_field fields[], size_t count, const void *source)
{
    for (size_t i = 0; i < count; i++) {
        json_t *value = encode_field(&fields[i], (const char *)source + fields[i].offset);
        if (value == NULL || json_object_set_new(object, fields[i].name, value) != 0) {
            return false;
        }
    }
    return true;
}

static enum status refuse(struct problem *problem, const char *where, const char *name, const char *what)
{
    problem_set(problem, "the message's member \"%s%s\" %s", where, name, what);
    return STATUS_MALFORMED;
}

static enum status too_long(struct problem *problem, const char *where, const char *name, uint64_t most)
{
    problem_set(problem, "the message's member \"%s%s\" is longer than %llu bytes", where, name,
                (unsigned long long)most);
    return STATUS_TOO_LONG;
}

enum status talk_line_decode(const json_t *value, const char *where, const char *name, char *out,
                             size_t most_bytes, struct problem *problem)
{
    const char *line = json_string_value(value);
    if (line == NULL) {
        return refuse(problem, where, name, "must be a text");
    }
    if (!is_plain(line)) {
        return refuse(problem, where, name, "must not hold control characters");
    }
    if (strlen(line) >= most_bytes) {
        return too_long(problem, where, name, most_bytes - 1);
    }
    return text_copy(out, most_bytes, line);
}

static enum status decode_word(const json_t *value, const char *where, const struct talk_field *field,
                               char *at, struct problem *problem)
{
    enum status status = talk_line_decode(value, where, field->name, at, (size_t)field->most, problem);
    for (const char *scan = at; status == STATUS_OK && *scan != '\0'; scan++) {
        char letter = text_lower(*scan);
        if (!((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))) {
            status = refuse(problem, where, field->name, "must be letters and digits");
        }
    }
    return status == STATUS_OK && field->must && at[0] == '\0'
               ? refuse(problem, where, field->name, "must not be empty")
               : status;
}

static enum status decode_text(const json_t *value, const char *where, const struct talk_field *field,
                               char *at, struct problem *problem)
{
    const char *text = json_string_value(value);
    if (text == NULL) {
        return refuse(problem, where, field->name, "must be a text");
    }
    if (json_string_length(value) > field->most) {
        return too_long(problem, where, field->name, field->most);
    }
    char *owned = strdup(text);
    if (owned == NULL) {
        return refuse(problem, where, field->name, "does not fit into memory");
    }
    memcpy(at, &owned, sizeof owned);
    return STATUS_OK;
}

static enum status decode_number(const json_t *value, const char *where, const struct talk_field *field,
                                 char *at, struct problem *problem)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return refuse(problem, where, field->name, "must be a whole number, 0 or more");
    }
    const uint64_t number = (uint64_t)json_integer_value(value);
    if (number > field->most) {
        problem_set(problem, "the message's member \"%s%s\" is more than %llu", where, field->name,
                    (unsigned long long)field->most);
        return STATUS_MALFORMED;
    }
    if (field->kind == TALK_KIND_U8) {
        *(uint8_t *)at = (uint8_t)number;
    } else if (field->kind == TALK_KIND_U32) {
        const uint32_t middle = (uint32_t)number;
        memcpy(at, &middle, sizeof middle);
    } else {
        memcpy(at, &number, sizeof number);
    }
    return STATUS_OK;
}

static enum status decode_address(const json_t *value, const char *where, const struct talk_field *field,
                                  char *at, struct problem *problem)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    struct hw hw;
    struct ip4 ip4;
    struct uuid uuid;
    if (field->kind == TALK_KIND_HW) {
        if (hw_parse(text, &hw) != STATUS_OK) {
            return refuse(problem, where, field->name, "must be a MAC address");
        }
        memcpy(at, &hw, sizeof hw);
    } else if (field->kind == TALK_KIND_IP4) {
        if (ip4_parse(text, &ip4) != STATUS_OK) {
            return refuse(problem, where, field->name, "must be an IPv4 address");
        }
        memcpy(at, &ip4, sizeof ip4);
    } else {
        if (uuid_parse(text, &uuid) != STATUS_OK) {
            return refuse(problem, where, field->name, "must be a UUID");
        }
        memcpy(at, &uuid, sizeof uuid);
    }
    return STATUS_OK;
}

static enum status decode_choice(const json_t *value, const char *where, const struct talk_field *field,
                                 char *at, struct problem *problem)
{
    const char *text = json_string_value(value);
    const size_t count = (size_t)field->most;
    const size_t place = text == NULL ? count : text_find(text, field->names, count);
    if (place == count) {
        return refuse(problem, where, field->name, "is none of the words that it may be");
    }
    const unsigned choice = (unsigned)place;
    memcpy(at, &choice, sizeof choice);
    return STATUS_OK;
}

static enum status decode_field(const json_t *value, const char *where, const struct talk_field *field,
                                char *at, struct problem *problem)
{
    const bool truth = json_is_true(value);
    switch (field->kind) {
    case TALK_KIND_LINE:
        return talk_line_decode(value, where, field->name, at, (size_t)field->most, problem);
    case TALK_KIND_WORD:
        return decode_word(value, where, field, at, problem);
    case TALK_KIND_TEXT:
        return decode_text(value, where, field, at, problem);
    case TALK_KIND_BOOL:
        if (!json_is_boolean(value)) {
            return refuse(problem, where, field->name, "must be true or false");
        }
        memcpy(at, &truth, sizeof truth);
        return STATUS_OK;
    case TALK_KIND_HW:
    case TALK_KIND_UUID:
    case TALK_KIND_IP4:
        return decode_address(value, where, field, at, problem);
    case TALK_KIND_CHOICE:
        return decode_choice(value, where, field, at, problem);
    case TALK_KIND_U8:
    case TALK_KIND_U32:
    case TALK_KIND_U64:
        break;
    }
    return decode_number(value, where, field, at, problem);
}

enum status talk_fields_decode(const json_t *object, const char *where, const struct talk_field fields[],
                               size_t count, void *target, struct problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, fields[i].name);
        if (value == NULL || json_is_null(value)) {
            if (fields[i].must) {
                return refuse(problem, where, fields[i].name, "is missing");
            }
            continue;
        }
        enum status status =
            decode_field(value, where, &fields[i], (char *)target + fields[i].offset, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

enum status talk_array_find(const json_t *object, const char *where, const char *name, const json_t **array,
                            size_t *length, struct problem *problem)
{
    *array = json_object_get(object, name);
    *length = json_array_size(*array);
    return *array == NULL || json_is_null(*array) || json_is_array(*array)
               ? STATUS_OK
               : refuse(problem, where, name, "must be a list");
}
