# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint profile lint: the faults of real answer files and menus, and the answer files that are shipped."""

import json
import pathlib
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree

import pytest
import yaml

from lab.network import imprint_binary

OS = pathlib.Path(__file__).parents[2] / "os"
TEMPLATES = sorted(OS.glob("*/*.mustache"))
HASH = "$6$saltsaltsalt$0123456789abcdefghijklmnopqrstuvwxyz"

# As an administrator left it on the web: for a release of 2007, and only its beginning.
OLD_KICKSTART = """\
#platform=x86, AMD64, or Intel EM64T
# System authorization information
auth  --useshadow  --enablemd5
# System bootloader configuration
key --skip
bootloader --append="quiet" --location=mbr
zerombr
clearpart --all --initlabel
text
firewall --disabled
firstboot --disable
keyboard us
lang en_US
"""

OPTIONS = [word for value in ("passphrase=x", "disk=/dev/sda", "user=joe", "static=yes", "ntp_server=ntp.example.test", "product=SLES", "lvm=yes",
                                "plain=yes") for word in ("--set", value)]

# The same administrator's menu, no-break spaces and all.
OLD_MENU = """\
default linux
prompt 1
timeout 6
display boot.msg
label linux
\u00a0kernel vmlinuz
\u00a0append ks=ftp://192.0.2.1/ks.cfg initrd=initrd.img
label ks
 kernel vmlinuz
 append cfg initrd=initrd.img
label local
 localboot 1
label memtest86
 kernel memtest
 append -
"""


def lint(path, *words):
    """The exit status of lint on a file, and its answer."""
    done = subprocess.run([imprint_binary(), "profile", "lint", str(path), *words, "--json"], capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout)


def rules(answer):
    return {finding["rule"]: finding["line"] for finding in answer["findings"]}


def test_an_old_kickstart_file_is_taken_apart(tmp_path):
    file = tmp_path / "ks.cfg"
    file.write_text(OLD_KICKSTART)
    status, answer = lint(file)
    assert status == 1 and answer["format"] == "kickstart"
    found = rules(answer)
    assert found["password-weak"] == 3
    assert [finding["line"] for finding in answer["findings"] if finding["rule"] == "kickstart-gone"] == [3, 5]
    for rule in ("kickstart-root", "kickstart-timezone", "kickstart-disk", "kickstart-source", "kickstart-packages", "callback-missing"):
        assert found[rule] == 0
    assert not {"kickstart-language", "kickstart-keyboard", "kickstart-clear", "kickstart-zerombr", "secret-readable"} & found.keys()
    assert all(finding["remedy"] and finding["sentence"] for finding in answer["findings"])


def test_a_menu_that_erases_after_half_a_second_is_an_error(tmp_path):
    file = tmp_path / "default"
    file.write_text(OLD_MENU)
    status, answer = lint(file)
    assert status == 1 and answer["format"] == "pxelinux"
    assert rules(answer) == {"menu-erases": 5, "blank-false": 6, "menu-anonymous": 7, "menu-word": 10}
    file.write_text(OLD_MENU.replace("\u00a0", " ").replace("default linux", "default local").replace("append cfg", "append text"))
    assert lint(file)[0] == 0


def test_a_file_that_everybody_may_read_holds_no_hash(tmp_path):
    file = tmp_path / "ks.cfg"
    file.write_text(f"rootpw --iscrypted {HASH}\n")
    file.chmod(0o644)
    found = rules(lint(file)[1])
    assert found["secret-readable"] == 0 and found["secret-in-template"] == 1
    file.chmod(0o600)
    assert "secret-readable" not in rules(lint(file)[1])


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_shipped_has_no_errors(template):
    for options in ((), OPTIONS):
        status, answer = lint(template, "--set", "ssh_key=ssh-ed25519 AAAA a@b", *options)
        assert answer["format"], template
        assert status == 0, answer["findings"]
        assert not [finding for finding in answer["findings"] if finding["rule"] != "kickstart-source" and finding["severity"] != "note"]


def values_of(template, **more):
    """--set for what a template needs."""
    values = {"root_password_hash": HASH, "password_hash": HASH, "ssh_key": 'ssh-ed25519 AAAA "a"@b', **more}
    return [word for name, value in values.items() if f"{name}}}}}" in template.read_text() for word in ("--set", f"{name}={value}")]


def parse(name, text):
    """Reads an answer file as its installer does; what it is called says how."""
    if name.endswith((".json", ".ign")):
        return json.loads(text)
    if name.endswith(".toml"):
        return tomllib.loads(text)
    if name.endswith(".xml"):
        return xml.etree.ElementTree.fromstring(text)
    return yaml.safe_load(text) if name in ("user-data", "host.apkovl.tar.gz") else text


