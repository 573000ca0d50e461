# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipe of dhcpd, in.tftpd, vsftpd and kickstart, by imprint alone: the install tree over FTP from inside the DVD, a package repository
from the same DVD, and each machine named after the last number of its address."""

import re
import subprocess

import pytest
from lab import Lab
from lab.dhcp import DhcpClient, pxe_options

KICKSTART = """\
lang en_US
keyboard us
timezone UTC
text
url --url={{image.ftp_url}}
repo --name=dvd --baseurl={{image.ftp_url}}
network --bootproto=dhcp --hostname=station{{address.last_octet}}.{{domain}}
rootpw --lock
clearpart --all --initlabel
autopart
%packages
@core
%end
%post
cat > /etc/yum.repos.d/dvd.repo <<END
[dvd]
name=dvd
baseurl={{image.ftp_url}}
gpgcheck=0
END
curl -fsS {{callback_url}}
%end
"""


@pytest.fixture
def site():
    with Lab() as lab:
        tree = lab.make_folder("tree")
        for name, text in {".treeinfo": "[general]\nfamily = CentOS\nversion = 7\narch = x86_64\n[images-x86_64]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n",
                           "images/pxeboot/vmlinuz": "kernel", "images/pxeboot/initrd.img": "initrd", "images/install.img": "squash", "Packages/bash.rpm": "rpm" * 1000,
                           "repodata/repomd.xml": "<repomd/>"}.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "CentOS 7 x86_64", "-o", lab.folder / "centos.iso", tree], check=True)
        lab.start_imprint(config=lab.config_text(extra="ftp: { port: 21 }"))
        lab.add_host("machine")
        yield lab


def test_a_kickstart_site_runs_on_imprint_alone(site):
    lab = site
    lab.cli("image", "add", lab.folder / "centos.iso", "centos")
    answer = lab.folder / "ks.cfg"
    answer.write_text(KICKSTART)
    lab.cli("profile", "add", "station", "--image", "centos", "--answer-file", answer)
    mac = lab.mac_of("machine")
    client = DhcpClient(lab, "machine", mac)
    address = client.lease(pxe_options(7)).yiaddr
    lab.run("ip", "addr", "add", f"{address}/24", "dev", "eth0", host="machine")
    name = lab.cli_json("machine", "list")[0]["name"]
    lab.cli("machine", "approve", name)
    lab.cli("deploy", name, "--profile", "station")
    client.xid += 1
    client.lease(pxe_options(7))  # it is switched on again
    script = lab.run("curl", "-sS", f"tftp://192.168.77.1/grub/grub.cfg-01-{mac.replace(':', '-')}", host="machine").stdout
    asked = re.search(r"inst\.ks=(http://[^\s'\"]+)", script).group(1)
    text = lab.run("curl", "-sS", "--fail", asked, host="machine").stdout
    number = address.rsplit(".", 1)[1]
    assert f"--hostname=station{number}.example.test" in text
    assert "url --url=ftp://192.168.77.1/images/centos\n" in text
    for name, expected in (("images/pxeboot/vmlinuz", "kernel"), ("Packages/bash.rpm", "rpm" * 1000), ("repodata/repomd.xml", "<repomd/>")):
        assert lab.run("curl", "-sS", "--fail", f"ftp://192.168.77.1/images/centos/{name}", host="machine").stdout == expected
    done = next(word for word in text.split() if word.endswith("/done"))
    lab.run("curl", "-fsS", done, host="machine")
    assert lab.wait("the order has ended", lambda: lab.cli_json("order", "list")[0]["state"] == "finished", seconds=10)
