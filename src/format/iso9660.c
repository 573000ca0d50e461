// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/iso9660.h"

#include "base/reader.h"
#include "base/text.h"

#include <string.h>

#define RECORD_BYTES      33 // before the name
#define FLAG_HIDDEN       0x01
#define FLAG_FOLDER       0x02
#define FLAG_ASSOCIATED   0x04
#define FLAG_GOES_ON      0x80
#define ROOT_RECORD_AT    156
#define VOLUME_LABEL_AT   40
#define VOLUME_LABEL      32
#define ESCAPES_AT        88
#define BLOCK_SIZE_AT     128
#define SPACE_SIZE_AT     80
#define BOOT_CATALOGUE_AT 71
#define SUSP_HEADER_BYTES 4

static enum status decode_tree(const uint8_t *sector, struct iso9660_volume *volume)
{
    struct reader reader = reader_init(sector + BLOCK_SIZE_AT, sizeof(uint16_t));
    if (read_le16(&reader) != ISO9660_SECTOR_BYTES) {
        return STATUS_UNSUPPORTED;
    }
    reader = reader_init(sector + SPACE_SIZE_AT, sizeof(uint32_t));
    volume->blocks = read_le32(&reader);
    struct iso9660_record root;
    if (iso9660_decode_record(sector + ROOT_RECORD_AT, RECORD_BYTES + 1, &root) != STATUS_OK ||
        !root.is_folder) {
        return STATUS_MALFORMED;
    }
    volume->root_block = root.block;
    volume->root_bytes = root.bytes;
    return STATUS_OK;
}

static void decode_label(const uint8_t *bytes, char out[ISO9660_LABEL_BYTES])
{
    size_t length = 0;
    for (size_t i = 0; i < VOLUME_LABEL && bytes[i] != '\0'; i++) {
        bool is_plain = bytes[i] >= 0x20 && bytes[i] < 0x7f;
        out[i] = is_plain ? (char)bytes[i] : '?';
        length = bytes[i] != ' ' ? i + 1 : length;
    }
    out[length] = '\0';
}

