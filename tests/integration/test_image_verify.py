# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint image verify: what would not boot is named before a machine fails."""


import pathlib

import pytest
from lab import Lab
from lab.site import INSTALLER, make_medium

KERNEL = bytes(0x202) + b"HdrS" + bytes(100_000)
INITRD = b"\x1f\x8b" + bytes(1000)


@pytest.fixture(scope="module")
def site():
    with Lab() as lab:
        lab.start_imprint()
        yield lab


def add_tree(lab, name, kernel=KERNEL, initrd=INITRD, arguments="", **more):
    tree = lab.make_folder(f"tree-{name}")
    (tree / "vmlinuz").write_bytes(kernel)
    (tree / "initrd").write_bytes(initrd)
    for path, data in more.items():
        (tree / path).write_bytes(data)
    lab.cli("image", "add", tree, name, "--kernel", "vmlinuz", "--initrd", "initrd", *(["--arguments", arguments] if arguments else []))
    return lab.folder / "state" / "images" / name


def verify(lab, *names):
    done = lab.cli("image", "verify", *names, check=False)
    return done.returncode, done.stdout


def test_what_is_whole_is_said_to_be(site):
    add_tree(site, "whole", arguments="root=live:{{image.url}}/rootfs quiet", rootfs=b"x")
    status, said = verify(site, "whole")
    assert status == 0 and said == "whole: all 3 files that its boot asks for are there\n"
    site.cli("image", "add", "installer", INSTALLER)
    assert verify(site, "installer")[0] == 0
    site.cli("image", "add", make_medium(site), "medium")
    assert verify(site, "medium")[0] == 0
    assert verify(site)[0] == 0  # all
    assert site.cli_json("image", "verify", "whole")[0]["good"] is True


def test_a_file_that_is_gone_is_named(site):
    folder = add_tree(site, "gone", arguments="fetch={{image.url}}/live/root.squashfs")
    (folder / "initrd").unlink()
    status, said = verify(site, "gone")
    assert status == 1
    assert "gone: initrd: the file is not there\n" in said
    assert "gone: live/root.squashfs: the file is not there\n" in said
    assert "vmlinuz" not in said
    found = site.run(*[word for word in ("curl", "-s", "--unix-socket", site.folder / "control.sock", "http://imprint/v1/images/gone/check")]).stdout
    assert '"severity": "error"' in found or '"severity":"error"' in found
    site.cli("image", "remove", "gone")


def test_what_is_no_kernel_or_empty_is_named(site):
    add_tree(site, "page", kernel=b"<html>404 Not Found</html>", initrd=b"")
    status, said = verify(site, "page")
    assert status == 1
    assert "page: warning: vmlinuz: it does not begin as a kernel does" in said
    assert "page: initrd: the file is empty" in said
    site.cli("image", "remove", "page")
    add_tree(site, "short", kernel=KERNEL[:2000])
    status, said = verify(site, "short")
    assert status == 0 and "short: warning: vmlinuz: it has 2000 bytes, too few for a kernel" in said
    site.cli("image", "remove", "short")


def test_a_medium_that_is_gone_or_cut_off_is_named(site):
    medium = make_medium(site)
    site.cli("image", "add", medium, "cut")
    stored = site.folder / "state" / "images" / "cut" / "medium.iso"
    with open(stored, "r+b") as file:
        file.truncate(200_000)
    status, said = verify(site, "cut")
    assert status == 1 and "the medium is damaged or cut off" in said
    stored.unlink()
    status, said = verify(site, "cut")
    assert status == 1 and "its medium cut/medium.iso is gone from the folder of images" in said
    site.cli("image", "remove", "cut")


def test_an_image_that_is_not_there_is_told(site):
    done = site.cli("image", "verify", "nothing", check=False)
    assert done.returncode == 1 and "there is no image 'nothing'" in done.stderr


def test_who_signed_what_uefi_gets_is_shown(site):
    lab = site
    shim = pathlib.Path("/usr/lib/shim/shimx64.efi.signed")
    grub = pathlib.Path("/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed")
    add_tree(lab, "debians", kernel=grub.read_bytes())  # any program that Debian signed will do for its kernel
    shown = lab.cli_json("image", "show", "debians")
    programs = {row["file"]: row for row in shown["efi"]}
    assert programs["shimx64.efi"]["ours"] is True and programs["shimx64.efi"]["architecture"] == "x64"
    assert programs["shimx64.efi"]["accepts"] == "Debian Secure Boot CA" and "shim.debian" in programs["shimx64.efi"]["sbat"]
    assert programs["vmlinuz"]["signed_by"] == "Debian" and programs["vmlinuz"]["ours"] is False
    names = {signer["name"] for signer in programs["shimx64.efi"]["signers"]}
    said = shown["secure_boot"][0]
    assert said["firmware"] == "uefi-x64" and said["starts"] is True
    assert said["ca_2023"] is ("Microsoft UEFI CA 2023" in names) and said["ca_2011"] is ("Microsoft UEFI CA 2011" in names)
    text = lab.cli("image", "show", "debians").stdout
    assert "signed by Debian" in text and "uefi-x64: starts where firmware knows" in text
    status, said = verify(lab, "debians")
    assert status == 0 and "debians: Secure Boot on uefi-x64: starts where firmware knows" in said

    spoilt = bytearray(grub.read_bytes())
    head = int.from_bytes(spoilt[0x3C:0x40], "little")
    table = int.from_bytes(spoilt[head + 24 + 112 + 32 : head + 24 + 112 + 36], "little")
    add_tree(lab, "spoilt", kernel=bytes(spoilt[: table + 100]))
    assert "Secure Boot on uefi-x64: refused: vmlinuz is signed by somebody, in a way that cannot be read" in verify(lab, "spoilt")[1]
    spoilt[head + 24 + 112 + 32 : head + 24 + 112 + 40] = bytes(8)
    add_tree(lab, "unsigned", kernel=bytes(spoilt))
    assert "refused: vmlinuz is signed by nobody, and shimx64.efi accepts only Debian Secure Boot CA" in verify(lab, "unsigned")[1]
    add_tree(lab, "foreign", kernel=shim.read_bytes())
    assert lab.cli_json("image", "verify", "foreign")[0]["secure_boot"][0]["starts"] is True  # firmware accepts it, so shim does
