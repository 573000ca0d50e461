// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "io/heap.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_personal.h"
#include "service/control_route.h"

#include <stdlib.h>
#include <string.h>

static bool append_profile(const struct profile *profile, void *context)
{
    struct control_request *request = context;
    json_array_append_new(json_object_get(request->answer, "profiles"), control_json_profile(profile, false));
    return true;
}

void control_profile_list(struct control_request *request)
{
    control_answer(request, MHD_HTTP_OK, json_pack("{s:[]}", "profiles"));
    store_profile_each(request->world->store, append_profile, request);
}

static const struct profile *find_profile(struct control_request *request)
{
    const struct profile *profile = store_profile_find(request->world->store, request->names[0]);
    if (profile == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint profile list shows what there is",
                            "there is no profile '%.80s'", request->names[0]);
    }
    return profile;
}

void control_profile_show(struct control_request *request)
{
    const struct profile *profile = find_profile(request);
    if (profile != NULL) {
        control_answer(request, MHD_HTTP_OK, control_json_profile(profile, true));
    }
}

struct writer { // an order that writes a profile's image now
    const char *profile;
    uint64_t order_id; // 0 = none
};

static bool visit_writer(const struct order *order, void *context)
{
    struct writer *writer = context;
    bool is_on_disk = order->state == ORDER_WRITING || order->state == ORDER_SEALING;
    if (is_on_disk && strcmp(order->profile, writer->profile) == 0) {
        writer->order_id = order->id;
    }
    return writer->order_id == 0;
}

// What is made bootable must be what was written, whoever does it after a power cut: an order on the disk
// keeps its image. (An image that a profile names cannot be removed, nor another put in its place.)
static bool check_unwritten(struct control_request *request, const struct profile *profile)
{
    struct writer writer = {.profile = profile->name};
    store_order_each(request->world->store, visit_writer, &writer);
    if (writer.order_id == 0) {
        return true;
    }
    char remedy[PROBLEM_REMEDY_BYTES];
    (void)snprintf(remedy, sizeof remedy,
                   "wait until it is done, or make another profile; imprint order cancel %llu leaves a half "
                   "written disk",
                   (unsigned long long)writer.order_id);
    control_refuse_text(request, MHD_HTTP_CONFLICT, remedy, "order %llu writes the image of profile %s now",
                        (unsigned long long)writer.order_id, profile->name);
    return false;
}

static bool take_image(struct control_request *request, struct profile *profile)
{
    char before[IMAGE_NAME_BYTES];
    (void)text_copy(before, sizeof before, profile->image);
    if (!control_copy_text(request, "image", profile->image, sizeof profile->image, NULL)) {
        return false;
    }
    if (strcmp(before, profile->image) != 0 && !check_unwritten(request, profile)) {
        return false;
    }
    const struct image *image = store_image_find(request->world->store, profile->image);
    if (image == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint image list shows what there is",
                            "there is no image '%s'", profile->image);
        return false;
    }
    if (strcmp(image->family, IMAGE_AGENT_FAMILY) == 0) {
        control_refuse_text(
            request, MHD_HTTP_CONFLICT, "name an image that it is to write: imprint image list",
            "image %s is the agent, which every order that writes a disk starts by itself", image->name);
        return false;
    }
    return true;
}

// The answer template and the file name in its URL; the text is borrowed from the request.
static bool take_answer(struct control_request *request, struct profile *profile)
{
    struct problem problem = {0};
    const char *answer;
    if (!control_get_text(request, "answer", &answer) ||
        !control_copy_text(request, "answer_name", profile->answer_name, sizeof profile->answer_name, NULL)) {
        return false;
    }
    if (json_object_get(request->json, "answer") != NULL) {
        profile->answer = answer;
        profile->answer_bytes = answer == NULL ? 0 : (uint32_t)size_min(strlen(answer), UINT32_MAX);
    }
    if (profile->answer == NULL) {
        profile->answer_name[0] = '\0';
        return true;
    }
    if (profile->answer_bytes > PROFILE_ANSWER_BYTES_MOST) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "an answer file has at most %d bytes",
                            PROFILE_ANSWER_BYTES_MOST);
        return false;
    }
    if (image_check_name(profile->answer_name, &problem) != STATUS_OK) {
        problem_set_place(&problem, "answer_name", 0, 0);
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    return true;
}

static struct profile_value *find_value(struct profile *profile, const char *key)
{
    for (unsigned i = 0; i < profile->value_count; i++) {
        if (strcmp(profile->values[i].key, key) == 0) {
            return &profile->values[i];
        }
    }
    return NULL;
}

