// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_personal.h"

#include "base/text.h"
#include "format/template.h"
#include "io/heap.h"
#include "model/guard.h"
#include "service/control_json.h"

#include <string.h>

static struct template_value find_nothing(const void *self, const void *node, const char *name, size_t length)
{
    (void)self;
    (void)node;
    (void)name;
    (void)length;
    return (struct template_value){.kind = TEMPLATE_EMPTY};
}

bool control_personal_check_template(struct control_request *request, const char *member, const char *source)
{
    static const struct template_data data = {.find = find_nothing};
    struct problem problem = {0};
    if (source == NULL) {
        return true;
    }
    size_t length = strlen(source);
    char *scratch = heap_new(length + 1); // without values it only gets shorter
    struct text out;
    text_init(&out, scratch, length + 1);
    const struct template_options options = {.name = member, .escape = TEMPLATE_ESCAPE_NONE};
    enum status status = template_render(source, length, &data, &options, &out, &problem);
    heap_free(scratch);
    if (status == STATUS_OK) {
        return true;
    }
    problem_set_place(&problem, member, 0, 0);
    control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
    return false;
}

static bool take_network(struct control_request *request, struct profile_personal *personal)
{
    char text[32] = "";
    bool given;
    if (!control_copy_text(request, "network", text, sizeof text, &given)) {
        return false;
    }
    if (given && text[0] == '\0') {
        personal->network = PROFILE_NETWORK_DHCP;
    } else if (given && profile_network_parse(text, &personal->network) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "it is dhcp or static", "there is no network '%s'",
                            text);
        return false;
    }
    return true;
}

// A text of many lines; borrowed. An empty one counts as none.
static bool take_long(struct control_request *request, const char *member, size_t most, const char **out)
{
    const char *text;
    if (json_object_get(request->json, member) == NULL) {
        return true;
    }
    if (!control_get_text(request, member, &text)) {
        return false;
    }
    if (text != NULL && strlen(text) > most) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'%s' has at most %zu bytes", member, most);
        return false;
    }
    *out = text == NULL || text[0] == '\0' ? NULL : text;
    return true;
}

static bool take_disk(struct control_request *request, struct profile *profile)
{
    struct problem problem = {0};
    if (!control_copy_text(request, "disk", profile->disk, sizeof profile->disk, NULL)) {
        return false;
    }
    if (guard_check_rule(profile->disk, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    return true;
}

#define COPY(member) control_copy_text(request, #member, personal->member, sizeof personal->member, NULL)

bool control_personal_take(struct control_request *request, struct profile *profile)
{
    struct profile_personal *personal = &profile->personal;
    struct problem problem = {0};
    if (!COPY(hostname) || !COPY(root_password) || !COPY(user) || !COPY(user_password) || !COPY(timezone) ||
        !COPY(locale) || !COPY(packages) || !take_network(request, personal) ||
        !take_long(request, "ssh_keys", PROFILE_KEYS_BYTES_MOST, &personal->ssh_keys) ||
        !take_long(request, "script", PROFILE_SCRIPT_BYTES_MOST, &personal->script) ||
        !take_disk(request, profile)) {
        return false;
    }
    if (profile_personal_check(personal, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    return control_personal_check_template(request, "hostname", personal->hostname) &&
           control_personal_check_template(request, "script", personal->script);
}

static int count_keys(const char *keys)
{
    int count = 0;
    while (keys != NULL && *keys != '\0') {
        size_t length = strcspn(keys, "\n");
        size_t blanks = strspn(keys, " \t\r");
        count += blanks < length && keys[blanks] != '#' ? 1 : 0;
        keys += length;
        keys += *keys == '\n' ? 1 : 0;
    }
    return count;
}

static void add_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, control_json_text(text));
}

static void add_password(json_t *object, const char *name, const char *hash)
{
    json_object_set_new(object, name, hash[0] == '\0' ? json_null() : json_string("set"));
}

void control_personal_add(json_t *object, const struct profile *profile)
{
    const struct profile_personal *personal = &profile->personal;
    add_text(object, "hostname", personal->hostname);
    add_password(object, "root_password", personal->root_password);
    add_text(object, "user", personal->user);
    add_password(object, "user_password", personal->user_password);
    add_text(object, "timezone", personal->timezone);
    add_text(object, "locale", personal->locale);
    add_text(object, "packages", personal->packages);
    add_text(object, "network", profile_network_text(personal->network));
    json_object_set_new(object, "ssh_key_count", json_integer(count_keys(personal->ssh_keys)));
    json_object_set_new(object, "script_bytes",
                        json_integer(personal->script == NULL ? 0 : (json_int_t)strlen(personal->script)));
    add_text(object, "disk", profile->disk);
}
