# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark `tftp`: imprint beside tftpd-hpa, atftpd and dnsmasq, with clients that check every byte (tftp_load.c).

Every server stands alone in a network namespace on core 0, the load in another one on core 1; all wait side by side and one is
loaded at a time. Each row is measured in rounds that turn the servers' order round. A ratio is the median of the rounds' own
ratios. Each ratio stands beside what imprint is held to. See README.md.
"""

import os
import pathlib
import random
import resource
import statistics
import time

from lab.tftp_load import LOAD, LabError, Meter, TftpLab, imprint_binary, load_binary, load_words, pinned, run_load

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = pathlib.Path(os.environ.get("IMPRINT_PEERS", ROOT / "build-check" / "peers"))
MIB = 1 << 20
DESCRIPTORS = 65536
NOISE = 0.93  # of a target: what three rounds cannot tell from it
LIMIT_TARGET = 0.95
OURS, LIMIT = "imprint", "limit"


# ---- servers ----

def start_imprint(lab):
    lab.start_imprint(config=lab.config_text(root=lab.files))
    return lab.imprint


def start_hpa(lab):
    return lab.start(*pinned(PEERS / "tftpd-hpa/usr/sbin/in.tftpd"), "--foreground", "--address", f"{lab.address}:69", "--secure",
                     "--user", "nobody", lab.files)


def start_atftpd(lab):
    return lab.start(*pinned(PEERS / "atftpd/usr/sbin/atftpd"), "--daemon", "--no-fork", "--bind-address", lab.address,
                     "--maxthread", 20000, "--retry-timeout", 1, "--logfile", lab.folder / "atftpd.log", lab.files)


def start_dnsmasq(lab):
    return lab.start(*pinned("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=br0",
                     "--bind-interfaces", "--enable-tftp", f"--tftp-root={lab.files}", "--tftp-max=20000", "--user=root", "--quiet-tftp",
                     "--log-facility=-")


def start_limit(lab):
    """It knows one file only: a fresh one for each row."""
    return lab.start(*pinned(load_binary("bench-tftp-bare")), lab.files / lab.row_file)


SERVERS = {OURS: start_imprint, "tftpd-hpa": start_hpa, "atftpd": start_atftpd, "dnsmasq": start_dnsmasq, LIMIT: start_limit}
RIVALS = ["tftpd-hpa", "atftpd", "dnsmasq"]


def hurry(pid):
    """What else runs on the machine waits for this session. Being nice counts only inside a session where the kernel groups by
    sessions (autogroup), so both are set."""
    try:
        pathlib.Path(f"/proc/{pid}/autogroup").write_text("-19")
    except OSError:
        pass  # a kernel without it


class Server:
    """One of them, its network and its meter; started again when it fell over."""

    def __init__(self, name):
        self.name = name
        self.lab = TftpLab()
        self.process = self.meter = None
        self.row_file = None

    def make_file(self, row):
        path = self.lab.files / row["file"]
        if not path.exists():
            self.lab.make_file(row["file"], random.Random(1).randbytes(row["bytes"]))
        return path

    def ready(self, row):
        """Has it running for a row."""
        fits = self.name != LIMIT or self.row_file == row["file"]
        if self.process is not None and self.process.poll() is None and fits:
            return
        self.stop()
        path = self.make_file(row)
        self.row_file = self.lab.row_file = row["file"]
        self.process = SERVERS[self.name](self.lab)
        if self.name == OURS and os.cpu_count() > 1:
            for thread in os.listdir(f"/proc/{self.process.pid}/task"):
                os.sched_setaffinity(int(thread), {0})
        hurry(self.process.pid)
        self.meter = Meter(self.process, f"{self.lab.name}-{self.name}")
        if self.name != LIMIT:
            path = self.lab.make_file("small.bin", b"small")
        self.lab.wait(f"{self.name} to serve", lambda: self._serves(path), seconds=30, every=0.1)

    def _serves(self, path):
        if self.process.poll() is not None:
            raise LabError(f"{self.name} ended:\n{self.process.log_path.read_text(errors='replace')}")
        return run_load(self.lab, "read", path, clients=1, hurry=True, timer_ms=100, most_seconds=10)["failed"] == 0

    def stop(self):
        if self.process is not None:
            self.lab.stop(self.process)
            self.meter.close()
            self.process = self.meter = self.lab.imprint = None

    def close(self):
        self.stop()
        self.lab.close()


# ---- rows ----

def row(clients, block, window, size, hpa=None, best=None, cpu=None, cpu_most=None, sooner=None, median_ms=None, loss=0, delay_us=0,
        for_ms=700):
    """A row of the table: the load, and what imprint is held to: speed against tftpd-hpa and the best peer, CPU against the most
    thrifty peer or in seconds per GiB, the median transfer against tftpd-hpa's or in ms."""
    name = f"c{clients}-{size_text(size)}-b{block}-w{window}"
    name += f"-loss{loss / 10:g}" if loss else ""
    name += f"-rtt{delay_us / 1000:g}ms" if delay_us else ""
    waits = loss != 0  # for timers, not for the processor: a round more shows nothing more
    load = {"clients": clients, "block": block, "window": window, "loss": loss, "delay_us": delay_us,
            "for_ms": None if waits else for_ms, "waves": None}
    return {"name": name, "file": f"{size_text(size)}.bin", "bytes": size, "load": load, "waits": waits,
            "targets": {"hpa": hpa, "best": best, "cpu": cpu, "cpu_most": cpu_most, "sooner": sooner, "median_ms": median_ms}}


