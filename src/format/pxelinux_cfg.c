// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/pxelinux_cfg.h"

#include <string.h>

static bool pxelinux_cfg_has_control(const char *value)
{
    for (; *value != '\0'; value++) {
        if (text_is_control(*value)) {
            return true;
        }
    }
    return false;
}

// Paths are URLs to pxelinux (syslinux core/fs/pxe/urlparse.c): "a::b" is b on the host a, '#' and ';' end
// the path, and %XX is one byte.
static bool pxelinux_cfg_is_url(const char *value)
{
    return strstr(value, "::") != NULL || strstr(value, "://") != NULL || strpbrk(value, "#;%") != NULL;
}

static bool pxelinux_cfg_is_word(const char *value)
{
    return *value != '\0' && strpbrk(value, " ,") == NULL && !pxelinux_cfg_is_url(value) &&
           !pxelinux_cfg_has_control(value);
}

enum status pxelinux_cfg_add_word(struct text *out, const char *key, const char *value)
{
    return pxelinux_cfg_add_words(out, key, &value, 1);
}

enum status pxelinux_cfg_add_words(struct text *out, const char *key, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!pxelinux_cfg_is_word(values[i])) {
            return STATUS_UNSUPPORTED;
        }
    }
    text_add(out, key);
    for (size_t i = 0; i < count; i++) {
        text_add_format(out, "%s%s", i == 0 ? " " : ",", values[i]);
    }
    text_add_char(out, '\n');
    return STATUS_OK;
}

enum status pxelinux_cfg_add_line(struct text *out, const char *key, const char *value)
{
    if (*value == '\0' || strcmp(value, "-") == 0 || pxelinux_cfg_has_control(value)) {
        return STATUS_UNSUPPORTED;
    }
    text_add_format(out, "%s %s\n", key, value);
    return STATUS_OK;
}

void pxelinux_cfg_add_say(struct text *out, const char *words)
{
    text_add(out, "SAY ");
    for (; *words != '\0'; words++) {
        bool is_plain = !text_is_control(*words) && (unsigned char)*words < 0x80;
        text_add_char(out, is_plain ? *words : '?');
    }
    text_add_char(out, '\n');
}

void pxelinux_cfg_add_title(struct text *out, const char *key, const char *words)
{
    text_add_format(out, "%s %s", key, *words == '\0' ? " " : "");
    for (; *words != '\0'; words++) {
        bool is_plain = !text_is_control(*words) && (unsigned char)*words < 0x80 && *words != '^';
        text_add_char(out, is_plain ? *words : '?');
    }
    text_add_char(out, '\n');
}
