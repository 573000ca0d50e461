# SPDX-License-Identifier: GPL-3.0-or-later
"""The DHCP server on a real wire: packaged clients, relays, and what no packaged client can be made to say."""

import signal
import struct
import uuid as uuids

import pytest

from lab.dhcp import ACK, DECLINE, INFORM, NAK, RELEASE, REQUEST, DhcpClient, ip, option, pxe_options

MAC = "52:54:00:12:34:01"


@pytest.fixture
def served(lab):
    """A lab with imprint serving addresses and one host."""
    lab.start_imprint()
    lab.add_host("client")
    return lab


@pytest.fixture
def client(served):
    """A made-up client in that lab."""
    made = DhcpClient(served, "client", MAC)
    yield made
    made.close()


def in_pool(address):
    return address.startswith("192.168.77.") and 100 <= int(address.split(".")[3]) <= 199


def test_a_client_gets_an_address_and_all_it_needs(client):
    ack = client.lease()
    assert ack.kind == ACK and in_pool(ack.yiaddr)
    assert ack.address(1) == "255.255.255.0"
    assert ack.address(3) == ack.address(6) == ack.address(54) == "192.168.77.1"
    assert ack.options[15] == b"example.test"
    assert struct.unpack("!I", ack.options[51])[0] == 3600
    assert 67 not in ack.options and 60 not in ack.options and ack.file == ""


def test_the_same_client_gets_the_same_address_again(client):
    first = client.lease()
    client.xid += 1
    assert client.lease().yiaddr == first.yiaddr


def test_one_machine_keeps_its_address_through_rom_loader_and_system(client):
    """BIOS ROM with a UUID as client identifier, iPXE, an OS with a DUID: four identities, one MAC, one address."""
    addresses = set()
    for identity in (b"", option(61, b"\0" + bytes(16)), option(61, b"\x01" + bytes.fromhex(MAC.replace(":", ""))),
                     option(61, b"\xff\x11\x22\x33\x44\0\x01\0\x01" + bytes(10))):
        client.xid += 1
        addresses.add(client.lease(identity).yiaddr)
    assert len(addresses) == 1


def test_another_client_gets_another_address(served, client):
    other = DhcpClient(served, "client", "52:54:00:12:34:02")
    assert client.lease().yiaddr != other.lease().yiaddr
    other.close()


def test_a_lease_survives_the_daemon(served, client):
    first = client.lease()
    served.stop_imprint(signal.SIGKILL)
    served.start_imprint()
    client.xid += 1
    renewed = client.ask(REQUEST, option(50, ip(first.yiaddr)))
    assert renewed.kind == ACK and renewed.yiaddr == first.yiaddr


def test_a_request_for_an_address_of_another_network_is_refused_at_once(client):
    client.lease()
    answer = client.ask(REQUEST, option(50, ip("10.1.2.3")))
    assert answer.kind == NAK and answer.yiaddr == "0.0.0.0"


def test_an_unknown_client_that_wants_its_old_address_back_hears_nothing(client):
    assert client.ask(REQUEST, option(50, ip("192.168.77.150")), seconds=1.5) is None


def test_a_declined_address_is_not_given_again(client, served):
    first = client.lease()
    client.send(client.message(DECLINE, option(50, ip(first.yiaddr)) + option(54, first.options[54])))
    client.xid += 1
    second = client.lease()
    assert second.yiaddr != first.yiaddr


def test_a_released_address_is_kept_for_the_one_who_had_it(served, client):
    first = client.lease()
    client.send(client.message(RELEASE, option(54, first.options[54]), ciaddr=first.yiaddr, broadcast=False))
    other = DhcpClient(served, "client", "52:54:00:12:34:03")
    assert other.lease().yiaddr != first.yiaddr
    other.close()
    client.xid += 1
    assert client.lease().yiaddr == first.yiaddr


def test_inform_gets_options_and_no_lease(client):
    served_address = "192.168.77.50"
    client.send(client.message(INFORM, ciaddr=served_address, broadcast=False), source=served_address)
    client.lab.run("ip", "neigh", "replace", served_address, "lladdr", MAC, "dev", "br0")
    answer = client.receive()
    assert answer.kind == ACK and answer.yiaddr == "0.0.0.0" and 51 not in answer.options
    assert answer.address(1) == "255.255.255.0"


