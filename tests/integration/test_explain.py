# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint explain FILE: each rule of the doctor has a capture that it must find, and one that is nearly the same and fine."""
import json
import pathlib
import struct
import subprocess

import pytest

from lab.captures import CLIENT, CLIENT_MAC, SERVER, SERVER_MAC, Capture
from lab.network import imprint_binary

DOCTOR = pathlib.Path(__file__).parents[2] / "src" / "doctor"
OTHER = "192.168.9.2"
UUIDS = ("4c4c4544-0042-3510-8054-b2c04f4d3132", "4c4c4544-0042-3510-8054-b2c04f4d9999")
INSTALL = b"default linux\nlabel linux\n kernel linux/vmlinuz\n append initrd=linux/initrd.img ks=http://192.168.9.1/ks.cfg\n"


def explain(file, *words):
    done = subprocess.run([imprint_binary(), "explain", str(file), "--json", *words], capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def judge(capture, tmp_path, index=0):
    return explain(capture.write(tmp_path / "boot.pcap"))["clients"][index]


def asks(times=4, **more):
    capture = Capture()
    for _ in range(times):
        capture.dhcp("discover", **more).wait(4)
    return capture


def offers(times=4, discover=None, **offer):
    capture = Capture()
    for _ in range(times):
        capture.dhcp("discover", **(discover or {})).dhcp("offer", **offer).wait(4)
    return capture


def asks6(times=3, **more):
    capture = Capture()
    for _ in range(times):
        capture.dhcp6("solicit", **more).wait(4)
    return capture


def two_offers(second_file=""):
    capture = Capture().dhcp("discover")
    return capture.dhcp("offer", file="").dhcp("offer", server=OTHER, address="192.168.9.77", file=second_file)


def with_uuid(*uuids, macs=(CLIENT_MAC, CLIENT_MAC)):
    capture = Capture()
    for uuid, mac in zip(uuids, macs):
        capture.mac = mac
        capture.lease(uuid=uuid).get("pxelinux.0").wait(5)
    return capture


def late(seconds):
    capture = Capture().lease("ipxe.pxe").get("ipxe.pxe").wait(seconds)
    return capture.dhcp("discover", ipxe=True).dhcp("offer", file="boot.ipxe").dhcp("request", ipxe=True, wants=SERVER).dhcp("ack", file="boot.ipxe").get("boot.ipxe", 300)


def uefi(name="ipxe.efi", arch=7):
    return Capture().lease(name, arch=arch).get(name, 900_000)


def repeated(name, times=4, answer=None):
    capture = Capture().lease()
    capture.port = 2071
    for _ in range(times):
        capture.request(name, port=2071, options=(("blksize", 1408),))
        if answer:
            capture.oack(blksize=1408)
        capture.wait(2)
    return capture


def blocks(blksize, acked=False):
    capture = Capture().lease().request("pxelinux.0", options=(("blksize", blksize),)).oack(blksize=blksize).ack(0)
    for _ in range(4):
        capture.reply(struct.pack("!HH", 3, 1) + bytes(blksize)).wait(1)
    return capture.ack(1) if acked else capture


def long_transfer(count, more=0):
    capture = Capture().lease().request("big.img", options=(("blksize", 8),)).oack(blksize=8).ack(0)
    for block in range(1, count + more + 1):
        capture.reply(struct.pack("!HH", 3, block % 65536) + bytes(8)).ack(block)
    if not more:
        for _ in range(3):
            capture.reply(struct.pack("!HH", 3, (count + 1) % 65536) + bytes(8)).wait(1)
    return capture.reply(struct.pack("!HH", 3, (count + more + 1) % 65536)).ack(count + more + 1) if more else capture.wait(20)


def middle(more):
    return Capture().lease().get("pxelinux.0").get("vmlinuz", 500_000, stop=200_000).wait(more)


def gave_up(code):
    capture = Capture().lease().get("pxelinux.0").get("vmlinuz", 500_000, stop=200_000)
    return capture.udp(CLIENT, capture.port, SERVER, 40000, struct.pack("!HH", 5, code) + b"no room\0")


def system(kernel, initrd):
    return Capture().lease().get("pxelinux.0").get("pxelinux.cfg/default", 200).get(kernel, 50_000).get(initrd, 50_000)


def installer(wait, *paths):
    capture = Capture().lease().get("pxelinux.0").get("pxelinux.cfg/default", len(INSTALL), content=INSTALL)
    capture.get("linux/vmlinuz", 50_000).get("linux/initrd.img", 50_000).wait(8).http("/images/install.img")
    for path in paths:
        capture.http(path)
    return capture.wait(wait).arp(1, SERVER, SERVER_MAC, "192.168.9.200")


def install_twice(gap):
    capture = Capture()
    for _ in range(2):
        capture.boot().wait(10).http("/ks.cfg", size=900).http("/repodata/repomd.xml").wait(gap)
    return capture


def disk_rounds(rounds, kernel=False):
    capture = Capture()
    for _ in range(rounds):
        capture.lease().get("pxelinux.0").get("pxelinux.cfg/default", 90)
        if kernel:
            capture.get("linux/vmlinuz", 90_000)
        capture.wait(12)
    return capture


ALIVE = ("192.168.9.200", "52:54:00:99:99:99")

# rule: reason, a capture that it must find, one that is nearly the same
RULES = {
    "no_offer": ("DHCP_NO_OFFER", lambda: asks(), lambda: asks(1).dhcp("offer", file="pxelinux.0").dhcp("request", wants=SERVER).dhcp("ack", file="pxelinux.0").get("pxelinux.0")),
    "offer_ignored": ("DHCP_OFFER_IGNORED", lambda: offers(), lambda: offers(2, file="pxelinux.0").dhcp("request", wants=SERVER).dhcp("ack", file="pxelinux.0").get("pxelinux.0")),
    "no_boot_file": ("DHCP_NO_BOOT_FILE", lambda: Capture().lease(""), lambda: Capture().lease("", pxe=False)),
    "no_offer6": ("DHCP_NO_OFFER", lambda: asks6(), lambda: asks6().dhcp6("advertise", url="tftp://[2001:db8::1]/a.efi").wait(30)),
    "no_boot_file6": ("DHCP_NO_BOOT_FILE", lambda: asks6(1).dhcp6("advertise").dhcp6("request").dhcp6("reply").wait(9).dhcp6("request"),
                      lambda: asks6(1).dhcp6("advertise", url="tftp://[2001:db8::1]/a.efi").dhcp6("request").dhcp6("reply", url="tftp://[2001:db8::1]/a.efi").wait(9).dhcp6("request")),
    "wrong_server": ("DHCP_WRONG_SERVER", lambda: two_offers("pxelinux.0").dhcp("request", wants=SERVER).dhcp("ack"),
                     lambda: two_offers("pxelinux.0").dhcp("request", wants=OTHER).dhcp("ack", server=OTHER, file="pxelinux.0")),
    "two_servers": ("OTHER_DHCP_SERVER", lambda: two_offers("pxelinux.0"), lambda: Capture().dhcp("discover").dhcp("offer", file="x.0").dhcp("offer", file="x.0")),
    "refused": ("DHCP_REFUSED", lambda: Capture().dhcp("request", wants=SERVER).dhcp("nak"), lambda: Capture().dhcp("request", wants=SERVER).dhcp("nak").lease().get("pxelinux.0")),
    "address_conflict": ("ADDRESS_DECLINED", lambda: Capture().lease().get("pxelinux.0").arp(2, CLIENT, ALIVE[1], SERVER),
                         lambda: Capture().lease().get("pxelinux.0").arp(2, CLIENT, CLIENT_MAC, SERVER)),
    "uuid_shared": ("UUID_SHARED", lambda: with_uuid(UUIDS[0], UUIDS[0], macs=(CLIENT_MAC, ALIVE[1])), lambda: with_uuid(*UUIDS, macs=(CLIENT_MAC, ALIVE[1]))),
    "card_shared": ("CARD_SHARED", lambda: with_uuid(*UUIDS), lambda: with_uuid(UUIDS[0], UUIDS[0])),
    "link_late": ("LINK_LATE", lambda: late(31), lambda: late(3)),
    "architecture_unknown": ("ARCHITECTURE_UNKNOWN", lambda: offers(2, {"arch": 99}), lambda: uefi("shimx64.efi", 9).get("grubx64.efi")),
    "wrong_firmware": ("LOADER_WRONG_FIRMWARE", lambda: Capture().lease("pxelinux.0", arch=7).get("pxelinux.0"), lambda: Capture().lease("pxelinux.0", arch=0).get("pxelinux.0")),
    "loader_rejected": ("LOADER_REJECTED", lambda: uefi().wait(3).dhcp("discover", arch=7), lambda: uefi().wait(3).dhcp("discover", arch=7, ipxe=True)),
    "loader_no_network": ("LOADER_NO_NETWORK", lambda: Capture().lease("ipxe.pxe").get("ipxe.pxe").wait(30).arp(1, SERVER, SERVER_MAC, "192.168.9.200"),
                          lambda: Capture().lease("ipxe.pxe").get("ipxe.pxe").wait(3).dhcp("discover", ipxe=True).wait(30).arp(1, SERVER, SERVER_MAC, "192.168.9.200")),
    "name_case": ("FILE_NAME_CASE", lambda: Capture().lease().get("boot/XPLDR").missing("boot/xpldr"), lambda: Capture().lease().get("boot/XPLDR").missing("boot/xpldr2")),
    "name_junk": ("FILE_NAME_JUNK", lambda: Capture().lease().missing(b"pxelinux.0\xff"), lambda: Capture().lease().missing("pxelinux.0")),
    "file_not_found": ("FILE_NOT_FOUND", lambda: Capture().lease().get("pxelinux.0").missing("ldlinux.c32"),
                       lambda: Capture().lease().get("pxelinux.0").missing("pxelinux.cfg/01-52-54-00-12-34-56").get("pxelinux.cfg/default", 90)),
    "config_absent": ("BOOT_CONFIG_ABSENT", lambda: Capture().lease().get("pxelinux.0").missing("pxelinux.cfg/C0A80932").missing("pxelinux.cfg/default"),
                      lambda: Capture().lease().get("pxelinux.0").missing("pxelinux.cfg/C0A80932").get("pxelinux.cfg/default", 90)),
    "file_forbidden": ("FILE_FORBIDDEN", lambda: Capture().lease().missing("pxelinux.0", 2, "Permission denied"), lambda: Capture().lease().missing("pxelinux.0", 0, "tsize probe")),
    "tftp_closed": ("TFTP_CLOSED", lambda: Capture().lease().request("pxelinux.0").unreachable(3, 69), lambda: Capture().lease().request("pxelinux.0").unreachable(3, 53)),
    "tftp_silent": ("TFTP_SILENT", lambda: repeated("pxelinux.0"), lambda: repeated("pxelinux.0", 1).get("pxelinux.0")),
    "answer_lost": ("TFTP_ANSWER_LOST", lambda: repeated("pxelinux.0", answer=True), lambda: repeated("pxelinux.0", 1, answer=True).ack(0).get("pxelinux.0")),
    "block_above_mtu": ("TFTP_BLOCK_ABOVE_MTU", lambda: blocks(1468), lambda: blocks(1468, acked=True)),
    "rollover": ("TFTP_ROLLOVER", lambda: long_transfer(65535), lambda: long_transfer(65535, 200)),
    "truncated": ("TRANSFER_TRUNCATED", lambda: Capture().lease().get("pxelinux.0", 20_000, tsize=30_000), lambda: Capture().lease().get("pxelinux.0", 30_000)),
    "stopped": ("TRANSFER_TIMEOUT", lambda: middle(1).arp(1, *ALIVE, CLIENT).wait(20).arp(1, *ALIVE, CLIENT), lambda: middle(1)),
    "gave_up": ("TRANSFER_ABORTED", lambda: gave_up(3), lambda: Capture().lease().request("pxelinux.0").oack(tsize=100, blksize=1408).udp(
        CLIENT, 2071, SERVER, 40000, struct.pack("!HH", 5, 8) + b"User aborted\0").get("pxelinux.0")),
    "kernel_mixed": ("KERNEL_MIXED", lambda: system("vmlinuz-6.1.0-18-amd64", "initrd.img-5.10.0-28-amd64"), lambda: system("vmlinuz-6.1.0-18-amd64", "initrd.img-6.1.0-18-amd64")),
    "memory_small": ("MEMORY_TOO_SMALL", lambda: Capture().boot().http("/live/filesystem.squashfs", size=900_000_000, stop=30_000_000, end="R"),
                     lambda: Capture().boot().http("/live/filesystem.squashfs", size=30_000_000)),
    "root_not_found": ("ROOT_NOT_FOUND", lambda: Capture().boot().http("/live/filesystem.squashfs", 404), lambda: Capture().boot().http("/a/filesystem.squashfs", 404).http("/live/filesystem.squashfs")),
    "answer_absent": ("ANSWER_ABSENT", lambda: Capture().boot().http("/ks.cfg", 404), lambda: Capture().boot().http("/ks.cfg", size=900)),
    "answer_not_asked": ("ANSWER_NOT_ASKED", lambda: installer(120), lambda: installer(120, "/ks.cfg")),
    "mirror_unreachable": ("MIRROR_UNREACHABLE", lambda: Capture().boot().http("/ks.cfg", size=900).syn("203.0.113.9"), lambda: Capture().boot().http("/ks.cfg", size=900).syn("203.0.113.9", times=1, answer="SA")),
    "installer_waits": ("INSTALLER_WAITS", lambda: installer(200, "/ks.cfg"), lambda: installer(60, "/ks.cfg")),
    "reinstall_loop": ("REINSTALL_LOOP", lambda: install_twice(600), lambda: install_twice(20)),
    "disk_boot_failed": ("DISK_BOOT_FAILED", lambda: disk_rounds(4), lambda: disk_rounds(4, kernel=True)),
    "tls_refused": ("TLS_CLOCK", lambda: Capture().boot().alert(45), lambda: Capture().boot().alert(0)),
    "silent_client": ("CLIENT_HALTED", lambda: Capture().lease().get("pxelinux.0").missing("XPLDR").wait(1).arp(1, SERVER, SERVER_MAC, CLIENT).wait(1).arp(1, SERVER, SERVER_MAC, CLIENT),
                      lambda: Capture().lease().get("pxelinux.0").missing("XPLDR").wait(1).arp(1, SERVER, SERVER_MAC, CLIENT).arp(2, CLIENT, CLIENT_MAC, SERVER)),
}
# Logs alone tell these.
LOG_RULES = {
    "pool_empty": ("POOL_FULL", "Aug  9 08:36:48 s dhcpd: DHCPDISCOVER from 52:54:00:12:34:56 via eth0: network 10.0.0.0/24: no free leases\n",
                   "Aug  9 08:36:48 s dhcpd: DHCPDISCOVER from 52:54:00:12:34:56 via eth0\nAug  9 08:36:49 s dhcpd: DHCPACK on 10.0.0.9 to 52:54:00:12:34:56 via eth0\n"),
    "network_unknown": ("NO_NETWORK", "Aug  9 08:36:48 s dhcpd: DHCPDISCOVER from 52:54:00:12:34:56 via 10.9.0.1: unknown network segment\n",
                        "Aug  9 08:36:48 s dhcpd: DHCPDISCOVER from 52:54:00:12:34:56 via 10.9.0.1\nAug  9 08:36:49 s dhcpd: DHCPOFFER on 10.9.0.7 to 52:54:00:12:34:56 via 10.9.0.1\n"),
}


def test_every_rule_has_a_capture():
    rows = [line[len("RULE_ROW("):-1] for line in (DOCTOR / "rule_table.h").read_text().splitlines() if line.startswith("RULE_ROW(")]
    assert sorted(rows) == sorted([*RULES, *LOG_RULES])
    assert sorted(rows) == sorted(path.stem for path in (DOCTOR / "rules").glob("*.c"))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_its_failure(rule, tmp_path):
    reason, failure, _ = RULES[rule]
    client = judge(failure(), tmp_path)
    found = [finding["reason"] for finding in client["findings"]]
    assert reason in found, client
    finding = client["findings"][found.index(reason)]
    assert finding["sentence"].startswith((CLIENT, CLIENT_MAC, "2001:db8::50")) and finding["evidence"] and finding["cause"], finding
    if finding["symptom"]:
        assert client["verdict"] != finding["sentence"]
    else:
        assert finding["remedy"] and found[0] == reason, found
        assert client["verdict"] == finding["sentence"] and not client["fine"]


@pytest.mark.parametrize("rule", RULES)
def test_what_is_nearly_its_failure_is_none(rule, tmp_path):
    reason, _, near = RULES[rule]
    client = judge(near(), tmp_path)
    assert reason not in [finding["reason"] for finding in client["findings"]], client


@pytest.mark.parametrize("rule", LOG_RULES)
def test_a_rule_finds_its_failure_in_a_log(rule, tmp_path):
    reason, failure, near = LOG_RULES[rule]
    for text, is_there in ((failure, True), (near, False)):
        (tmp_path / "log").write_text(text)
        client = explain(tmp_path / "log")["clients"][0]
        assert (reason in [finding["reason"] for finding in client["findings"]]) == is_there, client


def test_a_boot_that_went_well_has_no_finding(tmp_path):
    """BIOS and UEFI, an installation with its answer file and packages."""
    capture = Capture().boot().wait(8).http("/images/install.img").http("/ks.cfg", size=700).http("/repodata/repomd.xml").http("/Packages/a.rpm")
    client = judge(capture, tmp_path)
    assert client["fine"] and client["findings"] == [], client
    capture = uefi("shimx64.efi").get("grubx64.efi").missing("grub/grub.cfg-01-52-54-00-12-34-56").get("grub/grub.cfg", 300)
    capture.get("vmlinuz", 100_000).get("initrd.img", 100_000).wait(20).dhcp("discover", pxe=False).dhcp("offer").dhcp("request", pxe=False, wants=SERVER).dhcp("ack")
    client = judge(capture.http("/ks.cfg", size=700), tmp_path)
    assert client["fine"] and client["findings"] == [], client


def test_a_server_of_ipv6_that_has_no_address_left(tmp_path):
    capture = Capture()
    for _ in range(3):
        capture.dhcp6("solicit").dhcp6("advertise", status=2).wait(4)
    client = judge(capture, tmp_path)
    assert [finding["reason"] for finding in client["findings"]] == ["DHCP_NO_OFFER"] and "fe80::1 has none for it" in client["verdict"]


def test_a_system_that_asks_by_ipv6_is_no_boot(tmp_path):
    capture = Capture()
    for _ in range(3):
        capture.dhcp6("solicit", boot=False).wait(4)
    assert explain(capture.write(tmp_path / "boot.pcap"))["clients"] == []


def test_an_architecture_that_is_not_known_by_ipv6(tmp_path):
    client = judge(asks6(arch=41).dhcp6("advertise").wait(9).dhcp6("solicit", arch=41), tmp_path)
    assert client["findings"][0]["reason"] == "ARCHITECTURE_UNKNOWN"


# ---- what people have ----

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures" / "explain"


def test_the_capture_that_somebody_posted():
    """tcpdump -n of a Windows XP setup: between high ports only lengths are known."""
    client, = explain(FIXTURES / "xpldr.tcpdump.txt")["clients"]
    first, *others = client["findings"]
    assert client["address"] == "192.168.1.38" and first["reason"] == "FILE_NOT_FOUND" and first["severity"] == "error"
    assert client["verdict"] == "192.168.1.38 asked 192.168.1.20 for XPLDR, the loader of Windows, and there is no such file."
    assert "19 bytes" in first["evidence"][0]["text"] and first["evidence"][0]["at"] == "17:45:20.512"
    assert "winxp.0 arrived whole (22,454 bytes) from PXELINUX" in first["cause"] and "NTLDR" in first["cause"]
    assert "setupldr.exe" in first["remedy"] and "xpldr" in first["remedy"]
    assert "DHCP is fine" in client["in_order"] and "46,659 bytes" in client["in_order"]
    halted, = others
    assert halted["reason"] == "CLIENT_HALTED" and halted["symptom"] and "3 times" in halted["evidence"][0]["text"]


def test_the_log_that_nobody_could_read():
    """Four offers in the rhythm of PXE firmware and no request; with the no-break space of a web page in it."""
    client, = explain(FIXTURES / "dhcpd-offers-without-request.log")["clients"]
    finding, = client["findings"]
    assert client["mac"] == "00:0c:29:68:fc:29" and finding["reason"] == "DHCP_OFFER_IGNORED"
    assert "+0, +3, +10, +24 s" in finding["evidence"][0]["text"] and "rhythm" in finding["evidence"][0]["text"]
    assert "offered an address 4 times" in client["verdict"] and "nothing that it can boot" in client["verdict"]
    assert "next-server and filename" in finding["remedy"]


TEXTS = [("-n",), (), ("-n", "-e"), ("-n", "-v"), ("-n", "-X"), ("-n", "-e", "-vvv", "-XX"), ("-n", "-tttt", "-v"), ("-n", "-tt")]
TOLD = {
    "file_not_found": "FILE_NOT_FOUND", "silent_client": "FILE_NOT_FOUND", "tftp_closed": "TFTP_CLOSED", "tftp_silent": "TFTP_SILENT", "no_offer": "DHCP_NO_OFFER",
    "config_absent": "BOOT_CONFIG_ABSENT", "block_above_mtu": "TFTP_BLOCK_ABOVE_MTU",
}


@pytest.mark.parametrize("flags", TEXTS, ids=" ".join)
@pytest.mark.parametrize("rule", TOLD)
def test_what_tcpdump_prints_tells_the_same(rule, flags, tmp_path):
    capture = RULES[rule][1]().write(tmp_path / "boot.pcap")
    text = subprocess.run(["tcpdump", *flags, "-r", capture], capture_output=True, timeout=30, check=True).stdout
    (tmp_path / "boot.txt").write_bytes(text)
    answer = explain(tmp_path / "boot.txt")
    assert answer["kind"] == "tcpdump" and answer["clients"][0]["findings"][0]["reason"] == TOLD[rule], answer


@pytest.mark.parametrize("rule, reason", [("offer_ignored", "DHCP_OFFER_IGNORED"), ("no_boot_file", "DHCP_NO_BOOT_FILE"), ("wrong_server", "DHCP_WRONG_SERVER"),
                                          ("two_servers", "OTHER_DHCP_SERVER"), ("wrong_firmware", "LOADER_WRONG_FIRMWARE"), ("refused", "DHCP_REFUSED")])
def test_what_tcpdump_says_of_dhcp_is_read(rule, reason, tmp_path):
    capture = RULES[rule][1]().write(tmp_path / "boot.pcap")
    for flags in (("-n", "-v"), ("-n", "-e", "-vv")):
        text = subprocess.run(["tcpdump", *flags, "-r", capture], capture_output=True, text=True, timeout=30, check=True).stdout
        (tmp_path / "boot.txt").write_text(text)
        client = explain(tmp_path / "boot.txt")["clients"][0]
        assert client["findings"][0]["reason"] == reason and client["mac"] == CLIENT_MAC, client


def test_lines_that_a_mail_program_wrapped_and_quoted_are_read(tmp_path):
    text = (FIXTURES / "xpldr.tcpdump.txt").read_text()
    for width, mark in ((72, ""), (60, "> "), (48, "")):
        wrapped = ""
        for line in text.splitlines():
            while len(line) > width:
                at = line.rfind(" ", 0, width)
                wrapped += mark + line[:at] + "\n"
                line = line[at + 1:]
            wrapped += mark + line + "\n"
        (tmp_path / "wrapped").write_text(wrapped)
        client, = explain(tmp_path / "wrapped")["clients"]
        assert "XPLDR" in client["verdict"] and "22,454" in client["findings"][0]["cause"], (width, client)


def test_standard_input_is_read(tmp_path):
    capture = RULES["config_absent"][1]().write(tmp_path / "boot.pcap")
    for data in (capture.read_bytes(), (FIXTURES / "xpldr.tcpdump.txt").read_bytes()):
        done = subprocess.run([imprint_binary(), "explain", "-", "--json"], input=data, capture_output=True, timeout=30)
        assert json.loads(done.stdout)["clients"][0]["findings"], done.stderr


def write_pcapng(path, packets):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    data = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0))
    for at, frame in packets:
        us = int(at * 1e6)
        data += block(6, struct.pack("<IIIII", 0, us >> 32, us & 0xffffffff, len(frame), len(frame)) + frame)
    path.write_bytes(data)
    return path


