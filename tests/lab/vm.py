# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual machine under QEMU (software emulation) that boots from the lab's network, with its screen on a serial log."""

import hashlib
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid as uuids

from .network import LabError

OVMF = pathlib.Path("/usr/share/OVMF")

# kind: firmware, network card, whether QEMU's own iPXE option ROM stands before the firmware's network stack, and by which
# IP versions EDK2 may boot by PXE (4 alone when nothing is said); what is left then is HTTP boot, 4 before 6
KINDS = {
    "bios": dict(firmware="bios", card="e1000", rom=True),
    "bios-virtio": dict(firmware="bios", card="virtio-net-pci", rom=True),
    "uefi": dict(firmware="uefi", card="virtio-net-pci", rom=False),
    "uefi-ipxe": dict(firmware="uefi", card="virtio-net-pci", rom=True),
    "secureboot": dict(firmware="secureboot", card="virtio-net-pci", rom=False),
    "uefi-pxe6": dict(firmware="uefi", card="virtio-net-pci", rom=False, pxe="6"),
    "uefi-http": dict(firmware="uefi", card="virtio-net-pci", rom=False, pxe=""),
}

SERIAL = "QEMU_1234"  # of the first disk

# how a disk hangs on the machine: QEMU's device words in front of "drive=...,serial=..."
BUSES = {"virtio": ["virtio-blk-pci"], "sata": ["ide-hd"], "nvme": ["nvme"], "usb": ["usb-storage"]}


class Disk:
    """A disk of a machine: a file, and how it is plugged in."""

    def __init__(self, path, serial=SERIAL, bus="virtio"):
        self.path = pathlib.Path(path)
        self.serial = serial
        self.bus = bus

    def words(self, number):
        """QEMU's words for it; the first disk is what the machine boots after the network."""
        device = f"{BUSES[self.bus][0]},drive=disk{number},serial={self.serial},bootindex={number + 2}"
        words = ["-drive", f"if=none,id=disk{number},format=raw,file={self.path},cache=unsafe,discard=unmap"]
        if self.bus == "sata":
            return words + ["-device", f"ahci,id=sata{number}", "-device", f"{device},bus=sata{number}.0"]
        if self.bus == "usb":
            return words + ["-device", f"qemu-xhci,id=usb{number}", "-device", f"{device},bus=usb{number}.0"]
        return words + ["-device", device]


