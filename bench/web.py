# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks `http` (imprint beside nginx, asked by wrk) and `ftp` (imprint beside vsftpd, asked by ftp_load.c).

Both servers stand in one network namespace and serve the same folder on a tmpfs, one on core 0, the clients on core 1, over
loopback; one is loaded at a time. Rounds turn the servers' order round; a ratio is the median of the rounds' own. See README.md.
"""

import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import tempfile

from lab import Lab, LabError
from lab.storm import storm_binary
from lab.tftp_load import Meter

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = pathlib.Path(os.environ.get("IMPRINT_PEERS", ROOT / "build-check" / "peers"))
MIB, GIB = 1 << 20, 1 << 30
OURS = "imprint"
HTTP_PORTS = {OURS: 80, "nginx": 8080}
FTP_PORTS = {OURS: 21, "vsftpd": 2121}
SECONDS = 5
MANY = 8192  # different files of 1 KiB: what is remembered of one does not help with the next
MADE = "boot.ipxe"  # made for who asks; for nginx a plain file of the same bytes
FILES = {"1k.bin": 1024, "1m.bin": MIB, "64m.bin": 64 * MIB, "1g.bin": GIB}

# name, file, clients, whether requests are counted and not bytes
HTTP_ROWS = [("big-c1", "1g.bin", 1, False), ("big-c64", "64m.bin", 64, False), ("big-c512", "64m.bin", 512, False),
             ("iso-c1", "iso", 1, False), ("small-c1", "1k.bin", 1, True), ("small-c64", "1k.bin", 64, True), ("small-c512", "1k.bin", 512, True),
             ("many-c64", "many", 64, True), ("made-c64", "made", 64, True)]
# name, file, clients, how many files in all
FTP_ROWS = [("ftp-64m-c1", "64m.bin", 1, 64), ("ftp-64m-c64", "64m.bin", 64, 64), ("ftp-1m-c1", "1m.bin", 1, 2048), ("ftp-1m-c64", "1m.bin", 64, 8192)]

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log; user root;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_timeout 60; keepalive_requests 1000000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen {address}:{port}; root {files}; }}
}}
"""
VSFTPD = """
listen=YES
background=NO
listen_address={address}
listen_port={port}
anonymous_enable=YES
no_anon_password=YES
anon_root={files}
ftp_username=daemon
nopriv_user=nobody
secure_chroot_dir={folder}/empty
xferlog_enable=NO
max_clients=1000
max_per_ip=1000
use_sendfile=YES
seccomp_sandbox=NO
isolate_network=NO
"""


def missing_web_peers(names):
    """Programs of others that are not there."""
    wanted = {"http": [PEERS / "nginx/usr/sbin/nginx", pathlib.Path("/usr/bin/wrk")], "ftp": [PEERS / "vsftpd/usr/sbin/vsftpd"]}
    return [path for name in names for path in wanted.get(name, []) if not path.exists()]


def pinned(core, *words):
    return ["taskset", "--cpu-list", str(core), *map(str, words)] if os.cpu_count() > 1 else list(map(str, words))


class Place:
    """The servers side by side over one folder of files."""

    def __init__(self, names):
        self.lab = Lab()
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="imprint-bench-", dir="/dev/shm"))
        self.files.chmod(0o755)
        self.names = names
        self.meters = {}

    def __enter__(self):
        self.lab.__enter__()
        try:
            self.begin()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def begin(self):
        noise = random.Random(1).randbytes(MIB)
        for name, size in FILES.items():
            with open(self.files / name, "wb") as file:
                for at in range(0, size, MIB):
                    file.write(noise[:min(MIB, size - at)])
            (self.files / name).chmod(0o644)
        config = self.lab.config_text(root=self.files, extra="ftp: { port: 21, connections: 1000, per_client: 1000 }")
        self.add("imprint", self.lab.start_imprint(config=config))
        for name in self.names:
            {"nginx": self.start_nginx, "vsftpd": self.start_vsftpd}[name]()

    def __exit__(self, *problem):
        for meter in self.meters.values():
            meter.close()
        self.lab.__exit__(*problem)
        shutil.rmtree(self.files, ignore_errors=True)

    def add(self, name, process):
        for task in os.listdir(f"/proc/{process.pid}/task"):
            os.sched_setaffinity(int(task), {0})
        self.meters[name] = Meter(process, f"{self.lab.name}-{name}")

    def write(self, name, text):
        path = self.lab.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def start_nginx(self):
        text = NGINX.format(folder=self.lab.folder, files=self.files, address=self.lab.address, port=HTTP_PORTS["nginx"])
        self.add("nginx", self.lab.start(*pinned(0, PEERS / "nginx/usr/sbin/nginx", "-c", self.write("nginx.conf", text)), log="nginx.out"))

    def start_vsftpd(self):
        (self.lab.folder / "empty").mkdir(mode=0o555)
        text = VSFTPD.format(folder=self.lab.folder, files=self.files, address=self.lab.address, port=FTP_PORTS["vsftpd"])
        self.add("vsftpd", self.lab.start(*pinned(0, PEERS / "vsftpd/usr/sbin/vsftpd", self.write("vsftpd.conf", text)), log="vsftpd.out"))

    def make_iso(self):
        """A medium in the folder of images, with the big file in it; for nginx a plain file of the same name."""
        tree = self.files / "tree"
        tree.mkdir()
        os.link(self.files / "64m.bin", tree / "big.bin")
        target = self.lab.folder / "state" / "images" / "bench.iso"
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "BENCH", "-o", target, tree], check=True)
        target.chmod(0o644)
        (self.files / "images" / "bench").mkdir(parents=True)
        os.link(self.files / "64m.bin", self.files / "images" / "bench" / "big.bin")

    def make_many(self):
        (self.files / "many").mkdir()
        for number in range(MANY):
            (self.files / "many" / str(number)).write_bytes((self.files / "1k.bin").read_bytes())
        self.write("many.lua", f'request = function() return wrk.format("GET", "/many/" .. math.random(0, {MANY - 1})) end\n')

    def make_made(self):
        text = self.run(["curl", "--silent", "--fail", f"http://{self.lab.address}:{HTTP_PORTS[OURS]}/{MADE}"])
        (self.files / MADE).write_text(text)

    def run(self, words):
        return self.lab.run(*pinned(1, *words), timeout=120).stdout


