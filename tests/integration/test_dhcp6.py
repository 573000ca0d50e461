# SPDX-License-Identifier: GPL-3.0-or-later
"""DHCPv6 and router advertisements: other people's clients, a restart, two servers on one port."""

import re
import signal

PREFIX = "2001:db8:77:"
SERVER = f"{PREFIX}:1"
SUBNET = """
dhcp6:
  mode: server
  subnets:
    - prefix: 2001:db8:77::/64
      range: 2001:db8:77::1000-2001:db8:77::1fff
      dns: [2001:db8:77::53]
      domain: lab.example
      lease: 1h
      router_advertisements: managed
"""
STATELESS = """
dhcp6:
  mode: stateless
  subnets:
    - prefix: 2001:db8:77::/64
      dns: [2001:db8:77::53]
      router_advertisements: other
      router: yes
"""


def start(lab, section, **options):
    """imprint on a bridge with an IPv6 address, and two hosts on it."""
    lab.run("ip", "-6", "address", "replace", f"{SERVER}/64", "dev", "br0", "nodad")
    lab.start_imprint(lab.config_text() + section, **options)
    for host in ("one", "two"):
        lab.add_host(host)
        lab.wait("a link-local address", lambda host=host: has_address(lab, host, "fe80::"), 10)


def has_address(lab, host, beginning):
    """The first address of `host` that begins so and is no longer checked for duplicates."""
    shown = lab.run("ip", "-6", "-o", "address", "show", "dev", "eth0", host=host).stdout
    for line in shown.splitlines():
        found = re.search(r"inet6 ([0-9a-f:]+)/", line)
        if found and found.group(1).startswith(beginning) and "tentative" not in line:
            return found.group(1)
    return None


def dhclient(lab, host, *words, seconds=20):
    """dhclient asks once; what it wrote down."""
    leases = lab.folder / f"{host}.leases"
    leases.unlink(missing_ok=True)
    lab.run("dhclient", "-6", "-1", "-v", "-sf", "/bin/true", "-lf", leases, "-pf", lab.folder / f"{host}.pid", *words, "eth0",
            host=host, timeout=seconds)
    lab.run("dhclient", "-6", "-x", "-pf", lab.folder / f"{host}.pid", "eth0", host=host, check=False)
    return leases.read_text()


def address_in(leases):
    return re.search(r"iaaddr ([0-9a-f:]+)", leases).group(1)


def test_dhclient_gets_an_address_that_survives_a_restart(lab):
    start(lab, SUBNET)
    first = dhclient(lab, "one")
    address = address_in(first)
    assert address.startswith("2001:db8:77::1")
    assert "dhcp6.name-servers 2001:db8:77::53" in first
    assert "dhcp6.domain-search" in first and "lab.example" in first
    other = address_in(dhclient(lab, "two"))
    assert other != address
    lab.stop_imprint(signal.SIGKILL)
    lab.start_imprint(lab.config_text() + SUBNET)
    assert address_in(dhclient(lab, "one")) == address
    assert address_in(dhclient(lab, "two")) == other
    status = lab.cli_json("status")["dhcp6"]
    assert status["leases"] == 2 and status["replied"] >= 4 and status["malformed"] == 0
    assert status["interfaces"] == [{"name": "br0", "address": SERVER, "open": True, "has_network": True, "advertises": True,
                                     "advertised": status["interfaces"][0]["advertised"]}]
    assert "DHCPv6" in lab.cli("status").stdout
    assert any(event["address"] == address for event in lab.events() if event["kind"] == "dhcp")


def test_an_address_given_back_may_be_given_again(lab):
    start(lab, SUBNET)
    leases = lab.folder / "one.leases"
    words = ["-6", "-1", "-sf", "/bin/true", "-lf", leases, "-pf", lab.folder / "one.pid"]
    lab.run("dhclient", *words, "eth0", host="one", timeout=20)
    lab.run("ip", "-6", "address", "add", f"{address_in(leases.read_text())}/128", "dev", "eth0", "nodad", host="one")
    lab.run("dhclient", "-r", *words, "eth0", host="one", timeout=20)
    lab.wait("the lease to be free", lambda: lab.cli_json("status")["dhcp6"]["leases"] == 0, 10)


def test_advertisements_tell_how_to_get_an_address(lab):
    start(lab, SUBNET)
    said = lab.run("rdisc6", "-1", "-w", "5000", "eth0", host="one", timeout=30).stdout
    assert re.search(r"Stateful address conf\.\s*:\s*Yes", said)
    assert re.search(r"Stateful other conf\.\s*:\s*Yes", said)
    assert re.search(r"Router lifetime\s*:\s*0 ", said)
    assert "2001:db8:77::/64" in said and re.search(r"Autonomous address conf\.\s*:\s*No", said)
    assert "Recursive DNS server" in said and "2001:db8:77::53" in said
    assert "lab.example" in said
    assert not has_address(lab, "one", PREFIX)


def test_hosts_make_addresses_themselves_and_hear_when_the_router_goes(lab):
    start(lab, STATELESS)
    lab.wait("an address", lambda: has_address(lab, "one", PREFIX), 30)
    assert "default via fe80" in lab.run("ip", "-6", "route", host="one").stdout
    told = lab.folder / "told"
    script = lab.folder / "script"
    script.write_text(f"#!/bin/sh\nenv >> {told}\n")
    script.chmod(0o755)
    lab.run("dhclient", "-6", "-S", "-1", "-sf", script, "-pf", lab.folder / "s.pid", "eth0", host="one", timeout=20)
    assert "new_dhcp6_name_servers=2001:db8:77::53" in told.read_text()
    lab.run("dhclient", "-6", "-x", "-pf", lab.folder / "s.pid", "eth0", host="one", check=False)
    lab.stop_imprint()
    lab.wait("the route to go", lambda: "default" not in lab.run("ip", "-6", "route", host="one").stdout, 10)


def test_another_server_on_the_port_is_told_and_ipv4_goes_on(lab):
    lab.run("ip", "-6", "address", "add", f"{SERVER}/64", "dev", "br0", "nodad")
    other = lab.start("python3", "-c", "import socket, time; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); "
                      "s.bind(('::', 547)); time.sleep(600)", log="other.log")
    lab.wait("the port to be taken", lambda: ":547 " in lab.run("ss", "-Hlnu").stdout, 10)
    lab.start_imprint(lab.config_text() + SUBNET)
    assert "no DHCPv6 on br0 for now, IPv4 goes on" in lab.log()
    assert "python3" in lab.log()
    assert not lab.cli_json("status")["dhcp6"]["interfaces"][0]["open"]
    assert lab.cli_json("status")["interfaces"][0]["dhcp"] == "server"
    lab.stop(other)
    lab.wait("DHCPv6", lambda: lab.cli_json("status")["dhcp6"]["interfaces"][0]["open"], 30)
