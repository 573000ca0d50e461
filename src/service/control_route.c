// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_route.h"

#include "base/text.h"

#include <string.h>

#define PREFIX "/v1/"

static const struct control_route routes[] = {
    {"GET", "status", CONTROL_BODY_NONE, control_status_show, NULL},
    {"GET", "config", CONTROL_BODY_NONE, control_config_show, NULL},
    {"GET", "events", CONTROL_BODY_NONE, control_event_list, NULL},
    {"GET", "certificate", CONTROL_BODY_NONE, control_certificate_show, NULL},
    {"GET", "quirks", CONTROL_BODY_NONE, control_quirk_list, NULL},
    {"POST", "quirks/forget", CONTROL_BODY_JSON, control_quirk_forget, NULL},
    {"GET", "menu/preview", CONTROL_BODY_NONE, control_menu_preview, NULL},
    {"GET", "mirrors", CONTROL_BODY_NONE, control_mirror_list, NULL},
    {"POST", "mirrors/*/clear", CONTROL_BODY_JSON, control_mirror_clear, NULL},
    {"GET", "leases", CONTROL_BODY_NONE, control_lease_list, NULL},
    {"POST", "leases", CONTROL_BODY_JSON, control_lease_import, NULL},
    {"POST", "leases/*/release", CONTROL_BODY_JSON, control_lease_release, NULL},
    {"GET", "machines", CONTROL_BODY_NONE, control_machine_list, NULL},
    {"POST", "machines", CONTROL_BODY_JSON, control_machine_add, NULL},
    {"GET", "machines/*", CONTROL_BODY_NONE, control_machine_show, NULL},
    {"GET", "machines/*/answers", CONTROL_BODY_NONE, control_answer_list, NULL},
    {"GET", "machines/*/answers/*", CONTROL_BODY_NONE, control_answer_show, NULL},
    {"GET", "machines/*/boots", CONTROL_BODY_NONE, control_boot_list, NULL},
    {"PATCH", "machines/*", CONTROL_BODY_JSON, control_machine_edit, NULL},
    {"DELETE", "machines/*", CONTROL_BODY_NONE, control_machine_remove, NULL},
    {"POST", "machines/*/approve", CONTROL_BODY_JSON, control_machine_approve, NULL},
    {"POST", "machines/*/reject", CONTROL_BODY_JSON, control_machine_reject, NULL},
    {"GET", "images", CONTROL_BODY_NONE, control_image_list, NULL},
    {"GET", "images/*", CONTROL_BODY_NONE, control_image_show, NULL},
    {"GET", "images/*/check", CONTROL_BODY_NONE, control_image_check, NULL},
    {"DELETE", "images/*", CONTROL_BODY_NONE, control_image_remove, NULL},
    {"POST", "uploads", CONTROL_BODY_JSON, control_upload_add, NULL},
    {"PUT", "uploads/*/file", CONTROL_BODY_FILE, control_upload_put, control_upload_take},
    {"POST", "uploads/*/adopt", CONTROL_BODY_JSON, control_upload_adopt, NULL},
    {"POST", "uploads/*/commit", CONTROL_BODY_JSON, control_upload_commit, NULL},
    {"DELETE", "uploads/*", CONTROL_BODY_NONE, control_upload_remove, NULL},
    {"GET", "profiles", CONTROL_BODY_NONE, control_profile_list, NULL},
    {"POST", "profiles", CONTROL_BODY_JSON, control_profile_add, NULL},
    {"GET", "profiles/*", CONTROL_BODY_NONE, control_profile_show, NULL},
    {"PATCH", "profiles/*", CONTROL_BODY_JSON, control_profile_edit, NULL},
    {"DELETE", "profiles/*", CONTROL_BODY_NONE, control_profile_remove, NULL},
    {"GET", "profiles/*/render", CONTROL_BODY_NONE, control_profile_render, NULL},
    {"GET", "orders", CONTROL_BODY_NONE, control_order_list, NULL},
    {"POST", "orders", CONTROL_BODY_JSON, control_order_add, NULL},
    {"GET", "orders/*", CONTROL_BODY_NONE, control_order_show, NULL},
    {"GET", "orders/*/log", CONTROL_BODY_NONE, control_order_log, NULL},
    {"POST", "orders/*/confirm", CONTROL_BODY_JSON, control_order_confirm, NULL},
    {"POST", "orders/*/cancel", CONTROL_BODY_JSON, control_order_cancel, NULL},
};

// Whether `path` has the shape of `pattern`; what stands for each '*' goes to `names`.
static bool path_fits(const char *pattern, const char *path,
                      char names[CONTROL_ROUTE_NAMES][CONTROL_NAME_BYTES])
{
    unsigned count = 0;
    while (*pattern != '\0') {
        size_t length = strcspn(path, "/");
        size_t expected = strcspn(pattern, "/");
        if (pattern[0] == '*') {
            if (length == 0 || length >= CONTROL_NAME_BYTES) {
                return false;
            }
            struct text text;
            text_init(&text, names[count++], CONTROL_NAME_BYTES);
            text_add_bytes(&text, path, length);
        } else if (length != expected || strncmp(pattern, path, length) != 0) {
            return false;
        }
        pattern += expected;
        path += length;
        if (*pattern != *path) {
            return false;
        }
        pattern += *pattern == '/';
        path += *path == '/';
    }
    return *path == '\0';
}

const struct control_route *control_route_find(const char *method, const char *url,
                                               char names[CONTROL_ROUTE_NAMES][CONTROL_NAME_BYTES],
                                               bool *other_method)
{
    *other_method = false;
    if (!text_starts(url, PREFIX)) {
        return NULL;
    }
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (!path_fits(routes[i].path, url + strlen(PREFIX), names)) {
            continue;
        }
        if (strcmp(routes[i].method, method) == 0) {
            return &routes[i];
        }
        *other_method = true;
    }
    return NULL;
}
