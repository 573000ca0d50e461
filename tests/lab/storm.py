# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand simulated machines on one host of the lab (bench/storm.c), and what a server costs meanwhile."""

import json
import os
import pathlib

from .network import ROOT, LabError

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = 0, 1
URGENT = -19


def storm_binary():
    """The load generator, from the hardened build: a sanitized one would measure itself."""
    hardened = pathlib.Path(os.environ.get("IMPRINT_HARDENED", ROOT / "build" / "imprint")).absolute()
    return hardened.parent / "bench" / "bench-storm"


def add_storm_host(lab, name="storm"):
    """A host for run_storm(), whose frames are as long as a wire's: segments are cut before they reach it."""
    lab.add_host(name)
    lab.run("ip", "link", "set", f"port{lab.port_count}", "gso_max_segs", 1)
    return name


def run_storm(lab, mode, host="storm", most_seconds=60, **options):
    """Runs the load generator to its end and returns what it reports; options are its own, with _ for -."""
    words = [storm_binary(), mode, "--interface", "eth0", "--most-seconds", most_seconds]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [value])
    if os.cpu_count() > 1:
        words = ["taskset", "--cpu-list", LOAD_CORE, "nice", "-n", URGENT, *words]
    done = lab.run(*words, host=host, check=False, timeout=most_seconds + 30)
    if done.returncode not in (0, 1):
        raise LabError(f"bench-storm: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def pin_server(pid):
    """Puts a server with all its threads on a core of its own, where there are several; what else runs there waits."""
    if os.cpu_count() > 1:
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), {SERVER_CORE})
            os.setpriority(os.PRIO_PROCESS, int(thread), URGENT)


def memory_of(pid):
    """The most memory the process ever had in RAM (VmHWM) and its share now (PSS), in bytes."""
    return {"peak": kilobytes(f"/proc/{pid}/status", "VmHWM:"), "share": kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:")}


def kilobytes(path, key):
    """A number of kB from a file of /proc, in bytes."""
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise LabError(f"{path} has no {key}")


def cpu_seconds_of(pid):
    """The time the process with all its threads has spent on a core, its own and the kernel's for it."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
