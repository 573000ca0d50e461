# SPDX-License-Identifier: GPL-3.0-or-later
"""Many at once, and one who misbehaves: nobody else is to notice, and nothing is left when they are gone."""

import os
import pathlib
import random
import resource
import select
import socket
import struct
import threading
import time

import pytest

from lab import Lab
from lab.network import ROOT
from lab.storm import kilobytes
from lab.tftp import ACK, DATA, OACK, Client, Packet, inside, request
from lab.tftp_load import LOAD, TftpLab, run_load

pytestmark = pytest.mark.alone  # it measures

CROWD = 10_000
CROWD_BYTES = 3 * 1456 + 1000
IDLE_MOST_BYTES = 8 << 10
FLOOD = 100_000
FLOOD_PER_SECOND = 20_000
FILE_BYTES = 1 << 20


@pytest.fixture(autouse=True)
def hardened(monkeypatch):
    """The imprint that users run: sanitizers need time and memory of their own."""
    monkeypatch.setenv("IMPRINT", os.environ.get("IMPRINT_HARDENED", str(ROOT / "build" / "imprint")))


@pytest.fixture
def lab():
    """imprint and a load, back to back, with a file of a MiB."""
    with TftpLab() as made:
        made.path = made.make_file("file.bin", random.Random(3).randbytes(FILE_BYTES))
        made.start_imprint(config=made.config_text(root=made.files))
        yield made


def live(lab):
    """Transfers under way now."""
    return lab.cli_json("status")["tftp"]["live"]


def descriptors(pid):
    """How many it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(lab):
    """The daemon's memory in RAM, in bytes."""
    return kilobytes(f"/proc/{lab.imprint.pid}/status", "VmRSS:")


# ---- a flood


def test_a_flood_of_requests_from_one_address_leaves_the_others_running(lab):
    alone = run_load(lab, "read", lab.path, clients=4, waves=20, window=4)
    assert alone["failed"] == 0, alone["first_failure"]
    before = resident(lab)
    flooded = run_load(lab, "read", lab.path, clients=4, window=4, flood=FLOOD, flood_rate=FLOOD_PER_SECOND, timer_ms=1000)
    assert flooded["flood_sent"] == FLOOD
    assert flooded["failed"] == 0, flooded["first_failure"]
    assert flooded["done"] >= 40, "the others went on while the flood came"
    # The load generator shares its core with the flood, hence the few milliseconds on top.
    assert flooded["transfer_ms"]["p50"] < 3 * alone["transfer_ms"]["p50"] + 50, (alone["transfer_ms"], flooded["transfer_ms"])
    assert resident(lab) - before < 16 << 20
    assert live(lab) <= 80, "most of what one address asks for waits"
    honest = alone["done"] + flooded["done"]  # each is an event
    assert len(lab.events()) < honest + 1000, "the timeline is not flooded either"
    lab.wait("the flood's own transfers to be over", lambda: live(lab) == 0, 90, 1)
    again = run_load(lab, "read", lab.path, clients=4, window=4)
    assert again["failed"] == 0, again["first_failure"]


def test_a_flood_of_files_that_are_not_there_leaves_the_others_running(lab):
    """The dearest request: it is looked for everywhere and found nowhere."""
    alone = run_load(lab, "read", lab.path, clients=4, waves=20, window=4)
    with inside(lab, LOAD):
        flooder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flooder.bind(("10.78.0.9", 0))
    began, sent, over = time.monotonic(), 0, threading.Event()
    with flooder:
        flooder.setblocking(False)

        def flood():
            nonlocal sent
            while not over.is_set():
                for _ in range(100):
                    try:
                        flooder.sendto(request(f"Boot/Missing/{sent}.mui", {"tsize": 0}), (lab.address, 69))
                        sent += 1
                    except BlockingIOError:
                        pass
                time.sleep(0.01)
        thread = threading.Thread(target=flood)
        thread.start()
        try:
            flooded = run_load(lab, "read", lab.path, clients=4, waves=40, window=4, timer_ms=1000)
        finally:
            over.set()
            thread.join()
    assert sent > 1000 * (time.monotonic() - began), "the flood was one"
    assert flooded["failed"] == 0, flooded["first_failure"]
    assert flooded["transfer_ms"]["p50"] < 4 * alone["transfer_ms"]["p50"] + 50, (alone["transfer_ms"], flooded["transfer_ms"])
    lab.wait("all to be over", lambda: live(lab) == 0, 90, 1)


# ---- a crowd


