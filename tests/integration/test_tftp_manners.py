# SPDX-License-Identifier: GPL-3.0-or-later
"""TFTP byte by byte, with a client that does what loaders do and what nobody should do: what the server answers, from which
port, how often, and what it leaves alone."""

import os
import random
import struct

import pytest

from lab import Lab
from lab.tftp import ACK, DATA, ERROR, OACK, PORT, WRITE, Client, Fetch, every, first_copy_of

BLOCKS = 300
SMALL = 512 * 20 + 100


@pytest.fixture(scope="module")
def shared():
    """One daemon for the module, with a host whose network is perfect."""
    with Lab() as lab:
        root = lab.root = lab.make_folder("tftp")
        (root / "file").write_bytes(os.urandom(1456 * BLOCKS + 17))
        (root / "small").write_bytes(os.urandom(SMALL))
        (root / "large").write_bytes(os.urandom(3_000_000))
        (root / "empty").write_bytes(b"")
        (root / "text").write_bytes(b"one\ntwo\rthree\r\n" * 700)
        lab.start_imprint()
        lab.add_host("client", f"{lab.network}.50")
        yield lab


@pytest.fixture
def client(shared):
    shared.wait("the transfers of the test before to be over", lambda: live(shared) == 0, 90)
    with Client(shared, "client") as made:
        yield made


def content(shared, name):
    return (shared.root / name).read_bytes()


def live(shared):
    """Transfers under way now."""
    return shared.cli_json("status")["tftp"]["live"]


# ---- options


@pytest.mark.parametrize("asked, granted", [
    ({"blksize": 1468}, {"blksize": "1468"}),
    ({"BlkSize": "1024", "TSIZE": 0}, {"blksize": "1024", "tsize": str(1456 * BLOCKS + 17)}),
    ({"tsize": 0}, {"tsize": str(1456 * BLOCKS + 17)}),
    ({"timeout": 3}, {"timeout": "3"}),
    ({"blksize": 8}, {"blksize": "8"}),
    ({"blksize": 65464}, {"blksize": "65464"}),
    ({"blksize": 16384, "windowsize": 4}, {"blksize": "16384", "windowsize": "4"}),
    ({"windowsize": 4, "blksize": 1468, "tsize": 0}, {"windowsize": "4", "blksize": "1468", "tsize": str(1456 * BLOCKS + 17)}),
    ({"blksize": 1432, "nonsense": "x", "tsize": 0}, {"blksize": "1432", "tsize": str(1456 * BLOCKS + 17)}),
    ({"blksize2": 2000}, {"blksize2": "1024"}),
    ({"utimeout": 500000}, {"utimeout": "500000"}),
    ({"rollover": 1}, {"rollover": "1"}),
    ({"msftwindow": 31416}, {"msftwindow": "27182"}),
])
def test_what_is_asked_is_granted_in_lower_case_and_in_its_order_and_nothing_else(client, asked, granted):
    client.ask("file", asked)
    packet = client.expect(OACK)
    assert packet.options == granted
    wanted = [name.lower() for name in asked if name.lower() in granted]
    assert list(packet.options) == wanted
    client.error(8, "User aborted the transfer")


@pytest.mark.parametrize("asked", [{}, {"nonsense": "x"}, {"blksize": "7"}, {"blksize": "many"}, {"windowsize": 0}, {"timeout": 0}, {"timeout": 256},
                                   {"msftwindow": 31415}, {"blksize": ""}, {"blksize": "-1"}, {"blksize": "512x"}])
def test_when_nothing_can_be_granted_the_first_block_comes_instead_of_an_empty_oack(client, asked):
    client.ask("file", asked)
    packet = client.expect(DATA, 1)
    assert len(packet.data) == 512
    client.error(0)


def test_a_request_of_edk2_is_answered_to_the_byte(client):
    client.ask("file", [("tsize", 0), ("blksize", 1468), ("windowsize", 4)])
    size = str(1456 * BLOCKS + 17).encode()
    assert client.expect(OACK).bytes == b"\0\x06tsize\0" + size + b"\0blksize\0001468\0windowsize\0004\0"
    client.error(8, "User aborted the transfer")


@pytest.mark.parametrize("blksize, window", [(8, 1), (512, 1), (513, 7), (1468, 4), (1456, 64), (8192, 1), (8192, 16), (16384, 1), (16384, 4), (65464, 1), (65464, 3)])
def test_every_block_size_and_window_carries_the_file(shared, client, blksize, window):
    name = "small" if blksize < 512 else "file"
    fetch = Fetch(client, name, {"blksize": blksize, "windowsize": window})
    assert fetch.run() == content(shared, name)
    assert fetch.block_bytes == blksize
    # One timer that ran out on a busy machine sends a window again; more than that is no accident.
    assert fetch.blocks_seen <= len(fetch.parts) + 2 * fetch.window