def test_what_is_shipped_can_be_read_by_parsers_when_it_is_rendered(site):
    site.cli("machine", "edit", "lab-01", "--address", f"{site.network}.50")
    for template in TEMPLATES:
        name = template.name.removesuffix(".mustache")
        profile = template.parent.name
        site.cli("profile", "add", profile, "--image", "live", "--answer-file", template, "--answer-name", name, *values_of(template))
        for more in ({}, {"disk": "/dev/sda", "user": "joe", "passphrase": 'a "b" <c>', "timezone": "Europe/Berlin", "static": "yes", "product": "P"}):
            site.cli("profile", "edit", profile, *values_of(template, **more), "--set", "unused=1")
            text = site.cli_json("profile", "render", profile, "lab-01")["answer"]
            assert "station1" in text and "{{" not in text and HASH in text
            assert "/answer/lab-01/" in text
            parsed = parse(name, text)
            if name == "host.apkovl.tar.gz":
                scripts = [file["content"] for file in parsed["files"] if file["path"].startswith("/etc/local.d/")]
                assert subprocess.run(["sh", "-n"], input=scripts[0], text=True, timeout=10).returncode == 0
            if more and name == "profile.json":
                assert parsed["storage"]["drives"][0]["partitions"][1]["generate"]["encryption"]["luks2"]["password"] == 'a "b" <c>'
            if more and name == "autoinst.xml":
                assert [item.text for item in parsed.iter() if item.tag.endswith("encryption_password")] == ['a "b" <c>']


@pytest.mark.skipif(not shutil.which("debconf-set-selections"), reason="debconf is not here")
def test_the_checkers_of_others_are_asked(tmp_path):
    file = tmp_path / "preseed.cfg"
    file.write_text("d-i foo/bar\n{{callback_url}}\n")
    answer = lint(file)[1]
    assert answer["tool"] == "debconf-set-selections"
    said = [finding["text"] for finding in answer["findings"] if finding["rule"] == "tool-says"]
    assert said and str(tmp_path) not in "".join(said) and "/tmp" not in "".join(said)


def test_nothing_is_left_of_what_is_checked(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    lint(OS / "ubuntu" / "user-data.mustache")
    assert list(folder.iterdir()) == []


@pytest.fixture
def site(lab):
    lab.start_imprint()
    tree = lab.make_folder("tree")
    (tree / "vmlinuz").write_bytes(b"kernel")
    (tree / "initrd").write_bytes(b"initrd")
    lab.cli("image", "add", "live", tree, "--kernel", "vmlinuz", "--initrd", "initrd", "--arguments", "inst.repo={{image.url}}")
    lab.cli("machine", "add", "lab-01", "--mac", "52:54:00:12:38:01", "--hostname", "station1")
    return lab


def test_a_profile_is_checked_when_it_is_made_and_changed(site):
    (site.folder / "ks.cfg").write_text("rootpw secret\n{{> users}}\n")
    added = site.cli("profile", "add", "office", "--image", "live", "--answer-file", site.folder / "ks.cfg")
    assert "[password-plain]" in added.stderr and "secret" not in added.stderr and "[snippet-missing]" in added.stderr
    edited = site.cli("profile", "edit", "office", "--answer-file", OS / "redhat" / "ks.cfg.mustache", "--answer-name", "ks.cfg")
    assert "ks.cfg:" in edited.stderr and "[value-undefined]" in edited.stderr
    edited = site.cli("profile", "edit", "office", "--set", f"root_password_hash={HASH}")
    assert edited.stderr == ""
    site.cli("profile", "lint", "office")
    checked = site.cli_json("profile", "lint", "office", "--machine", "lab-01")
    assert checked["rendered"] and checked["errors"] == 0 and checked["warnings"] == 0, checked


def test_what_a_machine_lacks_is_a_finding(site):
    (site.folder / "user-data").write_text("#cloud-config\nautoinstall:\n  version: 1\n  identity: {hostname: '{{machine.serial}}', password: '{{hash}}'}\n"
                                           "  late-commands: [curl {{callback_url}}]\n")
    site.cli("profile", "add", "office", "--image", "live", "--answer-file", site.folder / "user-data", "--set", f"hash={HASH}", "--set", "old=1")
    checked = site.cli_json("profile", "lint", "office")
    assert rules(checked) == {"value-unused": 0, "autoinstall-storage": 0}, checked
    done = site.cli("profile", "lint", "office", "--machine", "lab-01", "--json", check=False)
    assert done.returncode == 1
    found = rules(json.loads(done.stdout))
    assert found["template-broken"] == 4 and found["value-unused"] == 0
    assert "no machine" in site.cli("profile", "lint", "office", "--machine", "nobody", check=False).stderr
    assert "no profile" in site.cli("profile", "lint", "nothing", check=False).stderr


def test_mirrors_are_only_asked_when_that_is_wanted(site):
    tree = site.make_folder("mirror")
    (tree / "repodata").mkdir()
    (tree / "repodata" / "repomd.xml").write_text("<repomd/>")
    server = site.start("python3", "-m", "http.server", "8123", "--bind", "127.0.0.1", "--directory", tree)
    site.wait("the mirror", lambda: site.run("curl", "-sf", "http://127.0.0.1:8123/", check=False).returncode == 0)
    file = site.folder / "ks.cfg"

    def online(url, *words):
        file.write_text(f"{{{{callback_url}}}}\nurl --url={url}\n")
        done = site.run(imprint_binary(), "profile", "lint", file, "--json", *words, check=False)
        return [finding for finding in json.loads(done.stdout)["findings"] if finding["rule"] == "server-silent"]

    assert online("http://127.0.0.1:8123/", "--online") == []
    missing, = online("http://127.0.0.1:8123/nothing/", "--online")
    assert missing["line"] == 2 and "404" in missing["text"]
    dead, = online("http://127.0.0.1:8124/", "--online")
    assert dead["line"] == 2
    assert online("http://127.0.0.1:8124/") == []
    del server
