# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets among a profile's values: they reach the answer file of their machine, and nothing and nobody else."""

import json
import os
import pty
import subprocess
import time
import uuid as uuids

import pytest

from lab.dhcp import DhcpClient, pxe_options
from lab.network import imprint_binary

MAC = "52:54:00:12:38:01"
NAME = "pc-1"
SECRET = "Tr0ub4dor & 3"
PRESEED = "d-i passwd/root-password-crypted password {{root_hash}}\nd-i mirror/http/hostname string {{mirror}}\n" \
          "d-i preseed/late_command string wget -O /dev/null {{callback_url}}\n"
MASK = "********"


@pytest.fixture
def site(lab):
    lab.start_imprint()
    tree = lab.make_folder("tree")
    (tree / "linux").write_bytes(b"kernel" * 1000)
    (tree / "initrd.gz").write_bytes(b"initrd" * 1000)
    (lab.folder / "preseed.cfg").write_text(PRESEED)
    (lab.folder / "secret").write_text(SECRET + "\n")
    lab.cli("image", "add", "debian-12", tree)
    lab.cli("machine", "add", NAME, "--mac", MAC)
    return lab


def add(site, *words, **options):
    return site.cli("profile", "add", "web", "--image", "debian-12", "--answer-file", site.folder / "preseed.cfg",
                    "--set", "mirror=deb.example.test", *words, **options)


def test_a_secret_is_shown_nowhere(site):
    shown = add(site, "--secret", f"root_hash=@{site.folder}/secret").stdout
    shown += site.cli("profile", "show", "web").stdout + site.cli("profile", "show", "web", "--json").stdout
    shown += site.cli("profile", "list", "--json").stdout
    rendered = site.cli("profile", "render", "web", NAME).stdout
    site.cli("profile", "edit", "web", "--set", "mirror=other.example.test")
    shown += json.dumps(site.events()) + site.log() + site.cli("profile", "lint", "web", check=False).stdout
    assert SECRET not in shown + rendered
    assert f"root_hash={MASK} (secret)" in shown and "mirror=deb.example.test" in shown
    assert f"root-password-crypted password {MASK}\n" in rendered and "string deb.example.test" in rendered
    assert site.cli_json("profile", "show", "web")["values"] == {"root_hash": {"secret": True}, "mirror": "other.example.test"}


def test_its_machine_gets_it_in_the_answer_file(site):
    add(site, "--secret", f"root_hash=@{site.folder}/secret")
    site.add_host("machine")
    site.run("ip", "link", "set", "eth0", "down", host="machine")
    site.run("ip", "link", "set", "eth0", "address", MAC, host="machine")
    site.run("ip", "link", "set", "eth0", "up", host="machine")
    firmware = DhcpClient(site, "machine", MAC)
    firmware.options = pxe_options(7, uuids.uuid4().bytes)
    site.cli("deploy", NAME, "--profile", "web")
    ack = firmware.lease(firmware.options)
    site.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host="machine")
    config = site.run("curl", "-sS", "--fail", f"tftp://192.168.77.1/grub/grub.cfg-01-{MAC.replace(':', '-')}", host="machine").stdout
    assert SECRET not in config and "root_hash" not in config
    token = config.split(f"/answer/{NAME}/")[1].split("/")[0] if "/answer/" in config else None
    path = f"answer/{NAME}/{token}/preseed.cfg" if token else None
    if path is None:  # an image of no family says nothing of answer files; its order knows the way
        import sqlite3
        token, = sqlite3.connect(site.folder / "state" / "imprint.db").execute("SELECT token FROM orders").fetchone()
        path = f"answer/{NAME}/{token}/preseed.cfg"
    answer = site.run("curl", "-sS", "--fail", f"http://192.168.77.1/{path}", host="machine").stdout
    assert f"root-password-crypted password {SECRET}\n" in answer
    what_it_was_given_is_shown_without_the_secret(site, path.split("/")[2])
    firmware.close()


