# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of the benchmarks storm, dora and renew: imprint, dnsmasq, Kea and ISC dhcpd, the latter two with tftpd-hpa for
the boot loader. Each set up to do the same as well as it can; the last three are unpacked by tools/setup and never installed."""

import json
import os
import pathlib
import re

from lab import LabError
from lab.storm import LOAD_CORE, URGENT
from lab.tftp_load import Meter

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = pathlib.Path(os.environ.get("IMPRINT_PEERS", ROOT / "build-check" / "peers"))
LOADER = pathlib.Path("/usr/lib/PXELINUX/pxelinux.0")
POOL = "10.77.4.1-10.77.254.250"
SUBNET, NETMASK = "10.77.0.0", "255.255.0.0"


def start_imprint(lab, root):
    """No probing before an offer, as with the others."""
    config = lab.config_text(pool=POOL, root=root)
    assert "\ndhcp:\n" in config
    return [lab.start_imprint(config=config.replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))]


def start_imprint_proxy(lab, root):
    """Beside another DHCP server, which is not there."""
    return [lab.start_imprint(config=lab.config_text(mode="proxy", root=root))]


def start_dnsmasq_proxy(lab, root):
    """The same."""
    process = lab.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces",
                        f"--dhcp-range={SUBNET},proxy,{NETMASK}", f"--pxe-service=x86PC,Boot,{LOADER.stem}", "--enable-tftp", f"--tftp-root={root}",
                        "--user=root", "--quiet-dhcp", "--quiet-tftp", "--log-facility=-", log="dnsmasq.log")
    wait_for(lab, "dnsmasq", process, lambda text: "TFTP root is" in text)
    return [process]


def start_dnsmasq(lab, root):
    """No ping before an offer, no limit in the way, no log lines."""
    first, last = POOL.split("-")
    process = lab.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces",
                        f"--dhcp-range={first},{last},{NETMASK},1h", "--no-ping", f"--dhcp-boot={LOADER.name}", "--enable-tftp",
                        f"--tftp-root={root}", "--tftp-max=4000", "--dhcp-lease-max=100000", "--dhcp-authoritative",
                        f"--dhcp-leasefile={lab.folder}/leases", "--user=root", "--quiet-dhcp", "--quiet-tftp", "--log-facility=-",
                        log="dnsmasq.log")
    wait_for(lab, "dnsmasq", process, lambda text: "TFTP root is" in text)
    return [process]


def start_hpa(lab, root):
    return lab.start(PEERS / "tftpd-hpa/usr/sbin/in.tftpd", "--foreground", "--address", f"{lab.address}:69", "--secure", "--user", "nobody",
                     root)


def kea_libraries():
    """Where Kea's programs find what they are linked with."""
    return ":".join(str(PEERS / package / "usr/lib/x86_64-linux-gnu") for package in ("kea-common", "liblog4cplus-2.0.5", "libmariadb3"))


