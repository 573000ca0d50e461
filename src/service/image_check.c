// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/image_check.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES   1024
#define IMAGE_URL    "{{image.url}}/"
#define KERNEL_LEAST 65536 // bytes; no kernel is smaller, and a page of an error in its place is

static void PRINTF_LIKE(5, 6) add_fault(struct image_check *check, bool is_error, const char *file,
                                        const char *remedy, const char *format, ...)
{
    if (check->fault_count == IMAGE_FAULTS_MOST) {
        return;
    }
    struct image_fault *fault = &check->faults[check->fault_count++];
    va_list arguments;
    fault->is_error = is_error;
    (void)text_copy(fault->file, sizeof fault->file, file);
    (void)text_copy(fault->remedy, sizeof fault->remedy, remedy);
    va_start(arguments, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
}

// Whether this file has a fault already: several ways to boot share their files.
static bool is_told(const struct image_check *check, const char *file)
{
    for (unsigned i = 0; i < check->fault_count; i++) {
        if (strcmp(check->faults[i].file, file) == 0) {
            return true;
        }
    }
    return false;
}

static enum status open_file(const struct image_check *check, const char *file, struct content_node *node)
{
    const struct content_client anybody = {.query = ""};
    struct reasons ignored = {0};
    char path[CONTENT_PATH_BYTES];
    struct text text;
    content_node_init(node);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "images/%s/%s", check->image.name, file);
    return text.cut ? STATUS_NOT_FOUND
                    : check->files.lookup(check->files.self, path, &anybody, node, &ignored);
}

static size_t read_head(const struct content_node *node, uint8_t head[HEAD_BYTES])
{
    uint64_t at;
    size_t room = (size_t)content_node_find(node, 0, &at);
    if (node->fd < 0) {
        return 0;
    }
    ssize_t count = pread(node->fd, head, size_min(room, HEAD_BYTES), (off_t)at);
    return count < 0 ? 0 : (size_t)count;
}

static bool has_at(const uint8_t *head, size_t count, size_t offset, const char *magic, size_t length)
{
    return count >= offset + length && memcmp(head + offset, magic, length) == 0;
}

static bool is_packed(const uint8_t *head, size_t count)
{
    return has_at(head, count, 0, "\x1f\x8b", 2) ||
           has_at(head, count, 0,
                  "\xfd"
                  "7zXZ",
                  5) ||
           has_at(head, count, 0, "\x28\xb5\x2f\xfd", 4) || has_at(head, count, 0, "BZh", 3) ||
           has_at(head, count, 0, "\x5d\x00\x00", 3) || has_at(head, count, 0, "\x02\x21\x4c\x18", 4) ||
           has_at(head, count, 0, "\x89LZO", 4);
}

// bzImage, an EFI program, ELF (a.out for memdisk's kin), a packed image of arm64.
static bool is_kernel(const uint8_t *head, size_t count)
{
    return has_at(head, count, 0x202, "HdrS", 4) || has_at(head, count, 0, "MZ", 2) ||
           has_at(head, count, 0,
                  "\x7f"
                  "ELF",
                  4) ||
           has_at(head, count, 56, "ARM\x64", 4) || is_packed(head, count);
}

static bool is_initrd(const uint8_t *head, size_t count)
{
    return has_at(head, count, 0, "07070", 5) || is_packed(head, count) ||
           has_at(head, count, 0, "hsqs", 4) || has_at(head, count, 0, "\0\0\0\0", 4);
}

static void tell_missing(struct image_check *check, const char *file, enum status status)
{
    struct content_node medium;
    const char *name = check->image.medium;
    bool has_medium = name[0] != '\0' && open_file(check, "medium.iso", &medium) == STATUS_OK;
    if (has_medium) {
        content_node_close(&medium);
    }
    if (status == STATUS_IO) {
        add_fault(check, true, file, "look at dmesg, and at the disk that the images lie on",
                  "the file cannot be read");
    } else if (name[0] != '\0' && !has_medium) {
        add_fault(check, true, file, "put it back, or remove the image and add it again",
                  "its medium %.100s is gone from the folder of images", name);
    } else {
        add_fault(check, true, file, "remove the image and add it again from a good medium",
                  "the file is not there%s", has_medium ? ", or the medium is damaged or cut off" : "");
    }
}

