// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/grub_image.h"

#include "base/text.h"

#include <string.h>

#define MAGIC            0x676d696d // "mimg"
#define PART_HEAD_BYTES  8
#define PART_MODULE      0 // an object file in ELF
#define PART_PREFIX      3
#define NAME_BYTES       32
#define SECTIONS_MOST    4096 // of an object file
#define ELF_CLASS_32     1
#define ELF_SECTION_NAME ".modname"

struct elf { // of little-endian object files of either width
    const uint8_t *bytes;
    size_t count;
    bool is_32;
    uint64_t table; // of its sections
    uint16_t row_bytes;
    uint16_t rows;
    uint16_t names; // the row of the section with the names of sections
};

struct elf_section {
    uint32_t name; // in the section with the names
    uint64_t offset;
    uint64_t bytes;
};

static uint64_t read_word(struct reader *reader, bool is_32)
{
    uint64_t low = read_le32(reader);
    return is_32 ? low : low | (uint64_t)read_le32(reader) << 32;
}

static bool open_elf(const uint8_t *bytes, size_t count, struct elf *elf)
{
    struct reader reader = reader_init(bytes, count);
    *elf = (struct elf){.bytes = bytes, .count = count};
    bool is_elf = read_be32(&reader) == 0x7f454c46;
    elf->is_32 = read_u8(&reader) == ELF_CLASS_32;
    read_skip(&reader, 11 + 8); // the rest of its mark; type, machine, version
    (void)read_word(&reader, elf->is_32);
    (void)read_word(&reader, elf->is_32);
    elf->table = read_word(&reader, elf->is_32);
    read_skip(&reader, 4 + 2 + 4);
    elf->row_bytes = read_le16(&reader);
    elf->rows = read_le16(&reader);
    elf->names = read_le16(&reader);
    return is_elf && !reader.failed && elf->table < count && elf->rows <= SECTIONS_MOST;
}

static bool read_section(const struct elf *elf, uint16_t row, struct elf_section *section)
{
    struct reader reader = reader_init(elf->bytes, elf->count);
    read_skip(&reader, (size_t)elf->table);
    read_skip(&reader, (size_t)row * elf->row_bytes);
    section->name = read_le32(&reader);
    read_skip(&reader, 4);
    (void)read_word(&reader, elf->is_32);
    (void)read_word(&reader, elf->is_32);
    section->offset = read_word(&reader, elf->is_32);
    section->bytes = read_word(&reader, elf->is_32);
    return !reader.failed && section->offset <= elf->count && section->bytes <= elf->count - section->offset;
}

// Copies the text at `offset` of the section; "" when there is none of that length.
static void copy_text(const struct elf *elf, const struct elf_section *section, uint64_t offset,
                      char out[NAME_BYTES])
{
    out[0] = '\0';
    for (size_t i = 0; i < NAME_BYTES && offset + i < section->bytes; i++) {
        out[i] = (char)elf->bytes[section->offset + offset + i];
        if (out[i] == '\0') {
            return;
        }
    }
    out[0] = '\0';
}

// The name of the module, out of its own section for that.
static void find_name(const uint8_t *bytes, size_t count, char out[NAME_BYTES])
{
    struct elf elf;
    struct elf_section names;
    struct elf_section section;
    char name[NAME_BYTES];
    out[0] = '\0';
    if (!open_elf(bytes, count, &elf) || !read_section(&elf, elf.names, &names)) {
        return;
    }
    for (uint16_t row = 0; row < elf.rows && read_section(&elf, row, &section); row++) {
        copy_text(&elf, &names, section.name, name);
        if (strcmp(name, ELF_SECTION_NAME) == 0) {
            copy_text(&elf, &section, 0, out);
            return;
        }
    }
}

static void add_module(const char *name, struct grub_image *image)
{
    static const struct {
        const char *name;
        unsigned can;
    } MODULES[] = {{"efinet", GRUB_IMAGE_EFINET},
                   {"tftp", GRUB_IMAGE_TFTP},
                   {"http", GRUB_IMAGE_HTTP},
                   {"linux", GRUB_IMAGE_LINUX},
                   {"linuxefi", GRUB_IMAGE_LINUX}};
    image->modules++;
    for (size_t i = 0; i < COUNT_OF(MODULES); i++) {
        image->can |= strcmp(name, MODULES[i].name) == 0 ? MODULES[i].can : 0;
    }
}

static void set_prefix(struct reader part, struct grub_image *image)
{
    const char *prefix = read_string(&part, NULL);
    if (prefix == NULL || strlen(prefix) >= sizeof image->prefix) {
        return;
    }
    for (size_t i = 0; i <= strlen(prefix); i++) {
        image->prefix[i] = prefix[i] != '\0' && (prefix[i] < ' ' || prefix[i] > '~') ? '?' : prefix[i];
    }
}

bool grub_image_decode(const uint8_t *section, size_t bytes, struct grub_image *image)
{
    struct reader reader = reader_init(section, bytes);
    struct reader start = reader;
    bool is_32 = false;
    char name[NAME_BYTES];
    memset(image, 0, sizeof *image);
    if (read_le32(&start) != MAGIC) {
        return false;
    }
    // Its head has the offset and the size of what follows, in the machine's own width; padding first in the
    // wider one. 12 bytes is the offset that only the narrow one has.
    uint32_t second = read_le32(&start);
    is_32 = second == 12;
    uint64_t offset = is_32 ? second : read_word(&start, false);
    uint64_t size = read_word(&start, is_32);
    if (start.failed || offset > bytes || size > bytes || size < offset) {
        return false;
    }
    read_skip(&reader, (size_t)offset);
    struct reader parts = read_inside(&reader, (size_t)(size - offset));
    for (unsigned i = 0; i < GRUB_IMAGE_PARTS_MOST && reader_left(&parts) >= PART_HEAD_BYTES; i++) {
        uint32_t type = read_le32(&parts);
        uint32_t length = read_le32(&parts);
        if (length < PART_HEAD_BYTES) {
            return false;
        }
        struct reader part = read_inside(&parts, length - PART_HEAD_BYTES);
        if (parts.failed) {
            return false;
        }
        if (type == PART_MODULE) {
            find_name(part.at, reader_left(&part), name);
            add_module(name, image);
        } else if (type == PART_PREFIX) {
            set_prefix(part, image);
        }
    }
    return image->modules != 0;
}
