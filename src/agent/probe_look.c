// SPDX-License-Identifier: GPL-3.0-or-later
// Which operating system a file system holds. It may be anybody's, so it is mounted by a child in a mount
// namespace of its own, which is given up when it takes too long.
#include "agent/probe_inner.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_SECONDS    10
#define ENTRIES_MOST    4096
#define MOUNT_POINT     "/run/imprint-look"
#define OS_RELEASE_MOST 8192u

static int open_inside(const char *root, const char *path, uint64_t flags)
{
    int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct open_how how = {.flags = flags | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_IN_ROOT};
    int fd = folder >= 0 ? (int)syscall(SYS_openat2, folder, path, &how, sizeof how) : -1;
    if (folder >= 0) {
        (void)close(folder);
    }
    return fd;
}

// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
static bool read_pretty_name(const char *root, const char *path, char out[INVENTORY_TEXT_BYTES])
{
    int fd = open_inside(root, path, O_RDONLY);
    struct stat is;
    char text[OS_RELEASE_MOST];
    ssize_t bytes =
        fd >= 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (bytes < 0) {
        return false;
    }
    text[bytes] = '\0';
    const char *name = text_starts(text, "PRETTY_NAME=") ? text : strstr(text, "\nPRETTY_NAME=");
    if (name == NULL) {
        (void)text_copy(out, INVENTORY_TEXT_BYTES, "Linux");
        return true;
    }
    name = strchr(name, '=') + 1;
    char quote = *name == '"' || *name == '\'' ? *name++ : '\n';
    size_t length = strcspn(name, quote == '"' ? "\"\n" : quote == '\'' ? "'\n" : "\n");
    probe_copy_plain(out, INVENTORY_TEXT_BYTES, name, length);
    return true;
}

// Finds an entry whatever the case of its letters; a folder of its own is opened.
static int open_nocase(int folder, const char *name, bool is_folder)
{
    DIR *entries = fdopendir(dup(folder));
    int found = -1;
    struct dirent *entry;
    unsigned seen = 0;
    while (entries != NULL && found < 0 && seen++ < ENTRIES_MOST && (entry = readdir(entries)) != NULL) {
        if (text_equal_nocase(entry->d_name, name)) {
            int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (is_folder ? O_RDONLY | O_DIRECTORY : O_PATH);
            found = openat(folder, entry->d_name, flags);
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    return found;
}

static bool has_nocase(const char *root, const char *const parts[], unsigned count)
{
    int at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 0; i < count && at >= 0; i++) {
        int next = open_nocase(at, parts[i], i + 1 < count);
        (void)close(at);
        at = next;
    }
    if (at >= 0) {
        (void)close(at);
    }
    return at >= 0;
}

bool probe_look_inside(const char *root, char out[INVENTORY_TEXT_BYTES])
{
    static const char *const releases[] = {"etc/os-release",          "usr/lib/os-release",
                                           "@/etc/os-release",        "@rootfs/etc/os-release",
                                           "root/usr/lib/os-release", "@/usr/lib/os-release"};
    static const char *const windows[] = {"Windows", "System32", "ntoskrnl.exe"};
    static const char *const loader[] = {"EFI", "Microsoft"};
    out[0] = '\0';
    for (unsigned i = 0; i < COUNT_OF(releases); i++) {
        if (read_pretty_name(root, releases[i], out)) {
            return true;
        }
    }
    if (has_nocase(root, windows, COUNT_OF(windows))) {
        (void)text_copy(out, INVENTORY_TEXT_BYTES, "Windows");
    } else if (has_nocase(root, loader, COUNT_OF(loader))) {
        (void)text_copy(out, INVENTORY_TEXT_BYTES, "Windows boot loader");
    }
    return out[0] != '\0';
}

struct way { // to mount a kind of file system without changing a byte of it
    const char *filesystem;
    const char *driver;
    const char *options;
};

static const struct way *find_way(const char *filesystem)
{
    static const struct way ways[] = {{"ext4", "ext4", "noload"},
                                      {"ext3", "ext4", "noload"},
                                      {"ext2", "ext4", ""},
                                      {"xfs", "xfs", "norecovery,nouuid"},
                                      {"btrfs", "btrfs", "rescue=nologreplay"},
                                      {"vfat", "vfat", ""},
                                      {"ntfs", "ntfs3", ""}};
    for (unsigned i = 0; i < COUNT_OF(ways); i++) {
        if (strcmp(ways[i].filesystem, filesystem) == 0) {
            return &ways[i];
        }
    }
    return NULL;
}

_Noreturn static void look(const char *device, const struct way *way, int answer)
{
    char name[INVENTORY_TEXT_BYTES] = "";
    unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;
    if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount(device, MOUNT_POINT, way->driver, flags, way->options) == 0) {
        (void)probe_look_inside(MOUNT_POINT, name);
        (void)umount2(MOUNT_POINT, 0);
    }
    ssize_t ignored = write(answer, name, sizeof name);
    (void)ignored;
    _exit(0);
}

// A file system mounted read-only is not left alone by all drivers: ext4 without its journal still frees what
// was deleted while it was open. A device that is read-only stops them. Returns the open device, -1 = it
// could not be made so; `*was` says how it was.
static int forbid_writing(const char *device, int *was)
{
    int on = 1;
    int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && (ioctl(fd, BLKROGET, was) != 0 || ioctl(fd, BLKROSET, &on) != 0)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static void allow_writing(int fd, int was)
{
    if (fd >= 0) {
        (void)ioctl(fd, BLKROSET, &was);
        (void)close(fd);
    }
}

void probe_find_system(const char *device, const char *filesystem, char out[INVENTORY_TEXT_BYTES])
{
    const struct way *way = find_way(filesystem);
    int ends[2];
    out[0] = '\0';
    (void)mkdir(MOUNT_POINT, 0700);
    int was = 0;
    int fd = way == NULL ? -1 : forbid_writing(device, &was);
    if (fd < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        allow_writing(fd, was);
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        look(device, way, ends[1]);
    }
    (void)close(ends[1]);
    struct pollfd wait = {.fd = ends[0], .events = POLLIN};
    char name[INVENTORY_TEXT_BYTES] = "";
    if (child > 0 && poll(&wait, 1, LOOK_SECONDS * 1000) == 1 && read(ends[0], name, sizeof name) > 0) {
        name[sizeof name - 1] = '\0';
        (void)text_copy(out, INVENTORY_TEXT_BYTES, name);
    }
    (void)close(ends[0]);
    bool is_gone = child < 0;
    if (child > 0) {
        (void)kill(child, SIGKILL);
        // A child that hangs inside the kernel cannot be killed and is not waited for.
        for (unsigned tries = 0; tries < 20 && !is_gone; tries++) {
            is_gone = waitpid(child, NULL, WNOHANG) != 0;
            (void)usleep(is_gone ? 0 : 50 * 1000);
        }
    }
    if (is_gone) {
        allow_writing(fd, was);
    } else {
        (void)close(fd); // it may still write: the device stays forbidden
    }
}
