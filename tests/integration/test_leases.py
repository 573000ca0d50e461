# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint lease list, release and import: with files that dnsmasq, ISC dhcpd, Kea and another imprint wrote themselves."""

import json
import os
import pathlib
import time

import pytest

from lab.dhcp import ACK, NAK, REQUEST, DhcpClient, ip, option
from lab.network import ROOT

PEERS = pathlib.Path(os.environ.get("IMPRINT_PEERS", ROOT / "build-check" / "peers"))
MACS = ["52:54:00:aa:00:01", "52:54:00:aa:00:02", "52:54:00:aa:00:03"]


def start_dnsmasq(lab):
    path = lab.folder / "dnsmasq.leases"
    lab.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces", "--pid-file=",
              "--user=root", "--no-ping", "--dhcp-authoritative", f"--dhcp-leasefile={path}", "--dhcp-range=192.168.77.120,192.168.77.140,1h",
              log="other.log")
    return path


def start_dhcpd(lab):
    program = PEERS / "isc-dhcp-server/usr/sbin/dhcpd"
    if not program.exists():
        pytest.skip("ISC dhcpd is not unpacked: tools/setup test")
    path = lab.folder / "dhcpd.leases"
    path.write_text("")
    config = lab.folder / "dhcpd.conf"
    config.write_text("authoritative;\nping-check false;\ndefault-lease-time 3600;\nmax-lease-time 3600;\n"
                      "subnet 192.168.77.0 netmask 255.255.255.0 {\n  range 192.168.77.120 192.168.77.140;\n}\n")
    lab.start(program, "-4", "-f", "-q", "-cf", config, "-lf", path, "-pf", lab.folder / "dhcpd.pid", "br0", log="other.log")
    return path


def start_kea(lab):
    program = PEERS / "kea-dhcp4-server/usr/sbin/kea-dhcp4"
    if not program.exists():
        pytest.skip("Kea is not unpacked: tools/setup test")
    path = lab.folder / "kea-leases4.csv"
    config = lab.folder / "kea.json"
    config.write_text(json.dumps({"Dhcp4": {
        "interfaces-config": {"interfaces": ["br0"], "dhcp-socket-type": "raw"},
        "lease-database": {"type": "memfile", "persist": True, "name": str(path), "lfc-interval": 0}, "valid-lifetime": 3600,
        "subnet4": [{"id": 1, "subnet": "192.168.77.0/24", "pools": [{"pool": "192.168.77.120 - 192.168.77.140"}], "interface": "br0"}]}}))
    libraries = [PEERS / package / "usr/lib/x86_64-linux-gnu" for package in ("kea-common", "liblog4cplus-2.0.5", "libmariadb3")]
    environment = dict(os.environ, LD_LIBRARY_PATH=":".join(map(str, libraries)), KEA_LOCKFILE_DIR=str(lab.folder),
                       KEA_PIDFILE_DIR=str(lab.folder))
    lab.start(program, "-c", config, log="other.log", env=environment)
    return path


def get_leases(lab, macs=MACS, options=b""):
    """Made-up clients with client identifiers and names get addresses of whoever serves."""
    given = {}
    for number, mac in enumerate(macs):
        client = DhcpClient(lab, "client", mac)
        said = option(61, b"\xff" + bytes(range(number, number + 20))) + option(12, f"host-{number}".encode()) + options
        ack = lab.wait("an address", lambda: client.lease(said), 20)
        assert ack.kind == ACK
        given[mac] = ack.yiaddr
        client.close()
    return given


@pytest.mark.parametrize("start", [start_dnsmasq, start_dhcpd, start_kea])
def test_leases_of_another_server_go_on_here(lab, start):
    lab.add_host("client")
    path = start(lab)
    given = get_leases(lab)
    lab.wait("its file", lambda: all(address in path.read_text() for address in given.values()), 10)
    lab.stop(lab.processes[-1])
    lab.start_imprint()
    said = lab.cli("lease", "import", path)
    assert said.stdout.startswith("3 leases were taken over") and said.stderr == ""
    listed = {entry["mac"]: entry for entry in lab.cli_json("lease", "list")}
    assert {mac: entry["address"] for mac, entry in listed.items()} == given
    assert all(entry["state"] == "bound" and 3000 < entry["ends_s"] - time.time() <= 3601 for entry in listed.values())
    assert listed[MACS[0]]["hostname"] == "host-0"
    assert lab.cli("lease", "import", path).stdout.startswith("0 leases were taken over, 3 were here already")
    lab.stop_imprint()  # what it said it took, it has
    lab.start_imprint()
    for mac, address in given.items():
        client = DhcpClient(lab, "client", mac)
        assert client.ask(REQUEST, option(50, ip(address))).kind == ACK  # after a restart of the client
        client.close()
    stranger = DhcpClient(lab, "client", "52:54:00:aa:00:99")
    assert stranger.ask(REQUEST, option(50, ip(given[MACS[0]]))).kind == NAK
    stranger.close()


