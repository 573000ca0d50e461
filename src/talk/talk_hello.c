// SPDX-License-Identifier: GPL-3.0-or-later
// The first words: hello and welcome.
#include "talk/talk.h"

#include "talk/talk_field.h"

#include <string.h>

#define HELLO(member)   offsetof(struct talk_hello, member)
#define WELCOME(member) offsetof(struct talk_welcome, member)

static const struct talk_field hello_fields[] = {
    {"version", TALK_KIND_U32, true, HELLO(version), UINT32_MAX, NULL},
    {"agent", TALK_KIND_LINE, false, HELLO(agent), INVENTORY_NAME_BYTES, NULL},
    {"nonce", TALK_KIND_WORD, true, HELLO(nonce), TALK_NONCE_BYTES, NULL},
    {"mac", TALK_KIND_HW, true, HELLO(mac), 0, NULL},
    {"order_id", TALK_KIND_U64, true, HELLO(order_id), TALK_NUMBER_MOST, NULL},
    {"uuid", TALK_KIND_UUID, false, HELLO(uuid), 0, NULL},
};

static const struct talk_field welcome_fields[] = {
    {"token", TALK_KIND_WORD, true, WELCOME(token), TALK_TOKEN_BYTES, NULL},
    {"stream_token", TALK_KIND_WORD, false, WELCOME(stream_token), TALK_TOKEN_BYTES, NULL},
    {"machine", TALK_KIND_LINE, false, WELCOME(machine), MACHINE_NAME_BYTES, NULL},
    {"profile", TALK_KIND_LINE, false, WELCOME(profile), PROFILE_NAME_BYTES, NULL},
    {"image", TALK_KIND_LINE, false, WELCOME(image), IMAGE_NAME_BYTES, NULL},
    {"owner", TALK_KIND_LINE, false, WELCOME(owner), ORDER_OWNER_BYTES, NULL},
};

char *talk_hello_encode(const struct talk_hello *hello)
{
    json_t *object = json_object();
    return talk_object_print(object, talk_fields_encode(object, hello_fields, COUNT_OF(hello_fields), hello));
}

enum status talk_hello_decode(const char *json, size_t bytes, struct talk_hello *hello,
                              struct problem *problem)
{
    struct talk_hello decoded = {0};
    json_t *object = NULL;
    enum status status = talk_object_parse(json, bytes, &object, problem);
    if (status == STATUS_OK) {
        status = talk_fields_decode(object, "", hello_fields, COUNT_OF(hello_fields), &decoded, problem);
    }
    if (status == STATUS_OK) {
        *hello = decoded;
    }
    talk_object_free(object);
    return status;
}

char *talk_welcome_encode(const struct talk_welcome *welcome)
{
    json_t *object = json_object();
    return talk_object_print(object,
                             talk_fields_encode(object, welcome_fields, COUNT_OF(welcome_fields), welcome));
}

enum status talk_welcome_decode(const char *json, size_t bytes, struct talk_welcome *welcome,
                                struct problem *problem)
{
    struct talk_welcome decoded = {0};
    json_t *object = NULL;
    enum status status = talk_object_parse(json, bytes, &object, problem);
    if (status == STATUS_OK) {
        status = talk_fields_decode(object, "", welcome_fields, COUNT_OF(welcome_fields), &decoded, problem);
    }
    if (status == STATUS_OK) {
        *welcome = decoded;
    }
    explicit_bzero(&decoded, sizeof decoded);
    talk_object_free(object);
    return status;
}
