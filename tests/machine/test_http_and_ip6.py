# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines boot by IPv6 alone, by PXE and by HTTP, and by HTTPS with a certificate that was enrolled."""

import pytest

from lab import Machine
from lab.disk import make_disk
from lab.site import add_installer

MAC = "52:54:00:ab:cd:01"
SERVER = "2001:db8:77::1"


def start_other_dhcp6(lab, loader):
    """dnsmasq as the site's DHCPv6 server and router, in a host of its own: it names `loader`, and iPXE gets imprint's script.
    Firmware that boots by HTTP takes only answers whose vendor class begins so; dnsmasq knows no enterprise number, and EDK2 does
    not look at it."""
    lab.add_host("router")
    lab.run("ip", "-6", "address", "add", "2001:db8:77::2/64", "dev", "eth0", "nodad", host="router")
    words = ["--dhcp-option-force=tag:!ipxe,option6:16,0000HTTPClient"] if loader.startswith("http") else []
    lab.start("dnsmasq", "--keep-in-foreground", "--pid-file=", "--no-resolv", "--no-hosts", "--port=0", "--interface=eth0",
              "--bind-interfaces", "--conf-file=/dev/null", f"--dhcp-leasefile={lab.folder}/dnsmasq.leases", "--enable-ra",
              "--dhcp-range=2001:db8:77::100,2001:db8:77::1ff,64,1h", "--dhcp-userclass=set:ipxe,iPXE",
              f"--dhcp-option=tag:!ipxe,option6:59,{loader}", f"--dhcp-option=tag:ipxe,option6:59,http://[{SERVER}]/boot.ipxe",
              *words, host="router", log="dnsmasq.log")


def prepare(lab):
    """Something to install on the machine, which is known."""
    add_installer(lab)
    lab.cli("machine", "add", "lab-01", "--mac", MAC)
    lab.cli("deploy", "lab-01", "--profile", "installer")


def switch_on(lab, kind, extra=()):
    """A machine with a disk; until its order's kernel speaks."""
    machine = Machine(lab, kind, MAC, disk=make_disk(lab.folder / "own.img", "uefi"))
    machine.extra += extra
    machine.start().wait_serial(r"Linux version", 400)
    lab.wait("a used order", lambda: lab.cli_json("order", "list")[-1]["state"] == "used", 10)
    return [event for event in lab.events() if event["kind"] in ("tftp", "http")]


@pytest.mark.parametrize("kind, scheme, protocol", [("uefi-pxe6", "tftp", "TFTP"), ("uefi-http", "http", "HTTP")])
def test_firmware_boots_by_ipv6_alone(lab, kind, scheme, protocol):
    lab.run("ip", "-6", "address", "add", f"{SERVER}/64", "dev", "br0", "nodad")
    lab.start_imprint(mode="off")
    prepare(lab)
    start_other_dhcp6(lab, f"{scheme}://[{SERVER}]/snponly.efi")
    events = switch_on(lab, kind)
    assert all(event["address"].startswith("2001:db8:77::") for event in events)
    if protocol == "TFTP":
        assert any("fetched snponly.efi" in event["text"] and "by TFTP" in event["text"] for event in events)


OWN_DHCP6 = """
dhcp6:
  mode: server
  subnets:
    - prefix: 2001:db8:77::/64
      range: 2001:db8:77::1000-2001:db8:77::1fff
      lease_boot: 10m
      router_advertisements: managed
"""


@pytest.mark.parametrize("kind, protocol", [pytest.param("uefi-pxe6", "TFTP", marks=pytest.mark.core), ("uefi-http", "HTTP")])
def test_imprint_alone_boots_firmware_by_ipv6_alone(lab, kind, protocol):
    lab.run("ip", "-6", "address", "add", f"{SERVER}/64", "dev", "br0", "nodad")
    lab.start_imprint(config=lab.config_text(mode="off", extra=OWN_DHCP6))
    prepare(lab)
    events = switch_on(lab, kind)
    assert events and all(event["address"].startswith("2001:db8:77::1") for event in events)
    if protocol == "TFTP":
        assert any("fetched snponly.efi" in event["text"] and "by TFTP" in event["text"] for event in events)
    leases = lab.cli_json("lease", "list")
    assert {lease["address"] for lease in leases} == {events[0]["address"]}  # firmware and iPXE are one machine


def test_firmware_boots_by_https_once_the_certificate_is_enrolled(lab):
    lab.start_imprint(extra="https: { boot: yes }")
    prepare(lab)
    enrolled = lab.folder / "authority.esl"
    lab.cli("certificate", "export", enrolled)
    switch_on(lab, "uefi-http", ["-fw_cfg", f"name=etc/edk2/https/cacerts,file={enrolled}"])
    assert any(f"loads https://{lab.address}/snponly.efi" in event["text"] for event in lab.events())
