# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that say on the console that they were booted: to prove that a machine reached its own disk."""

import pathlib
import shutil
import subprocess

WORDS = "OWN DISK BOOTED"

# 16-bit: ds = 0; print the text behind the code through the BIOS teletype; halt for ever.
BOOT_SECTOR = bytes.fromhex("31c0 8ed8 be157c ac 08c0 7406 b40e cd10 ebf5 f4 ebfd".replace(" ", ""))


def make_disk(path, firmware):
    """Makes a disk for "bios", or for "uefi" (with shim and signed GRUB, so Secure Boot accepts it)."""
    path = pathlib.Path(path)
    (make_bios_disk if firmware == "bios" else make_uefi_disk)(path)
    return path


def make_bios_disk(path):
    """A master boot record that prints the words."""
    assert len(BOOT_SECTOR) == 0x15
    code = BOOT_SECTOR + f"\r\n{WORDS}\r\n".encode() + b"\0"
    path.write_bytes(code.ljust(510, b"\0") + b"\x55\xaa" + bytes(4 * 2**20))


def make_uefi_disk(path):
    """A GPT disk with an EFI system partition whose fallback loader prints the words."""
    with open(path, "wb") as image:
        image.truncate(64 * 2**20)
    run("sfdisk", "-q", str(path), input="label: gpt\nstart=2048, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n")
    partition = f"{path}@@1M"
    run("mformat", "-i", partition, "-F", "-T", str(62 * 2048), "-h", "64", "-s", "32", "::")
    run("mmd", "-i", partition, "::/EFI", "::/EFI/BOOT", "::/EFI/debian")
    run("mcopy", "-i", partition, "/usr/lib/shim/shimx64.efi.signed", "::/EFI/BOOT/BOOTX64.EFI")
    run("mcopy", "-i", partition, "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "::/EFI/BOOT/grubx64.efi")
    config = path.with_suffix(".cfg")
    config.write_text(f"echo\necho {WORDS}\nsleep 100000\n")
    for folder in ("EFI/debian", "EFI/BOOT"):
        run("mcopy", "-i", partition, str(config), f"::/{folder}/grub.cfg")


def run(*words, **options):
    """Runs a tool; a missing one is named."""
    if shutil.which(words[0]) is None:
        raise FileNotFoundError(f"{words[0]} is missing; tools/setup test installs it")
    subprocess.run(words, check=True, capture_output=True, text=True, **options)