class Crowd:
    """Clients with an address each, who go on only when they are told to."""

    def __init__(self, lab, count):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < count + 500:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count + 500, max(hard, count + 500)))
        self.server = lab.address
        self.sockets = {}
        self.peers = {}
        self.data = {}
        self.poll = select.epoll()
        with inside(lab, LOAD):
            for number in range(count):
                made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
                made.bind((f"10.78.{100 + number // 250}.{1 + number % 250}", 2000 + number % 7))
                self.sockets[made.fileno()] = made
                self.data[made.fileno()] = []
                self.poll.register(made, select.EPOLLIN)

    def close(self):
        self.poll.close()
        for made in self.sockets.values():
            made.close()

    def begin(self, name, options, at_once=200):
        """All ask, in portions that fit into anybody's buffer; those who get no answer ask again."""
        asking = request(name, options)
        waiting = list(self.sockets)
        for _ in range(8):
            for first in range(0, len(waiting), at_once):
                for number in waiting[first:first + at_once]:
                    self.sockets[number].sendto(asking, (self.server, 69))
                self.take(0.002)
            self.take(1.0)
            waiting = [number for number in waiting if number not in self.peers]
            if not waiting:
                return
        raise AssertionError(f"{len(waiting)} of {len(self.sockets)} got no answer")

    def take(self, seconds, is_going_on=False):
        """Takes what comes, for so long as anything does and that time more."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for number, _ in self.poll.poll(left, 1000):
                try:
                    while True:
                        data, (_, port) = self.sockets[number].recvfrom(2000)
                        self._packet(number, Packet(data, port), is_going_on)
                        end = time.monotonic() + seconds
                except BlockingIOError:
                    pass

    def _packet(self, number, packet, is_going_on):
        assert packet.operation in (OACK, DATA), packet
        assert self.peers.setdefault(number, packet.port) == packet.port, "a second transfer for the same request"
        parts = self.data[number]
        if packet.operation == DATA and packet.block == len(parts) + 1:
            parts.append(packet.data)
        if is_going_on:
            self.ack(number)

    def ack(self, number):
        self.sockets[number].sendto(struct.pack("!HH", ACK, len(self.data[number])), (self.server, self.peers[number]))

    def go_on(self, wanted, most_seconds):
        """All go on to the end."""
        end = time.monotonic() + most_seconds
        while unfinished := [number for number, parts in self.data.items() if b"".join(parts) != wanted]:
            assert time.monotonic() < end, f"{len(unfinished)} of {len(self.data)} are not done"
            for first in range(0, len(unfinished), 200):
                for number in unfinished[first:first + 200]:
                    self.ack(number)
                self.take(0.002, True)
            self.take(0.2, True)


def test_ten_thousand_transfers_wait_in_little_memory_and_all_finish(lab):
    wanted = random.Random(5).randbytes(CROWD_BYTES)
    lab.make_file("crowd.bin", wanted)
    assert run_load(lab, "read", lab.path, clients=64, waves=4)["failed"] == 0  # so that what is made once is there
    lab.wait("quiet", lambda: live(lab) == 0, 30)
    before, open_before = resident(lab), descriptors(lab.imprint.pid)
    crowd = Crowd(lab, CROWD)
    try:
        crowd.begin("crowd.bin", {"blksize": 1456, "tsize": 0})
        assert live(lab) == CROWD
        grown = resident(lab) - before
        print(f"each idle transfer costs {grown / CROWD:.0f} bytes of the daemon; {descriptors(lab.imprint.pid) - open_before} more descriptors; "
              + pathlib.Path("/proc/net/sockstat").read_text().splitlines()[3])
        assert grown < CROWD * IDLE_MOST_BYTES, f"{grown / CROWD:.0f} bytes for each"
        assert descriptors(lab.imprint.pid) - open_before < 64, "descriptors do not grow with transfers"
        other = run_load(lab, "read", lab.path, clients=4, window=4)
        assert other["failed"] == 0, other["first_failure"]
        crowd.go_on(wanted, 120)
    finally:
        crowd.close()
    lab.wait("the end of all of them", lambda: live(lab) == 0, 90, 1)
    status = lab.cli_json("status")["tftp"]
    assert status["failed"] == 0, status
    assert status["done"] >= CROWD


# ---- a bad cable


def test_a_client_on_a_bad_link_does_not_slow_the_others():
    with Lab() as lab:
        root = lab.make_folder("tftp")
        (root / "big.bin").write_bytes(random.Random(4).randbytes(64 << 20))
        lab.start_imprint()
        lab.add_host("good", f"{lab.network}.60")
        lab.add_lossy("bad", f"{lab.network}.61", loss=0.1, delay_us=2000, reorder=0.05)
        words = ["curl", "-sS", "--tftp-blksize", "1428", "-o", "/dev/null", f"tftp://{lab.address}/big.bin"]

        def seconds():
            begun = time.monotonic()
            lab.run(*words, host="good", timeout=120)
            return time.monotonic() - begun
        alone = min(seconds() for _ in range(2))
        bad = [lab.start(*words, host="bad") for _ in range(4)]
        bad += [lab.start("atftp", "--option", "blksize 1428", "--option", "windowsize 64", "--get", "-r", "big.bin", "-l", "/dev/null", lab.address, host="bad")
                for _ in range(2)]
        time.sleep(1)
        beside = min(seconds() for _ in range(2))
        assert any(process.poll() is None for process in bad), "they were there all the time"
        assert beside < 2.5 * alone + 0.5, (alone, beside)
        assert lab.cli_json("status")["tftp"]["live"] >= 1


def test_a_client_that_is_gone_in_the_middle_costs_nothing_for_long(lab):
    with Client(lab, LOAD) as client:
        client.ask("file.bin", {"blksize": 1456, "windowsize": 64})
        client.expect(OACK)
        client.ack(0)
        client.expect(DATA, 1)
        peer, client.peer = client.peer, None
        client.drain(0.1)
        # still there, and silent: what comes again must become rare
        repeats = len(client.drain(10))
        assert repeats < 15 * 64, repeats
        client.peer = peer
