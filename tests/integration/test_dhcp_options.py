# SPDX-License-Identifier: GPL-3.0-or-later
"""DHCP options, classes and per-machine settings, on the wire and as dhclient understands them."""

import pytest

from lab.dhcp import DhcpClient, option, pxe_options

MAC = "52:54:00:12:34:01"
PHONE = "00:15:65:00:00:01"
WANTS = option(55, bytes([1, 3, 6, 15, 42, 119, 121, 224, 252]))
ROUTE = b"\x08\x0a\xc0\xa8\x4d\x02"

OPTIONS = """
  options:
    ntp-servers: [192.0.2.1, 192.0.2.2]
    dns-servers: 192.0.2.53
    domain-search: [example.test, lab.example.test]
    own: all
    +tftp-servers: 192.0.2.150
  definitions:
    - {name: own, code: 224, type: string}
    - {name: menu, code: 3, type: string, vendor: "yealink"}
  classes:
    - name: phones
      match: {mac: ["00:15:65"]}
      unknown: refuse
      profile: nothing
      lease: 10m
      options: {own: phone, tftp-server-name: tftp.example.test, menu: hi}
"""


def config_of(lab, extra=""):
    """The lab's configuration with options of all kinds."""
    text = lab.config_text()
    text = text.replace("  mode: server", "  mode: server" + OPTIONS.rstrip(), 1)
    return text.replace("      lease: 1h", "      lease: 1h\n      options: {own: subnet, 121: 10.0.0.0/8 192.168.77.2}" + extra, 1)


@pytest.fixture
def served(lab):
    """A lab whose imprint has options for everybody, a network and a class."""
    lab.start_imprint(config_of(lab))
    lab.add_host("client")
    return lab


@pytest.fixture
def client(served):
    """A made-up client in that lab."""
    made = DhcpClient(served, "client", MAC)
    yield made
    made.close()


def test_all_clients_and_the_networks_options_arrive(client):
    ack = client.lease(WANTS)
    assert ack.options[42] == bytes([192, 0, 2, 1, 192, 0, 2, 2])
    assert ack.address(6) == "192.168.77.1"  # the network's own key, not what all clients are told
    assert ack.options[119] == b"\x07example\x04test\0\x03lab\xc0\0"
    assert ack.options[224] == b"subnet" and ack.options[121] == ROUTE
    assert ack.address(150) == "192.0.2.150"  # forced: nobody asked


def test_who_does_not_ask_is_not_told(client):
    ack = client.lease(option(55, bytes([1, 3])))
    assert 42 not in ack.options and 224 not in ack.options and 150 in ack.options


def test_a_class_has_options_vendor_options_and_a_lease_of_its_own(served):
    phone = DhcpClient(served, "client", PHONE)
    ack = phone.lease(option(55, bytes([66, 224, 43])) + option(60, b"yealink"))
    assert ack.options[224] == b"phone" and ack.options[66] == b"tftp.example.test"
    assert ack.options[43] == b"\x03\x02hi"
    assert int.from_bytes(ack.options[51], "big") == 600
    phone.close()


def test_a_machine_has_options_of_its_own(served, client):
    served.cli("machine", "add", "desk", "--mac", MAC, "--dhcp-option", "own=machine", "--dhcp-option", "ntp-servers=")
    ack = client.lease(WANTS)
    assert ack.options[224] == b"machine" and 42 not in ack.options
    served.cli("machine", "edit", "desk", "--dhcp-option", "224=other", "--remove-dhcp-option", "ntp-servers")
    assert served.cli_json("machine", "show", "desk")["dhcp_options"] == ["224=other"]
    client.xid += 1
    ack = client.lease(WANTS)
    assert ack.options[224] == b"other" and ack.options[42][:4] == bytes([192, 0, 2, 1])
    served.stop_imprint()
    served.start_imprint(config_of(served))
    assert served.cli_json("machine", "show", "desk")["dhcp_options"] == ["224=other"]


def test_what_is_wrong_is_told_to_whoever_wrote_it(served):
    served.cli("machine", "add", "desk", "--mac", MAC)
    for pair, said in (("ntp-servers=pool", "it takes IPv4 addresses"), ("lease-time=5", "imprint's own"),
                       ("nonsense=1", "there is no DHCP option"), ("own", "NAME=VALUE")):
        result = served.cli("machine", "edit", "desk", "--dhcp-option", pair, check=False)
        assert result.returncode != 0 and said in result.stderr, result.stderr
    assert served.cli_json("machine", "show", "desk")["dhcp_options"] == []


def test_a_class_decides_about_unknown_machines_and_proposes_a_profile(served):
    boots = pxe_options()
    phone = DhcpClient(served, "client", PHONE)
    offer = phone.discover(boots)
    assert offer.file == ""  # refused, while others are held
    other = DhcpClient(served, "client", MAC)
    assert other.discover(boots).file != ""
    [machine] = [one for one in served.cli_json("machine", "list") if PHONE in one["macs"]]
    assert machine["proposal"] == "nothing"
    result = served.cli("deploy", machine["name"], "--approve", check=False)
    assert "there is no profile 'nothing'" in result.stderr
    [machine] = [one for one in served.cli_json("machine", "list") if MAC in one["macs"]]
    result = served.cli("deploy", machine["name"], "--approve", check=False)
    assert "no class of these machines proposes one" in result.stderr
    phone.close()
    other.close()


def test_a_network_decides_about_unknown_machines(lab):
    lab.start_imprint(config_of(lab, "\n      unknown: local"))
    lab.add_host("client")
    client = DhcpClient(lab, "client", MAC)
    assert client.discover(pxe_options()).file == ""
    client.close()


def test_a_reload_changes_options(served, client):
    assert client.lease(WANTS).options[224] == b"subnet"
    path = served.folder / "imprint.yaml"
    path.write_text(path.read_text().replace("own: subnet", "own: changed"))
    served.imprint.send_signal(1)
    client.xid += 1

    def changed():
        client.xid += 1
        return client.lease(WANTS).options[224] == b"changed"

    served.wait("the new option", changed, 10)


def test_dhclient_understands_them(served):
    folder = served.folder
    script = folder / "script"
    script.write_text(f"#!/bin/sh\nenv | grep ^new_ >> {folder}/seen\n")
    script.chmod(0o755)
    config = folder / "dhclient.conf"
    config.write_text("option own code 224 = text;\n"
                      "option rfc3442 code 121 = array of unsigned integer 8;\n"
                      "request subnet-mask, routers, ntp-servers, domain-search, own, rfc3442;\n")
    served.start("dhclient", "-4", "-d", "-1", "-cf", config, "-sf", script, "-lf", folder / "leases", "-pf",
                 folder / "pid", "eth0", host="client", log="dhclient.log")
    served.wait("its lease", lambda: "bound to" in (folder / "dhclient.log").read_text(), 20)
    seen = (folder / "seen").read_text()
    assert "new_ntp_servers=192.0.2.1 192.0.2.2" in seen
    assert "new_own=subnet" in seen
    assert "new_domain_search=example.test. lab.example.test." in seen
    assert "new_rfc3442=8 10 192 168 77 2" in seen


def test_config_check_names_the_line(lab):
    path = lab.folder / "bad.yaml"
    path.write_text("dhcp:\n  options:\n    mtu: 1500\n    ntp-servers: pool.ntp.org\n")
    result = lab.cli("config", "check", str(path), check=False)
    assert result.returncode != 0
    assert "bad.yaml:4:5: DHCP option 'ntp-servers' (42) cannot be 'pool.ntp.org'" in result.stderr