def test_captures_of_every_make_are_read(tmp_path):
    capture = RULES["config_absent"][1]()
    files = [write_pcapng(tmp_path / "boot.pcapng", capture.packets)]
    tagged = RULES["config_absent"][1]()
    tagged.packets = [(at, frame[:12] + bytes.fromhex("88a8000a81000007") + frame[12:]) for at, frame in tagged.packets]
    files.append(tagged.write(tmp_path / "vlan.pcap"))
    cooked = RULES["config_absent"][1]()
    cooked.packets = [(at, struct.pack("!HHH", 0, 1, 6) + frame[6:12] + bytes(2) + frame[12:]) for at, frame in cooked.packets]
    files.append(cooked.write(tmp_path / "any.pcap", link=113))
    second = RULES["config_absent"][1]()
    second.packets = [(at, frame[12:14] + bytes(2) + struct.pack("!IHBB", 2, 1, 0, 6) + frame[6:12] + bytes(2) + frame[14:]) for at, frame in second.packets]
    files.append(second.write(tmp_path / "any2.pcap", link=276))
    bare = RULES["config_absent"][1]()
    bare.packets = [(at, frame[14:]) for at, frame in bare.packets]
    files.append(bare.write(tmp_path / "raw.pcap", link=101))
    for file in files:
        client = explain(file)["clients"][0]
        assert client["findings"][0]["reason"] == "BOOT_CONFIG_ABSENT", (file, client)
    short = explain(capture.write(tmp_path / "short.pcap", cut=60))
    assert short["cut"] is True


