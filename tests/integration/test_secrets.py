# SPDX-License-Identifier: GPL-3.0-or-later
"""Password hashes, keys and scripts go to the agent of the machine that is being written, and to nobody else: a stranger asks
for them in every way there is."""

import hashlib
import itertools
import json
import os
import random
import re
import ssl
import stat
import urllib.parse

import pytest

from lab.agent import FakeMachine, disk
from lab.packed import pack

MAC, OTHER_MAC = "52:54:00:5e:c0:01", "52:54:00:5e:c0:02"
ROOT_HASH = "$6$saltsaltsalt$RootHashRootHashRootHashRootHashRootHashRootHashRootHashRootHashRootHashRootHashRo"
USER_HASH = "$6$saltsaltsalt$UserHashUserHashUserHashUserHashUserHashUserHashUserHashUserHashUserHashUserHashUs"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyK somebody@desk"
SCRIPT = "#!/bin/sh\necho script-secret-7734 > /root/secret\n"
SECRETS = ("RootHashRoot", "UserHashUser", "KeyKeyKeyKey", "script-secret-7734")
NOISE = random.Random(9).randbytes(9 * 2**20)


@pytest.fixture
def site(lab):
    """imprint with a profile full of secrets, an approved machine with an order, and a stranger."""
    lab.start_imprint()
    tree = lab.make_folder("agent")
    (tree / "linux").write_bytes(b"kernel" * 1000)
    (tree / "initrd.zst").write_bytes(b"initrd" * 1000)
    (tree / "agent.json").write_text("{}")
    lab.cli("image", "add", "agent", tree)
    (lab.folder / "small.raw").write_bytes(NOISE[:510] + b"\x55\xaa" + NOISE[512:])
    lab.cli("image", "add", "small", pack(lab.folder / "small.raw", lab.make_folder("small")))
    for name, text in (("root.hash", ROOT_HASH), ("user.hash", USER_HASH), ("id.pub", KEY), ("post.sh", SCRIPT)):
        (lab.folder / name).write_text(text + "\n")
        (lab.folder / name).chmod(0o600)
    lab.cli("profile", "add", "web", "--image", "small", "--root-password-hash-file", lab.folder / "root.hash", "--user", "anna",
            "--user-password-hash-file", lab.folder / "user.hash", "--ssh-key", f"@{lab.folder}/id.pub", "--script", lab.folder / "post.sh")
    lab.cli("machine", "add", "one", "--mac", MAC)
    lab.cli("machine", "add", "two", "--mac", OTHER_MAC)
    lab.add_host("stranger", "192.168.77.66")
    lab.cli("deploy", "one", "--profile", "web")
    return lab


@pytest.fixture
def machine(site):
    made = FakeMachine(site, MAC)
    yield made
    made.close()


def holds_secret(text):
    """Which secret stands in it, in any spelling that a server might use."""
    plain = text + urllib.parse.unquote(text)
    return next((secret for secret in SECRETS if secret in plain), None)


def run_agent(machine):
    """The whole way up to writing; the one message that does hold the secrets."""
    assert machine.power_on()
    task = machine.come_up(disk())
    assert task["do"] == "write"
    for secret in SECRETS:
        assert secret in json.dumps(task)
    assert machine.report("begin")
    return task


def paths(machine):
    """Every path that might lead to something."""
    dashed = MAC.replace(":", "-")
    names = ["", "/", "agent", "agent/", "agent/hello", "agent/inventory", "agent/task", "agent/report", "agent/log", "agent/task?order=1",
             "images", "images/", "images/small", "images/small/", "images/small/image.zst", "images/small/image.index",
             "images/small/../small/image.zst", "images//small//image.zst", "images/small/%69mage.zst", "images/./small/image.zst",
             "images/small/image.zst/", "images/small/image.zst.", "IMAGES/small/image.zst", "images\\small\\image.zst",
             "answer/one", "answer/one/", "answer/one/preseed.cfg", "answer/one/script", "answer/one/post.sh", "answer/one/ssh_keys",
             "answer/one/user-data", "answer/one/meta-data", "seed/one/user-data", "profiles/web", "v1/profiles", "v1/profiles/web",
             "v1/orders/1", "v1/machines/one", "state/imprint.db", "imprint.db", "../imprint.db", "logs/order-1.log", "images/../imprint.db",
             "images/../logs/order-1.log", "machine.ipxe", f"machine.ipxe?mac={dashed}", f"machine.ipxe?mac={MAC}", f"machine.ipxe/mac-{dashed}",
             f"grub/grub.cfg-01-{dashed}", f"pxelinux.cfg/01-{dashed}", "boot.ipxe", "grub/grub.cfg", "pxelinux.cfg/default",
             f"boot.ipxe?mac={dashed}&uuid=&serial=", "proc/cmdline", "proc/self/environ", "etc/shadow"]
    return names + [f"{name}?token={machine.token[:8]}" for name in ("agent/task", "images/small/image.zst")]


