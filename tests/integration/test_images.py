# SPDX-License-Identifier: GPL-3.0-or-later
"""Images for disks: what `imprint image add` makes of disks and root file systems, and what the daemon does not take."""

import io
import os
import signal
import subprocess
import tarfile

import pytest

from lab.network import imprint_binary

MiB = 1024 * 1024


@pytest.fixture
def site(lab):
    lab.start_imprint()
    return lab


def refused(lab, *words, **options):
    """What a command that must fail says on standard error."""
    done = lab.cli(*words, check=False, **options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    return done.stderr


def make_disk(path, megabytes=24, esp=True):
    """A disk with a GPT, boot code in its first sector, something in the middle, and holes."""
    with open(path, "wb") as file:
        file.truncate(megabytes * MiB)
    kind = "uefi" if esp else "linux"
    subprocess.run(["sfdisk", "--quiet", path], input=f"label: gpt\nstart=2048, size=8192, type={kind}\n", text=True, check=True)
    with open(path, "r+b") as file:
        file.write(b"\xeb\x63\x90boot code")
        file.seek(9 * MiB + 77)
        file.write(bytes(range(256)) * 9000)
    return path


def add_file(tar, name, data=b"", **members):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    for key, value in members.items():
        setattr(entry, key, value)
    tar.addfile(entry, io.BytesIO(data))


RELEASE = b'NAME="Test"\nPRETTY_NAME="Test OS 7 (seven)"\n'


def make_root(path, mode="w", grub=("i386-pc", "x86_64-efi"), signed=True):
    with tarfile.open(path, mode) as tar:
        add_file(tar, "./usr/lib/os-release", RELEASE)
        add_file(tar, "./etc/os-release", type=tarfile.SYMTYPE, linkname="../usr/lib/os-release")
        add_file(tar, "./usr/bin/big", bytes(range(251)) * 20000)
        for folder in grub:
            add_file(tar, f"./usr/lib/grub/{folder}/modinfo.sh", b"x")
        if signed:
            add_file(tar, "./usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", b"x")
            add_file(tar, "./usr/lib/shim/shimx64.efi.signed", b"x")
    return path


def content(lab, name):
    """The image's content as zstd itself unpacks it."""
    folder = lab.folder / "state" / "images" / name
    assert sorted(entry.name for entry in folder.iterdir()) == ["image.index", "image.zst"]
    return subprocess.run(["zstd", "-dcq", folder / "image.zst"], check=True, capture_output=True).stdout


def test_a_raw_disk_keeps_every_byte(site):
    disk = make_disk(site.folder / "disk.raw")
    site.cli("image", "add", disk)
    image = site.cli_json("image", "show", "disk")
    assert image["kind"] == "disk" and image["starts"] == ["bios", "uefi"]
    assert image["content_bytes"] == image["needs_bytes"] == 24 * MiB
    assert content(site, "disk") == disk.read_bytes()


def test_a_qcow2_becomes_the_disk_that_it_holds(site):
    disk = make_disk(site.folder / "disk.raw", esp=False)
    cow = site.folder / "some cloud.qcow2"
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", disk, cow], check=True)
    site.cli("image", "add", cow)
    image = site.cli_json("image", "show", "some-cloud")
    assert image["kind"] == "disk" and image["starts"] == ["bios"]
    assert content(site, "some-cloud") == disk.read_bytes()


@pytest.mark.parametrize("ending, mode", [("", "w"), (".gz", "w:gz"), (".xz", "w:xz")])
def test_a_tar_becomes_a_root_file_system(site, ending, mode):
    plain = make_root(site.folder / "plain.tar")
    packed = make_root(site.folder / f"root.tar{ending}", mode)
    site.cli("image", "add", packed)
    image = site.cli_json("image", "show", "root")
    assert image["kind"] == "root" and image["starts"] == ["bios", "uefi", "secureboot"]
    assert image["description"] == "Test OS 7 (seven)"
    assert image["needs_bytes"] > 600_000_000 + 251 * 20000
    assert content(site, "root") == plain.read_bytes()


def test_a_root_without_a_boot_loader_is_taken_with_a_warning_but_never_deployed(site):
    done = site.cli("image", "add", make_root(site.folder / "bare.tar", grub=(), signed=False))
    assert "warning: it holds no boot loader" in done.stderr and "grub-pc-bin" in done.stderr
    assert site.cli_json("image", "show", "bare")["starts"] == []
    site.cli("profile", "add", "bare", "--image", "bare")
    said = refused(site, "deploy", "52:54:00:00:00:01", "--profile", "bare")
    assert "agent" in said  # the first thing that is missing
    agent = site.folder / "agent"
    agent.mkdir()
    (agent / "linux").write_bytes(b"kernel")
    (agent / "initrd.zst").write_bytes(b"initrd")
    (agent / "agent.json").write_text("{}")
    site.cli("image", "add", "agent", agent)
    said = refused(site, "deploy", "52:54:00:00:00:01", "--profile", "bare")
    assert "image bare holds no boot loader" in said and "imprint image build" in said
    assert site.cli_json("order", "list", "--all") == [] and site.cli_json("machine", "list") == []


def test_a_tar_may_come_on_standard_input(site):
    plain = make_root(site.folder / "plain.tar", grub=("i386-pc",), signed=False)
    with open(plain, "rb") as file:
        subprocess.run([imprint_binary(), "image", "add", "-", "piped", "--socket", site.folder / "control.sock"], stdin=file, check=True)
    assert site.cli_json("image", "show", "piped")["starts"] == ["bios"]
    assert content(site, "piped") == plain.read_bytes()


def test_a_squashfs_becomes_a_root_file_system(site):
    plain = make_root(site.folder / "plain.tar", signed=False)
    squash = site.folder / "live.squashfs"
    with open(plain, "rb") as file:
        subprocess.run(["tar2sqfs", "-q", squash], stdin=file, check=True)
    site.cli("image", "add", "live", squash)
    image = site.cli_json("image", "show", "live")
    assert image["kind"] == "root" and image["starts"] == ["bios", "uefi"]
    assert image["description"] == "Test OS 7 (seven)"


def test_what_depends_on_other_files_is_refused(site):
    """A stranger's qcow2 must not make us read files of this machine into an image."""
    secret = site.folder / "secret.raw"
    secret.write_bytes(b"secret" * 100000)
    for name, words in (("backed", ["-b", secret, "-F", "raw"]),
                        ("split", ["-o", f"data_file={secret}.data,data_file_raw=on"])):
        cow = site.folder / f"{name}.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *words, cow, "8M"], check=True)
        assert "qemu-img convert" in refused(site, "image", "add", cow)
    assert site.cli_json("image", "list") == []


def test_what_is_no_image_is_refused_and_leaves_nothing(site):
    nothing = site.folder / "notes.txt"
    nothing.write_text("hello\n" * 1000)
    assert "nothing that imprint can write" in refused(site, "image", "add", nothing)
    data = site.folder / "data.tar"
    with tarfile.open(data, "w") as tar:
        add_file(tar, "photo.jpg", b"x" * 5000)
    assert "no root file system" in refused(site, "image", "add", data)
    cut = site.folder / "cut.tar"
    cut.write_bytes(make_root(site.folder / "whole.tar").read_bytes()[:2 * MiB])
    assert "no whole tar" in refused(site, "image", "add", cut)
    empty = site.folder / "empty.raw"
    empty.touch()
    assert "empty" in refused(site, "image", "add", empty)
    refused(site, "image", "add", site.folder / "absent")
    temporary = site.folder / "temporary"
    temporary.mkdir()
    refused(site, "image", "add", cut, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(temporary)})
    assert list(temporary.iterdir()) == []
    assert site.cli_json("image", "list") == []


