# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's TFTP clients fetch files of every awkward size, byte for byte, on a good network and on bad ones.

Most of a transfer on a bad network is waiting, so all of them run beside each other; each test then looks at what became of one."""

import concurrent.futures
import hashlib
import os
import subprocess

import pytest

from lab import Lab

MIB = 1 << 20
TURN = 65535 * 512  # the last byte before the block number turns over, in blocks of 512
# odd ones, and exact multiples of the block sizes used here
SMALL = [0, 1, 511, 512, 513, 1024, 1456 * 7, 1468 * 4, 1428 * 16, 1428 * 16 * 3, 1408 * 9, 65464, 100_000]
TURNING = [TURN - 1, TURN, TURN + 1]
LONG = 33 * MIB
HUGE = 200 * MIB
LOSSES = {"good": 0.0, "1%": 0.01, "10%": 0.1}

CLIENTS = {
    "tftp-hpa": ["tftp", "-m", "binary", "{server}", "-c", "get", "{name}", "{out}"],
    "atftp": ["atftp", "--get", "-r", "{name}", "-l", "{out}", "{server}"],
    "atftp-1428": ["atftp", "--option", "blksize 1428", "--get", "-r", "{name}", "-l", "{out}", "{server}"],
    "atftp-window": ["atftp", "--option", "blksize 1428", "--option", "windowsize 16", "--get", "-r", "{name}", "-l", "{out}", "{server}"],
    "curl": ["curl", "-sS", "-o", "{out}", "tftp://{server}/{name}"],
    "curl-plain": ["curl", "-sS", "--tftp-no-options", "-o", "{out}", "tftp://{server}/{name}"],
    "curl-1468": ["curl", "-sS", "--tftp-blksize", "1468", "-o", "{out}", "tftp://{server}/{name}"],
    "curl-65464": ["curl", "-sS", "--tftp-blksize", "65464", "-o", "{out}", "tftp://{server}/{name}"],
    "busybox": ["busybox", "tftp", "-g", "-r", "{name}", "-l", "{out}", "{server}"],
    "busybox-1408": ["busybox", "tftp", "-g", "-b", "1408", "-r", "{name}", "-l", "{out}", "{server}"],
}

thorough = pytest.mark.thorough


def small_jobs():
    """Every client, every loss, every small file."""
    for client in CLIENTS:
        for loss in LOSSES:
            for size in SMALL:
                if size == 0 and client.startswith("curl") and client != "curl-plain":
                    continue  # curl 7.88 gives up on an empty file whose transfer is over with the first packet, whoever serves it
                if loss == "10%" and client == "curl-65464":
                    continue  # 45 fragments: one block in a hundred arrives
                yield client, loss, size


SMALL_JOBS = list(small_jobs())

# client, loss, size: what ./run check fetches, and what only ./run check all waits for
LARGE_JOBS = [
    ("tftp-hpa", "good", TURN - 1), ("tftp-hpa", "good", TURN), ("tftp-hpa", "good", TURN + 1), ("busybox", "good", TURN), ("atftp", "good", TURN),
    ("curl", "good", TURN), ("curl-plain", "good", TURN + 1), ("tftp-hpa", "1%", LONG), ("atftp-window", "1%", LONG), ("curl-1468", "1%", LONG),
    ("busybox-1408", "1%", LONG), ("tftp-hpa", "10%", 2 * MIB), ("atftp", "10%", 100_001), ("atftp-window", "10%", 4 * MIB),
    ("curl-1468", "10%", 4 * MIB), ("curl", "10%", 2 * MIB), ("busybox-1408", "10%", 4 * MIB), ("busybox", "10%", 2 * MIB),
    ("atftp-window", "good", HUGE), ("curl-1468", "good", HUGE), ("curl-65464", "good", HUGE), ("busybox-1408", "good", HUGE),
    ("atftp-window", "1%", HUGE),
]
THOROUGH_JOBS = [job for client in CLIENTS for job in [
    *((client, "good", size) for size in [*TURNING, LONG, HUGE]), (client, "1%", HUGE), *((client, "1%", size) for size in TURNING), (client, "10%", LONG),
] if job not in LARGE_JOBS and not (client == "curl-65464" and job[1] != "good")] + [("atftp-window", "10%", HUGE), ("curl-1468", "10%", HUGE)]


def name_of(job):
    """A job as pytest prints it."""
    return "-".join(map(str, job))


@pytest.fixture(scope="module")
def shared(request):
    """One daemon, a host on a good cable and two on bad ones, and all files."""
    with Lab() as lab:
        lab.root = lab.make_folder("tftp")
        lab.out = lab.make_folder("out")
        lab.sums = {}
        lab.pools = {}
        lab.start_imprint()
        lab.relays = {loss: lab.add_lossy(f"host{number}", f"{lab.network}.{50 + number}", loss=chance, seed=7)
                      for number, (loss, chance) in enumerate(LOSSES.items())}
        lab.host_of = {loss: f"host{number}" for number, loss in enumerate(LOSSES)}
        yield lab
        for pool in lab.pools.values():
            pool.shutdown(cancel_futures=True)


def make_file(lab, size):
    """A file of that many random bytes, once."""
    if size not in lab.sums:
        data = os.urandom(size)
        (lab.root / str(size)).write_bytes(data)
        lab.sums[size] = hashlib.sha256(data).hexdigest()


def fetch(lab, job, seconds):
    """What became of one: None, or what went wrong. Each asks for a name of its own, so that its event can be found."""
    client, loss, size = job
    name = name_of(job).replace("%", "")
    out = lab.out / name
    out.write_bytes(b"")
    (lab.root / name).hardlink_to(lab.root / str(size))
    words = [word.format(server=lab.address, name=name, out=out) for word in CLIENTS[client]]
    try:
        done = lab.run(*words, host=lab.host_of[loss], check=False, timeout=seconds)
        for _ in range(5):
            # atftp 0.8 gives up on purpose when an OACK comes again, as it does when its ACK was lost, whoever serves it
            if "unexpected OACK" in done.stderr:
                done = lab.run(*words, host=lab.host_of[loss], check=False, timeout=seconds)
        with open(out, "rb") as got:
            digest = hashlib.file_digest(got, "sha256").hexdigest()
        if digest != lab.sums[size]:
            return f"{out.stat().st_size} bytes, exit {done.returncode}: {(done.stdout + done.stderr)[-300:]}"
        return None if done.returncode == 0 else f"exit {done.returncode}: {(done.stdout + done.stderr)[-300:]}"
    except subprocess.TimeoutExpired:
        return f"not over in {seconds} s"
    finally:
        out.unlink()


def start(lab, kind, jobs, at_once, seconds):
    """Starts jobs beside each other, once; their futures by job."""
    if kind not in lab.pools:
        for size in {size for _, _, size in jobs}:
            make_file(lab, size)
        pool = lab.pools[kind] = concurrent.futures.ThreadPoolExecutor(at_once)
        lab.__dict__[kind] = {job: pool.submit(fetch, lab, job, seconds) for job in jobs}
    return lab.__dict__[kind]


def chosen(request, marked):
    """The jobs of this session's tests with that parameter: those that somebody deselected are not run."""
    return [item.callspec.params["job"] for item in request.session.items if item.originalname == marked]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_small_and_odd_files_arrive_whole(shared, client, loss):
    running = start(shared, "small", SMALL_JOBS, 30, 90)
    seen = {size: running[client, loss, size].result() for size in SMALL if (client, loss, size) in running}
    assert {size: fault for size, fault in seen.items() if fault} == {}


