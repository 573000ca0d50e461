# SPDX-License-Identifier: GPL-3.0-or-later
"""ISO images: added by one command, recognised, served from inside, and booted the way that fits the machine."""

import hashlib
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

SERVER = "http://192.168.77.1"


OURS = """\
name: ours
description: Our own system
recognise:
  - description: Our own system
    kernel: our/kernel
    volume: "ours*"
    on: bios, uefi-x64
    grade: live
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One lab, and one medium in the layout of Debian's live systems."""
    from lab import Lab
    with Lab() as lab:
        (lab.make_folder("os") / "ours").mkdir()
        (lab.folder / "os" / "ours" / "family.yaml").write_text(OURS)
        lab.start_imprint()
        lab.add_host("client", "192.168.77.50")
        tree = lab.make_folder("live-tree")
        (tree / "live").mkdir()
        (tree / "live" / "vmlinuz-6.1.0-18-amd64").write_bytes(os.urandom(70_000))
        (tree / "live" / "initrd.img-6.1.0-18-amd64").write_bytes(os.urandom(3_000_001))
        (tree / "live" / "filesystem.squashfs").write_bytes(os.urandom(5_000_003))
        (tree / "dists").mkdir()
        (tree / "dists" / "bookworm").mkdir()
        (tree / "dists" / "bookworm" / "Release").write_text("Suite: stable\n")
        (tree / "dists" / "stable").symlink_to("bookworm")
        lab.tree = tree
        make_iso(tree, lab.folder / "Debian Live.iso", "d-live 12.5.0")
        lab.added = lab.cli("image", "add", lab.folder / "Debian Live.iso", "live")
        yield lab


def make_iso(tree, path, volume, *options):
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", volume, *options, "-o", path, tree], check=True)


def fetch(lab, path, *words):
    return subprocess.run([*lab.command("curl", "-sS", "--fail", *words, SERVER + path, host="client")], check=True, capture_output=True, timeout=60).stdout


def test_a_medium_is_recognised_and_what_to_expect_of_it_is_said(shared):
    assert "Debian live" in shared.added.stdout
    image = json.loads(shared.cli("image", "show", "live", "--json").stdout)
    assert image["family"] == "debian-live"
    assert image["kernel"] == "live/vmlinuz-6.1.0-18-amd64"
    assert image["medium"] == "live/medium.iso"
    assert image["grade"] == "live"
    assert [method["on"] for method in image["methods"]] == ["bios, uefi-x64"]
    shown = shared.cli("image", "show", "live").stdout
    assert "netboot on bios, uefi-x64: live/vmlinuz-6.1.0-18-amd64" in shown
    assert "loaded into memory" in shown


def test_the_medium_is_kept_as_one_file(shared):
    names = [entry.name for entry in (shared.folder / "state" / "images" / "live").iterdir()]
    assert names == ["medium.iso"]


@pytest.mark.parametrize("name", ["live/filesystem.squashfs", "live/vmlinuz-6.1.0-18-amd64"])
def test_files_inside_are_served_whole_and_in_ranges(shared, name):
    content = (shared.tree / name).read_bytes()
    assert fetch(shared, f"/images/live/{name}") == content
    assert fetch(shared, f"/images/live/{name}", "-r", "2047-4099") == content[2047:4100]
    assert fetch(shared, f"/images/live/{name}", "-r", "-5") == content[-5:]


def test_links_inside_lead_to_files_inside(shared):
    assert fetch(shared, "/images/live/dists/stable/Release") == b"Suite: stable\n"


def test_the_medium_itself_is_served(shared):
    assert fetch(shared, "/images/live/medium.iso") == (shared.folder / "Debian Live.iso").read_bytes()


def test_tftp_serves_from_inside(shared):
    out = shared.folder / "initrd"
    shared.run("atftp", "--option", "blksize 1428", "--option", "windowsize 16", "--get", "-r", "images/live/live/initrd.img-6.1.0-18-amd64",
               "-l", out, "192.168.77.1", host="client")
    assert out.read_bytes() == (shared.tree / "live" / "initrd.img-6.1.0-18-amd64").read_bytes()