// A kernel or an initrd, told apart by `is_right`; NULL = any file that is not empty.
static void check_file(struct image_check *check, const char *file, uint64_t least, const char *what,
                       bool (*is_right)(const uint8_t *head, size_t count))
{
    uint8_t head[HEAD_BYTES];
    struct content_node node;
    if (file[0] == '\0' || is_told(check, file)) {
        return;
    }
    check->file_count++;
    enum status status = open_file(check, file, &node);
    if (status != STATUS_OK) {
        tell_missing(check, file, status);
        return;
    }
    size_t count = read_head(&node, head);
    if (node.size == 0 || count == 0) {
        add_fault(check, true, file, "remove the image and add it again from a good medium",
                  "the file is empty, or cannot be read");
    } else if (is_right != NULL && !is_right(head, count)) {
        add_fault(check, false, file, "see what it is with file(1), and compare its size with the original",
                  "it does not begin as %s does", what);
    } else if (node.size < least) {
        add_fault(check, false, file, "compare its size with the original",
                  "it has %llu bytes, too few for %s", (unsigned long long)node.size, what);
    }
    content_node_close(&node);
}

// "a b medium.iso:name.iso": what stands behind the last ':' is its name in the initramfs.
static void check_initrds(struct image_check *check, const char *initrds)
{
    char file[IMAGE_PATH_BYTES];
    while (*initrds != '\0') {
        size_t length = strcspn(initrds, " ");
        if (length != 0 && length < sizeof file) {
            memcpy(file, initrds, length);
            file[length] = '\0';
            char *inside = strrchr(file, ':');
            if (inside != NULL) {
                *inside = '\0';
            }
            check_file(check, file, 1, "an initrd", inside == NULL ? is_initrd : NULL);
        }
        initrds += length + (initrds[length] == ' ');
    }
}

// A folder is as good as a file: some systems are told where their tree begins.
static bool is_folder(const struct image_check *check, const char *file)
{
    char path[CONTENT_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "images/%s/%s", check->image.name, file);
    return !text.cut && check->files.list != NULL &&
           check->files.list(check->files.self, path, NULL, NULL) == STATUS_OK;
}

// What the started system will fetch: the arguments name it below the image's URL.
static void check_arguments(struct image_check *check, const char *arguments)
{
    char file[CONTENT_PATH_BYTES];
    for (const char *at = arguments; (at = strstr(at, IMAGE_URL)) != NULL;) {
        at += strlen(IMAGE_URL);
        size_t length = strcspn(at, " ,;'\"{?&");
        while (length != 0 && at[length - 1] == '/') {
            length--;
        }
        if (length == 0 || length >= sizeof file) {
            continue;
        }
        memcpy(file, at, length);
        file[length] = '\0';
        if (!is_told(check, file) && !is_folder(check, file)) {
            check_file(check, file, 1, "", NULL);
        }
    }
}

static void check_method(struct image_check *check, enum image_way way, const char *kernel,
                         const char *initrd, const char *arguments)
{
    bool is_linux = way == IMAGE_WAY_KERNEL;
    check_file(check, kernel, is_linux ? KERNEL_LEAST : 1, "a kernel", is_linux ? is_kernel : NULL);
    check_initrds(check, initrd);
    check_arguments(check, arguments);
}

void image_check_work(struct image_check *check)
{
    const struct image *image = &check->image;
    if (image->kind != IMAGE_BOOT) {
        check_file(check, IMAGE_INDEX_FILE, 1, "", NULL);
        check_file(check, IMAGE_STREAM_FILE, 1, "", NULL);
        return;
    }
    if (image->method_count == 0) {
        check_method(check, IMAGE_WAY_KERNEL, image->kernel, image->initrd, image->arguments);
    }
    for (unsigned i = 0; i < image->method_count; i++) {
        const struct image_method *method = &image->methods[i];
        check_method(check, method->way, method->kernel, method->initrd, method->arguments);
    }
    for (int i = 0; i < IMAGE_EFI_COUNT; i++) {
        check_file(check, image->efi_loader[i], 1, "", NULL);
    }
    image_programs_read(&check->files, image, &check->programs);
}

bool image_check_has_error(const struct image_check *check)
{
    for (unsigned i = 0; i < check->fault_count; i++) {
        if (check->faults[i].is_error) {
            return true;
        }
    }
    return false;
}
