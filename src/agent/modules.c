// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/modules.h"

#include "agent/console.h"
#include "agent/run.h"
#include "base/hash.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MODULES_ALIASES_MOST 8192
#define MODULES_ALIAS_BYTES  1024 // input devices have long ones
#define MODULES_BATCH        64
#define MODULES_FOLDERS_OPEN 32
#define MODULES_SETTLE_MS    1500 // nothing new for so long: all is there
#define MODULES_MOST_MS      15000
#define MODULES_TICK_MS      250

// Loaded without being asked for by a device: buses, and file systems that are mounted before anybody could
// ask.
static const char *const MODULES_ALWAYS[] = {"virtio_pci", "virtio_mmio",   "sd_mod",    "usb_storage",
                                             "uas",        "hid_generic",   "usbhid",    "loop",
                                             "ext4",       "vfat",          "nls_cp437", "nls_ascii",
                                             "nls_utf8",   "nls_iso8859-1", "efivarfs",  "af_packet"};

struct modules {
    char *known[MODULES_ALIASES_MOST]; // sorted; loaded, or tried
    size_t known_count;
    const char *fresh[MODULES_BATCH]; // of them, to be tried now
    size_t fresh_count;
    bool found;
};

static struct modules modules; // nftw hands no context through

static void modules_probe(const char *const names[], size_t count)
{
    const char *words[MODULES_BATCH + 8] = {"modprobe", "-a", "-b", "-q", "--"};
    size_t used = 5;
    for (size_t i = 0; i < count && used < COUNT_OF(words) - 1; i++) {
        words[used++] = names[i];
    }
    struct run_job job = {.words = words, .timeout_s = 60, .is_quiet = true};
    struct problem problem;
    problem_clear(&problem);
    // Devices without a driver are usual and make modprobe fail; only its absence is news.
    if (run(&job, &problem) == STATUS_NOT_FOUND) {
        console_note("no drivers are loaded: %s", problem.text);
    }
}

static void modules_flush(void)
{
    if (modules.fresh_count != 0) {
        modules_probe(modules.fresh, modules.fresh_count);
        modules.fresh_count = 0;
    }
}

static void modules_add(const char *alias)
{
    size_t low = 0, high = modules.known_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(modules.known[middle], alias);
        if (order == 0) {
            return;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    char *copy = modules.known_count == MODULES_ALIASES_MOST ? NULL : strdup(alias);
    if (copy == NULL) {
        return;
    }
    memmove(modules.known + low + 1, modules.known + low, (modules.known_count - low) * sizeof copy);
    modules.known[low] = copy;
    modules.known_count++;
    modules.found = true;
    modules.fresh[modules.fresh_count++] = copy;
    if (modules.fresh_count == MODULES_BATCH) {
        modules_flush();
    }
}

static int modules_visit(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    if (kind != FTW_F || strcmp(path + place->base, "modalias") != 0) {
        return 0;
    }
    char alias[MODULES_ALIAS_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, alias, sizeof alias - 1);
    if (file >= 0) {
        (void)close(file);
    }
    if (got > 0) {
        alias[got] = '\0';
        alias[strcspn(alias, "\n")] = '\0';
        if (alias[0] != '\0' && alias[0] != '-') {
            modules_add(alias);
        }
    }
    return 0;
}

void modules_look(void)
{
    modules.found = false;
    (void)nftw("/sys/devices", modules_visit, MODULES_FOLDERS_OPEN, FTW_PHYS);
    modules_flush();
}

static unsigned modules_count(const char *path)
{
    unsigned count = 0;
    DIR *folder = opendir(path);
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return count;
}

// One value of a disk, "" when it has none (then it counts as no disk of ours).
static size_t modules_read(const char *disk, const char *name, char *out, size_t out_bytes)
{
    char path[512];
    (void)snprintf(path, sizeof path, "/sys/class/block/%s/%s", disk, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, out, out_bytes);
    if (file >= 0) {
        (void)close(file);
    }
    return got > 0 ? (size_t)got : 0;
}

uint64_t modules_mark_disks(void)
{
    const struct hash_key key = {0};
    uint64_t mark = 0; // a sum, since folders are read in any order
    DIR *folder = opendir("/sys/class/block");
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char about[512], device[600];
        (void)snprintf(device, sizeof device, "/sys/class/block/%s/device", entry->d_name);
        if (entry->d_name[0] == '.' || access(device, F_OK) != 0) {
            continue; // partitions, loops
        }
        size_t bytes = strlen(entry->d_name);
        memcpy(about, entry->d_name, bytes);
        bytes += modules_read(entry->d_name, "size", about + bytes, 64);
        bytes += modules_read(entry->d_name, "diskseq", about + bytes, 64);
        mark += hash_bytes(key, about, bytes);
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return mark;
}

void modules_load(void)
{
    modules_probe(MODULES_ALWAYS, COUNT_OF(MODULES_ALWAYS));
    unsigned seen = 0, quiet_ms = 0;
    for (unsigned passed_ms = 0; passed_ms < MODULES_MOST_MS && quiet_ms < MODULES_SETTLE_MS;
         passed_ms += MODULES_TICK_MS) {
        modules_look();
        // Disks and cards come some time after their driver.
        unsigned now = modules_count("/sys/class/block") + modules_count("/sys/class/net") +
                       modules_count("/sys/bus/usb/devices");
        quiet_ms = modules.found || now != seen ? 0 : quiet_ms + MODULES_TICK_MS;
        seen = now;
        (void)nanosleep(&(struct timespec){.tv_nsec = MODULES_TICK_MS * 1000000L}, NULL);
    }
    console_note("%zu kinds of devices were looked at for drivers", modules.known_count);
}
