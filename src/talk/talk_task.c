// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent is to do next; of a write also who the machine becomes, with its secrets.
#include "talk/talk.h"

#include "base/text.h"
#include "talk/talk_field.h"

#include <stdlib.h>
#include <string.h>

#define TASK(member)     offsetof(struct talk_task, member)
#define PERSONAL(member) offsetof(struct talk_personal, member)

#define POLL_S_MOST (24u * 3600)

static const char *const do_names[TALK_DO_COUNT] = {
    [TALK_DO_WAIT] = "wait", [TALK_DO_PROMPT] = "prompt", [TALK_DO_WRITE] = "write",
    [TALK_DO_SEAL] = "seal", [TALK_DO_REBOOT] = "reboot", [TALK_DO_STOP] = "stop",
};
static const char *const kind_names[IMAGE_KIND_COUNT] = {
    [IMAGE_BOOT] = "boot", [IMAGE_DISK] = "disk", [IMAGE_ROOT] = "root"};

static const struct talk_field task_fields[] = {
    {"do", TALK_KIND_CHOICE, true, TASK(todo), TALK_DO_COUNT, do_names},
    {"poll_s", TALK_KIND_U32, false, TASK(poll_s), POLL_S_MOST, NULL},
};

static const struct talk_field write_fields[] = {
    {"order_id", TALK_KIND_U64, true, TASK(order_id), TALK_NUMBER_MOST, NULL},
    {"disk_key", TALK_KIND_LINE, true, TASK(disk_key), INVENTORY_KEY_BYTES, NULL},
    {"disk_bytes", TALK_KIND_U64, true, TASK(disk_bytes), TALK_NUMBER_MOST, NULL},
    {"image", TALK_KIND_LINE, true, TASK(image), IMAGE_NAME_BYTES, NULL},
    {"kind", TALK_KIND_CHOICE, true, TASK(kind), IMAGE_KIND_COUNT, kind_names},
};

static const struct talk_field personal_fields[] = {
    {"hostname", TALK_KIND_LINE, false, PERSONAL(hostname), MACHINE_NAME_BYTES, NULL},
    {"domain", TALK_KIND_LINE, false, PERSONAL(domain), INVENTORY_TEXT_BYTES, NULL},
    {"root_password", TALK_KIND_LINE, false, PERSONAL(root_password), PROFILE_HASH_BYTES, NULL},
    {"user", TALK_KIND_LINE, false, PERSONAL(user), PROFILE_USER_BYTES, NULL},
    {"user_password", TALK_KIND_LINE, false, PERSONAL(user_password), PROFILE_HASH_BYTES, NULL},
    {"timezone", TALK_KIND_LINE, false, PERSONAL(timezone), PROFILE_TIMEZONE_BYTES, NULL},
    {"locale", TALK_KIND_LINE, false, PERSONAL(locale), PROFILE_LOCALE_BYTES, NULL},
    {"packages", TALK_KIND_LINE, false, PERSONAL(packages), PROFILE_PACKAGES_BYTES, NULL},
    {"arguments", TALK_KIND_LINE, false, PERSONAL(arguments), IMAGE_ARGUMENTS_BYTES, NULL},
    {"is_explicit", TALK_KIND_BOOL, false, PERSONAL(is_explicit), 0, NULL},
    {"mac", TALK_KIND_HW, false, PERSONAL(mac), 0, NULL},
    {"is_static", TALK_KIND_BOOL, false, PERSONAL(is_static), 0, NULL},
    {"address", TALK_KIND_IP4, false, PERSONAL(address), 0, NULL},
    {"prefix", TALK_KIND_U8, false, PERSONAL(prefix), 32, NULL},
    {"gateway", TALK_KIND_IP4, false, PERSONAL(gateway), 0, NULL},
    {"dns1", TALK_KIND_IP4, false, PERSONAL(dns[0]), 0, NULL},
    {"dns2", TALK_KIND_IP4, false, PERSONAL(dns[1]), 0, NULL},
    {"dns3", TALK_KIND_IP4, false, PERSONAL(dns[2]), 0, NULL},
    {"dns4", TALK_KIND_IP4, false, PERSONAL(dns[3]), 0, NULL},
    {"ssh_keys", TALK_KIND_TEXT, false, PERSONAL(ssh_keys), PROFILE_KEYS_BYTES_MOST, NULL},
    {"script", TALK_KIND_TEXT, false, PERSONAL(script), PROFILE_SCRIPT_BYTES_MOST, NULL},
};

