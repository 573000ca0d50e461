# SPDX-License-Identifier: GPL-3.0-or-later
"""A real live medium that no family knows boots over the network as its own grub.cfg says, up to a program in its squashfs."""

import pytest

from lab import Machine
from lab.live import HELLO_WORDS, VOLUME, WORDS, medium

MAC = "52:54:00:ab:cd:07"

# A family of the administrator's own, asked first: its kernel starts a script that comes into its initramfs.
FAMILY = f"""\
name: hello
description: A script in the initramfs
recognise:
  - description: A script in the initramfs
    kernel: system/vmlinuz
    initrd: boot/hello.sh:hello.sh system/initrd.img
    volume: {VOLUME}
    arguments: console=ttyS0,115200n8 rdinit=/bin/sh -- /hello.sh
    on: bios, uefi-x64
    grade: live
"""


@pytest.mark.parametrize("kind", [pytest.param("bios", marks=pytest.mark.core), "uefi", "secureboot", "uefi-ipxe"])
def test_a_medium_boots_as_its_own_menu_says(lab, kind):
    lab.start_imprint()
    lab.cli("image", "add", medium(), "live", timeout=300)
    image = lab.cli_json("image", "show", "live")
    assert image["description"] == f"Our own live system ({VOLUME})"
    assert image["kernel"] == "system/vmlinuz"
    assert image["grade"] == "live"
    assert "boot/grub/grub.cfg" in image["remark"]
    assert image["methods"][0]["on"] == "bios, uefi-x64"
    lab.cli("profile", "add", "live", "--image", "live")
    lab.cli("machine", "add", "pc-live", "--mac", MAC)
    lab.cli("deploy", "pc-live", "--profile", "live")
    machine = Machine(lab, kind, MAC, memory=1536).start()
    machine.wait_serial(r"Linux version", 300)
    machine.wait_serial(WORDS, 500)
    assert "fetch=http://192.168.77.1/images/live/system/filesystem.squashfs" in machine.serial()
    assert "findiso" not in machine.serial()


@pytest.mark.parametrize("kind", ["bios", "bios-virtio", "uefi", "uefi-ipxe"])
def test_a_file_is_put_into_the_initramfs_as_proxmox_needs_it(lab, kind):
    folder = lab.make_folder("os") / "hello"
    folder.mkdir()
    (folder / "family.yaml").write_text(FAMILY)
    lab.start_imprint()
    lab.cli("image", "add", medium(), "hello", timeout=300)
    assert lab.cli_json("image", "show", "hello")["family"] == "hello"
    lab.cli("profile", "add", "hello", "--image", "hello")
    lab.cli("machine", "add", "pc-hello", "--mac", MAC, *(["--loader", "ipxe"] if kind == "bios" else []))
    lab.cli("deploy", "pc-hello", "--profile", "hello")
    machine = Machine(lab, kind, MAC).start()
    machine.wait_serial(HELLO_WORDS, 400)
