# SPDX-License-Identifier: GPL-3.0-or-later
"""Beside other servers: ProxyDHCP, auto mode, and saying clearly who else answers."""

import uuid as uuids

import pytest

from lab import Lab
from lab.dhcp import ACK, OFFER, REQUEST, DhcpClient, ip, option, pxe_options
from lab.site import start_other_dhcp

MAC = "52:54:00:12:36:01"


@pytest.fixture
def client(lab):
    """A made-up client."""
    lab.add_host("client")
    made = DhcpClient(lab, "client", MAC)
    yield made
    made.close()


def offers(client, options, seconds=2.5):
    """All offers to one DISCOVER, by whether they carry an address."""
    client.send(client.message(1, options))
    found = {}
    while True:
        reply = client.receive(seconds)
        if reply is None:
            return found
        found["server" if reply.yiaddr != "0.0.0.0" else "proxy"] = reply
        if len(found) == 2:
            return found


def test_a_proxy_offers_boot_information_beside_the_other_server(lab, client):
    start_other_dhcp(lab)
    lab.start_imprint(mode="proxy")
    found = lab.wait("both offers", lambda: len(both := offers(client, pxe_options(0, uuids.uuid4().bytes))) == 2 and both, 30)
    proxy = found["proxy"]
    assert proxy.kind == OFFER and proxy.siaddr == "192.168.77.1" and proxy.file == "pxelinux.0"
    assert proxy.options[60] == b"PXEClient" and proxy.options[43].startswith(b"\x06\x01\x08")
    assert proxy.source == ("192.168.77.1", 67)


def test_a_proxy_never_answers_an_ordinary_client_nor_a_request(lab, client):
    lab.start_imprint(mode="proxy")
    assert client.ask(1, seconds=1.5) is None
    assert client.ask(REQUEST, pxe_options(0) + option(50, ip("192.168.77.40")), seconds=1.5) is None


def test_uefi_comes_to_the_boot_service_port_and_is_answered_there(lab, client):
    lab.start_imprint(mode="proxy")
    offer = client.discover(pxe_options(7, uuids.uuid4().bytes))
    assert 43 not in offer.options and offer.options[60] == b"PXEClient"
    lab.run("ip", "neigh", "replace", "192.168.77.40", "lladdr", MAC, "dev", "br0")
    bridge = lab.run("cat", "/sys/class/net/br0/address").stdout.strip()
    client.send(client.message(REQUEST, pxe_options(7), ciaddr="192.168.77.40", broadcast=False), source="192.168.77.40",
                to="192.168.77.1", from_port=4011, to_port=4011, to_mac=bridge)
    answer = client.receive(port=4011)
    assert answer.kind == ACK and answer.file == "shimx64.efi" and answer.source == ("192.168.77.1", 4011)


def all_replies(client, seconds=1.5):
    """Everything that comes to the client until it is quiet."""
    replies = []
    while (reply := client.receive(seconds)) is not None:
        replies.append(reply)
    return replies


def test_uefi_gets_the_other_servers_offer_again_with_the_boot_file(lab, client):
    """GRUB looks at nothing but the DHCP server's own acknowledgement: docs/decisions/0034."""
    start_other_dhcp(lab, "--dhcp-authoritative")
    lab.start_imprint(mode="proxy")

    def completed_offer():
        client.xid += 1
        client.send(client.message(1, pxe_options(7, uuids.uuid4().bytes)))
        return [reply for reply in all_replies(client) if reply.yiaddr != "0.0.0.0" and reply.file]
    offer = lab.wait("a completed offer", completed_offer, 30)[0]
    assert offer.address(54) == "192.168.77.2" and offer.siaddr == "192.168.77.1" and offer.file == "shimx64.efi"
    client.send(client.message(REQUEST, pxe_options(7) + option(50, ip(offer.yiaddr)) + option(54, offer.options[54])))
    replies = all_replies(client)
    assert [reply.kind for reply in replies] == [ACK, ACK]
    ours = next(reply for reply in replies if reply.source[0] == "192.168.77.1")
    theirs = next(reply for reply in replies if reply.source[0] == "192.168.77.2")
    assert ours.yiaddr == theirs.yiaddr == offer.yiaddr
    assert ours.siaddr == "192.168.77.1" and ours.file == "shimx64.efi" and ours.address(54) == "192.168.77.2"
    assert MAC in (lab.folder / "dnsmasq.leases").read_text()

    # The iPXE that the firmware may have started asks with the same card: it is not told of the firmware's loader again.
    ipxe = pxe_options(7, uuids.uuid4().bytes, ipxe=True)
    client.xid += 1
    client.send(client.message(1, ipxe))
    assert all(reply.yiaddr == "0.0.0.0" for reply in all_replies(client) if reply.source[0] == "192.168.77.1")
    client.send(client.message(REQUEST, ipxe + option(50, ip(offer.yiaddr)) + option(54, offer.options[54])))
    assert all(reply.source[0] != "192.168.77.1" for reply in all_replies(client))


