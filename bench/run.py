#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks: imprint beside other DHCP servers (dhcp_servers.py; beside three TFTP servers: tftp.py; beside dd: write.py), in the same run, on the same machine, with the same load. See bench/README.md.

Every round gives each server a fresh private network, starts it on core 0, loads it from core 1 with simulated
machines (bench/storm.c), and looks at what it cost. Rounds of both servers alternate. Numbers are medians of the
rounds; a ratio is the median of the rounds' ratios.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from lab import Lab, LabError  # noqa: E402
from lab.network import imprint_binary  # noqa: E402
from lab.storm import add_storm_host, memory_of, pin_server, run_storm, storm_binary  # noqa: E402

from dhcp_servers import LOADER, PEER_NAMES, PROXIES, SERVERS, meter_all, missing_peers, run_perfdhcp  # noqa: E402
from leases import print_leases, run_leases  # noqa: E402
from tftp import ROWS, print_row, print_tftp, run_tftp  # noqa: E402
from web import missing_web_peers, print_web, run_ftp, run_http  # noqa: E402
from write import print_write, run_write  # noqa: E402

MIB = 1 << 20


# ---- benchmarks: what the load is, and which numbers of it are shown ----

def load_storm(lab, options):
    return run_storm(lab, "storm", machines=options.machines, expect=LOADER, most_seconds=90)


def load_jitter(lab, options):
    return run_storm(lab, "storm", machines=options.machines, expect=LOADER, jitter=True, most_seconds=90)


def load_dora(lab, options):
    return run_storm(lab, "dora", machines=options.machines, most_seconds=90)


def load_renew(lab, options):
    return run_storm(lab, "renew", machines=options.machines, rounds=3, most_seconds=90)


def load_half(lab, options):
    """First as fast as it goes, then evenly at half of that."""
    peak = run_storm(lab, "dora", machines=options.machines, rounds=5, most_seconds=60)
    spread = round(options.machines * 1000 / max(1, peak["per_second"] / 2))
    seen = run_storm(lab, "dora", machines=options.machines, rounds=5, spread_ms=max(1, spread), at_once=options.machines, most_seconds=60)
    return {**seen, "peak": peak["per_second"]}


def load_proxy(lab, options):
    return run_storm(lab, "proxy", machines=options.machines, rounds=10, most_seconds=60)


def load_perfdhcp(lab, options):
    return run_perfdhcp(lab, 8000, 5, 50000)


LESS, MORE = "less", "more"
# what, unit, which way is better, how to find it in a round's result
COSTS = [
    ("server CPU", "s", LESS, lambda seen: seen["cpu_seconds"]),
    ("peak memory (VmHWM)", "MiB", LESS, lambda seen: seen["memory"]["peak"] / MIB),
    ("memory at the end (PSS)", "MiB", LESS, lambda seen: seen["memory"]["share"] / MIB),
]
TROUBLE = [
    ("machines that failed", "", LESS, lambda seen: seen["failed"]),
    ("retransmissions, DHCP", "", LESS, lambda seen: seen["dhcp_retransmissions"]),
    ("retransmissions, TFTP", "", LESS, lambda seen: seen["tftp_retransmissions"]),
    ("NAKs", "", LESS, lambda seen: seen["naks"]),
    ("addresses given twice", "", LESS, lambda seen: seen["duplicates"]),
]
CPU_EACH = ("server CPU an exchange", "us", LESS, lambda seen: seen["cpu_seconds"] / max(1, seen["done"]) * 1e6)
RATE = [
    ("rate", "1/s", MORE, lambda seen: seen["per_second"]),
    ("median exchange", "ms", LESS, lambda seen: seen["finish_ms"]["p50"]),
    ("99th percentile", "ms", LESS, lambda seen: seen["finish_ms"]["p99"]),
]
STORM = [
    ("last lease", "ms", LESS, lambda seen: seen["lease_ms"]["last"]),
    ("last loader", "ms", LESS, lambda seen: seen["finish_ms"]["last"]),
    ("median machine", "ms", LESS, lambda seen: seen["finish_ms"]["p50"]),
    ("99th percentile", "ms", LESS, lambda seen: seen["finish_ms"]["p99"]),
]
BENCHMARKS = {
    "storm": ("{machines} BIOS machines at the same instant: a lease, then the boot loader by TFTP", load_storm,
              STORM + TROUBLE + COSTS),
    "storm-jitter": ("the same, their DHCP timers differ by up to a second", load_jitter, STORM + TROUBLE + COSTS),
    "dora": ("new leases (DISCOVER, OFFER, REQUEST, ACK) for {machines} clients, 64 in flight", load_dora,
             RATE + TROUBLE[:2] + TROUBLE[3:] + [CPU_EACH] + COSTS),
    "renew": ("renewals by {machines} clients, 64 in flight", load_renew, RATE + TROUBLE[:2] + TROUBLE[3:] + COSTS),
    "half": ("new leases for {machines} clients, evenly, at half of the rate that this server reaches at most", load_half,
             [("peak rate", "1/s", MORE, lambda seen: seen["peak"])] + RATE + TROUBLE[:2] + TROUBLE[3:]),
    "proxy": ("DISCOVERs of {machines} BIOS machines, ten times, to the offer of a ProxyDHCP server, 64 in flight", load_proxy,
              RATE + TROUBLE[:2] + COSTS),
    "perfdhcp": ("8,000 exchanges a second offered by Kea's perfdhcp, as a relay agent, for 5 s", load_perfdhcp,
                 [("exchanges", "1/s", MORE, lambda seen: seen["per_second"]), ("average delay", "ms", LESS, lambda seen: seen["delay_ms"]),
                  ("server CPU an exchange", "us", LESS, lambda seen: seen["cpu_seconds"] / max(1, seen["exchanges"]) * 1e6)] + COSTS),
}
NAMES = [*BENCHMARKS, "leases", "tftp", "http", "ftp", "write"]


