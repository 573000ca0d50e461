// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/root_look.h"

#include "base/text.h"
#include "io/heap.h"
#include "model/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#define PIECE         ((size_t)256 * 1024)
#define RELEASE_BYTES 8192
#define BLOCK         4096

struct look {
    struct archive *raw; // takes the compression off
    struct archive *tar;
    struct root_look *out;
    enum status (*take)(void *context, const void *data, size_t bytes, struct problem *problem);
    void *context;
    struct problem *problem;
    enum status status; // of `take`
    bool has_bios, has_uefi, has_signed_grub, has_shim;
    uint8_t *piece;
};

static ssize_t read_piece(struct look *look)
{
    ssize_t count = archive_read_data(look->raw, look->piece, PIECE);
    if (count > 0) {
        look->status = look->take(look->context, look->piece, (size_t)count, look->problem);
        count = look->status == STATUS_OK ? count : -1;
    }
    return count;
}

static ssize_t give_to_tar(struct archive *tar, void *context, const void **data)
{
    struct look *look = context;
    ssize_t count = read_piece(look);
    if (count < 0) {
        const char *error = look->status == STATUS_OK ? archive_error_string(look->raw) : NULL;
        archive_set_error(tar, EIO, "%s", error == NULL ? "it was broken off" : error);
        return ARCHIVE_FATAL;
    }
    *data = look->piece;
    return count;
}

static enum status refuse_archive(struct problem *problem, struct archive *archive)
{
    const char *error = archive_error_string(archive);
    char shown[200];
    struct text text;
    text_init(&text, shown, sizeof shown);
    error = error == NULL ? "it ends too early" : error;
    text_add_escaped(&text, error, strlen(error));
    problem_set(problem, "this is no whole tar: %s", shown);
    problem_set_remedy(problem,
                       "a root file system is a tar (also .gz, .bz2, .xz, .zst) or a squashfs; unpack "
                       "a compressed disk image first");
    return STATUS_MALFORMED;
}

void root_look_parse_release(const char *text, char *out, size_t out_bytes)
{
    static const char key[] = "PRETTY_NAME=";
    struct text value;
    text_init(&value, out, out_bytes);
    const char *at = text;
    while (at != NULL && !text_starts(at, key)) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL) {
        return;
    }
    at += strlen(key);
    char quote = *at == '"' || *at == '\'' ? *at++ : '\n';
    for (; *at != '\0' && *at != quote && *at != '\n'; at++) {
        at += *at == '\\' && at[1] != '\0' && at[1] != '\n' ? 1 : 0;
        text_add_char(&value, *at >= ' ' && *at <= '~' ? *at : '?');
    }
}

static void read_release(struct look *look)
{
    char *text = heap_new(RELEASE_BYTES + 1);
    ssize_t count = archive_read_data(look->tar, text, RELEASE_BYTES);
    if (count > 0) {
        text[count] = '\0';
        root_look_parse_release(text, look->out->system, sizeof look->out->system);
    }
    heap_free(text);
}

static void take_name(struct look *look, const char *name, bool is_file)
{
    while (text_starts(name, "./") || name[0] == '/') {
        name += name[0] == '/' ? 1 : 2;
    }
    look->has_bios = look->has_bios || text_starts(name, "usr/lib/grub/i386-pc/");
    look->has_uefi = look->has_uefi || text_starts(name, "usr/lib/grub/x86_64-efi/");
    look->has_signed_grub = look->has_signed_grub || text_starts(name, "usr/lib/grub/x86_64-efi-signed/");
    look->has_shim = look->has_shim || strcmp(name, "usr/lib/shim/shimx64.efi.signed") == 0;
    if (strcmp(name, "etc/os-release") == 0 || strcmp(name, "usr/lib/os-release") == 0) {
        look->out->is_system = true;
        if (is_file) {
            read_release(look);
        }
    }
}

// ext4 keeps small links in their inode and gives everything else whole blocks; the inodes' own place is
// counted, too.
static void count_entry(struct look *look, struct archive_entry *entry)
{
    int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;
    uint64_t bytes = size > 0 ? (uint64_t)size : 0;
    bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
    look->out->disk_bytes += (bytes + BLOCK - 1) / BLOCK * BLOCK + (is_folder ? BLOCK : 0) + 256;
    look->out->files++;
}

static enum status read_entries(struct look *look)
{
    struct archive_entry *entry = NULL;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(look->tar, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);
        count_entry(look, entry);
        take_name(look, name == NULL ? "" : name, archive_entry_filetype(entry) == AE_IFREG);
    }
    if (look->status != STATUS_OK) {
        return look->status;
    }
    if (result != ARCHIVE_EOF || look->out->files == 0) {
        return refuse_archive(look->problem, look->tar);
    }
    ssize_t count = 0; // behind its end a tar has padding, which belongs to it
    while ((count = read_piece(look)) > 0) {
    }
    if (count < 0) {
        return look->status == STATUS_OK ? refuse_archive(look->problem, look->raw) : look->status;
    }
    return STATUS_OK;
}

static enum status open_both(struct look *look, int fd)
{
    struct archive_entry *entry = NULL;
    // No archive_read_support_filter_all: it would run programs for rare ones.
    (void)archive_read_support_filter_gzip(look->raw);
    (void)archive_read_support_filter_bzip2(look->raw);
    (void)archive_read_support_filter_xz(look->raw);
    (void)archive_read_support_filter_zstd(look->raw);
    (void)archive_read_support_format_raw(look->raw);
    (void)archive_read_support_format_empty(look->raw);
    (void)archive_read_support_format_tar(look->tar);
    if (archive_read_open_fd(look->raw, fd, PIECE) != ARCHIVE_OK ||
        archive_read_next_header(look->raw, &entry) != ARCHIVE_OK) {
        return refuse_archive(look->problem, look->raw);
    }
    if (archive_read_open(look->tar, look, NULL, give_to_tar, NULL) != ARCHIVE_OK) {
        return look->status == STATUS_OK ? refuse_archive(look->problem, look->tar) : look->status;
    }
    return STATUS_OK;
}

enum status root_look_read(int fd, struct root_look *out,
                           enum status (*take)(void *context, const void *data, size_t bytes,
                                               struct problem *problem),
                           void *context, struct problem *problem)
{
    struct look look = {.out = out, .take = take, .context = context, .problem = problem};
    *out = (struct root_look){0};
    look.raw = archive_read_new();
    look.tar = archive_read_new();
    look.piece = heap_new(PIECE);
    assert(look.raw != NULL && look.tar != NULL);
    enum status status = open_both(&look, fd);
    status = status == STATUS_OK ? read_entries(&look) : status;
    (void)archive_read_free(look.tar);
    (void)archive_read_free(look.raw);
    heap_free(look.piece);
    bool is_signed = look.has_uefi && look.has_signed_grub && look.has_shim;
    out->starts = (uint8_t)((look.has_bios ? IMAGE_STARTS_BIOS : 0) |
                            (look.has_uefi ? IMAGE_STARTS_UEFI : 0) | (is_signed ? IMAGE_STARTS_SECURE : 0));
    return status;
}