def size_text(size):
    return f"{size // MIB}M" if size >= MIB else f"{size // 1024}K"


K256 = 256 << 10
ROWS = [
    row(1, 1456, 1, 32 * MIB, 1.0, 1.0, cpu=1.0),
    row(1, 1456, 8, 32 * MIB, 4.5, 1.4, cpu=0.5),
    row(1, 1456, 16, 32 * MIB, 5.5, 1.9, cpu=0.5),
    row(1, 1456, 64, 32 * MIB, 11, 2.8, cpu=0.5),
    row(64, 1456, 1, MIB, 2.8, 1.1),
    row(64, 1456, 8, MIB, 7, 2.7, cpu_most=1.0),
    row(64, 1456, 16, MIB, 11, 3.7, cpu_most=1.0),
    row(64, 1456, 64, MIB, 13, 4.6, cpu_most=1.0),
    row(64, 512, 1, MIB, 3, 1.15, cpu=1.0),
    row(512, 1456, 1, MIB, 2.8, 1.1, for_ms=100),
    row(512, 1456, 16, MIB, 8, 3, for_ms=100),
    row(64, 1456, 1, K256, 2.2, 2, sooner=20, loss=10),
    row(64, 1456, 64, K256, 2.5, 2, sooner=20, loss=10),
    row(8, 1456, 64, MIB, 45, 1.7, cpu_most=1.0, delay_us=1000),
    row(8, 1456, 64, MIB, 50, 1.05, cpu_most=1.0, delay_us=5000),
    row(64, 1468, 4, MIB, 6, 1.9),
    row(64, 1468, 4, K256, median_ms=100, loss=10),
]


# ---- measuring ----

def measure(server, row, round_number, options):
    """One server, one row, once."""
    server.ready(row)
    path = server.make_file(row)
    before = server.meter.cpu_seconds()
    seen = run_load(server.lab, "read", path, hurry=True, seed=round_number + 1, spin=row["load"]["delay_us"] != 0, most_seconds=options.most_seconds, **row["load"])
    seen["cpu_seconds"] = server.meter.cpu_seconds() - before
    if server.process.poll() is not None:
        seen["fell"] = True
    return seen


def rounds_of(row, options):
    return (options.rounds + 1) // 2 if row["waits"] else options.rounds


def measure_row(servers, row, options, say):
    """All rounds of a row: {server: [what was seen]}."""
    seen = {server.name: [] for server in servers}
    for number in range(rounds_of(row, options)):
        for server in servers[::1 if number % 2 == 0 else -1]:
            say(f"tftp {row['name']}: round {number + 1} of {rounds_of(row, options)}, {server.name}")
            seen[server.name].append(measure(server, row, number, options))
            time.sleep(0.05)
    return seen


def cpu_per_gib(one):
    return one["cpu_seconds"] / (one["bytes"] / (1 << 30)) if one["bytes"] else None


def number(find, rounds):
    """The median of a number over the rounds that have it."""
    known = [value for value in map(find, rounds) if value is not None]
    return statistics.median(known) if known else None


def speed(one):
    return one["mib_per_second"]


def transfer(which):
    return lambda one: one["transfer_ms"][which] if "transfer_ms" in one else None


def ratio(find, ours, theirs):
    """The median of the rounds' ratios; theirs: for each round a list, of which `best` is taken before."""
    found = [find(one) / other for one, other in zip(ours, theirs) if find(one) is not None and other]
    return statistics.median(found) if found else None


def best_of(seen, find, choose):
    """For each round the best rival's number."""
    rivals = [seen[name] for name in RIVALS if name in seen]
    best = []
    for together in zip(*rivals):
        known = [value for value in map(find, together) if value]
        best.append(choose(known) if known else None)
    return best


