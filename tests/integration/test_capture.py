# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint capture-packets: a boot as packets, which explain reads as if it had been there, and which give nothing away."""

import json
import re
import signal
import struct
import tarfile

import pytest

from lab.dhcp import ACK, DhcpClient, pxe_options
from lab.network import imprint_binary
from lab.site import add_installer

MAC = "52:54:00:77:00:01"


@pytest.fixture
def client(lab):
    lab.start_imprint(config=lab.config_text(mode="server").replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))
    lab.add_host("client")
    lab.run("ip", "link", "set", "dev", "eth0", "address", MAC, host="client")
    lab.cli("machine", "add", "pc5", "--mac", MAC)
    made = DhcpClient(lab, "client", MAC)
    yield made
    made.close()


def start(lab, path, *words):
    """A capture that has begun."""
    process = lab.start(imprint_binary(), "capture-packets", "pc5", "--output", path, "--socket", lab.folder / "control.sock", *words, log="capture.log")
    lab.wait("the capture", lambda: "capturing what pc5 sends" in process.log_path.read_text())
    return process


def boot(lab, client):
    """Boots as a BIOS machine with an order; returns the token of its order."""
    add_installer(lab)
    lab.cli("deploy", "pc5", "--profile", "installer")
    offer = client.ask(1, pxe_options(0))
    ack = client.request(offer, pxe_options(0))
    assert ack.kind == ACK
    lab.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host="client")
    fetch(lab, "tftp", "pxelinux.0")
    menu = fetch(lab, "tftp", f"pxelinux.cfg/01-{MAC.replace(':', '-')}")
    token = re.search(r"[0-9a-f]{32}", menu).group()
    answer = re.search(r"http://\S*" + token + r"\S*", menu).group()
    assert "answer file of pc5" in lab.run("curl", "--silent", "--fail", answer, host="client").stdout
    fetch(lab, "tftp", "boot/XPLDR", check=False)
    return token


def fetch(lab, protocol, name, check=True):
    return lab.run("curl", "--silent", "--fail", f"{protocol}://{lab.address}/{name}", host="client", check=check, errors="replace").stdout


def blocks(data):
    """The types of a pcapng file's blocks; each must be whole."""
    kinds, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("!II", data, at)
        assert length % 4 == 0 and struct.unpack_from("!I", data, at + length - 4)[0] == length
        kinds.append(kind)
        at += length
    return kinds


def test_a_boot_is_captured_explained_and_gives_nothing_away(lab, client, tmp_path):
    path = tmp_path / "pc5.pcapng"
    capture = start(lab, path)
    token = boot(lab, client)
    lab.stop(capture, signal.SIGINT)
    assert capture.returncode == 0 and "packets" in capture.log_path.read_text()
    data = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    kinds = blocks(data)
    assert kinds[:2] == [0x0A0D0D0A, 1] and set(kinds[2:]) == {6} and len(kinds) > 60
    # Others read it as well, and nothing that is a secret is in it.
    shown = lab.run("tcpdump", "-nn", "-r", path).stdout
    assert "BOOTP/DHCP" in shown and "pxelinux.0" in shown
    assert token.encode() not in data and b"answer file of pc5" not in data and b"debian-installer/locale" not in data
    done = lab.run(imprint_binary(), "explain", path, "--json", check=False)
    verdict, = json.loads(done.stdout)["clients"]
    assert verdict["findings"][0]["reason"] == "FILE_NOT_FOUND" and "XPLDR" in verdict["findings"][0]["sentence"]
    archive = tmp_path / "pc5.tar.gz"
    lab.cli("report", "pc5", "--packets", path, "--output", archive)
    with tarfile.open(archive) as tar:
        assert tar.extractfile("report/packets.pcapng").read() == data


def test_others_are_not_captured(lab, client, tmp_path):
    lab.add_host("stranger", f"{lab.network}.9")
    path = tmp_path / "pc5.pcapng"
    capture = start(lab, path, "--for", "4s")
    lab.run("curl", "--silent", f"http://{lab.address}/boot.ipxe", host="stranger")
    assert lab.stop(capture, signal.SIGCONT) == 0
    shown = lab.run("tcpdump", "-nn", "-r", path).stdout
    assert f"{lab.network}.9" not in shown and "boot.ipxe" not in shown


def test_a_file_that_is_there_and_a_capture_of_others_are_refused(lab, client, tmp_path):
    path = tmp_path / "there.pcapng"
    path.write_bytes(b"mine")
    done = lab.cli("capture-packets", "pc5", "--output", path, check=False)
    assert done.returncode == 1 and "--output" in done.stderr and path.read_bytes() == b"mine"
    done = lab.cli("report", "pc5", "--packets", path, "--output", tmp_path / "x.tar.gz", check=False)
    assert done.returncode == 1 and "capture-packets" in done.stderr and not (tmp_path / "x.tar.gz").exists()
    assert lab.cli("capture-packets", "nobody", check=False).returncode == 1
    assert lab.cli("capture-packets", "pc5", "--for", "soon", "--output", tmp_path / "y", check=False).returncode == 2
