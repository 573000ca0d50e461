# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual client of `imprint selftest`: what would fail is told before a machine does."""

import json
import signal
import time

import pytest

from lab.dhcp import DhcpClient, option, pxe_options
from lab.network import imprint_binary as lab_binary
from lab.site import add_installer

LOADERS_OF_ALL = ("BIOS", "x64 UEFI", "x64 UEFI that says EBC", "x64 UEFI, HTTP boot", "iPXE on BIOS", "iPXE on x64 UEFI")


def selftest(lab, *words):
    """Its exit code and findings."""
    done = lab.cli("selftest", "--json", *words, check=False)
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    findings = answer["findings"]
    assert answer["errors"] == len([f for f in findings if f["grade"] == "error"])
    assert (done.returncode == 0) == (answer["errors"] == 0)
    return findings


def of(findings, **wanted):
    """Those that have all of `wanted`."""
    return [f for f in findings if all(f[key] == value for key, value in wanted.items())]


def traces(lab):
    """What is left of the client's cable."""
    return (lab.run("ip", "link").stdout.count("imp-st"), lab.run("ip", "route").stdout.count("198.18."),
            lab.run("tc", "qdisc", "show", "dev", "br0").stdout.count("clsact"))


@pytest.mark.parametrize("mode", ["server", "proxy"])
def test_a_good_server_has_no_error_and_nothing_of_the_test_stays(lab, mode):
    lab.start_imprint(config=lab.config_text(mode=mode))
    lab.add_host("client")
    before = len(lab.events())
    findings = selftest(lab)
    assert not of(findings, grade="error"), of(findings, grade="error")
    for name in LOADERS_OF_ALL:
        assert of(findings, check="loader", about=name, grade="good"), name
    came = {f["about"] for f in of(findings, check="tftp", grade="good")}
    assert {"pxelinux.0", "ldlinux.c32", "pxelinux.cfg/default", "shimx64.efi", "grubx64.efi", "grub/grub.cfg"} <= came, came
    assert of(findings, check="http", grade="good")
    assert traces(lab) == (0, 0, 0)
    assert lab.cli_json("machine", "list") == [] and lab.cli_json("lease", "list") == []
    assert not [event for event in lab.events()[before:] if event["kind"] in ("dhcp", "verdict", "boot", "machine")]


def test_what_nobody_packages_is_named(lab):
    lab.start_imprint()
    lab.add_host("client")
    note, = of(selftest(lab), check="loader", about="ARM64 UEFI")
    assert note["grade"] == "note" and "grubaa64.efi" in note["remedy"]


def drop(lab, rule):
    """A firewall on the server that drops something."""
    lab.run("nft", "add table inet f; add chain inet f i { type filter hook input priority 0; }; add rule inet f i " + rule + " drop")


@pytest.mark.parametrize("rule, check", [("udp dport 67", "dhcp"), ("udp dport 69", "tftp"), ("tcp dport 80", "http")])
def test_a_firewall_is_seen(lab, rule, check):
    lab.start_imprint()
    lab.add_host("client")
    drop(lab, rule)
    errors = of(selftest(lab, "--interface", "br0"), grade="error")
    assert errors and {error["check"] for error in errors} == {check}
    assert all("nft list ruleset" in error["remedy"] for error in errors)
    assert traces(lab) == (0, 0, 0)


def test_what_is_broken_in_images_and_profiles_is_told(lab):
    lab.start_imprint()
    lab.add_host("client")
    add_installer(lab)
    answer = lab.folder / "ks.cfg"
    answer.write_text("clearpart --all\n%packages\n@core\n")
    lab.cli("profile", "add", "unclosed", "--image", "debian-12", "--answer-file", answer)
    good = selftest(lab)
    assert of(good, check="image", about="debian-12", grade="good")
    assert of(good, check="profile", about="unclosed", grade="error")[0]["remedy"] == "imprint profile lint unclosed"
    (lab.folder / "state" / "images" / "debian-12" / "debian-installer" / "amd64" / "initrd.gz").unlink()
    bad = of(selftest(lab), check="image", about="debian-12")
    assert [finding["grade"] for finding in bad] == ["error"] and "initrd.gz: the file is not there" in bad[0]["text"]


def test_a_dead_cable_is_told(lab):
    lab.start_imprint()
    error, = of(selftest(lab), grade="error")
    assert error["check"] == "interface" and "no live cable" in error["text"]


def test_an_interface_that_is_not_served_is_refused(lab):
    lab.start_imprint()
    done = lab.cli("selftest", "--interface", "eth7", check=False)
    assert done.returncode == 1 and "eth7 is not served" in done.stderr


def test_an_interruption_takes_everything_away(lab):
    lab.start_imprint()
    lab.add_host("client")
    drop(lab, "udp dport 69")  # so that it takes its time
    process = lab.start("env", "ASAN_OPTIONS=detect_leaks=0", str(lab_binary()), "selftest", "--socket", str(lab.folder / "control.sock"), log="selftest.log")
    lab.wait("the cable", lambda: traces(lab)[0] == 1 and "BIOS" in process.log_path.read_text())
    time.sleep(1)
    lab.stop(process, signal.SIGINT)
    assert traces(lab) == (0, 0, 0)
    assert "interrupted" in process.log_path.read_text()


def test_another_filter_on_the_interface_stays(lab):
    lab.start_imprint()
    lab.add_host("client")
    lab.run("tc", "qdisc", "add", "dev", "br0", "clsact")
    lab.run("tc", "filter", "add", "dev", "br0", "egress", "pref", "7", "protocol", "ip", "u32", "match", "ip", "dst", "203.0.113.7", "action", "mirred", "egress", "mirror", "dev", "br0")
    assert not of(selftest(lab), grade="error")
    assert traces(lab) == (0, 0, 1)
    assert "pref 7" in lab.run("tc", "filter", "show", "dev", "br0", "egress").stdout


MAC = "52:54:00:77:00:01"
MARKED = pxe_options(7) + option(77, b"\x10imprint-selftest")


def test_a_machine_cannot_hide_behind_the_mark(lab):
    """And a stranger who wears it gets no address, so nothing stays in the dark."""
    lab.start_imprint(config=lab.config_text(mode="server").replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))
    lab.add_host("client")
    client = DhcpClient(lab, "client", MAC)
    offer = client.ask(1, MARKED)
    assert offer.file == "shimx64.efi"
    assert client.request(offer, MARKED) is None
    assert lab.cli_json("machine", "list") == [] and lab.cli_json("lease", "list") == []
    lab.cli("machine", "add", "pc5", "--mac", MAC)
    client.xid += 1
    offer = client.ask(1, MARKED)
    assert client.request(offer, MARKED) is not None
    assert "dhcp" in [event["kind"] for event in lab.events() if event["mac"] == MAC]
    assert [lease["address"] for lease in lab.cli_json("lease", "list")] == [offer.yiaddr]
    client.close()


def test_who_may_not_is_told_so(lab):
    lab.start_imprint()
    lab.add_host("client")
    (lab.folder / "control.sock").chmod(0o666)
    lab.folder.chmod(0o755)
    done = lab.run("setpriv", "--reuid", "nobody", "--clear-groups", lab_binary(), "selftest", "--socket", lab.folder / "control.sock", check=False)
    assert done.returncode == 1 and "sudo imprint selftest" in done.stderr, done.stderr
    assert traces(lab) == (0, 0, 0)
