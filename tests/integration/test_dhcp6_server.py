# SPDX-License-Identifier: GPL-3.0-or-later
"""The DHCPv6 server on a real wire: packaged clients, a packaged relay, and what no packaged client can be made to say."""

import os
import random
import re
import signal
import struct

import pytest

from lab.dhcp6 import (ADVERTISE, BOOT_URL, CONFIRM, DECLINE, DNS, DOMAINS, IA_PD, INFORMATION, NO_BINDING, NOT_ON_LINK, RAPID, REBIND,
                       RELEASE, RENEW, REPLY, REQUEST, SERVER_ID, SOLICIT, USE_MULTICAST, USER_CLASS, VENDOR_CLASS, WANTED,
                       Dhcp6Client, Reply, association, firmware_options, ip6, option)

SERVER = "2001:db8:77::1"
MAC = "52:54:00:12:34:01"
WANTS = option(WANTED, struct.pack("!2H", DNS, DOMAINS))
SECTION = f"""
dhcp6:
  mode: server
  subnets:
    - prefix: 2001:db8:77::/64
      range: 2001:db8:77::1000-2001:db8:77::1fff
      dns: [{SERVER}]
      domain: example.test
      lease: 2h
      lease_boot: 10m
      router_advertisements: managed
    - prefix: 2001:db8:9::/64
      range: 2001:db8:9::1000-2001:db8:9::1fff
"""


def start(lab, section=SECTION):
    """imprint with that section on a bridge that has an IPv6 address."""
    lab.start_imprint(lab.config_text(extra=section))
    return lab


@pytest.fixture
def served(lab):
    """A lab with imprint serving IPv6 addresses and one host."""
    lab.run("ip", "-6", "address", "add", f"{SERVER}/64", "dev", "br0", "nodad")
    start(lab)
    lab.add_host("client")
    return lab


@pytest.fixture
def client(served):
    """A made-up client in that lab."""
    made = Dhcp6Client(served, "client", MAC)
    yield made
    made.close()


def in_range(address, network="2001:db8:77"):
    return address is not None and address.startswith(f"{network}::1") and len(address.split("::")[1]) == 4


def test_a_client_gets_an_address_and_all_it_asks_for(client):
    offer = client.solicit(WANTS)
    assert offer.kind == ADVERTISE and in_range(offer.address)
    reply = client.request(WANTS, address=offer.address)
    assert reply.kind == REPLY and reply.address == offer.address
    assert reply.addresses[1][1:] == (4500, 7200) and reply.times[1] == (2250, 3600)
    assert reply.options[DNS] == ip6(SERVER)
    assert reply.options[DOMAINS] == b"\x07example\x04test\0"
    assert BOOT_URL not in reply.options and VENDOR_CLASS not in reply.options


def test_the_same_client_gets_the_same_address_again_and_another_one_another(served, client):
    first = client.lease().address
    assert client.lease().address == first
    other = Dhcp6Client(served, "client", "52:54:00:12:34:02")
    assert in_range(other.lease().address) and other.lease().address != first
    other.close()


def test_one_machine_keeps_its_address_through_firmware_loader_and_system(served, client):
    """EDK2 and iPXE with a DUID-UUID in two byte orders and IAIDs of their own, then systems with a DUID-LLT and a DUID-EN."""
    addresses = set()
    uuid = bytes(range(16))
    stages = [(b"\0\4" + uuid, 1, firmware_options()), (b"\0\4" + uuid, 2, option(USER_CLASS, b"\0\x04iPXE")),
              (b"\0\1\0\1\1\2\3\4" + bytes(6), 3, b""), (b"\0\2\0\0\xab\x11" + bytes(8), 4, b"")]
    for duid, iaid, options in stages:
        client.duid = duid
        addresses.add(client.lease(options, iaid=iaid).address)
    assert len(addresses) == 1


def test_a_lease_survives_the_daemon(served, client):
    first = client.lease().address
    served.stop_imprint(signal.SIGKILL)
    start(served)
    server = client.server
    reply = client.ask(RENEW, association(1, first), server=True)
    assert reply.kind == REPLY and reply.address == first
    assert reply.options[SERVER_ID] == server  # it is the same server still
    assert client.ask(REBIND, association(1, first)).address == first