enum status iso9660_decode_volume(const uint8_t sector[ISO9660_SECTOR_BYTES], struct iso9660_volume *volume)
{
    static const char EL_TORITO[] = "EL TORITO SPECIFICATION";
    *volume = (struct iso9660_volume){.kind = ISO9660_OTHER};
    if (memcmp(sector + 1, "CD001", 5) != 0) {
        return STATUS_NOT_FOUND;
    }
    const uint8_t *escapes = sector + ESCAPES_AT;
    bool is_joliet = escapes[0] == '%' && escapes[1] == '/' &&
                     (escapes[2] == '@' || escapes[2] == 'C' || escapes[2] == 'E');
    struct reader reader = reader_init(sector + BOOT_CATALOGUE_AT, sizeof(uint32_t));
    switch (sector[0]) {
    case 0:
        volume->kind =
            memcmp(sector + 7, EL_TORITO, sizeof EL_TORITO - 1) == 0 ? ISO9660_BOOT : ISO9660_OTHER;
        volume->boot_catalogue_block = read_le32(&reader);
        return STATUS_OK;
    case 1:
        volume->kind = ISO9660_PRIMARY;
        decode_label(sector + VOLUME_LABEL_AT, volume->label);
        return decode_tree(sector, volume);
    case 2:
        volume->kind = is_joliet ? ISO9660_JOLIET : ISO9660_OTHER;
        return is_joliet ? decode_tree(sector, volume) : STATUS_OK;
    case 0xff:
        volume->kind = ISO9660_END;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

// Days since 1970 of a date of the Gregorian calendar (`year` from 1900 on).
static int64_t count_days(int64_t year, int64_t month, int64_t day)
{
    static const int64_t BEFORE[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t last = year - 1;
    int64_t leap_days = last / 4 - last / 100 + last / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return (year - 1970) * 365 + leap_days + BEFORE[month - 1] + (is_leap && month > 2) + day - 1;
}

// Seven bytes of a directory record (ECMA-119 9.1.5); the last is the zone in quarters of an hour.
static int64_t decode_time(const uint8_t *bytes)
{
    bool is_good = bytes[1] >= 1 && bytes[1] <= 12 && bytes[2] >= 1 && bytes[2] <= 31 && bytes[3] < 24 &&
                   bytes[4] < 60 && bytes[5] < 61;
    if (!is_good) {
        return 0;
    }
    int8_t zone = (int8_t)bytes[6];
    int64_t days = count_days(1900 + bytes[0], bytes[1], bytes[2]);
    int64_t seconds = ((days * 24 + bytes[3]) * 60 + bytes[4] - (int64_t)zone * 15) * 60 + bytes[5];
    return seconds > 0 ? seconds : 0;
}

enum status iso9660_decode_record(const uint8_t *bytes, size_t room, struct iso9660_record *record)
{
    *record = (struct iso9660_record){0};
    if (room == 0 || bytes[0] == 0) {
        return STATUS_NOT_FOUND;
    }
    size_t length = bytes[0];
    if (length < RECORD_BYTES + 1 || length > room) {
        return STATUS_MALFORMED;
    }
    struct reader reader = reader_init(bytes, length);
    read_skip(&reader, 1);
    uint8_t extended = read_u8(&reader); // blocks of an extended attribute record before the data
    uint32_t block = read_le32(&reader);
    read_skip(&reader, 4);
    record->bytes = read_le32(&reader);
    read_skip(&reader, 4);
    const uint8_t *time = read_bytes(&reader, 7);
    record->modified_s = time == NULL ? 0 : decode_time(time);
    uint8_t flags = read_u8(&reader);
    read_skip(&reader, 2 + 4); // interleaved files and other volumes of a set: nobody makes them
    record->name_bytes = read_u8(&reader);
    record->name = read_bytes(&reader, record->name_bytes);
    if (reader.failed || record->name_bytes == 0 || block > UINT32_MAX - extended) {
        return STATUS_MALFORMED;
    }
    record->block = block + extended;
    if (record->name_bytes % 2 == 0 && reader_left(&reader) != 0) {
        read_skip(&reader, 1); // the system use area begins at an even place
    }
    record->length = length;
    record->system_use_bytes = reader_left(&reader);
    record->system_use = bytes + (length - record->system_use_bytes);
    record->is_folder = (flags & FLAG_FOLDER) != 0;
    record->is_hidden = (flags & (FLAG_HIDDEN | FLAG_ASSOCIATED)) != 0;
    record->goes_on = (flags & FLAG_GOES_ON) != 0;
    record->is_self = record->name_bytes == 1 && record->name[0] == 0;
    record->is_parent = record->name_bytes == 1 && record->name[0] == 1;
    return STATUS_OK;
}

// Names.

static bool is_usable(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (text_is_control(*at) || *at == '/' || *at == '\\') {
            return false;
        }
    }
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void add_rune(struct text *out, uint32_t rune)
{
    if (rune < 0x80) {
        text_add_char(out, (char)rune);
    } else if (rune < 0x800) {
        text_add_char(out, (char)(unsigned char)(0xc0 | (rune >> 6)));
        text_add_char(out, (char)(unsigned char)(0x80 | (rune & 0x3f)));
    } else {
        text_add_char(out, (char)(unsigned char)(0xe0 | (rune >> 12)));
        text_add_char(out, (char)(unsigned char)(0x80 | ((rune >> 6) & 0x3f)));
        text_add_char(out, (char)(unsigned char)(0x80 | (rune & 0x3f)));
    }
}

static void print_plain(const struct iso9660_record *record, struct text *out)
{
    for (size_t i = 0; i < record->name_bytes && record->name[i] != ';'; i++) {
        uint8_t byte = record->name[i];
        add_rune(out, byte >= 'A' && byte <= 'Z' ? (uint32_t)(byte - 'A' + 'a') : byte == 0 ? '/' : byte);
    }
    while (!record->is_folder && out->length > 1 && out->start[out->length - 1] == '.') {
        out->length--;
        out->start[out->length] = '\0';
    }
}

// A surrogate of UTF-16 is no character of UCS-2; it is shown as what stands for one that is not known.
static void print_joliet(const struct iso9660_record *record, struct text *out)
{
    for (size_t i = 0; i + 1 < record->name_bytes; i += 2) {
        uint32_t rune = (uint32_t)record->name[i] << 8 | record->name[i + 1];
        if (rune == ';') {
            break;
        }
        bool is_surrogate = rune >= 0xd800 && rune < 0xe000;
        add_rune(out, is_surrogate ? 0xfffd : rune == 0 ? '/' : rune);
    }
}

enum status iso9660_print_name(const struct iso9660_record *record, bool is_joliet,
                               char out[ISO9660_NAME_BYTES])
{
    struct text text;
    text_init(&text, out, ISO9660_NAME_BYTES);
    if (is_joliet) {
        print_joliet(record, &text);
    } else {
        print_plain(record, &text);
    }
    return !text.cut && is_usable(out) ? STATUS_OK : STATUS_MALFORMED;
}

// Rock Ridge.

#define NM_GOES_ON   0x01
#define NM_SELF      0x02
#define NM_PARENT    0x04
#define SL_GOES_ON   0x01
#define SL_COMPONENT 2 // bytes before its text

static void add_bytes(char *out, size_t room, size_t *count, const uint8_t *bytes, size_t length,
                      bool *is_broken)
{
    if (length >= room - *count || memchr(bytes, '\0', length) != NULL) {
        *is_broken = true;
        return;
    }
    memcpy(out + *count, bytes, length);
    *count += length;
    out[*count] = '\0';
}

static void read_name(struct reader *field, struct iso9660_extra *extra)
{
    uint8_t flags = read_u8(field);
    size_t length = reader_left(field);
    const uint8_t *bytes = read_bytes(field, length);
    if (bytes == NULL || (flags & (NM_SELF | NM_PARENT)) != 0) {
        return;
    }
    add_bytes(extra->name, sizeof extra->name, &extra->name_bytes, bytes, length, &extra->is_broken);
}

// One component of a link's target: its text, or one of ".", "..", "/".
static void read_component(struct reader *field, struct iso9660_extra *extra)
{
    uint8_t flags = read_u8(field);
    uint8_t length = read_u8(field);
    const uint8_t *bytes = read_bytes(field, length);
    if (bytes == NULL) {
        extra->is_broken = true;
        return;
    }
    bool is_root = (flags & 0x08) != 0;
    bool needs_slash =
        extra->link_bytes != 0 && !extra->is_link_open && extra->link[extra->link_bytes - 1] != '/';
    const char *special = (flags & 0x02) != 0 ? "." : (flags & 0x04) != 0 ? ".." : is_root ? "/" : NULL;
    if (needs_slash) {
        add_bytes(extra->link, sizeof extra->link, &extra->link_bytes, (const uint8_t *)"/", 1,
                  &extra->is_broken);
    }
    if (special != NULL) {
        bytes = (const uint8_t *)special;
        length = (uint8_t)strlen(special);
    }
    add_bytes(extra->link, sizeof extra->link, &extra->link_bytes, bytes, length, &extra->is_broken);
    extra->is_link_open = (flags & SL_GOES_ON) != 0;
}

static void read_link(struct reader *field, struct iso9660_extra *extra)
{
    (void)read_u8(field); // whether it goes on in another field: those come in order
    while (reader_left(field) >= SL_COMPONENT && !extra->is_broken) {
        read_component(field, extra);
    }
}

static uint32_t read_both32(struct reader *field)
{
    uint32_t value = read_le32(field);
    read_skip(field, sizeof value);
    return value;
}

static void read_field(const char *signature, struct reader *field, struct iso9660_extra *extra)
{
    static const char *const RRIP[] = {"RR", "PX", "TF", "PN", "NM", "SL", "CL", "PL", "RE"};
    for (size_t i = 0; i < COUNT_OF(RRIP); i++) {
        extra->is_rock_ridge = extra->is_rock_ridge || strcmp(signature, RRIP[i]) == 0;
    }
    if (strcmp(signature, "NM") == 0) {
        read_name(field, extra);
    } else if (strcmp(signature, "SL") == 0) {
        read_link(field, extra);
    } else if (strcmp(signature, "CL") == 0) {
        extra->child_block = read_both32(field);
    } else if (strcmp(signature, "RE") == 0) {
        extra->is_moved = true;
    } else if (strcmp(signature, "CE") == 0) {
        extra->more_block = read_both32(field);
        extra->more_offset = read_both32(field);
        extra->more_bytes = read_both32(field);
        if (field->failed) {
            extra->more_bytes = 0;
        }
    }
}

void iso9660_read_extra(const uint8_t *area, size_t bytes, struct iso9660_extra *extra)
{
    struct reader reader = reader_init(area, bytes);
    extra->more_bytes = 0;
    while (reader_left(&reader) >= SUSP_HEADER_BYTES) {
        char signature[3] = "";
        read_copy(&reader, signature, 2);
        uint8_t length = read_u8(&reader);
        (void)read_u8(&reader); // version
        if (length < SUSP_HEADER_BYTES || strcmp(signature, "ST") == 0) {
            return;
        }
        struct reader field = read_inside(&reader, (size_t)length - SUSP_HEADER_BYTES);
        if (reader.failed) {
            return;
        }
        read_field(signature, &field, extra);
    }
}

bool iso9660_extra_has_name(const struct iso9660_extra *extra)
{
    return extra->name_bytes != 0 && !extra->is_broken && is_usable(extra->name);
}

int iso9660_find_skip(const uint8_t *area, size_t bytes)
{
    bool is_sp =
        bytes >= 7 && area[0] == 'S' && area[1] == 'P' && area[2] == 7 && area[4] == 0xbe && area[5] == 0xef;
    return is_sp ? area[6] : -1;
}

// ---- El Torito ----

#define BOOT_ENTRY_BYTES 32

static uint8_t find_firmware(uint8_t platform)
{
    return platform == 0 ? ISO9660_STARTS_BIOS : platform == 0xef ? ISO9660_STARTS_UEFI : 0;
}

static bool is_boot_catalogue(const uint8_t *first)
{
    uint16_t sum = 0;
    for (size_t i = 0; i < BOOT_ENTRY_BYTES; i += 2) {
        sum = (uint16_t)(sum + first[i] + (first[i + 1] << 8));
    }
    return first[0] == 1 && first[30] == 0x55 && first[31] == 0xaa && sum == 0;
}

uint8_t iso9660_decode_boot_catalogue(const uint8_t sector[ISO9660_SECTOR_BYTES])
{
    uint8_t starts = 0;
    bool is_catalogue = is_boot_catalogue(sector);
    uint8_t firmware = find_firmware(sector[1]);
    for (size_t at = BOOT_ENTRY_BYTES; is_catalogue && at < ISO9660_SECTOR_BYTES; at += BOOT_ENTRY_BYTES) {
        const uint8_t *entry = sector + at;
        if (entry[0] == 0x90 || entry[0] == 0x91) { // a section: those behind it are for that firmware
            firmware = find_firmware(entry[1]);
        } else if (entry[0] == 0x88) {
            starts |= firmware;
        }
    }
    return starts;
}
