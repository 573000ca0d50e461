# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address is given, and by which of ours the client knows us."""

import time

import pytest

from lab.dhcp import ACK, OFFER, DhcpClient, ip, option, pxe_options

MAC = "52:54:00:12:39:01"
SQUATTED = "192.168.77.150"


@pytest.fixture
def client(lab):
    """A made-up client."""
    lab.add_host("client")
    made = DhcpClient(lab, "client", MAC)
    yield made
    made.close()


def test_an_address_that_a_stranger_uses_is_not_given_away(lab, client):
    lab.add_host("squatter", SQUATTED)
    lab.start_imprint()
    offer = client.ask(1, option(50, ip(SQUATTED)))
    assert offer.kind == OFFER and offer.yiaddr != SQUATTED
    told = lab.wait("the stranger on the timeline", lambda: [
        event for event in lab.events() if "ADDRESS_IN_USE" in event["reasons"]], 10)
    assert len(told) == 1 and SQUATTED in told[0]["text"] and told[0]["mac"] == lab.mac_of("squatter")
    other = DhcpClient(lab, "client", "52:54:00:12:39:02")
    assert other.lease(option(50, ip(SQUATTED))).yiaddr != SQUATTED
    other.close()


def test_a_client_is_not_kept_waiting_for_its_own_address(lab, client):
    lab.start_imprint()
    first = client.lease()
    assert first.kind == ACK
    client.xid += 1
    started = time.monotonic()
    again = client.ask(1)
    assert again.yiaddr == first.yiaddr and time.monotonic() - started < 0.15


def test_a_client_knows_us_by_the_address_in_its_own_network(lab, client):
    lab.run("ip", "address", "add", "10.9.9.1/24", "dev", "br0")
    lab.start_imprint(config=lab.config_text().replace("192.168.77.", "10.9.9."))
    ack = client.lease(pxe_options(0))
    assert ack.kind == ACK and ack.yiaddr.startswith("10.9.9.")
    assert ack.address(54) == ack.siaddr == "10.9.9.1" and ack.source == ("10.9.9.1", 67)


def test_an_address_that_comes_later_is_used_without_a_restart(lab, client):
    lab.start_imprint(config=lab.config_text().replace("192.168.77.", "10.9.9."))
    assert client.ask(1, seconds=1) is None
    lab.run("ip", "address", "add", "10.9.9.1/24", "dev", "br0")
    offer = lab.wait("an offer", lambda: client.ask(1, seconds=1), 10)
    assert offer.yiaddr.startswith("10.9.9.") and offer.siaddr in ("0.0.0.0", "10.9.9.1")
