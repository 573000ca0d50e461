# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint check: the faults of other people's files by name and line, without a daemon."""

import json
import os
import pathlib
import subprocess

import pytest

IMPRINT = os.environ.get("IMPRINT", str(pathlib.Path(__file__).parents[2] / "build/imprint"))

DHCPD = """subnet 192.0.2.0 netmask 255.255.255.0 {
  range 192.0.2.2 192.0.2.253;
  next-server 192.0.2.110;
  filename "pxelinux.0";
}
"""
MENU = """default linux
prompt 1
timeout 6
label linux
  kernel vmlinuz
  append ks=ftp://192.0.2.110/ks.cfg initrd=initrd.img cfg
"""
KICKSTART = """text
url --url=http://192.0.2.1/images/x
lang en_US.UTF-8
keyboard us
timezone Etc/UTC --utc
rootpw --lock
clearpart --all --initlabel
zerombr
autopart
bootloader
reboot
%packages
@core
%end
%post
cat > /etc/yum.repos.d/local.repo <<END
baseurl=file:///mnt/cdrom
END
%end
"""
IPXE = """#!ipxe
dhcp || goto retry
kernel http://192.0.2.1/linux
initrd http://192.0.2.1/initrd
"""
PRESEED = "d-i debian-installer/locale string en_US.UTF-8\n"
KEA = '{"Dhcp4": {"subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.3.10 - 192.0.3.20"}]}]}}\n'
OWN = "server:\n  nane: x\n"

CASES = {  # file -> its text, what it is, (line, what its finding says) of some
    "dhcpd.conf": (DHCPD, "dhcpd", [(2, "the server's own address 192.0.2.110"), (4, "BIOS only")]),
    "brace.conf": (DHCPD.replace("}\n", ""), "dhcpd", [(1, "the '}' for this '{' is missing")]),
    "default": (MENU, "pxelinux", [(4, "hardly time to stop it"), (6, "everybody on the network can read"), (6, "no kernel or installer knows this word")]),
    "ks.cfg": (KICKSTART, "kickstart", [(17, "a folder of the machine itself")]),
    "nbsp": (MENU.replace("  ", "\u00a0\u00a0"), "pxelinux", [(4, "hardly time to stop it"), (5, "a no-break space stands here")]),
    "boot.ipxe": (IPXE, "iPXE", [(2, "not in the script"), (3, "never started")]),
    "preseed.cfg": (PRESEED, "preseed", [(0, "")]),
    "kea.json": (KEA, "kea", [(1, "not inside")]),
    "imprint.yaml": (OWN, "imprint.yaml", [(0, "")]),
}


def check(*words):
    return subprocess.run([IMPRINT, "check", *map(str, words)], capture_output=True, text=True, check=False, timeout=60)


def findings(folder, name, text):
    """The findings about a file with this text."""
    (folder / name).write_text(text)
    done = check(folder / name, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == (1 if answer["errors"] else 0), done.stderr
    return answer["files"][0]


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_known_and_its_faults_are_named_by_line(tmp_path, name):
    text, kind, wanted = CASES[name]
    found = findings(tmp_path, name, text)
    assert found["kind"] == kind
    for line, says in wanted:
        fits = [row for row in found["findings"] if line in (0, row["line"]) and says in row["sentence"] + row["text"]]
        assert fits, (line, says, found["findings"])
    for row in found["findings"]:
        assert row["severity"] in ("error", "warning", "note") and row["file"].endswith(name)


@pytest.mark.parametrize(
    "name, text",
    [
        ("boot.ipxe", IPXE.replace("goto retry", "shell") + "boot\n"),
        ("default", MENU.replace("timeout 6", "timeout 300").replace("ftp://", "https://").replace(" cfg\n", "\n")),
        ("ks.cfg", KICKSTART.replace("file:///mnt/cdrom", "http://192.0.2.1/mirror/x")),
    ],
)
def test_what_is_nearly_a_fault_is_none(tmp_path, name, text):
    found = findings(tmp_path, name, text)
    assert [row for row in found["findings"] if row["severity"] != "note"] == []


def test_several_files_are_read_and_people_see_place_severity_and_remedy(tmp_path):
    for name in ("default", "boot.ipxe"):
        (tmp_path / name).write_text(CASES[name][0])
    done = check(tmp_path / "default", tmp_path / "boot.ipxe")
    assert done.returncode == 1
    assert f"{tmp_path}/default:4: error: " in done.stdout and "[menu-erases]" in done.stdout
    assert f"{tmp_path}/boot.ipxe:2: error: " in done.stdout and "[ipxe-label]" in done.stdout


def test_what_is_no_such_file_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear all,\nthe weather is fine.\n")
    done = check(tmp_path / "letter.txt")
    assert done.returncode == 1 and "nothing in it looks like" in done.stderr
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    assert check(tmp_path / "bytes").returncode == 1
    gone = check(tmp_path / "gone")
    assert gone.returncode == 1 and "gone" in gone.stderr


def test_a_password_in_a_file_is_not_repeated(tmp_path):
    text = KICKSTART.replace("rootpw --lock", "rootpw topsecretword")
    (tmp_path / "ks.cfg").write_text(text)
    done = check(tmp_path / "ks.cfg")
    assert "topsecretword" not in done.stdout + done.stderr and "password" in done.stdout