def test_a_stranger_finds_no_secret_by_http(site, machine):
    run_agent(machine)
    for host, path in itertools.product(("stranger", "server"), paths(machine)):
        status, body = machine.get(f"/{path}", token="", host=host)
        assert holds_secret(body) is None, (host, path)
        assert status != 500, (host, path)
        if "image.zst" in path or "image.index" in path or path.startswith("agent"):
            assert status in (400, 401, 403, 404, 405), (host, path, status)


def test_a_stranger_finds_no_secret_by_tftp(site, machine):
    run_agent(machine)
    for path in paths(machine):
        done = site.run("curl", "-sS", "-m", "5", "--path-as-is", f"tftp://{site.address}/{urllib.parse.quote(path, safe='/?=&%')}",
                        host="stranger", check=False, errors="replace")
        assert holds_secret(done.stdout) is None, path
        assert not (("image.zst" in path or "image.index" in path) and done.returncode == 0), path


def test_not_even_the_machine_gets_an_image_by_tftp_or_without_its_token(site, machine):
    run_agent(machine)
    for name in ("image.zst", "image.index"):
        done = site.run("curl", "-sS", "-m", "5", f"tftp://{site.address}/images/small/{name}", host="machine", check=False, errors="replace")
        assert done.returncode != 0
        assert machine.get(f"/images/small/{name}", token="ab" * 32)[0] in (401, 403, 404)
        assert machine.get(f"/images/small/{name}")[0] == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "f" * 64, "x", "a" * 5000, "' OR 1=1 --"],
                         ids=["none", "zeros", "all ones", "short", "long", "quotes"])
def test_a_stranger_without_the_token_is_refused_by_the_agents_door(site, machine, token):
    run_agent(machine)
    for host in ("stranger", "server"):
        for path in ("task", "inventory", "report", "log"):
            status, answer = machine.post(f"/agent/{path}", {"stage": "write"}, token=token, host=host)
            assert status in (400, 401, 403, 404, 409, 413, 431), (path, status)
            assert holds_secret(json.dumps(answer)) is None


def test_the_token_itself_is_no_use_to_a_stranger(site, machine):
    run_agent(machine)
    for host in ("stranger", "server"):
        status, answer = machine.post("/agent/task", {}, host=host)
        assert status == 403 and holds_secret(json.dumps(answer)) is None
        assert machine.get("/images/small/image.zst", host=host)[0] in (403, 404)


def test_nothing_secret_crosses_the_network_in_the_clear(site, machine):
    capture = site.start("tcpdump", "-i", "br0", "-A", "-l", "-s", "0", "tcp port 80 or tcp port 443", log="wire")
    site.wait("tcpdump", lambda: "listening" in capture.log_path.read_text(errors="replace"), 10)
    run_agent(machine)
    assert machine.get("/images/small/image.index")[0] == 200
    assert machine.get("/images/small/image.zst")[0] == 200
    assert machine.report("sealing") and machine.report("done")
    wire = site.wait("the wire", lambda: machine.stream_token in (text := capture.log_path.read_text(errors="replace")) and text, 10)
    assert machine.token not in wire and "POST /agent/" not in wire and "GET /images/small/image.zst" in wire
    assert holds_secret(wire) is None


def test_agents_are_told_the_certificate_and_refused_by_http(site, machine):
    assert machine.power_on()
    told = re.search(r"imprint\.tls=(\d+) imprint\.certificate=sha256:([0-9a-f]{64})", machine.config)
    assert told and told.group(1) == "443"
    folder = site.folder / "state" / "tls"
    certificate = ssl.PEM_cert_to_DER_cert((folder / "certificate.pem").read_text())
    assert hashlib.sha256(certificate).hexdigest() == told.group(2)
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    shown = site.run("openssl", "s_client", "-connect", f"{site.address}:443", host="machine", input="", check=False).stdout
    assert ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN.*?END CERTIFICATE-----", shown, re.DOTALL).group(0)) == certificate
    machine.https_port = 0
    status, verdict = machine.post("/agent/hello", {}, token="")
    assert status == 403 and "imprint agent build" in verdict["remedy"]
    machine.https_port = 443
    assert machine.come_up(disk())["do"] == "write"
    assert machine.report("begin")
    machine.https_port = 0
    assert machine.task() is None and not machine.report("sealing")
    assert machine.get("/images/small/image.index")[0] == 403
    assert machine.get("/images/small/image.zst", token=machine.token)[0] == 403
    assert machine.get("/images/small/image.index", token=machine.stream_token)[0] == 403


