# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answers first, who may answer at all, and auto mode after its first decision."""

import struct
import time

import pytest

from lab.dhcp import ACK, OFFER, DhcpClient, pxe_options
from lab.site import start_other_dhcp

MAC = "52:54:00:12:37:01"
OTHER = "192.168.77.2"


@pytest.fixture
def client(lab):
    """A made-up client."""
    lab.add_host("client")
    made = DhcpClient(lab, "client", MAC)
    yield made
    made.close()


def start(lab, *lines, mode="server"):
    """imprint with these lines in its section dhcp."""
    text = lab.config_text(mode=mode)
    lab.start_imprint(config=text.replace("\ndhcp:\n", "\ndhcp:\n" + "".join(f"  {line}\n" for line in lines)))


def seconds_to_offer(client, options=b"", most=6):
    """How long the OFFER to a new DISCOVER takes; None when none comes."""
    client.xid += 1
    begun = time.monotonic()
    reply = client.ask(1, options, seconds=most)
    return None if reply is None or reply.kind != OFFER else time.monotonic() - begun


def with_secs(client, secs):
    """A DISCOVER of a client that says it has been trying for so long."""
    client.xid += 1
    message = bytearray(client.message(1))
    message[8:10] = struct.pack("!H", secs)
    client.send(bytes(message))
    return client.receive(1.5)


def mode_of(lab):
    return lab.cli_json("status")["interfaces"][0]["dhcp"]


def test_a_delay_lets_another_server_answer_first(lab, client):
    start(lab, "ping_check: no", "delay: 2s")
    assert 1.8 < seconds_to_offer(client) < 4
    offer = client.ask(1)
    begun = time.monotonic()
    assert client.request(offer).kind == ACK
    assert time.monotonic() - begun < 1  # who has chosen does not wait


def test_a_delay_for_the_unknown_spares_prestaged_machines(lab, client):
    start(lab, "ping_check: no", "delay: 3s", "delay_for: unknown")
    lab.cli("machine", "add", "prestaged", "--mac", MAC)
    lab.cli("machine", "approve", "prestaged", check=False)
    assert seconds_to_offer(client, pxe_options(0)) < 1.5
    client.mac = "52:54:00:12:37:02"
    assert 2.8 < seconds_to_offer(client, pxe_options(0)) < 5


def test_a_standby_answers_who_has_tried_in_vain(lab, client):
    start(lab, "ping_check: no", "standby: 4s")
    assert with_secs(client, 0) is None
    assert with_secs(client, 3) is None
    assert with_secs(client, 4).kind == OFFER
    client.mac = "52:54:00:12:37:03"  # one whose secs never move is known by when it was first heard
    assert with_secs(client, 0) is None
    time.sleep(4)
    assert with_secs(client, 0).kind == OFFER


def test_a_server_that_nobody_expects_raises_an_alarm_with_its_card(lab, client):
    start_other_dhcp(lab)
    start(lab, "expected_servers: [192.0.2.9]")
    event = lab.wait("the alarm", lambda: [e for e in lab.events() if "UNEXPECTED_DHCP_SERVER" in e["reasons"]], 30)[0]
    card = lab.run("cat", "/sys/class/net/eth0/address", host="other").stdout.strip()
    assert OTHER in event["text"] and card in event["text"]


def test_a_server_that_is_expected_raises_none(lab, client):
    start_other_dhcp(lab)
    start(lab, f"expected_servers: [{OTHER}]")
    lab.wait("it to be seen", lambda: OTHER in lab.cli("status", "--json").stdout, 30)
    assert not [e for e in lab.events() if {"UNEXPECTED_DHCP_SERVER", "OTHER_DHCP_SERVER"} & set(e["reasons"])]


def test_auto_mode_yields_when_another_server_appears(lab, client):
    start(lab, "ping_check: no", mode="auto")
    lab.wait("server mode", lambda: mode_of(lab) == "server", 20)
    assert client.lease().kind == ACK
    start_other_dhcp(lab)
    lab.wait("the other to be heard and proxy mode", lambda: client.discover() and mode_of(lab) == "proxy", 40)
    assert lab.imprint.poll() is None  # without a restart
    assert [e for e in lab.events() if OTHER in e["text"]]


@pytest.mark.thorough
def test_auto_mode_serves_again_when_the_other_server_is_gone(lab, client):
    other = start_other_dhcp(lab)
    start(lab, "ping_check: no", mode="auto")
    lab.wait("proxy mode", lambda: mode_of(lab) == "proxy", 20)
    lab.stop(other)
    lab.wait("server mode", lambda: mode_of(lab) == "server", 260, every=2)
    assert client.lease().kind == ACK
