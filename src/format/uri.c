// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/uri.h"

#include <string.h>

static bool uri_is_plain(char character)
{
    char lower = text_lower(character);
    bool is_letter = lower >= 'a' && lower <= 'z';
    bool is_digit = character >= '0' && character <= '9';
    return is_letter || is_digit || (character != '\0' && strchr("-._~/", character) != NULL);
}

void uri_add_path(struct text *out, const char *path)
{
    for (; *path != '\0'; path++) {
        if (uri_is_plain(*path)) {
            text_add_char(out, *path);
        } else {
            text_add_format(out, "%%%02X", (unsigned)(unsigned char)*path);
        }
    }
}
