// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/quirk.h"

#include "base/text.h"

#include <string.h>

#define UNDI_WORD "UNDI:"
#define DIGITS    "0123456789"
#define LETTERS   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool quirk_shape_equal(const struct quirk_shape *a, const struct quirk_shape *b)
{
    return quirk_shape_distance(a, b) == 0;
}

unsigned quirk_shape_distance(const struct quirk_shape *a, const struct quirk_shape *b)
{
    bool differs[] = {a->vendor != b->vendor, a->fields != b->fields, a->has_no_class != b->has_no_class,
                      a->is_late != b->is_late, a->is_alone != b->is_alone};
    unsigned count = 0;
    for (size_t i = 0; i < COUNT_OF(differs); i++) {
        count += differs[i] ? 1 : 0;
    }
    return count;
}

// ---- as text ----

static const char *const VENDORS[QUIRK_VENDOR_COUNT] = {
    [QUIRK_VENDOR_DEFAULT] = NULL,
    [QUIRK_VENDOR_NONE] = "43=none",
    [QUIRK_VENDOR_DIRECT] = "43=direct",
    [QUIRK_VENDOR_MENU] = "43=menu",
    [QUIRK_VENDOR_RASPBERRY] = "43=raspberry",
};

static const char *const FIELDS[QUIRK_FIELDS_COUNT] = {
    [QUIRK_FIELDS_ALL] = NULL,
    [QUIRK_FIELDS_HEADER] = "file=header",
    [QUIRK_FIELDS_OPTIONS] = "file=options",
};

#define NO_CLASS "60=none"
#define LATE     "at=4011"
#define ALONE    "offers=one"

static void quirk_add_word(struct text *text, const char *word)
{
    if (word != NULL) {
        text_add_format(text, "%s%s", text->length == 0 ? "" : " ", word);
    }
}

const char *quirk_shape_print(const struct quirk_shape *shape, char out[QUIRK_SHAPE_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, QUIRK_SHAPE_TEXT_BYTES);
    quirk_add_word(&text, VENDORS[shape->vendor]);
    quirk_add_word(&text, shape->has_no_class ? NO_CLASS : NULL);
    quirk_add_word(&text, FIELDS[shape->fields]);
    quirk_add_word(&text, shape->is_late ? LATE : NULL);
    quirk_add_word(&text, shape->is_alone ? ALONE : NULL);
    if (text.length == 0) {
        text_add(&text, "default");
    }
    return out;
}

static bool quirk_word_is(const char *word, size_t length, const char *name)
{
    return name != NULL && strlen(name) == length && memcmp(word, name, length) == 0;
}

static bool quirk_take_word(const char *word, size_t length, struct quirk_shape *shape)
{
    for (unsigned i = 0; i < QUIRK_VENDOR_COUNT; i++) {
        if (quirk_word_is(word, length, VENDORS[i])) {
            bool is_first = shape->vendor == QUIRK_VENDOR_DEFAULT;
            shape->vendor = (enum quirk_vendor)i;
            return is_first;
        }
    }
    for (unsigned i = 0; i < QUIRK_FIELDS_COUNT; i++) {
        if (quirk_word_is(word, length, FIELDS[i])) {
            bool is_first = shape->fields == QUIRK_FIELDS_ALL;
            shape->fields = (enum quirk_fields)i;
            return is_first;
        }
    }
    bool *flag = quirk_word_is(word, length, NO_CLASS) ? &shape->has_no_class
                 : quirk_word_is(word, length, LATE)   ? &shape->is_late
                 : quirk_word_is(word, length, ALONE)  ? &shape->is_alone
                                                       : NULL;
    if (flag == NULL || *flag) {
        return false;
    }
    *flag = true;
    return true;
}

enum status quirk_shape_parse(const char *text, struct quirk_shape *shape)
{
    struct quirk_shape read = {0};
    if (strcmp(text, "default") == 0) {
        *shape = read;
        return STATUS_OK;
    }
    do {
        size_t length = strcspn(text, " ");
        if (!quirk_take_word(text, length, &read)) {
            return STATUS_MALFORMED;
        }
        text += length;
        text += *text == ' ';
    } while (*text != '\0');
    *shape = read;
    return STATUS_OK;
}

// ---- what to try next ----

