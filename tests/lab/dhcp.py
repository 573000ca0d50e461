# SPDX-License-Identifier: GPL-3.0-or-later
"""A DHCP client made of bytes, for what no packaged client can be made to say. Independent of imprint's own code."""

import ctypes
import os
import select
import socket
import struct
import time

COOKIE = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)


def socket_in(namespace, *words):
    """A socket that lives in a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(other, 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        return socket.socket(*words)
    finally:
        libc.setns(own, 0x40000000)
        os.close(own)
        os.close(other)


def option(code, value):
    """One DHCP option."""
    return bytes([code, len(value)]) + value


def ip(text):
    """Four bytes of an address."""
    return socket.inet_aton(text)


class Reply:
    """A decoded reply: header fields and options as bytes."""

    def __init__(self, data, source=None):
        self.data = data
        self.source = source
        self.xid = struct.unpack("!I", data[4:8])[0]
        self.ciaddr, self.yiaddr, self.siaddr, self.giaddr = (socket.inet_ntoa(data[at:at + 4]) for at in (12, 16, 20, 24))
        self.mac = ":".join(f"{byte:02x}" for byte in data[28:34])
        self.sname = data[44:108].split(b"\0")[0].decode("latin-1")
        self.file = data[108:236].split(b"\0")[0].decode("latin-1")
        self.options = {}
        self.order = []
        at = 240
        while at < len(data) and data[at] != 255:
            if data[at] == 0:
                at += 1
                continue
            self.options[data[at]] = data[at + 2:at + 2 + data[at + 1]]
            self.order.append(data[at])
            at += 2 + data[at + 1]
        self.kind = self.options.get(53, b"\0")[0]

    def address(self, code):
        """An option that holds one address."""
        return socket.inet_ntoa(self.options[code][:4])


class DhcpClient:
    """Sends and receives DHCP on a host's eth0 in a lab, from any MAC, with any options."""

    def __init__(self, lab, host, mac):
        self.lab = lab
        self.mac = mac
        namespace = f"{lab.name}-{host}"
        self.raw = socket_in(namespace, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.raw.bind(("eth0", 0))
        self.xid = int.from_bytes(os.urandom(4), "big")

    def close(self):
        """Closes its socket."""
        self.raw.close()

    def message(self, kind, options=b"", *, ciaddr="0.0.0.0", giaddr="0.0.0.0", broadcast=True, hops=0, xid=None):
        """A request's bytes."""
        hardware = bytes.fromhex(self.mac.replace(":", ""))
        head = struct.pack("!BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, hops, self.xid if xid is None else xid, 0,
                           0x8000 if broadcast else 0, ip(ciaddr), bytes(4), bytes(4), ip(giaddr), hardware, b"", b"")
        kind_option = option(53, bytes([kind])) if kind else b""
        return head + COOKIE + kind_option + options + b"\xff"

    def drain(self):
        """Forgets what came in before: other clients' traffic would fill the socket's buffer."""
        while select.select([self.raw], [], [], 0)[0]:
            self.raw.recv(4096)

    def send(self, payload, source="0.0.0.0", to="255.255.255.255", from_port=68, to_port=67, to_mac="ff:ff:ff:ff:ff:ff"):
        """Sends a UDP payload in a frame of its own."""
        self.drain()
        udp = struct.pack("!HHHH", from_port, to_port, 8 + len(payload), 0) + payload
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, ip(source), ip(to))
        total = sum(struct.unpack("!10H", head))
        total = (total & 0xffff) + (total >> 16)
        total = (total & 0xffff) + (total >> 16)
        head = head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:]
        self.raw.send(bytes.fromhex(to_mac.replace(":", "")) + bytes.fromhex(self.mac.replace(":", "")) + b"\x08\x00" + head + udp)

    def receive(self, seconds=3, kinds=None, xid=None, port=68):
        """The next reply to this client, or None."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.raw], [], [], left)[0]:
                return None
            frame = self.raw.recv(4096)
            if len(frame) < 42 + 240 or frame[23] != 17 or struct.unpack("!H", frame[36:38])[0] != port:
                continue
            reply = Reply(frame[42:], (socket.inet_ntoa(frame[26:30]), struct.unpack("!H", frame[34:36])[0]))
            if reply.data[0] != 2 or reply.mac != self.mac or reply.xid != (self.xid if xid is None else xid):
                continue
            if kinds is None or reply.kind in kinds:
                return reply

    def ask(self, kind, options=b"", seconds=3, **fields):
        """Sends a request and returns the reply, or None."""
        self.send(self.message(kind, options, **fields))
        return self.receive(seconds)

    def discover(self, options=b"", **fields):
        """The OFFER, or None."""
        return self.ask(DISCOVER, options, **fields)

    def request(self, offer, options=b"", **fields):
        """The answer to a REQUEST for what an OFFER offered."""
        wanted = option(50, ip(offer.yiaddr)) + option(54, offer.options[54])
        self.send(self.message(REQUEST, wanted + options, **fields))
        return self.receive(kinds=(ACK, NAK))  # as clients do: a second OFFER that comes late is not the answer

    def lease(self, options=b""):
        """DISCOVER to ACK; the ACK."""
        offer = self.discover(options)
        return offer and self.request(offer, options)


def pxe_options(architecture=0, uuid=None, ipxe=False, http=False):
    """What firmware of an architecture puts into its requests."""
    word = "HTTPClient" if http else "PXEClient"
    options = option(60, f"{word}:Arch:{architecture:05}:UNDI:003016".encode())
    options += option(93, struct.pack("!H", architecture)) + option(94, b"\x01\x03\x10")
    options += option(55, bytes([1, 3, 6, 12, 15, 28, 43, 54, 60, 66, 67, 97]))
    if uuid is not None:
        options += option(97, b"\0" + uuid)
    if ipxe:
        options += option(77, b"iPXE") + option(175, b"\xb1\x05\x01\x80\x86\x10\x0e\x13\x01\x01\x15\x01\x01\x18\x01\x01")
    return options