def test_nobody_elses_offer_is_said_again(lab, client):
    start_other_dhcp(lab)
    lab.start_imprint(mode="proxy")
    for options in (b"", pxe_options(0, uuids.uuid4().bytes), pxe_options(7, uuids.uuid4().bytes, ipxe=True)):
        client.xid += 1
        client.send(client.message(1, options))
        assert all(reply.yiaddr == "0.0.0.0" for reply in all_replies(client) if reply.source[0] == "192.168.77.1")


def test_auto_mode_becomes_a_proxy_where_another_server_answers(lab, client):
    start_other_dhcp(lab)
    lab.start_imprint(mode="auto")
    interfaces = lab.wait("the decision", lambda: [i for i in lab.cli_json("status")["interfaces"] if i["dhcp"] != "listening"], 20)
    assert interfaces[0]["dhcp"] == "proxy" and not interfaces[0]["lacks_subnet"]


def test_auto_mode_serves_addresses_where_nobody_else_does(lab, client):
    lab.start_imprint(mode="auto")
    lab.wait("server mode", lambda: lab.cli_json("status")["interfaces"][0]["dhcp"] == "server", 20)
    assert client.lease().kind == ACK


def test_auto_mode_without_a_subnet_says_what_it_would_need(lab, client):
    lab.start_imprint(mode="auto", subnets=False)
    lab.wait("the decision", lambda: lab.cli_json("status")["interfaces"][0]["lacks_subnet"], 20)
    event = next(event for event in lab.events() if "NO_DHCP_SERVER" in event["reasons"])
    assert "192.168.77.0/24" in event["text"] and "dhcp.subnets" in event["text"]


def test_server_mode_without_a_subnet_for_the_interface_says_so(lab, client):
    lab.start_imprint(lab.config_text(mode="server").replace(f"{lab.network}.", "10.77.0.").replace("[10.77.0.1]", "[]"))
    event = next(event for event in lab.events() if "NO_NETWORK" in event["reasons"])
    assert "br0" in event["text"] and "192.168.77.1" in event["text"]


def test_nothing_is_answered_before_auto_mode_has_listened(lab, client):
    lab.start_imprint(mode="auto")
    assert client.ask(1, pxe_options(0), seconds=1) is None


def test_a_second_dhcp_server_is_told_about(lab, client):
    start_other_dhcp(lab)
    lab.start_imprint(mode="server")
    event = lab.wait("the warning", lambda: [e for e in lab.events() if "OTHER_DHCP_SERVER" in e["reasons"]], 30)[0]
    assert "192.168.77.2" in event["text"]


def test_another_proxy_is_told_about(lab, client):
    lab.add_host("other", "192.168.77.2")
    lab.start("dnsmasq", "--keep-in-foreground", "--pid-file=", "--port=0", "--interface=eth0", "--bind-interfaces", "--conf-file=/dev/null",
              "--dhcp-range=192.168.77.0,proxy", "--pxe-service=x86PC,boot,somefile", host="other", log="dnsmasq.log")
    lab.start_imprint(mode="server")
    client.discover(pxe_options(0))
    lab.wait("the warning", lambda: [e for e in lab.events() if "OTHER_PROXY" in e["reasons"]], 30)


def test_two_imprints_see_each_other(lab):
    from lab.network import imprint_binary
    lab.add_host("second", "192.168.77.3")
    lab.start_imprint(mode="server")
    folder = lab.make_folder("second")
    config = folder / "imprint.yaml"
    config.write_text(f"interfaces: [eth0]\nstate: {folder}/state\nuser: nobody\nserver_name: second\ndhcp:\n  mode: proxy\n"
                      f"tftp: {{ root: {folder} }}\ncontrol: {{ socket: {folder}/control.sock }}\n")
    lab.start(imprint_binary(), "serve", "--config", config, host="second", log="second.log")
    lab.wait("the first to see the second", lambda: [e for e in lab.events() if "OTHER_IMPRINT" in e["reasons"]], 30)
    lab.wait("the second to see the first", lambda: "another imprint" in (lab.folder / "second.log").read_text(), 30)
