// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_FILE (LANDLOCK_ACCESS_FS_READ_FILE)
#define READ_TREE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_TREE                                                                                           \
    (READ_TREE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                             \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |            \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define EVERYTHING                                                                                           \
    ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) // all that the first version knows; all of it is denied

static enum status add_folder(int rules, const char *path, uint64_t access, struct problem *problem)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return STATUS_OK; // what is not there need not be reached
    }
    struct stat is;
    bool is_folder = fstat(fd, &is) == 0 && S_ISDIR(is.st_mode);
    uint64_t for_files = READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    struct landlock_path_beneath_attr rule = {.allowed_access = is_folder ? access : access & for_files,
                                              .parent_fd = fd};
    long failed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    if (failed != 0) {
        problem_set(problem, "%s could not be opened to the confined server: %s", path, strerror(errno));
    }
    close(fd);
    return failed == 0 ? STATUS_OK : STATUS_IO;
}

static enum status add_folders(int rules, const char *const paths[], uint64_t access, struct problem *problem)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; paths[i] != NULL && status == STATUS_OK; i++) {
        status = add_folder(rules, paths[i], access, problem);
    }
    return status;
}

enum status confine(const char *const readable[], const char *const writable[], bool *is_confined,
                    struct problem *problem)
{
    struct landlock_ruleset_attr wish = {.handled_access_fs = EVERYTHING};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &wish, sizeof wish, 0);
    *is_confined = rules >= 0;
    if (rules < 0) { // not built in, switched off, or an old kernel
        return STATUS_OK;
    }
    enum status status = add_folders(rules, readable, READ_TREE, problem);
    if (status == STATUS_OK) {
        status = add_folders(rules, writable, WRITE_TREE, problem);
    }
    if (status == STATUS_OK && syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
        problem_set(problem, "the kernel refused to confine the server to its folders: %s", strerror(errno));
        status = STATUS_IO;
    }
    close(rules);
    return status;
}
