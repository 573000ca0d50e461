// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/agent_tools.h"

#include "base/text.h"
#include "fleet/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES   4096
#define LDD_BYTES    16384
#define LINKS_MOST   8
#define TOOL_FOLDERS 4

struct tool {
    const char *name;
    const char *package;
};

static const struct tool tools[] = {
    {"modprobe", "kmod"},    {"sfdisk", "fdisk"},        {"mkfs.ext4", "e2fsprogs"},
    {"e2fsck", "e2fsprogs"}, {"resize2fs", "e2fsprogs"}, {"mkfs.vfat", "dosfstools"},
    {"tar", "tar"},          {"wipefs", "util-linux"},   {"blkdiscard", "util-linux"},
    {"blkid", "util-linux"}, {"xfs_growfs", "xfsprogs"}, {"btrfs", "btrfs-progs"},
};

static const char *const files[] = {"/etc/mke2fs.conf"};

// Adds `path` of this machine under the name that it really has (/bin is a link to /usr/bin in Debian), and,
// when it is a link, what it leads to.
static enum status add_path(struct initramfs *initramfs, const char *path, struct problem *problem)
{
    char at[PATH_BYTES];
    (void)text_copy(at, sizeof at, path);
    for (unsigned links = 0; links < LINKS_MOST; links++) {
        char target[PATH_BYTES];
        char folder[PATH_BYTES];
        char name[PATH_BYTES * 2];
        char *slash = strrchr(at, '/');
        *slash = '\0';
        if (realpath(at[0] == '\0' ? "/" : at, folder) == NULL) {
            break;
        }
        (void)snprintf(name, sizeof name, "%s/%s", folder, slash + 1);
        ssize_t length = readlink(name, target, sizeof target - 1);
        if (length < 0) {
            initramfs_add_file(initramfs, name + 1, name, access(name, X_OK) == 0 ? 0755 : 0644);
            return STATUS_OK;
        }
        target[length] = '\0';
        initramfs_add_link(initramfs, name + 1, target);
        int next = snprintf(at, sizeof at, "%s%s%s", target[0] == '/' ? "" : folder,
                            target[0] == '/' ? "" : "/", target);
        if (next >= (int)sizeof at) {
            break;
        }
    }
    problem_set(problem, "%.200s leads to no file", path);
    return STATUS_IO;
}

// ldd says "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)", "/lib64/ld-linux-x86-64.so.2 (0x...)" and
// names of what comes out of the kernel.
static enum status add_libraries(struct initramfs *initramfs, const char *program, struct problem *problem)
{
    const char *const words[] = {"ldd", program, NULL};
    char *text = NULL;
    char *rest = NULL;
    enum status status = process_read(&(struct process_job){.words = words}, LDD_BYTES, &text, problem);
    if (status != STATUS_OK) {
        return status;
    }
    for (char *line = strtok_r(text, "\n", &rest); line != NULL && status == STATUS_OK;
         line = strtok_r(NULL, "\n", &rest)) {
        char *path = strchr(line, '/');
        if (strstr(line, "not found") != NULL) {
            problem_set(problem, "the program %.200s lacks a library: %.200s", program, line);
            status = STATUS_NOT_FOUND;
        } else if (path != NULL) {
            path[strcspn(path, " ")] = '\0';
            status = add_path(initramfs, path, problem);
        }
    }
    heap_free(text);
    return status;
}

static enum status add_tool(struct initramfs *initramfs, const struct tool *tool, struct problem *problem)
{
    static const char *const folders[TOOL_FOLDERS] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s", folders[i], tool->name);
        if (access(path, X_OK) == 0) {
            enum status status = add_path(initramfs, path, problem);
            return status == STATUS_OK ? add_libraries(initramfs, path, problem) : status;
        }
    }
    problem_set(problem, "the program '%s' is missing here, which belongs into the agent", tool->name);
    problem_set_remedy(problem, "install the package %s", tool->package);
    return STATUS_NOT_FOUND;
}

enum status agent_tools_add(struct initramfs *initramfs, struct problem *problem)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(tools) && status == STATUS_OK; i++) {
        status = add_tool(initramfs, &tools[i], problem);
    }
    for (size_t i = 0; i < COUNT_OF(files) && status == STATUS_OK; i++) {
        status = add_path(initramfs, files[i], problem);
    }
    return status;
}
