# SPDX-License-Identifier: GPL-3.0-or-later
"""TFTP as the configuration wants it: limits, ports, rates, uploads; what is learned about a client that cannot take what it
asked for; and what the timeline says about all of it."""

import contextlib
import os
import signal
import struct
import subprocess
import time

import pytest

from lab import Lab
from lab.tftp import ACK, DATA, ERROR, OACK, PORT, WRITE, Client, Fetch

FILE = os.urandom(100_000)
HOST = "client"


@contextlib.contextmanager
def started(tftp="", prepare=None, address=".50", **options):
    """A lab with a daemon whose configuration has `tftp` (YAML, in braces) besides the root, and one host."""
    with Lab() as lab:
        root = lab.root = lab.make_folder("tftp")
        (root / "file").write_bytes(FILE)
        if prepare:
            prepare(lab)
        lab.add_host(HOST, address and f"{lab.network}{address}")
        extra = f"tftp: {{ {tftp.format(folder=lab.folder)} }}" if tftp else ""
        lab.start_imprint(extra=extra, **options)
        yield lab


def asked(lab, name="file", options=(), **words):
    """The first answer to one request of a new client."""
    with Client(lab, HOST) as client:
        client.ask(name, options, **words)
        return client.receive()


def stats(lab):
    return lab.cli_json("status")["tftp"]


def told(lab, reason, seconds=15):
    """The newest event with that reason; the other end of a transfer hears of its end before the timeline does."""
    def find():
        return [event for event in lab.events() if reason in [why["name"] if isinstance(why, dict) else why for why in event["reasons"]]]
    return lab.wait(f"an event because {reason}", find, seconds)[-1]


def reload(lab, tftp):
    """Has the daemon read another configuration."""
    (lab.folder / "imprint.yaml").write_text(lab.config_text(extra=f"tftp: {{ {tftp} }}"))
    before = lab.log().count("configuration read again")
    lab.imprint.send_signal(signal.SIGHUP)
    lab.wait("the reload", lambda: lab.log().count("configuration read again") > before, 10)


# ---- what is granted


def test_blocks_windows_and_options_are_granted_as_the_configuration_says_and_a_reload_changes_it():
    with started("blksize_max: 1024, windowsize_max: 8, refuse: [tsize, utimeout]") as lab:
        options = {"blksize": 8192, "windowsize": 32, "tsize": 0, "utimeout": 500000}
        assert asked(lab, options=options).options == {"blksize": "1024", "windowsize": "8"}
        reload(lab, "windowsize_max: 4")
        assert asked(lab, options=options).options == {"blksize": "8192", "windowsize": "4", "tsize": str(len(FILE)), "utimeout": "500000"}


def test_a_map_file_is_read_at_the_start_and_again_with_a_reload():
    def prepare(lab):
        (lab.folder / "map").write_text("r ^alias$ file\n")
    with started("map: {folder}/map", prepare) as lab:
        with Client(lab, HOST) as client:
            assert Fetch(client, "alias").run() == FILE
        (lab.folder / "map").write_text("r ^other$ file\n")
        reload(lab, f"map: {lab.folder}/map")
        assert asked(lab, "alias").code == 1
        with Client(lab, HOST) as client:
            assert Fetch(client, "other").run() == FILE
        (lab.folder / "map").write_text("r ^(other file\n")
        reload(lab, f"map: {lab.folder}/map")
        assert f"{lab.folder}/map:1" in lab.log()
        with Client(lab, HOST) as client:
            assert Fetch(client, "other").run() == FILE  # the rules from before


@pytest.mark.parametrize("tftp, words", [
    ("map: /nowhere/map", "/nowhere/map"),
    ("ports: 60-70", "choose ports above 49151"),
    ("upload: {{folder: {folder}/tftp}}", "tftp.upload.folder"),
    ("upload: {{folder: {folder}/closed}}", "chown nobody"),
])
def test_what_cannot_work_is_told_at_the_start_with_what_to_do(tftp, words):
    with Lab() as lab:
        lab.make_folder("tftp")
        lab.make_folder("closed")
        lab.start_imprint(extra=f"tftp: {{ {tftp.format(folder=lab.folder)} }}", wait=False)
        assert lab.imprint.wait(20) != 0
        assert words in lab.log()


# ---- ports


def test_files_come_from_the_ports_that_a_firewall_was_told_about():
    with started("ports: 50000-50003, threads: 2") as lab:
        used = set()
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(lab, HOST)) for _ in range(12)]
            for client in clients:
                client.ask("file", {"blksize": 1024})
            for client in clients:
                used.add(client.expect(OACK).port)
            open_ports = {int(line.split()[3].rsplit(":", 1)[1]) for line in lab.run("ss", "-H", "-uan").stdout.splitlines()}
        assert used <= set(range(50000, 50004))
        assert not {port for port in open_ports if port > 32767} - set(range(50000, 50004)), open_ports
        with Client(lab, HOST) as client:
            assert Fetch(client, "file").run() == FILE