def test_a_lease_that_is_not_known_is_asked_for_anew_and_a_foreign_one_left_alone(client):
    client.solicit()
    assert client.ask(RENEW, association(7, "2001:db8:77::1234"), server=True).statuses == {7: NO_BINDING}
    assert client.ask(REBIND, association(7, "2001:db8:77::1234"), seconds=1) is None
    gone = client.ask(REBIND, association(7, "2001:db8:3::1"))
    assert gone.addresses == {} and gone.gone == {7: ["2001:db8:3::1"]}


def test_a_client_that_moved_is_told_so(client):
    client.solicit()
    assert client.ask(CONFIRM, association(1, "2001:db8:77::1234")).status == 0
    assert client.ask(CONFIRM, association(1, "2001:db8:3::1")).status == NOT_ON_LINK
    assert client.request(address="2001:db8:3::1").statuses == {1: NOT_ON_LINK}


def test_a_released_address_is_kept_for_who_had_it_and_a_declined_one_for_nobody(served, client):
    first = client.lease().address
    assert client.ask(RELEASE, association(1, first), server=True).status == 0
    other = Dhcp6Client(served, "client", "52:54:00:12:34:02")
    assert other.lease().address != first
    other.close()
    assert client.lease().address == first
    assert client.ask(DECLINE, association(1, first), server=True).status == 0
    second = client.lease().address
    assert in_range(second) and second != first
    assert any("ADDRESS_DECLINED" in event["reasons"] for event in served.events())


def test_another_servers_messages_and_servers_own_are_not_answered(client):
    client.solicit()
    own, client.server = client.server, b"\0\3\0\1\2\2\2\2\2\2"
    assert client.ask(REQUEST, association(1), server=True, seconds=1) is None
    client.server = own
    assert client.ask(SOLICIT, association(1), server=True, seconds=0.5) is None
    assert client.ask(ADVERTISE, association(1), server=True, seconds=0.5) is None
    assert client.ask(SOLICIT, association(1), client=False, seconds=0.5) is None
    assert client.lease().kind == REPLY


def test_who_asks_by_unicast_is_sent_to_the_group(served, client):
    client.solicit()
    served.run("ip", "-6", "address", "add", "2001:db8:77::50/64", "dev", client.interface, "nodad", host="client")
    reply = client.ask(REQUEST, association(1), server=True, to=SERVER)
    assert reply.status == USE_MULTICAST and reply.addresses == {}


def test_rapid_commit_is_off_unless_it_is_switched_on(served, client):
    assert client.solicit(option(RAPID)).kind == ADVERTISE
    served.stop_imprint()
    start(served, SECTION.replace("      lease: 2h", "      lease: 2h\n      rapid_commit: yes"))
    reply = client.solicit(option(RAPID))
    assert reply.kind == REPLY and RAPID in reply.options and in_range(reply.address)


def test_prefixes_are_not_delegated(client):
    reply = client.ask(SOLICIT, option(IA_PD, struct.pack("!III", 5, 0, 0)))
    assert reply.options[IA_PD].startswith(struct.pack("!IIIHH", 5, 0, 0, 13, 2 + len("no prefixes are delegated here")))


def test_who_has_an_address_is_told_the_rest(served, client):
    reply = client.ask(INFORMATION, WANTS)
    assert reply.kind == REPLY and reply.options[DNS] == ip6(SERVER)
    served.stop_imprint()
    start(served, SECTION.replace("mode: server", "mode: stateless").replace("managed", "other"))
    assert client.ask(INFORMATION, WANTS).options[DNS] == ip6(SERVER)
    assert client.solicit(seconds=1) is None


