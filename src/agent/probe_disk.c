// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/probe_inner.h"

#include <blkid/blkid.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define EDGE_BYTES   (1024u * 1024)
#define SAMPLES      64u
#define SAMPLE_BYTES (64u * 1024)
#define SECTOR_BYTES 512u // sysfs counts in these, whatever the disk does
#define VPD_BYTES    256u
#define VPD_HEADER   4u // SPC-4 7.8: page code at 1, length at 2..3

void probe_copy_plain(char *out, size_t out_bytes, const char *text, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length && text[i] != '\0' && used + 1 < out_bytes; i++) {
        if (text[i] > ' ' || (text[i] == ' ' && used > 0)) {
            out[used++] = text[i] < 0x7f ? text[i] : '_';
        }
    }
    while (used > 0 && out[used - 1] == ' ') {
        used--;
    }
    out[used] = '\0';
}

// SCSI vital product data, page 0x80: unit serial number.
static void read_vpd_serial(const char *folder, char *out, size_t out_bytes)
{
    char path[512];
    uint8_t page[VPD_BYTES];
    (void)snprintf(path, sizeof path, "%s/device/vpd_pg80", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd >= 0 ? read(fd, page, sizeof page) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (bytes < (ssize_t)VPD_HEADER || page[1] != 0x80) {
        return;
    }
    size_t length = (size_t)(page[2] << 8 | page[3]);
    char text[VPD_BYTES];
    length = size_min(length, (size_t)bytes - VPD_HEADER);
    (void)memcpy(text, page + VPD_HEADER, length);
    probe_copy_plain(out, out_bytes, text, length);
}

static void read_name(const char *folder, const char *file, char *out, size_t out_bytes)
{
    char text[256];
    if (probe_read(folder, file, text, sizeof text)) {
        probe_copy_plain(out, out_bytes, text, strlen(text));
    }
}

static void read_serial(const char *folder, struct inventory_disk *disk)
{
    read_name(folder, "serial", disk->serial, sizeof disk->serial); // virtio
    if (disk->serial[0] == '\0') {
        read_name(folder, "device/serial", disk->serial, sizeof disk->serial); // NVMe, MMC
    }
    if (disk->serial[0] == '\0') {
        read_vpd_serial(folder, disk->serial, sizeof disk->serial);
    }
}

static void read_model(const char *folder, struct inventory_disk *disk)
{
    char vendor[32] = "";
    read_name(folder, "device/model", disk->model, sizeof disk->model);
    if (disk->model[0] == '\0') {
        read_name(folder, "device/name", disk->model, sizeof disk->model); // MMC
    }
    read_name(folder, "device/vendor", vendor, sizeof vendor);
    bool is_telling = vendor[0] != '\0' && strcmp(vendor, "ATA") != 0 && !text_starts(vendor, "0x");
    if (is_telling && disk->model[0] != '\0') { // SCSI and USB: the maker stands apart
        char model[INVENTORY_TEXT_BYTES];
        (void)snprintf(model, sizeof model, "%s %.60s", vendor, disk->model);
        (void)text_copy(disk->model, sizeof disk->model, model);
    }
}

static const char *find_transport(const char *path)
{
    static const struct {
        const char *part;
        const char *name;
    } table[] = {{"/usb", "usb"},       {"/nvme", "nvme"}, {"/mmc_host", "mmc"}, {"/ata", "sata"},
                 {"/virtio", "virtio"}, {"/host", "scsi"}, {"/vbd-", "xen"}};
    for (unsigned i = 0; i < COUNT_OF(table); i++) {
        const char *at = strstr(path, table[i].part);
        bool is_scsi_on_virtio =
            at != NULL && strcmp(table[i].name, "virtio") == 0 && strstr(at, "/host") != NULL;
        if (at != NULL && !is_scsi_on_virtio) {
            return table[i].name;
        }
    }
    return "";
}

static uint64_t read_number(const char *folder, const char *name)
{
    char text[32];
    uint64_t value = 0;
    return probe_read(folder, name, text, sizeof text) &&
                   text_parse_u64(text, UINT64_MAX, &value) == STATUS_OK
               ? value
               : 0;
}

// Disks made of other disks, memory and files, drives for media without a medium.
static bool is_disk(const char *name)
{
    static const char *const others[] = {"loop", "ram", "zram", "dm-", "md", "sr", "fd", "."};
    for (unsigned i = 0; i < COUNT_OF(others); i++) {
        if (text_starts(name, others[i])) {
            return false;
        }
    }
    // The boot and the protected part of an MMC are no disks either.
    return !(text_starts(name, "mmcblk") && (strstr(name, "boot") != NULL || strstr(name, "rpmb") != NULL));
}

static bool read_disk(const char *block, const char *name, struct inventory_disk *disk)
{
    char folder[400];
    char real[PATH_MAX];
    uint64_t sectors;
    if ((size_t)snprintf(folder, sizeof folder, "%s/%s", block, name) >= sizeof folder ||
        (sectors = read_number(folder, "size")) == 0 || sectors > UINT64_MAX / SECTOR_BYTES ||
        read_number(folder, "hidden") != 0) {
        return false;
    }
    *disk = (struct inventory_disk){.bytes = sectors * SECTOR_BYTES};
    if (text_copy(disk->name, sizeof disk->name, name) != STATUS_OK) {
        return false;
    }
    disk->sector_bytes = (uint32_t)read_number(folder, "queue/logical_block_size");
    disk->is_read_only = read_number(folder, "ro") != 0;
    disk->is_removable = read_number(folder, "removable") != 0;
    read_serial(folder, disk);
    read_model(folder, disk);
    if (realpath(folder, real) != NULL) {
        (void)text_copy(disk->transport, sizeof disk->transport, find_transport(real));
    }
    return true;
}

bool probe_opened_disk(int fd, struct inventory_disk *disk)
{
    struct stat is;
    char folder[64];
    char real[PATH_MAX];
    if (fstat(fd, &is) != 0 || !S_ISBLK(is.st_mode)) {
        return false;
    }
    (void)snprintf(folder, sizeof folder, "/sys/dev/block/%u:%u", major(is.st_rdev), minor(is.st_rdev));
    const char *slash = realpath(folder, real) != NULL ? strrchr(real, '/') : NULL;
    return slash != NULL && read_disk("/sys/class/block", slash + 1, disk);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

void probe_disks(const struct probe_paths *paths, struct inventory *inventory)
{
    char block[256];
    (void)snprintf(block, sizeof block, "%s/block", paths->sys);
    struct dirent **entries;
    int count = scandir(block, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        struct inventory_disk *disk = &inventory->disks[inventory->disk_count];
        if (is_disk(entries[i]->d_name) && inventory->disk_count < INVENTORY_DISKS_MOST &&
            read_disk(block, entries[i]->d_name, disk)) {
            inventory->disk_count++;
            char device[300];
            (void)snprintf(device, sizeof device, "%s/%s", paths->dev != NULL ? paths->dev : "", disk->name);
            if (paths->dev != NULL) {
                probe_disk_content(device, disk);
            }
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

static bool is_zero(int fd, uint64_t at, uint64_t bytes)
{
    uint8_t block[4096];
    while (bytes > 0) {
        size_t wanted = bytes < sizeof block ? (size_t)bytes : sizeof block;
        ssize_t got = pread(fd, block, wanted, (off_t)at);
        if (got <= 0) { // what cannot be read is not called blank
            return false;
        }
        for (ssize_t i = 0; i < got; i++) {
            if (block[i] != 0) {
                return false;
            }
        }
        at += (uint64_t)got;
        bytes -= (uint64_t)got;
    }
    return true;
}

// Somewhere in the middle there may be data without any signature at its beginning: a volume whose head was
// wiped, an encrypted one without a header. Looked at is not all of it, but places spread evenly.
static bool is_zero_inside(int fd, uint64_t bytes)
{
    for (uint64_t i = 1; i < SAMPLES && bytes > SAMPLES * (uint64_t)SAMPLE_BYTES; i++) {
        uint64_t at = bytes / SAMPLES * i / SAMPLE_BYTES * SAMPLE_BYTES;
        if (!is_zero(fd, at, SAMPLE_BYTES)) {
            return false;
        }
    }
    return bytes > SAMPLES * (uint64_t)SAMPLE_BYTES || is_zero(fd, 0, bytes);
}

static void take(blkid_probe probe, const char *name, char *out, size_t out_bytes)
{
    const char *value = NULL;
    if (blkid_probe_lookup_value(probe, name, &value, NULL) == 0 && value != NULL) {
        probe_copy_plain(out, out_bytes, value, strlen(value));
    }
}

// What lies in a part of a disk. Two signatures that contradict each other (-2) are something, too.
static void find_content(int fd, uint64_t at, uint64_t bytes, struct inventory_content *content)
{
    blkid_probe probe = blkid_new_probe();
    if (probe == NULL) {
        return;
    }
    if (blkid_probe_set_device(probe, fd, (blkid_loff_t)at, (blkid_loff_t)bytes) == 0) {
        (void)blkid_probe_enable_partitions(probe, 0);
        (void)blkid_probe_enable_superblocks(probe, 1);
        (void)blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
        int found = blkid_do_safeprobe(probe);
        if (found == 0) {
            take(probe, "TYPE", content->filesystem, sizeof content->filesystem);
            take(probe, "LABEL", content->label, sizeof content->label);
        } else if (found == -2) {
            (void)text_copy(content->filesystem, sizeof content->filesystem, "several");
        }
    }
    blkid_free_probe(probe);
}

static void name_partition(const char *disk, int number, char out[INVENTORY_NAME_BYTES])
{
    size_t length = strlen(disk);
    bool in_digit = length > 0 && disk[length - 1] >= '0' && disk[length - 1] <= '9';
    struct text name;
    text_init(&name, out, INVENTORY_NAME_BYTES);
    text_add_format(&name, "%s%s%d", disk, in_digit ? "p" : "", number);
}

static void find_partitions(int fd, const char *path, struct inventory_disk *disk)
{
    blkid_probe probe = blkid_new_probe();
    if (probe == NULL) {
        return;
    }
    blkid_partlist list = NULL;
    if (blkid_probe_set_device(probe, fd, 0, 0) == 0) {
        (void)blkid_probe_enable_superblocks(probe, 0);
        (void)blkid_probe_enable_partitions(probe, 1);
        list = blkid_probe_get_partitions(probe);
    }
    blkid_parttable table = list != NULL ? blkid_partlist_get_table(list) : NULL;
    if (table != NULL) {
        (void)text_copy(disk->table, sizeof disk->table, blkid_parttable_get_type(table));
    }
    int count = list != NULL ? blkid_partlist_numof_partitions(list) : 0;
    unsigned listed = 0;
    for (int i = 0; i < count; i++) {
        blkid_partition part = blkid_partlist_get_partition(list, i);
        if (part == NULL || blkid_partition_is_extended(part)) {
            continue;
        }
        disk->partition_count++;
        if (listed == INVENTORY_PARTITIONS_MOST) {
            continue;
        }
        struct inventory_partition *partition = &disk->partitions[listed++];
        name_partition(disk->name, blkid_partition_get_partno(part), partition->name);
        uint64_t start = (uint64_t)blkid_partition_get_start(part) * SECTOR_BYTES;
        partition->bytes = (uint64_t)blkid_partition_get_size(part) * SECTOR_BYTES;
        if (start < disk->bytes && partition->bytes > 0 && partition->bytes <= disk->bytes - start) {
            find_content(fd, start, partition->bytes, &partition->content);
        }
        char device[300];
        const char *slash = strrchr(path, '/');
        (void)snprintf(device, sizeof device, "%.*s/%s", slash != NULL ? (int)(slash - path) : 0, path,
                       partition->name);
        probe_find_system(device, partition->content.filesystem, partition->content.system);
    }
    blkid_free_probe(probe);
}

void probe_disk_content(const char *path, struct inventory_disk *disk)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) { // not readable is not blank: is_blank stays false
        return;
    }
    find_content(fd, 0, disk->bytes, &disk->content);
    find_partitions(fd, path, disk);
    if (disk->table[0] !=
        '\0') { // a boot sector that has a table also looks like a file system, now and then
        disk->content = (struct inventory_content){0};
    } else {
        probe_find_system(path, disk->content.filesystem, disk->content.system);
    }
    uint64_t edge = disk->bytes < EDGE_BYTES ? disk->bytes : EDGE_BYTES;
    disk->is_blank = disk->table[0] == '\0' && disk->content.filesystem[0] == '\0' && is_zero(fd, 0, edge) &&
                     is_zero(fd, disk->bytes - edge, edge) && is_zero_inside(fd, disk->bytes);
    (void)close(fd);
}