def behind_nat(lab):
    """A host "inner" behind a router that lets in only answers from where somebody asked, as a plain NAT does."""
    lab.add_host("router", f"{lab.network}.60")
    lab.add_host("inner")
    lab.run("ip", "link", "delete", "eth0", host="inner")
    lab.run("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "eth0", "netns", lab.namespace("inner"), host="router")
    for host, interface, address in (("router", "lan0", "10.99.0.1"), ("inner", "eth0", "10.99.0.2")):
        lab.run("ip", "address", "add", f"{address}/24", "dev", interface, host=host)
        lab.run("ip", "link", "set", interface, "up", host=host)
        lab.run("ethtool", "-K", interface, "tx", "off", host=host, check=False)
    lab.run("ip", "route", "add", "default", "via", "10.99.0.1", host="inner")
    lab.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1", host="router")
    rules = lab.folder / "nat.nft"
    rules.write_text("""table ip nat {
 chain after { type nat hook postrouting priority srcnat; oifname eth0 masquerade random; }
 chain through { type filter hook forward priority filter; iifname eth0 ct state != established drop; }
}\n""")
    lab.run("nft", "-f", rules, host="router")


@pytest.mark.parametrize("threads", [1, 3])
def test_with_a_single_port_files_reach_clients_behind_a_nat(threads):
    with started(f"single_port: yes, threads: {threads}") as lab:
        behind_nat(lab)
        for _ in range(8):
            with Client(lab, "inner") as client:
                fetch = Fetch(client, "file", {"blksize": 1400, "windowsize": 4})
                assert fetch.run() == FILE
                assert client.peer == PORT


def test_without_it_they_do_not():
    with started() as lab:
        behind_nat(lab)
        with Client(lab, "inner") as client:
            client.ask("file")
            client.silence(2)


# ---- limits


def test_one_address_has_so_many_transfers_at_once_and_the_next_waits():
    with started("per_client: 2") as lab, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(lab, HOST)) for _ in range(3)]
        for client in clients[:2]:
            client.ask("file", {"blksize": 1024})
            client.expect(OACK)
            client.ack(0)
            client.expect(DATA, 1)
        clients[2].ask("file", {"blksize": 1024})
        early = clients[2].receive(0.5)
        assert early is None or early.operation != OACK
        clients[2].peer = None
        lab.add_host("neighbour", f"{lab.network}.51")
        with Client(lab, "neighbour") as neighbour:
            assert Fetch(neighbour, "file").run() == FILE
        clients[0].error(0, "enough")
        clients[0].peer = None
        lab.wait("room", lambda: stats(lab)["live"] < 2, 5)
        clients[2].ask("file", {"blksize": 1024})
        clients[2].expect(OACK)
        assert stats(lab)["dropped"] >= 1


