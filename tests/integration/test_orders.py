# SPDX-License-Identifier: GPL-3.0-or-later
"""From unknown machine to answer file, as a loader's requests see it; who may have what; one use."""

import uuid as uuids

import re

import pytest

from lab.dhcp import DhcpClient, pxe_options

MAC = "52:54:00:12:37:01"
NAME = "m-123701"
PRESEED = "d-i netcfg/get_hostname string {{hostname}}\nd-i netcfg/get_domain string {{domain}}\n"


@pytest.fixture
def site(lab):
    """imprint with an image and a profile, and a host that plays a machine with that MAC."""
    lab.start_imprint()
    lab.add_host("machine")
    lab.run("ip", "link", "set", "eth0", "down", host="machine")
    lab.run("ip", "link", "set", "eth0", "address", MAC, host="machine")
    lab.run("ip", "link", "set", "eth0", "up", host="machine")
    tree = lab.make_folder("tree/debian-installer".split("/")[0]) / "debian-installer" / "amd64"
    tree.mkdir(parents=True)
    (tree / "linux").write_bytes(b"kernel" * 1000)
    (tree / "initrd.gz").write_bytes(b"initrd" * 1000)
    (lab.folder / "preseed.cfg").write_text(PRESEED)
    lab.cli("image", "add", "debian-12", lab.folder / "tree")
    lab.cli("profile", "add", "web", "--image", "debian-12", "--answer-file", lab.folder / "preseed.cfg")
    return lab


@pytest.fixture
def machine(site):
    """The machine's firmware; its host gets the leased address so that it can fetch files."""
    made = DhcpClient(site, "machine", MAC)
    made.uuid = uuids.uuid4().bytes
    made.options = pxe_options(7, made.uuid)
    yield made
    made.close()


def power_on(site, machine):
    """The firmware's DHCP; the ACK."""
    machine.xid += 1
    ack = machine.lease(machine.options)
    site.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host="machine")
    return ack


def fetch(site, path, host="machine", proto="http"):
    """(exit status is good, body) of a file."""
    done = site.run("curl", "-sS", "--fail", f"{proto}://192.168.77.1/{path}", host=host, check=False)
    return done.returncode == 0, done.stdout


def config(site, host="machine"):
    return fetch(site, f"grub/grub.cfg-01-{MAC.replace(':', '-')}", host, "tftp")[1]


def order_state(site, number=1):
    return next(order for order in site.cli_json("order", "list") if order["id"] == number)["state"]


def test_an_unknown_machine_is_held_and_told_how_to_be_approved(site, machine):
    power_on(site, machine)
    text = config(site)
    assert f"imprint machine approve {NAME}" in text and MAC in text
    assert "linux" not in text.replace("pxelinux", "") and "initrd" not in text
    shown = site.cli_json("machine", "show", NAME)
    assert shown["state"] == "new" and shown["macs"] == [MAC]


def test_an_order_is_carried_out_once(site, machine):
    power_on(site, machine)
    site.cli("machine", "approve", NAME)
    site.cli("deploy", NAME, "--profile", "web")
    assert order_state(site) == "armed"
    ack = power_on(site, machine)
    assert ack.file == "shimx64.efi"
    text = config(site)
    assert "/images/debian-12/debian-installer/amd64/linux" in text
    path = re.search(f"url=http://192.168.77.1/(answer/{NAME}/[0-9a-f]{{32}}/preseed.cfg)", text).group(1)
    site.wait("booting", lambda: order_state(site) == "booting", 5)
    assert fetch(site, "images/debian-12/debian-installer/amd64/initrd.gz")[0]
    site.wait("used", lambda: order_state(site) == "used", 5)
    assert not fetch(site, f"answer/{NAME}/preseed.cfg")[0]
    assert not fetch(site, f"answer/{NAME}/{'0' * 32}/preseed.cfg")[0]
    assert any("ANSWER_REFUSED" in event["reasons"] for event in site.events())
    assert path.split("/")[2] not in site.log() + str(site.events()) + str(site.cli_json("order", "list"))  # a secret
    good, answer = fetch(site, path)
    assert good and f"string {NAME}\n" in answer and "example.test" in answer
    ack = power_on(site, machine)
    assert ack.file == "" and 67 not in ack.options
    assert order_state(site) == "finished"
    assert "linux" not in config(site)
    assert not fetch(site, path)[0]