def test_a_machine_is_told_to_boot_it(shared):
    shared.cli("profile", "add", "rescue", "--image", "live")
    shared.add_host("machine", "192.168.77.51")
    mac = shared.mac_of("machine")
    shared.cli("machine", "add", "pc-1", "--mac", mac)
    shared.cli("deploy", "pc-1", "--profile", "rescue")
    said = shared.run("curl", "-sS", "--fail", f"{SERVER}/machine.ipxe?mac={mac}&platform=pcbios", host="machine").stdout
    assert "kernel http://192.168.77.1/images/live/live/vmlinuz-6.1.0-18-amd64 " in said
    assert "fetch=http://192.168.77.1/images/live/live/filesystem.squashfs" in said


def order_machine(lab, host, address, name, profile):
    """A machine on the wire with an order; its hardware address."""
    lab.add_host(host, address)
    mac = lab.mac_of(host)
    lab.cli("machine", "add", name, "--mac", mac)
    lab.cli("deploy", name, "--profile", profile)
    return mac


def examples(lab):
    """Where the shipped families are: beside the tests."""
    return pathlib.Path(__file__).resolve().parents[2] / "os"


def test_alpine_gets_its_overlay(shared):
    """The archive is read by busybox, as Alpine's start does."""
    tree = shared.make_folder("alpine-tree")
    for path in ("boot/vmlinuz-lts", "boot/initramfs-lts", "boot/modloop-lts", ".alpine-release"):
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_text(path)
    shared.cli("image", "add", "alpine-3", tree)
    password = "$6$salt$abc/def.gh"
    (shared.folder / "hash").write_text(password + "\n")
    shared.cli("profile", "add", "alpine", "--image", "alpine-3", "--answer-file", examples(shared) / "alpine" / "host.apkovl.tar.gz.mustache",
               "--answer-name", "host.apkovl.tar.gz", "--secret", f"root_password_hash=@{shared.folder}/hash", "--set", "disk=/dev/vda")
    mac = order_machine(shared, "alpine", "192.168.77.56", "lab-alpine", "alpine")
    said = shared.run("curl", "-sS", "--fail", f"{SERVER}/machine.ipxe?mac={mac}&platform=pcbios", host="alpine").stdout
    url = re.search(r" apkovl=(http://\S+/host\.apkovl\.tar\.gz)", said).group(1)
    shared.run("curl", "-sS", "--fail", "-o", shared.folder / "host.apkovl.tar.gz", url, host="alpine")
    root = shared.folder / "alpine-root"
    root.mkdir()
    subprocess.run(["busybox", "tar", "-C", root, "-xzf", shared.folder / "host.apkovl.tar.gz"], check=True, timeout=20)
    assert (root / "etc/hostname").read_text().startswith("lab-alpine")
    assert (root / "etc/imprint/passwords").read_text() == f"root:{password}\n"
    assert (root / "etc/imprint/passwords").stat().st_mode & 0o777 == 0o600 and (root / "etc/imprint").stat().st_mode & 0o777 == 0o700
    assert os.readlink(root / "etc/runlevels/default/local") == "/etc/init.d/local"
    script = root / "etc/local.d/imprint.start"
    assert script.stat().st_mode & 0o777 == 0o755 and 'disk="/dev/vda"' in script.read_text() and "/done" in script.read_text()
    shown = shared.cli("machine", "answers", "lab-alpine", "--show", "last").stdout
    assert "/etc/local.d/imprint.start" in shown and password not in shown and "********" in shown


