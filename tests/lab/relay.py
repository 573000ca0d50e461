# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad cable between the lab's bridge and one host or machine: tests/lab/relay.c, put between by renaming nothing."""

import json
import os
import pathlib
import time

from .network import ROOT, LabError

DELAYED_MOST_S = 10


def helper_binary(*parts):
    """A program built beside the hardened imprint: a sanitized one would measure itself."""
    hardened = pathlib.Path(os.environ.get("IMPRINT_HARDENED") or os.environ.get("IMPRINT") or ROOT / "build" / "imprint").absolute()
    found = hardened.parent.joinpath(*parts)
    if not found.exists():
        raise LabError(f"there is no {found}; ./run build makes it")
    return found


class Relay:
    """Takes an interface of the lab off the bridge and joins it to the bridge again by the lossy relay.

    `loss`, `double` and `reorder` are probabilities for each UDP packet each way; `delay_us` and `jitter_us` are added each way."""

    def __init__(self, lab, port, loss=0.0, seed=1, double=0.0, reorder=0.0, delay_us=0, jitter_us=0, spare_dhcp=False):
        self.lab = lab
        self.port = port
        lab.run("ip", "link", "set", port, "nomaster")
        # Off the bridge it is an interface like any other: the kernel must not answer there in the server's name.
        lab.run("sysctl", "-q", "-w", f"net.ipv4.conf.{port}.arp_ignore=8", f"net.ipv6.conf.{port}.disable_ipv6=1")
        lab.run("ip", "link", "set", port, "promisc", "on", "up")
        self.tap = lab.add_tap()
        lab.run("ip", "link", "set", self.tap, "txqueuelen", 10000)
        words = ["--near", self.tap, "--far", port, "--loss", loss, "--seed", seed, "--double", double, "--reorder", reorder,
                 "--delay-us", delay_us, "--jitter-us", jitter_us]
        self.process = lab.start(helper_binary("tests", "lab", "lossy-relay"), *words, *(["--spare-dhcp"] if spare_dhcp else []),
                                 log=f"relay-{port}.log")
        deadline = time.monotonic() + DELAYED_MOST_S
        while "ready" not in self.process.log_path.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"the lossy relay does not start: {self.process.log_path.read_text()}")
            time.sleep(0.01)

    def stop(self):
        """Cuts the cable; what passed it: {from_server: {udp, lost, doubled, ...}, from_client: {...}}."""
        # `ip netns exec` became the relay itself, so the signal reaches it
        self.lab.stop(self.process)
        counts = [line for line in self.process.log_path.read_text().splitlines() if line.startswith("{")]
        if not counts:
            raise LabError(f"the lossy relay did not count: {self.process.log_path.read_text()}")
        return json.loads(counts[-1])
