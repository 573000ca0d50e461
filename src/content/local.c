// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/local.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define DEVICES_MOST 32

// Those that linux/magic.h does not name.
#define MAGIC_EXFAT 0x2011bab0
#define MAGIC_NTFS3 0x7366746e
#define MAGIC_UDF   0x15013346
#define MAGIC_ZFS   0x2fc12fc1

struct device {
    dev_t number;
    bool is_local;
};

static struct {
    pthread_mutex_t lock;
    struct device devices[DEVICES_MOST];
    unsigned learned; // of them, the oldest is overwritten
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const long local_magics[] = {EXT4_SUPER_MAGIC,
                                    XFS_SUPER_MAGIC,
                                    BTRFS_SUPER_MAGIC,
                                    TMPFS_MAGIC,
                                    RAMFS_MAGIC,
                                    OVERLAYFS_SUPER_MAGIC,
                                    SQUASHFS_MAGIC,
                                    ISOFS_SUPER_MAGIC,
                                    F2FS_SUPER_MAGIC,
                                    MSDOS_SUPER_MAGIC,
                                    EROFS_SUPER_MAGIC_V1,
                                    NILFS_SUPER_MAGIC,
                                    REISERFS_SUPER_MAGIC,
                                    MAGIC_EXFAT,
                                    MAGIC_NTFS3,
                                    MAGIC_UDF,
                                    MAGIC_ZFS};

static struct device *find(dev_t number)
{
    for (unsigned i = 0; i < DEVICES_MOST && i < known.learned; i++) {
        if (known.devices[i].number == number) {
            return &known.devices[i];
        }
    }
    return NULL;
}

void local_learn(int fd)
{
    struct stat about;
    struct statfs system;
    if (fstat(fd, &about) != 0 || fstatfs(fd, &system) != 0) {
        return;
    }
    bool is_local = false;
    for (size_t i = 0; i < sizeof local_magics / sizeof *local_magics; i++) {
        is_local = is_local || (long)system.f_type == local_magics[i];
    }
    pthread_mutex_lock(&known.lock);
    struct device *device = find(about.st_dev);
    if (device == NULL) {
        device = &known.devices[known.learned++ % DEVICES_MOST];
    }
    *device = (struct device){about.st_dev, is_local}; // a number may come to mean another one
    pthread_mutex_unlock(&known.lock);
}

bool local_is(int fd, mode_t *mode)
{
    struct statx about;
    *mode = 0;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE, &about) != 0) {
        return false;
    }
    *mode = about.stx_mode;
    pthread_mutex_lock(&known.lock);
    const struct device *device = find(makedev(about.stx_dev_major, about.stx_dev_minor));
    bool is_local = device != NULL && device->is_local;
    pthread_mutex_unlock(&known.lock);
    return is_local;
}
