# SPDX-License-Identifier: GPL-3.0-or-later
"""Package repositories below /mirror/: fetched once, kept, checked, and what happens when the server behind them fails."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import time

import pytest

SERVER = "http://192.168.77.1"
UPSTREAM = pathlib.Path(__file__).resolve().parents[1] / "lab" / "upstream.py"


class Site:
    """A lab whose imprint has mirrors of one upstream, which does what faults() says."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.make_folder("repository")
        self.faults_file = lab.folder / "faults.json"
        self.log_file = lab.folder / "upstream.requests"
        self.faults()
        self.log_file.write_text("")
        lab.add_host("upstream", "192.168.77.60")
        lab.add_host("client", "192.168.77.50")
        self.start()

    def start(self):
        self.process = self.lab.start("/usr/bin/python3", UPSTREAM, self.folder, 8080, self.faults_file, self.log_file, host="upstream")
        self.lab.wait("the upstream", lambda: self.lab.run("curl", "-s", "http://192.168.77.60:8080/", host="client", check=False).returncode == 0)
        self.log_file.write_text("")

    def stop(self):
        self.lab.stop(self.process)

    def faults(self, **faults):
        self.faults_file.write_text(json.dumps({"/" + name: fault for name, fault in faults.items()}))

    def fault(self, path, fault):
        self.faults_file.write_text(json.dumps({"/" + path: fault}))

    def put(self, path, content):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return content

    def get(self, path, *words, timeout=60):
        """(status, body) of a request through the mirror."""
        body = self.lab.folder / f"body-{os.getpid()}-{time.monotonic_ns()}"
        done = subprocess.run(self.lab.command("curl", "-sS", "--path-as-is", "-o", body, "-w", "%{http_code}", *words, SERVER + path, host="client"),
                              check=False, capture_output=True, text=True, timeout=timeout)
        assert done.returncode in (0, 22), done.stderr
        content = body.read_bytes() if body.exists() else b""
        body.unlink(missing_ok=True)
        return int(done.stdout), content

    def requests(self, path):
        return [line for line in self.log_file.read_text().splitlines() if line.split()[1] == "/" + path]

    def status(self, name="site"):
        return next(mirror for mirror in self.lab.cli_json("mirror", "list") if mirror["name"] == name)

    def events(self, reason):
        return [event for event in self.lab.events() if reason in event.get("reasons", [])]


CONFIG = """
mirrors:
  - { name: site, url: "http://192.168.77.60:8080", size_max: 64M, file_max: 32M }
  - { name: folder, url: "http://192.168.77.60:8080/inner/" }
  - { name: small, url: "http://192.168.77.60:8080", size_max: 2M, file_max: 2M }
  - { name: gone, url: "http://192.168.77.61:8080" }
  - { name: off, url: "http://192.168.77.60:8080", enabled: no }
"""


@pytest.fixture(scope="module")
def site():
    from lab import Lab
    with Lab() as lab:
        lab.start_imprint(extra=CONFIG)
        yield Site(lab)


@pytest.fixture(autouse=True)
def quiet(site):
    site.faults()
    site.log_file.write_text("")


def deb(bytes_count):
    return b"!<arch>\n" + os.urandom(bytes_count - 8)


def test_a_package_is_fetched_once_and_kept(site):
    content = site.put("pool/main/a/a+b/a+b_1.0~rc1_all.deb", deb(300_001))
    path = "/mirror/site/pool/main/a/a%2bb/a+b_1.0~rc1_all.deb"
    assert site.get(path) == (200, content)
    assert site.get(path) == (200, content)
    assert site.get(path, "-r", "100-199") == (206, content[100:200])
    assert len(site.log_file.read_text().splitlines()) == 1
    status = site.status()
    assert (status["files"], status["asked"], status["hits"], status["fetched"]) == (1, 3, 2, 1)


def test_many_who_ask_at_once_cost_one_fetch(site):
    content = site.put("pool/crowd.deb", deb(4_000_000))
    site.fault("pool/crowd.deb", "wait 1")
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: site.get("/mirror/site/pool/crowd.deb"), range(30)))
    assert all(answer == (200, content) for answer in answers)
    assert len(site.requests("pool/crowd.deb")) == 1


def test_a_list_is_believed_for_a_while_and_then_asked_for_with_its_tag(site):
    content = site.put("dists/stable/Release", b"Suite: stable\n")
    assert site.get("/mirror/site/dists/stable/Release") == (200, content)
    assert site.get("/mirror/site/dists/stable/Release") == (200, content)
    assert len(site.requests("dists/stable/Release")) == 1
    site.lab.stop_imprint()  # what was checked before is not believed after a restart
    site.lab.start_imprint(extra=CONFIG)
    assert site.get("/mirror/site/dists/stable/Release") == (200, content)
    tag = hashlib.md5(content).hexdigest()
    assert site.requests("dists/stable/Release")[1:] == [f'GET /dists/stable/Release - "{tag}"']
    assert site.status()["checked"] == 1


