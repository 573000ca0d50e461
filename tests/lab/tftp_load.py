# SPDX-License-Identifier: GPL-3.0-or-later
"""Many TFTP clients beside a server (bench/tftp_load.c): the network they need, and what the server costs meanwhile.

The server's namespace and the load's are joined by one veth pair, without a bridge, whose cost would hide the servers'. The
load's namespace calls a whole network its own, so each transfer comes from an address of its own behind one neighbour."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from .network import ROOT, Lab, LabError, imprint_binary, sh
from .storm import LOAD_CORE, SERVER_CORE, TICKS_PER_SECOND

LOAD = "load"
LOAD_ADDRESS = "10.77.0.2"
CLIENTS = "10.78.0.0/15"
FIRST_CLIENT = "10.78.1.0"


def load_binary(name="bench-tftp"):
    """The load generator (or the bare sender), from the hardened build: a sanitized one would measure itself."""
    hardened = pathlib.Path(os.environ.get("IMPRINT_HARDENED", ROOT / "build" / "imprint")).absolute()
    return hardened.parent / "bench" / name


class TftpLab(Lab):
    """A server at 10.77.0.1 and a load at 10.77.0.2, back to back. The files served are in memory."""

    def __init__(self):
        super().__init__(network="10.77.0", prefix=16)
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="imprint-load-", dir=memory))
        self.files.chmod(0o755)

    def _make_bridge(self):
        load = self.namespace(LOAD)
        sh("ip", "netns", "add", self.name)
        sh("ip", "netns", "add", load)
        self.hosts.append(LOAD)
        self.run("ip", "link", "set", "lo", "up")
        # The server's end bears the name that the lab's configurations give to its interface.
        self.run("ip", "link", "add", "br0", "type", "veth", "peer", "name", "eth0", "netns", load)
        self.run("ip", "address", "add", f"{self.address}/{self.prefix}", "dev", "br0")
        self.run("ip", "link", "set", "br0", "up")
        self.run("ip", "link", "set", "lo", "up", host=LOAD)
        self.run("ip", "address", "add", f"{LOAD_ADDRESS}/{self.prefix}", "dev", "eth0", host=LOAD)
        self.run("ip", "link", "set", "eth0", "up", host=LOAD)
        self.run("ip", "route", "add", "local", CLIENTS, "dev", "lo", host=LOAD)
        self.run("ip", "route", "add", CLIENTS, "via", LOAD_ADDRESS)

    def make_file(self, name, data):
        """A file that the server serves; its path."""
        path = self.files / name
        path.write_bytes(data)
        path.chmod(0o644)
        return path

    def close(self):
        super().close()
        if hasattr(self, "files"):
            shutil.rmtree(self.files, ignore_errors=True)


def load_words(lab, mode, expect, **options):
    """The command of a load: options are its own, with _ for -; those that are None or False are left out."""
    words = [load_binary(), mode, "--server", lab.address, "--first-address", FIRST_CLIENT, "--expect", expect,
             "--file", options.pop("file", pathlib.Path(expect).name)]
    for name, value in options.items():
        if value is not None and value is not False:
            words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [value])
    if os.cpu_count() > 1:
        words = ["taskset", "--cpu-list", LOAD_CORE, *words]
    return words


def run_load(lab, mode, expect, most_seconds=60, hurry=False, **options):
    """Runs the load generator to its end and returns what it reports; `hurry`: what else runs on the machine waits."""
    words = load_words(lab, mode, expect, most_seconds=most_seconds, **options)
    if hurry:
        words = ["setsid", "sh", "-c", 'echo -19 2>/dev/null >/proc/self/autogroup; exec "$@"', "load", *words]
    done = lab.run(*words, host=LOAD, check=False, timeout=most_seconds + 60)
    if done.returncode not in (0, 1):
        raise LabError(f"bench-tftp: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


class Meter:
    """What a server costs: a control group of its own where there are control groups, else the times of its processes."""

    def __init__(self, process, name):
        self.pid = process.pid
        self.folder = None
        for root, counter in ((pathlib.Path("/sys/fs/cgroup"), "cpu.stat"), (pathlib.Path("/sys/fs/cgroup/cpuacct"), "cpuacct.usage")):
            if (root / "cgroup.procs").exists() and (root / counter).exists() and self._join(root / name, counter):
                break

    def _join(self, folder, counter):
        try:
            folder.mkdir(exist_ok=True)
            (folder / "cgroup.procs").write_text(str(self.pid))
        except OSError:
            return False
        self.folder, self.counter = folder, counter
        return True

    def pids(self):
        """The server's processes, its children too."""
        if self.folder is not None:
            return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split()]
        children = subprocess.run(["pgrep", "--parent", str(self.pid)], capture_output=True, text=True).stdout.split()
        return [self.pid, *map(int, children)]

    def cpu_seconds(self):
        """Time on a core so far, its own and the kernel's for it."""
        if self.folder is None:
            return sum(cpu_with_children(pid) for pid in self.pids())
        text = (self.folder / self.counter).read_text()
        return int(text) / 1e9 if self.counter == "cpuacct.usage" else int(text.split("usage_usec ")[1].split()[0]) / 1e6

    def memory(self):
        """Its share of memory (PSS) now, in bytes."""
        total = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) * 1024 if line.startswith("Pss:") else 0
        return total

    def close(self):
        """Removes the group; its processes have ended."""
        if self.folder is not None:
            try:
                self.folder.rmdir()
            except OSError:
                pass  # somebody has not ended yet: an empty group costs nothing


def cpu_with_children(pid):
    """The time of a process and of those of its children that have ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / TICKS_PER_SECOND


def pinned(*words):
    """A server's command, on the core that servers get."""
    return ["taskset", "--cpu-list", SERVER_CORE, *words] if os.cpu_count() > 1 else list(words)


__all__ = ["TftpLab", "LabError", "Meter", "imprint_binary", "load_binary", "load_words", "pinned", "run_load", "LOAD"]
