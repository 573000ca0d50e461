# SPDX-License-Identifier: GPL-3.0-or-later
"""Files by IPv6: other people's clients by HTTP, HTTPS and TFTP, and the texts that boot loaders are given there."""

import os
import re

import pytest

from lab.site import add_installer

SERVER = "2001:db8:77::1"
CLIENT = "2001:db8:77::9"
LINK_LOCAL = "fe80::77:1"


@pytest.fixture
def six(lab):
    """imprint on a bridge that has IPv6 addresses, a host `pc` that has one, and a file of some size."""
    for address, length in ((SERVER, 64), (LINK_LOCAL, 64)):
        lab.run("ip", "-6", "address", "add", f"{address}/{length}", "dev", "br0", "nodad")
    lab.data = os.urandom(3_000_000)
    (lab.make_folder("tftp") / "data").write_bytes(lab.data)
    lab.start_imprint()
    lab.add_host("pc", f"{lab.network}.9")
    lab.run("ip", "-6", "address", "add", f"{CLIENT}/64", "dev", "eth0", "nodad", host="pc")
    return lab


def fetch(lab, url, *words):
    """What curl gets from `url` as bytes."""
    path = lab.folder / "got"
    path.unlink(missing_ok=True)
    lab.run("curl", "-gsS", "-m", "30", "-o", path, *words, url, host="pc")
    return path.read_bytes()


@pytest.mark.parametrize("url, words", [
    (f"http://[{SERVER}]/data", []),
    (f"https://[{SERVER}]/data", ["-k"]),
    (f"tftp://[{SERVER}]/data", []),
    (f"tftp://[{SERVER}]/data", ["--tftp-blksize", "1428"]),
    (f"tftp://[{SERVER}]/data", ["--tftp-blksize", "16384"]),
    (f"tftp://[{SERVER}]/data", ["--tftp-no-options"]),
])
def test_a_file_comes_whole(six, url, words):
    assert fetch(six, url, *words) == six.data


def test_a_file_comes_from_a_link_local_address(six):
    assert fetch(six, f"http://[{LINK_LOCAL}%25eth0]/data") == six.data
    assert fetch(six, f"tftp://[{LINK_LOCAL}%25eth0]/data") == six.data


def test_both_families_are_served_side_by_side(six):
    for host in (f"[{SERVER}]", six.address):
        assert fetch(six, f"http://{host}/data") == six.data
        assert fetch(six, f"tftp://{host}/data") == six.data
    listening = six.run("ss", "-Hlnut").stdout
    assert len(re.findall(r":69 ", listening)) >= 2  # one socket for each family


def test_the_certificate_is_for_the_ipv6_address_and_the_authority_vouches_for_it(six):
    authority = six.folder / "state" / "tls" / "authority.pem"
    copy = six.folder / "authority.pem"
    copy.write_bytes(authority.read_bytes())
    for host in (f"[{SERVER}]", six.address):
        assert fetch(six, f"https://{host}/data", "--cacert", copy) == six.data


def test_what_is_not_there_is_refused_at_once(six):
    for url in (f"http://[{SERVER}]/nothing", f"tftp://[{SERVER}]/nothing"):
        assert six.run("curl", "-gsSf", "-m", "5", url, host="pc", check=False).returncode != 0
    assert [event["address"] for event in six.events() if event["kind"] == "tftp"] == [CLIENT]


def test_loaders_get_urls_with_brackets(six):
    mac = six.mac_of("pc")
    add_installer(six)
    six.cli("machine", "add", "lab-01", "--mac", mac)
    six.cli("deploy", "lab-01", "--profile", "installer")
    script = fetch(six, f"http://[{SERVER}]/boot.ipxe").decode()
    assert f"http://[{SERVER}]/machine.ipxe?mac=" in script
    script = fetch(six, f"http://[{SERVER}]/machine.ipxe?mac={mac.replace(':', '-')}").decode()
    assert f"kernel http://[{SERVER}]/images/debian-12/" in script
    answer = re.search(r"url=(\S+)", script).group(1)
    assert answer.startswith(f"http://[{SERVER}]/answer/lab-01/")
    script = fetch(six, f"tftp://[{SERVER}]/boot.ipxe").decode()
    assert f"tftp://[{SERVER}]/machine.ipxe/mac-" in script
    names = [f"grub.cfg-01-{mac.replace(':', '-')}", f"grub.cfg-{CLIENT.replace(':', '-')}"]
    for name in names:  # as GRUB writes an address, and as it writes a MAC
        assert f"(tftp,[{SERVER}])/images/debian-12/" in fetch(six, f"tftp://[{SERVER}]/grub/{name}").decode()
    assert f"mirror/http/hostname string {SERVER}" in fetch(six, answer).decode()


def test_an_answer_file_is_for_the_machine_alone(six):
    add_installer(six)
    six.cli("machine", "add", "lab-01", "--mac", six.mac_of("pc"))
    six.cli("deploy", "lab-01", "--profile", "installer")
    six.add_host("other", f"{six.network}.10")
    six.run("ip", "-6", "address", "add", "2001:db8:77::10/64", "dev", "eth0", "nodad", host="other")
    url = re.search(r"url=(\S+)", fetch(six, f"http://[{SERVER}]/machine.ipxe?mac={six.mac_of('pc')}").decode()).group(1)
    assert b"lab-01" in fetch(six, url)
    assert six.run("curl", "-gsSf", "-m", "5", url, host="other", check=False).returncode == 22