def what_it_was_given_is_shown_without_the_secret(site, token):
    site.cli("profile", "edit", "web", "--set", "mirror=later.example.test")
    kept, = site.cli_json("machine", "answers", NAME)
    order, = site.cli_json("order", "list")
    assert kept["order_id"] == order["id"] and kept["profile"] == "web" and kept["file"] == "preseed.cfg"
    assert kept["address"].startswith("192.168.77.") and kept["times"] == 1 and kept["bytes"] > 0
    assert "preseed.cfg" in site.cli("machine", "answers", NAME).stdout
    for number in "last", str(kept["number"]):
        shown = site.cli("machine", "answers", NAME, "--show", number).stdout
        assert f"root-password-crypted password {MASK}\n" in shown and "string deb.example.test" in shown
        assert SECRET not in shown
    assert token not in shown and f"/answer/{NAME}/TOKEN/done" in shown
    refused = site.cli("machine", "answers", NAME, "--show", "999", check=False)
    assert refused.returncode != 0 and "there is no answer file '999' of pc-1" in refused.stderr
    site.cli("order", "cancel", str(order["id"]))
    site.cli("machine", "remove", NAME)
    site.cli("machine", "add", NAME, "--mac", MAC)
    assert site.cli_json("machine", "answers", NAME) == []


def test_it_is_never_a_kernel_argument_or_a_host_name(site):
    add(site, "--secret", f"root_hash=@{site.folder}/secret", "--arguments", "root={{root_hash}}")
    for words in ("deploy", NAME, "--profile", "web"), ("profile", "render", "web", NAME):
        refused = site.cli(*words, check=False)
        assert refused.returncode != 0 and "{{root_hash}} is a secret" in refused.stderr
        assert "use it in the answer file" in refused.stderr and SECRET not in refused.stderr
    assert site.cli_json("order", "list") == []


def test_it_is_not_written_into_a_command(site):
    refused = add(site, "--secret", "root_hash=abc", check=False)
    assert refused.returncode != 0 and "a secret is not written into the command" in refused.stderr and "abc" not in refused.stderr
    for text in "", "\n", "x" * 300 + "\n":
        (site.folder / "secret").write_text(text)
        refused = add(site, "--secret", f"root_hash=@{site.folder}/secret", check=False)
        assert refused.returncode != 0 and "secret" in refused.stderr
    refused = add(site, "--secret", "root_hash=@/nowhere", check=False)
    assert refused.returncode != 0 and "/nowhere" in refused.stderr
    assert site.cli_json("profile", "list") == []


def test_it_can_be_piped_changed_and_taken_out(site):
    add(site, "--secret", "root_hash", input=SECRET + "\n")
    assert site.cli_json("profile", "show", "web")["values"]["root_hash"] == {"secret": True}
    site.cli("profile", "edit", "web", "--set", "root_hash=plain")
    assert site.cli_json("profile", "show", "web")["values"]["root_hash"] == "plain"
    site.cli("profile", "edit", "web", "--unset", "root_hash")
    assert "root_hash" not in site.cli_json("profile", "show", "web")["values"]


def test_on_a_terminal_it_is_asked_for_twice_and_not_echoed(site):
    ours, theirs = pty.openpty()
    words = site.command(imprint_binary(), "profile", "add", "web", "--image", "debian-12", "--answer-file",
                         site.folder / "preseed.cfg", "--secret", "root_hash", "--socket", site.folder / "control.sock")
    command = subprocess.Popen(list(map(str, words)), stdin=theirs, stdout=open(site.folder / "ask.log", "w"),
                               stderr=subprocess.STDOUT)
    for _ in range(2):
        time.sleep(0.7)
        os.write(ours, (SECRET + "\n").encode())
    assert command.wait(20) == 0
    assert site.cli_json("profile", "show", "web")["values"]["root_hash"] == {"secret": True}
    assert SECRET not in (site.folder / "ask.log").read_text()


def test_it_outlives_a_restart_and_stays_a_secret(site):
    add(site, "--secret", f"root_hash=@{site.folder}/secret")
    site.imprint.terminate()
    site.imprint.wait(20)
    site.start_imprint()
    assert site.cli_json("profile", "show", "web")["values"]["root_hash"] == {"secret": True}
