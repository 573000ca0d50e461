// SPDX-License-Identifier: GPL-3.0-or-later
// imprint image add: looks at what is to become an image, and sends it to the daemon.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/image_pack.h"
#include "cli/image_url.h"
#include "cli/show.h"
#include "cli/signature.h"
#include "content/medium.h"
#include "fleet/scratch.h"
#include "model/image.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell_left_out(const struct call *call, const struct tree *tree)
{
    if (tree->left_out == 1) {
        show_hint(call, "left out, since it is no file and leads to none inside the folder: %s",
                  tree->first_left_out);
    } else if (tree->left_out != 0) {
        show_hint(call, "left out %u names that are no files and lead to none inside the folder, such as %s",
                  tree->left_out, tree->first_left_out);
    }
}

// What --kernel and --initrd name must be there: it is better to hear that before than after the upload.
static bool check_named(const struct call *call, const char *folder, const struct tree *tree,
                        const char *option)
{
    const char *path = call_option(call, option);
    for (size_t i = 0; path != NULL && i < tree->files.count; i++) {
        const struct tree_file *file = heap_array_get(&tree->files, i);
        if (strcmp(file->path, path) == 0) {
            return true;
        }
    }
    if (path != NULL) {
        ask_complain_text(call, "name it relative to that folder", "there is no file '%.200s' in %.200s",
                          path, folder);
    }
    return path == NULL;
}

// What follows the last '/' of a path, without the endings that say how it is packed; what no name may hold
// becomes '-'.
static void make_name(const char *path, char *out, size_t out_bytes)
{
    static const char *const endings[] = {".gz",  ".xz",  ".bz2", ".zst",      ".tar",  ".tgz",
                                          ".raw", ".img", ".iso", ".squashfs", ".sqfs", ".qcow2"};
    const char *slash = strrchr(path, '/');
    (void)text_copy(out, out_bytes, slash == NULL ? path : slash + 1);
    for (size_t i = 0; i < COUNT_OF(endings) * 2; i++) {
        const char *ending = endings[i % COUNT_OF(endings)];
        if (text_ends(out, ending) && strlen(out) > strlen(ending)) {
            out[strlen(out) - strlen(ending)] = '\0';
        }
    }
    for (char *at = out; *at != '\0'; at++) {
        bool is_good = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                       (*at >= '0' && *at <= '9') || strchr("._-", *at) != NULL;
        *at = is_good ? *at : '-';
    }
}

// FILE [NAME], or NAME FILE: a name has no '/', and what is there is a file.
static void tell_apart(const struct call *call, const char **path, const char **name)
{
    const char *first = call->arguments[0];
    const char *second = call->argument_count > 1 ? call->arguments[1] : NULL;
    bool is_second = second != NULL && strcmp(first, "-") != 0 && strchr(first, '/') == NULL &&
                     (strcmp(second, "-") == 0 || strchr(second, '/') != NULL || access(second, F_OK) == 0 ||
                      access(first, F_OK) != 0);
    *path = is_second ? second : first;
    *name = is_second ? first : second;
}