def test_a_packet_that_was_captured_on_a_bridge_and_its_port_counts_once(tmp_path):
    """tcpdump -i any: a request answered once looked like one that was asked twice."""
    capture = Capture().boot().http("/ks.cfg", size=900)
    capture.packets = [(at + again, struct.pack("!HHH", 0, 1, 6) + frame[6:12] + bytes(2) + frame[12:])
                       for at, frame in capture.packets for again in (0, 0.00002)]
    client, = explain(capture.write(tmp_path / "any.pcap", link=113))["clients"]
    assert client["fine"] and client["findings"] == []
    assert [step["text"].split()[0] for step in client["timeline"]][:5] == ["DISCOVER,", "OFFER", "REQUEST,", "ACK", "TFTP"]


def test_ip6_and_fragments_are_read(tmp_path):
    capture = Capture(client="fd00::50", server="fd00::1").get("pxelinux.0").missing("ldlinux.c32")
    client = judge(capture, tmp_path)
    assert client["findings"][0]["reason"] == "FILE_NOT_FOUND" and client["address"] == "fd00::50"
    capture = Capture().request("big.0", options=(("blksize", 4096),)).oack(blksize=4096).ack(0)
    payload = struct.pack("!HHHH", 40000, capture.port, 8 + 4 + 4096, 0) + struct.pack("!HH", 3, 1) + bytes(4096)
    for offset in range(0, len(payload), 1480):
        part = payload[offset:offset + 1480]
        more = 0x2000 if offset + 1480 < len(payload) else 0
        capture.frame(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), 7, more | offset // 8, 64, 17, 0) + bytes([192, 168, 9, 1, 192, 168, 9, 50]) + part,
                      from_mac=SERVER_MAC, to_mac=CLIENT_MAC)
    capture.ack(1).reply(struct.pack("!HH", 3, 2) + bytes(100)).ack(2)
    client = judge(capture, tmp_path)
    assert "whole, 4,196 bytes" in client["timeline"][0]["text"], client["timeline"]


