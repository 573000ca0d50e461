// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/agent_modules.h"

#include "base/text.h"
#include "fleet/process.h"
#include "io/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 2048
#define LINE_BYTES 65536

// Beginnings of paths below kernel/. Drivers that need firmware which Debian does not ship in main are taken
// all the same: many work without.
static const char *const wanted[] = {
    // network
    "drivers/net/ethernet/", "drivers/net/phy/", "drivers/net/mdio/", "drivers/net/usb/",
    "drivers/net/hyperv/", "drivers/net/vmxnet3/", "drivers/net/virtio_net.", "drivers/net/xen-netfront.",
    "net/packet/", "net/unix/",
    // disks and what leads to them
    "drivers/virtio/", "drivers/block/virtio_blk.", "drivers/block/xen-blkfront.", "drivers/block/loop.",
    "drivers/block/mtip32xx/", "drivers/nvme/host/", "drivers/ata/", "drivers/scsi/", "drivers/message/",
    "drivers/mmc/", "drivers/usb/host/", "drivers/usb/storage/", "drivers/usb/core/", "drivers/usb/common/",
    "drivers/hv/", "drivers/pci/", "drivers/firmware/", "drivers/char/hw_random/",
    // a keyboard, for the key that somebody may have to press
    "drivers/hid/hid.", "drivers/hid/hid-generic.", "drivers/hid/hid-hyperv.", "drivers/hid/usbhid/",
    "drivers/input/keyboard/atkbd.", "drivers/input/serio/",
    // file systems, and the sums that they ask for by name at run time, which no dependency tells
    "fs/ext4/", "fs/jbd2/", "fs/xfs/", "fs/btrfs/", "fs/fat/", "fs/ntfs3/", "fs/efivarfs/",
    "fs/nls/nls_cp437.", "fs/nls/nls_ascii.", "fs/nls/nls_iso8859-1.", "fs/nls/nls_utf8.",
    "crypto/crc32c_generic.", "crypto/crc32_generic.", "crypto/xxhash_generic.", "crypto/blake2b_generic.",
    "crypto/sha256_generic.", "arch/x86/crypto/crc32"};

// Storage networks and their big drivers, test drivers, sockets of old notebooks.
static const char *const unwanted[] = {
    "drivers/scsi/bfa/",         "drivers/scsi/bnx2fc/",     "drivers/scsi/bnx2i/",
    "drivers/scsi/cxgbi/",       "drivers/scsi/csiostor/",   "drivers/scsi/fcoe/",
    "drivers/scsi/fnic/",        "drivers/scsi/libfc/",      "drivers/scsi/lpfc/",
    "drivers/scsi/qedf/",        "drivers/scsi/qedi/",       "drivers/scsi/qla2xxx/",
    "drivers/scsi/qla4xxx/",     "drivers/scsi/be2iscsi/",   "drivers/scsi/scsi_debug.",
    "drivers/scsi/pcmcia/",      "drivers/ata/pata_pcmcia.", "drivers/net/ethernet/chelsio/inline_crypto/",
    "drivers/mmc/core/sdio_uart"};

struct module {
    char *path;  // "kernel/fs/ext4/ext4.ko"
    char *needs; // paths, blanks between
    bool is_picked;
};

struct modules {
    struct heap_array all; // of struct module, by path
    unsigned picked;
};

static bool begins(const char *path, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_starts(path, list[i])) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const char *path)
{
    if (!text_starts(path, "kernel/")) {
        return false;
    }
    path += strlen("kernel/");
    return begins(path, wanted, COUNT_OF(wanted)) && !begins(path, unwanted, COUNT_OF(unwanted));
}

static int compare_modules(const void *a, const void *b)
{
    const struct module *left = a;
    const struct module *right = b;
    return strcmp(left->path, right->path);
}

static void add_line(struct modules *modules, const char *line)
{
    size_t length = strcspn(line, ":");
    if (line[length] == ':') {
        struct module module = {.path = heap_copy_text(line), .needs = heap_copy_text(line + length + 1)};
        module.path[length] = '\0';
        heap_array_add(&modules->all, &module);
    }
}

