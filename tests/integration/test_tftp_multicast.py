# SPDX-License-Identifier: GPL-3.0-or-later
"""TFTP to many at once (RFC 2090): atftp in namespaces of its own, masters that vanish, and what went over the bridge."""

import hashlib
import os
import re
import signal
import time

import pytest

SIZE = 8 << 20
FETCH = ["--option", "multicast", "--option", "blksize 1428", "--get", "-r"]


@pytest.fixture(scope="module")
def shared():
    """A lab with four hosts that know where multicast goes, and files."""
    from lab import Lab
    with Lab() as lab:
        root = lab.root = lab.make_folder("tftp")
        (root / "image").write_bytes(os.urandom(SIZE + 5))
        (root / "small").write_bytes(os.urandom(3000))
        (root / "empty").write_bytes(b"")
        (root / "exact").write_bytes(os.urandom(1428 * 8))
        (root / "large").write_bytes(bytes(512 * 65535))  # 65536 blocks of 512: the last of them is empty
        # Several threads: whichever of them is asked, all members of a group must come together.
        lab.start_imprint(lab.config_text().replace("tftp: { root:", "tftp: { threads: 3, root:"))
        for i in range(4):
            host = lab.add_host(f"host{i}", f"192.168.77.{50 + i}")
            lab.run("ip", "route", "add", "239.0.0.0/8", "dev", "eth0", host=host)  # atftp names no interface
        yield lab


@pytest.fixture(autouse=True)
def nobody_is_left(shared):
    """A client that a failed test left behind would hold the group's port on its host."""
    yield
    for process in list(shared.processes):
        if process is not shared.imprint:
            shared.stop(process, signal.SIGKILL)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def start(lab, i, name, out, *words):
    """atftp on a host, fetching by multicast; its trace goes to its log."""
    lab.out = out
    return lab.start("atftp", "--trace", *words, *FETCH, name, "-l", out, lab.address, host=f"host{i}", log=f"{out.name}.log")


def slowed(lab, on):
    """Makes the server slow enough for a test to step in in the middle of a transfer, or fast again."""
    lab.run("tc", "qdisc", "replace" if on else "del", "dev", "br0", "root", *(["tbf", "rate", "20mbit", "burst", "20kb", "latency", "50ms"] if on else []),
            check=on)


def sent_bytes(lab):
    """What left the server by its bridge so far."""
    return int(lab.run("cat", "/sys/class/net/br0/statistics/tx_bytes").stdout)


def finish(process, seconds=60):
    assert process.wait(seconds) == 0, process.log_path.read_text(errors="replace")[-2000:]


def outputs(lab, test, count=4):
    paths = [lab.folder / f"{test}-{i}" for i in range(count)]
    for path in paths:
        path.unlink(missing_ok=True)
    return paths


def size_of(path):
    return path.stat().st_size if path.exists() else 0


def transfers(lab, name):
    """What the timeline says of transfers of this file."""
    return [event for event in lab.events() if f'"{name}"' in str(event) or name in str(event)]


@pytest.mark.parametrize("name", ["image", "small", "empty", "exact"])
def test_one_client_alone(shared, name):
    out, = outputs(shared, f"alone-{name}", 1)
    finish(start(shared, 0, name, out))
    assert digest(out) == digest(shared.root / name)
    assert "multicast: 239.255.69." in (shared.folder / f"{out.name}.log").read_text(errors="replace")


def test_four_clients_get_it_for_the_price_of_one(shared):
    outs = outputs(shared, "four")
    before = sent_bytes(shared)
    clients = [start(shared, i, "image", outs[i]) for i in range(4)]
    for client in clients:
        finish(client)
    assert all(digest(out) == digest(shared.root / "image") for out in outs)
    assert sent_bytes(shared) - before < 1.5 * SIZE  # those who came late lacked a little


def test_our_own_client_is_a_member_like_the_others(shared):
    from lab.network import imprint_binary
    outs = outputs(shared, "mixed", 2)
    slowed(shared, True)
    try:
        before = sent_bytes(shared)
        ours = shared.start(imprint_binary(), "tftp", "get", shared.address, "image", "--output", outs[0], "--multicast", "--blksize", "1428", host="host0")
        theirs = start(shared, 1, "image", outs[1])
        finish(ours)
        finish(theirs)
    finally:
        slowed(shared, False)
    assert digest(outs[0]) == digest(outs[1]) == digest(shared.root / "image")
    assert sent_bytes(shared) - before < 1.5 * SIZE


