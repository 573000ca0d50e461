# SPDX-License-Identifier: GPL-3.0-or-later
"""Blank virtual machines become running systems: deployed by imprint's own agent, from power-on to their own login prompt, with
everything that may go wrong on the way."""

import os
import re
import signal
import time

import pytest

from lab import Machine
from lab.agent import FakeMachine
from lab.disk import make_disk
from lab.images import FULL_SYSTEM, SYSTEM, add_agent, add_system, system_folder
from lab.site import PASSWORD, add_station, ssh
from lab.vm import content_hash

MAC, OTHER_MAC = "52:54:00:ab:cd:01", "52:54:00:ab:cd:02"
ADDRESS = "192.168.77.101"
MIB = 2**20
# Software emulation on two busy cores: a boot may take minutes.
BOOT, WRITE, LOGIN = 400, 900, 500


@pytest.fixture
def site(lab):
    """imprint with the agent, a Debian, a profile "web" and an approved machine "one" with a reserved address."""
    lab.start_imprint()
    add_agent(lab)
    add_system(lab)
    add_station(lab)
    lab.cli("machine", "add", "one", "--mac", MAC, "--address", ADDRESS)
    return lab


def order(site, number=1):
    return site.cli_json("order", "show", str(number))


def state(site, number=1):
    return order(site, number)["state"]


def switch_on(site, kind="bios-virtio", mac=MAC, size="4G", **options):
    """A machine with a blank disk."""
    machine = Machine(site, kind, mac, **options)
    machine.make_disk(size)
    return machine.start()


def deploy(site, *words, machine="one", profile="web"):
    site.cli("deploy", machine, "--profile", profile, *words)


def wait_state(site, machine, wanted, seconds, number=1):
    """Waits until the order is in one of the states `wanted`; another end is an error, told with the console."""
    def seen():
        now = state(site, number)
        if now in ("failed", "cancelled", "expired", "finished") and now not in wanted:
            raise AssertionError(f"order {number} is {now}: {order(site, number)['trouble']}\n{machine.serial()[-3000:]}")
        if machine.process is not None and machine.process.poll() is not None:
            raise AssertionError(f"QEMU ended: {machine.process.log_path.read_text()[-2000:]}")
        return now in wanted and now
    try:
        return site.wait(f"order {number} to be {wanted}", seen, seconds, 0.5)
    except Exception as error:
        raise AssertionError(f"{error}\nthe console ends:\n{machine.serial()[-3000:]}") from None


def wait_login(machine, hostname, since=0):
    """Its own system's login prompt."""
    machine.wait_serial(rf"{hostname} login:", LOGIN, since)


def restart_by_itself(machine):
    """After the order is done, the agent restarts the machine; one with Secure Boot must be helped: QEMU's OVMF with SMM does
    not come back from a reset after a kernel ran."""
    since = len(machine.serial())
    if machine.kind == "secureboot":
        time.sleep(5)
        machine.power_cycle()
    return since


def power_on_again(site, machine, hostname):
    """Off and on once more: its own disk, found through imprint, and nothing is written before its system runs."""
    before = content_hash(machine.disk, 440)  # the boot code in front of the disk's identity
    since = len(machine.serial())
    machine.power_cycle()
    wait_login(machine, hostname, since)
    assert content_hash(machine.disk, 440) == before
    assert "imprint.order=" not in machine.serial()[since:]