def test_firmware_is_told_its_loader_and_gets_a_short_lease(client):
    offer = client.solicit(firmware_options(7))
    assert offer.options[BOOT_URL] == f"tftp://[{SERVER}]/snponly.efi".encode()  # no GRUB of Debian's takes its network from DHCPv6
    assert VENDOR_CLASS not in offer.options  # EDK2 would look for a boot server
    reply = client.request(firmware_options(7), address=offer.address)
    assert reply.options[BOOT_URL] == offer.options[BOOT_URL]
    assert reply.addresses[1][2] == 600
    machines = client.lab.cli_json("machine", "list")
    assert [machine["macs"] for machine in machines] == [[MAC]]


def test_http_boot_is_told_a_url_and_its_class(client):
    offer = client.solicit(firmware_options(16, http=True))
    assert offer.options[BOOT_URL].startswith(f"http://[{SERVER}]".encode())
    assert offer.options[VENDOR_CLASS] == struct.pack("!IH", 343, 10) + b"HTTPClient"
    script = client.solicit(option(USER_CLASS, b"\0\x04iPXE"), option(61, b"\0\x07")).options[BOOT_URL]
    assert script.startswith(f"http://[{SERVER}]".encode())


def test_a_reserved_address_is_its_machines_whatever_it_calls_itself(served, client):
    first = client.lease().address
    served.cli("machine", "add", "desk", "--mac", MAC, "--address6", "2001:db8:77::77")
    moved = client.ask(RENEW, association(1, first), server=True)
    assert moved.address == "2001:db8:77::77" and moved.gone == {1: [first]}
    client.duid = b"\0\2\0\0\xab\x11" + bytes(8)
    assert client.lease(iaid=9).address == "2001:db8:77::77"
    served.cli("machine", "edit", "desk", "--address6", "2001:db8:77::1234")
    assert client.lease(iaid=9).address == "2001:db8:77::1234"
    other = Dhcp6Client(served, "client", "52:54:00:12:34:02")
    assert other.solicit() and other.request(address="2001:db8:77::1234").address != "2001:db8:77::1234"
    other.close()
    done = served.cli("machine", "add", "other", "--mac", "52:54:00:12:34:03", "--address6", "2001:db8:77::1234", check=False)
    assert done.returncode != 0 and "reserved for the machine 'desk'" in done.stderr


def test_fifty_requests_at_once_get_fifty_addresses_that_outlive_a_crash(served):
    """One system with fifty IAIDs (one card with fifty DUIDs would be one machine): all ask before the first answer is read."""
    made = Dhcp6Client(served, "client", MAC)
    made.solicit()
    numbers = range(1, 51)

    def ask_all(kind, known):
        for number in numbers:
            made.xid = number.to_bytes(3, "big")
            made.send(made.message(kind, association(number, *known.get(number, [])), server=True))
        given = {}
        while len(given) < len(numbers):
            reply = Reply(made.socket.recv(4096))
            if reply.kind == REPLY and reply.addresses:
                given[int.from_bytes(reply.xid, "big")] = [reply.address]
        return given

    made.socket.settimeout(10)
    given = ask_all(REQUEST, {})
    assert len({address for [address] in given.values()}) == len(numbers)
    served.stop_imprint(signal.SIGKILL)
    start(served)
    assert ask_all(RENEW, given) == given
    made.close()


def test_garbage_is_counted_and_harms_nobody(client):
    random_source = random.Random(6)
    good = client.message(SOLICIT, association(1), firmware_options())
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(random_source.randrange(1, 8)):
            bad[random_source.randrange(len(bad))] = random_source.randrange(256)
        client.send(bytes(bad[:random_source.randrange(1, len(bad) + 1)]))
    client.send(os.urandom(1200))
    assert client.lease().kind == REPLY


def add_relay(lab):
    """A host that relays with dnsmasq between the wire and 2001:db8:9::/64, and a host behind it."""
    lab.add_host("relay")
    lab.add_host("behind")
    lab.run("ip", "-6", "route", "add", "2001:db8:9::/64", "via", "2001:db8:77::2")
    lab.run("ip", "link", "delete", "eth0", host="behind")
    lab.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "inner", "netns", f"{lab.name}-relay", host="behind")
    lab.run("ip", "link", "set", "eth0", "up", host="behind")
    lab.run("ip", "link", "set", "inner", "up", host="relay")
    lab.run("ip", "-6", "address", "add", "2001:db8:77::2/64", "dev", "eth0", "nodad", host="relay")
    lab.run("ip", "-6", "address", "add", "2001:db8:9::1/64", "dev", "inner", "nodad", host="relay")
    lab.run("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1", host="relay")
    lab.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file", "--log-facility=-",
              "--user=root", f"--dhcp-relay=2001:db8:9::1,{SERVER}", host="relay", log="relay.log")
    lab.wait("the relay", lambda: "2001:db8:9::1" in (lab.folder / "relay.log").read_text(), 10)


