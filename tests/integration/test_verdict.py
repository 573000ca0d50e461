# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon says by itself why a boot stopped: machines that fail for real, and ones that only nearly fail."""

import json
import re
import tarfile
import time

import pytest

from lab.dhcp import ACK, OFFER, DhcpClient, pxe_options
from lab.tftp import Client as TftpClient
from lab.site import add_installer
from lab.tftp import OACK, DATA

MAC = "52:54:00:77:00:01"
BIOS = pxe_options(0)
UEFI = pxe_options(7)
DISCOVER = 1
PATIENCE_S = 10 + 10  # the longest that a rule of these waits, and what the verdict may take then


@pytest.fixture
def client(lab):
    """A machine made of bytes."""
    lab.start_imprint(config=lab.config_text(mode="server").replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))
    lab.add_host("client")
    lab.run("ip", "link", "set", "dev", "eth0", "address", MAC, host="client")
    made = DhcpClient(lab, "client", MAC)
    yield made
    made.close()


def take_address(lab, client, options):
    """Gets an address and returns the ACK; a new boot each time."""
    client.xid += 1
    offer = client.ask(DISCOVER, options)
    assert offer is not None and offer.kind == OFFER
    ack = client.request(offer, options)
    assert ack.kind == ACK
    lab.run("ip", "address", "flush", "dev", "eth0", host="client")
    lab.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host="client")
    return ack.file or offer.file or ack.options.get(67, b"").decode().rstrip("\0")


def fetch(lab, name, check=True):
    """Fetches a file whole by TFTP."""
    return lab.run("curl", "--silent", "--fail", "--output", "/dev/null", f"tftp://{lab.address}/{name}", host="client", check=check)


def verdicts(lab):
    """The reasons of all verdicts so far."""
    return [event["reasons"][0] for event in lab.events() if event["kind"] == "verdict"]


def boots(lab):
    """The machine's boots, newest first."""
    return lab.cli_json("machine", "boots", MAC)


def stages(boot):
    """What was done."""
    return [stage["stage"] for stage in boot["stages"] if stage["done"]]


def wait_for(lab, reason):
    """Waits for a verdict and returns its event."""
    lab.wait(f"the verdict {reason}", lambda: reason in verdicts(lab), PATIENCE_S)
    return [event for event in lab.events() if event["kind"] == "verdict" and reason in event["reasons"]][0]


def test_firmware_that_refuses_its_loader_is_told_of_without_anybody_asking(lab, client):
    fetch(lab, take_address(lab, client, UEFI))
    began = time.monotonic()
    event = wait_for(lab, "LOADER_REJECTED")
    assert time.monotonic() - began < PATIENCE_S
    assert "did not start it" in event["text"] and not event["text"].startswith(MAC) and event["mac"] == MAC
    boot = boots(lab)[0]
    assert boot["live"] and not boot["fine"] and boot["findings"][0]["reason"] == "LOADER_REJECTED"
    assert stages(boot) == ["address", "boot offer", "loader"]
    shown = lab.cli("explain", MAC, check=False)
    assert shown.returncode == 1 and "Secure Boot" in shown.stdout and "to do" in shown.stdout
    assert verdicts(lab) == ["LOADER_REJECTED"]


def test_a_machine_that_asks_for_a_file_that_is_not_there_is_told_of(lab, client):
    fetch(lab, take_address(lab, client, BIOS))
    fetch(lab, "boot/XPLDR", check=False)
    event = wait_for(lab, "FILE_NOT_FOUND")
    assert "XPLDR" in event["text"]


def test_a_machine_that_takes_no_offer_is_told_of(lab, client):
    client.xid += 1
    for pause in (4, 8, 0):
        assert client.ask(DISCOVER, BIOS) is not None
        time.sleep(pause)
    wait_for(lab, "DHCP_OFFER_IGNORED")


def test_a_machine_that_falls_silent_in_a_transfer_is_told_of(lab, client):
    name = take_address(lab, client, BIOS)
    with TftpClient(lab, "client") as tftp:
        tftp.ask(name, (("blksize", "1468"),))
        tftp.expect(OACK)
        tftp.ack(0)
        tftp.expect(DATA, 1)
        tftp.ack(1)
        tftp.expect(DATA, 2)
        lab.wait("a verdict", lambda: verdicts(lab), 10)
        boot = boots(lab)[0]
        assert not boot["fine"] and boot["findings"][0]["evidence"]


def test_a_silence_of_five_seconds_is_no_alarm(lab, client):
    """So long clients wait that lost a packet, before they speak again."""
    name = take_address(lab, client, BIOS)
    with TftpClient(lab, "client") as tftp:
        tftp.ask(name, (("blksize", "1468"),))
        tftp.expect(OACK)
        tftp.ack(0)
        tftp.expect(DATA, 1)
        tftp.drain(5.5)
        tftp.ack(1)
        tftp.expect(DATA, 2)
        tftp.drain(5.5)
        assert verdicts(lab) == []


def test_a_boot_that_goes_its_way_raises_no_alarm_and_is_over_when_the_next_begins(lab, client):
    lab.cli("machine", "add", "pc7", "--mac", MAC)
    for _ in range(2):
        fetch(lab, take_address(lab, client, BIOS), check=False)
        fetch(lab, "machine.ipxe", check=False)
        time.sleep(12)
    shown = boots(lab)
    assert len(shown) == 2 and [boot["live"] for boot in shown] == [True, False]
    assert all(boot["fine"] for boot in shown), [boot["verdict"] for boot in shown]
    assert "pc7" in shown[0]["verdict"]
    assert verdicts(lab) == []
    assert "boots its own disk" in lab.cli("explain", "pc7").stdout