def test_a_relayed_client_is_answered_through_its_relay(served):
    served.run("ip", "route", "add", "10.9.0.0/24", "via", "192.168.77.2")
    served.stop_imprint()
    config = served.config_text().replace("dhcp:\n  mode: server", "dhcp:\n  mode: server").replace(
        "  subnets:\n", "  subnets:\n    - network: 10.9.0.0/24\n      range: 10.9.0.10-10.9.0.20\n      routers: [10.9.0.1]\n")
    served.start_imprint(config)
    served.run("ip", "address", "add", "192.168.77.2/24", "dev", "eth0", host="client")
    served.run("ip", "address", "add", "10.9.0.1/24", "dev", "lo", host="client")
    relayed = DhcpClient(served, "client", "52:54:00:12:34:09")
    information = option(82, b"\x01\x04port")
    relayed.send(relayed.message(1, information, giaddr="10.9.0.1", hops=1, broadcast=False), source="192.168.77.2",
                 to="192.168.77.1", from_port=67, to_mac=served.run("cat", "/sys/class/net/br0/address").stdout.strip())
    offer = relayed.receive(port=67)
    relayed.close()
    assert offer.yiaddr.startswith("10.9.0.") and offer.giaddr == "10.9.0.1"
    assert offer.options[82] == b"\x01\x04port" and offer.order[-1] == 82


def test_bios_firmware_is_told_pxelinux_and_where_it_is(client):
    ack = client.lease(pxe_options(0, uuids.uuid4().bytes))
    assert ack.file == "pxelinux.0" and ack.siaddr == "192.168.77.1"
    assert ack.options[67] == b"pxelinux.0\0" and ack.options[66].endswith(b"\0")
    assert 52 not in ack.options and 97 in ack.options


@pytest.mark.parametrize("architecture, file", [(6, "grubnetia32.efi"), (7, "shimx64.efi"), (9, "shimx64.efi")])
def test_uefi_firmware_is_told_the_loader_for_its_kind(client, architecture, file):
    ack = client.lease(pxe_options(architecture, uuids.uuid4().bytes))
    assert ack.file == file and ack.options[67] == file.encode() + b"\0"


def test_uefi_http_boot_is_told_a_url(client):
    ack = client.lease(pxe_options(16, uuids.uuid4().bytes, http=True))
    assert ack.options[67] == b"http://192.168.77.1/snponly.efi\0"
    assert ack.options[60] == b"HTTPClient"


@pytest.mark.parametrize("architecture", [11, 19, 2, 0x29, 77])
def test_firmware_we_have_no_loader_for_gets_an_address_but_never_a_file(client, served, architecture):
    ack = client.lease(pxe_options(architecture, uuids.uuid4().bytes, http=architecture == 19))
    assert ack.kind == ACK and ack.file == "" and 67 not in ack.options
    texts = served.wait("the refusal on the timeline", lambda: [
        event for event in served.events() if {"LOADER_MISSING", "ARCHITECTURE_UNKNOWN"} & set(event["reasons"])], 10)
    assert texts


def test_ipxe_is_told_a_script_over_http(client):
    ack = client.lease(pxe_options(0, uuids.uuid4().bytes, ipxe=True))
    assert ack.file == "http://192.168.77.1/boot.ipxe"
    assert ack.options[175] == b"\xb0\x01\x01"


def test_an_approved_machine_without_an_order_gets_no_boot_file(served, client):
    client.lease(pxe_options(7, uuids.uuid4().bytes))
    served.cli("machine", "approve", MAC)
    client.xid += 1
    ack = client.lease(pxe_options(7))
    assert ack.kind == ACK and ack.file == "" and 67 not in ack.options
    assert b"Local boot" in ack.options[43]  # a menu whose only entry is the machine's own disk: EDK2 goes on at once
    client.xid += 1
    ack = client.lease(pxe_options(0))
    assert ack.kind == ACK and ack.file == "" and not {43, 60, 67} & ack.options.keys()


def test_a_reservation_wins_over_the_lease(served, client):
    first = client.lease(pxe_options(7))
    assert first.yiaddr != "192.168.77.180"
    served.cli("machine", "approve", MAC)
    served.cli("machine", "edit", MAC, "--address", "192.168.77.180")
    client.xid += 1
    assert client.lease(pxe_options(7)).yiaddr == "192.168.77.180"
    other = DhcpClient(served, "client", "52:54:00:12:34:0a")
    assert other.lease(option(50, ip("192.168.77.180"))).yiaddr != "192.168.77.180"
    other.close()


