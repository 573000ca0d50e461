// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/agent_build.h"

#include "base/reader.h"
#include "base/text.h"
#include "fleet/agent_modules.h"
#include "fleet/agent_tools.h"
#include "fleet/process.h"
#include "fleet/scratch.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES    1024
#define NAME_BYTES    128
#define TEXT_BYTES    65536
#define HEADERS_BYTES (64 * 56)           // of the program headers that are looked at
#define ROOM_BYTES    UINT64_C(900000000) // the full kernel's package unpacked, the package, the result

struct build {
    const struct agent_build_job *job;
    char work[PATH_BYTES];    // below the folder
    char package[NAME_BYTES]; // "linux-image-6.1.0-56-amd64"
    char archive[PATH_BYTES]; // its file
    struct agent_built built;
};

static void say(const struct build *build, const char *text)
{
    if (build->job->step != NULL) {
        build->job->step(build->job->context, text);
    }
}

// Whether the program headers, `count` of them in `data`, name a loader of shared libraries.
static bool has_loader(const uint8_t *data, size_t bytes, unsigned count, size_t each)
{
    struct reader reader = reader_init(data, bytes);
    for (unsigned i = 0; i < count; i++) {
        struct reader header = read_inside(&reader, each);
        if (read_le32(&header) == PT_INTERP) {
            return true;
        }
    }
    return reader.failed; // more of them than any honest program has
}