def judge(value, target, is_more):
    """Whether a number holds against its target: "holds", "near" (the noise is larger than the gap) or "misses"."""
    if target is None or value is None:
        return None
    gap = value / target if is_more else target / value if value else 2
    return "holds" if gap >= 1 else "near" if gap >= NOISE else "misses"


def conclude(row, seen):
    """What a row says: numbers of each server, ratios, and whether they hold."""
    targets, ours = row["targets"], seen[OURS]
    servers = {name: {"speed": number(speed, rounds), "cpu": number(cpu_per_gib, rounds), "p50": number(transfer("p50"), rounds),
                      "p99": number(transfer("p99"), rounds), "failed": sum(one["failed"] for one in rounds),
                      "transfers": sum(one["transfers"] for one in rounds), "again": sum(one["duplicates"] for one in rounds),
                      "dropped_by_us": sum(one["dropped_by_us"] for one in rounds), "idle": number(lambda one: one["idle_share"], rounds)}
               for name, rounds in seen.items()}
    marks = []

    def hold(what, value, target, is_more=True):
        if value is not None:
            marks.append({"what": what, "value": value, "target": target, "mark": judge(value, target, is_more), "more": is_more})

    if "tftpd-hpa" in seen:
        hold("speed / tftpd-hpa", ratio(speed, ours, list(map(speed, seen["tftpd-hpa"]))), targets["hpa"])
        hold("median transfer, tftpd-hpa / imprint", sooner(ours, seen["tftpd-hpa"]), targets["sooner"])
    if any(name in seen for name in RIVALS):
        hold("speed / best peer", ratio(speed, ours, best_of(seen, speed, max)), targets["best"])
        hold("CPU / thriftiest peer", ratio(cpu_per_gib, ours, best_of(seen, cpu_per_gib, min)), targets["cpu"], is_more=False)
    hold("CPU, s/GiB", servers[OURS]["cpu"], targets["cpu_most"], is_more=False)
    hold("median transfer, ms", servers[OURS]["p50"], targets["median_ms"], is_more=False)
    if LIMIT in seen and not row["waits"]:
        hold("speed / limit", ratio(speed, ours, list(map(speed, seen[LIMIT]))), LIMIT_TARGET)
        hold("CPU / limit", ratio(cpu_per_gib, ours, list(map(cpu_per_gib, seen[LIMIT]))), None, is_more=False)
    hold("failed transfers", servers[OURS]["failed"], 0, is_more=False)
    marks[-1]["mark"] = "holds" if servers[OURS]["failed"] == 0 else "misses"
    return {"name": row["name"], "servers": servers, "marks": marks, "rounds": seen}


def sooner(ours, theirs):
    find = transfer("p50")
    return ratio(find, theirs, list(map(find, ours)))


# ---- many at once: memory, and a flood ----

def measure_idle(server, say, count=10000):
    """How much memory transfers take that wait for their clients: bytes each."""
    say(f"tftp idle: {count:,} transfers wait")
    row = {"file": "idle.bin", "bytes": MIB}
    path = server.make_file(row)
    server.ready(row)
    before = server.meter.memory()
    log = server.lab.folder / "idle.json"
    log.unlink(missing_ok=True)
    load = server.lab.start(*load_words(server.lab, "idle", path, clients=count, window=4, hold_ms=4000), host=LOAD, log=log.name)
    server.lab.wait("the transfers to stand", lambda: log.read_text().count("\n") >= 1, seconds=60, every=0.1)
    text = log.read_text()
    after = server.meter.memory()
    load.wait(60)
    server.lab.stop(load)
    held = int(text.split('"held": ')[1].split(",")[0])
    return {"transfers": held, "bytes_each": (after - before) / max(held, 1)}


def measure_flood(server, say, count=100000):
    """64 clients read again and again while one address asks `count` times: their speed beside that without the flood."""
    say(f"tftp flood: {count:,} requests from one address")
    row = {"file": "1M.bin", "bytes": MIB}
    path = server.make_file(row)
    server.ready(row)
    calm = run_load(server.lab, "read", path, hurry=True, clients=64, window=16, for_ms=500, spin=True)
    flooded = run_load(server.lab, "read", path, hurry=True, clients=64, window=16, flood=count, spin=True, most_seconds=60)
    return {"calm": calm, "flooded": flooded}


# ---- the whole ----