def test_an_interrupted_job_takes_its_files_away(site):
    temporary = site.folder / "temporary"
    temporary.mkdir()
    job = subprocess.Popen([imprint_binary(), "image", "add", "-", "piped", "--socket", site.folder / "control.sock"],
                           stdin=subprocess.PIPE, env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary)})
    job.stdin.write(b"\0" * 100000)
    site.wait("the temporary folder", lambda: list(temporary.glob("*/packed/image.zst")), 20)
    job.send_signal(signal.SIGINT)
    assert job.wait(20) == -signal.SIGINT
    assert list(temporary.iterdir()) == []


def test_a_damaged_index_is_not_taken(site):
    disk = make_disk(site.folder / "disk.raw")
    site.cli("image", "add", disk)
    folder = site.folder / "copy"
    folder.mkdir()
    state = site.folder / "state" / "images" / "disk"
    (folder / "image.zst").write_bytes((state / "image.zst").read_bytes())
    index = bytearray((state / "image.index").read_bytes())
    for at in (20, 300, len(index) - 1):
        damaged = bytearray(index)
        damaged[at] ^= 0x40
        (folder / "image.index").write_bytes(damaged)
        assert "damaged" in refused(site, "image", "add", folder, "copy")
    (folder / "image.index").write_bytes(index)
    (folder / "image.zst").write_bytes((state / "image.zst").read_bytes()[:-1])
    refused(site, "image", "add", folder, "copy")
    (folder / "image.zst").write_bytes((state / "image.zst").read_bytes())
    site.cli("image", "add", folder, "copy")
    assert site.cli_json("image", "show", "copy")["kind"] == "disk"


def test_the_catalogue_tells_what_can_be_built(site):
    names = [build["name"] for build in site.cli_json("image", "build")]
    assert names == ["debian-12", "debian-12-cloud"]
    assert "'imprint image build' lists" in refused(site, "image", "build", "nothing")
