# SPDX-License-Identifier: GPL-3.0-or-later
"""Menus on real boot loaders: a person's key chooses, waiting takes the default, own disk is reached from each."""

import pytest

from lab import Machine
from lab.disk import WORDS, make_disk
from lab.site import add_installer

MAC = "52:54:00:ab:cd:11"
NAME = "pc-11"
MENU = """
menu:
  title: Room 3
  timeout: {timeout}
  entries:
    - {{name: install, title: Install Debian, group: Systems, profile: installer}}
"""


def begin(lab, kind, timeout, loader="auto"):
    lab.start_imprint(extra=MENU.format(timeout=timeout))
    add_installer(lab)
    lab.cli("machine", "add", NAME, "--mac", MAC, "--loader", loader)
    disk = make_disk(lab.folder / "own.img", "bios" if kind.startswith("bios") else "uefi")
    return Machine(lab, kind, MAC, disk=disk).start()



IPXE = pytest.param("bios", "auto", id="ipxe")
GRUBS = [pytest.param("uefi", "auto", id="grub"), pytest.param("secureboot", "auto", id="secureboot")]


@pytest.mark.parametrize("kind, loader", [IPXE, pytest.param("bios", "pxelinux", id="pxelinux", marks=pytest.mark.core), *GRUBS])
def test_a_key_chooses_what_is_installed(lab, kind, loader):
    machine = begin(lab, kind, "0s", loader)
    machine.wait_serial(r"Systems.*Install Debian|Install Debian", 240)
    for key in ("home", "down", "ret") if kind != "bios" else ("home", "ret"):
        machine.press(key)
    machine.wait_serial(r"Linux version", 300)
    order, = lab.cli_json("order", "list")
    assert (order["profile"], order["owner"]) == ("installer", "menu")


@pytest.mark.parametrize("kind, loader", [IPXE, pytest.param("bios", "pxelinux", id="pxelinux"), *GRUBS])
def test_who_waits_gets_the_own_disk(lab, kind, loader):
    machine = begin(lab, kind, "3s", loader)
    machine.wait_serial(r"Install Debian", 240)
    machine.wait_serial(WORDS, 300)
    assert lab.cli_json("order", "list") == []
