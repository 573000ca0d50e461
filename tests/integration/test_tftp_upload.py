# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's TFTP clients, and our own, write files of every awkward size to imprint, byte for byte, on a good network and on bad ones."""

import concurrent.futures
import os
import pathlib
import subprocess

import pytest

from lab import Lab
from lab.network import imprint_binary

SIZES = [0, 1, 511, 512, 513, 1024, 1428 * 3, 10_000]
LOSSES = {"good": 0.0, "1%": 0.01, "10%": 0.1}
TURN = 65535 * 512

CLIENTS = {
    "tftp-hpa": ["tftp", "-m", "binary", "{server}", "-c", "put", "{file}", "{name}"],
    "atftp": ["atftp", "--put", "-l", "{file}", "-r", "{name}", "{server}"],
    "atftp-1428": ["atftp", "--option", "blksize 1428", "--option", "tsize 0", "--put", "-l", "{file}", "-r", "{name}", "{server}"],
    "atftp-window": ["atftp", "--option", "blksize 1428", "--option", "windowsize 8", "--put", "-l", "{file}", "-r", "{name}", "{server}"],
    "curl": ["curl", "-sS", "-T", "{file}", "tftp://{server}/{name}"],
    "curl-plain": ["curl", "-sS", "--tftp-no-options", "-T", "{file}", "tftp://{server}/{name}"],
    "curl-1468": ["curl", "-sS", "--tftp-blksize", "1468", "-T", "{file}", "tftp://{server}/{name}"],
    "curl-65464": ["curl", "-sS", "--tftp-blksize", "65464", "-T", "{file}", "tftp://{server}/{name}"],
    "busybox": ["busybox", "tftp", "-p", "-l", "{file}", "-r", "{name}", "{server}"],
    "busybox-1408": ["busybox", "tftp", "-p", "-b", "1408", "-l", "{file}", "-r", "{name}", "{server}"],
    "imprint": ["{imprint}", "tftp", "put", "{server}", "{file}", "--as", "{name}"],
}

# tftp-hpa sends a block again after 5 s and gives up after 25; curl 7.88 waits for ever once an empty file's only packet got lost
SIZES_OF_LOSS = {"good": SIZES, "1%": [511, 512, 1428 * 3, 10_000], "10%": [513, 1024]}
JOBS = [(client, loss, size) for client in CLIENTS for loss in LOSSES for size in SIZES_OF_LOSS[loss]]
LONG_JOBS = [("imprint", "good", TURN), ("tftp-hpa", "good", TURN + 1)]


# curl 7.88 sends a wrong piece of its file when an OACK comes twice; the server refuses what is shorter than it was told
AGAIN = [job for job in JOBS if job[0].startswith("curl") and job[1] != "good"]


# Writes one short block and prints what the server says to it.
HALF = """
import socket, sys
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.settimeout(10)
here.sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 69))
oack, server = here.recvfrom(2048)
assert oack[1] == 6, oack
here.sendto(bytes([0, 3, 0, 1]) + b"x" * 100, server)
print(here.recvfrom(2048)[0].hex())
"""


def name_of(job):
    """A job as pytest prints it, and the name of its file."""
    return "-".join(map(str, job)).replace("%", "")


@pytest.fixture(scope="module")
def shared():
    """A daemon that takes uploads, a host on a good cable and two on bad ones, and all files."""
    with Lab() as lab:
        lab.uploads = lab.make_folder("in")
        lab.uploads.chmod(0o777)
        lab.files = {}
        for size in [*SIZES, TURN, TURN + 1]:
            lab.files[size] = lab.folder / f"file-{size}"
            lab.files[size].write_bytes(os.urandom(size))
        lab.start_imprint(extra=f"tftp: {{ upload: {{ folder: {lab.uploads} }} }}")
        for number, (loss, chance) in enumerate(LOSSES.items()):
            lab.add_lossy(f"host{number}", f"{lab.network}.{50 + number}", loss=chance, seed=11)
        lab.host_of = {loss: f"host{number}" for number, loss in enumerate(LOSSES)}
        yield lab


def put(lab, job, seconds=60, tries=4):
    """What became of one: None, or what went wrong."""
    client, loss, size = job
    words = [word.format(server=lab.address, name=name_of(job), file=lab.files[size], imprint=imprint_binary())
             for word in CLIENTS[client]]
    said = ""
    try:
        done = lab.run(*words, host=lab.host_of[loss], check=False, timeout=seconds)
        said = done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        if loss == "good":
            return "it hung"
    there = lab.uploads / name_of(job)  # which counts: some clients wait for ever when the last ACK got lost
    if not there.exists() and job in AGAIN and tries > 0:
        return put(lab, job, seconds, tries - 1)
    if not there.exists():
        return f"nothing arrived: {said}"
    if there.read_bytes() != lab.files[size].read_bytes():
        return f"{there.stat().st_size} bytes arrived, and not the right ones"
    return None


@pytest.fixture(scope="module")
def results(shared):
    """All uploads beside each other: most of one on a bad network is waiting."""
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        started = {job: pool.submit(put, shared, job) for job in JOBS}
        yield started


@pytest.mark.parametrize("job", JOBS, ids=name_of)
def test_a_client_writes_a_file(results, job):
    assert results[job].result() is None


@pytest.mark.parametrize("job", LONG_JOBS, ids=name_of)
def test_a_client_writes_past_the_turn_of_the_block_numbers(shared, job):
    assert put(shared, job) is None


def test_half_a_file_gets_no_name(shared):
    """The sender spoke of 600 bytes, and its first and last block has 100."""
    words = "\0\2half\0octet\0tsize\x00600\0".encode()
    reply = shared.run("/usr/bin/python3", "-c", HALF, shared.address, words.hex(), host="host0").stdout
    assert bytes.fromhex(reply.strip())[:4] == bytes([0, 5, 0, 0]), reply
    assert not (shared.uploads / "half").exists()


def test_text_arrives_with_the_line_ends_of_this_system(shared):
    text = b"hostname switch-1\nwith a lone \r and \r\n both\n" * 40
    file = shared.folder / "text"
    file.write_bytes(text)
    shared.run("tftp", "-m", "ascii", shared.address, "-c", "put", file, "hpa.txt", host="host0")
    assert (shared.uploads / "hpa.txt").read_bytes() == text


@pytest.mark.parametrize("client", ["tftp-hpa", "atftp", "curl", "busybox", "imprint"])
def test_a_client_is_told_that_a_file_is_there_already(shared, client):
    there = shared.uploads / f"taken-{client}"
    there.write_bytes(b"first")
    words = [word.format(server=shared.address, name=there.name, file=shared.files[512], imprint=imprint_binary())
             for word in CLIENTS[client]]
    done = shared.run(*words, host="host0", check=False, timeout=30)
    assert there.read_bytes() == b"first"
    assert "xist" in done.stdout + done.stderr or "already" in done.stdout + done.stderr or done.returncode != 0


def test_nothing_hidden_stays_behind(shared, results):
    for result in results.values():
        result.result()
    assert not [name for name in map(pathlib.Path, os.listdir(shared.uploads)) if name.name.startswith(".")]