def test_a_machine_that_never_came_is_explained_too(lab, client):
    lab.cli("machine", "add", "pc8", "--mac", "52:54:00:77:00:08")
    shown = lab.cli("explain", "pc8", check=False)
    assert shown.returncode == 1 and "no packet of it came" in shown.stdout + shown.stderr


def test_computers_that_do_not_boot_from_the_network_are_not_watched(lab, client):
    client.lease()
    shown = lab.cli_json("machine", "list")
    assert all(lab.cli_json("machine", "boots", machine["name"]) == [] for machine in shown)
    assert verdicts(lab) == []


def test_a_machine_whose_disk_does_not_boot_is_told_of_when_it_is_back_again_and_again(lab, client):
    lab.cli("machine", "add", "pc9", "--mac", MAC)
    for _ in range(4):
        take_address(lab, client, BIOS)
        time.sleep(11)
    assert set(verdicts(lab)) == {"DISK_BOOT_FAILED"}
    assert "pc9" in lab.cli("explain", "pc9", check=False).stdout
    before = [boot for boot in boots(lab) if not boot["fine"]]
    assert before and before[0]["findings"][0]["reason"] == "DISK_BOOT_FAILED"


def test_the_hold_screen_says_how_the_last_boot_ended(lab, client):
    fetch(lab, take_address(lab, client, BIOS))
    fetch(lab, "boot/XPLDR", check=False)
    wait_for(lab, "FILE_NOT_FOUND")
    fetch(lab, take_address(lab, client, BIOS))
    shown = lab.run("curl", "--silent", f"tftp://{lab.address}/pxelinux.cfg/01-{MAC.replace(':', '-')}", host="client").stdout
    assert "Its last boot did not end well:" in shown and "XPLDR" in shown


def test_boots_outlive_the_daemon(lab, client):
    fetch(lab, take_address(lab, client, BIOS))
    fetch(lab, "boot/XPLDR", check=False)
    wait_for(lab, "FILE_NOT_FOUND")
    before = boots(lab)
    assert len(before) == 1 and before[0]["live"]
    lab.stop_imprint()
    lab.start_imprint(config=lab.config_text(mode="server").replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))
    after = boots(lab)
    assert len(after) == 1 and not after[0]["live"] and after[0]["number"] == before[0]["number"]
    assert after[0]["findings"][0]["reason"] == "FILE_NOT_FOUND"
    assert "XPLDR" in lab.cli("explain", MAC, check=False).stdout
    fetch(lab, take_address(lab, client, BIOS))
    again = boots(lab)
    assert [boot["live"] for boot in again] == [True, False] and again[0]["number"] > again[1]["number"]


HASH = "$6$saltsalt$5pcd9vGTPWHIBiZ4y3Y/kE2Yd5NXXVnxqbFOeZ4Kkr3xFzTpXG0d4Y3Q5A0V6jmVqkzNOaSCwYrhVqjxU6ZqJ/"


def test_a_report_has_all_that_is_known_and_no_secret(lab, client, tmp_path):
    lab.cli("machine", "add", "pc5", "--mac", MAC)
    add_installer(lab)
    lab.cli("machine", "edit", "pc5", "--dhcp-option", f"root-path={HASH}")
    lab.cli("deploy", "pc5", "--profile", "installer")
    fetch(lab, take_address(lab, client, BIOS))
    menu = lab.run("curl", "--silent", f"tftp://{lab.address}/pxelinux.cfg/01-{MAC.replace(':', '-')}", host="client").stdout
    tokens = re.findall(r"[0-9a-f]{32}", menu)
    assert tokens
    fetch(lab, "boot/XPLDR", check=False)
    wait_for(lab, "FILE_NOT_FOUND")
    archive = tmp_path / "pc5.tar.gz"
    lab.cli("report", "pc5", "--output", str(archive))
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        texts = {member.name: tar.extractfile(member).read().decode() for member in tar.getmembers()}
    assert set(texts) == {f"report/{name}" for name in ("README.txt", "verdicts.txt", "boots.json", "events.json", "machine.json", "orders.json", "status.json", "config.json")}
    assert "XPLDR" in texts["report/verdicts.txt"] and "to do" in texts["report/verdicts.txt"]
    assert "verdict" in [event["kind"] for event in json.loads(texts["report/events.json"])]
    assert [order["profile"] for order in json.loads(texts["report/orders.json"])] == ["installer"]
    assert json.loads(texts["report/boots.json"])["boots"][0]["stages"]
    assert json.loads(texts["report/config.json"]) and json.loads(texts["report/machine.json"])["name"] == "pc5"
    everything = "".join(texts.values())
    assert "(hidden)" in texts["report/machine.json"]
    assert not [secret for secret in (HASH, "$6$", *tokens) if secret in everything]
    again = lab.cli("report", "pc5", "--output", str(archive), check=False)
    assert again.returncode == 1 and "--output" in again.stderr
    assert lab.cli("report", "nobody", "--output", str(tmp_path / "x"), check=False).returncode == 1
    assert not (tmp_path / "x").exists()
