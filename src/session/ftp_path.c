// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp_path.h"

#include <string.h>

static void go_up(struct text *path)
{
    while (path->length != 0 && path->start[path->length - 1] != '/') {
        path->length--;
    }
    path->length -= path->length != 0;
    path->start[path->length] = '\0';
}

static void add_part(struct text *path, const char *part, size_t length)
{
    if (length == 0 || (length == 1 && part[0] == '.')) {
        return;
    }
    if (length == 2 && part[0] == '.' && part[1] == '.') {
        go_up(path);
        return;
    }
    if (path->length != 0) {
        text_add_char(path, '/');
    }
    text_add_bytes(path, part, length);
}

enum status ftp_path_parse(const char *folder, const char *name, char *out, size_t out_bytes)
{
    struct text path;
    text_init(&path, out, out_bytes);
    if (name[0] != '/') {
        text_add(&path, folder);
    }
    for (const char *at = name; *at != '\0'; at++) {
        if (text_is_control(*at) || *at == '\\') {
            return STATUS_MALFORMED;
        }
    }
    for (const char *at = name; *at != '\0' && !path.cut;) {
        size_t length = strcspn(at, "/");
        add_part(&path, at, length);
        at += length + (at[length] == '/');
    }
    return path.cut ? STATUS_TOO_LONG : STATUS_OK;
}
