# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system that shows a folder and answers only when it is let: PROGRAM SHOWN MOUNTED HOLD. As long as the file HOLD is there,
nothing that is asked of it is answered: neither whether there is a name, nor an open, nor a read."""

import errno
import os
import sys
import time

from fusepy import FUSE, FuseOSError, Operations


class SlowDisk(Operations):
    """What lies in `shown`, to read."""

    def __init__(self, shown, hold):
        self.shown = shown
        self.hold = hold

    def _real(self, path):
        while os.path.exists(self.hold):
            time.sleep(0.02)
        return self.shown + path

    def getattr(self, path, fh=None):
        real = self._real(path)
        try:
            about = os.lstat(real)
        except OSError as error:
            raise FuseOSError(error.errno) from error
        return {name: getattr(about, name) for name in ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid", "st_mtime", "st_ctime", "st_ino")}

    def readdir(self, path, fh):
        return [".", "..", *os.listdir(self._real(path))]

    def open(self, path, flags):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise FuseOSError(errno.EROFS)
        return os.open(self._real(path), os.O_RDONLY)

    def read(self, path, size, offset, fh):
        self._real(path)
        return os.pread(fh, size, offset)

    def release(self, path, fh):
        os.close(fh)


if __name__ == "__main__":
    FUSE(SlowDisk(sys.argv[1], sys.argv[3]), sys.argv[2], foreground=True, ro=True, allow_other=True, use_ino=True, attr_timeout=0, entry_timeout=0)