@pytest.mark.parametrize("name, options", [("empty", {}), ("empty", {"blksize": 1468, "tsize": 0}), ("empty", {"windowsize": 4}), ("text", {})])
def test_empty_and_odd_files_are_whole(shared, client, name, options):
    assert Fetch(client, name, options).run() == content(shared, name)


def test_netascii_converts_line_ends_across_blocks_and_may_be_counted_or_not(shared, client):
    wanted = content(shared, "text").replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")
    fetch = Fetch(client, "text", {"blksize": 511, "tsize": 0}, mode="NetASCII")
    assert fetch.run() == wanted
    assert fetch.granted.get("tsize") in (None, str(len(wanted)))


@pytest.mark.parametrize("mode", ["mail", "MAIL", "binary", ""])
def test_other_modes_are_refused_with_a_sentence(client, mode):
    client.ask("file", mode=mode)
    packet = client.expect(ERROR)
    assert packet.code in (0, 4) and len(packet.text) > 5


# ---- refusals


@pytest.mark.parametrize("name", ["bootmgr.exe.mui", "en-US\\bootmgr.efi.mui", "boot.stl", "hiberfil.sys", "shim_certificate_0.efi", "pxelinux.cfg/01-aa",
                                  "grub/x86_64-efi/command.lst"])
def test_an_optional_file_that_is_missing_gets_error_1_at_once(client, name):
    client.ask(name, {"tsize": 0, "blksize": 1468})
    packet = client.expect(ERROR, seconds=1.0)
    assert packet.code == 1 and packet.text.endswith(b"\0")
    client.silence(0.3)


@pytest.mark.parametrize("name", ["../imprint.yaml", "..\\..\\etc\\passwd", "a/../../imprint.yaml"])
def test_what_leads_outside_is_refused(client, name):
    client.ask(name)
    assert client.expect(ERROR).code in (1, 2)


def test_writing_is_refused_and_leaves_nothing(shared, client):
    client.ask("new", {"tsize": 4}, operation=WRITE)
    assert client.expect(ERROR).code in (2, 4)
    client.send(struct.pack("!HH", DATA, 1) + b"data")
    assert all(packet.operation == ERROR for packet in client.drain(0.3))
    assert not (shared.root / "new").exists()


@pytest.mark.parametrize("rubbish", [b"", b"\0", b"\0\1", b"\0\1file", b"\0\1file\0", b"\0\1file\0octet", b"\0\1\0octet\0", b"\0\7file\0octet\0",
                                     struct.pack("!HH", ACK, 1), struct.pack("!HH", DATA, 1) + b"x", struct.pack("!HH", ERROR, 0) + b"x\0",
                                     b"\0\6blksize\x001468\0", b"\0\1" + b"a" * 2000, b"\0\1" + b"a/" * 700 + b"\0octet\0", b"\xff" * 1400])
def test_rubbish_never_gets_data_and_never_disturbs_anybody(shared, client, rubbish):
    client.send(rubbish, PORT)
    assert all(packet.operation == ERROR for packet in client.drain(0.15))
    with Client(shared, "client") as other:
        assert Fetch(other, "small").run() == content(shared, "small")


# ---- ports and repeats


def test_the_answer_comes_from_a_port_of_its_own(client):
    client.ask("file")
    assert client.expect(DATA, 1).port != PORT
    client.error(0)


def test_a_repeated_request_gets_its_answer_from_the_same_port_and_no_second_transfer(shared, client):
    client.ask("file", {"blksize": 1468})
    first = client.expect(OACK)
    for _ in range(5):
        client.ask("file", {"blksize": 1468})
    others = client.drain(1.0)
    assert {packet.port for packet in others} <= {first.port}
    assert all(packet.bytes == first.bytes for packet in others)
    assert live(shared) == 1
    client.error(0)
    shared.wait("its end", lambda: live(shared) == 0, 5)


def test_repeats_in_one_burst_are_one_transfer(shared, client):
    """A switch that forwards late delivers all of a client's requests at once."""
    for _ in range(8):
        client.ask("small", {"blksize": 1024})
    packets = client.drain(0.5)
    assert packets and len({packet.port for packet in packets}) == 1 and all(packet.operation == OACK for packet in packets)
    assert len(packets) <= 9
    assert live(shared) == 1
    client.error(0)


