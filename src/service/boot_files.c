// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/boot_files.h"

#include <string.h>

void boot_files_print_path(const struct image *image, const char *path, struct text *out)
{
    text_add_format(out, "/images/%s/%s", image->name, path);
}

// Takes the next of several paths with blanks between, into `out`; "" when there is none. One that does not
// fit is cut, so that it is noticed by its length.
static const char *next_path(const char *paths, char out[IMAGE_PATH_BYTES])
{
    paths += strspn(paths, " ");
    size_t length = strcspn(paths, " ");
    size_t count = size_min(length, IMAGE_PATH_BYTES - 1);
    memcpy(out, paths, count);
    out[count] = '\0';
    return paths + length;
}

// Cuts ":NAME", under which that file comes into the initramfs, off `path`. Whether there was one.
static bool cut_name(char path[IMAGE_PATH_BYTES])
{
    char *colon = strrchr(path, ':');
    bool has_name = colon != NULL && strchr(colon, '/') == NULL;
    if (has_name) {
        *colon = '\0';
    }
    return has_name;
}

static enum status add_path(const struct image *image, const char *path, char *out, size_t out_bytes)
{
    struct text text;
    text_init(&text, out, out_bytes);
    boot_files_print_path(image, path, &text);
    return text.cut ? STATUS_TOO_LONG : STATUS_OK;
}

static enum status find_initrds(const struct image *image, const char *paths, struct boot_files *files)
{
    char path[IMAGE_PATH_BYTES];
    unsigned count = 0;
    for (paths = next_path(paths, path); path[0] != '\0'; paths = next_path(paths, path)) {
        bool is_again = false;
        do { // "PATH:NAME" is the head of an archive (content/media), which the file follows
            if (count == LOADER_INITRDS_MOST ||
                add_path(image, path, files->initrds[count], sizeof files->initrds[count]) != STATUS_OK) {
                return STATUS_TOO_LONG;
            }
            count++;
            is_again = cut_name(path);
        } while (is_again);
    }
    return STATUS_OK;
}

enum status boot_files_find(const struct boot_plan *plan, struct boot_files *files, struct problem *problem)
{
    const struct image *image = plan->boots;
    const struct image_method *method = plan->method;
    *files = (struct boot_files){.way = method == NULL ? IMAGE_WAY_KERNEL : method->way};
    enum status status =
        add_path(image, method == NULL ? image->kernel : method->kernel, files->kernel, sizeof files->kernel);
    if (status == STATUS_OK && method != NULL) {
        status = find_initrds(image, method->initrd, files);
    } else if (status == STATUS_OK && image->initrd[0] != '\0') { // one path, which may have blanks
        status = add_path(image, image->initrd, files->initrds[0], sizeof files->initrds[0]);
    }
    if (status != STATUS_OK) {
        problem_set(problem, "image %s has more initrds than the %d that a boot loader can be told",
                    image->name, LOADER_INITRDS_MOST);
    }
    return status;
}

// As the tree finds it: in any case.
static bool is_file(const struct image *image, const char *file, const char *path)
{
    char whole[CONTENT_PATH_BYTES];
    return file[0] != '\0' && add_path(image, file, whole, sizeof whole) == STATUS_OK &&
           text_equal_nocase(whole + 1, path);
}

static void look_at(const struct image *image, const char *kernel, const char *last, const char *path,
                    struct boot_file *found)
{
    bool is_kernel = is_file(image, kernel, path);
    found->is_kernel = found->is_kernel || is_kernel;
    found->is_last = found->is_last || (last[0] != '\0' ? is_file(image, last, path) : is_kernel);
}

struct boot_file boot_files_look_up(const struct image *image, const char *path)
{
    struct boot_file found = {0};
    if (image->method_count == 0) {
        look_at(image, image->kernel, image->initrd, path, &found);
    }
    for (unsigned i = 0; i < image->method_count; i++) {
        const struct image_method *method = &image->methods[i];
        char last[IMAGE_PATH_BYTES] = "";
        char next[IMAGE_PATH_BYTES];
        const char *rest = next_path(method->initrd, next);
        for (; next[0] != '\0'; rest = next_path(rest, next)) {
            (void)cut_name(next);
            memcpy(last, next, sizeof last);
        }
        look_at(image, method->kernel, last, path, &found);
    }
    return found;
}
