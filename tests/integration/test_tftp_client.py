# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint tftp get and imprint tftp put against imprint and other people's servers, on good networks and on bad ones."""

import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from lab import Lab
from lab.network import ROOT, imprint_binary
from lab.tftp import inside

PEERS = pathlib.Path(os.environ.get("IMPRINT_PEERS", ROOT / "build-check" / "peers"))
MIB = 1 << 20
SIZES = {"empty": 0, "511": 511, "512": 512, "513": 513, "blocks": 1024 * 64, "exact": 1468 * 32, "some": 2 * MIB, "turn": 65535 * 512, "long": 40 * MIB + 5}


def start_imprint(lab):
    lab.uploads = lab.make_folder("uploads")
    lab.uploads.chmod(0o777)
    config = lab.config_text(root=lab.root)
    wanted = f"tftp: {{ root: {lab.root}"
    assert wanted in config
    lab.start_imprint(config=config.replace(wanted, f"{wanted}, upload: {{ folder: {lab.uploads}, size_max: 50M }}"))


def start_hpa(lab):
    return lab.start(PEERS / "tftpd-hpa/usr/sbin/in.tftpd", "--foreground", "--create", "--address", f"{lab.address}:69", "--secure",
                     "--user", "root", lab.root, log="hpa.log")


def start_atftpd(lab):
    return lab.start(PEERS / "atftpd/usr/sbin/atftpd", "--daemon", "--no-fork", "--bind-address", lab.address, "--user", "root.root", "--retry-timeout", 1,
                     "--logfile", lab.folder / "atftpd-own.log", lab.root, log="atftpd.log")


def start_dnsmasq(lab):
    return lab.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces",
                     "--enable-tftp", f"--tftp-root={lab.root}", "--user=root", "--log-facility=-", log="dnsmasq.log")


SERVERS = {"imprint": start_imprint, "tftpd-hpa": start_hpa, "atftpd": start_atftpd, "dnsmasq": start_dnsmasq}
TAKERS = ["imprint", "tftpd-hpa", "atftpd"]  # servers that take files


def fetch(lab, *words, host="client", status=0, timeout=90):
    """imprint tftp WORDS on a host; what it printed. `status` must be its exit status."""
    done = lab.run(imprint_binary(), "tftp", *words, host=host, check=False, timeout=timeout, cwd=lab.here)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def get_json(lab, *words, host="client", **options):
    return json.loads(fetch(lab, "get", *words, "--json", host=host, **options).stdout)


def make_lab(lab):
    """The files, and a host with a folder to fetch them to."""
    lab.root = lab.make_folder("tftp")
    lab.root.chmod(0o777)
    lab.here = lab.make_folder("here")
    for name, size in SIZES.items():
        (lab.root / name).write_bytes(os.urandom(size))
    (lab.root / "text").write_bytes(b"one\ntwo\rthree\r\n\nfour")
    lab.add_host("client", "192.168.77.50")


@pytest.fixture(scope="module", params=SERVERS)
def site(request):
    with Lab() as lab:
        make_lab(lab)
        lab.server = request.param
        lab.process = SERVERS[request.param](lab)
        deadline = time.monotonic() + 20
        while lab.run(imprint_binary(), "tftp", "get", lab.address, "empty", "--output", "/dev/null", "--patience", 1, host="client",
                      check=False).returncode != 0:
            assert time.monotonic() < deadline, "the server does not come up"
            time.sleep(0.1)
        yield lab


@pytest.fixture(scope="module")
def ours():
    with Lab() as lab:
        make_lab(lab)
        start_imprint(lab)
        yield lab


def same(lab, name, out=None):
    return (lab.here / (out or name)).read_bytes() == (lab.root / name).read_bytes()