@pytest.mark.parametrize("kind, memory", [
    pytest.param("bios-virtio", 512, marks=pytest.mark.core),
    pytest.param("secureboot", 1024, marks=pytest.mark.core),
    ("uefi", 512), ("uefi-ipxe", 1024),
])
def test_a_blank_machine_becomes_a_running_system(site, kind, memory):
    deploy(site)
    machine = switch_on(site, kind, memory=memory)
    wait_state(site, machine, ("finished",), BOOT + WRITE)
    since = restart_by_itself(machine)
    wait_login(machine, "station101", since)

    assert ssh(site, ADDRESS, "hostname") == "station101"
    assert int(ssh(site, ADDRESS, "df --output=size -B 1M / | tail -n 1")) > 3000  # the root file system fills the disk
    if kind == "secureboot":
        assert ssh(site, ADDRESS, "od -An -t u1 -j 4 /sys/firmware/efi/efivars/SecureBoot-*").strip() == "1"
    assert "imprint.order" not in ssh(site, ADDRESS, "cat /proc/cmdline")
    machine.login("root", PASSWORD, since=since)
    assert machine.ask("cat /etc/hostname") .endswith("station101")
    ssh(site, ADDRESS, "sync")
    power_on_again(site, machine, "station101")
    assert state(site) == "finished"


def fill(path):
    """Something that is not to be lost: noise with a partition table and a file system in front."""
    make_disk(path, "uefi")
    with open(path, "r+b") as disk:
        disk.seek(80 * MIB)
        for _ in range(16):
            disk.write(os.urandom(MIB))
        disk.truncate(4 * 2**30)


def wait_writing(site, machine):
    """Waits until bytes of the image are on the disk."""
    wait_state(site, machine, ("writing",), BOOT)
    written = machine.disk.stat().st_blocks
    site.wait("bytes on the disk", lambda: machine.disk.stat().st_blocks > written + 20 * MIB // 512 or state(site) != "writing",
              WRITE, 0.2)
    assert state(site) == "writing", order(site)


@pytest.mark.core
def test_a_disk_with_something_on_it_waits_and_then_every_trouble_ends_well(site):
    """Not blank: untouched until confirmed. Then, while it is written: the cable is pulled, the server is killed, the power fails."""
    deploy(site)
    machine = Machine(site, "bios-virtio", MAC)
    fill(machine.make_disk("4G"))
    before = content_hash(machine.disk)
    machine.start()
    wait_state(site, machine, ("needs-confirmation",), BOOT)
    machine.wait_serial("QEMU_1234.*order confirm 1 --erase QEMU_1234", 60)
    time.sleep(10)
    assert content_hash(machine.disk) == before
    assert "QEMU_1234" in site.cli("order", "show", "1").stdout
    site.cli("order", "confirm", "1", "--erase", "QEMU_1234")

    wait_writing(site, machine)
    machine.unplug()
    time.sleep(8)
    machine.plug()
    site.stop_imprint(signal.SIGKILL)
    time.sleep(3)
    site.start_imprint()
    wait_writing_goes_on(site, machine)
    machine.power_cut()
    assert state(site) == "writing"
    machine.start()
    wait_state(site, machine, ("finished",), BOOT + WRITE)
    wait_login(machine, "station101", restart_by_itself(machine))