def test_a_client_behind_a_packaged_relay_gets_an_address_of_its_network(served):
    add_relay(served)
    made = Dhcp6Client(served, "behind", MAC)
    reply = made.lease(firmware_options(7))
    made.close()
    assert in_range(reply.address, "2001:db8:9")
    assert reply.options[BOOT_URL].startswith(b"tftp://[")
    assert [machine["macs"] for machine in served.cli_json("machine", "list")] == [[MAC]]


def run_dhclient(lab):
    folder = lab.folder
    script = folder / "script6"
    script.write_text(f"#!/bin/sh\nenv | grep ^new_ >> {folder}/seen6\n")
    script.chmod(0o755)
    lab.start("dhclient", "-6", "-d", "-1", "-cf", "/dev/null", "-sf", script, "-lf", folder / "dhclient6.leases", "-pf", folder / "pid6",
              "eth0", host="client", log="dhclient6.log")
    lab.wait("its lease", lambda: "new_ip6_address" in ((folder / "seen6").read_text() if (folder / "seen6").exists() else ""), 30)
    seen = dict(line.split("=", 1) for line in (folder / "seen6").read_text().splitlines() if "=" in line)
    assert seen["new_dhcp6_name_servers"] == SERVER
    return seen["new_ip6_address"]


def run_dhcpcd(lab):
    script = lab.folder / "hook"
    script.write_text(f"#!/bin/sh\nenv | grep -E '^new_dhcp6_ia_na1_ia_addr1=|^new_dhcp6_name' >> {lab.folder}/seen-dhcpcd\n")
    script.chmod(0o755)
    config = lab.folder / "dhcpcd.conf"
    config.write_text("duid\nnoipv4\nslaac hwaddr\nia_na\noption dhcp6_name_servers\n")
    lab.start("dhcpcd", "-6", "-B", "-f", config, "-c", script, "eth0", host="client", log="dhcpcd.log")
    seen = lab.folder / "seen-dhcpcd"
    lab.wait("its lease", lambda: seen.exists() and "ia_addr1=" in seen.read_text(), 40)
    return seen.read_text().split("ia_addr1=")[1].split()[0]


# Its files are in folders of its own, and a /sys that it cannot write tells it that there is no udev to wait for.
NETWORKD = """set -e
mount -t tmpfs tmpfs /run/systemd
mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases
printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=ipv6\\nIPv6AcceptRA=yes\\n[DHCPv6]\\nUseHostname=no\\n' \\
    >/run/systemd/network/10-eth0.network
chmod -R a+rX /run/systemd
chown -R systemd-network /run/systemd/netif
mount -o remount,bind,ro /sys || mount -t sysfs -o ro sysfs /sys
SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console exec /lib/systemd/systemd-networkd
"""


def run_networkd(lab):
    script = lab.folder / "networkd.sh"
    script.write_text(NETWORKD)
    lab.start("unshare", "--mount", "sh", script, host="client", log="networkd.log")
    address = lab.wait("its address", lambda: re.search(r"inet6 (2001:db8:77::\S+)/128", lab.run(
        "ip", "-6", "address", "show", "dev", "eth0", host="client").stdout), 30)
    return address.group(1)


@pytest.mark.parametrize("run", [run_dhclient, run_dhcpcd, run_networkd])
def test_a_packaged_client_gets_an_address(served, run):
    served.wait("a link-local address", lambda: "fe80" in served.run(
        "ip", "-6", "address", "show", "dev", "eth0", "scope", "link", "-tentative", host="client").stdout, 10)
    assert in_range(run(served))
