# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs an image for disks as docs/protocols/image-format.md says, independent of imprint's own packer."""

import hashlib
import struct
import subprocess
import zlib

CHUNK_BYTES = 4 * 2**20
DISK, ROOT = 1, 2
BIOS, UEFI, SECURE = 1, 2, 4


def with_check(data):
    """The bytes, and their CRC-32 behind them."""
    return data + struct.pack("<I", zlib.crc32(data))


def pack(content, folder, kind=DISK, starts=BIOS | UEFI | SECURE, needs=0, system="a test"):
    """Makes image.zst and image.index in `folder` of the file `content`."""
    total = content.stat().st_size
    entries, at = [], 0
    with open(content, "rb") as source, open(folder / "image.zst", "wb") as stream:
        while chunk := source.read(CHUNK_BYTES):
            frame = subprocess.run(["zstd", "-q", "-3", "--check", f"--stream-size={len(chunk)}", "-c"], input=chunk, capture_output=True, check=True).stdout
            stream.write(frame)
            size = len(chunk) | (0x80000000 if not any(chunk) else 0)
            entries.append(with_check(struct.pack("<QII32sI", at, len(frame), size, hashlib.sha256(frame).digest(), 0)))
            at += len(frame)
    head = struct.pack("<8sBBHIIIQQQ96s108s", b"imprint1", kind, starts, 0, CHUNK_BYTES, len(entries), 0, total, needs or total, at, system.encode(), b"")
    (folder / "image.index").write_bytes(with_check(head) + b"".join(entries))
    return folder
