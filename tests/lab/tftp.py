# SPDX-License-Identifier: GPL-3.0-or-later
"""A TFTP client made by hand: it does what a test tells it, also what no client should do, and sees every datagram.

Its sockets live in the namespace of a host of the lab, the test's own process speaks through them."""

import contextlib
import ctypes
import os
import socket
import struct
import time

READ, WRITE, DATA, ACK, ERROR, OACK = 1, 2, 3, 4, 5, 6
CLONE_NEWNET = 0x40000000
PORT = 69

libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    """Moves this thread into the network namespace that a descriptor stands for."""
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


@contextlib.contextmanager
def inside(lab, host):
    """What is opened inside belongs to that host's network."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{lab.namespace(host)}", os.O_RDONLY)
    try:
        enter(there)
        yield
    finally:
        enter(home)
        os.close(home)
        os.close(there)


def request(name, options=(), mode="octet", operation=READ):
    """The bytes of a request; `options` is a dictionary or pairs."""
    pairs = options.items() if isinstance(options, dict) else options
    words = [raw(name), raw(mode)] + [raw(word) for pair in pairs for word in pair]
    return struct.pack("!H", operation) + b"".join(word + b"\0" for word in words)


def raw(word):
    """A word as bytes."""
    return word if isinstance(word, bytes) else str(word).encode()


class Packet:
    """A datagram from the server: .operation, .port it came from, and what it says."""

    def __init__(self, bytes_, port):
        self.bytes = bytes_
        self.port = port
        self.at = time.monotonic()
        self.operation = struct.unpack("!H", bytes_[:2])[0]
        self.block = self.code = None
        self.data = self.text = b""
        self.options = {}
        if self.operation in (DATA, ACK):
            self.block, self.data = struct.unpack("!H", bytes_[2:4])[0], bytes_[4:]
        elif self.operation == ERROR:
            self.code, self.text = struct.unpack("!H", bytes_[2:4])[0], bytes_[4:]
        elif self.operation == OACK:
            assert bytes_.endswith(b"\0"), "EDK2 wants the OACK to end in NUL"
            words = [word.decode() for word in bytes_[2:-1].split(b"\0")]
            self.options = dict(zip(words[::2], words[1::2]))
            assert len(words) % 2 == 0 and len(self.options) * 2 == len(words), words

    def __repr__(self):
        what = {DATA: f"DATA {self.block} ({len(self.data)})", ACK: f"ACK {self.block}", ERROR: f"ERROR {self.code} {self.text!r}",
                OACK: f"OACK {self.options}"}
        return f"<{what.get(self.operation, self.bytes[:20])} from {self.port}>"


class Client:
    """One socket on a host, talking to the lab's server."""

    def __init__(self, lab, host, server=None, port=0):
        self.server = server or lab.address
        with inside(lab, host):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("0.0.0.0", port))
        self.peer = None  # the server's port for this transfer
        self.seen = []    # every packet that came

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.peer:
            self.error(0, "the test is over")  # so that nothing lingers
        self.socket.close()

    def send(self, data, port=None):
        """A datagram, to the transfer's port if it has one."""
        self.socket.sendto(data, (self.server, port or self.peer or PORT))

    def ask(self, name, options=(), mode="octet", operation=READ):
        """A request, to port 69."""
        self.send(request(name, options, mode, operation), PORT)

    def ack(self, block, window=None):
        """An ACK, with msftwindow's fifth byte if told so."""
        self.send(struct.pack("!HH", ACK, block % 65536) + (b"" if window is None else bytes([window])))

    def error(self, code, text="", port=None):
        """An ERROR."""
        self.send(struct.pack("!HH", ERROR, code) + raw(text) + b"\0", port)

    def receive(self, seconds=3.0):
        """The next packet from anywhere, None after that time. The first one's port becomes the transfer's."""
        self.socket.settimeout(max(seconds, 0.0001))
        try:
            data, (_, port) = self.socket.recvfrom(70000)
        except (TimeoutError, BlockingIOError):
            return None
        packet = Packet(data, port)
        self.seen.append(packet)
        if self.peer is None:
            self.peer = port
        return packet

    def expect(self, operation, block=None, seconds=3.0):
        """The next packet, which must be of that kind."""
        packet = self.receive(seconds)
        assert packet is not None, f"nothing came within {seconds} s; before: {self.seen[-5:]}"
        assert packet.operation == operation and (block is None or packet.block == block % 65536), packet
        return packet

    def drain(self, seconds):
        """All packets that come until so many seconds are over."""
        end, found = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            packet = self.receive(left)
            if packet is not None:
                found.append(packet)
        return found

    def silence(self, seconds):
        """Nothing comes for so long."""
        assert (found := self.drain(seconds)) == []