static enum status check_elf(FILE *file, const char *program, struct problem *problem)
{
    uint8_t data[HEADERS_BYTES] = {0};
    size_t bytes = fread(data, 1, sizeof(Elf64_Ehdr), file);
    struct reader reader = reader_init(data, bytes);
    bool is_elf = bytes > SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0 && data[EI_CLASS] == ELFCLASS64;
    read_skip(&reader, 18);
    is_elf = read_le16(&reader) == EM_X86_64 && is_elf;
    read_skip(&reader, 12);
    uint64_t at = read_le32(&reader);
    read_skip(&reader, 18);
    size_t each = read_le16(&reader);
    unsigned count = read_le16(&reader);
    if (!is_elf || reader.failed || fseek(file, (long)at, SEEK_SET) != 0) {
        problem_set(problem, "%.200s is no program for x86-64", program);
        return STATUS_UNSUPPORTED;
    }
    bytes = fread(data, 1, sizeof data, file);
    if (has_loader(data, bytes, count, each)) {
        problem_set(problem, "%.200s needs shared libraries, and the agent runs where there are none",
                    program);
        problem_set_remedy(problem, "name the one of a build without sanitizers: --program FILE");
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

enum status agent_build_check_program(const char *program, struct problem *problem)
{
    FILE *file = fopen(program, "rbe");
    if (file == NULL) {
        problem_set(problem, "the agent's program %.200s cannot be read: %s", program, strerror(errno));
        return STATUS_IO;
    }
    enum status status = check_elf(file, program, problem);
    (void)fclose(file);
    return status;
}

// "  Depends: linux-image-6.1.0-56-amd64", the first one that is a signed kernel.
static enum status find_package(struct build *build, struct problem *problem)
{
    const char *meta = build->job->is_cloud ? "linux-image-cloud-amd64" : "linux-image-amd64";
    const char *const words[] = {"apt-cache", "depends", meta, NULL};
    char *text = NULL;
    char *rest = NULL;
    say(build, "asking apt for the newest kernel");
    enum status status = process_read(&(struct process_job){.words = words}, TEXT_BYTES, &text, problem);
    if (status != STATUS_OK) {
        problem_set_remedy(problem, "the agent is built from Debian's packages: does apt know them here? "
                                    "run 'apt-get update'");
        return status;
    }
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        const char *name = strstr(line, "Depends: linux-image-");
        if (name != NULL && build->package[0] == '\0' && !text_ends(line, "-unsigned")) {
            (void)text_copy(build->package, sizeof build->package, name + strlen("Depends: "));
        }
    }
    heap_free(text);
    if (build->package[0] == '\0') {
        problem_set(problem, "apt knows no kernel behind %s", meta);
        problem_set_remedy(problem, "run 'apt-get update'");
        return STATUS_NOT_FOUND;
    }
    return STATUS_OK;
}

// The name of the only thing in `folder` that begins with `prefix`.
static enum status find_name(const char *folder, const char *prefix, char name[NAME_BYTES],
                             struct problem *problem)
{
    DIR *open_folder = opendir(folder);
    bool is_found = false;
    if (open_folder == NULL) {
        problem_set(problem, "%.200s cannot be read: %s", folder, strerror(errno));
        return STATUS_IO;
    }
    for (const struct dirent *entry = readdir(open_folder); entry != NULL; entry = readdir(open_folder)) {
        if (text_starts(entry->d_name, prefix)) {
            is_found = text_copy(name, NAME_BYTES, entry->d_name) == STATUS_OK;
        }
    }
    (void)closedir(open_folder);
    if (!is_found) {
        problem_set(problem, "there is no %s* in the package", prefix);
        return STATUS_NOT_FOUND;
    }
    return STATUS_OK;
}

static enum status fetch_package(struct build *build, struct problem *problem)
{
    const char *const words[] = {"apt-get",  "-qq",          "-o", "APT::Sandbox::User=root",
                                 "download", build->package, NULL};
    const char *show[] = {"dpkg-deb", "--show", "--showformat=${Package} ${Version}", build->archive, NULL};
    char name[NAME_BYTES * 2];
    char *text = NULL;
    (void)snprintf(name, sizeof name, "fetching %s", build->package);
    say(build, name);
    const struct process_job job = {.words = words, .folder = build->work};
    enum status status = process_run(&job, problem);
    status = status == STATUS_OK ? find_name(build->work, build->package, name, problem) : status;
    if (status != STATUS_OK) {
        problem_set_remedy(problem, "run 'apt-get update', and look whether this machine reaches Debian's "
                                    "package archive");
        return status;
    }
    (void)snprintf(build->archive, sizeof build->archive, "%.*s/%s", PATH_BYTES / 2, build->work, name);
    status = process_read(&(struct process_job){.words = show}, 256, &text, problem);
    if (status == STATUS_OK) {
        (void)text_copy(build->built.package, sizeof build->built.package, text);
        heap_free(text);
    }
    return status;
}

// Unpacks the package, and puts the kernel to its place.
static enum status unpack(struct build *build, struct problem *problem)
{
    char root[PATH_BYTES + 16];
    char from[PATH_BYTES * 2];
    char to[PATH_BYTES];
    char name[NAME_BYTES];
    struct stat file_status;
    (void)snprintf(root, sizeof root, "%s/root", build->work);
    const char *const words[] = {"dpkg-deb", "--extract", build->archive, root, NULL};
    say(build, "unpacking the kernel and picking its modules");
    enum status status = process_run(&(struct process_job){.words = words}, problem);
    (void)snprintf(from, sizeof from, "%s/boot", root);
    status = status == STATUS_OK ? find_name(from, "vmlinuz-", name, problem) : status;
    if (status != STATUS_OK) {
        return status;
    }
    (void)text_copy(build->built.kernel, sizeof build->built.kernel, name + strlen("vmlinuz-"));
    (void)snprintf(from, sizeof from, "%s/boot/%s", root, name);
    (void)snprintf(to, sizeof to, "%s/linux", build->job->folder);
    if (rename(from, to) != 0 || chmod(to, 0644) != 0 || stat(to, &file_status) != 0) {
        problem_set(problem, "the kernel cannot be put to %.200s: %s", to, strerror(errno));
        return STATUS_IO;
    }
    build->built.kernel_bytes = (uint64_t)file_status.st_size;
    return STATUS_OK;
}

// Debian's merged folders, what the agent mounts things on, and the device that the kernel opens for /init.
static void add_skeleton(struct initramfs *initramfs, const char *program)
{
    static const char *const folders[] = {"dev", "etc", "proc", "root", "run", "sys", "target", "tmp", "var"};
    static const char *const merged[] = {"bin", "lib", "lib32", "lib64", "libx32", "sbin"};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        initramfs_add_folder(initramfs, folders[i]);
    }
    for (size_t i = 0; i < COUNT_OF(merged); i++) {
        char target[16];
        (void)snprintf(target, sizeof target, "usr/%s", merged[i]);
        initramfs_add_folder(initramfs, target);
        initramfs_add_link(initramfs, merged[i], target);
    }
    initramfs_add_device(initramfs, "dev/console", 5, 1);
    initramfs_add_device(initramfs, "dev/null", 1, 3);
    initramfs_add_file(initramfs, "init", program, 0755);
}

