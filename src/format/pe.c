// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/pe.h"

#include "base/text.h"

#include <string.h>

#define AT_PE_OFFSET       0x3c
#define COFF_BYTES         20
#define SECTION_NAME       8
#define SYMBOL_BYTES       18
#define MAGIC_PE32         0x10b
#define MAGIC_PE32_PLUS    0x20b
#define AT_SUBSYSTEM       68 // in the optional header of both
#define AT_COUNT_PE32      92 // of data directories
#define AT_COUNT_PE32_PLUS 108
#define DIRECTORY_BYTES    8
#define DIRECTORY_SECURITY 4
#define SUBSYSTEM_EFI      10 // an application; 11 and 12 are drivers, 13 a ROM
#define SUBSYSTEM_EFI_LAST 13

static enum pe_machine find_machine(uint16_t number)
{
    switch (number) {
    case 0x8664:
        return PE_MACHINE_X64;
    case 0x014c:
        return PE_MACHINE_IA32;
    case 0xaa64:
        return PE_MACHINE_ARM64;
    default:
        return PE_MACHINE_OTHER;
    }
}

const char *pe_machine_text(enum pe_machine machine)
{
    static const char *const TEXTS[] = {
        [PE_MACHINE_OTHER] = "other",
        [PE_MACHINE_X64] = "x64",
        [PE_MACHINE_IA32] = "ia32",
        [PE_MACHINE_ARM64] = "arm64",
    };
    return TEXTS[machine];
}

// The optional header, which is none in programs.
static void decode_optional(struct reader header, struct pe *pe)
{
    struct reader start = header;
    uint16_t magic = read_le16(&start);
    struct reader subsystem = header;
    struct reader directories = header;
    read_skip(&subsystem, AT_SUBSYSTEM);
    uint16_t number = read_le16(&subsystem);
    pe->is_efi = !subsystem.failed && number >= SUBSYSTEM_EFI && number <= SUBSYSTEM_EFI_LAST;
    if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS) {
        return;
    }
    read_skip(&directories, magic == MAGIC_PE32 ? AT_COUNT_PE32 : AT_COUNT_PE32_PLUS);
    if (read_le32(&directories) <= DIRECTORY_SECURITY) {
        return;
    }
    read_skip(&directories, (size_t)DIRECTORY_SECURITY * DIRECTORY_BYTES);
    uint32_t offset = read_le32(&directories);
    uint32_t bytes = read_le32(&directories);
    if (!directories.failed && offset != 0) {
        pe->certificates_offset = offset;
        pe->certificates_bytes = bytes;
    }
}

static void decode_section(struct reader *reader, struct pe_section *section)
{
    uint8_t name[SECTION_NAME];
    read_copy(reader, name, sizeof name);
    uint32_t virtual_bytes = read_le32(reader);
    read_skip(reader, 4);
    uint32_t file_bytes = read_le32(reader);
    uint32_t offset = read_le32(reader);
    read_skip(reader, 16);
    for (size_t i = 0; i < sizeof name; i++) {
        section->name[i] = (char)name[i];
    }
    section->name[sizeof name] = '\0';
    section->offset = offset;
    section->bytes = virtual_bytes != 0 && virtual_bytes < file_bytes ? virtual_bytes : file_bytes;
}

enum status pe_decode(const uint8_t *head, size_t bytes, struct pe *pe)
{
    struct reader start = reader_init(head, bytes);
    struct reader reader = start;
    if (read_le16(&start) != 0x5a4d) { // "MZ"
        return STATUS_NOT_FOUND;
    }
    start = reader;
    read_skip(&start, AT_PE_OFFSET);
    read_skip(&reader, read_le32(&start));
    if (start.failed || read_le32(&reader) != 0x4550) { // "PE\0\0"
        return STATUS_NOT_FOUND;
    }
    *pe = (struct pe){.section_count = 0};
    struct reader coff = read_inside(&reader, COFF_BYTES);
    pe->machine_number = read_le16(&coff);
    pe->machine = find_machine(pe->machine_number);
    uint16_t section_count = read_le16(&coff);
    read_skip(&coff, 4); // when it was made
    uint32_t symbols_offset = read_le32(&coff);
    uint32_t symbol_count = read_le32(&coff);
    pe->strings_offset = symbols_offset == 0 ? 0 : symbols_offset + (uint64_t)symbol_count * SYMBOL_BYTES;
    uint16_t optional_bytes = read_le16(&coff);
    decode_optional(read_inside(&reader, optional_bytes), pe);
    while (!reader.failed && pe->section_count < section_count && pe->section_count < PE_SECTIONS_MOST) {
        decode_section(&reader, &pe->sections[pe->section_count++]);
    }
    return reader.failed ? STATUS_MALFORMED : STATUS_OK;
}

// "/14": the name is in the table of strings, at byte 14.
void pe_name_sections(struct pe *pe, const uint8_t *strings, size_t bytes)
{
    for (unsigned i = 0; i < pe->section_count; i++) {
        char *name = pe->sections[i].name;
        uint64_t at;
        struct reader reader = reader_init(strings, bytes);
        if (name[0] != '/' || text_parse_u64(name + 1, bytes, &at) != STATUS_OK) {
            continue;
        }
        read_skip(&reader, (size_t)at);
        const char *found = read_string(&reader, NULL);
        if (found != NULL && strlen(found) < PE_SECTION_BYTES) {
            memcpy(name, found, strlen(found) + 1);
        }
    }
}

const struct pe_section *pe_find_section(const struct pe *pe, const char *name)
{
    for (unsigned i = 0; i < pe->section_count; i++) {
        if (strcmp(pe->sections[i].name, name) == 0) {
            return &pe->sections[i];
        }
    }
    return NULL;
}

// "shim.debian,1,Debian,shim,16.1-2,https://...": the rest of the row is for people.
bool pe_next_sbat(struct reader *reader, struct pe_sbat *sbat)
{
    struct text name;
    *sbat = (struct pe_sbat){.generation = 0};
    text_init(&name, sbat->name, sizeof sbat->name);
    uint8_t byte = read_u8(reader);
    for (; byte > ' ' && byte < 0x7f && byte != ','; byte = read_u8(reader)) {
        text_add_char(&name, (char)byte);
    }
    if (byte != ',' || name.length == 0 || name.cut) {
        return false;
    }
    unsigned digits = 0;
    for (byte = read_u8(reader); byte >= '0' && byte <= '9' && digits < 9; byte = read_u8(reader)) {
        sbat->generation = sbat->generation * 10 + (uint32_t)(byte - '0');
        digits++;
    }
    while (byte >= ' ' && reader_left(reader) != 0) {
        byte = read_u8(reader);
    }
    return digits != 0;
}
