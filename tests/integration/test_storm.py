# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand machines are switched on at the same instant."""

import os

import pytest
from lab import Lab
from lab.network import ROOT
from lab.storm import add_storm_host, memory_of, run_storm

pytestmark = pytest.mark.alone  # it measures

MACHINES = 1000
PEAK_MOST_BYTES = 64 << 20
LOADER = "/usr/lib/PXELINUX/pxelinux.0"


@pytest.fixture
def big_lab(monkeypatch):
    """A network with room for them, and the imprint that users run: sanitizers need memory of their own."""
    monkeypatch.setenv("IMPRINT", os.environ.get("IMPRINT_HARDENED", str(ROOT / "build" / "imprint")))
    with Lab(network="10.77.0", prefix=16) as lab:
        add_storm_host(lab)
        yield lab


def test_a_thousand_machines_at_once_all_get_a_lease_and_their_loader(big_lab):
    big_lab.start_imprint(pool="10.77.4.1-10.77.11.250")
    seen = run_storm(big_lab, "storm", machines=MACHINES, expect=LOADER, probe_size=True)
    assert seen["failed"] == 0, seen["first_failure"]
    assert seen["done"] == MACHINES
    assert seen["lease_ms"]["count"] == MACHINES
    assert seen["duplicates"] == 0
    assert seen["naks"] == 0
    assert len({lease["address"] for lease in big_lab.cli_json("lease", "list")}) == MACHINES
    assert memory_of(big_lab.imprint.pid)["peak"] < PEAK_MOST_BYTES


def test_no_message_of_the_storm_is_lost(big_lab):
    """Firmware asks again after 4 s, all of it together: whoever drops the first burst makes everybody wait."""
    big_lab.start_imprint(pool="10.77.4.1-10.77.11.250")
    seen = run_storm(big_lab, "storm", machines=MACHINES)
    assert seen["failed"] == 0, seen["first_failure"]
    assert seen["dhcp_retransmissions"] == 0, seen


def test_more_machines_renew_than_the_kernel_keeps_neighbours(big_lab):
    neighbours = 1024  # gc_thresh3 as it comes
    big_lab.start_imprint(pool="10.77.4.1-10.77.31.250")
    seen = run_storm(big_lab, "renew", machines=3 * neighbours, rounds=2, most_seconds=30)
    assert seen["failed"] == 0, seen["first_failure"]
    assert seen["done"] == 6 * neighbours


def test_everybody_renews(big_lab):
    big_lab.start_imprint(pool="10.77.4.1-10.77.11.250")
    seen = run_storm(big_lab, "renew", machines=500, rounds=4)
    assert seen["failed"] == 0, seen["first_failure"]
    assert seen["done"] == 2000
    assert seen["naks"] == 0
