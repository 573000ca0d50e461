# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark `write`: how fast the agent writes an image to a disk, beside `curl | zstd -d | dd` in the same virtual machine.

The machine runs the agent's own kernel and drivers; a second initramfs behind the agent's brings curl, zstd and dd from this
system, and a script instead of the agent's first process. Both ways fetch the same stream from the same imprint by HTTP, write to
the same disk, end with the bytes on it (fsync), and alternate within one boot.
"""

import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess

from lab import Lab, LabError, Machine
from lab.images import agent_folder, agent_program

MIB = 1 << 20
IMAGE_MIB = 1024
ADDRESS = "10.77.0.50"
SECONDS_MOST = 900  # of one round
LIBRARIES = "usr/lib/x86_64-linux-gnu"  # where programs look for them first
OURS, THEIRS = "imprint", "curl|zstd|dd"

INIT = """#!/bench/bin/busybox sh
export PATH=/bench/bin:/bench/box:/usr/sbin:/usr/bin:/sbin:/bin
/bench/bin/busybox mkdir -p /bench/box /proc /sys /dev /run /tmp
/bench/bin/busybox --install -s /bench/box
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev; mount -t tmpfs run /run
for module in virtio_pci virtio_net virtio_blk virtio_rng; do modprobe $module; done
while [ ! -e /sys/class/net/eth0 ] || [ ! -b /dev/vdb ]; do sleep 0.2; done
ip link set lo up; ip link set eth0 up; ip address add {address}/16 dev eth0
until curl -s -o /dev/null {url}/image.index; do sleep 0.5; done
now() {{ cut -d ' ' -f 1 /proc/uptime; }}
theirs() {{ curl -sS {url}/image.zst | zstd -d -c -q | dd of=/dev/vdb bs=4M iflag=fullblock oflag=direct conv=fsync 2>/dev/null; }}
ours() {{ imprint-agent write {url}/image.zst /dev/vdb --yes >/run/log 2>&1 || {{ echo "BENCH failed"; cat /run/log; }}; }}
for round in {rounds}; do
    for way in $(echo $round | tr - ' '); do
        echo 3 >/proc/sys/vm/drop_caches
        begun=$(now); $way; echo "BENCH $way $begun $(now)"
    done
done
echo "BENCH end"
while :; do sleep 1000; done
"""


def make_content(path):
    """1 GiB of which every other 64 KiB do not compress and the rest do well, as with a system full of compressed files."""
    dice = random.Random(3)
    words = [f"word-{number:05} ".encode() for number in range(2000)]
    with open(path, "wb") as out:
        for _ in range(IMAGE_MIB * 8):
            text = b"".join(dice.choice(words) for _ in range(7000))
            out.write(dice.randbytes(64 * 1024) + text[:64 * 1024].ljust(64 * 1024, b" "))
    subprocess.run(["sfdisk", "-q", "--wipe", "never", path], input="label: dos\nstart=2048, type=83\n", text=True, check=True)


def libraries_of(program):
    """The shared libraries that a program needs."""
    seen = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(?:=> )?(/\S+) \(0x", seen)


def add_entry(out, name, mode, data=b""):
    """One file of a cpio archive (newc)."""
    number = add_entry.number = getattr(add_entry, "number", 0) + 1
    head = "070701" + "".join(f"{value:08X}" for value in (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
    text = head.encode() + name.encode() + b"\0"
    out.write(text + bytes(-len(text) % 4) + data + bytes(-len(data) % 4))


def make_initramfs(path, agent_initrd, init):
    """The agent's initramfs, and behind it one with the tools."""
    with open(path, "wb") as out:
        out.write(agent_initrd.read_bytes())
        out.write(bytes(-out.tell() % 512))
        for folder in ("bench", "bench/bin", "usr", "usr/lib", LIBRARIES):
            add_entry(out, folder, 0o40755)
        libraries = set()
        for tool in ("busybox", "curl", "zstd", "dd"):
            program = shutil.which(tool)
            if program is None:
                raise LabError(f"{tool} is missing; tools/setup bench installs it")
            libraries.update(libraries_of(program))
            add_entry(out, f"bench/bin/{tool}", 0o100755, pathlib.Path(program).read_bytes())
        add_entry(out, "bench/bin/imprint-agent", 0o100755, agent_program().read_bytes())
        for library in sorted(libraries):
            add_entry(out, f"{LIBRARIES}/{pathlib.Path(library).name}", 0o100755, pathlib.Path(library).read_bytes())
        add_entry(out, "bench/init", 0o100755, init.encode())
        add_entry(out, "TRAILER!!!", 0)