@pytest.mark.parametrize("name", SIZES)
def test_files_of_every_awkward_size_arrive_whole(site, name):
    told = get_json(site, site.address, name)
    assert same(site, name) and told["bytes"] == SIZES[name] and told["server_port"] != 69
    assert told["blksize"] == 1468 and told["seconds"] > 0
    assert [path.name for path in site.here.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("options", [["--no-options"], ["--blksize", "512"], ["--blksize", "512", "--windowsize", "16", "--timeout", "2"]], ids=" ".join)
@pytest.mark.parametrize("name", ["empty", "512", "turn", "long"])
def test_block_numbers_turn_over(site, name, options):
    told = get_json(site, site.address, name, "--output", "turned", *options)
    assert same(site, name, "turned") and told["blksize"] == 512


def test_large_blocks_and_text(site):
    told = get_json(site, site.address, "long", "--blksize", "65464")
    assert same(site, "long") and (told["blksize"] > 1468 or site.server == "dnsmasq")
    if site.server != "atftpd":  # it sends text as it is
        fetch(site, "get", site.address, "text", "--netascii")
        assert same(site, "text")


@pytest.mark.parametrize("name", ["empty", "512", "513", "turn", "long"])
@pytest.mark.parametrize("options", [[], ["--no-options"], ["--blksize", "512", "--windowsize", "8"]], ids=" ".join)
def test_files_are_sent_whole(site, name, options):
    if site.server not in TAKERS:
        assert "on 192.168.77.1; it says: " in fetch(site, "put", site.address, site.root / name, "--as", "x", *options, status=1).stderr
        return
    sent = f"sent-{name}-{len(options)}"
    fetch(site, "put", site.address, site.root / name, "--as", sent, *options)
    deadline = time.monotonic() + 5  # the last bytes may be on their way to the disk
    folder = site.uploads if site.server == "imprint" else site.root
    while not (folder / sent).exists() or (folder / sent).read_bytes() != (site.root / name).read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_not_there_is_an_error_with_the_servers_words(site):
    (site.here / "absent").write_text("old")
    error = json.loads(fetch(site, "get", site.address, "absent", "--json", status=1).stderr)["error"]
    assert "the server has no such file: 'absent'" in error["text"] and "(error 1)" in error["text"]
    assert (site.here / "absent").read_text() == "old"


def test_options_are_agreed_with_imprint(ours):
    told = get_json(ours, ours.address, "long", "--windowsize", 16, "--blksize", 1400, "--rollover", 1, "--timeout", 3)
    assert same(ours, "long")
    assert told["options"] == {"windowsize": 16, "blksize": 1400, "rollover": 1, "timeout": 3, "tsize": SIZES["long"]}
    told = get_json(ours, ours.address, "turn", "--rollover", 1, "--blksize", 512, "--windowsize", 8)
    assert same(ours, "turn") and told["lost"] == 0
    told = get_json(ours, ours.address, "long", "--blksize2", 1024, "--utimeout", 1500000, "--msftwindow", 5)
    assert same(ours, "long") and told["blksize"] == 1024 and told["windowsize"] == 5
    assert told["options"]["msftwindow"] == 27182
    with open(ours.here / "piped", "wb") as piped:
        done = subprocess.run(ours.command(imprint_binary(), "tftp", "get", ours.address, "text", "--output", "-", host="client"),
                              stdout=piped, stderr=subprocess.PIPE, text=True, check=True)
    assert same(ours, "text", "piped") and done.stderr.startswith("text: 20 B in")


@pytest.mark.parametrize("loss, name", [(0.01, "turn"), (0.1, "some")])
def test_lost_packets_are_counted_and_made_up_for(ours, loss, name):
    host = f"bad{int(loss * 100)}"
    ours.add_lossy(host, f"192.168.77.{60 + int(loss * 100)}", loss=loss, seed=3)
    told = get_json(ours, ours.address, name, "--output", host, "--windowsize", 16, host=host)
    assert same(ours, name, host) and told["lost"] > 0
    told = get_json(ours, ours.address, "513", "--output", host, "--no-options", host=host)
    assert same(ours, "513", host)


def test_nobody_there_is_told_apart(ours):
    assert "nothing listens at UDP port 7069" in fetch(ours, "get", f"{ours.address}:7069", "x", status=1).stderr
    begin = time.monotonic()
    silent = fetch(ours, "get", "192.168.77.99", "x", "--patience", 20, status=1).stderr
    assert "cannot be reached" in silent and time.monotonic() - begin < 15  # the neighbour is not there
    assert "Network is unreachable" in fetch(ours, "get", "10.9.9.9", "x", status=1).stderr
    assert "there is no host" in fetch(ours, "get", "nohost.invalid", "x", status=1).stderr


class Fake(threading.Thread):
    """A server on `port` of the lab that answers a request as a test says, from whatever socket."""

    def __init__(self, lab, answer, address=None, port=6969):
        super().__init__(daemon=True)
        self.answer = answer
        with inside(lab, None):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((lab.address, port))
            self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.other.bind((address or lab.address, 0))
        self.heard = []
        self.socket.settimeout(20)
        self.other.settimeout(20)
        self.start()

    def run(self):
        try:
            request, client = self.socket.recvfrom(2048)
            self.answer(self, request, client)
        except OSError:
            pass

    def close(self):
        self.socket.close()
        self.other.close()
        self.join(timeout=25)


def data(block, bytes_):
    return struct.pack("!HH", 3, block) + bytes_


def test_silence_says_what_to_look_at(ours):
    server = Fake(ours, lambda fake, request, client: None)
    message = fetch(ours, "get", f"{ours.address}:6969", "x", "--patience", 2, status=1).stderr
    server.close()
    assert "did not answer at UDP port 6969 in 2 s" in message and "firewalls" in message and "NAT" in message
    assert not (ours.here / "x").exists()


def test_a_server_that_answers_from_another_address_is_named(ours):
    ours.run("ip", "address", "add", "192.168.77.2/24", "dev", "br0")
    server = Fake(ours, lambda fake, request, client: fake.other.sendto(data(1, b"x"), client), address="192.168.77.2")
    message = fetch(ours, "get", f"{ours.address}:6969", "x", "--patience", 2, status=1).stderr
    server.close()
    assert "192.168.77.2 did" in message and "ask 192.168.77.2" in message


def test_silence_in_the_middle_leaves_the_old_file(ours):
    (ours.here / "half").write_text("old")
    server = Fake(ours, lambda fake, request, client: fake.other.sendto(data(1, b"x" * 512), client))
    message = fetch(ours, "get", f"{ours.address}:6969", "half", "--patience", 2, status=1).stderr
    server.close()
    assert "fell silent after 512 B of 'half'" in message and "from its beginning" in message
    assert (ours.here / "half").read_text() == "old"
    assert [path.name for path in ours.here.iterdir() if path.name.startswith(".")] == []


def test_what_was_not_asked_for_and_what_is_too_long_end_it(ours):
    server = Fake(ours, lambda fake, request, client: fake.other.sendto(b"\0\6blksize\x008192\0", client))
    assert "was not asked for" in fetch(ours, "get", f"{ours.address}:6969", "x", status=1).stderr
    server.close()
    server = Fake(ours, lambda fake, request, client: fake.other.sendto(data(1, b"x" * 513), client))
    assert "larger blocks" in fetch(ours, "get", f"{ours.address}:6969", "x", status=1).stderr
    server.close()


def test_strangers_are_told_off_and_terminals_are_safe(ours):
    def answer(fake, request, client):
        fake.other.sendto(data(1, b"a" * 512), client)
        fake.other.recvfrom(100)
        fake.socket.sendto(data(2, b"bad"), client)
        fake.heard.append(fake.socket.recvfrom(100)[0])
        fake.other.sendto(b"\0\5\0\0\x1b[31mred\0", client)

    server = Fake(ours, answer)
    message = fetch(ours, "get", f"{ours.address}:6969", "x", status=1).stderr
    server.close()
    assert server.heard[0][:4] == b"\0\5\0\5"
    assert "\x1b" not in message and "[31mred" in message


def test_an_interrupt_tells_the_server_and_leaves_nothing(ours):
    server = Fake(ours, lambda fake, request, client: (fake.other.sendto(data(1, b"a" * 512), client), fake.heard.append(fake.other.recvfrom(99)[0]),
                                                       fake.heard.append(fake.other.recvfrom(99)[0])))
    process = ours.start(imprint_binary(), "tftp", "get", f"{ours.address}:6969", "broken", host="client", cwd=ours.here, log="broken.log")
    deadline = time.monotonic() + 10
    while not server.heard and time.monotonic() < deadline:
        time.sleep(0.05)
    ours.stop(process, signal.SIGTERM)
    server.close()
    last = [packet for packet in server.heard if packet[:2] == b"\0\5"]
    assert last or "interrupted" in process.log_path.read_text()
    assert not any("broken" in path.name for path in ours.here.iterdir())


def test_lines_that_cannot_be_meant_are_refused(ours):
    for words, part in ((["get", ours.address, "x", "--blksize", "7"], "8 to 65464"),
                        (["get", ours.address, "x", "--blksize", "512", "--no-options"], "do not go together"),
                        (["get", ours.address, "x", "--blksize", "512", "--blksize2", "512"], "do not go together"),
                        (["get", ours.address, "dir/"], "--output"),
                        (["get", ours.address, "x" * 600], "1 to 512 bytes"),
                        (["get", ours.address, "x", "--output", "-", "--json"], "standard output"),
                        (["put", ours.address, "-"], "--as")):
        assert part in fetch(ours, *words, status=2).stderr
    assert "Is a directory" in fetch(ours, "get", ours.address, "513", "--output", ours.here, status=1).stderr
    assert "No such file" in fetch(ours, "put", ours.address, "nothing-here", status=1).stderr


def test_what_an_imprint_does_not_take_is_told(ours):
    fetch(ours, "put", ours.address, ours.root / "513", "--as", "taken")
    assert "has a file of this name already" in fetch(ours, "put", ours.address, ours.root / "513", "--as", "taken", status=1).stderr
    (ours.here / "huge").write_bytes(b"")
    os.truncate(ours.here / "huge", 51 * MIB)
    assert "too large" in fetch(ours, "put", ours.address, "huge", status=1).stderr
    assert {path.name for path in ours.uploads.iterdir()} == {"taken"}


def start_member(lab, host, name, *options):
    return lab.start(imprint_binary(), "tftp", "get", lab.address, name, "--multicast", "--output", f"got-{host}", "--json", *options, host=host,
                     cwd=lab.here, log=f"member-{host}.log")


@pytest.fixture(scope="module", params=["imprint", "atftpd"])
def groups(request):
    """The servers that speak RFC 2090, and four hosts."""
    with Lab() as lab:
        make_lab(lab)
        (lab.root / "shared").write_bytes(os.urandom(30 * MIB + 3))
        for number in range(4):
            lab.add_host(f"member{number}", f"192.168.77.{70 + number}")
        lab.run("ip", "route", "add", "239.0.0.0/8", "dev", "br0")
        for number in range(4):
            lab.run("ip", "route", "add", "239.0.0.0/8", "dev", "eth0", host=f"member{number}")
        SERVERS[request.param](lab)
        deadline = time.monotonic() + 20
        while lab.run(imprint_binary(), "tftp", "get", lab.address, "empty", "--output", "/dev/null", "--patience", 1, host="client",
                      check=False).returncode != 0:
            assert time.monotonic() < deadline, "the server does not come up"
            time.sleep(0.1)
        yield lab


@pytest.mark.parametrize("killed", [False, True], ids=["all-stay", "the-master-dies"])
def test_four_members_get_a_file_together(groups, killed):
    lab = groups
    members = {}
    for number in range(4):
        members[f"member{number}"] = start_member(lab, f"member{number}", "shared", "--blksize", 1400)
        time.sleep(0.05 if number == 0 else 0)
    if killed:
        time.sleep(0.1)
        members.pop("member0").kill()
    led = 0
    for host, process in members.items():
        assert process.wait(timeout=120) == 0, process.log_path.read_text()
        log = process.log_path.read_text()  # of both runs
        told = json.loads(log[log.rindex('{\n  "name"'):])
        led += told["led"]
        assert (lab.here / f"got-{host}").read_bytes() == (lab.root / "shared").read_bytes()
        assert told["group"].startswith("239.255.") and told["blksize"] == 1400
    assert led >= 1


def test_a_server_without_multicast_is_asked_without(ours):
    server = Fake(ours, lambda fake, request, client: (fake.other.sendto(data(1, b"x"), client), fake.heard.append(fake.other.recvfrom(99)[0]),
                                                       fake.heard.append(fake.socket.recvfrom(999)[0])))
    fetch(ours, "get", f"{ours.address}:6969", "x", "--multicast", "--patience", 2, status=1)
    server.close()
    assert server.heard[0][:4] == b"\0\5\0\0" and b"multicast" not in server.heard[1] and server.heard[1].startswith(b"\0\1x\0")
    assert "do not go together" in fetch(ours, "get", ours.address, "x", "--multicast", "--netascii", status=2).stderr
    assert "must be a file" in fetch(ours, "get", ours.address, "x", "--multicast", "--output", "-", status=2).stderr
