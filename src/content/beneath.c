// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BENEATH_TRIES_MOST 8 // when a rename elsewhere confuses the kernel's check (EAGAIN)

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