def test_a_full_pool_is_told_and_not_answered(lab):
    lab.start_imprint(pool="100-101")
    lab.add_host("client")
    for last in range(2):
        made = DhcpClient(lab, "client", f"52:54:00:12:35:{last:02x}")
        assert made.lease().kind == ACK
        made.close()
    third = DhcpClient(lab, "client", "52:54:00:12:35:aa")
    assert third.ask(1, seconds=1.5) is None
    third.close()
    assert any("POOL_FULL" in event["reasons"] for event in lab.events())


def test_nonsense_is_counted_and_good_clients_go_on(served, client):
    good = client.message(1)
    for cut in range(0, len(good), 3):
        client.send(good[:cut])
    for length in (0, 1, 255):
        client.send(good[:-1] + bytes([12, length]) + b"x")
    client.send(bytes(range(256)) * 5)
    assert client.lease().kind == ACK
    assert served.cli_json("status")["dhcp"]["malformed"] > 50


PACKAGED_CLIENTS = {
    "dhclient": ["dhclient", "-4", "-d", "-1", "-sf", "/bin/true", "-lf", "{folder}/dhclient.leases", "-pf", "{folder}/dhclient.pid", "eth0"],
    "udhcpc": ["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"],
    "dhcpcd": ["dhcpcd", "-4", "-1", "-A", "-B", "-c", "/bin/true", "eth0"],
    "systemd-networkd": ["unshare", "--mount", "sh", "{folder}/networkd.sh"],
}
STAYING_CLIENTS = {"dhclient": "bound to", "systemd-networkd": "configuring -> configured"}  # and what they say when they have a lease
# Its files are in folders of its own, and a /sys that it cannot write tells it that there is no udev to wait for.
NETWORKD = """set -e
mount -t tmpfs tmpfs /run/systemd
mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases
printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=ipv4\\nIPv6AcceptRA=no\\nLinkLocalAddressing=no\\n[DHCPv4]\\nClientIdentifier=duid\\n' \\
    >/run/systemd/network/10-eth0.network
chmod -R a+rX /run/systemd
chown -R systemd-network /run/systemd/netif
mount -o remount,bind,ro /sys || mount -t sysfs -o ro sysfs /sys
SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console exec /lib/systemd/systemd-networkd
"""


def run_packaged(lab, name):
    """Lets a packaged client get a lease; the address."""
    words = [word.format(folder=lab.folder) for word in PACKAGED_CLIENTS[name]]
    (lab.folder / "networkd.sh").write_text(NETWORKD)
    if name in STAYING_CLIENTS:
        process = lab.start(*words, host="client", log=f"{name}.log")
        lab.wait("its lease", lambda: STAYING_CLIENTS[name] in (lab.folder / f"{name}.log").read_text(), 20)
        lab.stop(process)
    else:
        lab.run(*words, host="client", timeout=40)
    mac = lab.mac_of("client")
    leases = lab.cli_json("lease", "list", mac, "--all")  # some give it back when they are stopped
    assert len(leases) == 1
    return leases[0]["address"]


@pytest.mark.parametrize("name", PACKAGED_CLIENTS)
def test_a_packaged_client_gets_a_lease(served, name):
    assert in_pool(run_packaged(served, name))


def test_one_card_keeps_one_address_whichever_client_asks(served):
    """Firmware first, then four systems' clients, each with identifiers of its own."""
    firmware = DhcpClient(served, "client", served.mac_of("client"))
    address = firmware.lease(pxe_options(7, uuids.uuid4().bytes)).yiaddr
    firmware.close()
    assert {run_packaged(served, name) for name in PACKAGED_CLIENTS} == {address}


def test_killed_in_the_middle_of_200_grants_it_forgets_nothing(served):
    """Every ACK a client saw is honoured after SIGKILL, and no address is given twice."""
    given = {}
    clients = [DhcpClient(served, "client", f"52:54:00:20:00:{number:02x}") for number in range(90)]
    rounds = 0
    for number, made in enumerate(clients * 3):
        if number in (70, 140, 200):
            served.stop_imprint(signal.SIGKILL)
            served.start_imprint()
            rounds += 1
        made.xid += 1
        ack = made.lease()
        assert ack is not None and ack.kind == ACK
        assert given.setdefault(made.mac, ack.yiaddr) == ack.yiaddr
    assert rounds == 3 and len(set(given.values())) == len(clients)
    leases = {lease["mac"]: lease["address"] for lease in served.cli_json("lease", "list")}
    assert given.items() <= leases.items()
    for made in clients:
        made.close()
