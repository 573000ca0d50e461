# SPDX-License-Identifier: GPL-3.0-or-later
"""Media that no family knows are read through their own boot menus; one that cannot boot is told what was looked at."""

import subprocess

import pytest

SERVER = "http://192.168.77.1"
KERNEL = bytearray(4096)
KERNEL[0:2] = b"MZ"
KERNEL[0x202:0x206] = b"HdrS"
KERNEL[0x236] = 1


@pytest.fixture(scope="module")
def shared():
    from lab import Lab
    with Lab() as lab:
        lab.start_imprint()
        yield lab


def add(lab, name, files, *options, check=True):
    """Adds a medium of these files as the image `name`."""
    tree = lab.make_folder(f"tree-{name}")
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content if isinstance(content, (bytes, bytearray)) else content.encode())
    target = lab.folder / f"{name}.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", name.upper(), *options, "-o", target, tree], check=True)
    return lab.cli("image", "add", target, name, check=check)


def test_its_own_grub_menu_says_what_it_starts(shared):
    menu = """\
source /boot/grub/config.cfg
menuentry "Our live system" {
    linux /system/vmlinuz boot=live live-media-path=/system quiet
    initrd /system/initrd.img
}
"""
    add(shared, "own", {"boot/grub/grub.cfg": menu, "boot/grub/config.cfg": "set timeout=5\n", "system/vmlinuz": KERNEL,
                        "system/initrd.img": b"initrd" * 1000, "system/filesystem.squashfs": b"hsqs" * 10000})
    image = shared.cli_json("image", "show", "own")
    assert image["description"] == "Our live system (OWN)"
    assert image["grade"] == "live"
    assert image["remark"].startswith("By its own boot/grub/grub.cfg: a live system (live-boot)")
    shared.cli("profile", "add", "own", "--image", "own")
    shared.add_host("own", "192.168.77.60")
    mac = shared.mac_of("own")
    shared.cli("machine", "add", "pc-own", "--mac", mac)
    shared.cli("deploy", "pc-own", "--profile", "own")
    said = shared.run("curl", "-sS", "--fail", f"{SERVER}/machine.ipxe?mac={mac}&platform=efi", host="own").stdout
    assert f"kernel {SERVER}/images/own/system/vmlinuz " in said
    url = f"{SERVER}/images/own/system/filesystem.squashfs"
    assert f"fetch={url} boot=live" in said
    assert shared.run("curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}", url, host="own").stdout == "40000"


def test_its_own_isolinux_menu_says_what_it_starts(shared):
    menu = "DEFAULT menu.c32\nLABEL go\n MENU LABEL ^Small tool\n KERNEL /BOOT/BZIMAGE\n APPEND initrd=/boot/core.gz quiet\n"
    add(shared, "small", {"isolinux/isolinux.cfg": menu, "boot/bzImage": KERNEL, "boot/core.gz": b"x" * 999})
    image = shared.cli_json("image", "show", "small")
    assert image["kernel"] == "boot/bzImage"
    assert image["initrd"] == "boot/core.gz"
    assert "which ask for nothing else" in image["remark"]


def test_a_folder_is_read_by_its_own_menu_too(shared):
    folder = shared.make_folder("nixos-netboot")
    (folder / "bzImage").write_bytes(KERNEL)
    (folder / "initrd").write_bytes(b"initrd" * 100)
    (folder / "netboot.ipxe").write_text("#!ipxe\nkernel bzImage init=/nix/store/0a-nixos/init initrd=initrd loglevel=4 ${cmdline}\ninitrd initrd\nboot\n")
    shared.cli("image", "add", "nixos", folder)
    image = shared.cli_json("image", "show", "nixos")
    assert image["kernel"] == "bzImage"
    assert image["arguments"] == "init=/nix/store/0a-nixos/init loglevel=4"
    assert image["grade"] == "live"


def test_what_needs_a_drive_boots_as_a_whole_and_says_why(shared):
    menu = "menuentry x { linux /boot/kernel root=LABEL=OURS\n initrd /boot/rd }\n"
    add(shared, "drive", {"boot/grub/grub.cfg": menu, "boot/kernel": KERNEL, "boot/rd": b"rd", "boot.img": bytes(4096)},
        "-b", "boot.img", "-no-emul-boot")
    image = shared.cli_json("image", "show", "drive")
    assert image["grade"] == "whole"
    assert "root=LABEL=OURS" in image["remark"]


def test_a_medium_that_only_uefi_can_start_is_not_said_to_boot_on_bios(shared):
    done = add(shared, "uefi-only", {"efi.img": bytes(1474560), "README": "x"}, "-e", "efi.img", "-no-emul-boot", check=False)
    assert done.returncode != 0
    assert "no boot record (El Torito) for BIOS, where a whole medium could boot" in " ".join(done.stderr.split())


@pytest.mark.parametrize("name, files, said", [
    ("bare", {"README": "x"}, "it has no grub.cfg, no isolinux.cfg, no loader/entries and no .ipxe"),
    ("gone", {"boot/grub/grub.cfg": "linux /boot/kernel\n"}, "by its boot/grub/grub.cfg it starts /boot/kernel, which is not there"),
    ("huge", {"grub.cfg": b"menuentry '" * 1_000_000}, "its grub.cfg starts nothing"),
    ("junk", {"grub.cfg": bytes(range(256)) * 4000, "isolinux.cfg": bytes(range(256)) * 4000}, "start nothing"),
    ("loop", {"grub.cfg": "source /a.cfg\n", "a.cfg": "configfile /grub.cfg\nsource /a.cfg\n"}, "start nothing"),
])
def test_what_cannot_boot_is_told_with_what_was_looked_at(shared, name, files, said):
    done = add(shared, name, files, check=False)
    assert done.returncode != 0
    assert f'nothing on the medium "{name.upper()}" boots' in done.stderr
    assert said in " ".join(done.stderr.split())
