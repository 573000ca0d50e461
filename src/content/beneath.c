// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/beneath.h"

#include "content/local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BENEATH_TRIES_MOST 8 // when a rename elsewhere confuses the kernel's check (EAGAIN)

// Linux 5.12; what does not know it says EINVAL, and is never quick then.
#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

static int open_known(int folder_fd, const char *path, int flags, unsigned resolve)
{
    const struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC), .resolve = resolve | RESOLVE_CACHED};
    int fd = (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
    if (fd < 0 && (errno == EINVAL || errno == ENOSYS || errno == EINTR)) {
        errno = EAGAIN;
    }
    return fd;
}

int beneath_open_known(int root_fd, const char *path, int flags)
{
    return open_known(root_fd, path, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

int beneath_open_quick(int root_fd, const char *path)
{
    mode_t mode;
    int found_fd = beneath_open_known(root_fd, path, O_PATH);
    if (found_fd < 0) {
        return -1;
    }
    bool may_open = local_is(found_fd, &mode) && S_ISREG(mode);
    (void)close(found_fd);
    int fd = may_open ? beneath_open_known(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd >= 0 && (!local_is(fd, &mode) || !S_ISREG(mode))) { // another one by now
        (void)close(fd);
        fd = -1;
    }
    if (fd < 0) {
        errno = EAGAIN;
    }
    return fd;
}

int beneath_open_root(const char *path, bool is_quick)
{
    int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    return is_quick ? open_known(AT_FDCWD, path, flags, 0) : open(path, flags);
}

int beneath_open(int root_fd, const char *path, int flags)
{
    const struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                                 .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = -1;
    for (int tries = 0; tries < BENEATH_TRIES_MOST; tries++) {
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
    return (int)fd;
}
