// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/image.h"

#include <string.h>

static const char *const KINDS[IMAGE_KIND_COUNT] = {
    [IMAGE_BOOT] = "boot", [IMAGE_DISK] = "disk", [IMAGE_ROOT] = "root"};

static const char *const WAYS[IMAGE_WAY_COUNT] = {[IMAGE_WAY_KERNEL] = "kernel",
                                                  [IMAGE_WAY_EFI] = "efi",
                                                  [IMAGE_WAY_BIOS] = "bios",
                                                  [IMAGE_WAY_DISK] = "disk"};

static const char *const GRADES[IMAGE_GRADE_COUNT] = {[IMAGE_GRADE_NONE] = "",
                                                      [IMAGE_GRADE_UNATTENDED] = "unattended",
                                                      [IMAGE_GRADE_INSTALLS] = "installs",
                                                      [IMAGE_GRADE_LIVE] = "live",
                                                      [IMAGE_GRADE_WHOLE] = "whole"};

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

const char *image_way_text(enum image_way way)
{
    assert(way < IMAGE_WAY_COUNT);
    return WAYS[way];
}

enum status image_way_parse(const char *text, enum image_way *way)
{
    size_t found = text_find(text, WAYS, COUNT_OF(WAYS));
    if (found == COUNT_OF(WAYS)) {
        return STATUS_NOT_FOUND;
    }
    *way = (enum image_way)found;
    return STATUS_OK;
}

const char *image_grade_text(enum image_grade grade)
{
    assert(grade < IMAGE_GRADE_COUNT);
    return GRADES[grade];
}

enum status image_grade_parse(const char *text, enum image_grade *grade)
{
    size_t found = text_find(text, GRADES, COUNT_OF(GRADES));
    if (found == COUNT_OF(GRADES)) {
        return STATUS_NOT_FOUND;
    }
    *grade = (enum image_grade)found;
    return STATUS_OK;
}

const char *image_grade_sentence(enum image_grade grade)
{
    static const char *const SENTENCES[IMAGE_GRADE_COUNT] = {
        [IMAGE_GRADE_NONE] = "",
        [IMAGE_GRADE_UNATTENDED] = "installs without a question, with an answer file",
        [IMAGE_GRADE_INSTALLS] = "starts its installer, which asks its questions on the screen",
        [IMAGE_GRADE_LIVE] = "runs from the network; it installs nothing by itself",
        [IMAGE_GRADE_WHOLE] = "boots as a whole disk in the machine's memory"};
    assert(grade < IMAGE_GRADE_COUNT);
    return SENTENCES[grade];
}

struct bit_name {
    uint8_t bit;
    const char *text;
};

static void bits_print(uint8_t bits, const struct bit_name *names, size_t count, struct text *out)
{
    const char *before = "";
    for (size_t i = 0; i < count; i++) {
        if ((bits & names[i].bit) != 0) {
            text_add_format(out, "%s%s", before, names[i].text);
            before = ", ";
        }
    }
    if (before[0] == '\0') {
        text_add(out, "nothing");
    }
}

void image_starts_print(uint8_t starts, struct text *out)
{
    static const struct bit_name NAMES[] = {
        {IMAGE_STARTS_BIOS, "bios"}, {IMAGE_STARTS_UEFI, "uefi"}, {IMAGE_STARTS_SECURE, "secure boot"}};
    bits_print(starts, NAMES, COUNT_OF(NAMES), out);
}

static const struct bit_name ON[] = {{IMAGE_ON_BIOS, "bios"},
                                     {IMAGE_ON_X64, "uefi-x64"},
                                     {IMAGE_ON_IA32, "uefi-ia32"},
                                     {IMAGE_ON_ARM64, "uefi-arm64"}};

void image_on_print(uint8_t on, struct text *out)
{
    bits_print(on, ON, COUNT_OF(ON), out);
}

enum status image_on_parse(const char *text, uint8_t *on)
{
    for (size_t i = 0; i < COUNT_OF(ON); i++) {
        if (strcmp(text, ON[i].text) == 0) {
            *on = ON[i].bit;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

const struct image_method *image_find_method(const struct image *image, uint8_t on, uint64_t memory_bytes,
                                             uint64_t *needs_bytes)
{
    uint64_t least = 0;
    const struct image_method *found = NULL;
    for (unsigned i = 0; i < image->method_count && found == NULL; i++) {
        const struct image_method *method = &image->methods[i];
        if (on != 0 && (method->on & on) == 0) {
            continue;
        }
        if (memory_bytes == 0 || method->memory_bytes <= memory_bytes) {
            found = method;
        } else if (least == 0 || method->memory_bytes < least) {
            least = method->memory_bytes;
        }
    }
    if (needs_bytes != NULL) {
        *needs_bytes = found == NULL ? least : 0;
    }
    return found;
}
