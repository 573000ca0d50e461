# SPDX-License-Identifier: GPL-3.0-or-later
"""Menus for people: who sees which entry in which loader's language, what choosing does, and what it never does."""

import re
import signal
import subprocess
import time
import uuid as uuids

import pytest

from lab.dhcp import DhcpClient, pxe_options

MAC = "52:54:00:12:37:01"
DASHES = MAC.replace(":", "-")
NAME = "m-123701"
PRESEED = "d-i netcfg/get_hostname string {{hostname}}\n"
MENU = """
menu:
  title: "Room 3: what shall it be?"
  timeout: 7s
  default: rescue
  password_file: PASSWORD
  entries:
    - {name: install, title: "Install Debian 12", group: Install, profile: web}
    - {name: rescue, title: "Look around", group: Tools, profile: live}
    - {name: again, title: "Install it once more", group: Install, profile: web, locked: yes}
    - {name: lab-only, profile: live, classes: [lab]}
    - {name: office-only, profile: live, classes: [office]}
    - {name: other, profile: live, machines: [pc9]}
    - {name: gone, profile: nothing}
"""
CLASSES = """dhcp:
  classes:
    - name: lab
      match: {mac: ["52:54:00"]}
    - name: office
      match: {mac: ["52:54:99"]}
"""
SERVER = "192.168.77.1"


def add_images(site):
    tree = site.make_folder("tree") / "boot"
    tree.mkdir(parents=True)
    (tree / "linux").write_bytes(b"kernel" * 1000)
    (tree / "initrd.gz").write_bytes(b"initrd" * 1000)
    (site.folder / "preseed.cfg").write_text(PRESEED)
    for name in "debian-12", "tools":
        site.cli("image", "add", name, site.folder / "tree", "--kernel", "boot/linux", "--initrd", "boot/initrd.gz")
    site.cli("profile", "add", "web", "--image", "debian-12", "--answer-file", site.folder / "preseed.cfg")
    site.cli("profile", "add", "live", "--image", "tools")


def set_card(site, host, mac):
    site.run("ip", "link", "set", "eth0", "down", host=host)
    site.run("ip", "link", "set", "eth0", "address", mac, host=host)
    site.run("ip", "link", "set", "eth0", "up", host=host)


@pytest.fixture
def site(lab):
    """imprint with a menu, and a host that plays an approved machine."""
    password = lab.folder / "menu.password"
    hashed = subprocess.run(["openssl", "passwd", "-6", "s3cret & more"], capture_output=True, check=True).stdout
    password.write_bytes(hashed)
    password.chmod(0o644)
    lab.start_imprint(lab.config_text(extra=MENU.replace("PASSWORD", str(password))).replace("dhcp:\n", CLASSES))
    lab.add_host("machine")
    set_card(lab, "machine", MAC)
    add_images(lab)
    return lab


class Firmware(DhcpClient):
    architecture = 7

    def power_on(self, site):
        self.xid += 1
        self.options = pxe_options(self.architecture, self.uuid)
        ack = self.lease(self.options)
        site.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host="machine")
        return ack


@pytest.fixture
def machine(site):
    made = Firmware(site, "machine", MAC)
    made.uuid = uuids.uuid4().bytes
    made.power_on(site)
    site.cli("machine", "approve", NAME)
    made.power_on(site)
    yield made
    made.close()


def fetch(site, path, proto="tftp", host="machine"):
    done = site.run("curl", "-sS", "--fail", f"{proto}://{SERVER}/{path}", host=host, check=False)
    return done.stdout


def grub(site, choice=""):
    return fetch(site, f"grub/{choice}grub.cfg-01-{DASHES}")


def ipxe(site, query=""):
    return fetch(site, f"machine.ipxe?mac={DASHES}&platform=efi{query}", "http")


def token_of(text):
    return re.search(r"choice/([0-9a-f]{16})/|token=([0-9a-f]{16})", text).expand(r"\1\2")


def orders(site):
    return [(order["profile"], order["owner"], order["state"]) for order in site.cli_json("order", "list")]


def test_a_machine_without_an_order_is_given_a_loader_and_its_menu(site, machine):
    assert machine.power_on(site).file == "shimx64.efi"
    text = grub(site)
    assert re.findall(r"--id '([^']*)'", text) == ["install", "again", "rescue", "lab-only", "local"]
    assert "set timeout=7\n" in text and "set default='rescue'" in text
    assert "'Install: Install Debian 12'" in text and "'Room 3: what shall it be?'" in text
    script = site.folder / "menu.cfg"
    script.write_text(text)
    subprocess.run(["grub-script-check", script], check=True)
    assert any("MENU_SHOWN" in event["reasons"] for event in site.events())


def test_a_new_machine_waits_and_has_no_menu(site):
    made = Firmware(site, "machine", MAC)
    made.uuid = uuids.uuid4().bytes
    made.power_on(site)
    assert f"imprint machine approve {NAME}" in grub(site) and "menuentry" not in grub(site)
    made.close()


def test_to_choose_an_entry_is_to_order_it_once(site, machine):
    token = token_of(grub(site))
    text = grub(site, f"choice/{token}/install/")
    assert "linux '(tftp," in text and "images/debian-12/boot/linux" in text
    assert orders(site) == [("web", "menu", "booting")]
    assert grub(site, f"choice/{token}/rescue/") == grub(site)  # what was ordered comes first
    assert len(orders(site)) == 1
    assert "chosen in the machine's menu" in site.cli("order", "show", "1").stdout


