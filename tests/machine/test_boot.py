# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines boot for real: unknown, held, approved, ordered, installing with their own answer file, and then their own disk."""

import re

import pytest

from lab import Machine
from lab.disk import WORDS, make_disk
from lab.site import GRUB_NET, add_installer, start_other_dhcp

# kind of machine, DHCP mode; "core" is what ./run check boots, the rest comes with ./run check all
MATRIX = [
    pytest.param("bios", "server", marks=pytest.mark.core),
    pytest.param("uefi-ipxe", "server", marks=pytest.mark.core),
    pytest.param("bios-virtio", "proxy", marks=pytest.mark.core),
    pytest.param("uefi", "proxy", marks=pytest.mark.core),
    ("uefi", "server"),
    ("secureboot", "server"),
    ("bios-virtio", "server"),
    ("bios", "proxy"),
    ("uefi-http", "server"),
    ("uefi-http", "proxy"),
    ("uefi-ipxe", "proxy"),
    ("secureboot", "proxy"),
]

MAC = "52:54:00:ab:cd:01"
NAME = "m-abcd01"


def start(lab, mode):
    """imprint in that mode, with the other server when it is the proxy, and something to install."""
    if mode == "proxy":
        start_other_dhcp(lab)
    lab.start_imprint(mode=mode)
    add_installer(lab)


def switch_on(lab, kind, **options):
    """A machine with a disk that tells when it is booted."""
    disk = make_disk(lab.folder / "own.img", "bios" if kind.startswith("bios") else "uefi")
    return Machine(lab, kind, MAC, disk=disk, **options).start()


def texts(lab):
    """The timeline's sentences."""
    return [event["text"] for event in lab.events()]


def order(lab):
    """The newest order."""
    return lab.cli_json("order", "list")[-1]


@pytest.mark.parametrize("kind, mode", MATRIX)
def test_a_machine_is_held_then_installs_with_its_own_answers_then_boots_its_disk(lab, kind, mode):
    start(lab, mode)
    machine = switch_on(lab, kind)
    before = machine.disk.read_bytes()
    machine.wait_serial(rf"imprint machine approve {NAME}", 240)
    assert lab.cli_json("machine", "show", NAME)["state"] == "new"

    lab.cli("machine", "approve", NAME)
    lab.cli("deploy", NAME, "--profile", "installer")
    machine.wait_serial(r"Linux version", 300)
    lab.wait("the answer file", lambda: any("preseed.cfg" in text for text in texts(lab)), 400, 1)
    lab.wait("a used order", lambda: order(lab)["state"] == "used", 10)
    assert machine.disk.read_bytes() == before
    if mode == "server":
        assert len([lease for lease in lab.cli_json("lease", "list") if lease["mac"] == MAC]) == 1

    since = len(machine.serial())
    machine.power_cycle()
    machine.wait_serial(WORDS, 240, since)
    assert order(lab)["state"] == "finished"
    assert "Linux version" not in machine.serial()[since:]


@pytest.mark.parametrize("kind", [pytest.param("bios", marks=pytest.mark.core), "uefi", pytest.param("secureboot", marks=pytest.mark.core),
                                  "uefi-ipxe", "uefi-http"])
def test_a_machine_installs_from_inside_a_medium(lab, kind):
    lab.start_imprint()
    add_installer(lab, is_medium=True)
    assert lab.cli_json("image", "show", "debian-12")["medium"] == "debian-12/medium.iso"
    lab.cli("machine", "add", NAME, "--mac", MAC)
    lab.cli("deploy", NAME, "--profile", "installer")
    machine = switch_on(lab, kind)
    machine.wait_serial(r"Linux version", 300)
    lab.wait("the answer file", lambda: any("preseed.cfg" in text for text in texts(lab)), 400, 1)
    lab.wait("a used order", lambda: order(lab)["state"] == "used", 10)


@pytest.mark.parametrize("kind", ["secureboot", "uefi"])
def test_a_medium_is_booted_by_its_own_shim_and_grub(lab, kind):
    lab.start_imprint()
    add_installer(lab, is_medium=True, grub=GRUB_NET)
    lab.cli("machine", "add", NAME, "--mac", MAC)
    lab.cli("deploy", NAME, "--profile", "installer")
    machine = switch_on(lab, kind)
    machine.wait_serial(r"Linux version", 300)
    said = texts(lab)
    assert any("loads images/debian-12/EFI/BOOT/BOOTX64.EFI" in text for text in said)
    assert not any("shimx64.efi" in text for text in said)
    lab.wait("the answer file", lambda: any("preseed.cfg" in text for text in texts(lab)), 400, 1)
    lab.wait("a used order", lambda: order(lab)["state"] == "used", 10)


@pytest.mark.parametrize("kind", ["bios", "secureboot", "uefi", "uefi-ipxe", "bios-virtio"])
def test_every_firmware_reaches_its_own_disk_without_an_order(lab, kind):
    lab.start_imprint()
    lab.cli("machine", "add", "office", "--mac", MAC)
    switch_on(lab, kind).wait_serial(WORDS, 240)


@pytest.mark.parametrize("kind", [pytest.param("bios", marks=pytest.mark.core), "uefi", "uefi-ipxe", "secureboot"])
def test_a_waiting_machine_told_to_go_local_does(lab, kind):
    lab.start_imprint()
    machine = switch_on(lab, kind)
    machine.wait_serial(rf"imprint machine approve {NAME}", 240)
    lab.cli("machine", "approve", NAME)
    machine.wait_serial(WORDS, 300)


def test_a_waiting_machine_keeps_asking_for_as_long_as_it_takes(lab):
    """Ten minutes of polling, then the order: nothing was used up on the way."""
    start(lab, "server")
    machine = switch_on(lab, "uefi")
    machine.wait_serial(rf"imprint machine approve {NAME}", 240)
    polls = lambda: lab.cli_json("status")["tftp"]["done"]  # noqa: E731
    first = polls()
    lab.wait("sixty questions", lambda: polls() > first + 60, 1500, 5)
    lab.cli("machine", "approve", NAME)
    lab.cli("deploy", NAME, "--profile", "installer")
    machine.wait_serial(r"Linux version", 300)


@pytest.mark.parametrize("loader", [pytest.param("pxelinux", marks=pytest.mark.core), "ipxe"])
def test_a_machine_may_name_its_loader(lab, loader):
    """QEMU's BIOS ROM is an iPXE: told to, it loads pxelinux, or another iPXE, which carries the order out."""
    start(lab, "server")
    lab.cli("machine", "add", "lab-01", "--mac", MAC, "--loader", loader)
    lab.cli("deploy", "lab-01", "--profile", "installer")
    machine = switch_on(lab, "bios")
    machine.wait_serial(r"Linux version", 300)
    if loader == "pxelinux":
        assert re.search(r"PXELINUX|SYSLINUX", machine.serial())
    lab.wait("the answer file", lambda: any("preseed.cfg" in text for text in texts(lab)), 400, 1)
    since = len(machine.serial())
    machine.power_cycle()
    machine.wait_serial(WORDS, 240, since)
