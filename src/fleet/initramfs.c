// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/initramfs.h"

#include "format/cpio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL      12
#define WINDOW_LOG 23 // 8 MiB: the kernel keeps as much while it unpacks
#define PIECE      65536
#define PATH_BYTES 4096

struct item {
    char *name;
    char *source; // of files: where their bytes are; of links: their target
    uint32_t mode;
    uint32_t major, minor;
    size_t order;
};

struct out { // the archive being written
    FILE *file;
    const char *path;
    ZSTD_CCtx *zstd;
    uint8_t *packed;
    size_t packed_bytes;
    uint64_t bytes; // of the archive so far
};

void initramfs_init(struct initramfs *initramfs)
{
    initramfs->items = heap_array_init(sizeof(struct item));
}

void initramfs_clear(struct initramfs *initramfs)
{
    for (size_t i = 0; i < initramfs->items.count; i++) {
        struct item *item = heap_array_get(&initramfs->items, i);
        heap_free(item->name);
        heap_free(item->source);
    }
    heap_array_clear(&initramfs->items);
}

static void add(struct initramfs *initramfs, const char *name, const struct item *like)
{
    struct item item = *like;
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        struct item above = {.mode = S_IFDIR | 0755, .order = initramfs->items.count};
        above.name = heap_copy_text(name);
        above.name[slash - name] = '\0';
        heap_array_add(&initramfs->items, &above);
    }
    item.name = heap_copy_text(name);
    item.order = initramfs->items.count;
    heap_array_add(&initramfs->items, &item);
}

void initramfs_add_folder(struct initramfs *initramfs, const char *name)
{
    add(initramfs, name, &(struct item){.mode = S_IFDIR | 0755});
}

void initramfs_add_file(struct initramfs *initramfs, const char *name, const char *source, uint32_t mode)
{
    add(initramfs, name, &(struct item){.mode = S_IFREG | mode, .source = heap_copy_text(source)});
}

void initramfs_add_link(struct initramfs *initramfs, const char *name, const char *target)
{
    add(initramfs, name, &(struct item){.mode = S_IFLNK | 0777, .source = heap_copy_text(target)});
}

void initramfs_add_device(struct initramfs *initramfs, const char *name, uint32_t major, uint32_t minor)
{
    add(initramfs, name, &(struct item){.mode = S_IFCHR | 0600, .major = major, .minor = minor});
}

struct walk { // folders still to be read, as paths below the first one
    struct heap_array folders;
    const char *name;
    const char *root;
};

static enum status take_entry(struct initramfs *initramfs, struct walk *walk, const char *below,
                              const char *entry)
{
    char path[PATH_BYTES];
    char full[PATH_BYTES];
    struct stat status;
    int length = snprintf(path, sizeof path, "%s/%s", below, entry);
    int full_length = snprintf(full, sizeof full, "%s%s", walk->root, path);
    if (length >= (int)sizeof path || full_length >= (int)sizeof full || lstat(full, &status) != 0) {
        return STATUS_IO;
    }
    if (S_ISDIR(status.st_mode)) {
        char *folder = heap_copy_text(path);
        heap_array_add(&walk->folders, &folder);
    } else if (S_ISREG(status.st_mode)) {
        char name[PATH_BYTES];
        (void)snprintf(name, sizeof name, "%s%s", walk->name, path);
        initramfs_add_file(initramfs, name, full, status.st_mode & 0755);
    }
    return STATUS_OK;
}

static enum status read_folder(struct initramfs *initramfs, struct walk *walk, const char *below)
{
    char full[PATH_BYTES];
    enum status status = STATUS_OK;
    (void)snprintf(full, sizeof full, "%s%s", walk->root, below);
    DIR *folder = opendir(full);
    if (folder == NULL) {
        return STATUS_IO;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL && status == STATUS_OK;
         entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = take_entry(initramfs, walk, below, entry->d_name);
        }
    }
    (void)closedir(folder);
    return status;
}

enum status initramfs_add_tree(struct initramfs *initramfs, const char *name, const char *folder,
                               struct problem *problem)
{
    struct walk walk = {heap_array_init(sizeof(char *)), name, folder};
    enum status status = read_folder(initramfs, &walk, "");
    for (size_t i = 0; i < walk.folders.count; i++) {
        char *below = *(char **)heap_array_get(&walk.folders, i);
        status = status == STATUS_OK ? read_folder(initramfs, &walk, below) : status;
        heap_free(below);
    }
    heap_array_clear(&walk.folders);
    if (status != STATUS_OK) {
        problem_set(problem, "%.200s cannot be read: %s", folder, strerror(errno));
    }
    return status;
}

static enum status put(struct out *out, const void *data, size_t bytes, ZSTD_EndDirective end,
                       struct problem *problem)
{
    ZSTD_inBuffer in = {data, bytes, 0};
    size_t left = 0;
    out->bytes += bytes;
    do {
        ZSTD_outBuffer packed = {out->packed, out->packed_bytes, 0};
        left = ZSTD_compressStream2(out->zstd, &packed, &in, end);
        if (ZSTD_isError(left)) {
            problem_set(problem, "zstd cannot compress: %s", ZSTD_getErrorName(left));
            return STATUS_IO;
        }
        if (fwrite(packed.dst, 1, packed.pos, out->file) != packed.pos) {
            problem_set(problem, "%.200s cannot be written: %s", out->path, strerror(errno));
            return errno == ENOSPC ? STATUS_FULL : STATUS_IO;
        }
    } while (in.pos < in.size || (end == ZSTD_e_end && left != 0));
    return STATUS_OK;
}