def test_an_overlay_that_cannot_be_made_is_told_before_the_machine_asks(shared):
    wrong = shared.folder / "wrong.apkovl.tar.gz"
    wrong.write_text("files:\n  - path: ../etc/shadow\n    content: x\n# {{callback_url}}\n")
    linted = shared.cli("profile", "lint", wrong, check=False)
    assert linted.returncode == 1 and "wrong.apkovl.tar.gz:2: error: no archive can be made of this" in linted.stdout, linted.stdout
    shared.cli("profile", "add", "alpine-wrong", "--image", "live", "--answer-file", wrong, "--answer-name", "host.apkovl.tar.gz")
    shared.cli("machine", "add", "lab-wrong", "--mac", "52:54:00:12:77:57")
    refused = shared.cli("deploy", "lab-wrong", "--profile", "alpine-wrong", check=False)
    assert refused.returncode != 0 and "begins with /" in refused.stderr, refused.stderr


def test_ubuntu_gets_its_seed(shared):
    tree = shared.make_folder("ubuntu-tree")
    (tree / "casper").mkdir()
    (tree / ".disk").mkdir()
    (tree / "casper" / "vmlinuz").write_bytes(b"kernel")
    (tree / "casper" / "initrd").write_bytes(b"initrd")
    (tree / ".disk" / "info").write_text('Ubuntu-Server 24.04 LTS "Noble Numbat" - Release amd64 (20240423)')
    make_iso(tree, shared.folder / "ubuntu.iso", "Ubuntu-Server 24.04 LTS amd64")
    shared.cli("image", "add", shared.folder / "ubuntu.iso", "ubuntu-24")
    assert shared.cli_json("image", "show", "ubuntu-24")["grade"] == "unattended"
    shared.cli("profile", "add", "noble", "--image", "ubuntu-24", "--answer-file", examples(shared) / "ubuntu" / "user-data.mustache",
               "--answer-name", "user-data", "--set", "password_hash=$6$salt$hash", "--set", 'timezone=Europe/"Berlin"')
    mac = order_machine(shared, "noble", "192.168.77.52", "pc-2", "noble")
    said = shared.run("curl", "-sS", "--fail", f"{SERVER}/grub/grub.cfg-01-{mac.replace(':', '-')}", host="noble").stdout
    seed = re.search(f"'ds=nocloud;s=({SERVER}/answer/pc-2/[0-9a-f]{{32}}/)'", said).group(1)
    assert f"'url={SERVER}/images/ubuntu-24/medium.iso'" in said
    answers = yaml.safe_load(shared.run("curl", "-sS", "--fail", f"{seed}user-data", host="noble").stdout)["autoinstall"]
    assert answers["identity"] == {"hostname": "pc-2", "username": "admin", "password": "$6$salt$hash"}
    assert answers["timezone"] == 'Europe/"Berlin"'
    assert "local-hostname" in yaml.safe_load(shared.run("curl", "-sS", "--fail", f"{seed}meta-data", host="noble").stdout)
    for name in ("vendor-data", "network-config"):
        assert shared.run("curl", "-sS", "-w", "%{http_code}", f"{seed}{name}", host="noble").stdout == "200"
    assert shared.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", f"{seed}user-data", host="client").stdout == "404"