def test_the_master_is_killed_and_the_others_get_it_all(shared):
    outs = outputs(shared, "killed")
    slowed(shared, True)
    try:
        before = sent_bytes(shared)
        clients = [start(shared, 0, "image", outs[0])]
        shared.wait("the master's first blocks", lambda: size_of(outs[0]) > 100_000, every=0.02)
        clients += [start(shared, i, "image", outs[i]) for i in range(1, 4)]
        shared.wait("half of it", lambda: size_of(outs[0]) > SIZE / 2, every=0.02)
        assert re.search(r"multicast: .*,1,", clients[0].log_path.read_text(errors="replace")) and size_of(outs[0]) < SIZE
        os.kill(clients[0].pid, signal.SIGKILL)
        for client in clients[1:]:
            finish(client)
    finally:
        slowed(shared, False)
    assert all(digest(out) == digest(shared.root / "image") for out in outs[1:])
    assert size_of(outs[0]) < SIZE
    assert sent_bytes(shared) - before < 1.7 * SIZE


def test_a_master_that_sleeps_is_master_again_when_the_others_are_done(shared):
    outs = outputs(shared, "sleeps", 2)
    slowed(shared, True)
    try:
        clients = [start(shared, 0, "image", outs[0])]
        shared.wait("the master's first blocks", lambda: size_of(outs[0]) > 100_000, every=0.02)
        clients.append(start(shared, 1, "image", outs[1]))
        time.sleep(0.5)
        os.kill(clients[0].pid, signal.SIGSTOP)
        shared.wait("the next master", lambda: "sent ACK" in tail(clients[1]), seconds=20, every=0.05)
        assert size_of(outs[1]) < SIZE
        os.kill(clients[0].pid, signal.SIGCONT)
        for client in clients:
            finish(client)
    finally:
        slowed(shared, False)
    assert digest(outs[0]) == digest(outs[1]) == digest(shared.root / "image")


def test_each_master_is_killed_in_its_turn(shared):
    outs = outputs(shared, "turns")
    slowed(shared, True)
    try:
        clients = [start(shared, i, "image", outs[i]) for i in range(4)]
        for _ in range(3):
            time.sleep(0.7)
            masters = [client for client in clients if client.poll() is None and "sent ACK" in tail(client)]
            if masters:
                os.kill(masters[0].pid, signal.SIGKILL)
                clients.remove(masters[0])
                shared.wait("the next master", lambda: any("sent ACK" in tail(client) for client in clients), every=0.05)
        assert len(clients) == 1
        finish(clients[0])
    finally:
        slowed(shared, False)
    last = next(out for out in outs if size_of(out) == SIZE + 5)
    assert digest(last) == digest(shared.root / "image")


def tail(client):
    return client.log_path.read_text(errors="replace")[-300:]


def test_one_joins_late_and_one_is_no_multicast_client(shared):
    outs = outputs(shared, "late", 3)
    slowed(shared, True)
    try:
        first = start(shared, 0, "image", outs[0])
        shared.wait("half of it", lambda: size_of(outs[0]) > SIZE / 2, every=0.02)
        late = start(shared, 1, "image", outs[1])
        plain = shared.start("atftp", "--option", "blksize 1428", "--get", "-r", "small", "-l", outs[2], shared.address, host="host2")
        finish(plain)
        finish(first)
        finish(late)
    finally:
        slowed(shared, False)
    assert digest(outs[0]) == digest(outs[1]) == digest(shared.root / "image")
    assert digest(outs[2]) == digest(shared.root / "small")
    log = late.log_path.read_text(errors="replace")
    assert re.search(r"multicast: .*,0,", log)


def test_too_many_blocks_for_multicast_go_to_one(shared):
    out, = outputs(shared, "large", 1)
    done = shared.run("atftp", "--trace", "--option", "multicast", "--get", "-r", "large", "-l", out, shared.address, host="host0",
                      check=False, timeout=120)
    assert digest(out) == digest(shared.root / "large")
    assert "239.255" not in done.stdout + done.stderr


def test_the_timeline_says_multicast(shared):
    out, = outputs(shared, "told", 1)
    finish(start(shared, 3, "small", out))
    shared.wait("the event", lambda: [event for event in transfers(shared, "small") if "multicast" in str(event)])