static bool is_writing(const struct talk_task *task)
{
    return task->todo == TALK_DO_WRITE || task->todo == TALK_DO_SEAL;
}

static bool encode_screen(json_t *object, const struct talk_task *task)
{
    json_t *screen = json_array();
    for (size_t i = 0; i < size_min(task->screen_count, TALK_SCREEN_LINES); i++) {
        if (json_array_append_new(screen, talk_line_encode(task->screen[i], TALK_SCREEN_LINE_BYTES)) != 0) {
            json_decref(screen);
            return false;
        }
    }
    return json_object_set_new(object, "screen", screen) == 0;
}

static bool encode_write(json_t *object, const struct talk_task *task)
{
    json_t *personal = json_object();
    const bool ok = talk_fields_encode(personal, personal_fields, COUNT_OF(personal_fields), &task->personal);
    return json_object_set_new(object, "personal", personal) == 0 && ok &&
           talk_fields_encode(object, write_fields, COUNT_OF(write_fields), task);
}

char *talk_task_encode(const struct talk_task *task)
{
    json_t *object = json_object();
    const bool ok = talk_fields_encode(object, task_fields, COUNT_OF(task_fields), task) &&
                    encode_screen(object, task) && (!is_writing(task) || encode_write(object, task));
    return talk_object_print(object, ok);
}

static enum status decode_screen(const json_t *object, struct talk_task *task, struct problem *problem)
{
    const json_t *screen = NULL;
    size_t length = 0;
    enum status status = talk_array_find(object, "", "screen", &screen, &length, problem);
    for (size_t i = 0; status == STATUS_OK && i < size_min(length, TALK_SCREEN_LINES); i++) {
        status = talk_line_decode(json_array_get(screen, i), "", "screen", task->screen[i],
                                  TALK_SCREEN_LINE_BYTES, problem);
        task->screen_count++;
    }
    return status;
}

static enum status check_static(const struct talk_personal *personal, struct problem *problem)
{
    if (personal->is_static && (personal->address.value == 0 || personal->prefix == 0)) {
        problem_set(problem, "the message's member \"personal.address\" or \"personal.prefix\" is missing");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

static enum status decode_write(const json_t *object, struct talk_task *task, struct problem *problem)
{
    enum status status = talk_fields_decode(object, "", write_fields, COUNT_OF(write_fields), task, problem);
    const json_t *personal = json_object_get(object, "personal");
    if (status == STATUS_OK && !json_is_object(personal)) {
        problem_set(problem, "the message's member \"personal\" must be an object");
        status = STATUS_MALFORMED;
    }
    if (status == STATUS_OK) {
        status = talk_fields_decode(personal, "personal.", personal_fields, COUNT_OF(personal_fields),
                                    &task->personal, problem);
    }
    return status == STATUS_OK ? check_static(&task->personal, problem) : status;
}

enum status talk_task_decode(const char *json, size_t bytes, struct talk_task *task, struct problem *problem)
{
    struct talk_task decoded = {0};
    json_t *object = NULL;
    enum status status = talk_object_parse(json, bytes, &object, problem);
    if (status == STATUS_OK) {
        status = talk_fields_decode(object, "", task_fields, COUNT_OF(task_fields), &decoded, problem);
    }
    if (status == STATUS_OK) {
        status = decode_screen(object, &decoded, problem);
    }
    if (status == STATUS_OK && is_writing(&decoded)) {
        status = decode_write(object, &decoded, problem);
    }
    if (status == STATUS_OK) {
        *task = decoded;
        explicit_bzero(&decoded, sizeof decoded); // its owned texts are the caller's now
    }
    talk_task_clear(&decoded);
    talk_object_free(object);
    return status;
}

static void clear_owned(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}

void talk_task_clear(struct talk_task *task)
{
    clear_owned(task->personal.ssh_keys);
    clear_owned(task->personal.script);
    explicit_bzero(task, sizeof *task);
}