def need(names):
    """What is missing for these servers, as text; None."""
    programs = {"tftpd-hpa": PEERS / "tftpd-hpa/usr/sbin/in.tftpd", "atftpd": PEERS / "atftpd/usr/sbin/atftpd", OURS: imprint_binary(),
                LIMIT: load_binary("bench-tftp-bare")}
    missing = [str(programs[name]) for name in names if name in programs and not programs[name].exists()]
    return f"{missing[0]} is missing; ./run bench builds and fetches what is needed" if missing else None


def is_wanted(name, words):
    """A whole name means one row, a part of names all that have it."""
    names = [one["name"] for one in ROWS]
    return any(name == word or word not in names and word in name for word in words)


def chosen_rows(options):
    wanted = options.rows.split(",") if options.rows else None
    rows = [one for one in ROWS if wanted is None or is_wanted(one["name"], wanted)]
    if not rows:
        raise LabError(f"there is no such row; there are: {', '.join(one['name'] for one in ROWS)}")
    return rows


def run_tftp(options, say, tell):
    """The whole benchmark; `tell` gets each row as soon as it is known."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if most != resource.RLIM_INFINITY else DESCRIPTORS, most))
    names = options.servers.split(",") if options.servers else list(SERVERS)
    rows = chosen_rows(options)
    problem = need(names)
    if problem:
        raise LabError(problem)
    results, servers = [], []
    os.setpriority(os.PRIO_PROCESS, 0, -19)  # servers and load inherit it, see hurry()
    begun = time.monotonic()
    try:
        servers.extend(map(Server, names))
        for one in rows:
            results.append(conclude(one, measure_row(servers, one, options, say)))
            tell(results[-1])
        extra = {}
        if not options.rows and OURS in names:
            ours = servers[names.index(OURS)]
            extra = {"flood": measure_flood(ours, say)}
            ours.stop()  # a fresh one: what it grew to before would hide what transfers take
            extra["idle"] = measure_idle(ours, say)
    finally:
        for server in servers:
            server.close()
    return {"rows": results, **extra, "seconds": time.monotonic() - begun}


# ---- telling ----

def cell(value, digits=1):
    return "-" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:,.{digits}f}"


def print_row(result):
    """A row of the table, for people."""
    print(f"\n{result['name']}")
    print(f"  {'':12} {'MiB/s':>9} {'CPU s/GiB':>10} {'p50 ms':>9} {'p99 ms':>9} {'failed':>12} {'sent twice':>11} {'load idle':>10}")
    for name, seen in result["servers"].items():
        failed = f"{seen['failed']} of {seen['transfers']}"
        print(f"  {name:12} {cell(seen['speed']):>9} {cell(seen['cpu'], 2):>10} {cell(seen['p50']):>9} {cell(seen['p99']):>9} "
              f"{failed:>12} {seen['again']:>11} {100 * seen['idle']:>9.0f}%")
    for mark in result["marks"]:
        target = "" if mark["target"] is None else f"   held to {'>=' if mark['more'] else '<='} {mark['target']:g}: {mark['mark']}"
        print(f"  {mark['what']:38} {cell(mark['value'], 2):>9}{target}")
    dropped = sum(seen["dropped_by_us"] for seen in result["servers"].values())
    if dropped:
        print(f"  careful: the load generator lost {dropped} packets; this row shows it, not the servers")


def print_tftp(result):
    """What is left when all rows have been told."""
    if "idle" in result:
        idle = result["idle"]
        print(f"\nidle: {idle['transfers']:,} transfers at once, {idle['bytes_each']:,.0f} bytes each   held to < 8,192")
    if "flood" in result:
        calm, flooded = result["flood"]["calm"], result["flood"]["flooded"]
        print(f"flood: {flooded['flood_sent']:,} requests from one address within {flooded['seconds']:.2f} s; 64 clients meanwhile: "
              f"{flooded['failed']} of {flooded['transfers']} transfers failed, {flooded['mib_per_second']:,.0f} MiB/s "
              f"(without the flood {calm['mib_per_second']:,.0f})")
    marks = [mark for row in result["rows"] for mark in row["marks"] if mark["mark"]]
    counts = {word: sum(mark["mark"] == word for mark in marks) for word in ("holds", "near", "misses")}
    print(f"\n{counts['holds']} of {len(marks)} numbers hold, {counts['near']} are nearer to theirs than the noise, "
          f"{counts['misses']} miss it; {result['seconds']:.0f} s")
    for row in result["rows"]:
        for mark in row["marks"]:
            if mark["mark"] == "misses":
                print(f"  misses: {row['name']}: {mark['what']} {cell(mark['value'], 2)}, held to {mark['target']:g}")