def serve_image(lab):
    """Packs the image and serves its two files openly; the URL of their folder."""
    root = lab.make_folder("tftp")
    lab.start_imprint(root=root)
    raw = lab.folder / "content.raw"
    make_content(raw)
    lab.cli("image", "add", raw, "bench", timeout=900)
    raw.unlink()
    folder = lab.make_folder("tftp/bench")
    for name in ("image.zst", "image.index"):
        shutil.copy(lab.folder / "state" / "images" / "bench" / name, folder / name)
        (folder / name).chmod(0o644)
    return f"http://{lab.address}/bench"


def measure(lab, rounds, url, agent):
    """Boots the machine and takes all rounds; {way: [seconds]}."""
    order = ["ours-theirs" if number % 2 == 0 else "theirs-ours" for number in range(rounds)]
    initrd = lab.folder / "initrd"
    make_initramfs(initrd, agent / "initrd.zst", INIT.format(address=ADDRESS, url=url, rounds=" ".join(order)))
    machine = Machine(lab, "bios-virtio", processors=2, memory=1024)
    machine.make_disk("64M", "ROOT_1")
    machine.make_disk(f"{IMAGE_MIB + 64}M", "BENCH_2")
    machine.extra = ["-kernel", str(agent / "linux"), "-initrd", str(initrd), "-append", "console=ttyS0 rdinit=/bench/init quiet"]
    machine.start()
    machine.wait_serial("BENCH (end|failed)|Kernel panic", SECONDS_MOST * rounds)
    text = machine.serial()
    if "BENCH end" not in text or "BENCH failed" in text:
        raise LabError(f"the machine did not come to the end:\n{text[-2000:]}")
    seen = {"ours": [], "theirs": []}
    for way, begun, ended in re.findall(r"BENCH (ours|theirs) ([\d.]+) ([\d.]+)", text):
        seen[way].append(float(ended) - float(begun))
    return seen


def run_write(rounds, say):
    """The whole benchmark: what run.py shows of it."""
    say("write: the agent is made, once")
    agent = agent_folder()
    with Lab(network="10.77.0", prefix=16) as lab:
        say("write: the image is made")
        url = serve_image(lab)
        say(f"write: {rounds} rounds in one virtual machine")
        seen = measure(lab, rounds, url, agent)
    speeds = {OURS: [IMAGE_MIB / seconds for seconds in seen["ours"]], THEIRS: [IMAGE_MIB / seconds for seconds in seen["theirs"]]}
    ratio = statistics.median([ours / theirs for ours, theirs in zip(speeds[OURS], speeds[THEIRS])])
    return {"about": "1 GiB, half of it compressible, to a virtual disk (2 processors, 1 GiB of memory)", "speeds": speeds, "ratio": ratio,
            "cores": os.cpu_count()}


def print_write(result):
    """For people."""
    rounds = result["speeds"]
    print(f"\nwrite: {result['about']}; medians of {len(rounds[OURS])} rounds")
    print(f"  {'':26} {OURS:>12} {THEIRS:>12}   imprint / {THEIRS}")
    print(f"  {'speed, MiB/s':26} {statistics.median(rounds[OURS]):>12.2f} {statistics.median(rounds[THEIRS]):>12.2f}   "
          f"{result['ratio']:.3g} (more is better)")
