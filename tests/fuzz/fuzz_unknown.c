// SPDX-License-Identifier: GPL-3.0-or-later
// A medium whose boot menus are the input, all of them: what it starts is one of its own files, what it says
// is plain, and of templates there is only the one that is ours.
#include "catalog/unknown.h"

#include "fuzz/fuzz.h"

#include <stdio.h>

static const char *const PATHS[] = {"boot/grub/grub.cfg",
                                    "boot/grub/more.cfg",
                                    "isolinux/isolinux.cfg",
                                    "isolinux/more.cfg",
                                    "loader/entries/a.conf",
                                    "netboot.ipxe",
                                    "k",
                                    "i",
                                    "live/k",
                                    "live/filesystem.squashfs",
                                    "casper/vmlinuz",
                                    "a/x86_64/airootfs.sfs",
                                    "LiveOS/squashfs.img",
                                    "images/install.img",
                                    "images/pxeboot/rootfs.img",
                                    "boot/modloop-lts",
                                    "boot/x86_64/root",
                                    "memdisk",
                                    ".disk/info",
                                    "medium.iso"};

struct input {
    const char *text;
    size_t size;
};

static enum status read_input(void *context, const char *path, char *out, size_t room, size_t *length)
{
    const struct input *input = context;
    (void)path;
    *length = input->size < room ? input->size : room;
    if (*length != 0) {
        memcpy(out, input->text, *length);
    }
    return STATUS_OK;
}

static uint64_t size_input(void *context, const char *path)
{
    const struct input *input = context;
    return (uint64_t)(uint8_t)path[0] * input->size << 20;
}

static void check_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        fuzz_must(!text_is_control(*text));
    }
}

static void check_template(const char *text)
{
    static const char OURS[] = "{{image.url}}";
    for (const char *at = strstr(text, "{{"); at != NULL; at = strstr(at + 1, "{{")) {
        fuzz_must(strncmp(at, OURS, strlen(OURS)) == 0);
        at += strlen(OURS) - 1;
    }
}

static void check(const struct image *image)
{
    bool is_there = false;
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        is_there = is_there || strcmp(image->kernel, PATHS[i]) == 0;
    }
    fuzz_must(is_there && image->method_count == 1 && image->family[0] != '\0' && image->remark[0] != '\0');
    fuzz_must(strcmp(image->methods[0].kernel, image->kernel) == 0 && image->methods[0].on != 0);
    check_plain(image->description);
    check_plain(image->remark);
    check_plain(image->arguments);
    check_template(image->arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct image image;
    char told[512];
    struct text text;
    struct input input = {fuzz_string(data, size), size};
    struct catalog_files files = {.paths = PATHS,
                                  .count = COUNT_OF(PATHS),
                                  .volume = "VOLUME",
                                  .read = read_input,
                                  .size = size_input,
                                  .context = &input};
    memset(&image, 0, sizeof image);
    text_init(&text, told, sizeof told);
    if (unknown_recognise(&files, &image, &text) == STATUS_OK) {
        check(&image);
    } else {
        fuzz_must(image.family[0] == '\0' && text.length != 0);
    }
    check_plain(told);
    free((void *)(uintptr_t)input.text);
    return 0;
}