// A name that a template can write: letters, digits and '_'.
static bool key_is_good(const char *key)
{
    size_t length = strlen(key);
    return length > 0 && length < PROFILE_KEY_BYTES &&
           strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length;
}

static void remove_value(struct profile *profile, const char *key)
{
    struct profile_value *value = find_value(profile, key);
    if (value != NULL) {
        *value = profile->values[--profile->value_count];
        profile->values[profile->value_count] = (struct profile_value){0};
    }
}

static bool put_value(struct control_request *request, struct profile *profile, const char *key,
                      const char *text, bool is_secret)
{
    struct profile_value *value = find_value(profile, key);
    if (strlen(text) >= PROFILE_VALUE_BYTES || strpbrk(text, "\r\n") != NULL) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "",
                            "the value of '%s' must be one line of at most %d bytes", key,
                            PROFILE_VALUE_BYTES - 1);
        return false;
    }
    if (value == NULL && profile->value_count == PROFILE_VALUES_MOST) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "a profile has at most %d values",
                            PROFILE_VALUES_MOST);
        return false;
    }
    if (value == NULL) {
        value = &profile->values[profile->value_count++];
        (void)text_copy(value->key, sizeof value->key, key);
    }
    (void)text_copy(value->value, sizeof value->value, text);
    value->is_secret = is_secret;
    return true;
}

// Values are put or, with null, removed one by one; those not named stay.
static bool take_values(struct control_request *request, struct profile *profile)
{
    json_t *values = json_object_get(request->json, "values");
    if (values == NULL || json_is_null(values)) {
        return true;
    }
    const char *key;
    json_t *value;
    bool good = json_is_object(values);
    json_object_foreach(values, key, value)
    {
        const json_t *secret = json_object_get(value, "secret");
        bool is_text = json_is_string(value) || json_is_string(secret);
        if (!key_is_good(key) || !(is_text || json_is_null(value))) {
            control_refuse_text(
                request, MHD_HTTP_BAD_REQUEST,
                "a name has letters, digits and '_', a value is a text, a secret {\"secret\": TEXT}",
                "the value '%.60s' cannot be set", key);
            return false;
        }
        if (json_is_null(value)) {
            remove_value(profile, key);
        } else if (!put_value(request, profile, key, json_string_value(secret == NULL ? value : secret),
                              secret != NULL)) {
            return false;
        }
    }
    if (!good) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'values' must be an object of texts");
    }
    return good;
}

static bool take_all(struct control_request *request, struct profile *profile)
{
    return take_image(request, profile) &&
           control_copy_text(request, "arguments", profile->arguments, sizeof profile->arguments, NULL) &&
           control_personal_check_template(request, "arguments", profile->arguments) &&
           take_answer(request, profile) &&
           control_personal_check_template(request, "answer", profile->answer) &&
           take_values(request, profile) && control_personal_take(request, profile);
}

static void put(struct control_request *request, struct profile *profile, unsigned http_status,
                const char *done)
{
    struct problem problem = {0};
    enum status status = store_profile_put(request->world->store, profile, &problem);
    if (status != STATUS_OK) {
        control_refuse(request, control_http_status(status), &problem);
        return;
    }
    if (control_commit(request)) {
        control_tell(request, EVENT_SERVER, NULL, 0, "profile %s %s by %s", profile->name, done,
                     request->owner);
        control_answer(request, http_status,
                       control_json_profile(store_profile_find(request->world->store, profile->name), true));
    }
}

// Copies of secrets do not stay in memory.
static void free_profile(struct profile *taken)
{
    explicit_bzero(taken, sizeof *taken);
    heap_free(taken);
}

static char *copy_text(const char *text)
{
    return text == NULL ? NULL : heap_copy_text(text);
}

static const char *const members[] = {
    "name",     "image",         "arguments", "answer_name",   "answer",   "values",
    "hostname", "root_password", "user",      "user_password", "timezone", "locale",
    "packages", "network",       "ssh_keys",  "script",        "disk",     NULL};

void control_profile_add(struct control_request *request)
{
    struct problem problem = {0};
    struct profile *profile = heap_new(sizeof *profile);
    profile->created_s = desk_now_s(request->world->desk);
    if (control_allow(request, members) &&
        control_copy_text(request, "name", profile->name, sizeof profile->name, NULL)) {
        if (image_check_name(profile->name, &problem) != STATUS_OK) {
            control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        } else if (take_all(request, profile)) {
            put(request, profile, MHD_HTTP_CREATED, "was added");
        }
    }
    free_profile(profile);
}

