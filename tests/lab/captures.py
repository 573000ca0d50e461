# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures of boots, packet by packet, written as pcap: what a rule of the doctor is tried with."""
import ipaddress
import struct

CLIENT_MAC = "52:54:00:12:34:56"
CLIENT = "192.168.9.50"
SERVER = "192.168.9.1"
SERVER_MAC = "52:54:00:00:00:01"
KINDS = {"discover": 1, "offer": 2, "request": 3, "decline": 4, "ack": 5, "nak": 6}


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def ip_bytes(address):
    return ipaddress.ip_address(address).packed


class Capture:
    """Packets in their order; `at` is the clock, in seconds."""

    def __init__(self, mac=CLIENT_MAC, client=CLIENT, server=SERVER):
        self.mac, self.client, self.server = mac, client, server
        self.at = 1_790_000_000.0
        self.packets = []
        self.port = 2070
        self.xid = 0x1234

    def wait(self, seconds):
        self.at += seconds
        return self

    def frame(self, payload, kind=0x0800, from_mac=None, to_mac=None, vlan=None):
        tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
        frame = mac_bytes(to_mac or SERVER_MAC) + mac_bytes(from_mac or self.mac) + tag + struct.pack("!H", kind) + payload
        self.packets.append((self.at, frame))
        self.at += 0.0005
        return self

    def ip(self, source, target, protocol, payload, **more):
        from_mac = self.mac if source in (self.client, "0.0.0.0") else SERVER_MAC
        to_mac = "ff:ff:ff:ff:ff:ff" if target == "255.255.255.255" else self.mac if target == self.client else SERVER_MAC
        if ":" in source:
            header = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + ip_bytes(source) + ip_bytes(target)
            return self.frame(header + payload, 0x86dd, from_mac, to_mac, **more)
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, ip_bytes(source), ip_bytes(target))
        return self.frame(header + payload, 0x0800, from_mac, to_mac, **more)

    def udp(self, source, source_port, target, target_port, payload, **more):
        return self.ip(source, target, 17, struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload, **more)

    def tcp(self, source, source_port, target, target_port, flags, seq=0, ack=0, payload=b"", **more):
        bits = sum({"S": 2, "A": 16, "F": 1, "R": 4, "P": 8}[flag] for flag in flags)
        header = struct.pack("!HHIIBBHHH", source_port, target_port, seq % 2**32, ack % 2**32, 5 << 4, bits, 65535, 0, 0)
        return self.ip(source, target, 6, header + payload, **more)

    # ---- DHCP ----

    def dhcp(self, kind, arch=0, pxe=True, file="", address=None, server=None, secs=0, uuid=None, ipxe=False, wants=None, relay="0.0.0.0",
             http=False, menu=False, xid=None, vendor=True, **more):
        is_reply = kind in ("offer", "ack", "nak")
        server = server or self.server
        address = address or (self.client if is_reply and kind != "nak" else "0.0.0.0")
        options = bytes([53, 1, KINDS[kind]])
        if is_reply:
            options += bytes([54, 4]) + ip_bytes(server)
            if menu:
                options += bytes([43, 6, 6, 1, 8, 8, 1, 0])
            if http:
                options += bytes([60, 10]) + b"HTTPClient"
        else:
            if wants:
                options += bytes([54, 4]) + ip_bytes(wants) + bytes([50, 4]) + ip_bytes(self.client)
            if pxe and not ipxe:
                text = (f"HTTPClient:Arch:{arch:05d}:UNDI:003001" if http else f"PXEClient:Arch:{arch:05d}:UNDI:002001").encode()
                options += bytes([60, len(text)]) + text + bytes([93, 2]) + struct.pack("!H", arch)
            if ipxe:
                options += bytes([77, 4]) + b"iPXE" + bytes([93, 2]) + struct.pack("!H", arch) + bytes([60, 9]) + b"PXEClient"
            if uuid:
                options += bytes([97, 17, 0]) + bytes.fromhex(uuid.replace("-", ""))
        message = struct.pack("!BBBBIHH4s4s4s4s16s64s128s", 2 if is_reply else 1, 1, 6, 0, xid or self.xid, secs, 0x8000, bytes(4),
                              ip_bytes(address) if is_reply else bytes(4), ip_bytes(server) if file else bytes(4), ip_bytes(relay),
                              mac_bytes(self.mac), b"", file.encode()) + bytes.fromhex("63825363") + options + b"\xff"
        message += bytes(max(0, 300 - len(message)))
        if is_reply:
            return self.udp(server, 67, "255.255.255.255", 68, message, **more)
        return self.udp("0.0.0.0", 68, "255.255.255.255", 67, message, **more)

    def lease(self, file="pxelinux.0", arch=0, **more):
        """A whole exchange: the client has its address and knows what to boot."""
        self.xid += 1
        self.dhcp("discover", arch=arch, **more).dhcp("offer", file=file).dhcp("request", arch=arch, wants=self.server, **more)
        return self.dhcp("ack", file=file)

    # ---- DHCPv6 ----

    def dhcp6(self, kind, arch=7, url="", address="2001:db8::50", status=0, boot=True):
        """A message of a client whose DUID has its MAC address, or of a server."""
        def option(code, data):
            return struct.pack("!HH", code, len(data)) + data

        kinds = {"solicit": 1, "advertise": 2, "request": 3, "reply": 7, "information": 11}
        is_reply = kind in ("advertise", "reply")
        link_local = ipaddress.IPv6Address(0xFE80 << 112 | int.from_bytes(bytes([mac_bytes(self.mac)[0] ^ 2]) + mac_bytes(self.mac)[1:3] + b"\xff\xfe" + mac_bytes(self.mac)[3:], "big"))
        options = option(1, struct.pack("!HH", 3, 1) + mac_bytes(self.mac))
        if is_reply:
            given = b"" if status else option(5, ip_bytes(address) + struct.pack("!II", 600, 1200))
            options += option(2, struct.pack("!HH", 3, 1) + mac_bytes(SERVER_MAC)) + option(3, struct.pack("!III", 1, 0, 0) + given + (option(13, struct.pack("!H", status)) if status else b""))
            options += option(59, url.encode()) if url else b""
        else:
            options += option(3, struct.pack("!III", 1, 0, 0)) + option(6, struct.pack("!HHH", 59, 60, 23))
            options += option(61, struct.pack("!H", arch)) + option(16, struct.pack("!IH", 343, 9) + b"PXEClient") if boot else b""
        message = bytes([kinds[kind]]) + self.xid.to_bytes(3, "big") + options
        server, client = "fe80::1", str(link_local)
        return self.udp(server, 547, client, 546, message) if is_reply else self.udp(client, 546, "ff02::1:2", 547, message)

    # ---- TFTP ----

    def request(self, name, port=None, options=(("blksize", 1408),)):
        if port is None:
            self.port += 1
            port = self.port
        text = b"\0\1" + (name if isinstance(name, bytes) else name.encode()) + b"\0octet\0"
        for key, value in options:
            text += key.encode() + b"\0" + str(value).encode() + b"\0"
        return self.udp(self.client, port, self.server, 69, text)

    def reply(self, payload, server_port=40000, **more):
        return self.udp(self.server, server_port, self.client, self.port, payload, **more)

    def ack(self, block, server_port=40000):
        return self.udp(self.client, self.port, self.server, server_port, struct.pack("!HH", 4, block % 65536))

    def error(self, code, text, server_port=40000):
        return self.reply(struct.pack("!HH", 5, code) + text.encode() + b"\0", server_port)

    def oack(self, server_port=40000, **options):
        return self.reply(b"\0\6" + b"".join(key.encode() + b"\0" + str(value).encode() + b"\0" for key, value in options.items()), server_port)

    def get(self, name, size=30_000, blksize=1408, tsize=None, stop=None, content=None):
        """A transfer; `stop`: only so many bytes come. The size in its OACK is `tsize`."""
        self.request(name, options=(("tsize", 0), ("blksize", blksize)))
        self.oack(tsize=size if tsize is None else tsize, blksize=blksize).ack(0)
        sent, block = 0, 0
        while stop is None or sent < stop:
            part = min(blksize, size - sent)
            block += 1
            data = bytes(part) if content is None else content[sent:sent + part]
            self.reply(struct.pack("!HH", 3, block % 65536) + data).ack(block)
            sent += part
            if part < blksize:
                break
        return self

    def missing(self, name, code=1, text="File not found"):
        return self.request(name).error(code, text)

    # ---- HTTP ----

    def http(self, path, status=200, size=100_000, stop=None, end="", server=None, port=80, content=b"", close=False):
        """A request; `stop`: only so many bytes come; `end`: "R" the client's reset then."""
        server = server or self.server
        self.port += 1
        mine = self.port
        self.tcp(self.client, mine, server, port, "S", seq=1).tcp(server, port, self.client, mine, "SA", seq=1, ack=2)
        self.tcp(self.client, mine, server, port, "PA", seq=2, ack=2, payload=f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content) or size}\r\n\r\n".encode()
        self.tcp(server, port, self.client, mine, "PA", seq=2, ack=100, payload=head + content)
        total = (len(content) or size) if stop is None else stop
        sent = len(content)
        while sent < total:
            part = min(60_000, total - sent)
            self.tcp(server, port, self.client, mine, "A", seq=2 + len(head) + sent, ack=100, payload=bytes(part))
            sent += part
            self.tcp(self.client, mine, server, port, "A", seq=100, ack=2 + len(head) + sent)
        if not total or len(content):
            self.tcp(self.client, mine, server, port, "A", seq=100, ack=2 + len(head) + sent)
        if end:
            self.tcp(self.client, mine, server, port, end, seq=100, ack=2 + len(head) + sent)
        if close:
            self.tcp(server, port, self.client, mine, "FA", seq=2 + len(head) + sent, ack=100)
        return self

    def syn(self, server, port=80, times=3, answer=None):
        self.port += 1
        for _ in range(times):
            self.tcp(self.client, self.port, server, port, "S", seq=1)
            if answer:
                self.tcp(server, port, self.client, self.port, answer, ack=2)
            self.wait(1)
        return self

    def alert(self, code, server=None):
        self.syn(server or self.server, 443, times=1, answer="SA")
        return self.tcp(self.client, self.port, server or self.server, 443, "PA", seq=2, ack=2, payload=bytes([21, 3, 3, 0, 2, 2, code]))

    # ---- what others say ----

    def arp(self, operation, sender, sender_mac, target):
        return self.frame(struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, mac_bytes(sender_mac), ip_bytes(sender), bytes(6), ip_bytes(target)),
                          0x0806, sender_mac, "ff:ff:ff:ff:ff:ff")

    def unreachable(self, code, about_port, mtu=0, client=True):
        """ICMP about a packet of the client to port `about_port` (or, not `client`, of the server to it)."""
        source, target = (self.client, self.server) if client else (self.server, self.client)
        inner = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 1500, 1, 0x4000, 64, 17, 0, ip_bytes(source), ip_bytes(target))
        inner += struct.pack("!HHHH", 2071, about_port, 1480, 0)
        return self.ip(target if client else "192.168.9.254", source, 1, struct.pack("!BBHHH", 3, code, 0, 0, mtu) + inner)

    def boot(self, system="linux"):
        """BIOS as far as kernel and initrd."""
        self.lease().get("pxelinux.0").get("ldlinux.c32").get("pxelinux.cfg/default", 200)
        return self.get(f"{system}/vmlinuz", 200_000).get(f"{system}/initrd.img", 400_000)

    def write(self, path, link=1, cut=65535):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link))
            for at, frame in self.packets:
                file.write(struct.pack("<IIII", int(at), round(at % 1 * 1e6) % 1_000_000, min(len(frame), cut), len(frame)) + frame[:cut])
        return path
