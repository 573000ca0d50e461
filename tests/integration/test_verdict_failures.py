# SPDX-License-Identifier: GPL-3.0-or-later
"""The commonest failures of a network boot, each produced for real, and what the daemon says of it by itself, in time."""

import time

from lab.dhcp import ACK, DECLINE, OFFER, DhcpClient, option, pxe_options
from lab.site import start_other_dhcp
from lab.tftp import DATA, OACK
from lab.tftp import Client as TftpClient

MAC = "52:54:00:77:00:01"
BIOS = pxe_options(0)
DISCOVER = 1
IN_TIME_S = 10  # after the moment at which the client should have gone on
PATIENCE_S = 10  # the longest that such a client is given to go on


def begin(lab, **options):
    """The daemon as the site's DHCP server, and a machine made of bytes."""
    lab.start_imprint(config=lab.config_text(mode="server", **options).replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))
    return add(lab, "client", MAC)


def add(lab, name, mac):
    """One more machine."""
    lab.add_host(name)
    lab.run("ip", "link", "set", "dev", "eth0", "address", mac, host=name)
    client = DhcpClient(lab, name, mac)
    client.host = name
    return client


def take_address(lab, client, options=BIOS):
    """Gets an address, a new boot each time; returns the boot file's name."""
    client.xid += 1
    offer = client.ask(DISCOVER, options)
    assert offer is not None and offer.kind == OFFER
    ack = client.request(offer, options)
    assert ack.kind == ACK
    lab.run("ip", "address", "flush", "dev", "eth0", host=client.host)
    lab.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host=client.host)
    return ack.file or offer.file


def verdicts(lab):
    """(reason, text) of all verdicts so far."""
    return [(event["reasons"][0], event["text"]) for event in lab.events() if event["kind"] == "verdict"]


def told(lab, reason, patience_s=PATIENCE_S):
    """Waits for the verdict, which must be the first one, and returns its text."""
    lab.wait(f"the verdict {reason}", lambda: verdicts(lab), patience_s + IN_TIME_S)
    assert verdicts(lab)[0][0] == reason, verdicts(lab)
    return verdicts(lab)[0][1]


def test_an_architecture_that_nobody_has_a_loader_for(lab):
    client = begin(lab)
    assert client.ask(DISCOVER, pxe_options(41)) is not None  # Raspberry Pi
    assert "41" in told(lab, "ARCHITECTURE_UNKNOWN")


def test_two_servers_and_the_wrong_one_wins(lab):
    client = begin(lab)
    start_other_dhcp(lab)
    lab.wait("the other server", lambda: "OTHER_DHCP_SERVER" in str(lab.events()))
    client.xid += 1
    client.send(client.message(DISCOVER, BIOS))
    offers = [offer for offer in (client.receive(3), client.receive(3)) if offer is not None]
    assert len(offers) == 2, offers
    other = next(offer for offer in offers if not offer.file)
    assert client.request(other, BIOS) is not None
    assert f"{lab.network}.2" in told(lab, "DHCP_WRONG_SERVER")


def test_a_pool_that_has_nothing_left(lab):
    first = begin(lab, pool="100-100")
    take_address(lab, first)
    second = add(lab, "second", "52:54:00:77:00:02")
    for pause in (4, 8):
        assert second.ask(DISCOVER, BIOS, seconds=1) is None
        time.sleep(pause)
    told(lab, "POOL_FULL")


def test_a_network_behind_a_router_that_nobody_named(lab):
    client = begin(lab)
    for pause in (4, 8):
        assert client.ask(DISCOVER, BIOS, seconds=1, giaddr="10.99.0.1") is None
        time.sleep(pause)
    told(lab, "NO_NETWORK")


def test_an_address_that_somebody_else_uses(lab):
    client = begin(lab)
    offer = client.ask(DISCOVER, BIOS)
    ack = client.request(offer, BIOS)
    client.send(client.message(DECLINE, option(50, bytes(map(int, ack.yiaddr.split(".")))) + option(54, bytes(map(int, lab.address.split("."))))))
    told(lab, "ADDRESS_DECLINED")


def test_blocks_that_are_larger_than_the_path_lets_through(lab):
    client = begin(lab)
    name = take_address(lab, client)
    with TftpClient(lab, "client") as tftp:
        tftp.ask(name, (("blksize", "1468"),))
        tftp.expect(OACK)
        tftp.ack(0)  # and not one block arrives
        began = time.monotonic()
        assert "1468" in told(lab, "TFTP_BLOCK_ABOVE_MTU")
        assert time.monotonic() - began < IN_TIME_S


def test_a_firewall_that_drops_the_answers(lab):
    client = begin(lab)
    name = take_address(lab, client)
    lab.run("nft", "add table inet f; add chain inet f i { type filter hook input priority 0; }; add rule inet f i udp sport != 67 drop", host="client")
    lab.run("curl", "--silent", "--max-time", "20", "--output", "/dev/null", f"tftp://{lab.address}/{name}", host="client", check=False)
    told(lab, "TFTP_ANSWER_LOST")


def test_a_client_that_cannot_count_beyond_65535(lab):
    root = lab.make_folder("tftp")
    (root / "big.img").write_bytes(bytes(70000 * 512))
    client = begin(lab)
    take_address(lab, client)
    with TftpClient(lab, "client") as tftp:
        tftp.ask("big.img", (("windowsize", "64"), ("blksize", "512")))
        tftp.expect(OACK)
        tftp.ack(0)
        block = 0
        while block < 65535:
            packet = tftp.receive()
            assert packet is not None and packet.operation == DATA
            if packet.block == (block + 1) % 65536:
                block += 1
                if block % 64 == 0 or block == 65535:
                    tftp.ack(block)
        assert "65,535" in told(lab, "TFTP_ROLLOVER")


def test_a_file_that_the_server_may_not_read(lab):
    root = lab.make_folder("tftp")
    client = begin(lab)
    (root / "secret.efi").write_bytes(b"MZ")
    (root / "secret.efi").chmod(0o600)
    take_address(lab, client)
    lab.run("curl", "--silent", "--output", "/dev/null", f"tftp://{lab.address}/secret.efi", host="client", check=False)
    assert "secret.efi" in told(lab, "FILE_FORBIDDEN")


def test_a_loader_that_was_not_heard_for_long(lab):
    client = begin(lab)
    name = take_address(lab, client)
    lab.run("curl", "--silent", "--fail", "--output", "/dev/null", f"tftp://{lab.address}/{name}", host="client")
    time.sleep(17)
    client.xid += 1
    assert client.ask(DISCOVER, pxe_options(0, ipxe=True)) is not None
    lab.wait("a verdict of the link", lambda: "LINK_LATE" in [reason for reason, _ in verdicts(lab)], PATIENCE_S + IN_TIME_S)


def test_two_machines_with_one_uuid(lab):
    uuid = bytes(range(1, 17))
    first = begin(lab)
    second = add(lab, "second", "52:54:00:77:00:02")
    take_address(lab, first, pxe_options(0, uuid=uuid))
    take_address(lab, second, pxe_options(0, uuid=uuid))
    lab.wait("a verdict of the UUID", lambda: "UUID_SHARED" in [reason for reason, _ in verdicts(lab)] or "IDENTITY_CONFLICT" in str(lab.events()), PATIENCE_S + IN_TIME_S)