def test_what_is_not_its_own_is_refused(site, machine):
    token = token_of(grub(site))
    wrong = "0" * 16
    assert "The menu is older than the server" in grub(site, f"choice/{wrong}/install/")
    for name in "office-only", "other", "gone", "nonsense":
        assert "That entry is gone." in grub(site, f"choice/{token}/{name}/")
    for path in f"choice/{token}/install", f"choice/{token}//", "choice//install/", f"choice/{token}/{'x' * 40}/":
        assert grub(site, path) == ""
    assert orders(site) == []


def test_nobody_chooses_for_another_machine(site, machine):
    site.add_host("stranger")
    site.run("ip", "address", "add", "192.168.77.250/24", "dev", "eth0", host="stranger")
    token = token_of(grub(site))
    assert fetch(site, f"grub/choice/{token}/install/grub.cfg-01-{DASHES}", host="stranger") == ""
    assert orders(site) == []


def test_a_locked_entry_opens_with_its_password_only(site, machine):
    text = ipxe(site)
    query = f"&choice=again&token={token_of(text)}"
    assert "login || goto menu" in text and "password=${password:uristring}" in text
    assert "That entry needs a password." in ipxe(site, query)
    assert "That password is wrong." in ipxe(site, query + "&password=s3cret")
    assert orders(site) == []
    assert any("MENU_PASSWORD" in event["reasons"] for event in site.events())
    time.sleep(1.1)  # between two passwords
    assert "kernel http" in ipxe(site, query + "&password=s3cret%20%26%20more")
    assert orders(site) == [("web", "menu", "booting")]
    log = site.log()
    assert "s3cret" not in log and "$6$" not in log


def test_guessing_is_slow_and_ends(site, machine):
    query = f"&choice=again&token={token_of(ipxe(site))}&password=wrong"
    assert "That password is wrong." in ipxe(site, query)
    assert "is being looked at" in ipxe(site, query)
    for _ in range(4):
        time.sleep(1.1)
        assert "That password is wrong." in ipxe(site, query)
    time.sleep(1.1)
    assert "Too many wrong passwords" in ipxe(site, query)
    assert orders(site) == []


def test_the_hash_goes_to_nobody(site, machine):
    machine.architecture = 0
    machine.power_on(site)
    for text in grub(site), ipxe(site), fetch(site, f"pxelinux.cfg/01-{DASHES}"):
        assert "again" in text and "$6$" not in text


def test_pxelinux_gets_the_same_menu(site, machine):
    machine.architecture = 0
    assert machine.power_on(site).file == "pxelinux.0"
    text = fetch(site, f"pxelinux.cfg/01-{DASHES}")
    assert re.findall(r"(?m)^LABEL ([a-z].*)$", text) == ["install", "again", "rescue", "lab-only", "local"]
    assert "UI menu.c32" in text and "TIMEOUT 70" in text and "ONTIMEOUT rescue" in text
    assert "LABEL again\nMENU LABEL Install it once more\nMENU INDENT 1\nPXE undionly.kpxe" in text
    chosen = fetch(site, f"pxelinux.cfg/choice/{token_of(text)}/lab-only/01-{DASHES}")
    assert "LINUX /images/tools/boot/linux" in chosen
    assert orders(site) == [("live", "menu", "booting")]


def test_own_disk_by_grub_restarts_into_it(site, machine):
    token = token_of(grub(site))
    assert "reboot" in grub(site, f"choice/{token}/local/")
    assert machine.power_on(site).file == ""
    assert orders(site) == []


def test_what_may_erase_is_never_taken_by_waiting(site, machine):
    config = site.folder / "imprint.yaml"
    config.write_text(config.read_text().replace("default: rescue", "default: install"))
    site.imprint.send_signal(signal.SIGHUP)
    site.wait("the configuration is read again", lambda: "set default='local'" in grub(site))
    preview = site.cli_json("menu", "preview", "--machine", NAME)
    assert preview["default"] == "local" and "may erase a disk" in preview["remark"]


def test_the_preview_shows_what_the_machine_gets(site, machine):
    for arch, word in ("bios", "UI menu.c32"), ("uefi-x64", "menuentry"), ("uefi-arm64", "menuentry"):
        assert word in site.cli("menu", "preview", "--machine", NAME, "--arch", arch).stdout
    assert "UI menu.c32\nPROMPT 0\n" in site.cli("menu", "preview", "--arch", "bios").stdout
    assert "choose --default" in site.cli("menu", "preview", "--loader", "ipxe").stdout
    preview = site.cli_json("menu", "preview", "--machine", NAME)
    shown = {entry["name"]: entry["why"] for entry in preview["entries"]}
    assert shown == {"install": None, "rescue": None, "again": None, "lab-only": None,
                     "office-only": "it is for other machines", "other": "it is for other machines",
                     "gone": "there is no such profile"}
    assert {entry["name"] for entry in preview["entries"] if entry["may_erase"]} == {"install", "again"}
    assert token_of(grub(site)) not in str(preview)
    refused = site.cli("menu", "preview", "--machine", "nobody", check=False)
    assert refused.returncode != 0 and "nobody" in refused.stderr