def test_what_the_client_has_is_not_sent_again(site):
    site.put("dists/stable/InRelease", b"Suite: stable\n")
    site.get("/mirror/site/dists/stable/InRelease")
    head = site.lab.run("curl", "-sI", SERVER + "/mirror/site/dists/stable/InRelease", host="client").stdout
    date = next(line for line in head.splitlines() if line.lower().startswith("last-modified:")).split(":", 1)[1].strip()
    assert site.get("/mirror/site/dists/stable/InRelease", "-H", f"If-Modified-Since: {date}")[0] == 304


def test_an_older_list_is_served_when_the_server_is_away(site):
    content = site.put("dists/old/Release", b"Suite: old\n")
    assert site.get("/mirror/site/dists/old/Release")[0] == 200
    site.lab.stop_imprint()
    site.stop()
    site.lab.start_imprint(extra=CONFIG)
    try:
        assert site.get("/mirror/site/dists/old/Release") == (200, content)
        assert site.get("/mirror/site/dists/unknown")[0] == 502
    finally:
        site.start()
    event = site.events("MIRROR_STALE")[-1]
    assert "dists/old/Release" in event["text"]
    assert site.status()["state"] == "away"
    assert "could not be fetched" in site.events("MIRROR_AWAY")[0]["text"]
    site.lab.stop_imprint()  # forgets that it was away
    site.lab.start_imprint(extra=CONFIG)


def test_a_server_that_is_not_there_is_said_at_once(site):
    code, body = site.get("/mirror/gone/Release")
    assert code == 502 and b"imprint mirror status" in body
    begun = time.monotonic()
    assert site.get("/mirror/gone/another")[0] == 502
    assert time.monotonic() - begun < 2  # it is not asked again for some seconds


def test_what_is_not_there_is_404_and_not_asked_for_again(site):
    assert site.get("/mirror/site/pool/none.deb")[0] == 404
    assert site.get("/mirror/site/pool/none.deb")[0] == 404
    assert len(site.requests("pool/none.deb")) == 1


def test_a_broken_connection_is_taken_up_again(site):
    content = site.put("pool/cut.deb", deb(2_000_001))
    site.fault("pool/cut.deb", "cut")
    assert site.get("/mirror/site/pool/cut.deb") == (200, content)
    assert [line.split()[2] for line in site.requests("pool/cut.deb")] == ["-", "bytes=1000000-"]


def test_a_file_that_changes_in_the_middle_comes_as_one_version(site):
    content = site.put("dists/changing", os.urandom(1_000_000))
    site.fault("dists/changing", "changed")
    assert site.get("/mirror/site/dists/changing") == (200, content[::-1])


def test_a_server_that_always_dies_is_given_up(site):
    site.put("pool/dying.deb", deb(2_000_000))
    site.fault("pool/dying.deb", "cut-always")
    assert site.get("/mirror/site/pool/dying.deb")[0] == 502
    assert 2 <= len(site.requests("pool/dying.deb")) <= 4
    assert not [name for name in os.listdir(site.lab.folder / "state/mirror/site") if name.startswith(".fetch")]


def test_a_server_that_hangs_is_a_timeout(site):
    site.put("pool/hanging.deb", deb(1000))
    site.fault("pool/hanging.deb", "hang")
    begun = time.monotonic()
    assert site.get("/mirror/site/pool/hanging.deb", timeout=120)[0] == 504
    assert time.monotonic() - begun < 45
    assert "for 15 seconds" in site.events("MIRROR_TIMEOUT")[0]["text"]


def test_a_login_page_is_no_package(site):
    site.put("pool/portal.deb", deb(1000))
    site.fault("pool/portal.deb", "login")
    assert site.get("/mirror/site/pool/portal.deb")[0] == 502
    assert "not the kind of file" in site.events("MIRROR_WRONG")[0]["text"]


@pytest.mark.parametrize("path", ["dists/x/by-hash/SHA256/{sha256}", "dists/x/by-hash/SHA512/{sha512}", "repodata/{sha256}-primary.xml"])
def test_what_is_named_by_its_digest_has_it_or_is_not_served(site, path):
    content = os.urandom(5000)
    path = path.format(sha256=hashlib.sha256(content).hexdigest(), sha512=hashlib.sha512(content).hexdigest())
    site.put(path, content)
    site.fault(path, "wrong")
    assert site.get("/mirror/site/" + path)[0] == 502
    site.lab.stop_imprint()  # forgets it
    site.faults()
    site.lab.start_imprint(extra=CONFIG)
    assert site.get("/mirror/site/" + path) == (200, content)


def test_a_file_that_is_too_large_is_refused_before_it_comes(site):
    site.put("pool/large.deb", deb(1000))
    site.fault("pool/large.deb", "long")
    assert site.get("/mirror/site/pool/large.deb")[0] == 502
    assert site.events("MIRROR_TOO_LARGE")


