// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dhcp_option_domain.h"

#include <string.h>

#define LABEL_MOST    63
#define NAME_MOST     253 // of text; 255 on the wire
#define POINTER       0xc0
#define POINTER_BYTES 2
#define OFFSET_MOST   0x3fff

static bool label_is_good(const char *label, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char character = text_lower(label[i]);
        bool is_letter = character >= 'a' && character <= 'z';
        bool is_digit = character >= '0' && character <= '9';
        if (!is_letter && !is_digit && character != '-' && character != '_') {
            return false;
        }
    }
    return length >= 1 && length <= LABEL_MOST;
}

static enum status name_check(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > NAME_MOST + (size_t)(text[length - 1] == '.')) {
        return STATUS_MALFORMED;
    }
    while (*text != '\0') {
        size_t label = strcspn(text, ".");
        if (!label_is_good(text, label)) {
            return STATUS_MALFORMED;
        }
        text += label + (text[label] == '.' ? 1 : 0);
    }
    return STATUS_OK;
}

// Whether the name at `at` of what was written is `text`.
static bool name_is_at(const struct writer *writer, size_t at, const char *text)
{
    char there[DHCP_DOMAIN_TEXT_BYTES];
    if (dhcp_domain_decode(writer->start, writer_length(writer), &at, there) != STATUS_OK) {
        return false;
    }
    size_t length = strlen(there);
    bool is_dotted = text[0] != '\0' && text_ends(text, ".");
    char mine[DHCP_DOMAIN_TEXT_BYTES];
    (void)text_copy(mine, sizeof mine, text);
    if (is_dotted) {
        mine[strlen(mine) - 1] = '\0';
    }
    return length == strlen(mine) && text_equal_nocase(there, mine);
}

// Writes a pointer to `text` when it was written before.
static bool write_pointer(const struct dhcp_domains *domains, const char *text, struct writer *writer)
{
    for (size_t i = 0; i < domains->count; i++) {
        if (name_is_at(writer, domains->at[i], text)) {
            write_be16(writer, (uint16_t)(POINTER << 8 | domains->at[i]));
            return true;
        }
    }
    return false;
}

enum status dhcp_domain_encode(const char *text, struct dhcp_domains *domains, struct writer *writer)
{
    enum status status = name_check(text);
    if (status != STATUS_OK) {
        return status;
    }
    uint16_t begun[DHCP_DOMAIN_TEXT_BYTES / 2];
    size_t count = 0;
    bool is_pointed = false;
    while (*text != '\0' && !is_pointed && !writer->failed) {
        is_pointed = domains != NULL && write_pointer(domains, text, writer);
        if (!is_pointed) {
            size_t label = strcspn(text, ".");
            begun[count++] = (uint16_t)size_min(writer_length(writer), UINT16_MAX);
            write_u8(writer, (uint8_t)label);
            write_bytes(writer, text, label);
            text += label + (text[label] == '.' ? 1 : 0);
        }
    }
    if (!is_pointed) {
        write_u8(writer, 0);
    }
    for (size_t i = 0; domains != NULL && i < count && domains->count < DHCP_DOMAIN_NAMES_MOST; i++) {
        if (begun[i] <= OFFSET_MOST) { // only now: a name never points into itself
            domains->at[domains->count++] = begun[i];
        }
    }
    return STATUS_OK;
}

// Appends a label with the dot before it.
static bool label_add(const uint8_t *label, size_t length, struct text *text)
{
    if (!label_is_good((const char *)label, length)) {
        return false;
    }
    text_add(text, text->length == 0 ? "" : ".");
    text_add_bytes(text, (const char *)label, length);
    return !text->cut;
}

enum status dhcp_domain_decode(const uint8_t *data, size_t bytes, size_t *at,
                               char out[DHCP_DOMAIN_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, DHCP_DOMAIN_TEXT_BYTES);
    size_t here = *at;
    size_t behind = 0; // the name in the option ends here; 0 = no pointer was followed
    size_t before = bytes;
    while (here < bytes && data[here] != 0) {
        size_t length = data[here];
        if (length >= POINTER) {
            size_t to = here + 1 < bytes ? (length & ~(size_t)POINTER) << 8 | data[here + 1] : bytes;
            if (to >= here || to >= before) {
                return STATUS_MALFORMED;
            }
            behind = behind == 0 ? here + POINTER_BYTES : behind;
            before = to;
            here = to;
        } else if (length > bytes - here - 1 || !label_add(data + here + 1, length, &text)) {
            return STATUS_MALFORMED;
        } else {
            here += 1 + length;
        }
    }
    if (here >= bytes || text.length == 0) {
        return STATUS_MALFORMED;
    }
    *at = behind == 0 ? here + 1 : behind;
    return STATUS_OK;
}
