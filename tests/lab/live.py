# SPDX-License-Identifier: GPL-3.0-or-later
"""A real live medium, made once with Debian's own tools: its kernel, live-boot in its initrd, a squashfs, and grub-mkrescue's
medium around them. It lies as no family of the catalogue does, so what boots it is what its own grub.cfg says."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from .images import hash_of, kept

VOLUME = "OWN_LIVE"
PACKAGES = "linux-image-amd64,live-boot,live-boot-initramfs-tools,wget"
WORDS = "The live system of this medium runs"
LEFT_OUT = ["boot", "usr/lib/modules", "var/cache/apt", "var/lib/apt", "usr/share/doc", "usr/share/locale", "usr/share/man"]

ANNOUNCE = "#!/bin/sh\n" + f"""\
mount -t proc proc /proc
echo "{WORDS} on $(uname -r) by $(cat /proc/cmdline)" > /dev/console
exec sleep infinity
"""

HELLO_WORDS = "A file of the medium runs in the initramfs"
HELLO = f"""\
echo "{HELLO_WORDS}, by $0"
while true; do sleep 60; done
"""
HELLO += "#" * (-len(HELLO) % 4)  # as everything that comes into an initramfs so

MENU = """\
set default=0
set timeout=5
set system=/system
if [ "$grub_platform" = "efi" ]; then
    insmod efi_gop
fi
menuentry "Check of the memory" {
    linux16 /boot/memtest.bin
}
submenu "Systems >" {
    menuentry "Our own live system" --class debian {
        search --no-floppy --set=root --label OWN_LIVE
        linux ${system}/vmlinuz boot=live live-media-path=${system} findiso=${iso_path} console=tty0 console=ttyS0,115200n8 init=/announce
        initrd ${system}/initrd.img
    }
}
"""


def make(folder):
    """Makes medium.iso in `folder`, where Debian's archive can be reached."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        root, tree = pathlib.Path(work, "root"), pathlib.Path(work, "tree")
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", "--aptopt=APT::Install-Recommends \"false\"",
                        "bookworm", root], check=True, stdin=subprocess.DEVNULL)
        (root / "announce").write_text(ANNOUNCE)
        (root / "announce").chmod(0o755)
        (tree / "system").mkdir(parents=True)
        (tree / "boot" / "grub").mkdir(parents=True)
        (tree / "boot" / "grub" / "grub.cfg").write_text(MENU)
        (tree / "boot" / "memtest.bin").write_bytes(bytes(65536))
        (tree / "boot" / "hello.sh").write_text(HELLO)
        for name, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd.img", "initrd.img-*")):
            shutil.copy(next((root / "boot").glob(pattern)), tree / "system" / name)
        for name in LEFT_OUT:
            shutil.rmtree(root / name)
        subprocess.run(["gensquashfs", "--quiet", "--pack-dir", root, "--compressor", "zstd", "--comp-extra", "level=3",
                        tree / "system" / "filesystem.squashfs"], check=True)
        subprocess.run(["grub-mkrescue", "-o", folder / "medium.iso", tree, "--", "-volid", VOLUME], check=True, capture_output=True)


def medium():
    """The medium; made the first time."""
    key = hash_of(pathlib.Path(__file__))
    return kept("live-medium", key, lambda lab, folder: make(folder)) / "medium.iso"


if __name__ == "__main__":
    print(os.fspath(medium()))
