# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint is killed while clients get their leases: none that was acknowledged is lost."""

import pathlib
import random
import subprocess
import threading

import pytest
from lab import Lab
from lab.dhcp import ACK, DhcpClient
from lab.network import imprint_binary

ROUNDS = 6


@pytest.fixture
def busy_lab():
    """A network with room for many clients, and a host for them."""
    with Lab(network="10.77.0", prefix=16) as lab:
        lab.add_host("client")
        yield lab


def lease_until_killed(lab, client, numbers, seconds):
    """One client after the other gets a lease, until imprint is killed; what was acknowledged, by MAC."""
    acknowledged = {}
    killer = threading.Timer(seconds, lab.imprint.kill)
    killer.start()
    for number in numbers:
        client.mac = f"52:54:01:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        client.xid += 1
        offer = client.ask(1, seconds=0.3)
        ack = offer and client.request(offer) if lab.imprint.poll() is None else None
        if ack is not None and ack.kind == ACK:
            acknowledged[client.mac] = ack.yiaddr
        elif lab.imprint.poll() is not None:
            break
    killer.join()
    lab.imprint.wait()
    lab.imprint = None
    return acknowledged


def test_a_killed_daemon_keeps_every_lease_that_it_acknowledged(busy_lab):
    lab = busy_lab
    config = lab.config_text(pool="10.77.4.1-10.77.200.250").replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n")
    client = DhcpClient(lab, "client", "52:54:01:00:00:00")
    chance = random.Random(5)
    numbers = iter(range(1 << 24))
    promised = {}
    for _ in range(ROUNDS):
        lab.start_imprint(config=config)
        promised.update(lease_until_killed(lab, client, numbers, chance.uniform(0.2, 1.0)))
        lab.start_imprint(config=config)
        kept = {lease["mac"]: lease["address"] for lease in lab.cli_json("lease", "list")}
        assert {mac: kept.get(mac) for mac in promised} == promised
        lab.stop_imprint()
    assert len(promised) > ROUNDS * 10  # else nothing was under way
    assert len(set(promised.values())) == len(promised)
    client.close()


@pytest.mark.thorough
def test_a_store_killed_at_a_thousand_points_breaks_no_promise():
    program = pathlib.Path(imprint_binary()).parents[1] / "tests/unit/store/test-store-kill"
    subprocess.run([program, "1000"], check=True, timeout=600)
