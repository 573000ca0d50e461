// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/table.h"

#include "agent/run.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DUMP_BYTES  (64u * 1024)
#define GROW_WORTH  (1024ull * 1024)
#define MIB_SECTORS 2048u
#define ESP_MIB     512u
#define UUID_BYTES  40

static enum status say_failed(const struct table *table, const char *what, struct problem *problem)
{
    problem_set(problem, "%s could not be %s: %s", table->path, what, strerror(errno));
    return STATUS_IO;
}

enum status table_create(struct table *table, const char *path, uint64_t disk_bytes, struct problem *problem)
{
    *table = (struct table){.disk_bytes = disk_bytes};
    (void)text_copy(table->path, sizeof table->path, path);
    (void)unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return say_failed(table, "made", problem);
    }
    bool made = ftruncate(fd, (off_t)disk_bytes) == 0;
    enum status status = made ? STATUS_OK : say_failed(table, "made", problem);
    (void)close(fd);
    return status;
}

static enum status copy(const struct table *table, bool is_write, uint64_t at, void *data, size_t bytes,
                        struct problem *problem)
{
    const char *what = is_write ? "written" : "read";
    int fd = open(table->path, (is_write ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return say_failed(table, what, problem);
    }
    uint8_t *next = data;
    enum status status = STATUS_OK;
    while (bytes > 0 && status == STATUS_OK) {
        ssize_t some = is_write ? pwrite(fd, next, bytes, (off_t)at) : pread(fd, next, bytes, (off_t)at);
        if (some < 0 && errno == EINTR) {
            continue;
        }
        if (some <= 0) {
            errno = some == 0 ? ENODATA : errno;
            status = say_failed(table, what, problem);
            break;
        }
        next += some;
        at += (uint64_t)some;
        bytes -= (size_t)some;
    }
    (void)close(fd);
    return status;
}

enum status table_put(const struct table *table, const void *data, size_t bytes, struct problem *problem)
{
    void *same;
    (void)memcpy(&same, &data, sizeof same); // copy() only reads it
    return copy(table, true, 0, same, bytes, problem);
}

enum status table_get(const struct table *table, uint64_t at, void *data, size_t bytes,
                      struct problem *problem)
{
    return copy(table, false, at, data, bytes, problem);
}

void table_remove(struct table *table)
{
    if (table->path[0] != '\0') {
        (void)unlink(table->path);
    }
    *table = (struct table){0};
}

// The number behind "name=" in a line of the dump: " start=  2048, size= 4096, type=83".
static bool find_number(const char *line, const char *name, uint64_t *value)
{
    const char *at = strstr(line, name);
    if (at == NULL) {
        return false;
    }
    at += strlen(name);
    at += strspn(at, " ");
    size_t digits = strspn(at, "0123456789");
    char number[24];
    if (digits == 0 || digits >= sizeof number) {
        return false;
    }
    (void)memcpy(number, at, digits);
    number[digits] = '\0';
    return text_parse_u64(number, UINT64_MAX / TABLE_SECTOR_BYTES, value) == STATUS_OK;
}

static bool is_extended(const char *line)
{
    static const char *const kinds[] = {"type=5", "type=f", "type=85", "type=c5"};
    const char *at = strstr(line, "type=");
    size_t length = at == NULL ? 0 : strcspn(at, ", \r\n");
    for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
        if (length == strlen(kinds[i]) && strncmp(at, kinds[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_part(struct table *table, const char *line)
{
    uint64_t number;
    uint64_t start;
    uint64_t sectors;
    size_t before = strlen(table->path);
    if (!find_number(line, "start=", &start) || !find_number(line, "size=", &sectors)) {
        return false;
    }
    const char *digits = line + before + (line[before] == 'p');
    char text[12] = "";
    size_t length = strspn(digits, "0123456789");
    (void)memcpy(text, digits, size_min(length, sizeof text - 1));
    uint64_t all = table->disk_bytes / TABLE_SECTOR_BYTES;
    if (text_parse_u64(text, 1024, &number) != STATUS_OK || number == 0 || start == 0 || sectors == 0 ||
        start >= all || sectors > all - start || table->count == TABLE_PARTS_MOST) {
        return false;
    }
    table->parts[table->count++] = (struct table_part){.number = (unsigned)number,
                                                       .start = start * TABLE_SECTOR_BYTES,
                                                       .bytes = sectors * TABLE_SECTOR_BYTES,
                                                       .is_extended = is_extended(line)};
    return true;
}

enum status table_parse(struct table *table, const char *dump, struct problem *problem)
{
    table->count = 0;
    table->kind[0] = '\0';
    char line[512];
    for (const char *at = dump; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)size_min(length, sizeof line - 1), at);
        at += length + (at[length] == '\n');
        if (text_starts(line, "label: ")) {
            (void)text_copy(table->kind, sizeof table->kind, line + strlen("label: "));
        } else if (text_starts(line, table->path) && !parse_part(table, line)) {
            problem_set(problem, "the image's partition table makes no sense: %s",
                        line + strlen(table->path));
            return STATUS_MALFORMED;
        }
    }
    return STATUS_OK;
}

enum status table_read(struct table *table, struct problem *problem)
{
    table->count = 0;
    table->kind[0] = '\0';
    uint8_t sector[TABLE_SECTOR_BYTES];
    enum status status = table_get(table, 0, sector, sizeof sector, problem);
    if (status != STATUS_OK || sector[510] != 0x55 || sector[511] != 0xaa) {
        return status; // sfdisk calls it an error when there is no table
    }
    char *dump = malloc(DUMP_BYTES);
    if (dump == NULL) {
        problem_set(problem, "there is no memory left to read the partition table");
        return STATUS_IO;
    }
    const char *const words[] = {"sfdisk", "--dump", table->path, NULL};
    struct problem no_table = {0};
    struct run_job job = {
        .words = words, .output = dump, .output_bytes = DUMP_BYTES, .timeout_s = 60, .is_quiet = true};
    if (run(&job, &no_table) == STATUS_OK) { // else a boot sector without a table: a bare file system
        status = table_parse(table, dump, problem);
    }
    free(dump);
    return status;
}

static enum status change(const char *const words[], const char *script, struct table *table,
                          struct problem *problem)
{
    struct run_job job = {.words = words, .input = script, .timeout_s = 60};
    enum status status = run(&job, problem);
    return status == STATUS_OK ? table_read(table, problem) : status;
}

enum status table_stretch(struct table *table, struct problem *problem)
{
    if (strcmp(table->kind, "gpt") != 0) {
        return STATUS_OK;
    }
    const char *const words[] = {"sfdisk",    "--no-reread", "--no-tell-kernel", "--relocate", "gpt-bak-std",
                                 table->path, NULL};
    return change(words, NULL, table, problem);
}

enum status table_grow(struct table *table, unsigned number, struct problem *problem)
{
    char text[12];
    (void)snprintf(text, sizeof text, "%u", number);
    const char *const words[] = {"sfdisk", "--no-reread", "--no-tell-kernel",
                                 "--wipe", "never",       "--wipe-partitions",
                                 "never",  "--force",     "-N",
                                 text,     table->path,   NULL};
    return change(words, ", +\n", table, problem);
}

const struct table_part *table_pick_last(const struct table *table)
{
    const struct table_part *last = NULL;
    for (unsigned i = 0; i < table->count; i++) {
        const struct table_part *part = &table->parts[i];
        if (part->is_extended || part->number > 128) {
            return NULL;
        }
        if (last == NULL || part->start > last->start) {
            last = part;
        }
    }
    if (last == NULL || (strcmp(table->kind, "gpt") != 0 && strcmp(table->kind, "dos") != 0)) {
        return NULL;
    }
    bool is_gpt = strcmp(table->kind, "gpt") == 0;
    uint64_t end = is_gpt ? table->disk_bytes - TABLE_GPT_END_BYTES : table->disk_bytes;
    if (!is_gpt && end > TABLE_MBR_BYTES_MOST) {
        end = TABLE_MBR_BYTES_MOST;
    }
    bool is_worth_it = last->start + last->bytes + GROW_WORTH <= end;
    return is_worth_it ? last : NULL;
}

uint64_t table_held_bytes(const struct table *table, uint64_t most)
{
    for (unsigned i = 0; i < table->count; i++) {
        most = table->parts[i].start < most ? table->parts[i].start : most;
    }
    return most;
}

struct table_layout table_plan(uint64_t disk_bytes, bool is_uefi)
{
    bool is_large = disk_bytes > TABLE_MBR_BYTES_MOST;
    return (struct table_layout){
        .is_gpt = is_uefi || is_large, .root = is_uefi || is_large ? 2 : 1, .esp = is_uefi ? 1 : 0};
}

// An identifier that looks random and is always the same for a seed and a name.
static void derive_uuid(const char *seed, const char *name, char out[UUID_BYTES])
{
    struct sha256_ctx context;
    uint8_t b[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, strlen(seed), (const uint8_t *)seed);
    sha256_update(&context, strlen(name), (const uint8_t *)name);
    sha256_digest(&context, sizeof b, b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); // RFC 4122: version 4, the variant
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    (void)snprintf(out, UUID_BYTES, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
}

void table_print_script(const struct table_layout *layout, const char *seed, char *out, size_t out_bytes)
{
    struct text text;
    text_init(&text, out, out_bytes);
    char disk[UUID_BYTES];
    char boot[UUID_BYTES];
    char root[UUID_BYTES];
    derive_uuid(seed, "disk", disk);
    derive_uuid(seed, "boot", boot);
    derive_uuid(seed, "root", root);
    if (!layout->is_gpt) {
        text_add_format(&text, "label: dos\nlabel-id: 0x%.8s\n", disk);
        text_add_format(&text, "start=%u, type=83, bootable\n", MIB_SECTORS);
        return;
    }
    text_add_format(&text, "label: gpt\nlabel-id: %s\n", disk);
    unsigned sectors = layout->esp != 0 ? ESP_MIB * MIB_SECTORS : MIB_SECTORS;
    const char *kind = layout->esp != 0 ? "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"  // EFI system partition
                                        : "21686148-6449-6E6F-744E-656564454649"; // for GRUB's core on BIOS
    text_add_format(&text, "start=%u, size=%u, type=%s, uuid=%s, name=\"%s\"\n", MIB_SECTORS, sectors, kind,
                    boot, layout->esp != 0 ? "EFI" : "BIOS boot");
    text_add_format(&text, "start=%u, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=%s, name=\"root\"\n",
                    MIB_SECTORS + sectors, root);
}

enum status table_make(struct table *table, const struct table_layout *layout, const char *seed,
                       struct problem *problem)
{
    char script[1024];
    table_print_script(layout, seed, script, sizeof script);
    const char *const words[] = {"sfdisk",    "--no-reread", "--no-tell-kernel", "--wipe", "never",
                                 table->path, NULL};
    enum status status = change(words, script, table, problem);
    if (status == STATUS_OK && table->count < layout->root) {
        problem_set(problem, "sfdisk did not make the partitions that it was told to");
        status = STATUS_IO;
    }
    return status;
}
