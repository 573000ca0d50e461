# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk, or the file server, that the images and files lie on does not answer: only who wants a file from there waits."""

import contextlib
import pathlib
import subprocess
import sys
import time

import pytest
from lab import Lab
from lab.dhcp import ACK, DhcpClient

SERVER = "192.168.77.1"


class SlowDisk:
    """A mounted one."""

    def __init__(self, lab, name):
        self.shown = pathlib.Path(lab.make_folder(f"{name}-shown"))
        self.mounted = pathlib.Path(lab.make_folder(name))
        self._hold = pathlib.Path(lab.folder) / f"{name}.hold"
        program = pathlib.Path(__file__).parents[1] / "lab" / "slow_disk.py"
        self._process = subprocess.Popen([sys.executable, program, self.shown, self.mounted, self._hold])
        lab.wait(f"{name} is mounted", self.mounted.is_mount, seconds=10)

    def stop_answering(self):
        self._hold.touch()

    def answer(self):
        self._hold.unlink(missing_ok=True)

    def close(self):
        self.answer()
        subprocess.run(["umount", "-l", self.mounted], check=True)
        self._process.kill()  # other namespaces may have the mount still, and it would go on for them
        self._process.wait(timeout=10)


@pytest.fixture
def slow():
    """A lab whose tftp.root is on such a disk."""
    with Lab() as lab, contextlib.ExitStack() as stack:
        disk = SlowDisk(lab, "slow")
        stack.callback(disk.close)
        stack.callback(lambda: lab.imprint and lab.stop_imprint())
        (disk.shown / "kernel").write_bytes(b"k" * 100000)
        (disk.shown / "Folder").mkdir()
        (disk.shown / "Folder" / "Name").write_bytes(b"n" * 1000)
        lab.start_imprint(root=disk.mounted)
        lab.add_host("client", "192.168.77.50")
        lab.add_host("fresh")
        lab.disk = disk
        yield lab


def start_fetch(lab, protocol, name):
    out = lab.folder / f"out-{protocol}-{name.replace('/', '-')}"
    url = {"http": f"http://{SERVER}/{name}", "tftp": f"tftp://{SERVER}/{name}"}[protocol]
    return out, lab.start("curl", "-sS", "--fail", "-m", "60", "-o", str(out), url, host="client")


@pytest.mark.parametrize("protocol", ["http", "tftp"])
def test_a_disk_that_does_not_answer_delays_nobody_else(slow, protocol):
    slow.disk.stop_answering()
    fetches = [start_fetch(slow, protocol, name) for name in ("kernel", "folder/name", "missing")]
    time.sleep(1.5)
    assert all(process.poll() is None for _, process in fetches)

    begin = time.monotonic()
    assert DhcpClient(slow, "fresh", "52:54:00:12:34:01").lease().kind == ACK
    slow.run("curl", "-sS", "--fail", "-o", "/dev/null", f"http://{SERVER}/pxelinux.0", host="client")
    slow.run("curl", "-sS", "--fail", "-o", "/dev/null", f"tftp://{SERVER}/pxelinux.0", host="client")
    assert slow.cli_json("status")
    assert time.monotonic() - begin < 8  # the disk is not waited for: that would take 20 s
    assert all(process.poll() is None for _, process in fetches)

    slow.disk.answer()
    (kernel, first), (name, second), (_, third) = fetches
    assert first.wait(timeout=30) == 0 and kernel.read_bytes() == b"k" * 100000
    assert second.wait(timeout=30) == 0 and name.read_bytes() == b"n" * 1000
    assert third.wait(timeout=30) != 0
    assert "does not answer" not in slow.log()


def test_who_waits_too_long_is_told_and_the_disk_is_named(slow):
    slow.disk.stop_answering()
    out = slow.run("curl", "-sS", "-m", "40", "-o", "/dev/null", "-w", "%{http_code}", f"http://{SERVER}/kernel", host="client", timeout=60, check=False)
    assert out.stdout == "500"
    assert "looking for kernel takes longer than 20 s: its disk or file server does not answer" in slow.log()
    slow.disk.answer()
    slow.run("curl", "-sS", "--fail", "-o", "/dev/null", f"http://{SERVER}/kernel", host="client")
