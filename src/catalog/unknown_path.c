// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/unknown_start.h"

#include <string.h>
#include <strings.h>

// Appends the parts of `path` to `out`, without "." and empty ones. false when it leads out, or is too long.
static bool add_parts(struct text *out, const char *path)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length == 2 && memcmp(path, "..", 2) == 0) {
            const char *slash = strrchr(out->start, '/');
            if (out->length == 0) {
                return false;
            }
            out->length = slash == NULL ? 0 : (size_t)(slash - out->start);
            out->start[out->length] = '\0';
        } else if (length != 0 && !(length == 1 && path[0] == '.')) {
            text_add(out, out->length == 0 ? "" : "/");
            text_add_bytes(out, path, length);
        }
        path += length + (path[length] == '/' ? 1 : 0);
    }
    return !out->cut;
}

static const char *find_same(const struct catalog_files *files, const char *path)
{
    const char *other_case = NULL;
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->paths[i], path) == 0) {
            return files->paths[i];
        }
        if (other_case == NULL && strcasecmp(files->paths[i], path) == 0) {
            other_case = files->paths[i];
        }
    }
    return other_case;
}

static const char *find_below(const struct catalog_files *files, const char *folder, const char *path)
{
    char whole[IMAGE_PATH_BYTES];
    struct text text;
    text_init(&text, whole, sizeof whole);
    bool is_inside = add_parts(&text, folder) && add_parts(&text, path);
    return is_inside && text.length != 0 ? find_same(files, whole) : NULL;
}

const char *unknown_find_path(const struct catalog_files *files, const char *config, const char *path)
{
    char folder[IMAGE_PATH_BYTES];
    const char *slash = strrchr(config, '/');
    const char *found = NULL;
    (void)text_copy(folder, sizeof folder, config);
    folder[slash == NULL ? 0 : size_min((size_t)(slash - config), sizeof folder - 1)] = '\0';
    if (path[0] == '(' && strchr(path, ')') != NULL) { // GRUB's device: ($root)/boot/vmlinuz
        path = strchr(path, ')') + 1;
    }
    if (path[0] != '/') {
        found = find_below(files, folder, path);
    }
    if (found == NULL) {
        found = find_below(files, "", path);
    }
    return found == NULL ? find_below(files, folder, path) : found;
}