def test_several_clients_are_judged_each(tmp_path):
    one = RULES["config_absent"][1]()
    other = Capture(mac="52:54:00:aa:00:02", client="192.168.9.60")
    other.lease().get("pxelinux.0").get("pxelinux.cfg/default", 90)
    both = Capture()
    both.packets = sorted(one.packets + other.packets)
    file = both.write(tmp_path / "both.pcap")
    answer = explain(file)
    assert {client["address"]: client["fine"] for client in answer["clients"]} == {CLIENT: False, "192.168.9.60": True}
    assert [client["address"] for client in explain(file, "--client", "52:54:00:aa:00:02")["clients"]] == ["192.168.9.60"]


LOGS = {
    "in.tftpd": "Nov 24 04:00:03 s in.tftpd[9]: RRQ from 192.168.9.50 filename pxelinux.0\nNov 24 04:00:04 s in.tftpd[9]: RRQ from 192.168.9.50 filename ldlinux.c32\n"
                "Nov 24 04:00:04 s in.tftpd[9]: sending NAK (1, File not found) to 192.168.9.50\n",
    "dnsmasq": "Nov 24 04:00:01 s dnsmasq-dhcp[7]: DHCPACK(eth0) 192.168.9.50 52:54:00:12:34:56\nNov 24 04:00:02 s dnsmasq-tftp[7]: sent /srv/pxelinux.0 to 192.168.9.50\n"
               "Nov 24 04:00:02 s dnsmasq-tftp[7]: file /srv/ldlinux.c32 not found for 192.168.9.50\n",
    "wds": "2026-11-24 04:00:01 The Following Client failed TFTP Download: Client IP: 192.168.9.50 Filename: \\Boot\\x64\\ldlinux.c32 ErrorCode: 2 File Size: 0\n",
}


