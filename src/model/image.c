// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/image.h"

#include <string.h>

static const char *const KINDS[IMAGE_KIND_COUNT] = {
    [IMAGE_BOOT] = "boot", [IMAGE_DISK] = "disk", [IMAGE_ROOT] = "root"};

static bool is_letter_or_digit(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9');
}

static bool is_name_character(char character)
{
    return is_letter_or_digit(character) || character == '.' || character == '_' || character == '-';
}

enum status image_check_name(const char *name, struct problem *problem)
{
    size_t length = strlen(name);
    if (length == 0 || length >= IMAGE_NAME_BYTES) {
        problem_set(problem, "a name has 1 to %d characters, not %zu", IMAGE_NAME_BYTES - 1, length);
        return length == 0 ? STATUS_MALFORMED : STATUS_TOO_LONG;
    }
    size_t good = 0;
    while (is_name_character(name[good])) {
        good++;
    }
    if (good < length || !is_letter_or_digit(name[0])) {
        problem_set(problem, "'%s' cannot be a name", name);
        problem_set_remedy(problem,
                           "use letters, digits, '.', '_' and '-', a letter or digit first, like debian-12");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

// What is wrong with one part (between slashes) of a path, or NULL.
static const char *part_fault(const char *part, size_t length)
{
    if (length == 0) {
        return "has an empty part: it must not start or end with '/' or hold '//'";
    }
    if ((length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.')) {
        return "has '.' or '..' as a part";
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)part[i];
        if (byte < 0x20 || byte == 0x7f) {
            return "has a control character";
        }
        if (byte == '\\') {
            return "has a backslash, which file requests take for '/'";
        }
    }
    return NULL;
}

enum status image_check_path(const char *path, struct problem *problem)
{
    if (strlen(path) >= IMAGE_PATH_BYTES) {
        problem_set(problem, "a path inside an image has at most %d characters", IMAGE_PATH_BYTES - 1);
        return STATUS_TOO_LONG;
    }
    for (const char *part = path;; part++) {
        size_t length = strcspn(part, "/");
        const char *fault = part_fault(part, length);
        if (fault != NULL) {
            problem_set(problem, "the path '%s' %s", path, fault);
            problem_set_remedy(problem, "name a file below the image's folder, like install/vmlinuz");
            return STATUS_MALFORMED;
        }
        part += length;
        if (*part == '\0') {
            return STATUS_OK;
        }
    }
}

const char *image_kind_text(enum image_kind kind)
{
    assert(kind < IMAGE_KIND_COUNT);
    return KINDS[kind];
}

enum status image_kind_parse(const char *text, enum image_kind *kind)
{
    size_t found = text_find(text, KINDS, COUNT_OF(KINDS));
    if (found == COUNT_OF(KINDS)) {
        return STATUS_NOT_FOUND;
    }
    *kind = (enum image_kind)found;
    return STATUS_OK;
}

void image_starts_print(uint8_t starts, struct text *out)
{
    static const struct {
        uint8_t bit;
        const char *text;
    } NAMES[] = {
        {IMAGE_STARTS_BIOS, "bios"}, {IMAGE_STARTS_UEFI, "uefi"}, {IMAGE_STARTS_SECURE, "secure boot"}};
    const char *before = "";
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if ((starts & NAMES[i].bit) != 0) {
            text_add_format(out, "%s%s", before, NAMES[i].text);
            before = ", ";
        }
    }
    if (before[0] == '\0') {
        text_add(out, "nothing");
    }
}