static json_t *add_folder(struct call *call, const struct image_upload *upload)
{
    struct tree tree;
    struct problem problem;
    json_t *image = NULL;
    problem_clear(&problem);
    if (tree_list(upload->folder, &tree, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
    } else if (check_named(call, upload->folder, &tree, "kernel") &&
               check_named(call, upload->folder, &tree, "initrd")) {
        tell_left_out(call, &tree);
        image = image_upload(call, upload, &tree);
    }
    tree_clear(&tree);
    return image;
}

static json_t *add_file(struct call *call, const char *file, const struct image_upload *upload)
{
    struct scratch scratch;
    struct problem problem;
    problem_clear(&problem);
    if (upload->kernel != NULL || upload->initrd != NULL || upload->arguments != NULL) {
        ask_complain_text(call, "leave --kernel, --initrd and --arguments out",
                          "%.200s is written to disks, and those options are for a folder that is booted",
                          file);
        return NULL;
    }
    if (!image_upload_may(call, upload->name)) {
        return NULL;
    }
    if (scratch_open(&scratch, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return NULL;
    }
    json_t *image = image_pack(call, file, scratch.path, upload);
    scratch_close(&scratch);
    return image;
}

// Whether `file` is an ISO image; its size in `*bytes`. What cannot be opened is told by whoever reads it.
static bool is_medium(const char *file, uint64_t *bytes)
{
    struct stat status;
    int fd = strcmp(file, "-") == 0 ? -1 : open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool is = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && medium_is_one(fd);
    *bytes = is ? (uint64_t)status.st_size : 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is;
}

// --sha256, whatever case it is written in.
static bool check_digest(const struct call *call, const char *file)
{
    const char *wanted = call_option(call, "sha256");
    char found[129];
    struct problem problem;
    problem_clear(&problem);
    struct stat status;
    if (wanted == NULL) {
        return true;
    }
    if (strcmp(file, "-") == 0 || (stat(file, &status) == 0 && S_ISDIR(status.st_mode))) {
        ask_complain_text(call, "leave it out", "--sha256 is for a file or a URL");
        return false;
    }
    if (strlen(wanted) != 64 || strspn(wanted, "0123456789abcdefABCDEF") != 64) {
        ask_complain_text(call, "it has 64 hexadecimal digits, as sha256sum prints them",
                          "--sha256 is no SHA-256");
        return false;
    }
    if (signature_digest(file, 64, found, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return false;
    }
    if (!text_equal_nocase(wanted, found)) {
        ask_complain_text(call, "fetch it again, from who published that checksum",
                          "the file's SHA-256 is %s, not the one that --sha256 says; it is not added", found);
        return false;
    }
    return true;
}

// The name of the medium at `path` in the daemon's folder of images, when it lies there; else "".
static void find_adopted(struct call *call, const char *path, char name[IMAGE_PATH_BYTES])
{
    char images[PATH_MAX];
    char real[PATH_MAX];
    char wanted[PATH_MAX];
    struct problem ignored;
    json_t *config = NULL;
    problem_clear(&ignored);
    name[0] = '\0';
    if (client_ask(ask_client(call), "GET", "config", NULL, &config, &ignored) != STATUS_OK) {
        return;
    }
    (void)snprintf(wanted, sizeof wanted, "%.4000s/images", fact_text(config, "state"));
    json_decref(config);
    if (realpath(wanted, images) == NULL || realpath(path, real) == NULL) {
        return;
    }
    size_t length = strlen(images);
    if (strncmp(real, images, length) == 0 && real[length] == '/' && strchr(real + length + 1, '/') == NULL &&
        text_copy(name, IMAGE_PATH_BYTES, real + length + 1) != STATUS_OK) {
        name[0] = '\0';
    }
}

static json_t *add_medium(struct call *call, struct image_upload *upload, uint64_t bytes)
{
    char name[IMAGE_PATH_BYTES];
    char digest[129];
    struct problem problem;
    problem_clear(&problem);
    if (!image_upload_may(call, upload->name)) {
        return NULL;
    }
    if (signature_digest(upload->folder, 64, digest, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return NULL;
    }
    find_adopted(call, upload->folder, name);
    upload->medium = upload->folder;
    upload->sha256 = digest;
    upload->adopt = name[0] == '\0' ? NULL : name;
    json_t *image = image_upload_medium(call, upload, bytes);
    if (image != NULL && upload->adopt != NULL) {
        show_hint(call, "it lay in the folder of images already, and is now %s there",
                  fact_text(image, "medium"));
    }
    return image;
}

// Adds what is on this machine.
static json_t *add(struct call *call, struct image_upload *upload)
{
    struct stat status;
    uint64_t medium_bytes;
    const char *path = upload->folder;
    bool is_input = strcmp(path, "-") == 0;
    bool is_folder = !is_input && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (is_medium(path, &medium_bytes)) {
        return add_medium(call, upload, medium_bytes);
    }
    bool is_file = is_input || (stat(path, &status) == 0 && !is_folder);
    return is_file ? add_file(call, path, upload) : add_folder(call, upload);
}

// What was fetched and has another checksum does not stay; what broke off goes on the next time.
static json_t *add_url(struct call *call, struct image_upload *wanted)
{
    struct image_upload upload = *wanted;
    struct image_url file;
    struct problem problem;
    json_t *image = NULL;
    problem_clear(&problem);
    enum status status = image_url_fetch(&file, wanted->folder, &problem);
    bool is_right = status == STATUS_OK && check_digest(call, file.path);
    upload.folder = file.path;
    if (is_right) {
        image = add(call, &upload);
    } else if (status != STATUS_OK) {
        ask_complain(call, &problem);
    }
    image_url_clear(&file, image != NULL || (status == STATUS_OK && !is_right));
    return image;
}

int command_image_add(struct call *call)
{
    char last[IMAGE_PATH_BYTES];
    char made[IMAGE_PATH_BYTES];
    const char *path = NULL;
    const char *name = NULL;
    tell_apart(call, &path, &name);
    if (name == NULL && strcmp(path, "-") == 0) {
        ask_complain_text(call, "write 'imprint image add - NAME'", "what is this image to be called?");
        return CLI_EXIT_REFUSED;
    }
    bool is_url = image_url_is(path);
    if (name == NULL) {
        image_url_name(path, last, sizeof last);
        make_name(is_url ? last : path, made, sizeof made);
        name = made;
    }
    struct image_upload upload = {.name = name,
                                  .folder = path,
                                  .kernel = call_option(call, "kernel"),
                                  .initrd = call_option(call, "initrd"),
                                  .arguments = call_option(call, "arguments"),
                                  .description = call_option(call, "description")};
    if (is_url && !image_upload_may(call, name)) { // better heard before than after the download
        return CLI_EXIT_REFUSED;
    }
    if (!is_url && !check_digest(call, path)) {
        return CLI_EXIT_REFUSED;
    }
    return show_one(call, (is_url ? add_url : add)(call, &upload), image_upload_show);
}