// modules.dep of depmod: "path: path path ...", with all that is needed, not only the next step.
static enum status read_dependencies(const char *file, struct modules *modules, struct problem *problem)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        problem_set(problem, "%.200s cannot be read: %s", file, strerror(errno));
        return STATUS_IO;
    }
    char *line = heap_new(LINE_BYTES);
    while (fgets(line, LINE_BYTES, stream) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        add_line(modules, line);
    }
    heap_free(line);
    (void)fclose(stream);
    if (modules->all.count == 0) {
        problem_set(problem, "the kernel's package holds no modules");
        return STATUS_MALFORMED;
    }
    qsort(modules->all.items, modules->all.count, sizeof(struct module), compare_modules);
    return STATUS_OK;
}

static void pick_one(struct modules *modules, char *path)
{
    const struct module key = {.path = path};
    struct module *module =
        bsearch(&key, modules->all.items, modules->all.count, sizeof key, compare_modules);
    if (module != NULL && !module->is_picked) {
        module->is_picked = true;
        modules->picked++;
    }
}

static void pick_all(struct modules *modules)
{
    for (size_t i = 0; i < modules->all.count; i++) {
        const struct module *module = heap_array_get(&modules->all, i);
        if (!is_wanted(module->path)) {
            continue;
        }
        pick_one(modules, module->path);
        char *needs = heap_copy_text(module->needs);
        char *rest = NULL;
        for (char *path = strtok_r(needs, " ", &rest); path != NULL; path = strtok_r(NULL, " ", &rest)) {
            pick_one(modules, path);
        }
        heap_free(needs);
    }
}

static enum status make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int result = mkdir(path, 0755);
        *slash = '/';
        if (result != 0 && errno != EEXIST) {
            return STATUS_IO;
        }
    }
    return STATUS_OK;
}

struct move {
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    size_t to_root; // its length: the folders of it are there
};

static enum status move_file(struct move *move, const char *path, struct problem *problem)
{
    char from[PATH_BYTES * 2];
    char to[PATH_BYTES * 2];
    (void)snprintf(from, sizeof from, "%s/%s", move->from, path);
    (void)snprintf(to, sizeof to, "%s/%s", move->to, path);
    if (make_folders(to, move->to_root + 1) != STATUS_OK || rename(from, to) != 0) {
        problem_set(problem, "%.200s cannot be moved: %s", from, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status move_all(const struct modules *modules, struct move *move, struct problem *problem)
{
    static const char *const lists[] = {"modules.builtin", "modules.builtin.modinfo", "modules.order"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < modules->all.count && status == STATUS_OK; i++) {
        const struct module *module = heap_array_get(&modules->all, i);
        status = module->is_picked ? move_file(move, module->path, problem) : STATUS_OK;
    }
    for (size_t i = 0; i < COUNT_OF(lists) && status == STATUS_OK; i++) {
        status = move_file(move, lists[i], problem);
    }
    return status;
}

static enum status index_modules(const char *folder, const char *version, struct problem *problem)
{
    const char *const words[] = {"depmod", "-b", folder, version, NULL};
    return process_run(&(struct process_job){.words = words}, problem);
}

static void clear(struct modules *modules)
{
    for (size_t i = 0; i < modules->all.count; i++) {
        struct module *module = heap_array_get(&modules->all, i);
        heap_free(module->path);
        heap_free(module->needs);
    }
    heap_array_clear(&modules->all);
}

enum status agent_modules_pick(const char *root, const char *version, const char *stage, unsigned *count,
                               struct problem *problem)
{
    struct modules modules = {.all = heap_array_init(sizeof(struct module))};
    struct move *move = heap_new(sizeof *move);
    char file[PATH_BYTES * 2];
    (void)snprintf(move->from, sizeof move->from, "%s/lib/modules/%s", root, version);
    (void)snprintf(move->to, sizeof move->to, "%s/lib/modules/%s", stage, version);
    (void)snprintf(file, sizeof file, "%s/modules.dep", move->from);
    move->to_root = strlen(stage);
    enum status status = index_modules(root, version, problem);
    status = status == STATUS_OK ? read_dependencies(file, &modules, problem) : status;
    if (status == STATUS_OK) {
        pick_all(&modules);
        status = move_all(&modules, move, problem);
    }
    status = status == STATUS_OK ? index_modules(stage, version, problem) : status;
    *count = modules.picked;
    clear(&modules);
    heap_free(move);
    return status;
}