class Machine:
    """A machine that is switched on with start(). It boots from the network first, then from its disks, if it has any."""

    def __init__(self, lab, kind="bios", mac="52:54:00:aa:bb:01", memory=1024, disk=None, name=None, uuid=None, processors=1):
        self.lab = lab
        self.kind = kind
        self.mac = mac
        self.memory = memory
        self.processors = processors
        self.extra = []  # more words for QEMU
        self.disks = [Disk(disk)] if disk else []
        self.uuid = uuid or str(uuids.uuid5(uuids.NAMESPACE_OID, mac))
        self.name = name or "vm" + mac.replace(":", "")[-6:]
        self.process = None
        self.tap = lab.add_tap()
        self.serial_path = lab.folder / f"{self.name}.serial"
        self.console_path = lab.folder / f"{self.name}.console"
        self.monitor_path = lab.folder / f"{self.name}.monitor"
        self.variables = None
        lab.machines.append(self)

    @property
    def disk(self):
        """The file of its first disk, or None."""
        return self.disks[0].path if self.disks else None

    def make_disk(self, size="2G", serial=SERIAL, bus="virtio"):
        """One more disk of its own, blank; its file."""
        path = self.lab.folder / f"{self.name}-{len(self.disks)}.img"
        with open(path, "wb") as image:
            image.truncate(int(size[:-1]) * {"M": 2**20, "G": 2**30}[size[-1]])
        self.disks.append(Disk(path, serial, bus))
        return path

    def _firmware_words(self):
        firmware = KINDS[self.kind]["firmware"]
        if firmware == "bios":
            return ["-machine", "pc,graphics=off", "-boot", "order=nc"]
        secure = firmware == "secureboot"
        code = OVMF / ("OVMF_CODE_4M.ms.fd" if secure else "OVMF_CODE_4M.fd")
        if self.variables is None:
            self.variables = self.lab.folder / f"{self.name}.vars"
            shutil.copy(OVMF / ("OVMF_VARS_4M.ms.fd" if secure else "OVMF_VARS_4M.fd"), self.variables)
        # Without IPv6 its way from a network without a boot file to its own disk is a minute shorter.
        pxe = KINDS[self.kind].get("pxe", "4")
        words = ["-machine", "q35,smm=on" if secure else "q35"]
        for version in "46":
            if version not in pxe:
                words += ["-fw_cfg", f"name=opt/org.tianocore/IPv{version}PXESupport,string=n"]
        if secure:
            words += ["-global", "driver=cfi.pflash01,property=secure,value=on"]
        return words + ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
                        "-drive", f"if=pflash,format=raw,unit=1,file={self.variables}"]

    def start(self):
        """Switches it on."""
        kind = KINDS[self.kind]
        card = f"{kind['card']},netdev=net0,mac={self.mac},bootindex=1" + ("" if kind["rom"] else ",romfile=")
        words = ["qemu-system-x86_64", "-name", self.name, "-accel", "tcg", "-cpu", "qemu64,+rdrand", "-m", self.memory, "-smp", self.processors,
                 "-uuid", self.uuid, "-display", "none", "-vga", "std", "-serial", "chardev:console", "-chardev",
                 f"socket,id=console,path={self.console_path},server=on,wait=off,logfile={self.serial_path},logappend=on",
                 "-monitor", f"unix:{self.monitor_path},server=on,wait=off", "-no-user-config", "-nodefaults",
                 "-device", "virtio-rng-pci",
                 "-netdev", f"tap,id=net0,ifname={self.tap},script=no,downscript=no", "-device", card]
        for number, disk in enumerate(self.disks):
            words += disk.words(number)
        self.process = self.lab.start(*words, *self._firmware_words(), *self.extra, log=f"{self.name}.qemu")
        return self

    def monitor(self, line):
        """Gives QEMU's monitor a command and returns what it printed."""
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(10)
            channel.connect(str(self.monitor_path))
            answer = read_until(channel, b"(qemu) ")
            channel.sendall(line.encode() + b"\n")
            answer = read_until(channel, b"(qemu) ")
        return answer.decode(errors="replace")

    def press(self, key="ret"):
        """A key of its keyboard, as QEMU calls it."""
        self.monitor(f"sendkey {key}")

    def type(self, text):
        """Types on its serial console."""
        with socket.socket(socket.AF_UNIX) as channel:
            channel.connect(str(self.console_path))
            channel.sendall(text.encode())
            time.sleep(0.3)  # what QEMU has not read when we are gone is lost

    def unplug(self):
        """Pulls the network cable."""
        self.monitor("set_link net0 off")

    def plug(self):
        """Puts the network cable back."""
        self.monitor("set_link net0 on")

    def power_cut(self):
        """The current fails: QEMU is killed without a chance to write anything more."""
        self.lab.stop(self.process, signal.SIGKILL)
        self.process = None

    def power_cycle(self):
        """Switches it off and on again. (QEMU's reset is no substitute: OVMF with SMM does not come back from it
        after a kernel ran.)"""
        self.power_off()
        self.start()

    def stop(self):
        """Pulls the plug."""
        if self.process is not None:
            self.lab.stop(self.process)
            self.process = None
        if self in self.lab.machines:
            self.lab.machines.remove(self)

    def power_off(self):
        """Pulls the plug, to be switched on again later."""
        self.lab.stop(self.process)
        self.process = None

    def serial(self):
        """Everything on its serial console so far, without terminal control sequences."""
        try:
            raw = self.serial_path.read_bytes().decode("latin-1")
        except FileNotFoundError:
            return ""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|[\x00\x08\x0e\x0f]", "", raw)

    def wait_serial(self, pattern, seconds=300, since=0):
        """Waits until `pattern` stands on the serial console behind offset `since`; returns the match."""
        def seen():
            if self.process is not None and self.process.poll() is not None:
                raise LabError(f"{self.name}: QEMU ended: {self.process.log_path.read_text()[-2000:]}")
            return re.search(pattern, self.serial()[since:], re.S)
        try:
            return self.lab.wait(f"{pattern!r} on the console of {self.name}", seen, seconds, 0.5)
        except LabError as error:
            raise LabError(f"{error}\nits console ends:\n{self.serial()[-3000:]}") from None

    def login(self, user, password, seconds=240, since=0):
        """Logs in on the serial console, where the login prompt stands already; waits for the shell."""
        since = len(self.serial()) if since is None else since
        self.type(f"{user}\r")
        self.wait_serial("[Pp]assword:", seconds, since)
        since = len(self.serial())
        self.type(f"{password}\r")
        self.wait_serial(r"[#$] ?$|Login incorrect", seconds, since)
        if "Login incorrect" in self.serial()[since:]:
            raise LabError(f"{self.name} does not take the password of {user}:\n{self.serial()[-1500:]}")

    def ask(self, command, seconds=60):
        """Runs a command in the shell of the serial console; what it printed."""
        since = len(self.serial())
        self.type(f"{command}; echo end-of-$((40+2))\r")
        match = self.wait_serial(r"\n(.*?)end-of-42", seconds, since)
        return match.group(1).replace("\r", "").strip()

    def screenshot(self, path):
        """Saves its screen as PNG."""
        picture = self.lab.folder / f"{self.name}.ppm"
        self.monitor(f"screendump {picture}")
        time.sleep(1)
        with open(path, "wb") as out:
            subprocess.run(["pnmtopng", str(picture)], stdout=out, stderr=subprocess.DEVNULL, check=True)


def read_until(channel, end):
    """Reads from a socket until `end` was seen."""
    data = b""
    while not data.endswith(end):
        chunk = channel.recv(65536)
        if not chunk:
            break
        data += chunk
    return data


def content_hash(path, bytes_most=None):
    """SHA-256 of a disk's file, or of its first bytes."""
    digest = hashlib.sha256()
    left = bytes_most
    with open(path, "rb") as disk:
        while left is None or left > 0:
            block = disk.read(2**22 if left is None else min(2**22, left))
            if not block:
                break
            digest.update(block)
            left = None if left is None else left - len(block)
    return digest.hexdigest()