def in_bytes(text):
    number, unit = re.fullmatch(r"([\d.]+)([KMGT]?)B?", text).groups()
    return float(number) * 1024 ** " KMGT".index(unit or " ")


def ask_http(place, server, row):
    """One round of one row: what a second brought, and what it cost the server."""
    name, file, clients, is_counted = row
    path = {"iso": "images/bench/big.bin", "made": MADE}.get(file, file)
    script = ["-s", place.lab.folder / "many.lua"] if file == "many" else []
    url = f"http://{place.lab.address}:{HTTP_PORTS[server]}/{path}"
    meter = place.meters[server]
    before = meter.cpu_seconds()
    text = place.run(["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", *script, url])
    cpu = meter.cpu_seconds() - before
    wrong = re.search(r"Non-2xx|Socket errors: connect [1-9]", text)
    if wrong:
        raise LabError(f"{server}, {name}: {text}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    speed = in_bytes(re.search(r"Transfer/sec:\s+(\S+)", text).group(1))
    return {"rate": rate if is_counted else speed / GIB, "cpu": cpu / SECONDS / rate * 1e6 if is_counted else cpu / SECONDS / (speed / GIB)}


def ask_ftp(place, server, row):
    name, file, clients, count = row
    meter = place.meters[server]
    before = meter.cpu_seconds()
    done = json.loads(place.run([storm_binary().with_name("bench-ftp"), place.lab.address, FTP_PORTS[server], file, clients, count]))
    if done["bytes"] != count * FILES[file]:
        raise LabError(f"{server}, {name}: {done['bytes']} bytes came of {count * FILES[file]}")
    return {"rate": done["bytes"] / done["seconds"] / GIB, "cpu": (meter.cpu_seconds() - before) / (done["bytes"] / GIB)}


def measure(rows, peer, place, ask_one, rounds, say):
    results = []
    for row in rows:
        seen = {OURS: [], peer: []}
        for number in range(rounds):
            for server in [OURS, peer][::1 if number % 2 == 0 else -1]:
                say(f"{row[0]}: round {number + 1} of {rounds}, {server}")
                seen[server].append(ask_one(place, server, row))
        pairs = list(zip(seen[OURS], seen[peer]))
        results.append({"name": row[0], "clients": row[2], "unit": "1/s" if row[3] is True else "GiB/s", OURS: seen[OURS], "peer": seen[peer],
                        "ratio": statistics.median(one["rate"] / other["rate"] for one, other in pairs),
                        "cpu_ratio": statistics.median(one["cpu"] / max(other["cpu"], 1e-9) for one, other in pairs)})
    return {"peer": peer, "rows": results}


def run_http(rounds, say):
    """imprint beside nginx with sendfile."""
    with Place(["nginx"]) as place:
        place.make_iso()
        place.make_many()
        place.make_made()
        return measure(HTTP_ROWS, "nginx", place, ask_http, rounds, say)


def run_ftp(rounds, say):
    """imprint beside vsftpd."""
    with Place(["vsftpd"]) as place:
        return measure(FTP_ROWS, "vsftpd", place, ask_ftp, rounds, say)


def print_web(name, result):
    peer = result["peer"]
    print(f"\n{name}: imprint beside {peer}; medians of {len(result['rows'][0][OURS])} rounds")
    print(f"  {'':14}{'imprint':>12}{peer:>12}          imprint / {peer}   server CPU, imprint / {peer}")
    for row in result["rows"]:
        ours, theirs = (statistics.median(one["rate"] for one in row[side]) for side in (OURS, "peer"))
        form = "12,.0f" if row["unit"] == "1/s" else "12.2f"
        print(f"  {row['name']:14}{ours:{form}}{theirs:{form}} {row['unit']:6}{row['ratio']:10.3g} (more is better){row['cpu_ratio']:14.3g} (less is better)")