def test_a_broken_download_may_be_tried_again(site, machine):
    power_on(site, machine)
    site.cli("machine", "approve", NAME)
    site.cli("deploy", NAME, "--profile", "web")
    for _ in range(3):
        assert power_on(site, machine).file == "shimx64.efi"
        assert "linux" in config(site)
    site.wait("booting", lambda: order_state(site) == "booting", 5)


def test_a_stranger_gets_neither_configuration_nor_answer(site, machine):
    power_on(site, machine)
    site.cli("machine", "approve", NAME)
    site.cli("deploy", NAME, "--profile", "web")
    site.add_host("stranger", "192.168.77.77")
    power_on(site, machine)
    assert "linux" not in config(site, "stranger")
    assert "linux" in config(site)
    assert not fetch(site, f"answer/{NAME}/preseed.cfg", "stranger")[0]
    assert not fetch(site, f"answer/{NAME}/preseed.cfg", None)[0]
    assert order_state(site) == "booting"


def test_a_cancelled_order_boots_nothing(site, machine):
    power_on(site, machine)
    site.cli("machine", "approve", NAME)
    site.cli("deploy", NAME, "--profile", "web")
    site.cli("order", "cancel", "1")
    assert power_on(site, machine).file == ""


def test_an_expired_order_boots_nothing(site, machine):
    power_on(site, machine)
    site.cli("machine", "approve", NAME)
    site.cli("deploy", NAME, "--profile", "web", "--expires", "1m")
    assert power_on(site, machine).file == "shimx64.efi"
    site.wait("expiry", lambda: order_state(site) == "expired", 80)
    assert power_on(site, machine).file == ""


def test_contradicting_evidence_is_held_in_spite_of_an_order(site, machine):
    power_on(site, machine)
    site.cli("machine", "approve", NAME)
    site.cli("deploy", NAME, "--profile", "web")
    machine.options = pxe_options(7, uuids.uuid4().bytes)  # the card sits in another computer now
    power_on(site, machine)
    assert any("IDENTITY_CONFLICT" in event["reasons"] for event in site.events())
    machine.options = pxe_options(7, machine.uuid)
    assert order_state(site) == "armed"


def test_both_spellings_of_a_uuid_are_one_machine(site, machine):
    power_on(site, machine)
    swapped = uuids.UUID(bytes_le=machine.uuid).bytes
    machine.options = pxe_options(7, swapped)
    power_on(site, machine)
    assert len(site.cli_json("machine", "list")) == 1
    assert not any("IDENTITY_CONFLICT" in event["reasons"] for event in site.events())


def test_a_rejected_machine_gets_an_address_and_nothing_else(site, machine):
    power_on(site, machine)
    site.cli("machine", "reject", NAME)
    ack = power_on(site, machine)
    assert ack.yiaddr.startswith("192.168.77.") and ack.file == ""


@pytest.mark.parametrize("policy", ["local", "refuse"])
def test_policy_decides_about_unknown_machines(lab, policy):
    lab.start_imprint(policy=policy)
    lab.add_host("machine")
    made = DhcpClient(lab, "machine", MAC)
    assert made.lease(pxe_options(7)).file == ""
    made.close()


def test_an_order_with_an_undefined_value_is_refused_before_it_exists(site, machine):
    power_on(site, machine)
    site.cli("machine", "approve", NAME)
    (site.folder / "bad.cfg").write_text("line one\nkey {{no_such_value}}\n")
    site.cli("profile", "add", "bad", "--image", "debian-12", "--answer-file", site.folder / "bad.cfg", check=False)
    done = site.cli("deploy", NAME, "--profile", "bad", check=False)
    assert done.returncode == 1 and "no_such_value" in done.stderr
    assert site.cli_json("order", "list") == []


def test_an_unapproved_machine_cannot_be_ordered(site, machine):
    power_on(site, machine)
    done = site.cli("deploy", NAME, "--profile", "web", check=False)
    assert done.returncode == 1 and "approve" in done.stderr


def test_two_machines_never_get_each_others_order(site, machine):
    power_on(site, machine)
    site.cli("machine", "add", "other", "--mac", "52:54:00:12:37:02")
    site.cli("deploy", "other", "--profile", "web")
    site.cli("machine", "approve", NAME)
    assert power_on(site, machine).file == ""
    assert "linux" not in config(site)
    assert "linux" not in fetch(site, "grub/grub.cfg-01-52-54-00-12-37-02", proto="tftp")[1]
