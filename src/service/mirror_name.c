// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/mirror_name.h"

#include <string.h>

#define SHA256_DIGITS 64
#define SHA512_DIGITS 128
#define DIGEST_LEAST  32 // MD5: too weak to check by, but it names what does not change

static size_t count_digits(const char *text)
{
    size_t count = 0;
    while (text_parse_hex_digit(text[count]) >= 0) {
        count++;
    }
    return count;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

// Whether the folder right above the file is called `name`.
static bool is_in_folder(const char *path, const char *name)
{
    const char *file = last_part(path);
    size_t length = strlen(name);
    size_t before = (size_t)(file - path);
    return before > length && memcmp(file - 1 - length, name, length) == 0 &&
           (before == length + 1 || file[-2 - (ptrdiff_t)length] == '/');
}

// apt's by-hash/SHA256/DIGEST, and createrepo's repodata/DIGEST-primary.xml.gz. How many digits; 0 = neither.
static size_t find_digest(const char *path)
{
    const char *file = last_part(path);
    size_t digits = count_digits(file);
    bool is_by_hash = strstr(path, "by-hash/") != NULL && file[digits] == '\0';
    bool is_repodata = is_in_folder(path, "repodata") && file[digits] == '-';
    return digits >= DIGEST_LEAST && (is_by_hash || is_repodata) ? digits : 0;
}

bool mirror_name_is_kept(const char *path)
{
    static const char *const ENDINGS[] = {".deb", ".udeb",        ".ddeb",       ".rpm", ".drpm",
                                          ".apk", ".pkg.tar.zst", ".pkg.tar.xz", ".dsc"};
    if (find_digest(path) != 0 || text_starts(path, "pool/") || strstr(path, "/pool/") != NULL) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++) {
        if (text_ends(path, ENDINGS[i])) {
            return true;
        }
    }
    return false;
}

bool mirror_name_find_digest(const char *path, char hex[MIRROR_DIGEST_BYTES])
{
    const char *file = last_part(path);
    size_t digits = find_digest(path);
    bool is_checked = (digits == SHA256_DIGITS && (is_in_folder(path, "SHA256") || file[digits] == '-')) ||
                      (digits == SHA512_DIGITS && (is_in_folder(path, "SHA512") || file[digits] == '-'));
    if (!is_checked) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        hex[i] = text_lower(file[i]);
    }
    hex[digits] = '\0';
    return true;
}

bool mirror_name_is_kind(const char *path, const uint8_t *first, size_t count)
{
    static const struct {
        const char *ending;
        const char *first;
        size_t count;
    } KINDS[] = {
        {".deb", "!<arch>\n", 8},
        {".udeb", "!<arch>\n", 8},
        {".rpm", "\xed\xab\xee\xdb", 4},
        {".gz", "\x1f\x8b", 2},
        {".xz",
         "\xfd"
         "7zXZ",
         5},
        {".bz2", "BZh", 3},
    };
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (text_ends(path, KINDS[i].ending)) {
            return count >= KINDS[i].count && memcmp(first, KINDS[i].first, KINDS[i].count) == 0;
        }
    }
    return true;
}

static bool is_plain(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || strchr("-._~/", character) != NULL;
}

void mirror_name_add_url(const char *base, const char *path, struct text *out)
{
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/') {
        length--;
    }
    text_add_bytes(out, base, length);
    text_add_char(out, '/');
    for (; *path != '\0'; path++) {
        if (is_plain(*path)) {
            text_add_char(out, *path);
        } else {
            text_add_format(out, "%%%02X", (unsigned char)*path);
        }
    }
}