def wait_writing_goes_on(site, machine):
    """Waits until more is written than there is now."""
    written = machine.disk.stat().st_blocks
    site.wait("more bytes on the disk", lambda: machine.disk.stat().st_blocks > written + 8 * MIB // 512, WRITE, 0.2)
    assert state(site) == "writing", order(site)


def test_a_disk_that_is_not_blank_keeps_every_bit_when_the_order_is_cancelled(site):
    deploy(site)
    machine = Machine(site, "uefi", MAC)
    fill(machine.make_disk("4G"))
    before = content_hash(machine.disk)
    machine.start()
    wait_state(site, machine, ("needs-confirmation",), BOOT)
    site.cli("order", "cancel", "1")
    machine.wait_serial("cancel", 60)
    assert content_hash(machine.disk) == before


@pytest.mark.core
def test_a_machine_with_512_mib_and_a_disk_too_small_is_told_and_its_disk_untouched(site):
    deploy(site)
    machine = switch_on(site, "bios-virtio", memory=512, size="200M")
    before = content_hash(machine.disk)
    wait_state(site, machine, ("failed",), BOOT)
    machine.wait_serial(r"has 210 MB, but the image", 60)
    assert content_hash(machine.disk) == before
    assert any("DISK_TOO_SMALL" in event["reasons"] for event in site.events())


def test_two_disks_are_a_question_and_only_the_chosen_one_is_written(site):
    deploy(site)
    machine = Machine(site, "bios-virtio", MAC)
    machine.make_disk("4G", "FIRST_1")
    machine.make_disk("4G", "SECOND_2")
    machine.start()
    wait_state(site, machine, ("needs-confirmation",), BOOT)
    other = content_hash(machine.disks[1].path)
    site.cli("order", "confirm", "1", "--erase", "FIRST_1")
    wait_state(site, machine, ("finished",), WRITE)
    wait_login(machine, "station101")
    assert content_hash(machine.disks[1].path) == other


@pytest.mark.parametrize("kind, bus", [("bios", "sata"), ("uefi", "nvme"), ("bios", "usb")])
def test_hardware_that_is_not_virtual_needs_the_full_agent_and_system(lab, kind, bus):
    lab.start_imprint()
    add_agent(lab, full=True)
    add_system(lab, FULL_SYSTEM)
    add_station(lab, image=FULL_SYSTEM)
    lab.cli("machine", "add", "one", "--mac", MAC, "--address", ADDRESS)
    deploy(lab, *(["--disk", "transport=usb"] if bus == "usb" else []))  # a removable disk is only taken when told to
    machine = Machine(lab, kind, MAC)
    machine.make_disk("6G", bus=bus)
    machine.start()
    wait_state(lab, machine, ("finished",), BOOT + 2 * WRITE)
    wait_login(machine, "station101")
    assert ssh(lab, ADDRESS, "hostname") == "station101"


def test_a_power_cut_while_writing_then_success(site):
    deploy(site)
    machine = switch_on(site, "uefi")
    wait_writing(site, machine)
    machine.power_cut()
    since = len(machine.serial())
    machine.start()
    wait_state(site, machine, ("finished",), BOOT + WRITE)
    wait_login(machine, "station101", since)


def test_a_half_written_disk_does_not_boot(site):
    """The machine is told to boot its own disk in the middle of it: there is nothing that could."""
    deploy(site)
    machine = switch_on(site, "bios-virtio")
    wait_writing(site, machine)
    machine.power_cut()
    with open(machine.disk, "rb") as disk:
        assert disk.read(512)[510:] == b"\0\0"
    site.cli("order", "cancel", "1")
    since = len(machine.serial())
    machine.start()
    machine.wait_serial("No bootable device", BOOT, since)


def test_two_machines_with_swapped_orders_are_never_mixed(site):
    add_station(site, "blue", hostname="blue")
    add_station(site, "red", hostname="red")
    site.cli("machine", "add", "two", "--mac", OTHER_MAC)
    deploy(site, machine="two", profile="blue")
    deploy(site, machine="one", profile="red")
    one, two = switch_on(site, "bios-virtio"), switch_on(site, "bios-virtio", OTHER_MAC)
    wait_state(site, two, ("finished",), BOOT + 2 * WRITE, 1)
    wait_state(site, one, ("finished",), BOOT + 2 * WRITE, 2)
    wait_login(one, "red")
    wait_login(two, "blue")
    assert "blue login" not in one.serial() and "red login" not in two.serial()


def test_a_disk_image_is_written_and_grown(site):
    """A disk made by a deploy is itself an image for the next one."""
    deploy(site)
    first = switch_on(site, "bios-virtio", size="3G")
    wait_state(site, first, ("finished",), BOOT + WRITE)
    first.power_cut()
    site.cli("image", "add", first.disk, "golden", timeout=900)
    add_station(site, "golden", "golden", hostname="golden")
    site.cli("machine", "add", "two", "--mac", OTHER_MAC, "--address", "192.168.77.102")
    deploy(site, machine="two", profile="golden")
    second = switch_on(site, "bios-virtio", OTHER_MAC, size="6G")
    wait_state(site, second, ("finished",), BOOT + WRITE, 2)
    wait_login(second, "golden")
    assert int(ssh(site, "192.168.77.102", "df --output=size -B 1M / | tail -n 1")) > 5000
    assert ssh(site, "192.168.77.102", "cat /etc/hostname") == "golden"


def test_a_key_at_the_machine_when_the_policy_wants_one(lab):
    lab.start_imprint(config=lab.config_text().replace("unknown: hold", "unknown: hold, prompt: key, prompt_timeout: 60s"))
    add_agent(lab)
    add_system(lab)
    add_station(lab)
    lab.cli("machine", "add", "one", "--mac", MAC, "--address", ADDRESS)
    deploy(lab)
    machine = switch_on(lab, "bios-virtio")
    before = content_hash(machine.disk)
    machine.wait_serial("press", BOOT)
    lab.wait("nobody pressed", lambda: any("PROMPT_NOT_PRESSED" in event["reasons"] for event in lab.events()), 200, 1)
    assert state(lab) == "armed" and content_hash(machine.disk) == before
    lab.cli("order", "cancel", "1")
    deploy(lab)
    since = len(machine.serial())
    machine.power_cycle()
    machine.wait_serial("press", BOOT, since)
    time.sleep(2)
    machine.press("spc")
    wait_state(lab, machine, ("finished",), WRITE, 2)
    wait_login(machine, "station101", since)


def test_a_damaged_image_is_never_made_bootable(site):
    stream = site.folder / "state" / "images" / SYSTEM / "image.zst"
    with open(stream, "r+b") as file:
        file.seek(stream.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0x20]))
    deploy(site)
    machine = switch_on(site, "bios-virtio")
    wait_state(site, machine, ("failed",), BOOT + WRITE)
    assert any("IMAGE_DAMAGED" in event["reasons"] for event in site.events())
    with open(machine.disk, "rb") as disk:
        assert disk.read(512)[510:] == b"\0\0"