def test_the_token_of_the_stream_asks_for_nothing(site, machine):
    run_agent(machine)
    for path in ("task", "inventory", "report", "log"):
        status, answer = machine.post(f"/agent/{path}", {"stage": "begin"}, token=machine.stream_token)
        assert status == 403 and holds_secret(json.dumps(answer)) is None


def test_old_tls_is_not_spoken(site, machine):
    for version in ("1.0", "1.1"):
        assert site.run("curl", "-sSk", "-m", "5", "--ciphers", "DEFAULT:@SECLEVEL=0", f"--tlsv{version}", "--tls-max", version,
                        f"https://{site.address}/", host="stranger", check=False).returncode == 35
    assert site.run("curl", "-sSk", "-m", "5", f"https://{site.address}/", host="stranger", check=False).returncode == 0


def test_another_machine_that_is_approved_gets_nothing_of_this_one(site, machine):
    run_agent(machine)
    other = FakeMachine(site, OTHER_MAC, host="other")
    other.power_on()
    assert other.hello(order_id=1) != 200 and other.hello(order_id=1, mac=MAC) != 200
    for path in paths(machine):
        assert holds_secret(other.get(f"/{path}", token=machine.token)[1]) is None, path
    other.close()


def test_the_machine_itself_gets_them_only_while_its_order_is_under_way(site, machine):
    run_agent(machine)
    assert machine.report("sealing") and machine.report("done")
    assert holds_secret(json.dumps(machine.task())) is None
    assert machine.get("/images/small/image.zst")[0] != 200


def test_no_boot_configuration_or_kernel_command_line_holds_a_secret(site, machine):
    assert machine.power_on()
    mac = MAC.replace(":", "-")
    texts = [machine.config, machine.get(f"/grub/grub.cfg-01-{mac}")[1], machine.get(f"/pxelinux.cfg/01-{mac}")[1],
             site.cli("profile", "render", "web", "one", check=False).stdout,
             site.cli("profile", "render", "web", "one", "--arguments", check=False).stdout]
    assert "imprint.order=1" in texts[0]
    for text in texts:
        assert holds_secret(text) is None
    assert machine.hello() == 200 and machine.token not in "".join(texts)


def test_logs_events_and_status_hold_no_secret(site, machine):
    task = run_agent(machine)
    machine.report("trouble", reason="NETWORK_LOST", text="the cable")
    machine.hello(nonce="12" * 16)
    machine.post("/agent/hello", json.dumps(task), token="", host="stranger")
    machine.post("/agent/report", json.dumps(task["personal"]))
    everything = [site.log(), json.dumps(site.events()), *(site.cli(*words, check=False).stdout for words in (
        ["status"], ["status", "--json"], ["order", "show", "1"], ["order", "show", "1", "--json"], ["order", "list", "--json"],
        ["order", "log", "1"], ["machine", "show", "one"], ["machine", "show", "one", "--json"], ["profile", "show", "web"],
        ["profile", "show", "web", "--json"], ["profile", "list", "--json"], ["profile", "render", "web", "one", "--json"]))]
    for text in everything:
        assert holds_secret(text) is None, text[:400]
        assert machine.token not in text


def test_no_file_with_a_secret_can_be_read_by_other_accounts(site, machine):
    run_agent(machine)
    site.stop_imprint()  # what is in memory is written down
    found = 0
    for folder, _, files in os.walk(site.folder / "state"):
        for name in files:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                if any(secret.encode() in file.read() for secret in SECRETS):
                    found += 1
                    assert not stat.S_IMODE(os.stat(path).st_mode) & 0o077 or not stat.S_IMODE(os.stat(folder).st_mode) & 0o077, path
    assert found  # else this looked in the wrong place


def test_refusing_a_bad_secret_does_not_quote_it(site):
    (site.folder / "bad.hash").write_text("hunter2-in-plain-text\n")
    done = site.cli("profile", "edit", "web", "--root-password-hash-file", site.folder / "bad.hash", check=False)
    assert done.returncode != 0 and "hunter2" not in done.stdout + done.stderr + site.log()


def test_an_image_is_not_changed_by_what_an_agent_sends(site, machine):
    run_agent(machine)
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        for path in ("images/small/image.zst", "images/small/new", "agent/none", "v1/profiles/web"):
            assert machine._curl(f"/{path}", None, None, "-X", method, "--data-binary", "evil")[0] in (400, 403, 404, 405, 409, 501)
    assert machine.get("/images/small/image.index")[1][:8] == "imprint1"