# ---- running ----

def make_root(lab):
    """What both servers serve by TFTP."""
    root = lab.make_folder("tftp")
    (root / LOADER.name).write_bytes(LOADER.read_bytes())
    for path in root.iterdir():
        path.chmod(0o644)
    return root


def servers_of(name):
    """Who takes part in a benchmark."""
    return PROXIES if name == "proxy" else SERVERS


def run_round(server, load, options, start):
    """One server under one load, once."""
    with Lab(network="10.77.0", prefix=16) as lab:
        root = make_root(lab)
        add_storm_host(lab)
        processes = start(lab, root)
        meter = meter_all(processes, f"{lab.name}-bench")
        try:
            for process in processes:
                pin_server(process.pid)
            before = meter.cpu_seconds()
            seen = load(lab, options)
            seen["cpu_seconds"] = meter.cpu_seconds() - before
            seen["memory"] = memory_of(processes[0].pid)
        finally:
            for process in processes:
                lab.stop(process)
            meter.close()
        return seen


def chosen(name, options):
    """The servers to measure."""
    wanted = options.servers.split(",") if options.servers else list(SERVERS)
    return [server for server in servers_of(name) if server in wanted]


def run_benchmark(name, options):
    """All rounds of one benchmark; what each server was seen to do, in order."""
    about, load, _ = BENCHMARKS[name]
    servers = chosen(name, options)
    seen = {server: [] for server in servers}
    for number in range(options.rounds):
        for server in servers[::1 if number % 2 == 0 else -1]:
            say(f"{name}: round {number + 1} of {options.rounds}, {server}")
            seen[server].append(run_round(server, load, options, servers_of(name)[server]))
            time.sleep(0.2)
    return {"about": about.format(machines=f"{options.machines:,}"), "rows": rows_of(name, seen), "rounds": seen}


def rows_of(name, seen):
    """Medians of each number that the benchmark shows, and their ratio."""
    rows = []
    for what, unit, better, find in BENCHMARKS[name][2]:
        values = {server: [number_in(one, find) for one in rounds] for server, rounds in seen.items()}
        theirs = [best_of(better, found) for found in zip(*(values[peer] for peer in PEER_NAMES if peer in values))]
        rows.append({"what": what, "unit": unit, "better": better, "ratio": median_ratio(values["imprint"], theirs),
                     **{server: median(found) for server, found in values.items()}})
    return rows


def best_of(better, found):
    """Of one round: the best peer's number."""
    known = [value for value in found if value is not None]
    return (max if better == MORE else min)(known) if known else None