def test_three_more_power_cycles_boot_its_own_disk_each_time(site):
    deploy(site)
    machine = switch_on(site, "bios-virtio")
    wait_state(site, machine, ("finished",), BOOT + WRITE)
    wait_login(machine, "station101")
    for _ in range(3):
        power_on_again(site, machine, "station101")
    assert state(site) == "finished" and len(site.cli_json("order", "list")) == 1


def test_a_stolen_token_of_a_real_agent_is_refused(site):
    """The thief has read what goes over the wire, and has the machine's own MAC address on a card of its own. All there is to
    read is the token of the image's stream, which is good for nothing else."""
    site.add_host("thief", "192.168.77.66")
    capture = site.start("tcpdump", "-i", "br0", "-A", "-l", "-s", "0", "tcp port 80 and dst host 192.168.77.1", log="tokens")
    deploy(site)
    machine = switch_on(site, "bios-virtio")
    wait_writing(site, machine)
    token = site.wait("a token on the wire",
                      lambda: re.search(r"Authorization: Bearer ([0-9a-f]{64})", capture.log_path.read_text(errors="replace")), 60, 1)
    thief = FakeMachine(site, MAC, host="thief")
    thief.token = token.group(1)
    for thief.https_port in (0, 443):
        assert thief.post("/agent/report", {"stage": "done"})[0] == 403
        assert thief.post("/agent/task", {})[0] == 403
        assert thief.get(f"/images/{SYSTEM}/image.zst")[0] in (403, 404)
    assert "POST /agent/" not in capture.log_path.read_text(errors="replace")
    wait_state(site, machine, ("finished",), WRITE)


def test_the_image_is_what_imprint_built():
    """What all of this writes is no stand-in: a packed Debian with its index."""
    folder = system_folder()
    assert (folder / "image.index").read_bytes()[:8] == b"imprint1" and (folder / "image.zst").stat().st_size > 50 * MIB
