// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/personal_chroot.h"

#include "agent/personal_file.h"
#include "agent/run.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLICY      "usr/sbin/policy-rc.d"
#define POLICY_TEXT "#!/bin/sh\n# imprint: nothing is started while the system is being installed\nexit 101\n"
#define RESOLV      "etc/resolv.conf"

static const struct mounted {
    const char *source, *target, *type;
    unsigned long flags;
} mounts[] = {
    {"/dev", "dev", NULL, MS_BIND | MS_REC},
    {"/proc", "proc", NULL, MS_BIND | MS_REC},
    {"/sys", "sys", NULL, MS_BIND | MS_REC},
    {"tmpfs", "run", "tmpfs", MS_NOSUID | MS_NODEV},
};
#define MOUNT_RESOLV (1u << COUNT_OF(mounts))

static void print_self(char out[64], int descriptor)
{
    (void)snprintf(out, 64, "/proc/self/fd/%d", descriptor);
}

static enum status failed(struct problem *problem, const char *what)
{
    problem_set(problem, "/%s cannot be mounted inside the new system: %s", what, strerror(errno));
    return STATUS_IO;
}

// Mount points are looked up inside the root as well: "dev" may be a link to anywhere.
static enum status mount_one(struct personal_chroot *inside, unsigned i, struct problem *problem)
{
    char self[64];
    int place = personal_make_folder(inside->root, mounts[i].target, 0755);
    if (place < 0) {
        return failed(problem, mounts[i].target);
    }
    print_self(self, place);
    const bool ok = mount(mounts[i].source, self, mounts[i].type, mounts[i].flags,
                          mounts[i].type == NULL ? NULL : "mode=0755") == 0;
    enum status status = ok ? STATUS_OK : failed(problem, mounts[i].target);
    (void)close(place);
    if (ok) {
        inside->mounted |= 1u << i;
        int above = personal_open(inside->root, mounts[i].target, O_PATH);
        if (above >= 0) { // what is unmounted inside stays mounted here
            print_self(self, above);
            (void)mount(NULL, self, NULL, MS_SLAVE | MS_REC, NULL);
            (void)close(above);
        }
    }
    return status;
}

static void unmount_one(const struct personal_chroot *inside, const char *target)
{
    char self[64];
    int above = personal_open(inside->root, target, O_PATH);
    if (above >= 0) {
        print_self(self, above);
        (void)umount2(self, MNT_DETACH);
        (void)close(above);
    }
}

// The file is mounted over, not written: nothing of ours stays behind when the power is cut. It is often a
// link into /run, which is ours and empty, so what it leads to is made first.
static void lend_resolv(struct personal_chroot *inside)
{
    static const char *const places[] = {"run/systemd/resolve/stub-resolv.conf",
                                         "run/systemd/resolve/resolv.conf", "run/NetworkManager/resolv.conf",
                                         "run/resolvconf/resolv.conf"};
    struct problem nobody = {0};
    struct stat facts;
    const char *source = stat("/run/resolv.conf", &facts) == 0 ? "/run/resolv.conf" : "/etc/resolv.conf";
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (personal_write(inside->root, places[i], "", NULL, &nobody) != STATUS_OK) {
            return;
        }
    }
    if (!personal_has_name(inside->root, RESOLV)) {
        inside->made_resolv = personal_write(inside->root, RESOLV, "", NULL, &nobody) == STATUS_OK;
    }
    int place = personal_open(inside->root, RESOLV, O_PATH);
    if (place >= 0) {
        char self[64];
        print_self(self, place);
        if (mount(source, self, NULL, MS_BIND, NULL) == 0) {
            inside->mounted |= MOUNT_RESOLV;
        }
        (void)close(place);
    }
}

enum status personal_enter(struct personal_chroot *inside, const char *path, struct problem *problem)
{
    *inside = (struct personal_chroot){.path = path};
    inside->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (inside->root < 0) {
        problem_set(problem, "%s cannot be opened: %s", path, strerror(errno));
        return STATUS_IO;
    }
    for (unsigned i = 0; i < COUNT_OF(mounts); i++) {
        enum status status = mount_one(inside, i, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    char *policy = personal_read(inside->root, POLICY);
    inside->has_policy =
        policy == NULL ? !personal_has_name(inside->root, POLICY) && personal_exists(inside->root, "usr/sbin")
                       : strcmp(policy, POLICY_TEXT) == 0;
    free(policy);
    if (inside->has_policy) {
        const struct personal_owner owner = {.mode = 0755};
        enum status status = personal_write(inside->root, POLICY, POLICY_TEXT, &owner, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    lend_resolv(inside);
    return STATUS_OK;
}

// What a package or the script has left running would hold the file system.
static void end_left_behind(int root)
{
    struct stat ours, theirs;
    DIR *folder = opendir("/proc");
    if (folder == NULL || fstat(root, &ours) != 0) {
        if (folder != NULL) {
            (void)closedir(folder);
        }
        return;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[300];
        (void)snprintf(path, sizeof path, "/proc/%s/root", entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && stat(path, &theirs) == 0 &&
            theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino) {
            (void)kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
        }
    }
    (void)closedir(folder);
}

void personal_leave(struct personal_chroot *inside)
{
    if (inside->path == NULL || inside->root < 0) {
        return;
    }
    struct stat ours, slash;
    if (inside->mounted != 0 && fstat(inside->root, &ours) == 0 && stat("/", &slash) == 0 &&
        (ours.st_dev != slash.st_dev || ours.st_ino != slash.st_ino)) {
        end_left_behind(inside->root);
    }
    if ((inside->mounted & MOUNT_RESOLV) != 0) {
        unmount_one(inside, RESOLV);
    }
    if (inside->made_resolv) {
        personal_remove(inside->root, RESOLV);
    }
    if (inside->has_policy) {
        personal_remove(inside->root, POLICY);
    }
    for (unsigned i = COUNT_OF(mounts); i-- > 0;) {
        if ((inside->mounted & (1u << i)) != 0) {
            unmount_one(inside, mounts[i].target);
        }
    }
    (void)close(inside->root);
    *inside = (struct personal_chroot){.root = -1};
}

enum status personal_run(const char *path, const char *const words[], const char *input,
                         struct problem *problem)
{
    const struct run_job job = {.words = words, .root = path, .input = input, .timeout_s = 1800};
    return run(&job, problem);
}

bool personal_has_program(int root, const char *name)
{
    static const char *const folders[] = {"usr/sbin", "usr/bin", "sbin", "bin"};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folders[i], name);
        if (personal_exists(root, path)) {
            return true;
        }
    }
    return false;
}