@pytest.mark.parametrize("server", LOGS)
def test_logs_of_tftp_servers_tell_what_is_missing(server, tmp_path):
    (tmp_path / "log").write_text(LOGS[server])
    answer = explain(tmp_path / "log")
    client, = answer["clients"]
    assert answer["kind"] == "log" and client["address"] == CLIENT and client["findings"][0]["reason"] == "FILE_NOT_FOUND" and "ldlinux.c32" in client["verdict"], client


def test_logs_of_kea_and_web_servers_are_read(tmp_path):
    kea = "".join(f"2026-11-24 04:00:{at:02}.123 INFO  [kea-dhcp4.leases/7] DHCP4_LEASE_ADVERT [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: "
                  "lease 192.168.9.50 will be advertised\n" for at in (0, 4, 12, 28))
    (tmp_path / "log").write_text(kea)
    client, = explain(tmp_path / "log")["clients"]
    assert client["findings"][0]["reason"] == "DHCP_OFFER_IGNORED" and "+0, +4, +12, +28" in client["findings"][0]["evidence"][0]["text"]
    (tmp_path / "log").write_text('192.168.9.50 - - [24/Nov/2026:04:00:09 +0000] "GET /vmlinuz HTTP/1.1" 200 153\n'
                                  '192.168.9.50 - - [24/Nov/2026:04:00:19 +0000] "GET /ks.cfg HTTP/1.1" 404 153\n')
    client, = explain(tmp_path / "log")["clients"]
    assert client["findings"][0]["reason"] == "ANSWER_ABSENT" and client["findings"][0]["at"].startswith("2026-11-24T04:00:19"), client