// Each rung differs from the one before in one thing; test_quirk.c holds us to that. Why these, in this
// order: docs/decisions/0062.
static const struct quirk_shape SERVER[] = {
    {0},
    {.vendor = QUIRK_VENDOR_NONE},
    {.vendor = QUIRK_VENDOR_NONE, .has_no_class = true},
    {.vendor = QUIRK_VENDOR_NONE, .has_no_class = true, .fields = QUIRK_FIELDS_HEADER},
    {.vendor = QUIRK_VENDOR_NONE, .has_no_class = true, .fields = QUIRK_FIELDS_OPTIONS},
};

static const struct quirk_shape PROXY_UEFI[] = {
    {0},
    {.is_alone = true},
    {.is_alone = true, .vendor = QUIRK_VENDOR_DIRECT},
    {.is_alone = true, .vendor = QUIRK_VENDOR_MENU},
    {.is_alone = true, .vendor = QUIRK_VENDOR_MENU, .is_late = true},
};

static const struct quirk_shape PROXY_BIOS[] = {
    {0},
    {.vendor = QUIRK_VENDOR_NONE},
    {.vendor = QUIRK_VENDOR_NONE, .is_late = true},
    {.vendor = QUIRK_VENDOR_MENU, .is_late = true},
};

// UEFI HTTP boot knows no option 43: a URL in the file option, or in the header as well.
static const struct quirk_shape HTTP[] = {
    {0},
    {.fields = QUIRK_FIELDS_OPTIONS},
};

struct quirk_ladder {
    const struct quirk_shape *rungs;
    size_t count;
};

static struct quirk_ladder quirk_ladder_for(const struct boot_client *client, bool is_proxy)
{
    if (client->wants_http) {
        return (struct quirk_ladder){HTTP, COUNT_OF(HTTP)};
    }
    if (!is_proxy) {
        return (struct quirk_ladder){SERVER, COUNT_OF(SERVER)};
    }
    return client->platform == BOOT_PLATFORM_UEFI ? (struct quirk_ladder){PROXY_UEFI, COUNT_OF(PROXY_UEFI)}
                                                  : (struct quirk_ladder){PROXY_BIOS, COUNT_OF(PROXY_BIOS)};
}

struct quirk_shape quirk_shape_next(const struct quirk_shape *shape, const struct boot_client *client,
                                    bool is_proxy)
{
    struct quirk_ladder ladder = quirk_ladder_for(client, is_proxy);
    for (size_t i = 0; i + 1 < ladder.count; i++) {
        if (quirk_shape_equal(&ladder.rungs[i], shape)) {
            return ladder.rungs[i + 1];
        }
    }
    return ladder.rungs[0];
}

// ---- firmware models ----

// The text behind `word`, up to the next colon; false when it is not there.
static bool quirk_find_part(const char *class, const char *word, char *out, size_t out_bytes)
{
    const char *at = strstr(class, word);
    if (at == NULL) {
        return false;
    }
    at += strlen(word);
    size_t length = strcspn(at, ":");
    if (length == 0 || length >= out_bytes) {
        return false;
    }
    if (strspn(at, DIGITS) < length) {
        return false;
    }
    memcpy(out, at, length);
    out[length] = '\0';
    return true;
}

bool quirk_model_print(const struct boot_client *client, char out[QUIRK_KEY_BYTES])
{
    char class[BOOT_EVIDENCE_BYTES + 1] = {0};
    memcpy(class, client->vendor_class.bytes, client->vendor_class.length);
    size_t name_length = strcspn(class, ":");
    if (client->stage != BOOT_STAGE_FIRMWARE || name_length == 0 || client->mac.length != 6 ||
        client->architecture == BOOT_ARCHITECTURE_NONE) {
        return false;
    }
    if (strspn(class, LETTERS DIGITS) < name_length) {
        return false;
    }
    char undi[8];
    if (!quirk_find_part(class, UNDI_WORD, undi, sizeof undi)) {
        (void)text_copy(undi, sizeof undi, "-");
    }
    const uint8_t *maker = client->mac.octets;
    struct text text;
    text_init(&text, out, QUIRK_KEY_BYTES);
    text_add_bytes(&text, class, name_length);
    text_add_format(&text, "/%u/%s/%02x%02x%02x", client->architecture, undi, maker[0], maker[1], maker[2]);
    return !text.cut;
}