static enum status fill(struct build *build, struct initramfs *initramfs, struct problem *problem)
{
    char root[PATH_BYTES + 16];
    char stage[PATH_BYTES + 16];
    char modules[PATH_BYTES + 32];
    (void)snprintf(root, sizeof root, "%s/root", build->work);
    (void)snprintf(stage, sizeof stage, "%s/stage", build->work);
    (void)snprintf(modules, sizeof modules, "%s/lib/modules", stage);
    if (mkdir(stage, 0755) != 0) {
        problem_set(problem, "the folder %.200s cannot be made: %s", stage, strerror(errno));
        return STATUS_IO;
    }
    enum status status =
        agent_modules_pick(root, build->built.kernel, stage, &build->built.module_count, problem);
    add_skeleton(initramfs, build->job->program);
    status =
        status == STATUS_OK ? initramfs_add_tree(initramfs, "usr/lib/modules", modules, problem) : status;
    return status == STATUS_OK ? agent_tools_add(initramfs, problem) : status;
}

static enum status write_initrd(struct build *build, struct problem *problem)
{
    struct initramfs initramfs;
    char file[PATH_BYTES];
    struct stat file_status;
    initramfs_init(&initramfs);
    (void)snprintf(file, sizeof file, "%s/initrd.zst", build->job->folder);
    enum status status = fill(build, &initramfs, problem);
    if (status == STATUS_OK) {
        say(build, "packing the initramfs");
        status = initramfs_write(&initramfs, file, &build->built.unpacked_bytes, problem);
    }
    initramfs_clear(&initramfs);
    if (status == STATUS_OK && stat(file, &file_status) == 0) {
        build->built.initrd_bytes = (uint64_t)file_status.st_size;
    }
    return status;
}

// The server recognises the folder by it, and people see what is in there. Names of kernels and packages hold
// nothing that JSON would take for something else.
static enum status write_note(const struct build *build, struct problem *problem)
{
    char path[PATH_BYTES];
    time_t now = time(NULL);
    (void)snprintf(path, sizeof path, "%s/agent.json", build->job->folder);
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        problem_set(problem, "%.200s cannot be written: %s", path, strerror(errno));
        return STATUS_IO;
    }
    (void)fprintf(file,
                  "{\"version\": \"%s\", \"kernel\": \"%s\", \"package\": \"%s\", \"built_s\": %lld, "
                  "\"unpacked_bytes\": %llu}\n",
                  IMPRINT_VERSION, build->built.kernel, build->built.package, (long long)now,
                  (unsigned long long)build->built.unpacked_bytes);
    if (fclose(file) != 0) {
        problem_set(problem, "%.200s cannot be written: %s", path, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

enum status agent_build(const struct agent_build_job *job, struct agent_built *built, struct problem *problem)
{
    struct build build = {.job = job};
    enum status status = agent_build_check_program(job->program, problem);
    status = status == STATUS_OK ? scratch_check_room(job->folder, ROOM_BYTES, problem) : status;
    if (status != STATUS_OK) {
        return status;
    }
    int length = snprintf(build.work, sizeof build.work, "%s/work", job->folder);
    if (length >= PATH_BYTES / 2 || mkdir(build.work, 0755) != 0) {
        problem_set(problem, "the folder %.200s cannot be made: %s", build.work, strerror(errno));
        return STATUS_IO;
    }
    status = find_package(&build, problem);
    status = status == STATUS_OK ? fetch_package(&build, problem) : status;
    status = status == STATUS_OK ? unpack(&build, problem) : status;
    status = status == STATUS_OK ? write_initrd(&build, problem) : status;
    status = status == STATUS_OK ? write_note(&build, problem) : status;
    scratch_remove(build.work);
    if (status == STATUS_OK) {
        *built = build.built;
    }
    return status;
}
