# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges, exclusions, shared networks, short leases, BOOTP, LEASEQUERY and a packaged relay, on a real wire."""

import struct

import pytest

from lab.dhcp import ACK, DhcpClient, option, pxe_options

LEASEQUERY, LEASEUNASSIGNED, LEASEUNKNOWN, LEASEACTIVE = 10, 11, 12, 13
SUBNETS = """
  subnets:
    - network: 192.168.77.0/24
      ranges:
        - { range: 192.168.77.100-192.168.77.103 }
        - { range: 192.168.77.150-192.168.77.150, bootp: yes }
        - { range: 192.168.77.160-192.168.77.161, classes: [phones] }
      exclude: [192.168.77.101]
      routers: [192.168.77.1]
      dns: [192.168.77.102]
      lease: 1h
      lease_min: 10m
      lease_max: 2h
      lease_boot: 5m
      shared: hall
    - network: 10.7.0.0/24
      range: 10.7.0.10-10.7.0.11
      routers: [10.7.0.1]
      shared: hall
    - network: 10.9.0.0/24
      range: 10.9.0.10-10.9.0.20
      routers: [10.9.0.1]
  classes:
    - { name: phones, match: { vendor_class: "Phone*" } }
"""


@pytest.fixture
def hall(lab):
    """A lab whose wire has two subnets, and one more behind a relay that is not there yet."""
    text = lab.config_text(subnets=False)
    lab.start_imprint(text.replace("  mode: server", "  mode: server" + SUBNETS))
    lab.add_host("client")
    return lab


def lease(lab, last, options=b""):
    """A made-up client's acknowledgement, or None."""
    made = DhcpClient(lab, "client", f"52:54:00:77:00:{last:02x}")
    ack = made.lease(options)
    made.close()
    return ack


def lease_time(ack):
    return struct.unpack("!I", ack.options[51])[0]


def test_ranges_are_used_up_one_after_the_other_and_what_servers_have_is_left_out(hall):
    acks = [lease(hall, last) for last in range(5)]
    assert [ack.yiaddr for ack in acks] == [
        "192.168.77.100", "192.168.77.103", "192.168.77.150", "10.7.0.10", "10.7.0.11"]
    assert acks[0].address(3) == "192.168.77.1" and acks[3].address(3) == "10.7.0.1"
    made = DhcpClient(hall, "client", "52:54:00:77:00:99")
    assert made.discover(seconds=1.5) is None
    made.close()
    events = hall.events()
    kept = [event for event in events if "ADDRESS_KEPT" in event["reasons"]]
    assert [event["address"] for event in kept] == ["192.168.77.102"]
    assert sum("POOL_FULL" in event["reasons"] for event in events) == 1


def test_members_of_a_class_get_its_range(hall):
    assert lease(hall, 1, option(60, b"Phone 7")).yiaddr == "192.168.77.160"
    assert lease(hall, 2, option(60, b"printer")).yiaddr == "192.168.77.100"


def test_firmware_gets_a_short_lease_and_systems_what_they_ask_for_within_bounds(hall):
    assert lease_time(lease(hall, 1, pxe_options(7))) == 300
    assert lease_time(lease(hall, 1)) == 3600
    assert lease_time(lease(hall, 1, option(51, struct.pack("!I", 5)))) == 600
    assert lease_time(lease(hall, 1, option(51, struct.pack("!I", 1 << 30)))) == 7200


def test_bootp_gets_an_address_from_its_range(hall):
    made = DhcpClient(hall, "client", "52:54:00:77:00:41")
    answer = made.ask(0)
    made.close()
    assert answer.yiaddr == "192.168.77.150" and 53 not in answer.options and 51 not in answer.options


def add_relay(lab):
    """A host that relays with dnsmasq between the wire and 10.9.0.0/24, and a host behind it."""
    lab.add_host("relay")
    lab.add_host("behind")
    lab.run("ip", "route", "add", "10.9.0.0/24", "via", "192.168.77.2")
    lab.run("ip", "link", "delete", "eth0", host="behind")
    lab.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "inner", "netns", f"{lab.name}-relay", host="behind")
    lab.run("ip", "link", "set", "eth0", "up", host="behind")
    lab.run("ip", "address", "add", "192.168.77.2/24", "dev", "eth0", host="relay")
    lab.run("ip", "address", "add", "10.9.0.1/24", "dev", "inner", host="relay")
    lab.run("ip", "link", "set", "inner", "up", host="relay")
    lab.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1", host="relay")
    lab.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file", "--log-facility=-",
              "--user=root", "--dhcp-relay=10.9.0.1,192.168.77.1", host="relay", log="relay.log")
    lab.wait("the relay", lambda: "10.9.0.1" in (lab.folder / "relay.log").read_text(), 10)