def test_what_is_no_capture_is_refused(tmp_path):
    for name, content in (("notes.txt", b"Dear all\n"), ("empty.pcap", b""), ("cut.pcap", bytes.fromhex("d4c3b2a102"))):
        (tmp_path / name).write_bytes(content)
        done = subprocess.run([imprint_binary(), "explain", str(tmp_path / name)], capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and name in done.stderr and "tcpdump" in done.stderr, done
    done = subprocess.run([imprint_binary(), "explain", str(tmp_path / "nothing.pcap")], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "No such file" in done.stderr, done


def test_a_person_reads_sentences(tmp_path):
    capture = RULES["config_absent"][1]().write(tmp_path / "boot.pcap")
    done = subprocess.run([imprint_binary(), "explain", str(capture), "--timeline"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and done.stdout.startswith(f"{CLIENT} ({CLIENT_MAC}) has a loader that found no configuration")
    for word in ("in order:", "seen", "because", "to do", "DISCOVER", "TFTP pxelinux.0 from"):
        assert word in done.stdout, done.stdout


# ---- played again ----

@pytest.mark.parametrize("rule", RULES)
def test_what_was_captured_can_be_played_again(rule, tmp_path):
    """The client's side of every capture is a scenario that the daemon's own code understands."""
    runner = pathlib.Path(imprint_binary()).resolve().parents[1] / "tests" / "scenario" / "scenario-run"
    for number, make in enumerate(RULES[rule][1:]):
        file = make().write(tmp_path / f"{number}.pcap")
        done = subprocess.run([imprint_binary(), "explain", str(file), "--as-scenario"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "\nnetwork " in done.stdout, done.stderr
        assert "  sends " in done.stdout or "  reads " in done.stdout or "cannot be played" in done.stdout, done.stdout
        played = tmp_path / f"{number}.scn"
        played.write_text(done.stdout)
        run = subprocess.run([str(runner), str(played)], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, done.stdout + run.stdout + run.stderr


def test_the_token_of_an_order_is_not_shown(tmp_path):
    file = Capture().boot().http("/answer/pc7/0123456789abcdef0123456789abcdef/preseed.cfg", size=700).write(tmp_path / "boot.pcap")
    for word in ("--json", "--timeline", "--as-scenario"):
        done = subprocess.run([imprint_binary(), "explain", str(file), word], capture_output=True, text=True, timeout=60)
        assert "0123456789abcdef" not in done.stdout and ("answer/pc7/TOKEN/preseed.cfg" in done.stdout or word == "--json")