def run_perfdhcp(lab, rate, seconds, clients, host="storm"):
    """Kea's own load generator offers `rate` exchanges a second, as the relay agent that it plays; what it counts."""
    address = lab.address.rsplit(".", 2)[0] + ".1.1"
    lab.run("ip", "address", "replace", f"{address}/16", "dev", "eth0", host=host)
    words = ["env", f"LD_LIBRARY_PATH={kea_libraries()}", PEERS / "kea-admin/usr/sbin/perfdhcp", "-4", "-r", rate, "-R", clients, "-p", seconds,
             "-l", address, lab.address]
    done = lab.run(*(["taskset", "--cpu-list", LOAD_CORE, "nice", "-n", URGENT] if os.cpu_count() > 1 else []), *words, host=host, check=False, timeout=seconds + 60)
    counts = [int(number) for number in re.findall(r"received packets: (\d+)", done.stdout)]
    delays = [float(number) for number in re.findall(r"avg delay: ([0-9.]+) ms", done.stdout)]
    if len(counts) != 2:
        raise LabError(f"perfdhcp: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return {"exchanges": counts[1], "per_second": counts[1] / seconds, "delay_ms": sum(delays), "dropped_by_us": 0}


def start_kea(lab, root):
    """Its leases in a file (memfile), which it writes and does not wait for: the quickest that it has."""
    first, last = POOL.split("-")
    config = {"Dhcp4": {
        "interfaces-config": {"interfaces": ["br0"], "dhcp-socket-type": "raw"},
        "lease-database": {"type": "memfile", "persist": True, "name": f"{lab.folder}/kea-leases.csv", "lfc-interval": 0},
        "valid-lifetime": 3600, "echo-client-id": True,
        "subnet4": [{"id": 1, "subnet": f"{SUBNET}/16", "pools": [{"pool": f"{first} - {last}"}], "interface": "br0",
                     "next-server": lab.address, "boot-file-name": LOADER.name}],
        "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 1024},
        "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stdout"}]}]}}
    path = lab.folder / "kea.json"
    path.write_text(json.dumps(config))
    environment = dict(os.environ, LD_LIBRARY_PATH=kea_libraries(), KEA_LOCKFILE_DIR=str(lab.folder),
                       KEA_PIDFILE_DIR=str(lab.folder))
    process = lab.start(PEERS / "kea-dhcp4-server/usr/sbin/kea-dhcp4", "-c", path, log="kea.log", env=environment)
    wait_for(lab, "Kea", process, lambda text: listens_on(lab, process))
    return [process, start_hpa(lab, root)]


def start_isc(lab, root):
    first, last = POOL.split("-")
    leases = lab.folder / "dhcpd.leases"
    leases.write_text("")
    path = lab.folder / "dhcpd.conf"
    path.write_text(f"authoritative;\nping-check false;\ndhcp-cache-threshold 0;\ndefault-lease-time 3600;\nmax-lease-time 3600;\nsubnet {SUBNET} netmask {NETMASK} {{\n"
                    f"  range {first} {last};\n  next-server {lab.address};\n  filename \"{LOADER.name}\";\n}}\n")
    process = lab.start(PEERS / "isc-dhcp-server/usr/sbin/dhcpd", "-4", "-f", "-q", "-cf", path, "-lf", leases, "-pf", lab.folder / "dhcpd.pid",
                        "br0", log="dhcpd.log")
    wait_for(lab, "dhcpd", process, lambda text: listens_on(lab, process))
    return [process, start_hpa(lab, root)]


def listens_on(lab, process):
    """Whether the process has its sockets."""
    return f"pid={process.pid}," in lab.run("ss", "--packet", "--udp", "--listening", "--all", "--processes", "--numeric").stdout


def wait_for(lab, name, process, is_ready):
    log = pathlib.Path(process.log_path)
    lab.wait(f"{name} to start", lambda: process.poll() is not None or is_ready(log.read_text(errors="replace")), seconds=20, every=0.1)
    if process.poll() is not None:
        raise LabError(f"{name} ended:\n{log.read_text(errors='replace')}")


SERVERS = {"imprint": start_imprint, "dnsmasq": start_dnsmasq, "Kea": start_kea, "ISC dhcpd": start_isc}
PROXIES = {"imprint": start_imprint_proxy, "dnsmasq": start_dnsmasq_proxy}
PEER_NAMES = [name for name in SERVERS if name != "imprint"]


def missing_peers():
    """Programs that are not unpacked."""
    programs = [PEERS / "kea-admin/usr/sbin/perfdhcp", PEERS / "kea-dhcp4-server/usr/sbin/kea-dhcp4", PEERS / "isc-dhcp-server/usr/sbin/dhcpd", PEERS / "tftpd-hpa/usr/sbin/in.tftpd"]
    return [str(program) for program in programs if not program.exists()]


def meter_all(processes, name):
    """One meter for all processes of a server, the ones that they start too."""
    meter = Meter(processes[0], name)
    for process in processes[1:]:
        if meter.folder is not None:
            (meter.folder / "cgroup.procs").write_text(str(process.pid))
    return meter
