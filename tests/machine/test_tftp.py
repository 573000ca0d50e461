# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware and loaders fetch files of awkward sizes behind good and bad cables, and what arrived is told by the machine itself.

iPXE and pxelinux fetch a kernel, a tiny system and the files as further initramfs parts; the system prints their SHA-256. OVMF's
own network stack fetches a GRUB that carries a large file, and GRUB prints the SHA-256 of that and of what it fetches."""

import hashlib
import os
import pathlib
import random
import re
import shutil
import subprocess

import pytest

from lab import Machine
from lab.relay import Relay
from lab.site import INSTALLER, start_other_dhcp

MIB = 1 << 20
KERNEL = pathlib.Path(INSTALLER) / "debian-installer" / "amd64" / "linux"
# exact multiples of what iPXE, pxelinux, GRUB and OVMF ask for, and those around the classic block
SIZES = [0, 1, 511, 512, 513, 1024 * 9, 1408 * 5, 1432 * 5, 1456 * 7, 1468 * 4, 100_000]
LARGE = {0.0: 40 * MIB, 0.01: 8 * MIB, 0.1: 2 * MIB}
HUGE = 200 * MIB

INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs none /dev
exec >/dev/ttyS0 2>&1
for file in /p-*; do
    set -- $(/bin/busybox sha256sum "$file")
    echo "sum ${file#/p-} $1 end"
done
echo all-sums-told
exec /bin/busybox sleep 100000
"""


def data_of(size):
    """The bytes of the file of that size, the same each time."""
    return random.Random(size).randbytes(size)


def sum_of(data):
    return hashlib.sha256(data).hexdigest()


def make_archive(folder, path):
    """A cpio archive of what is in a folder, as an initramfs wants it."""
    names = sorted(str(found.relative_to(folder)) for found in folder.rglob("*"))
    with open(path, "wb") as out:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], input="\n".join(names).encode(), cwd=folder, stdout=out, check=True)


def make_system(lab, path):
    """The tiny system: busybox and an init."""
    root = lab.make_folder("system")
    for name in ("bin", "dev", "lib64"):
        (root / name).mkdir()
    shutil.copy("/bin/busybox", root / "bin" / "busybox")
    listing = subprocess.run(["ldd", "/bin/busybox"], capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+\.so\S*)", listing):
        place = root / library.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place)
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)
    make_archive(root, path)