def flood(lab, count):
    """So many requests for what is not there, as fast as it goes and each from a port of its own; how many were answered."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(lab, HOST)) for _ in range(count)]
        for number, client in enumerate(clients):
            client.ask(f"absent{number}")
        time.sleep(1.5)
        answers = [client.receive(0) for client in clients]
        for client in clients:
            client.peer = None
        return len([answer for answer in answers if answer is not None])


@pytest.mark.parametrize("limit", ["requests_per_client: 40", "requests_per_second: 40"])
def test_requests_beyond_the_rate_are_not_answered_and_told_once(limit):
    with started(limit) as lab:
        answered = flood(lab, 800)
        assert 20 <= answered <= 200, answered
        lab.wait("all of them to be counted", lambda: stats(lab)["dropped"] >= 600, 25)
        event = told(lab, "REQUESTS_DROPPED", 25)
        assert f"{lab.network}.50" in event["text"] and "requests were not answered" in event["text"]
        assert lab.log().count("not answered, since there were too many") <= 2
        time.sleep(2)
        with Client(lab, HOST) as client:  # and later they are
            assert Fetch(client, "file").run() == FILE


@pytest.mark.parametrize("limit", ["rate: 1M", "rate_per_client: 1M"])
def test_bytes_leave_no_faster_than_the_rate(limit):
    def prepare(lab):
        (lab.root / "large").write_bytes(bytes(4 << 20))
    with started(limit, prepare) as lab, Client(lab, HOST) as client:
        fetch = Fetch(client, "large", {"blksize": 1400, "windowsize": 16})
        assert len(fetch.run()) == 4 << 20
        assert 2.5 <= fetch.seconds <= 9, fetch.seconds


# ---- what a client can take


def with_machine(lab):
    """The host becomes the machine "pc", with a lease for its address."""
    lab.cli("machine", "add", "pc", "--mac", lab.mac_of(HOST), "--address", f"{lab.network}.120")
    lab.run("udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true", host=HOST)
    lab.run("ip", "address", "add", f"{lab.network}.120/24", "dev", "eth0", host=HOST)


@contextlib.contextmanager
def silent_client(lab, blksize=8192):
    """A client that agrees to a block size, and whose first block then never gets through."""
    with Client(lab, HOST) as client:
        client.ask("file", {"blksize": blksize})
        packet = client.expect(OACK)
        client.ack(0)
        client.drain(3.5)
        client.peer = None  # it is off
        yield int(packet.options["blksize"])


def test_a_machine_that_falls_silent_behind_its_first_block_gets_smaller_ones_and_that_is_remembered():
    with started(address=None) as lab:
        with_machine(lab)
        with silent_client(lab) as granted:
            assert granted == 8192
            assert asked(lab, options={"blksize": 8192}).options == {"blksize": "1468"}
        event = told(lab, "BLOCKS_TOO_LARGE")
        assert event["text"].endswith("asked for blocks of 8192 and fell silent behind the first; gets 1468 from now on")
        assert event["machine"] == "pc"
        assert lab.cli_json("machine", "show", "pc")["tftp_blksize_learned"] == 1468
        assert "blocks of at most 1468" in lab.cli("machine", "show", "pc").stdout
        lab.stop_imprint()
        lab.start_imprint()
        assert asked(lab, options={"blksize": 8192}).options == {"blksize": "1468"}
        with silent_client(lab) as granted:  # a tunnel
            assert granted == 1468
            assert asked(lab, options={"blksize": 8192}).options == {"blksize": "1400"}
        lab.cli("machine", "edit", "pc", "--tftp-blksize", "auto")
        assert asked(lab, options={"blksize": 8192}).options == {"blksize": "8192"}
        lab.cli("machine", "edit", "pc", "--tftp-blksize", "1024")
        assert asked(lab, options={"blksize": 8192}).options == {"blksize": "1024"}
        assert "it is auto, or a number from 8 to 65464" in lab.cli("machine", "edit", "pc", "--tftp-blksize", "7", check=False).stderr


def test_an_address_without_a_machine_is_remembered_while_the_daemon_runs():
    with started() as lab:
        with silent_client(lab):
            assert asked(lab, options={"blksize": 8192}).options == {"blksize": "1468"}
        assert f"{lab.network}.50" in lab.cli("events").stdout
        with Client(lab, HOST) as client:
            assert Fetch(client, "file", {"blksize": 8192}).run() == FILE


def test_behind_block_65535_comes_what_is_set_for_the_machine():
    def prepare(lab):
        (lab.root / "long").write_bytes(os.urandom(8 * 65540 + 3))
    with started(prepare=prepare, address=None) as lab:
        with_machine(lab)
        lab.cli("machine", "edit", "pc", "--tftp-rollover", "1")
        with Client(lab, HOST) as client:
            client.ask("long", {"blksize": 8, "windowsize": 64})
            client.expect(OACK)
            client.ack(0)
            parts, expected = [], 1
            while not parts or len(parts[-1]) == 8:
                packet = client.receive(5)
                assert packet is not None, f"silence behind block {len(parts)}"
                if packet.block != expected:
                    continue  # a window that came twice
                parts.append(packet.data)
                if len(parts) % 64 == 0 or len(packet.data) < 8:
                    client.ack(expected)
                expected = 1 if expected == 65535 else expected + 1
            assert b"".join(parts) == (lab.root / "long").read_bytes()


# ---- uploads


def put(lab, name, content, options=(), mode="octet"):
    """Writes a file; the packet that ended it, None when the server fell silent."""
    with Client(lab, HOST) as client:
        client.ask(name, options, mode, WRITE)
        packet = client.receive()
        size = int(packet.options.get("blksize", 512)) if packet and packet.operation == OACK else 512
        block = 0
        while packet is not None and packet.operation != ERROR:
            if packet.operation == ACK and packet.block != block % 65536:
                packet = client.receive()
                continue
            if block > len(content) // size:
                return packet
            client.send(struct.pack("!HH", DATA, (block + 1) % 65536) + content[block * size:(block + 1) * size])
            block += 1
            packet = client.receive()
        return packet


def open_folder(lab):
    """A folder that the daemon's user may write."""
    folder = lab.make_folder("in")
    folder.chmod(0o777)


