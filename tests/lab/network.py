# SPDX-License-Identifier: GPL-3.0-or-later
"""A Lab is a network namespace with a bridge, an imprint daemon on it, and hosts in namespaces of their own.

Everything it makes is named after its process and taken down again by process id and namespace name; nothing of the
machine's own network is touched.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
counter = 0


class LabError(Exception):
    """Something in the lab did not come about; the text says what was seen instead."""


def imprint_binary():
    """The program under test: $IMPRINT, or what ./run build leaves."""
    return pathlib.Path(os.environ.get("IMPRINT", ROOT / "build" / "imprint")).resolve()


class Lab:
    """A private network 192.168.77.0/24 (by default) with this server at .1 on bridge br0."""

    def __init__(self, network="192.168.77", prefix=24):
        global counter
        counter += 1
        self.name = f"imp{os.getpid()}-{counter}"
        self.network = network
        self.prefix = prefix
        self.address = f"{network}.1"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="imprint-lab-"))
        self.folder.chmod(0o755)
        self.processes = []
        self.hosts = []
        self.machines = []
        self.imprint = None
        self.port_count = 0
        self.ports = {}  # of hosts: their end on the bridge
        try:
            self._make_bridge()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _make_bridge(self):
        sh("ip", "netns", "add", self.name)
        self.run("ip", "link", "set", "lo", "up")
        # An address of its own: otherwise it takes the lowest of its ports', and each host that is plugged in may change
        # it. The others' packets then still go to the old one and are dropped, until they ask for it half a minute later.
        octets = "".join(f":{int(octet):02x}" for octet in self.address.split("."))
        self.run("ip", "link", "add", "br0", "address", f"02:00{octets}", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        self.run("ip", "address", "add", f"{self.address}/{self.prefix}", "brd", "+", "dev", "br0")
        self.run("ip", "link", "set", "br0", "up")

    # ---- running things ----

    def command(self, *words, host=None):
        """The words that run a command in the lab's namespace, or in a host's."""
        return ["ip", "netns", "exec", self.namespace(host), *map(str, words)]

    def namespace(self, host):
        """The name of a host's network namespace, of the lab's own for None."""
        return self.name if host is None else f"{self.name}-{host}"

    def run(self, *words, host=None, check=True, timeout=60, **options):
        """Runs a command to its end and returns it, with its output as text."""
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        done = subprocess.run(self.command(*words, host=host), capture_output=True, text=True, timeout=timeout, **options)
        if check and done.returncode != 0:
            raise LabError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, *words, host=None, log=None, **options):
        """Starts a command that goes on; its output goes to `log` in the lab's folder."""
        out = open(self.folder / (log or f"{pathlib.Path(str(words[0])).name}-{len(self.processes)}.log"), "ab")
        process = subprocess.Popen(self.command(*words, host=host), stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True, **options)
        process.log_path = pathlib.Path(out.name)
        out.close()
        self.processes.append(process)
        return process

    def stop(self, process, signal_number=signal.SIGTERM, timeout=15):
        """Ends a process that start() made, and what it started; returns its exit status."""
        if process.poll() is None:
            process.send_signal(signal_number)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                kill_session(process.pid)
                process.wait(timeout)
        kill_session(process.pid)
        if process in self.processes:
            self.processes.remove(process)
        return process.returncode

    # ---- hosts ----

    def add_host(self, name, address=None):
        """A host in a namespace of its own, on the bridge by interface eth0."""
        namespace = self.namespace(name)
        sh("ip", "netns", "add", namespace)
        self.hosts.append(name)
        self.port_count += 1
        port = self.ports[name] = f"port{self.port_count}"
        self.run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        self.run("ip", "link", "set", port, "master", "br0", "up")
        self.run("ip", "link", "set", "lo", "up", host=name)
        self.run("ip", "link", "set", "eth0", "up", host=name)
        # Checksums left to hardware that is not there look broken to raw-socket clients such as dhclient.
        self.run("ethtool", "-K", "eth0", "tx", "off", host=name, check=False)
        if address:
            self.run("ip", "address", "add", f"{address}/{self.prefix}", "brd", "+", "dev", "eth0", host=name)
        return name

    def add_lossy(self, name, address=None, **chances):
        """The same behind a bad cable; `chances` as of relay.Relay, which is returned."""
        from .relay import Relay  # which needs this module
        self.add_host(name, address)
        return Relay(self, self.ports[name], **chances)

    def mac_of(self, host, interface="eth0"):
        """The MAC address of a host's interface."""
        return self.run("cat", f"/sys/class/net/{interface}/address", host=host).stdout.strip()

    def add_tap(self):
        """A tap interface on the bridge, for a virtual machine."""
        self.port_count += 1
        tap = f"tap{self.port_count}"
        self.run("ip", "tuntap", "add", tap, "mode", "tap")
        self.run("ip", "link", "set", tap, "master", "br0", "up")
        return tap

    # ---- imprint ----

    def config_text(self, mode="server", extra="", pool="100-199", lease="1h", policy="hold", root=None, subnets=True):
        """A configuration for this lab, as YAML."""
        first, last = (edge if "." in edge else f"{self.network}.{edge}" for edge in pool.split("-"))
        root = root or self.make_folder("tftp")
        subnet = f"""
  subnets:
    - network: {self.network}.0/{self.prefix}
      range: {first}-{last}
      routers: [{self.address}]
      dns: [{self.address}]
      domain: example.test
      lease: {lease}""" if subnets and mode in ("server", "auto") else ""
        return f"""interfaces: [br0]
state: {self.make_folder('state')}
user: nobody
dhcp:
  mode: {mode}{subnet}
tftp: {{ root: {root} }}
http: {{ port: 80 }}
policy: {{ unknown: {policy} }}
control: {{ socket: {self.folder}/control.sock }}
{extra}
"""

    def make_folder(self, name):
        """A folder below the lab's own that everybody may read."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        return folder

    def start_imprint(self, config=None, wait=True, **options):
        """Starts imprint serve with `config` (text; default config_text(**options)) and waits until it is ready."""
        path = self.folder / "imprint.yaml"
        path.write_text(config or self.config_text(**options))
        notify = self.folder / "notify.sock"
        notify.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(str(notify))
        notify.chmod(0o777)  # as the service manager has it
        environment = dict(os.environ, NOTIFY_SOCKET=str(notify))
        environment.update({"ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"})
        self.imprint = self.start(imprint_binary(), "serve", "--config", path, log="imprint.log", env=environment)
        try:
            if wait:
                self._wait_ready(listener)
        finally:
            listener.close()
        return self.imprint

    def _wait_ready(self, listener, seconds=30):
        listener.settimeout(0.2)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if b"READY=1" in listener.recv(4096):
                    return
            except TimeoutError:
                pass
            if self.imprint.poll() is not None:
                raise LabError(f"imprint ended with {self.imprint.returncode}:\n{self.log()}")
        raise LabError(f"imprint was not ready within {seconds} s:\n{self.log()}")

    def stop_imprint(self, signal_number=signal.SIGTERM):
        """Ends imprint; returns its exit status."""
        process, self.imprint = self.imprint, None
        return self.stop(process, signal_number)

    def log(self):
        """What imprint has logged."""
        path = self.folder / "imprint.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def cli(self, *words, check=True, timeout=120, **options):
        """Runs an imprint command against this lab's daemon; returns the finished process."""
        words = [imprint_binary(), *words, "--socket", self.folder / "control.sock"]
        return self.run(*words, check=check, timeout=timeout, **options)

    def cli_json(self, *words):
        """The same with --json, parsed."""
        return json.loads(self.cli(*words, "--json").stdout)

    def events(self):
        """Everything on the timeline so far, oldest first."""
        return self.cli_json("events")

    def wait(self, what, test, seconds=60, every=0.2):
        """Waits until test() gives something true, and returns that."""
        deadline = time.monotonic() + seconds
        while True:
            result = test()
            if result:
                return result
            if self.imprint is not None and self.imprint.poll() is not None:
                raise LabError(f"waiting for {what}: imprint ended with {self.imprint.returncode}:\n{self.log()[-6000:]}")
            if time.monotonic() > deadline:
                raise LabError(f"waited {seconds} s in vain for {what}; imprint's log ends:\n{self.log()[-6000:]}")
            time.sleep(every)

    # ---- the end ----

    def close(self):
        """Takes everything down."""
        for machine in list(self.machines):
            machine.stop()
        for process in list(self.processes):
            self.stop(process)
        for host in self.hosts:
            remove_namespace(self.namespace(host))
        remove_namespace(self.name)
        if os.environ.get("LAB_KEEP"):
            print(f"kept {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def sh(*words):
    """Runs a command on the machine itself; an error carries its output."""
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def kill_session(leader):
    """Kills what is left of a session that start() made."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def remove_namespace(name):
    """Kills what still runs in a namespace, by process id, and deletes it."""
    pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split()
    for pid in pids:
        if re.fullmatch(r"\d+", pid):
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
    subprocess.run(["ip", "netns", "delete", name], capture_output=True)