def make_part(lab, path, name, size):
    """An initramfs part of exactly that many bytes with a file in it: zeros behind an archive are skipped. The file's bytes."""
    folder = lab.make_folder(f"part-{name}")
    data = data_of(size)[:max(0, size - 512) // 512 * 512 + 100 if size >= 1024 else size - 300]
    (folder / f"p-{name}").write_bytes(data)
    make_archive(folder, lab.folder / "part.cpio")
    packed = (lab.folder / "part.cpio").read_bytes().rstrip(b"\0") + b"\0"
    assert len(packed) <= size, (len(packed), size)
    path.write_bytes(packed + bytes(size - len(packed)))
    return data


def start_site(lab, boot_file, *words):
    """imprint serves files only; another server hands out addresses and names imprint's file."""
    lab.root = lab.make_folder("tftp")
    lab.start_imprint(mode="off")
    start_other_dhcp(lab, f"--dhcp-boot={boot_file},,{lab.address}", *words)


def switch_on(lab, kind, loss, memory=1024):
    """A machine behind a bad cable."""
    machine = Machine(lab, kind, "52:54:00:ab:cd:07", memory=memory)
    lab.relay = Relay(lab, machine.tap, loss=loss, seed=11, spare_dhcp=True)
    return machine.start()


def told_sums(machine):
    """What the machine told so far: {name: SHA-256}."""
    return dict(re.findall(r"sum (\S+) ([0-9a-f]{64}) end", machine.serial()))


def check(lab, machine, wanted, seconds):
    """The machine tells the sums of all files, and they are right; imprint says so too."""
    machine.wait_serial("all-sums-told", seconds)
    told = told_sums(machine)
    assert {name: told.get(name, "nothing") for name in wanted} == wanted
    counts = lab.relay.stop()
    assert counts["from_server"]["choked"] == counts["from_client"]["choked"] == 0, counts
    status = lab.cli_json("status")["tftp"]
    assert status["done"] >= len(wanted)
    assert not any("stopped answering" in event["text"] for event in lab.events())


def seconds_for(loss, size):
    """Long, for an emulated machine: 150 s, what its bytes take in lock-step, and what their losses do."""
    return 240 + size / MIB * (1.5 + 90 * loss)


MATRIX = [pytest.param(0.01, None, marks=pytest.mark.core), (0.0, None), (0.1, None), (0.0, HUGE), (0.01, HUGE), (0.1, HUGE)]


def sizes_of(loss, large):
    return [*SIZES, LARGE[loss]] if large is None else [large]


@pytest.mark.parametrize("loss, large", MATRIX)
def test_ipxe_fetches_every_file_whole(lab, loss, large):
    start_site(lab, "files.ipxe")
    shutil.copy(KERNEL, lab.root / "linux")
    make_system(lab, lab.root / "system.cpio")
    wanted = {}
    script = ["#!ipxe", "imgfetch --name none f0 || shell", "imgfree", "kernel linux initrd=system.cpio console=ttyS0,115200 quiet", "initrd system.cpio"]
    (lab.root / "f0").write_bytes(b"")  # as a part of an initramfs it keeps this iPXE from starting the kernel
    for size in filter(None, sizes_of(loss, large)):
        (lab.root / f"f{size}").write_bytes(data_of(size))
        wanted[str(size)] = sum_of(data_of(size))
        script.append(f"initrd f{size} p-{size}")
    (lab.root / "files.ipxe").write_text("\n".join([*script, "boot", ""]))
    check(lab, switch_on(lab, "bios", loss, 1024 if large is None else 2048), wanted, seconds_for(loss, max(sizes_of(loss, large))))


@pytest.mark.parametrize("loss, large", MATRIX)
def test_pxelinux_fetches_every_file_whole(lab, loss, large):
    # With a configuration that DHCP names, else it would get what imprint has to say to an unknown machine.
    start_site(lab, "pxelinux.0", "--dhcp-option-force=209,files.cfg")
    shutil.copy("/usr/lib/PXELINUX/pxelinux.0", lab.root)
    shutil.copy("/usr/lib/syslinux/modules/bios/ldlinux.c32", lab.root)
    shutil.copy(KERNEL, lab.root / "linux")
    make_system(lab, lab.root / "system.cpio")
    wanted = {str(size): sum_of(make_part(lab, lab.root / f"f{size}", str(size), size)) for size in sizes_of(loss, large) if size >= 511}
    (lab.root / "f0").write_bytes(b"")
    parts = ",".join(["system.cpio", *(f"f{size}" for size in wanted)])
    (lab.root / "files.cfg").write_text(
        f"SERIAL 0 115200\nINCLUDE f0\nDEFAULT go\nLABEL go\n  KERNEL linux\n  INITRD {parts}\n  APPEND console=ttyS0,115200 quiet\n")
    check(lab, switch_on(lab, "bios", loss, 1024 if large is None else 2048), wanted, seconds_for(loss, max(sizes_of(loss, large))))


GRUB_MODULES = "net efinet tftp hashsum gcry_sha256 gcry_sha512 normal echo serial terminal memdisk tar test regexp sleep".split()


def make_grub(lab, path, sizes, carried):
    """A GRUB that prints sums, first of a file that it carries, which makes it a large boot file."""
    folder = lab.make_folder("memdisk")
    (folder / "carried").write_bytes(carried)
    subprocess.run(["tar", "-cf", lab.folder / "memdisk.tar", "-C", folder, "carried"], check=True)
    lines = ["serial", "terminal_output serial", "sha256sum (memdisk)/carried"]
    lines += [f"sha256sum (tftp,{lab.address})/f{size}" for size in sizes]
    (lab.folder / "grub.cfg").write_text("\n".join(["net_bootp", *lines, "echo all-sums-told", "sleep 100000", ""]))
    subprocess.run(["grub-mkimage", "-O", "x86_64-efi", "-o", path, "-p", "(memdisk)/", "-c", lab.folder / "grub.cfg", "-m", lab.folder / "memdisk.tar",
                    *GRUB_MODULES], check=True)


@pytest.mark.parametrize("loss, large", MATRIX)
def test_ovmf_and_grub_fetch_every_file_whole(lab, loss, large):
    start_site(lab, "grub.efi")
    carried = os.urandom(LARGE[loss] // 2)
    sizes = sizes_of(loss, large)
    make_grub(lab, lab.root / "grub.efi", sizes, carried)
    for size in sizes:
        (lab.root / f"f{size}").write_bytes(data_of(size))
    machine = switch_on(lab, "uefi", loss)
    machine.wait_serial("all-sums-told", seconds_for(loss, max(sizes)))
    told = {name: number for number, name in re.findall(r"([0-9a-f]{64})\s+\S*?[/)](\w+)", machine.serial())}
    wanted = {"carried": sum_of(carried), **{f"f{size}": sum_of(data_of(size)) for size in sizes}}
    assert {name: told.get(name, "nothing") for name in wanted} == wanted
    assert not any("stopped answering" in event["text"] for event in lab.events())