class Fetch:
    """A whole download with chosen mishaps.

    `lose(block, copy)` tells whether this copy (1 = first) of a DATA block never arrives, `lose_ack(block, copy)` whether an ACK
    does not. `manner`: "plain" answers every block that ends a window or comes out of order once; "edk2" acknowledges
    expected - 1 for every block out of order; "uboot" is silent about them and repeats its ACK after `patience` seconds."""

    def __init__(self, client, name, options=(), mode="octet", lose=None, lose_ack=None, manner="plain", patience=4.0, acks=1, most_seconds=120):
        self.client, self.name, self.options, self.mode = client, name, dict(options), mode
        self.lose, self.lose_ack, self.manner, self.patience = lose or never, lose_ack or never, manner, patience
        self.acks = acks  # copies of every ACK
        self.most_seconds = most_seconds
        self.copies, self.ack_copies = {}, {}
        self.granted = {}
        self.parts = []
        self.blocks_seen = 0  # DATA packets that left the server, the lost ones too
        self.oacks_seen = 0
        self.block_bytes, self.window = 512, 1
        self.in_window = 0
        self.said = None  # the last ACK that answered a block out of order
        self.seconds = self.heard_at = None

    def run(self):
        """The file's bytes."""
        begun = self.heard_at = time.monotonic()
        self.client.ask(self.name, self.options, self.mode)
        while True:
            assert time.monotonic() - begun < self.most_seconds, f"{len(self.parts)} blocks in {self.most_seconds} s"
            packet = self.client.receive(max(0.001, self._patience_ends() - time.monotonic()))
            if packet is None:
                self._timeout()
            elif packet.operation == ERROR:
                raise AssertionError(packet)
            elif packet.port != self.client.peer:
                raise AssertionError(f"{packet}, but the transfer is with {self.client.peer}")
            elif packet.operation == OACK:
                self._take_oack(packet)
            elif packet.operation == DATA and self._take_data(packet):
                self.seconds = time.monotonic() - begun
                return b"".join(self.parts)

    def _patience_ends(self):
        """U-Boot's timer runs on while blocks come that it has; everybody else's begins again with each packet."""
        if self.manner != "uboot":
            self.heard_at = time.monotonic()
        return self.heard_at + self.patience

    def _timeout(self):
        self.heard_at = time.monotonic()
        if not self.client.seen:
            self.client.ask(self.name, self.options, self.mode)
        else:
            self._say(len(self.parts))

    def _say(self, block):
        copy = self.ack_copies[block] = self.ack_copies.get(block, 0) + 1
        if not self.lose_ack(block, copy):
            for _ in range(self.acks):
                self.client.ack(block)
        self.in_window = 0

    def _take_oack(self, packet):
        self.oacks_seen += 1
        self.granted = packet.options
        extra = set(packet.options) - {name.lower() for name in self.options}
        assert not extra, f"nobody asked for {extra}"
        self.block_bytes = int(packet.options.get("blksize", 512))
        self.window = int(packet.options.get("windowsize", 1))
        if not self.parts:
            self._say(0)

    def _take_data(self, packet):
        """Whether the file is whole."""
        self.blocks_seen += 1
        copy = self.copies[packet.block] = self.copies.get(packet.block, 0) + 1
        if self.lose(packet.block, copy):
            return False
        expected = len(self.parts) + 1
        if packet.block != expected % 65536:
            self._out_of_order(expected)
            return False
        self.parts.append(packet.data)
        self.said, self.heard_at = None, time.monotonic()
        self.in_window += 1
        is_last = len(packet.data) < self.block_bytes
        assert len(packet.data) <= self.block_bytes
        if is_last or self.in_window == self.window:
            self._say(expected)
        return is_last

    def _out_of_order(self, expected):
        if self.manner == "edk2" or self.manner == "plain" and self.said != expected:
            self.said = expected
            self._say(expected - 1)


def never(_block, _copy):
    """Nothing is lost."""
    return False


def first_copy_of(*blocks):
    """A loss of the first copy of these blocks."""
    return lambda block, copy: copy == 1 and block in blocks


def every(number):
    """Every so-manieth first copy is lost."""
    return lambda block, copy: copy == 1 and block % number == 0