def test_another_file_asked_for_from_the_same_port_takes_the_place_of_the_first(shared, client):
    client.ask("file")
    first = client.expect(DATA, 1)
    client.ask("small")
    packets = [packet for packet in client.drain(0.5) if packet.data != first.data]
    assert packets and packets[0].data == content(shared, "small")[:512]
    assert live(shared) == 1
    client.peer = packets[0].port
    client.error(0)


def test_packets_of_a_stranger_do_not_disturb_a_transfer(shared, client):
    client.ask("small")
    parts = [client.expect(DATA, 1).data]
    with Client(shared, "client") as stranger:
        for _ in range(3):
            for packet in (struct.pack("!HH", ACK, 1), struct.pack("!HH", ERROR, 0) + b"stop\0", struct.pack("!HH", DATA, 1) + b"x", b"\0\1x\0octet\0", b"?"):
                stranger.send(packet, client.peer)
        answers = stranger.drain(0.3)
        # ERROR 5 or silence; in single-port mode the request would be a request.
        assert all(packet.operation == ERROR and packet.code == 5 for packet in answers), answers
        assert not any(packet.operation == ERROR and packet.code == 5 for packet in client.drain(0))
    while len(parts[-1]) == 512:
        client.ack(len(parts))
        parts.append(expect_block(client, len(parts) + 1))
    client.ack(len(parts))
    assert b"".join(parts) == content(shared, "small")


def expect_block(client, number):
    """The data of that block, past repeats of the ones before it."""
    while True:
        packet = client.expect(DATA)
        if packet.block == number:
            return packet.data
        assert packet.block == number - 1, packet


def test_an_error_is_never_answered(client):
    client.error(5, "who are you", PORT)
    client.silence(0.3)


# ---- repeats and losses


@pytest.mark.parametrize("acks", [2, 3])
def test_the_sorcerers_apprentice_does_not_start(shared, client, acks):
    """Every ACK comes several times, yet no block does (RFC 1123 section 4.2.3.1)."""
    fetch = Fetch(client, "file", {"blksize": 1456}, acks=acks)
    assert fetch.run() == content(shared, "file")
    assert fetch.blocks_seen <= BLOCKS + 1 + 3, "blocks were sent again because ACKs came again"


@pytest.mark.parametrize("window", [2, 8])
def test_doubled_acks_in_a_windowed_transfer_do_not_double_it(shared, client, window):
    fetch = Fetch(client, "file", {"blksize": 1456, "windowsize": window}, acks=2)
    assert fetch.run() == content(shared, "file")
    assert fetch.blocks_seen < 1.5 * BLOCKS


@pytest.mark.parametrize("window", [1, 4, 16, 64])
def test_lost_blocks_come_again_soon(shared, client, window):
    fetch = Fetch(client, "file", {"blksize": 1456, "windowsize": window}, lose=every(20), patience=20)
    assert fetch.run() == content(shared, "file")
    assert fetch.seconds < 5, "the server's own timer mends it, not the client's"


@pytest.mark.parametrize("window", [1, 4, 16])
def test_lost_acks_are_got_over_soon(shared, client, window):
    fetch = Fetch(client, "file", {"blksize": 1456, "windowsize": window}, lose_ack=every(window * 5), patience=20)
    assert fetch.run() == content(shared, "file")
    assert fetch.seconds < 5


@pytest.mark.parametrize("seed", range(4))
def test_edk2s_storm_of_acks_is_weathered(shared, client, seed):
    """It acknowledges expected - 1 for every block out of order; who restarts a window for each sends the file many times over."""
    dice = random.Random(seed)
    fetch = Fetch(client, "large", {"blksize": 1468, "windowsize": 4}, lose=lambda _block, _copy: dice.random() < 0.02, manner="edk2")
    assert fetch.run() == content(shared, "large")
    assert fetch.blocks_seen < 1.5 * (3_000_000 / 1468)
    assert fetch.seconds < 20


def test_u_boots_silence_is_borne(shared, client):
    """It never answers a block it has already, and says its last ACK again only after 5 s: the transfer waits for that."""
    fetch = Fetch(client, "small", {"blksize": 1468}, lose_ack=first_copy_of(3), manner="uboot", patience=5.0)
    assert fetch.run() == content(shared, "small")
    assert 0 < fetch.ack_copies[3] - 1 <= 2 and fetch.seconds < 20


def test_a_window_whose_acks_were_lost_twice_does_not_hang(shared, client):
    """atftp has the whole window, says so once more, and is then silent for as long as packets come."""
    fetch = Fetch(client, "file", {"blksize": 1456, "windowsize": 16}, lose_ack=lambda block, copy: block == 64 and copy <= 2, patience=5.0)
    assert fetch.run() == content(shared, "file")
    assert fetch.seconds < 20