// "was changed (hostname, root_password)": which members, never what they hold.
static void print_changed(const struct control_request *request, struct text *out)
{
    const char *name;
    json_t *value;
    const char *before = "was changed (";
    json_object_foreach(request->json, name, value)
    {
        if (json_is_object(value) && json_object_size(value) == 0) { // no values at all
            continue;
        }
        text_add_format(out, "%s%s", before, name);
        before = ", ";
    }
    text_add(out, before[0] == ',' ? ")" : "was changed");
}

void control_profile_edit(struct control_request *request)
{
    const struct profile *found = find_profile(request);
    if (found == NULL || !control_allow(request, members + 1)) {
        return;
    }
    struct profile *profile = heap_copy(found, sizeof *found);
    char *answer = copy_text(found->answer); // the store frees its own
    char *keys = copy_text(found->personal.ssh_keys);
    char *script = copy_text(found->personal.script);
    profile->answer = answer;
    profile->personal.ssh_keys = keys;
    profile->personal.script = script;
    char done[EVENT_TEXT_BYTES / 2];
    struct text text;
    text_init(&text, done, sizeof done);
    print_changed(request, &text);
    if (take_all(request, profile)) {
        put(request, profile, MHD_HTTP_OK, done);
    }
    heap_free(answer);
    heap_free(keys);
    heap_free(script);
    free_profile(profile);
}

void control_profile_remove(struct control_request *request)
{
    struct problem problem = {0};
    const char *name = request->names[0];
    if (find_profile(request) == NULL) {
        return;
    }
    enum status status = store_profile_remove(request->world->store, name, &problem);
    if (status != STATUS_OK) {
        control_refuse(request, control_http_status(status), &problem);
    } else if (control_commit(request)) {
        control_tell(request, EVENT_SERVER, NULL, 0, "profile %s was removed by %s", name, request->owner);
        control_answer(request, MHD_HTTP_OK, json_pack("{s:s}", "removed", name));
    }
}

// One text of the profile as the machine would get it, in the answer as `member`; null when it has none.
static bool render(struct control_request *request, const struct machine *machine,
                   const struct profile *profile, enum control_text which, json_t *answer, const char *member)
{
    char *text = NULL;
    struct problem problem = {0};
    enum status status =
        request->world->render(request->world->context, machine, profile, which, &text, &problem);
    bool none = status == STATUS_NOT_FOUND && !problem_is_set(&problem);
    if (status != STATUS_OK && !none) {
        control_refuse(request, MHD_HTTP_CONFLICT, &problem);
        return false;
    }
    json_object_set_new(answer, member, none ? json_null() : json_string(text));
    free(text);
    return true;
}

// The host name in the answer, when the image is written to a disk; whether all that is the machine's own can
// be rendered. Nothing else of it is shown: much of it is secret.
static bool render_personal(struct control_request *request, const struct machine *machine,
                            const struct profile *profile, json_t *answer)
{
    const struct image *image = store_image_find(request->world->store, profile->image);
    char hostname[MACHINE_NAME_BYTES] = "";
    struct problem problem = {0};
    if (image == NULL || image->kind == IMAGE_BOOT || request->world->render_personal == NULL) {
        json_object_set_new(answer, "hostname", json_null());
        return true;
    }
    if (request->world->render_personal(request->world->context, machine, profile, hostname, &problem) !=
        STATUS_OK) {
        control_refuse(request, MHD_HTTP_CONFLICT, &problem);
        return false;
    }
    json_object_set_new(answer, "hostname", control_json_text(hostname));
    return true;
}

void control_profile_render(struct control_request *request)
{
    const struct profile *profile = find_profile(request);
    const char *name = control_query(request, "machine");
    if (profile == NULL) {
        return;
    }
    if (name == NULL || request->world->render == NULL) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "add ?machine=NAME",
                            "a profile is rendered for a machine, and none was named");
        return;
    }
    const struct machine *machine = control_machine_find(request, name);
    if (machine == NULL) {
        return;
    }
    json_t *answer = json_pack("{s:s, s:s, s:s}", "profile", profile->name, "machine", machine->name,
                               "answer_name", profile->answer_name);
    if (render_personal(request, machine, profile, answer) &&
        render(request, machine, profile, CONTROL_TEXT_ARGUMENTS, answer, "arguments") &&
        render(request, machine, profile, CONTROL_TEXT_ANSWER, answer, "answer")) {
        control_answer(request, MHD_HTTP_OK, answer);
    } else {
        json_decref(answer);
    }
}
