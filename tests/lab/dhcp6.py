# SPDX-License-Identifier: GPL-3.0-or-later
"""A DHCPv6 client made of bytes, on a card of its own, for what no packaged client can be made to say. Independent of
imprint's own code."""

import os
import select
import socket
import struct
import time

from .dhcp import socket_in

SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE, RECONFIGURE, INFORMATION = range(1, 12)
CLIENT_ID, SERVER_ID, IA_NA, IA_TA, ADDRESS, WANTED, PREFERENCE = range(1, 8)
STATUS, RAPID, USER_CLASS, VENDOR_CLASS, DNS, DOMAINS, IA_PD = 13, 14, 15, 16, 23, 24, 25
BOOT_URL, BOOT_PARAMS, ARCHITECTURE = 59, 60, 61
NO_ADDRESSES, NO_BINDING, NOT_ON_LINK, USE_MULTICAST, NO_PREFIXES = range(2, 7)
GROUP = "ff02::1:2"


def option(code, value=b""):
    """One option."""
    return struct.pack("!HH", code, len(value)) + value


def ip6(text):
    """Sixteen bytes of an address."""
    return socket.inet_pton(socket.AF_INET6, text)


def options_of(data):
    """(code, value) of every option."""
    at = 0
    while at < len(data):
        code, length = struct.unpack("!HH", data[at:at + 4])
        yield code, data[at + 4:at + 4 + length]
        at += 4 + length


def association(iaid, *addresses):
    """An IA_NA with those addresses."""
    inner = b"".join(option(ADDRESS, ip6(address) + bytes(8)) for address in addresses)
    return option(IA_NA, struct.pack("!III", iaid, 0, 0) + inner)


def firmware_options(architecture=7, http=False):
    """What EDK2 puts into its messages."""
    text = f"{'HTTP' if http else 'PXE'}Client:Arch:{architecture:05}:UNDI:003000".encode()
    return (option(WANTED, struct.pack("!4H", 59, 60, 23, 16)) + option(ARCHITECTURE, struct.pack("!H", architecture)) +
            option(VENDOR_CLASS, struct.pack("!IH", 343, len(text)) + text))


class Reply:
    """A decoded reply: options as bytes, addresses by IAID."""

    def __init__(self, data):
        self.kind = data[0]
        self.xid = data[1:4]
        self.options = {}
        self.addresses = {}  # IAID: (address, preferred, valid) of those that may be used
        self.gone = {}       # IAID: addresses that may not be used any more
        self.statuses = {}   # IAID: status
        self.times = {}      # IAID: (T1, T2)
        for code, value in options_of(data[4:]):
            if code == IA_NA:
                self._read(value)
            else:
                self.options[code] = value
        self.status = struct.unpack("!H", self.options[STATUS][:2])[0] if STATUS in self.options else None

    def _read(self, value):
        iaid, *times = struct.unpack("!III", value[:12])
        self.times[iaid] = tuple(times)
        for code, inner in options_of(value[12:]):
            if code == ADDRESS:
                address = socket.inet_ntop(socket.AF_INET6, inner[:16])
                preferred, valid = struct.unpack("!II", inner[16:24])
                if valid:
                    self.addresses[iaid] = (address, preferred, valid)
                else:
                    self.gone.setdefault(iaid, []).append(address)
            elif code == STATUS:
                self.statuses[iaid] = struct.unpack("!H", inner[:2])[0]

    @property
    def address(self):
        """The first address of all, or None."""
        return next(iter(self.addresses.values()))[0] if self.addresses else None


class Dhcp6Client:
    """A card with MAC address `mac` on a host's eth0, and a DHCPv6 client on it."""

    count = 0

    def __init__(self, lab, host, mac, duid=None):
        self.lab = lab
        self.host = host
        self.mac = mac
        self.duid = duid or b"\0\3\0\1" + bytes.fromhex(mac.replace(":", ""))
        self.xid = os.urandom(3)
        self.server = b""
        Dhcp6Client.count += 1
        self.interface = f"card{Dhcp6Client.count}"
        # Its link-local address is made of the MAC address, and may be used at once.
        lab.run("sh", "-c", f"echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; "
                f"ip link add link eth0 name {self.interface} address {mac} type macvlan mode bridge; "
                f"ip link set {self.interface} up", host=host)
        lab.wait("a link-local address", lambda: "fe80" in lab.run(
            "ip", "-6", "address", "show", "dev", self.interface, "scope", "link", "-tentative", host=host).stdout, 10, 0.02)
        self.socket = socket_in(f"{lab.name}-{host}", socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.interface.encode())
        self.socket.bind(("::", 546))

    def close(self):
        """Ends it."""
        self.socket.close()
        self.lab.run("ip", "link", "delete", self.interface, host=self.host, check=False)

    def message(self, kind, *options, server=False, client=True):
        """A message's bytes."""
        data = bytes([kind]) + self.xid
        data += option(CLIENT_ID, self.duid) if client else b""
        data += option(SERVER_ID, self.server) if server else b""
        return data + option(8, b"\0\0") + b"".join(options)

    def send(self, data, to=GROUP):
        """Sends it to all servers, or to an address."""
        scope = int(self.lab.run("cat", f"/sys/class/net/{self.interface}/ifindex", host=self.host).stdout)
        self.socket.sendto(data, (to, 547, 0, scope))

    def receive(self, seconds=3):
        """The next reply to the last message, or None."""
        deadline = time.monotonic() + seconds
        while select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
            reply = Reply(self.socket.recv(4096))
            if reply.xid == self.xid:
                return reply
        return None

    def ask(self, kind, *options, seconds=3, to=GROUP, **more):
        """Sends a message and returns the reply, or None."""
        self.xid = os.urandom(3)
        self.send(self.message(kind, *options, **more), to)
        return self.receive(seconds)

    def solicit(self, *options, iaid=1, seconds=3):
        """The ADVERTISE, or None; its server is the one from now on."""
        reply = self.ask(SOLICIT, association(iaid), *options, seconds=seconds)
        self.server = reply.options[SERVER_ID] if reply else self.server
        return reply

    def request(self, *options, iaid=1, address=None):
        """The REPLY to a REQUEST."""
        return self.ask(REQUEST, association(iaid, *([address] if address else [])), *options, server=True)

    def lease(self, *options, iaid=1):
        """SOLICIT to REPLY; the REPLY."""
        offer = self.solicit(*options, iaid=iaid)
        return offer and self.request(*options, iaid=iaid, address=offer.address)
