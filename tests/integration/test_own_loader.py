# SPDX-License-Identifier: GPL-3.0-or-later
"""A medium is booted by its own shim and GRUB when that GRUB can read from a network, else by imprint's."""

import pathlib
import shutil
import uuid as uuids

import pytest
from lab import Lab
from lab.dhcp import DhcpClient, pxe_options
from lab.site import GRUB_CD, GRUB_NET, INSTALLER, SHIM, make_medium

MAC = "52:54:00:12:37:02"
OWN = "images/medium/EFI/BOOT/"


@pytest.fixture(scope="module")
def site():
    with Lab() as lab:
        lab.start_imprint()
        lab.add_host("machine")
        lab.run("ip", "link", "set", "eth0", "down", host="machine")
        lab.run("ip", "link", "set", "eth0", "address", MAC, host="machine")
        lab.run("ip", "link", "set", "eth0", "up", host="machine")
        lab.cli("image", "add", "medium", make_medium(lab, GRUB_NET))
        lab.cli("image", "add", "cd", make_medium(lab, GRUB_CD))
        for name in ("medium", "cd"):
            lab.cli("profile", "add", name, "--image", name)
        lab.cli("machine", "add", "lab-01", "--mac", MAC)
        yield lab


@pytest.fixture
def machine(site):
    made = DhcpClient(site, "machine", MAC)
    made.uuid = uuids.UUID(int=0x11112222333344445555666677778888)
    yield made
    made.close()
    for order in site.cli_json("order", "list"):
        if order["state"] in ("armed", "booting"):
            site.cli("order", "cancel", order["id"])


def power_on(site, machine, architecture=7):
    """The boot file that the firmware is told."""
    machine.xid += 1
    ack = machine.lease(pxe_options(architecture, machine.uuid.bytes))
    site.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host="machine")
    return ack.file


def fetch(site, path):
    done = site.run("curl", "-sS", "--fail", f"tftp://192.168.77.1/{path}", "-o", site.folder / "got", host="machine", check=False)
    return (site.folder / "got").read_bytes() if done.returncode == 0 else None


def loader_of(site, name):
    return next(row for row in site.cli_json("image", "show", name)["loaders"] if row["firmware"] == "uefi-x64")


def test_what_a_grub_can_do_is_found_out_when_its_medium_is_added(site):
    own = loader_of(site, "medium")
    assert own["ours"] is False and own["file"] == "EFI/BOOT/BOOTX64.EFI"
    cd = loader_of(site, "cd")
    assert cd["ours"] is True and cd["file"] == "shimx64.efi"
    assert cd["why"] == "the medium's GRUB (grubx64.efi) cannot boot from a network, it has no module tftp"
    site.cli("image", "add", "netboot", INSTALLER)
    assert loader_of(site, "netboot")["why"] == "the medium has no EFI/BOOT/BOOTX64.EFI"
    shown = site.cli("image", "show", "medium").stdout
    assert "EFI/BOOT/BOOTX64.EFI on uefi-x64: the medium's own shim and GRUB, which can boot from a network" in shown
    files = {row["file"]: row for row in site.cli_json("image", "show", "medium")["efi"]}
    assert files["EFI/BOOT/BOOTX64.EFI"]["ours"] is False and files["EFI/BOOT/grubx64.efi"]["signed_by"] == "Debian"
    assert site.cli_json("image", "show", "medium")["secure_boot"][0]["starts"] is True
    assert site.cli("image", "verify", "medium", "cd").returncode == 0


def test_a_tree_in_any_spelling_is_looked_at_too(site):
    tree = site.make_folder("tree")
    shutil.copytree(INSTALLER, tree, dirs_exist_ok=True)
    (tree / "efi" / "boot").mkdir(parents=True)
    (tree / "efi" / "boot" / "bootx64.efi").write_bytes(pathlib.Path(SHIM).read_bytes())
    (tree / "efi" / "boot" / "grubx64.efi").write_bytes(pathlib.Path(GRUB_NET).read_bytes())
    site.cli("image", "add", "tree", tree)
    assert loader_of(site, "tree")["file"] == "efi/boot/bootx64.efi"
    (site.folder / "state" / "images" / "tree" / "efi" / "boot" / "bootx64.efi").unlink()
    done = site.cli("image", "verify", "tree", check=False)
    assert done.returncode == 1 and "efi/boot/bootx64.efi: the file is not there" in done.stdout


def test_an_order_for_it_is_booted_by_its_own_shim_and_grub(site, machine):
    site.cli("deploy", "lab-01", "--profile", "medium")
    assert power_on(site, machine) == OWN + "BOOTX64.EFI"
    assert power_on(site, machine, architecture=0) == "pxelinux.0"
    assert power_on(site, machine) == OWN + "BOOTX64.EFI"
    assert fetch(site, OWN + "BOOTX64.EFI") == pathlib.Path(SHIM).read_bytes()
    assert fetch(site, OWN + "/revocations.efi") is None
    assert fetch(site, OWN + "/grubx64.efi") == pathlib.Path(GRUB_NET).read_bytes()
    for name in (f"grub/grub.cfg-{machine.uuid}", f"grub/grub.cfg-01-{MAC.replace(':', '-')}",  # Debian's prefix
                 OWN + "grub.cfg-01-" + MAC.replace(":", "-"), OWN + "grub.cfg",  # Fedora's: beside itself
                 "EFI/fedora/grub.cfg", "boot/grub/grub.cfg"):
        text = (fetch(site, name) or b"").decode()
        assert "linux " in text and "/images/medium/" in text, name
    assert any("LOADER_OF_MEDIUM" in str(event) for event in site.events()), site.events()[-12:]


def test_what_a_medium_has_no_loader_for_is_booted_by_imprints(site, machine):
    site.cli("deploy", "lab-01", "--profile", "cd")
    assert power_on(site, machine) == "shimx64.efi"


def test_the_machines_own_setting_comes_first_and_nobody_else_gets_it(site, machine):
    assert power_on(site, machine) in ("", "shimx64.efi")  # no order
    assert "linux " not in (fetch(site, OWN + "grub.cfg") or b"").decode()
    site.cli("deploy", "lab-01", "--profile", "medium")
    site.cli("machine", "edit", "lab-01", "--loader", "ipxe")
    assert power_on(site, machine) == "snponly.efi"
    site.cli("machine", "edit", "lab-01", "--loader", "auto")
    assert power_on(site, machine) == OWN + "BOOTX64.EFI"


def test_a_shim_that_was_loaded_twice_in_vain_gives_way_to_imprints(site, machine):
    site.cli("deploy", "lab-01", "--profile", "medium")
    told = []
    for _ in range(6):  # the daemon sees the end of a download a moment after the client: a boot may come too soon to count
        told.append(power_on(site, machine))
        if told[-1] == "shimx64.efi":
            break
        assert fetch(site, OWN + "BOOTX64.EFI")
    assert told[:2] == [OWN + "BOOTX64.EFI"] * 2 and told[-1] == "shimx64.efi"
    assert any("LOADER_OF_MEDIUM_VAIN" in str(event) for event in site.events())
    assert fetch(site, "shimx64.efi") and power_on(site, machine) == "shimx64.efi"
    for order in site.cli_json("order", "list"):
        if order["state"] in ("armed", "booting"):
            site.cli("order", "cancel", order["id"])
    site.cli("deploy", "lab-01", "--profile", "medium")
    assert power_on(site, machine) == OWN + "BOOTX64.EFI"
