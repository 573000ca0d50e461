# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's TFTP clients (bench/tftp_load.c) against imprint: what they measure is worth something only if they check,
lose and fail as they say."""

import random
import sys

import pytest
from lab.network import ROOT
from lab.tftp_load import TftpLab, run_load

sys.path.append(str(ROOT / "bench"))
import tftp  # noqa: E402

pytestmark = pytest.mark.alone  # it measures

BYTES = 300_000


@pytest.fixture
def lab():
    """imprint and a load, back to back, and a file."""
    with TftpLab() as lab:
        lab.data = random.Random(7).randbytes(BYTES)
        lab.path = lab.make_file("file.bin", lab.data)
        lab.start_imprint(config=lab.config_text(root=lab.files))
        yield lab


@pytest.mark.parametrize("window", [1, 4, 64])
def test_every_byte_is_checked(lab, window):
    seen = run_load(lab, "read", lab.path, clients=32, waves=2, window=window)
    assert seen["failed"] == 0, seen["first_failure"]
    assert seen["done"] == seen["transfers"] == 64
    assert seen["bytes"] == 64 * BYTES
    assert seen["lost_on_purpose"] == 0
    # A server that waits for a processor may repeat a block here and there; one in twenty would be a fault of ours.
    assert seen["duplicates"] <= seen["bytes"] // 1400 // 20, "the network loses nothing, so hardly anything is sent twice"


@pytest.mark.parametrize("how", [{"window": 1}, {"window": 4, "ack_all": True}, {"window": 64}, {"window": 4, "gro": True}])
def test_with_five_percent_lost_every_transfer_still_ends(lab, how):
    seen = run_load(lab, "read", lab.path, clients=32, loss=50, seed=3, timer_ms=1000, **how)
    assert seen["failed"] == 0, seen["first_failure"]
    assert seen["bytes"] == 32 * BYTES
    packets = seen["blocks"] + seen["duplicates"] + seen["strays"]
    assert seen["lost_on_purpose"] > packets * 0.03, "the generator loses what it says"


def test_a_wrong_byte_fails_the_transfer(lab):
    """The very last one."""
    wrong = lab.folder / "wrong.bin"
    data = bytearray(lab.data)
    data[-1] ^= 1
    wrong.write_bytes(data)
    seen = run_load(lab, "read", wrong, file="file.bin", clients=4)
    assert seen["failed"] == 4
    assert "other bytes" in seen["first_failure"]


@pytest.mark.parametrize("no_tsize", [False, True])
@pytest.mark.parametrize("change", [-1, 1, 1456])
def test_a_file_of_another_length_fails_the_transfer(lab, change, no_tsize):
    """By its option tsize, and by where its blocks end."""
    wrong = lab.folder / "wrong.bin"
    wrong.write_bytes((lab.data + bytes(2000))[:BYTES + change])
    seen = run_load(lab, "read", wrong, file="file.bin", clients=2, no_tsize=no_tsize)
    assert seen["failed"] == 2
    assert ("not asked for" if not no_tsize else "other bytes") in seen["first_failure"]


def test_a_file_that_is_not_there_fails_with_what_the_server_says(lab):
    seen = run_load(lab, "read", lab.path, file="missing.bin", clients=2)
    assert seen["failed"] == 2
    assert "the server says: " in seen["first_failure"]


def test_a_delay_takes_its_time(lab):
    """206 round trips and one for the request: a client in lock-step cannot be quicker than that."""
    seen = run_load(lab, "read", lab.path, clients=2, delay_us=2000)
    assert seen["failed"] == 0, seen["first_failure"]
    assert seen["transfer_ms"]["p50"] >= 2 * (BYTES // 1456 + 2)


def test_nobody_there_fails_every_transfer(lab):
    lab.stop_imprint()
    seen = run_load(lab, "read", lab.path, clients=3, timer_ms=50)
    assert seen["failed"] == 3
    assert seen["retransmissions"] >= 3 * 5


def test_transfers_that_wait_are_held(lab):
    seen = run_load(lab, "idle", lab.path, clients=200, hold_ms=300)
    assert seen["held"] == 200, seen


def test_a_flood_is_sent_whole(lab):
    seen = run_load(lab, "read", lab.path, clients=8, window=4, flood=5000)
    assert seen["flood_sent"] == 5000
    assert seen["failed"] == 0, seen["first_failure"]


def seen_of(mib_per_second, cpu_seconds, p50, failed=0):
    """A round as the load reports it."""
    return {"mib_per_second": mib_per_second, "cpu_seconds": cpu_seconds, "bytes": 1 << 30, "failed": failed, "transfers": 64,
            "transfer_ms": {"p50": p50, "p99": p50}, "duplicates": 0, "dropped_by_us": 0, "idle_share": 0.5}


def marks_of(row, ours, theirs):
    """What each number of a row with one round is marked as."""
    seen = {"imprint": [ours], "tftpd-hpa": [seen_of(100, 8, 400)], "dnsmasq": [theirs]}
    return {mark["what"]: (round(mark["value"], 3), mark["mark"]) for mark in tftp.conclude(row, seen)["marks"]}


def test_a_row_holds_or_misses_what_imprint_is_held_to():
    row = tftp.row(64, 1456, 8, tftp.MIB, hpa=7, best=2.7, cpu=0.5, cpu_most=1.0, sooner=20)
    marks = marks_of(row, seen_of(800, 0.8, 20), seen_of(200, 2, 300))
    assert marks["speed / tftpd-hpa"] == (8, "holds")
    assert marks["speed / best peer"] == (4, "holds")
    assert marks["CPU / thriftiest peer"] == (0.4, "holds")
    assert marks["CPU, s/GiB"] == (0.8, "holds")
    assert marks["median transfer, tftpd-hpa / imprint"] == (20, "holds")
    assert marks["failed transfers"] == (0, "holds")
    marks = marks_of(row, seen_of(500, 1.04, 25, failed=1), seen_of(200, 2, 300))
    assert marks["speed / tftpd-hpa"] == (5, "misses")
    assert marks["speed / best peer"] == (2.5, "misses")
    assert marks["CPU / thriftiest peer"] == (0.52, "near")
    assert marks["CPU, s/GiB"] == (1.04, "near")
    assert marks["median transfer, tftpd-hpa / imprint"] == (16, "misses")
    assert marks["failed transfers"] == (1, "misses")
