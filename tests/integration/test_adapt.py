# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware that takes only offers of one shape: it gets there one change at a time, and begins there from then on."""

import signal
import time

import pytest

from lab.dhcp import ACK, OFFER, DhcpClient, pxe_options

MAC = "52:54:00:12:38:01"
GAP_S = 3.0  # longer than a copy's (2.5 s), shorter than firmware's own 4 s, to save time
RUNGS = 5
OPTIONS = pxe_options(0)


@pytest.fixture
def client(lab):
    """Firmware made of bytes, on a host whose card is its own."""
    lab.add_host("client")
    lab.run("ip", "link", "set", "dev", "eth0", "address", MAC, host="client")
    made = DhcpClient(lab, "client", MAC)
    yield made
    made.close()


def start(lab, mode="server"):
    lab.start_imprint(config=lab.config_text(mode=mode).replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))


def shape_of(offer):
    """What can be changed in an offer."""
    return {"vendor": offer.options.get(43), "class": 60 in offer.options, "header": offer.file != "", "options": 67 in offer.options}


def offers_until(client, suits, most=RUNGS):
    """One DISCOVER after the other, at a steady rhythm, until an offer suits; all offers."""
    seen = []
    client.xid += 1
    for _ in range(most):
        offer = client.ask(1, OPTIONS, seconds=2)
        assert offer is not None and offer.kind == OFFER
        seen.append(offer)
        if suits(offer):
            return seen
        time.sleep(GAP_S)
    raise AssertionError(f"none of {[shape_of(offer) for offer in seen]} suits")


def boot(lab, client, offer):
    """The machine takes the offer and fetches its file."""
    ack = client.request(offer, OPTIONS)
    assert ack.kind == ACK
    lab.run("ip", "address", "flush", "dev", "eth0", host="client")
    lab.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host="client")
    lab.run("curl", "--silent", "--fail", "--output", "/dev/null", f"tftp://{lab.address}/{offer.file or ack.file or 'pxelinux.0'}", host="client")


def machine_of(lab):
    """What is known of the machine."""
    return lab.cli_json("machine", "show", MAC)


def lesson(lab):
    """The shape that was learned."""
    return lab.wait("the lesson", lambda: machine_of(lab)["reply_shape"], 5)


def test_firmware_that_needs_another_shape_gets_there_one_change_at_a_time(lab, client):
    start(lab)
    seen = offers_until(client, lambda offer: 60 not in offer.options)
    shapes = [shape_of(offer) for offer in seen]
    assert len(shapes) == 3
    for before, after in zip(shapes, shapes[1:]):
        assert sum(before[key] != after[key] for key in before) == 1, (before, after)
    boot(lab, client, seen[-1])
    assert lesson(lab) == "43=none 60=none"
    assert machine_of(lab)["firmware"].startswith("PXEClient/0/") and machine_of(lab)["firmware"].endswith("/525400")
    reasons = [reason for event in lab.events() for reason in event["reasons"]]
    assert reasons.count("OFFER_NOT_TAKEN") == 2 and reasons.count("SHAPE_LEARNED") == 1
    assert any(quirk["from"] == "learned" and quirk["shape"] == "43=none 60=none" for quirk in lab.cli_json("quirk", "list"))

    for number in (signal.SIGTERM, signal.SIGKILL):  # and from now on it is the first offer
        lab.stop_imprint(number)
        start(lab)
        client.xid += 1
        assert 60 not in client.ask(1, OPTIONS).options

    lab.cli("quirk", "forget", machine_of(lab)["firmware"])
    assert not machine_of(lab)["reply_shape"]


def test_firmware_that_takes_the_first_offer_never_sees_another(lab, client):
    start(lab)
    first = offers_until(client, lambda offer: True)[0]
    boot(lab, client, first)
    time.sleep(GAP_S)
    client.xid += 1
    again = client.ask(1, OPTIONS)
    assert shape_of(again) == shape_of(first)
    assert not machine_of(lab)["reply_shape"]
    assert not [event for event in lab.events() if {"OFFER_NOT_TAKEN", "SHAPE_LEARNED"} & set(event["reasons"])]


def test_two_machines_teach_their_model(lab, client):
    start(lab)
    for last in (1, 2):
        client.mac = f"52:54:00:12:38:{last:02x}"
        lab.run("ip", "link", "set", "dev", "eth0", "address", client.mac, host="client")
        seen = offers_until(client, lambda offer: 43 not in offer.options)
        assert len(seen) == 2  # one lesson may have been a lost packet
        boot(lab, client, seen[-1])
        lab.wait("the lesson", lambda: lab.cli_json("machine", "show", client.mac)["reply_shape"] == "43=none", 5)
    client.mac = "52:54:00:12:38:03"
    assert len(offers_until(client, lambda offer: 43 not in offer.options)) == 1
    client.mac = "02:00:00:12:38:04"  # another maker's card
    assert 43 in offers_until(client, lambda offer: True)[0].options


def test_a_raspberry_pi_gets_the_menu_that_it_looks_for_at_once(lab, client):
    start(lab)
    client.mac = "b8:27:eb:12:38:01"
    options = OPTIONS.replace(b"UNDI:003016", b"UNDI:002001")
    assert b"Raspberry Pi Boot" in client.ask(1, options).options[43]


def test_beside_another_server_the_proxys_offer_changes(lab, client):
    start(lab, mode="proxy")
    seen = offers_until(client, lambda offer: 43 not in offer.options)
    assert len(seen) == 2
    assert all(offer.yiaddr == "0.0.0.0" for offer in seen)
