// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/match.h"

#include "base/text.h"
#include "io/heap.h"

#include <fnmatch.h>
#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789._-" // that no loader takes for something else
#define HOLDS_BYTES     (64 * 1024)                               // read of a file that is looked into

// The first path in byte order that fits the glob; NULL = none.
static const char *find_path(const struct catalog_files *files, const char *glob)
{
    const char *found = NULL;
    bool is_plain = strpbrk(glob, "*?[") == NULL;
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->paths[i];
        bool fits = is_plain ? strcmp(path, glob) == 0 : fnmatch(glob, path, FNM_PATHNAME | FNM_PERIOD) == 0;
        if (fits && (found == NULL || strcmp(path, found) < 0)) {
            found = path;
        }
    }
    return found;
}

static bool has_line(const struct catalog_files *files, const char *path, const char *glob)
{
    size_t length = 0;
    char *bytes = heap_new(HOLDS_BYTES + 1);
    bool has = false;
    if (files->read != NULL && files->read(files->context, path, bytes, HOLDS_BYTES, &length) == STATUS_OK) {
        char *rest = bytes;
        bytes[length] = '\0';
        for (char *line = strtok_r(bytes, "\r\n", &rest); line != NULL && !has;
             line = strtok_r(NULL, "\r\n", &rest)) {
            has = fnmatch(glob, line, FNM_CASEFOLD) == 0;
        }
    }
    heap_free(bytes);
    return has;
}

// The paths that fit the globs, blanks between, into `out`, with the ":NAME" that stands behind a glob. false
// when one of them is not there.
static bool find_initrds(const struct catalog_files *files, const char *globs, char *out, size_t out_bytes)
{
    char words[IMAGE_INITRDS_BYTES];
    struct text text;
    text_init(&text, out, out_bytes);
    (void)text_copy(words, sizeof words, globs); // it fits: the family has room for no more
    char *rest = words;
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(word, ':');
        const char *name = colon == NULL ? "" : colon + 1;
        if (colon != NULL) {
            *colon = '\0';
        }
        const char *path = find_path(files, word);
        if (path == NULL || strpbrk(path, " :") != NULL || strspn(name, NAME_CHARACTERS) != strlen(name)) {
            return false;
        }
        text_add_format(&text, "%s%s%s%s", text.length == 0 ? "" : " ", path, colon == NULL ? "" : ":", name);
    }
    return !text.cut;
}

static bool fits(const struct family_tree *tree, const struct catalog_files *files)
{
    char initrds[IMAGE_INITRDS_BYTES];
    bool has_all =
        find_path(files, tree->kernel) != NULL && find_initrds(files, tree->initrd, initrds, sizeof initrds);
    for (uint8_t i = 0; has_all && i < tree->require_count; i++) {
        has_all = find_path(files, tree->requires[i]) != NULL;
    }
    if (has_all && tree->volume[0] != '\0') {
        has_all = files->volume != NULL && fnmatch(tree->volume, files->volume, FNM_CASEFOLD) == 0;
    }
    if (has_all && tree->holds_file[0] != '\0') {
        const char *path = find_path(files, tree->holds_file);
        has_all = path != NULL && has_line(files, path, tree->holds_text);
    }
    return has_all;
}

static void add_method(const struct image_method *wanted, const struct catalog_files *files,
                       struct image *image)
{
    struct image_method method = *wanted;
    const char *kernel = find_path(files, wanted->kernel);
    if (image->method_count == IMAGE_METHODS_MOST || kernel == NULL ||
        text_copy(method.kernel, sizeof method.kernel, kernel) != STATUS_OK ||
        !find_initrds(files, wanted->initrd, method.initrd, sizeof method.initrd)) {
        return;
    }
    image->methods[image->method_count++] = method;
}

static void fill_methods(const struct family_tree *tree, const struct catalog_files *files,
                         struct image *image)
{
    image->method_count = 0;
    if (tree->on == 0) { // as rows from before: its kernel boots wherever a loader is
        return;
    }
    struct image_method first = {.way = tree->way, .on = tree->on, .memory_bytes = tree->memory_bytes};
    (void)text_copy(first.name, sizeof first.name, tree->way == IMAGE_WAY_DISK ? "disk" : "netboot");
    memcpy(first.kernel, tree->kernel, sizeof first.kernel);
    (void)text_copy(first.initrd, sizeof first.initrd, tree->initrd);
    memcpy(first.arguments, tree->arguments, sizeof first.arguments);
    add_method(&first, files, image);
    for (uint8_t i = 0; i < tree->method_count; i++) {
        add_method(&tree->methods[i], files, image);
    }
}

bool match_tree(const struct family *family, const struct family_tree *tree,
                const struct catalog_files *files, struct image *image)
{
    static_assert(sizeof image->description >= sizeof tree->description, "descriptions fit");
    if (!fits(tree, files)) {
        return false;
    }
    const char *kernel = find_path(files, tree->kernel);
    char initrds[IMAGE_INITRDS_BYTES];
    (void)find_initrds(files, tree->initrd, initrds, sizeof initrds);
    const char *last = strrchr(initrds, ' '); // the others only count by methods
    const char *initrd = last == NULL ? initrds : last + 1;
    if (strlen(kernel) >= sizeof image->kernel || strlen(initrd) >= sizeof image->initrd) {
        return false;
    }
    (void)text_copy(image->kernel, sizeof image->kernel, kernel);
    (void)text_copy(image->initrd, sizeof image->initrd, initrd);
    (void)text_copy(image->family, sizeof image->family, family->name);
    (void)text_copy(image->arguments, sizeof image->arguments, tree->arguments);
    (void)text_copy(image->remark, sizeof image->remark, tree->remark);
    if (image->description[0] == '\0') { // what a person or a program said of it stays
        (void)text_copy(image->description, sizeof image->description, tree->description);
    }
    image->grade = tree->grade;
    fill_methods(tree, files, image);
    return true;
}