def test_a_packaged_client_behind_a_packaged_relay_gets_a_lease(hall):
    add_relay(hall)
    hall.run("udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true", host="behind", timeout=40)
    leases = [entry for entry in hall.cli_json("lease", "list") if entry["address"].startswith("10.9.0.")]
    assert len(leases) == 1 and leases[0]["mac"] == hall.run("cat", "/sys/class/net/eth0/address", host="behind").stdout.strip()


def test_where_a_relay_says_that_a_machine_is_is_shown_and_moving_is_told(hall):
    hall.run("ip", "route", "add", "10.9.0.0/24", "via", "192.168.77.2")
    hall.run("ip", "address", "add", "192.168.77.2/24", "dev", "eth0", host="client")
    hall.run("ip", "address", "add", "10.9.0.1/24", "dev", "lo", host="client")
    server = hall.run("cat", "/sys/class/net/br0/address").stdout.strip()
    made = DhcpClient(hall, "client", "52:54:00:77:00:31")

    def discover(relay):
        made.xid += 1
        made.send(made.message(1, pxe_options(7) + option(82, relay), giaddr="10.9.0.1", broadcast=False, hops=1), source="10.9.0.1",
                  to="192.168.77.1", from_port=67, to_mac=server)
        return made.receive(5, port=67)

    here = option(1, b"eth0/7") + option(2, bytes.fromhex("001122334455")) + option(5, bytes([10, 9, 0, 1])) + option(6, b"room 12")
    offer = discover(here)
    assert offer.yiaddr.startswith("10.9.0.") and offer.options[82] == here and offer.order[-1] == 82
    place = "relay 10.9.0.1, circuit eth0/7, remote 00:11:22:33:44:55, subscriber room 12"
    assert hall.cli_json("machine", "show", made.mac)["place"] == place
    assert place in hall.cli("machine", "show", made.mac).stdout
    discover(option(1, b"eth0/8"))
    assert any("MACHINE_MOVED" in event["reasons"] for event in hall.events())
    # RFC 5107: the relay's address comes back as the server's, and RFC 3527: the other network is chosen.
    offer = discover(option(11, bytes([10, 9, 0, 1])))
    assert offer.address(54) == "10.9.0.1"
    assert discover(option(5, bytes([192, 168, 77, 0]))).yiaddr.startswith("192.168.77.")
    made.close()


def test_an_address_that_the_server_gets_later_is_left_out(hall):
    hall.run("ip", "address", "add", "192.168.77.100/24", "dev", "br0")
    hall.wait("the warning", lambda: [event for event in hall.events()
                                      if "ADDRESS_KEPT" in event["reasons"] and event["address"] == "192.168.77.100"], 10)
    assert lease(hall, 1).yiaddr == "192.168.77.103"


def test_a_relay_asks_who_has_an_address(hall):
    ack = lease(hall, 1)
    hall.run("ip", "route", "add", "10.9.0.0/24", "via", "192.168.77.2")
    hall.run("ip", "address", "add", "192.168.77.2/24", "dev", "eth0", host="client")
    hall.run("ip", "address", "add", "10.9.0.1/24", "dev", "lo", host="client")
    server = hall.run("cat", "/sys/class/net/br0/address").stdout.strip()
    made = DhcpClient(hall, "client", "52:54:00:77:00:01")

    def ask(mac, ciaddr="0.0.0.0", source="10.9.0.1"):
        made.mac = mac
        made.send(made.message(LEASEQUERY, ciaddr=ciaddr, giaddr="10.9.0.1", broadcast=False), source=source,
                  to="192.168.77.1", from_port=67, to_mac=server)
        return made.receive(1.5, port=67)

    answer = ask("52:54:00:77:00:01")
    assert answer.kind == LEASEACTIVE
    assert 3500 < lease_time(answer) <= 3600 and 91 in answer.options
    assert ask("52:54:00:77:00:02").kind == LEASEUNKNOWN
    assert ask("52:54:00:77:00:01", ciaddr=ack.yiaddr).kind == LEASEACTIVE
    assert ask("52:54:00:77:00:01", ciaddr="192.168.77.103").kind == LEASEUNASSIGNED
    assert ask("52:54:00:77:00:01", source="192.168.77.2") is None
    made.close()
    assert lease(hall, 1).kind == ACK
