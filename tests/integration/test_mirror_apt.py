# SPDX-License-Identifier: GPL-3.0-or-later
"""apt through /mirror/: a small archive made by Debian's own tools, signed, with by-hash, and what apt makes of a mirror whose server is slow or gone."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

UPSTREAM = pathlib.Path(__file__).resolve().parents[1] / "lab" / "upstream.py"
CONFIG = """
mirrors:
  - { name: site, url: "http://192.168.77.60:8080/debian/" }
"""


class Archive:
    """An archive with packages of some size, in the layout of Debian's."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.make_folder("archive")
        self.root = self.folder / "debian"
        self.pool = self.root / "pool/main"
        self.pool.mkdir(parents=True)
        self.home = lab.folder / "gpg"
        self.home.mkdir(mode=0o700)
        self.gpg("--quick-gen-key", "archive@example.test", "ed25519", "sign", "never")
        (lab.folder / "archive.gpg").write_bytes(self.gpg("--export"))
        for name, depends in (("app", "library"), ("library", ""), ("large", "")):
            self.make_package(name, depends)
        self.publish()
        self.faults = lab.folder / "faults.json"
        self.faults.write_text("{}")
        self.log = lab.folder / "requests"
        self.start()

    def gpg(self, *words, data=None):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback", *words],
                              check=True, capture_output=True, input=data).stdout

    def make_package(self, name, depends):
        tree = self.lab.folder / f"package-{name}"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "usr/share").mkdir(parents=True)
        (tree / "usr/share" / name).write_bytes(os.urandom(400_000))
        (tree / "DEBIAN/control").write_text(f"Package: {name}\nVersion: 1.0~rc1+b1\nArchitecture: all\nMaintainer: Nobody <nobody@example.test>\n"
                                             + (f"Depends: {depends}\n" if depends else "") + "Description: for a test\n")
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", tree, self.pool / f"{name}_1.0~rc1+b1_all.deb"], check=True, capture_output=True)

    def publish(self):
        binary = self.root / "dists/stable/main/binary-amd64"
        shutil.rmtree(self.root / "dists", ignore_errors=True)
        binary.mkdir(parents=True)
        packages = subprocess.run(["apt-ftparchive", "packages", "pool"], cwd=self.root, check=True, capture_output=True).stdout
        (binary / "Packages").write_bytes(packages)
        subprocess.run(["xz", "--keep", binary / "Packages"], check=True)
        words = [option for key, value in (("Suite", "stable"), ("Codename", "stable"), ("Architectures", "amd64"), ("Components", "main"),
                                           ("Acquire-By-Hash", "yes")) for option in ("-o", f"APT::FTPArchive::Release::{key}={value}")]
        release = subprocess.run(["apt-ftparchive", *words, "release", "dists/stable"], cwd=self.root, check=True, capture_output=True).stdout
        by_hash = binary / "by-hash/SHA512"  # the strongest that the Release file has is what apt asks for
        by_hash.mkdir(parents=True)
        for name in ("Packages", "Packages.xz"):
            shutil.copy(binary / name, by_hash / hashlib.sha512((binary / name).read_bytes()).hexdigest())
        (self.root / "dists/stable/InRelease").write_bytes(self.gpg("--clear-sign", data=release))

    def start(self):
        self.log.write_text("")
        self.process = self.lab.start("/usr/bin/python3", UPSTREAM, self.folder, 8080, self.faults, self.log, host="upstream")
        self.lab.wait("the upstream", lambda: self.lab.run("curl", "-s", "http://192.168.77.60:8080/", host="client", check=False).returncode == 0)
        self.log.write_text("")

    def fetched(self):
        """What was asked of the upstream."""
        return [line.split()[1] for line in self.log.read_text().splitlines()]


class Machine:
    """A folder in which apt works as if it were a machine's root, in the client's namespace."""

    def __init__(self, lab, name):
        self.lab = lab
        self.root = lab.make_folder(f"machine-{name}")
        for folder in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").write_text("")
        (self.root / "etc/apt/sources.list").write_text(f"deb [signed-by={lab.folder}/archive.gpg] http://192.168.77.1/mirror/site stable main\n")

    def apt(self, *words, check=True):
        options = [f"Dir={self.root}", f"Dir::State::status={self.root}/var/lib/dpkg/status", "APT::Architecture=amd64", "APT::Sandbox::User=root",
                   "Acquire::Languages=none", "APT::Update::Error-Mode=any", "Acquire::http::Proxy=DIRECT", "DPkg::Lock::Timeout=0"]
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return self.lab.run("apt-get", "--yes", *[word for option in options for word in ("-o", option)], *words, host="client", check=check, timeout=120,
                            env=environment)

    def has(self, *names):
        files = [path.name for path in (self.root / "var/cache/apt/archives").glob("*.deb")]
        return all(any(file.startswith(name + "_") for file in files) for name in names)


@pytest.fixture(scope="module")
def lab():
    from lab import Lab
    for program in ("apt-ftparchive", "gpg", "dpkg-deb"):
        if not shutil.which(program):
            pytest.fail("a program is missing: tools/setup test installs it")
    with Lab() as lab:
        lab.add_host("upstream", "192.168.77.60")
        lab.add_host("client", "192.168.77.50")
        lab.start_imprint(extra=CONFIG)
        lab.archive = Archive(lab)
        yield lab
        subprocess.run(["gpgconf", "--homedir", lab.folder / "gpg", "--kill", "all"], check=False)


def test_apt_installs_from_the_mirror_and_the_next_machine_costs_the_server_nothing(lab):
    first = Machine(lab, "first")
    first.apt("update")
    first.apt("install", "--download-only", "app")
    assert first.has("app", "library")
    asked = lab.archive.fetched()
    assert len(asked) == len(set(asked)) and any("/by-hash/SHA512/" in path for path in asked)
    lab.archive.log.write_text("")
    second = Machine(lab, "second")
    second.apt("update")
    second.apt("install", "--download-only", "app")
    assert second.has("app", "library")
    assert lab.archive.fetched() == []


def test_apt_that_gives_up_finds_the_package_at_its_next_try(lab):
    name = "/debian/pool/main/large_1.0~rc1%2Bb1_all.deb"
    lab.archive.faults.write_text(json.dumps({name: "rate 50000"}))  # 8 seconds
    machine = Machine(lab, "slow")
    machine.apt("update")
    begun = time.monotonic()
    machine.apt("-o", "Acquire::http::Timeout=3", "-o", "Acquire::Retries=3", "install", "--download-only", "large")
    assert time.monotonic() - begun > 3  # it gave up at least once
    assert machine.has("large")
    assert len([path for path in lab.archive.fetched() if "large_" in path]) == 1
    lab.archive.faults.write_text("{}")


def test_a_new_package_is_seen_when_the_list_is_not_fresh_any_more(lab):
    lab.archive.make_package("fresh", "")
    lab.archive.publish()
    lab.cli("mirror", "clear", "site", "dists")  # as a minute would
    machine = Machine(lab, "fresh")
    machine.apt("update")
    machine.apt("install", "--download-only", "fresh")
    assert machine.has("fresh")


def test_apt_installs_what_is_in_the_cache_when_the_server_is_gone(lab):
    lab.archive.lab.stop(lab.archive.process)
    lab.stop_imprint()
    lab.start_imprint(extra=CONFIG)
    machine = Machine(lab, "alone")
    machine.apt("update")
    machine.apt("install", "--download-only", "app")
    assert machine.has("app", "library")
    assert any("MIRROR_STALE" in event.get("reasons", []) for event in lab.events())
    lab.archive.start()