@pytest.mark.parametrize("job", LARGE_JOBS, ids=name_of)
def test_large_files_arrive_whole(shared, request, job):
    jobs = chosen(request, "test_large_files_arrive_whole")
    assert start(shared, "large", jobs, 4, 170)[job].result() is None


@thorough
@pytest.mark.parametrize("job", THOROUGH_JOBS, ids=name_of)
def test_every_client_fetches_every_large_file(shared, request, job):
    jobs = chosen(request, "test_every_client_fetches_every_large_file")
    assert start(shared, "thorough", jobs, 6, 3000)[job].result() is None


def test_netascii_makes_the_round_trip(shared):
    text = b"".join(b"line %d\n" % number for number in range(5000)) + b"bare\rreturn\n\n"
    (shared.root / "text").write_bytes(text)
    for loss, words in [("good", ["tftp", "-m", "ascii"]), ("1%", ["tftp", "-m", "netascii"]), ("10%", ["tftp", "-m", "netascii"])]:
        out = shared.out / "text"
        shared.run(*words, shared.address, "-c", "get", "text", out, host=shared.host_of[loss], timeout=90)
        # tftp-hpa leaves the NUL behind a bare carriage return where it is
        assert out.read_bytes().replace(b"\r\0", b"\r") == text


def test_every_transfer_is_on_the_timeline(shared):
    """Bad cables too: what was fetched was sent whole, and nothing is called a failure."""
    shared.wait("the last transfers to be over", lambda: shared.cli_json("status")["tftp"]["live"] == 0, 60, 1)
    texts = [event["text"] for event in shared.events() if event["kind"] == "tftp"]
    for job in [*SMALL_JOBS, *(job for job in LARGE_JOBS if job in getattr(shared, "large", {}))]:
        name = name_of(job).replace("%", "")
        told = [text for text in texts if name in text.replace(",", " ").split()]
        assert told, f"nothing on the timeline about {name}"
        # The only ACK of a file of one block may get lost, and who has the file says nothing more or is gone.
        gone = ("went silent after 0 of", "stopped after 0 of") if job[1] == "10%" and job[2] <= 512 else ()
        assert any(text.startswith(("fetched", *gone)) for text in told), told


def test_the_bad_cables_were_bad(shared):
    for loss, chance in LOSSES.items():
        counts = shared.relays[loss].stop()
        assert counts["from_server"]["choked"] == 0 and counts["from_client"]["choked"] == 0, counts
        if chance:
            for way in counts.values():
                assert 0.5 * chance < way["lost"] / way["udp"] < 2 * chance, counts
