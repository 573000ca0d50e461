# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark `leases`: a million leases: the memory they take, and how long imprint takes to import them and to be back after a
proper end and after a kill."""

import signal
import statistics
import time

from lab import Lab
from lab.storm import memory_of

COUNT = 1_000_000
MIB = 1 << 20
NETWORK, FIRST, LAST = "10.128.0.0/11", 0x0A800001, 0x0A8FFFFA
HEADER = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
ROWS = (("peak memory (VmHWM), MiB", "peak_mib", 512), ("back after a restart, s", "restart_s", 5), ("back after a kill, s", "after_kill_s", 5),
        ("import, s", "import_s", None))


def dotted(value):
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def hardware(number):
    return "52:54:" + ":".join(f"{number >> shift & 255:02x}" for shift in (24, 16, 8, 0))


def write_leases(path, seconds=86400):
    """A file of leases as Kea writes it."""
    expire = int(time.time()) + seconds
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADER)
        for number in range(COUNT):
            out.write(f"{dotted(FIRST + number)},{hardware(number)},,{seconds},{expire},1,0,0,host{number},0,,0\n")


def run_round(lab):
    """Imports into the lab's imprint, which has a large network behind a relay besides its own."""
    path = lab.folder / "kea-leases4.csv"
    write_leases(path)
    large = f"  subnets:\n    - network: {NETWORK}\n      range: {dotted(FIRST)}-{dotted(LAST)}\n"
    config = lab.config_text(pool="10.77.4.1-10.77.200.250").replace("  subnets:\n", large, 1)
    lab.start_imprint(config=config)
    begun = time.monotonic()
    lab.cli("lease", "import", path, timeout=600)
    seen = {"import_s": time.monotonic() - begun}
    peaks = [memory_of(lab.imprint.pid)["peak"]]
    for name, number in (("restart_s", signal.SIGTERM), ("after_kill_s", signal.SIGKILL)):
        lab.stop_imprint(number)
        begun = time.monotonic()
        lab.start_imprint(config=config)
        seen[name] = time.monotonic() - begun
        peaks.append(memory_of(lab.imprint.pid)["peak"])
    assert len(lab.cli_json("lease", "list")) == COUNT
    return {**seen, "peak_mib": max(peaks) / MIB}


def run_leases(rounds, say):
    """Every round with fresh state."""
    seen = []
    for number in range(rounds):
        say(f"leases: round {number + 1} of {rounds}")
        with Lab(network="10.77.0", prefix=16) as lab:
            seen.append(run_round(lab))
    return {"count": COUNT, "rounds": seen}


def print_leases(result):
    print(f"\nleases: {result['count']:,} leases; medians of {len(result['rounds'])} rounds")
    for what, key, most in ROWS:
        value = statistics.median(one[key] for one in result["rounds"])
        print(f"  {what:26} {value:12.2f}" + ("" if most is None else f"   (held to {most}: {'yes' if value <= most else 'NO'})"))