def test_the_cache_keeps_its_size_and_drops_what_was_asked_for_longest_ago(site):
    for number in range(5):
        site.put(f"pool/n{number}.deb", deb(600_000))
    for number in (0, 1, 2, 0, 3):
        assert site.get(f"/mirror/small/pool/n{number}.deb")[0] == 200
    assert site.status("small")["bytes"] <= 2 << 20
    site.log_file.write_text("")
    for number in (0, 2, 3):
        assert site.get(f"/mirror/small/pool/n{number}.deb")[0] == 200
    assert site.log_file.read_text() == ""
    assert site.get("/mirror/small/pool/n1.deb")[0] == 200
    assert len(site.requests("pool/n1.deb")) == 1


@pytest.mark.parametrize("path", ["/mirror/folder/../outer.txt", "/mirror/folder/%2e%2e/outer.txt", "/mirror/folder//%2e%2e%2fouter.txt",
                                  "/mirror/folder/..%5couter.txt", "/mirror/folder/in.txt?x=1", "/mirror/off/outer.txt", "/mirror/nobody/outer.txt",
                                  "/mirror/folder", "/mirror/", "/mirror/folder/sub/"])
def test_nothing_leads_out_of_a_mirror(site, path):
    site.put("outer.txt", b"outer")
    site.put("inner/in.txt", b"inner")
    site.fault("inner/sub", "to /inner/sub/")
    assert site.get(path)[0] in (403, 404)
    assert not site.requests("outer.txt")


def test_names_reach_the_server_as_names(site):
    content = site.put("inner/a b?c#d%41", b"strange")
    assert site.get("/mirror/folder/a%20b%3fc%23d%2541") == (200, content)
    assert site.log_file.read_text().split()[1] == "/inner/a%20b%3Fc%23d%2541"


def test_a_redirect_is_followed_but_not_to_this_machine_nor_for_ever(site):
    content = site.put("pool/target.deb", deb(5000))
    site.fault("pool/moved.deb", "to /pool/target.deb")
    assert site.get("/mirror/site/pool/moved.deb") == (200, content)
    for number, target in enumerate(["http://127.0.0.1:8080/x", "http://[::1]/x", "http://169.254.169.254/latest", "ftp://192.168.77.60/x", "file:///etc/passwd"]):
        site.fault(f"pool/away{number}.deb", f"to {target}")
        assert site.get(f"/mirror/site/pool/away{number}.deb")[0] == 502
    site.fault("pool/loop.deb", "loop")
    assert site.get("/mirror/site/pool/loop.deb")[0] == 502
    assert len(site.requests("pool/loop.deb")) == 6


def test_people_see_and_clear_a_cache(site):
    site.put("pool/clear/one.deb", deb(1000))
    site.put("pool/clear/two.deb", deb(1000))
    site.get("/mirror/site/pool/clear/one.deb")
    site.get("/mirror/site/pool/clear/two.deb")
    shown = site.lab.cli("mirror", "status", "site").stdout
    assert "http://192.168.77.60:8080" in shown
    assert site.lab.cli("mirror", "status", "nobody", check=False).returncode == 1
    assert "removed 1 files" in site.lab.cli("mirror", "clear", "site", "pool/clear/one.deb").stdout
    assert site.lab.cli_json("mirror", "clear", "site", "pool/clear")["files"] == 1
    assert site.lab.cli_json("mirror", "clear", "site")["files"] > 1
    assert site.status()["files"] == 0 and site.status()["bytes"] == 0
    assert site.lab.cli("mirror", "clear", "nobody", check=False).returncode == 1
    site.lab.wait("the files to go", lambda: os.listdir(site.lab.folder / "state/mirror/site") == [])


def test_a_reload_brings_new_mirrors_and_takes_old_ones(site):
    site.put("pool/reload.deb", deb(1000))
    path = site.lab.folder / "imprint.yaml"
    before = path.read_text()
    path.write_text(before.replace("name: off", "name: fresh").replace("enabled: no", "enabled: yes"))
    site.lab.imprint.send_signal(1)
    site.lab.wait("the new mirror", lambda: site.get("/mirror/fresh/pool/reload.deb")[0] == 200)
    assert site.get("/mirror/off/pool/reload.deb")[0] == 404
    path.write_text(before)
    site.lab.imprint.send_signal(1)
    site.lab.wait("its end", lambda: site.get("/mirror/fresh/pool/reload.deb")[0] == 404)


def test_stopping_in_the_middle_of_a_fetch_is_quick_and_leaves_nothing(site):
    site.put("pool/stop.deb", deb(1000))
    site.fault("pool/stop.deb", "hang")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(site.lab.run, "curl", "-s", SERVER + "/mirror/site/pool/stop.deb", host="client", check=False)
        site.lab.wait("the fetch", lambda: site.status()["fetches"])
        begun = time.monotonic()
        assert site.lab.stop_imprint() == 0
        assert time.monotonic() - begun < 10
        answer.result()
    assert not [name for name in os.listdir(site.lab.folder / "state/mirror/site") if name.startswith(".fetch")]
    site.lab.start_imprint(extra=CONFIG)
