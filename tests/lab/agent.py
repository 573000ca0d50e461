# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent made of words: it says what the real one says (docs/protocols/agent.md), from a host that plays the machine, and
can be made to say anything else. Independent of imprint's own code."""

import json
import os
import re

from .dhcp import DhcpClient, pxe_options

GIGABYTE = 10**9


def disk(name="vda", serial="QEMU_1234", size=8 * GIGABYTE, blank=True, **more):
    """A disk of an inventory."""
    made = {"name": name, "model": "QEMU HARDDISK", "serial": serial, "transport": "virtio", "bytes": size, "sector_bytes": 512,
            "is_removable": False, "is_read_only": False, "is_blank": blank, "table": "", "filesystem": "", "label": "",
            "system": "", "partition_count": 0, "partitions": []}
    if not blank:
        made.update(table="gpt", partition_count=1,
                    partitions=[{"name": f"{name}1", "bytes": size // 2, "filesystem": "ext4", "label": "root", "system": "Debian 12"}])
    return {**made, **more}


def inventory(*disks, memory=1 << 30, uefi=False, **more):
    """What a machine with those disks says it has."""
    return {"vendor": "QEMU", "product": "Standard PC", "serial": "", "uuid": "", "processor": "test", "processor_count": 1,
            "memory_bytes": memory, "is_uefi": uefi, "secure_boot": "off", "kernel": "6.1", "agent": "test", "cards": [],
            "disks": list(disks), **more}


class FakeMachine:
    """A host of the lab with that MAC: firmware first, then an agent."""

    def __init__(self, lab, mac, host="machine", architecture=0):
        self.lab = lab
        self.mac = mac
        self.host = host
        self.architecture = architecture
        self.order = 1
        self.nonce = os.urandom(16).hex()
        self.token = self.stream_token = ""
        self.address = None
        self.is_root = True  # agents are: hello comes from a port below 1024
        self.config = ""
        self.https_port = 443  # as the last agent's boot configuration said; 0 = there is no HTTPS
        if host not in lab.hosts:
            lab.add_host(host)
            lab.run("ip", "link", "set", "eth0", "down", host=host)
            lab.run("ip", "link", "set", "eth0", "address", mac, host=host)
            lab.run("ip", "link", "set", "eth0", "up", host=host)
        self.dhcp = DhcpClient(lab, host, mac)

    def close(self):
        """Ends it."""
        self.dhcp.close()

    # ---- firmware ----

    def lease(self, options=None):
        """An address by DHCP, which its host gets, too; the ACK."""
        self.dhcp.xid = (self.dhcp.xid + 1) & 0xffffffff
        options = pxe_options(self.architecture) if options is None else options
        ack = self.dhcp.lease(options) or self.dhcp.lease(options) or self.dhcp.lease(options)  # as firmware does
        assert ack is not None, "no lease"
        if self.address not in (None, ack.yiaddr):
            self.lab.run("ip", "address", "flush", "dev", "eth0", host=self.host)
        self.address = ack.yiaddr
        self.lab.run("ip", "address", "replace", f"{ack.yiaddr}/24", "dev", "eth0", host=self.host)
        return ack

    def power_on(self):
        """Firmware's DHCP, and iPXE's script: whether it boots the agent. A new boot has a new nonce."""
        ack = self.lease()
        self.nonce, self.token, self.order = os.urandom(16).hex(), "", 0
        self.config = ""
        if ack.file:
            mac = self.mac.replace(":", "-")
            self.config = self.get(f"/machine.ipxe?mac={mac}&uuid=&serial=&platform=pcbios&arch=i386", token="")[1]
        found = re.search(r"imprint\.order=(\d+)", self.config)
        if found:
            self.order = int(found.group(1))
            told = re.search(r"imprint\.tls=(\d+)", self.config)
            self.https_port = int(told.group(1)) if told else 0
        return found is not None

    # ---- HTTP ----

    def get(self, path, token=None, host=None):
        """(status, body) of a GET, as this machine or as another host ("server": the lab's own)."""
        return self._curl(path, token, host)

    def post(self, path, body, token=None, host=None):
        """(status, JSON or None) of a POST."""
        data = body if isinstance(body, str) else json.dumps(body)
        status, text = self._curl(path, token, host, "--data-binary", "@-", "-H", "Content-Type: application/json", data=data)
        try:
            return status, json.loads(text)
        except ValueError:
            return status, None

    def url(self, path, token):
        """As the agent does: what may be secret by HTTPS, when the kernel's arguments say so, the image's stream by HTTP."""
        if self.https_port and (path.startswith("/agent/") or token == self.token != ""):
            return f"https://{self.lab.address}:{self.https_port}{path}"
        return f"http://{self.lab.address}{path}"

    def _curl(self, path, token, host, *words, data=None):
        where = self.host if host is None else (None if host == "server" else host)
        if token is None:
            token = self.stream_token if path.endswith("/image.zst") else self.token
        authorization = ["-H", f"Authorization: Bearer {token}"] if token else []
        if path == "/agent/hello" and self.is_root:
            authorization += ["--local-port", "600-1023"]
        done = self.lab.run("curl", "-sSk", "-m", 20, "--path-as-is", "-w", "\n%{http_code}", *authorization, *words,
                            self.url(path, token), host=where, check=False, errors="replace",
                            **({"input": data} if data is not None else {}))
        text, _, status = done.stdout.rpartition("\n")
        return int(status or 0), text

    # ---- the agent ----

    def hello(self, **changed):
        """Says hello; the HTTP status. The token is kept."""
        body = {"version": 1, "agent": "test", "nonce": self.nonce, "mac": self.mac, "order_id": self.order, **changed}
        status, welcome = self.post("/agent/hello", body, token="")
        if status == 200:
            self.token, self.stream_token = welcome["token"], welcome["stream_token"]
            self.welcome = welcome
        return status

    def tell(self, *disks, **more):
        """Tells the inventory; (status, verdict)."""
        return self.post("/agent/inventory", inventory(*disks, **more))

    def task(self):
        """Asks what to do; the task, or None when refused."""
        status, task = self.post("/agent/task", {})
        return task if status == 200 else None

    def report(self, stage, **more):
        """Reports; whether it may go on."""
        status, verdict = self.post("/agent/report", {"stage": stage, **more})
        return status == 200 and verdict["may_go"]

    def come_up(self, *disks, **more):
        """Hello and inventory; the first task."""
        assert self.hello() == 200
        status, _ = self.tell(*disks, **more)
        assert status == 200
        return self.task()