def test_uploads_are_off_unless_a_folder_is_named():
    with started() as lab:
        packet = put(lab, "new", b"content")
        assert packet.operation == ERROR and packet.code == 2
        event = told(lab, "UPLOADS_OFF")
        assert "was refused to write new" in event["text"]
        assert not (lab.root / "new").exists()


def test_uploads_make_new_files_of_a_size_that_is_allowed():
    with started("upload: {{folder: {folder}/in, size_max: 64K}}", open_folder) as lab:
        content = os.urandom(50_000)
        folder = lab.folder / "in"
        assert put(lab, "new.bin", content, {"blksize": 1400, "tsize": len(content)}).operation == ACK
        lab.wait("the file", (folder / "new.bin").exists, 5)
        assert (folder / "new.bin").read_bytes() == content
        assert "wrote new.bin (50000 bytes by TFTP" in told(lab, "UPLOAD_DONE")["text"]
        packet = put(lab, "new.bin", b"other")
        assert packet.operation == ERROR and packet.code == 6
        told(lab, "UPLOAD_EXISTS")
        assert (folder / "new.bin").read_bytes() == content
        for options in ({"tsize": 70_000}, {}):
            packet = put(lab, "large", os.urandom(70_000), options)
            assert packet.operation == ERROR and packet.code == 3
        told(lab, "UPLOAD_TOO_LARGE")
        assert put(lab, "../outside", b"x").operation == ERROR
        assert not (lab.folder / "outside").exists()
        assert [entry.name for entry in folder.iterdir()] == ["new.bin"]


def test_a_disk_that_is_full_leaves_nothing_behind():
    def prepare(lab):
        open_folder(lab)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", lab.folder / "in"], check=True)
    with started("upload: {{folder: {folder}/in}}", prepare) as lab:
        folder = lab.folder / "in"
        try:
            packet = put(lab, "large", bytes(3 << 20), {"blksize": 1400})
            assert packet is not None and packet.operation == ERROR and packet.code == 3
            told(lab, "UPLOAD_NO_ROOM")
            assert list(folder.iterdir()) == []
            assert put(lab, "small", b"fits").operation == ACK
            lab.stop_imprint()
        finally:
            subprocess.run(["umount", folder], check=True)


# ---- what is told


def test_a_finished_transfer_is_told_with_how_it_went():
    with started() as lab:
        with Client(lab, HOST) as client:
            lost = []
            assert Fetch(client, "file", {"blksize": 1400, "windowsize": 4},
                         lose=lambda block, copy: block == 9 and copy == 1 and not lost.append(block)).run() == FILE
        event = told(lab, "TRANSFER_DONE")
        assert event["text"].startswith(f"fetched file ({len(FILE)} bytes by TFTP, ")
        assert ", blocks of 1400, windows of 4, " in event["text"] and event["text"].endswith(" lost)")


def test_a_size_probe_is_no_failure_anywhere():
    with started() as lab:
        for code in (0, 8):
            with Client(lab, HOST) as client:
                client.ask("file", {"tsize": 0, "blksize": 1468})
                client.expect(OACK)
                client.error(code, "User aborted the transfer")
                client.peer = None
        lab.wait("both to be over", lambda: stats(lab)["probed"] == 2, 5)
        counts = stats(lab)
        assert counts["failed"] == counts["refused"] == 0 and counts["done"] == 0
        text = lab.cli("status").stdout
        assert "2 asked for the size" in text and "failed" not in next(line for line in text.splitlines() if line.startswith("TFTP"))
        assert [event for event in lab.events() if event["kind"] == "tftp"] == []
        assert "failed" not in lab.log() and "stopped" not in lab.log()


def test_a_file_that_is_missing_is_told_and_those_that_need_not_be_there_together():
    with started() as lab:
        assert asked(lab, "XPLDR").code == 1
        for name in ("grub/x86_64-efi/command.lst", "grub/x86_64-efi/fs.lst", "revocations.efi", "BOOTFONT.BIN"):
            assert asked(lab, name).code == 1
        assert told(lab, "FILE_NOT_FOUND")["text"].startswith('asked for "XPLDR", which is not there')
        event = told(lab, "OPTIONAL_FILE_ABSENT", 20)
        assert "looked for 4 files that need not be there and are not: grub/x86_64-efi/command.lst" in event["text"]
        assert len([event for event in lab.events() if event["kind"] == "tftp"]) == 2
        assert stats(lab)["not_found"] == 5 and stats(lab)["failed"] == 0


def test_mail_is_refused_with_a_reason():
    with started() as lab:
        packet = asked(lab, mode="mail")
        assert packet.operation == ERROR and packet.code in (0, 4)
        lab.wait("it to be told", lambda: any("was refused" in event["text"] for event in lab.events()), 10)
