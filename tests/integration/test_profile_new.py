# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint profile new: a few questions, and a profile whose answer file has nothing that lint finds."""

import json
import os
import pathlib
import pty
import select
import subprocess
import time
import tomllib
import xml.etree.ElementTree

import pytest
import yaml

from lab.network import imprint_binary

OS = pathlib.Path(__file__).parents[2] / "os"
FAMILIES = sorted(path.parent.name for path in OS.glob("*/*.mustache"))
HASH = "$6$saltsaltsalt$0123456789abcdefghijklmnopqrstuvwxyz"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyK anna@desk"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One daemon, with an image of every family that has an answer file to start from."""
    from lab import Lab
    with Lab() as lab:
        lab.start_imprint()
        tree = lab.make_folder("tree")
        (tree / "linux").write_bytes(b"kernel" * 1000)
        (lab.folder / "hash").write_text(HASH + "\n")
        (lab.folder / "id.pub").write_text(KEY + "\n")
        (lab.folder / "phrase").write_text("a long phrase\n")
        for family in FAMILIES:
            lab.cli("image", "add", family, tree, "--kernel", "linux")
        lab.imprint.terminate()
        lab.imprint.wait(20)
        import sqlite3
        with sqlite3.connect(lab.folder / "state" / "imprint.db") as database:
            database.execute("UPDATE image SET family = name")
        lab.start_imprint()
        lab.cli("machine", "add", "pc-1", "--mac", "52:54:00:12:39:01", "--address", "192.168.77.150")
        yield lab


def new(site, name, family, *words, check=True, **options):
    return site.cli("profile", "new", name, "--image", family, *words, check=check, **options)


def parse(name, text):
    if name.endswith((".json", ".ign")):
        json.loads(text)
    elif name.endswith(".xml"):
        xml.etree.ElementTree.fromstring(text)
    elif name.endswith(".toml"):
        tomllib.loads(text)
    elif name in ("user-data", "host.apkovl.tar.gz"):
        return yaml.safe_load(text)
    return None


@pytest.mark.parametrize("family", FAMILIES)
def test_by_options_alone_a_good_profile_comes_out_for_every_family(site, family):
    name = f"new-{family}"
    done = new(site, name, family, "--yes", "--root-password-hash-file", site.folder / "hash", "--user-password-hash-file", site.folder / "hash",
               "--ssh-key", f"@{site.folder}/id.pub", "--locale", "de_DE.UTF-8", "--timezone", "Europe/Berlin")
    assert f"profile {name} is made" in done.stdout and "ERASES" in done.stdout + done.stderr
    profile = site.cli_json("profile", "show", name)
    assert {key for key in profile["values"] if "hash" in key or key == "passphrase"} <= {
        key for key, value in profile["values"].items() if value == {"secret": True}}
    rendered = site.cli_json("profile", "render", name, "pc-1")
    assert "Europe/Berlin" in rendered["answer"] or "timezone" not in profile["values"]
    parse(rendered["answer_name"], rendered["answer"])
    lint = site.cli("profile", "lint", name, check=False)
    errors = [line for line in lint.stdout.splitlines() if ": error:" in line]
    assert errors == [], lint.stdout
    assert HASH not in json.dumps(profile) + done.stdout


def test_packages_encryption_layout_and_network_go_into_it(site):
    new(site, "full", "ubuntu", "--yes", "--user", "anna", "--user-password-hash-file", site.folder / "hash", "--layout", "plain",
        "--passphrase-file", site.folder / "phrase", "--network", "static", "--packages", "vim git", "--set", "ntp_server=ntp.example.test")
    profile = site.cli_json("profile", "show", "full")
    assert profile["values"]["plain"] == "yes" and profile["values"]["static"] == "yes"
    assert profile["values"]["passphrase"] == {"secret": True} and profile["values"]["ntp_server"] == "ntp.example.test"
    answer = parse("user-data", site.cli_json("profile", "render", "full", "pc-1")["answer"])["autoinstall"]
    assert answer["packages"] == ["vim", "git"] and answer["identity"]["username"] == "anna"


REFUSALS = [
    (("--layout", "raid"), "'--layout' cannot be 'raid'"),
    (("--timezone", "Mars/North"), "--timezone cannot be 'Mars/North'"),
    (("--user", "Root!"), "--user cannot be 'Root!'"),
    (("--packages", "vim;reboot"), "'vim;reboot' is no name of a package"),
    (("--network", "wlan"), "'--network' cannot be 'wlan'"),
    (("--ssh-key", "@/nowhere.pub"), "/nowhere.pub"),
    (("--set", "nothing"), "sets nothing"),
]


@pytest.mark.parametrize("words, said", REFUSALS)
def test_a_wrong_answer_is_told(site, words, said):
    done = new(site, "wrong", "redhat", "--yes", "--root-password-hash-file", site.folder / "hash", *words, check=False)
    assert done.returncode != 0 and said in done.stderr


def test_what_is_missing_is_told(site):
    done = new(site, "wrong", "redhat", "--yes", check=False)
    assert done.returncode != 0 and "needs the password of root" in done.stderr and "--root-password-hash-file" in done.stderr
    done = new(site, "wrong", "redhat", check=False)
    assert done.returncode == 2 and "nobody to ask" in done.stderr
    done = new(site, "wrong", "no-image", "--yes", check=False)
    assert done.returncode != 0 and "no-image" in done.stderr
    done = new(site, "wrong", "vmware-esxi", "--yes", "--encrypt", "--root-password-hash-file", site.folder / "hash", check=False)
    assert done.returncode != 0 and "cannot encrypt" in done.stderr
    assert "wrong" not in [profile["name"] for profile in site.cli_json("profile", "list")]


def test_somebody_at_a_terminal_is_asked(site):
    ours, theirs = pty.openpty()
    words = site.command(imprint_binary(), "profile", "new", "asked", "--image", "debian-installer", "--socket", site.folder / "control.sock")
    command = subprocess.Popen(list(map(str, words)), stdin=theirs, stdout=theirs, stderr=theirs, env=dict(os.environ, HOME="/nonexistent"))
    os.close(theirs)
    said = b""

    def until(part):
        nonlocal said
        deadline = time.monotonic() + 20
        while part not in said:
            assert time.monotonic() < deadline, said
            if select.select([ours], [], [], 0.2)[0]:
                said += os.read(ours, 4096)
        said = b""

    for question, answer in ((b"disk layout", "lvm"), (b"encrypt the disk", "n"), (b"password of root", "hush hush"), (b"the same again", "hush hush"),
                             (b"public ssh key", ""), (b"user who may", "Anna"), (b"user who may", "anna"), (b"password of anna", "more hush"),
                             (b"the same again", "more hush"), (b"language", "de_DE.UTF-8"), (b"keyboard", "de"), (b"time zone", "Mars"),
                             (b"time zone", "Europe/Berlin"), (b"packages besides", "vim")):
        until(question)
        time.sleep(0.3)  # the echo is off by then
        os.write(ours, answer.encode() + b"\n")
    until(b"profile asked is made")
    assert command.wait(20) == 0
    values = site.cli_json("profile", "show", "asked")["values"]
    assert values["lvm"] == "yes" and values["user"] == "anna" and values["keymap"] == "de" and values["timezone"] == "Europe/Berlin"
    assert values["root_password_hash"] == values["password_hash"] == {"secret": True}
    assert "d-i pkgsel/include string vim\n" in site.cli_json("profile", "render", "asked", "pc-1")["answer"]
