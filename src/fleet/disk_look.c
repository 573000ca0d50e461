// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/disk_look.h"

#include "base/reader.h"
#include "fleet/process.h"
#include "model/image.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECTOR            512
#define GPT_ENTRIES_MOST  256
#define GPT_ENTRY_BYTES   128
#define MBR_CODE_BYTES    440
#define MBR_TABLE_AT      446
#define MBR_TYPE_ESP      0xef
#define PROGRAM_LOOKED_AT 4096

// C12A7328-F81F-11D2-BA4B-00A0C93EC93B as it stands in the table (UEFI 2.10 section 5.3.3).
static const uint8_t esp_type[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
                                     0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};

static uint64_t read_le64(struct reader *reader)
{
    uint64_t low = read_le32(reader);
    return low | (uint64_t)read_le32(reader) << 32;
}

static bool read_at(int fd, uint64_t at, uint8_t *out, size_t bytes)
{
    return at <= INT64_MAX && pread(fd, out, bytes, (off_t)at) == (ssize_t)bytes;
}

static bool has_code(const uint8_t sector[SECTOR])
{
    for (size_t i = 0; i < MBR_CODE_BYTES; i++) {
        if (sector[i] != 0) {
            return true;
        }
    }
    return false;
}

// Where the EFI system partition begins by the MBR's own table; 0 = none.
static uint64_t find_mbr_esp(const uint8_t sector[SECTOR])
{
    struct reader reader = reader_init(sector + MBR_TABLE_AT, 64);
    for (unsigned i = 0; i < 4; i++) {
        struct reader entry = read_inside(&reader, 16);
        read_skip(&entry, 4);
        uint8_t type = read_u8(&entry);
        read_skip(&entry, 3);
        uint64_t start = read_le32(&entry);
        if (type == MBR_TYPE_ESP && start != 0) {
            return start * SECTOR;
        }
    }
    return 0;
}

// The same by a GPT; 0 = none, or no GPT.
static uint64_t find_gpt_esp(int fd)
{
    uint8_t header[SECTOR];
    uint8_t entry_bytes[GPT_ENTRY_BYTES];
    if (!read_at(fd, SECTOR, header, sizeof header) || memcmp(header, "EFI PART", 8) != 0) {
        return 0;
    }
    struct reader reader = reader_init(header + 72, 16);
    uint64_t table = read_le64(&reader);
    uint32_t count = read_le32(&reader);
    uint32_t each = read_le32(&reader);
    if (count > GPT_ENTRIES_MOST || each < GPT_ENTRY_BYTES || each > 4096 || table > UINT32_MAX) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_at(fd, table * SECTOR + (uint64_t)i * each, entry_bytes, sizeof entry_bytes)) {
            return 0;
        }
        struct reader entry = reader_init(entry_bytes, sizeof entry_bytes);
        bool is_esp = memcmp(read_bytes(&entry, 16), esp_type, sizeof esp_type) == 0;
        read_skip(&entry, 16);
        uint64_t start = read_le64(&entry);
        if (is_esp && start != 0 && start < INT64_MAX / SECTOR) {
            return start * SECTOR;
        }
    }
    return 0;
}

bool disk_look_is_signed(const uint8_t *data, size_t bytes)
{
    struct reader reader = reader_init(data, bytes);
    if (read_le16(&reader) != 0x5a4d) { // "MZ"
        return false;
    }
    read_skip(&reader, 58);
    size_t pe = read_le32(&reader);
    reader = reader_init(data, bytes);
    read_skip(&reader, pe);
    bool is_pe = read_le32(&reader) == 0x4550; // "PE"
    read_skip(&reader, 20);
    bool is_plus = read_le16(&reader) == 0x20b; // PE32+: data directories begin 112 bytes in, each has 8
    read_skip(&reader, 112 - 2 + 4 * 8);
    uint32_t certificates_at = read_le32(&reader);
    uint32_t certificates_bytes = read_le32(&reader);
    return is_pe && is_plus && !reader.failed && certificates_at != 0 && certificates_bytes != 0;
}

static bool is_loader_signed(const char *file, uint64_t esp)
{
    char drive[4096 + 32];
    uint8_t data[PROGRAM_LOOKED_AT];
    size_t bytes = 0;
    ssize_t count = 0;
    struct process process;
    const char *const words[] = {"mcopy", "-n", "-i", drive, "::/EFI/BOOT/BOOTX64.EFI", "-", NULL};
    static const char *const environment[] = {"MTOOLS_SKIP_CHECK=1", "MTOOLSRC=/dev/null", NULL};
    const struct process_job job = {.words = words, .environment = environment};
    int length = snprintf(drive, sizeof drive, "%s@@%llu", file, (unsigned long long)esp);
    if (length >= (int)sizeof drive || !process_is_there("mcopy") ||
        process_open(&job, &process, NULL) != STATUS_OK) {
        return false;
    }
    while (bytes < sizeof data && (count = read(process.output, data + bytes, sizeof data - bytes)) > 0) {
        bytes += (size_t)count;
    }
    (void)process_close(&process, NULL);
    return disk_look_is_signed(data, bytes);
}

uint8_t disk_look(int fd, const char *file)
{
    uint8_t sector[SECTOR];
    if (!read_at(fd, 0, sector, sizeof sector) || sector[510] != 0x55 || sector[511] != 0xaa) {
        return 0;
    }
    unsigned starts = has_code(sector) ? IMAGE_STARTS_BIOS : 0;
    uint64_t esp = find_gpt_esp(fd);
    esp = esp == 0 ? find_mbr_esp(sector) : esp;
    if (esp != 0) {
        starts |= IMAGE_STARTS_UEFI;
        starts |= is_loader_signed(file, esp) ? IMAGE_STARTS_SECURE : 0;
    }
    return (uint8_t)starts;
}