def test_a_request_that_somebody_forged_costs_a_few_packets(client):
    client.ask("file")
    assert 1 <= len(client.drain(8.0)) <= 12


def test_a_client_that_vanishes_and_closes_its_port_is_noticed_or_timed_out(shared):
    before = live(shared)
    client = Client(shared, "client")
    client.ask("file")
    client.expect(DATA, 1)
    client.socket.close()
    shared.wait("the end of its transfer", lambda: live(shared) <= before, 90, 1)


def test_the_last_acks_loss_is_no_failure(shared, client):
    before = shared.cli_json("status")["tftp"]
    fetch = Fetch(client, "small", {"blksize": 1468}, lose_ack=lambda block, _copy: block == SMALL // 1468 + 1)
    assert fetch.run() == content(shared, "small")
    after = shared.wait("its end", lambda: (status := shared.cli_json("status")["tftp"])["done"] > before["done"] and status, 20)
    assert after["failed"] == before["failed"]


# ---- size probes


@pytest.mark.parametrize("code", [8, 0])
def test_a_size_probe_is_normal(shared, client, code):
    before = shared.cli_json("status")["tftp"]
    client.ask("file", {"tsize": 0, "blksize": 1468})
    assert client.expect(OACK).options["tsize"] == str(1456 * BLOCKS + 17)
    client.error(code, "User aborted the transfer")
    client.silence(0.5)
    after = shared.wait("the probe counted", lambda: (status := shared.cli_json("status")["tftp"])["probed"] > before["probed"] and status, 5)
    assert after["failed"] == before["failed"]
    assert not any("abort" in event["text"].lower() or "fail" in event["text"].lower() for event in shared.events()[-2:]
                   if "file" in event["text"] and "probe" in event["text"])


# ---- counters that turn over


@pytest.fixture(scope="module")
def long_file(shared):
    """Longer than 65535 blocks of 64 bytes, so that the number turns over soon."""
    data = os.urandom(64 * 66000 + 5)
    (shared.root / "long").write_bytes(data)
    return data


@pytest.mark.parametrize("window", [1, 16])
def test_the_block_number_goes_on_with_0_behind_65535(client, long_file, window):
    fetch = Fetch(client, "long", {"blksize": 64, "windowsize": window}, lose=first_copy_of(65535, 0, 2, 65534))
    assert fetch.run() == long_file


def test_a_client_may_have_the_counter_turn_over_to_1(client, long_file):
    client.ask("long", {"blksize": 64, "rollover": 1})
    assert client.expect(OACK).options == {"blksize": "64", "rollover": "1"}
    parts, number = [], 0
    while True:
        client.ack(number)
        packet = client.expect(DATA)
        while packet.block == number and number:
            packet = client.expect(DATA)
        number = number + 1 if number < 65535 else 1
        assert packet.block == number
        parts.append(packet.data)
        if len(packet.data) < 64:
            break
    client.ack(number)
    assert b"".join(parts) == long_file


# ---- Microsoft's window


def test_msftwindow_follows_the_fifth_byte_of_every_ack(shared, client):
    client.ask("file", {"blksize": 1456, "msftwindow": 31416})
    assert client.expect(OACK).options == {"blksize": "1456", "msftwindow": "27182"}
    parts, window, turn = [], 4, 0
    client.ack(0, window)
    while not parts or len(parts[-1]) == 1456:
        for _ in range(window):
            packet = client.expect(DATA, len(parts) + 1)
            parts.append(packet.data)
            if len(packet.data) < 1456:
                break
        else:
            client.silence(0.002)  # not one block more than was asked for
        turn += 1
        window = [4, 8, 2, 1, 16, 3][turn % 6]
        client.ack(len(parts), window)
    assert b"".join(parts) == content(shared, "file")


def test_msftwindow_with_a_block_lost(shared, client):
    client.ask("small", {"msftwindow": 31416})
    assert client.expect(OACK).options == {"msftwindow": "27182"}
    client.ack(0, 4)
    got = [client.expect(DATA).block for _ in range(4)]
    assert got == [1, 2, 3, 4]
    client.ack(2, 2)  # 3 was lost: from there, and only two
    assert [client.expect(DATA).block for _ in range(2)] == [3, 4]
    client.ack(4, 255)
    rest = client.drain(0.15)
    assert [packet.block for packet in rest if packet.block > 4][:17] == list(range(5, 22))
    client.ack(21, 1)


# ---- the end


def test_nothing_is_left_behind(shared):
    shared.wait("all transfers over", lambda: live(shared) == 0, 90, 1)