def test_red_hat_installs_by_kickstart(shared):
    tree = shared.make_folder("rocky-tree")
    for name in ("images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "images/install.img", "BaseOS/repodata/repomd.xml"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(name.encode())
    (tree / ".treeinfo").write_text("[general]\nfamily = Rocky Linux\nversion = 9.4\n")
    make_iso(tree, shared.folder / "rocky.iso", "Rocky-9-4-x86_64-dvd")
    shared.cli("image", "add", shared.folder / "rocky.iso", "rocky-9")
    shared.cli("profile", "add", "rocky", "--image", "rocky-9", "--answer-file", examples(shared) / "redhat" / "ks.cfg.mustache",
               "--answer-name", "ks.cfg", "--set", "root_password_hash=$6$salt$hash")
    mac = order_machine(shared, "rocky", "192.168.77.53", "pc-3", "rocky")
    said = shared.run("curl", "-sS", "--fail", f"{SERVER}/machine.ipxe?mac={mac}&platform=efi", host="rocky").stdout
    folder = re.search(f"inst.repo={SERVER}/images/rocky-9 inst.ks=({SERVER}/answer/pc-3/[0-9a-f]{{32}})/ks.cfg", said).group(1)
    answers = shared.run("curl", "-sS", "--fail", f"{folder}/ks.cfg", host="rocky").stdout
    assert "rootpw --iscrypted $6$salt$hash" in answers
    assert "--hostname=pc-3" in answers
    newest = lambda: shared.cli_json("order", "list")[-1]["state"]
    shared.wait("a used order", lambda: newest() == "used", 10)
    callback = f"{folder}/done"
    assert f"{callback} || true" in answers
    shared.run("curl", "-s", "-o", "/dev/null", callback, host="client")  # who is somebody else ends nothing
    assert newest() == "used"
    shared.run("curl", "-sS", "--fail", callback, host="rocky")
    shared.wait("the end of the order", lambda: newest() == "finished", 10)
    assert fetch(shared, "/images/rocky-9/.treeinfo").startswith(b"[general]")
    assert fetch(shared, "/images/rocky-9/BaseOS/repodata/repomd.xml") == b"BaseOS/repodata/repomd.xml"


def test_a_family_beside_the_configuration_is_known(shared):
    tree = shared.make_folder("our-tree")
    (tree / "our").mkdir()
    (tree / "our" / "kernel").write_bytes(b"kernel")
    make_iso(tree, shared.folder / "ours.iso", "OURS 7")
    shared.cli("image", "add", shared.folder / "ours.iso")
    assert shared.cli_json("image", "show", "ours")["description"] == "Our own system"


def test_a_medium_that_nobody_knows_boots_as_a_whole(shared):
    tree = shared.make_folder("unknown-tree")
    (tree / "boot.img").write_bytes(b"\0" * 4096)
    make_iso(tree, shared.folder / "unknown.iso", "TOOL", "-b", "boot.img", "-no-emul-boot")
    added = shared.cli("image", "add", shared.folder / "unknown.iso", "tool")
    assert "memory" in added.stdout + added.stderr
    image = json.loads(shared.cli("image", "show", "tool", "--json").stdout)
    assert image["grade"] == "whole"
    assert image["methods"][0]["way"] == "disk"
    assert image["methods"][0]["on"] == "bios"
    assert image["methods"][0]["memory_bytes"] > 512 << 20


def test_what_cannot_be_used_is_refused_with_a_reason(shared):
    whole = (shared.folder / "Debian Live.iso").read_bytes()
    (shared.folder / "cut.iso").write_bytes(whole[:2_000_000])
    done = shared.cli("image", "add", shared.folder / "cut.iso", "cut", check=False)
    assert done.returncode != 0
    assert "cut off" in done.stderr
    tree = shared.make_folder("nothing-tree")
    (tree / "README").write_text("nothing here boots\n")
    make_iso(tree, shared.folder / "nothing.iso", "NOTHING")
    done = shared.cli("image", "add", shared.folder / "nothing.iso", "nothing", check=False)
    assert done.returncode != 0
    assert 'nothing on the medium "NOTHING" boots' in done.stderr
    names = {image["name"] for image in shared.cli_json("image", "list")}
    assert not names & {"cut", "nothing"}


def test_an_iso_put_into_the_folder_of_images_is_served_too(shared):
    target = shared.folder / "state" / "images" / "dropped.iso"
    target.write_bytes((shared.folder / "Debian Live.iso").read_bytes())
    target.chmod(0o644)
    assert fetch(shared, "/images/dropped/dists/bookworm/Release") == b"Suite: stable\n"


def drop(shared, name, bytes_=None):
    target = shared.folder / "state" / "images" / name
    target.write_bytes(bytes_ or (shared.folder / "Debian Live.iso").read_bytes())
    target.chmod(0o644)
    return target


def test_the_checksum_of_a_medium_is_kept(shared):
    found = hashlib.sha256((shared.folder / "Debian Live.iso").read_bytes()).hexdigest()
    assert shared.cli_json("image", "show", "live")["sha256"] == found
    assert found in shared.cli("image", "show", "live").stdout


def test_an_iso_in_the_folder_of_images_is_added_without_a_copy(shared):
    dropped = drop(shared, "in-place.iso")
    inode = dropped.stat().st_ino
    done = shared.cli("image", "add", dropped)
    assert "it lay in the folder of images already" in done.stdout + done.stderr
    image = shared.cli_json("image", "show", "in-place")
    assert image["grade"] == "live" and image["medium"] == "in-place/medium.iso"
    assert (shared.folder / "state" / "images" / "in-place" / "medium.iso").stat().st_ino == inode
    assert not dropped.exists()
    assert [name.name for name in (shared.folder / "state" / "images" / "in-place").iterdir()] == ["medium.iso"]
    assert image["size_bytes"] == (shared.folder / "Debian Live.iso").stat().st_size
    assert fetch(shared, "/images/in-place/dists/bookworm/Release") == b"Suite: stable\n"


def test_what_cannot_be_added_stays_where_it_lay(shared):
    tree = shared.make_folder("idle-tree")
    (tree / "README").write_text("nothing here boots\n")
    make_iso(tree, shared.folder / "idle.iso", "IDLE")
    dropped = drop(shared, "idle.iso", (shared.folder / "idle.iso").read_bytes())
    assert shared.cli("image", "add", dropped, check=False).returncode != 0
    assert dropped.exists()
    dropped.unlink()
    dropped = drop(shared, "twice.iso")
    assert shared.cli("image", "add", dropped, "live", check=False).returncode != 0
    assert dropped.exists()
    dropped.unlink()


def api(shared, method, path, body=None):
    words = [] if body is None else ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    done = shared.run("curl", "-sS", "-X", method, "--unix-socket", shared.folder / "control.sock", *words, f"http://imprint/v1/{path}")
    return json.loads(done.stdout)


def test_only_a_file_of_that_folder_can_be_taken(shared):
    (shared.folder / "state" / "images" / "a-link.iso").symlink_to(shared.folder / "Debian Live.iso")
    upload = api(shared, "POST", "uploads", {"image": "taken"})["upload"]
    for name in "../imprint.db", "live/medium.iso", "/etc/passwd", ".", "..", "", "a-link.iso", "live", "nothing.iso", ".hidden":
        assert "error" in api(shared, "POST", f"uploads/{upload}/adopt", {"file": name}), name
    dropped = drop(shared, "given-up.iso")
    assert api(shared, "POST", f"uploads/{upload}/adopt", {"file": "given-up.iso"}) == {"adopted": "given-up.iso"}
    assert "error" in api(shared, "POST", f"uploads/{upload}/adopt", {"file": "given-up.iso"})
    assert not dropped.exists()
    assert api(shared, "DELETE", f"uploads/{upload}") == {"removed": upload}
    assert dropped.exists()
    dropped.unlink()


def test_a_daemon_that_dies_in_between_gives_it_back(shared):
    dropped = drop(shared, "survivor.iso")
    upload = api(shared, "POST", "uploads", {"image": "survivor"})["upload"]
    api(shared, "POST", f"uploads/{upload}/adopt", {"file": "survivor.iso"})
    assert not dropped.exists()
    shared.imprint.kill()
    shared.imprint.wait()
    shared.start_imprint()
    assert dropped.read_bytes() == (shared.folder / "Debian Live.iso").read_bytes()
    assert not [name for name in (shared.folder / "state" / "images").iterdir() if name.name.startswith(".upload")]
    dropped.unlink()


def test_a_medium_in_a_folder_that_no_image_owns_is_given_back_too(shared):
    """A daemon that died between moving the folder and keeping the image in its database."""
    folder = shared.folder / "state" / "images" / "orphan"
    folder.mkdir()
    medium = (shared.folder / "Debian Live.iso").read_bytes()
    (folder / "medium.iso").write_bytes(medium)
    (folder / ".adopted").symlink_to("orphaned.iso")
    shared.run("chown", "-R", "nobody", folder)
    shared.cli("image", "add", shared.folder / "Debian Live.iso", "orphan")
    returned = shared.folder / "state" / "images" / "orphaned.iso"
    assert returned.read_bytes() == medium
    returned.unlink()