static enum status pad(struct out *out, struct problem *problem)
{
    return put(out, "\0\0\0", (4 - out->bytes % 4) % 4, ZSTD_e_continue, problem);
}

static enum status put_header(struct out *out, const struct item *item, uint32_t inode, uint32_t bytes,
                              struct problem *problem)
{
    uint8_t header[CPIO_HEADER_BYTES_MOST];
    size_t header_bytes = 0;
    const struct cpio_entry entry = {.name = item->name,
                                     .mode = item->mode,
                                     .bytes = bytes,
                                     .device_major = item->major,
                                     .device_minor = item->minor,
                                     .inode = inode};
    if (cpio_encode(&entry, header, &header_bytes) != STATUS_OK) {
        problem_set(problem, "the name %.200s... is too long", item->name);
        return STATUS_TOO_LONG;
    }
    return put(out, header, header_bytes, ZSTD_e_continue, problem);
}

static enum status put_content(struct out *out, const struct item *item, FILE *file, uint32_t bytes,
                               struct problem *problem)
{
    uint8_t piece[PIECE];
    while (bytes > 0) {
        size_t count = fread(piece, 1, size_min(sizeof piece, bytes), file);
        if (count == 0) {
            problem_set(problem, "%.200s cannot be read to its end", item->source);
            return STATUS_IO;
        }
        enum status status = put(out, piece, count, ZSTD_e_continue, problem);
        if (status != STATUS_OK) {
            return status;
        }
        bytes -= (uint32_t)count;
    }
    return STATUS_OK;
}

static enum status put_file(struct out *out, const struct item *item, uint32_t inode, struct problem *problem)
{
    struct stat file_status;
    FILE *file = fopen(item->source, "rbe");
    if (file == NULL || fstat(fileno(file), &file_status) != 0 || file_status.st_size > UINT32_MAX) {
        problem_set(problem, "%.200s cannot be read: %s", item->source, strerror(errno));
        if (file != NULL) {
            (void)fclose(file);
        }
        return STATUS_IO;
    }
    uint32_t bytes = (uint32_t)file_status.st_size;
    enum status status = put_header(out, item, inode, bytes, problem);
    status = status == STATUS_OK ? put_content(out, item, file, bytes, problem) : status;
    (void)fclose(file);
    return status;
}

static enum status put_item(struct out *out, const struct item *item, uint32_t inode, struct problem *problem)
{
    enum status status = STATUS_OK;
    if (S_ISREG(item->mode)) {
        status = put_file(out, item, inode, problem);
    } else {
        uint32_t bytes = S_ISLNK(item->mode) ? (uint32_t)strlen(item->source) : 0;
        status = put_header(out, item, inode, bytes, problem);
        status = status == STATUS_OK ? put(out, item->source, bytes, ZSTD_e_continue, problem) : status;
    }
    return status == STATUS_OK ? pad(out, problem) : status;
}

// By name, so that a folder comes before what is in it; of the same name the first one added comes first.
static int compare_items(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

static enum status put_all(struct initramfs *initramfs, struct out *out, struct problem *problem)
{
    uint8_t end[CPIO_HEADER_BYTES_MOST];
    size_t end_bytes = 0;
    enum status status = STATUS_OK;
    const char *before = "";
    if (initramfs->items.count != 0) {
        qsort(initramfs->items.items, initramfs->items.count, sizeof(struct item), compare_items);
    }
    for (size_t i = 0; i < initramfs->items.count && status == STATUS_OK; i++) {
        const struct item *item = heap_array_get(&initramfs->items, i);
        if (strcmp(item->name, before) != 0) {
            status = put_item(out, item, (uint32_t)i + 1, problem);
        }
        before = item->name;
    }
    cpio_encode_end(end, &end_bytes);
    return status == STATUS_OK ? put(out, end, end_bytes, ZSTD_e_end, problem) : status;
}

enum status initramfs_write(struct initramfs *initramfs, const char *file, uint64_t *unpacked_bytes,
                            struct problem *problem)
{
    struct out out = {.path = file, .packed_bytes = ZSTD_CStreamOutSize()};
    out.file = fopen(file, "wbe");
    if (out.file == NULL) {
        problem_set(problem, "%.200s cannot be written: %s", file, strerror(errno));
        return STATUS_IO;
    }
    out.packed = heap_new(out.packed_bytes);
    out.zstd = ZSTD_createCCtx();
    assert(out.zstd != NULL);
    (void)ZSTD_CCtx_setParameter(out.zstd, ZSTD_c_compressionLevel, LEVEL);
    (void)ZSTD_CCtx_setParameter(out.zstd, ZSTD_c_windowLog, WINDOW_LOG);
    (void)ZSTD_CCtx_setParameter(out.zstd, ZSTD_c_checksumFlag, 1);
    (void)ZSTD_CCtx_setParameter(out.zstd, ZSTD_c_nbWorkers, (int)sysconf(_SC_NPROCESSORS_ONLN));
    enum status status = put_all(initramfs, &out, problem);
    (void)ZSTD_freeCCtx(out.zstd);
    heap_free(out.packed);
    if (fclose(out.file) != 0 && status == STATUS_OK) {
        problem_set(problem, "%.200s cannot be written: %s", file, strerror(errno));
        status = STATUS_IO;
    }
    *unpacked_bytes = out.bytes;
    return status;
}