def number_in(seen, find):
    """The number, or None when no machine got so far."""
    try:
        return find(seen)
    except KeyError:
        return None


def median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def median_ratio(ours, theirs):
    """The median of the rounds' ratios, where there is one."""
    return median([one / other for one, other in zip(ours, theirs) if one is not None and other])


# ---- telling ----

def say(text):
    """A line of progress, only for somebody who watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def print_table(name, result):
    servers = list(result["rounds"])
    print(f"\n{name}: {result['about']}; medians of {len(result['rounds']['imprint'])} rounds")
    print(f"  {'':26}" + "".join(f" {server:>12}" for server in servers) + "   imprint / best peer")
    for row in result["rows"]:
        what = row["what"] + (f", {row['unit']}" if row["unit"] else "")
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g} ({row['better']} is better)"
        print(f"  {what:26}" + "".join(f" {number_text(row[server]):>12}" for server in servers) + f"   {ratio}")
    lost = sum(one["dropped_by_us"] for rounds in result["rounds"].values() for one in rounds)
    if lost:
        print(f"  careful: the load generator lost {lost} frames; these numbers show it, not the servers")


def number_text(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:,.2f}"


def run_one(name, options):
    """One benchmark, told as it comes unless JSON is wanted."""
    tell = (lambda result: None) if options.json else (lambda result: (say(""), print_row(result)))
    if name == "tftp":
        result = run_tftp(options, say, tell)
    elif name in ("http", "ftp"):
        result = {"http": run_http, "ftp": run_ftp}[name](options.rounds, say)
    elif name == "leases":
        result = run_leases(options.rounds, say)
    else:
        result = run_write(options.rounds, say) if name == "write" else run_benchmark(name, options)
    if not options.json:
        say("")
        {"tftp": lambda: print_tftp(result), "leases": lambda: print_leases(result), "write": lambda: print_write(result),
         "http": lambda: print_web(name, result), "ftp": lambda: print_web(name, result)}.get(name, lambda: print_table(name, result))()
    return result


def main():
    parser = argparse.ArgumentParser(prog="./run bench", description="imprint beside dnsmasq; see bench/README.md")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (all)")
    parser.add_argument("--rounds", type=int, help="of each server (5; tftp: 3); odd numbers make better medians")
    parser.add_argument("--rows", help=f"tftp: only rows whose names hold one of these, with commas; there are: {', '.join(row['name'] for row in ROWS)}")
    parser.add_argument("--servers", help="only these, with commas, imprint among them; tftp: of imprint, tftpd-hpa, atftpd, dnsmasq, limit; "
                        f"storm, dora, renew: of {', '.join(SERVERS)}")
    parser.add_argument("--most-seconds", type=int, default=30, help="tftp: a round's end; what is not read by then has failed (30)")
    parser.add_argument("--machines", type=int, default=1000, help="in storm, dora and renew (1000); more than about 1000 need a larger "
                        "net.ipv4.neigh.default.gc_thresh3")
    parser.add_argument("--json", action="store_true", help="everything as JSON, every round too")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark '{unknown[0]}'; there are: {', '.join(NAMES)}")
    if options.servers and "imprint" not in options.servers.split(","):
        parser.error("imprint must be among the servers")
    for needed in (imprint_binary(), *([] if options.names and not set(options.names) & set(BENCHMARKS) else [storm_binary(), LOADER])):
        if not needed.exists():
            parser.error(f"{needed} is missing; ./run bench builds and installs what is needed")
    if set(options.names or NAMES) & set(BENCHMARKS) and missing_peers():
        parser.error(f"{missing_peers()[0]} is missing; ./run bench unpacks it")
    absent = missing_web_peers(options.names or NAMES)
    if absent:
        parser.error(f"{absent[0]} is missing; ./run bench installs or unpacks it")
    if os.geteuid() != 0:
        parser.error("the servers meet in network namespaces, which needs root")
    results = {}
    for name in options.names or NAMES:
        each = argparse.Namespace(**{**vars(options), "rounds": options.rounds or (3 if name in ("tftp", "http", "ftp") else 5)})
        results[name] = run_one(name, each)
    if options.json:
        print(json.dumps({"cores": os.cpu_count(), "benchmarks": results}, indent=1))


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(f"run.py: {error}")