def test_leases_of_another_imprint_go_on_here(lab):
    lab.add_host("client")
    lab.start_imprint()
    given = get_leases(lab)
    path = lab.folder / "leases.json"
    path.write_text(lab.cli("lease", "list", "--json").stdout)
    lab.stop_imprint()
    for name in lab.make_folder("state").iterdir():
        if name.is_file():
            name.unlink()
    lab.start_imprint()
    assert lab.cli_json("lease", "list") == []
    assert lab.cli("lease", "import", path).stdout.startswith("3 leases were taken over")
    assert {entry["mac"]: entry["address"] for entry in lab.cli_json("lease", "list")} == given


def test_what_is_not_taken_is_told_with_its_line(lab):
    lab.add_host("client")
    lab.start_imprint()
    lab.cli("machine", "add", "lab-01", "--mac", "52:54:00:bb:00:01", "--address", "192.168.77.150")
    given = get_leases(lab, MACS[:1])
    later = int(time.time()) + 3600
    path = lab.folder / "leases"
    path.write_text(f"""{later} 52:54:00:bb:00:02 192.168.77.160 ok *
{later - 7200} 52:54:00:bb:00:03 192.168.77.161 late *
{later} 52:54:00:bb:00:04 192.168.77.50 outside *
{later} 52:54:00:bb:00:05 192.168.77.150 reserved *
{later} 52:54:00:bb:00:06 {given[MACS[0]]} held *
{later} {MACS[0]} 192.168.77.170 twice *
{later} 52:54:00:bb:00:07 nowhere x *
duid 00:01:00:01
{later} 1 2001:db8::1 x 00:01
""")
    done = lab.cli("lease", "import", path)
    assert done.stdout == ("1 leases were taken over, 6 were not taken; 1 leases are of DHCPv6, which is not taken over\n")
    assert [line.removeprefix(f"{path}:") for line in done.stderr.splitlines()] == [
        f"2: 192.168.77.161 not taken: it ended at {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(later - 7200))}",
        "3: 192.168.77.50 not taken: no range of dhcp.subnets has it",
        "4: 192.168.77.150 not taken: it is reserved for lab-01",
        f"5: {given[MACS[0]]} not taken: {MACS[0]} has it here",
        f"6: 192.168.77.170 not taken: its client has {given[MACS[0]]} here",
        "7: not taken: its address is no IP address"]
    told = lab.cli_json("lease", "import", path)
    assert told["taken"] == 0 and told["unchanged"] == 1 and told["dhcpv6"] == 1
    assert [entry["reason"] for entry in told["left"]] == ["expired", "outside", "reserved", "in-use", "elsewhere", "unreadable"]
    (lab.folder / "nothing").write_text("hello\nworld\n")
    refused = lab.cli("lease", "import", lab.folder / "nothing", check=False)
    assert refused.returncode == 1 and "--from" in refused.stderr
    useless = lab.cli("lease", "import", lab.folder / "nothing", "--from", "kea", check=False)
    assert useless.returncode == 1 and "does not name the columns" in useless.stderr
    assert "1 leases of another server were taken over" in "".join(event["text"] for event in lab.events())


def test_a_lease_is_ended_by_hand(lab):
    lab.add_host("client")
    lab.start_imprint()
    given = get_leases(lab)
    address = given[MACS[0]]
    done = lab.cli("lease", "release", address, "--reason", "the printer moved")
    assert done.stdout == f"{address} is free\n" and f"{MACS[0]} was not told" in done.stderr
    assert lab.cli("lease", "list", MACS[0]).stdout == ""
    assert lab.cli("lease", "list", address, "--all").stdout.split("\t")[4] == "free"
    event = [event for event in lab.events() if "LEASE_ENDED_BY_HAND" in event["reasons"]][-1]
    assert "the printer moved" in event["text"] and event["address"] == address
    again = lab.cli("lease", "release", address, check=False)
    assert again.returncode == 1 and "is not given out" in again.stderr
    client = DhcpClient(lab, "client", MACS[0])  # it goes on with it, and nobody else got it meanwhile
    assert client.ask(REQUEST, option(50, ip(address))).kind == ACK
    client.close()
    assert lab.cli_json("lease", "list", MACS[0])[0]["state"] == "bound"


def test_leases_are_chosen(lab):
    lab.add_host("client")
    lab.start_imprint()
    given = get_leases(lab)
    lab.cli("machine", "add", "lab-01", "--mac", MACS[1])
    assert [entry["mac"] for entry in lab.cli_json("lease", "list", "lab-01")] == [MACS[1]]
    assert [entry["mac"] for entry in lab.cli_json("lease", "list", given[MACS[2]])] == [MACS[2]]
    assert lab.cli_json("lease", "list", "--subnet", "10.0.0.0/8") == []
    assert len(lab.cli_json("lease", "list", "--subnet", "192.168.77.0/24", "--state", "bound")) == 3
    assert lab.cli("lease", "list", "nobody", check=False).returncode == 1
