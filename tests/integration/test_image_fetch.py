# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint image fetch: signed lists, checksums, broken downloads, and that nothing is added that is not right."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest
import yaml

UPSTREAM = pathlib.Path(__file__).resolve().parents[1] / "lab" / "upstream.py"
BASE = "http://192.168.77.60:8080/"


class Keys:
    """Throw-away OpenPGP keys."""

    def __init__(self, folder):
        self.home = folder / "gpg"
        self.home.mkdir(mode=0o700)
        self.fingerprints = {}
        for name, expires in (("maker", "never"), ("other", "never"), ("old", "seconds=3600")):
            self.gpg("--quick-gen-key", f"{name}@example.test", "ed25519", "sign", expires)
            listed = self.gpg("--list-keys", "--with-colons", f"{name}@example.test").decode().splitlines()
            self.fingerprints[name] = next(line for line in listed if line.startswith("fpr:")).split(":")[9]
        self.export("maker", folder / "maker.gpg")
        self.export("maker", folder / "maker.asc", "--armor")
        (folder / "both.gpg").write_bytes(self.gpg("--export", "maker@example.test", "other@example.test"))

    def gpg(self, *words, data=None):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback",
                               "--faked-system-time", "20260101T000000!", *words], check=True, capture_output=True, input=data).stdout

    def export(self, name, path, *words):
        path.write_bytes(self.gpg(*words, "--export", f"{name}@example.test"))

    def sign(self, data, name="maker", how="--detach-sign"):
        return self.gpg("--local-user", f"{name}@example.test", how, data=data)


class Site:
    """A lab with an imprint, an upstream that has images, and offers of them."""

    def __init__(self, lab):
        self.lab = lab
        self.keys = Keys(lab.folder)
        self.folder = lab.make_folder("upstream")
        self.faults_file = lab.folder / "faults.json"
        self.log_file = lab.folder / "upstream.requests"
        self.cache = lab.make_folder("cache")
        self.offers = []
        lab.add_host("upstream", "192.168.77.60")
        self.fault()
        self.log_file.write_text("")
        lab.start("/usr/bin/python3", UPSTREAM, self.folder, 8080, self.faults_file, self.log_file, host="upstream")
        lab.wait("the upstream", lambda: lab.run("curl", "-s", BASE, check=False).returncode == 0)
        tree = lab.make_folder("live-tree")
        (tree / "live").mkdir()
        (tree / "live" / "vmlinuz-6.1.0-18-amd64").write_bytes(os.urandom(70_000))
        (tree / "live" / "initrd.img-6.1.0-18-amd64").write_bytes(os.urandom(1_000_001))
        (tree / "live" / "filesystem.squashfs").write_bytes(os.urandom(2_000_003))
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "d-live 12.5.0", "-o", lab.folder / "live.iso", tree], check=True)
        self.iso = (lab.folder / "live.iso").read_bytes()

    def fault(self, path=None, fault=None):
        self.faults_file.write_text(json.dumps({"/" + path: fault} if path else {}))

    def put(self, path, content):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def offer(self, name, **about):
        about = {"name": name, "description": "Something", "base": BASE, **about}
        about.setdefault("keyring", str(self.lab.folder / "maker.gpg"))
        self.offers = [offer for offer in self.offers if offer["name"] != name] + [about]
        (self.lab.folder / "offers.yaml").write_text(yaml.safe_dump({"offers": self.offers}))

    def make(self, name, content=None, signer="maker", **about):
        """An image with a list of checksums and a detached signature below NAME/, and its offer."""
        content = self.iso if content is None else content
        listed = f"{hashlib.sha256(content).hexdigest()}  {name}.iso\n".encode()
        self.put(f"{name}/{name}.iso", content)
        self.put(f"{name}/SHA256SUMS", listed)
        self.put(f"{name}/SHA256SUMS.gpg", self.keys.sign(listed, signer))
        self.offer(name, **{"base": f"{BASE}{name}/", "lists": "SHA256SUMS", "signature": "SHA256SUMS.gpg", "file": f"{name}.iso", **about})

    def fetch(self, *words, check=False):
        return self.lab.cli("image", "fetch", *words, "--offers", self.lab.folder / "offers.yaml", check=check,
                            env=dict(os.environ, TMPDIR=str(self.cache)))

    def refused(self, name, *says, words=()):
        """Fetching is refused, nothing is added, and these words are said."""
        done = self.fetch(name, *words)
        assert done.returncode == 1, done.stdout + done.stderr
        assert not self.has(name)
        for word in says:
            assert word in done.stderr
        return done

    def has(self, name):
        return name in [image["name"] for image in self.lab.cli_json("image", "list")]

    def left(self):
        return sorted(path.name for path in self.cache.rglob("*") if path.is_file())

    def requests(self, path):
        return [line for line in self.log_file.read_text().splitlines() if line.split()[1] == "/" + path]


@pytest.fixture(scope="module")
def site():
    from lab import Lab
    if not shutil.which("gpg"):
        pytest.fail("a program is missing: tools/setup test installs it")
    with Lab() as lab:
        lab.start_imprint()
        yield Site(lab)
        subprocess.run(["gpgconf", "--homedir", lab.folder / "gpg", "--kill", "all"], check=False)


@pytest.fixture(autouse=True)
def quiet(site):
    site.fault()
    site.log_file.write_text("")
    shutil.rmtree(site.cache)
    site.lab.make_folder("cache")


def test_a_signed_image_is_fetched_checked_and_added(site):
    site.make("good")
    done = site.fetch("good", check=True)
    assert "its signature is good" in done.stderr
    image = site.lab.cli_json("image", "show", "good")
    assert image["family"] == "debian-live" and image["medium"] == "good/medium.iso"
    assert (site.lab.folder / "state/images/good/medium.iso").read_bytes() == site.iso
    assert site.left() == []
    assert "good" in site.fetch("good").stderr  # there is one by that name: nothing is fetched for it
    assert len(site.requests("good/good.iso")) == 1


def test_an_image_may_have_another_name_and_come_from_a_mirror(site):
    site.make("named", base="http://192.168.77.61/nowhere/")
    site.fetch("named", "--as", "mine", "--from", BASE + "named", check=True)
    assert site.has("mine") and not site.has("named")


def test_a_chain_of_lists_leads_from_the_archive_to_a_tree(site):
    tree = site.lab.make_folder("installer")
    (tree / "debian-installer/amd64").mkdir(parents=True)
    (tree / "debian-installer/amd64/linux").write_bytes(os.urandom(60_000))
    (tree / "debian-installer/amd64/initrd.gz").write_bytes(os.urandom(600_000))
    archive = subprocess.run(["tar", "-cz", "-C", tree, "."], check=True, capture_output=True).stdout
    sums = f"{'0' * 64}  ./netboot/gtk/netboot.tar.gz\n{hashlib.sha256(archive).hexdigest()}  ./netboot/netboot.tar.gz\n".encode()
    release = f"Suite: stable\nSHA256:\n {hashlib.sha256(sums).hexdigest()} {len(sums)} main/images/SHA256SUMS\n".encode()
    site.put("dists/x/InRelease", site.keys.sign(release, how="--clear-sign"))
    site.put("dists/x/main/images/SHA256SUMS", sums)
    site.put("dists/x/main/images/netboot/netboot.tar.gz", archive)
    site.offer("tree", lists="dists/x/InRelease dists/x/main/images/SHA256SUMS", signature="inline", file="netboot/netboot.tar.gz", tree="yes")
    site.put("dists/x/main/images/SHA256SUMS", sums + b"# changed\n")
    site.refused("tree", "has not the checksum")
    site.put("dists/x/main/images/SHA256SUMS", sums)
    site.fetch("tree", check=True)
    assert site.lab.cli_json("image", "show", "tree")["kernel"] == "debian-installer/amd64/linux"


def test_what_stands_around_an_inline_signature_is_not_believed(site):
    listed = f"SHA256 (in.iso) = {hashlib.sha256(site.iso).hexdigest()}\n".encode()
    evil = f"SHA256 (in.iso) = {'0' * 64}\n".encode()
    site.put("in/in.iso", site.iso)
    site.put("in/CHECKSUM", evil + site.keys.sign(listed, how="--clear-sign") + evil)
    site.offer("in", base=BASE + "in/", lists="CHECKSUM", signature="inline", file="in.iso")
    site.fetch("in", check=True)
    assert site.has("in")


def test_the_file_itself_may_be_signed(site):
    site.put("self.iso", site.iso)
    site.put("self.iso.sig", site.keys.sign(site.iso))
    site.offer("self", signature="self.iso.sig", file="self.iso")
    site.put("self.iso", site.iso[:-1] + b"x")
    site.refused("self", "signature", "wrong")
    assert site.left() == []
    site.put("self.iso", site.iso)
    site.fetch("self", check=True)
    assert site.has("self")


def test_the_newest_of_several_is_taken(site):
    listed = "".join(f"{hashlib.sha256(site.iso if version == '9.10' else b'').hexdigest()} *sys-{version}-boot.iso\n" for version in ("9.9", "9.10", "9.2"))
    site.put("new/SUMS", listed.encode())
    site.put("new/SUMS.asc", site.keys.sign(listed.encode()))
    site.put("new/sys-9.10-boot.iso", site.iso)
    site.offer("new", base=BASE + "new/", lists="SUMS", signature="SUMS.asc", file="sys-9.*-boot.iso")
    site.fetch("new", check=True)
    assert site.has("new")


def test_a_connection_that_breaks_is_taken_up_again(site):
    site.make("cut")
    site.fault("cut/cut.iso", "cut")
    site.fetch("cut", check=True)
    assert [line.split()[2] for line in site.requests("cut/cut.iso")] == ["-", f"bytes={len(site.iso) // 2}-"]


def test_a_download_that_broke_off_goes_on_the_next_time(site):
    site.make("later")
    site.fault("later/later.iso", "status 500")
    site.refused("later", "answers with 500")
    part = next(site.cache.iterdir()) if list(site.cache.iterdir()) else site.cache / f"imprint-fetch-{os.geteuid()}"
    part.mkdir(mode=0o700, exist_ok=True)
    (part / "later.later.iso").write_bytes(site.iso[:1_000_000])
    site.fault()
    site.log_file.write_text("")
    site.fetch("later", check=True)
    assert [line.split()[2] for line in site.requests("later/later.iso")] == ["bytes=1000000-"]
    assert site.left() == []


@pytest.mark.parametrize("size", [18_000, 40_000_000])
def test_the_beginning_of_another_version_is_thrown_away(site, size):
    name = f"stale{size}"
    site.make(name)
    part = site.cache / f"imprint-fetch-{os.geteuid()}"
    part.mkdir(mode=0o700)
    (part / f"{name}.{name}.iso").write_bytes(b"x" * size)
    site.fetch(name, check=True)
    assert (site.lab.folder / f"state/images/{name}/medium.iso").read_bytes() == site.iso


def test_a_wrong_checksum_adds_nothing_and_leaves_nothing(site):
    site.make("wrong")
    site.fault("wrong/wrong.iso", "wrong")
    site.refused("wrong", "has not the checksum")
    assert site.left() == []


def test_a_changed_list_is_refused_before_the_image_is_fetched(site):
    site.make("changed")
    site.put("changed/SHA256SUMS", f"{hashlib.sha256(b'evil').hexdigest()}  changed.iso\n".encode())
    site.refused("changed", "signature", "wrong")
    assert not site.requests("changed/changed.iso")


@pytest.mark.parametrize("signer", ["other", "old"])
def test_the_signature_of_another_or_an_expired_key_is_refused(site, signer):
    site.keys.export("old", site.lab.folder / "old.gpg")
    site.make(f"by-{signer}", signer=signer, keyring=str(site.lab.folder / ("old.gpg" if signer == "old" else "maker.gpg")))
    site.refused(f"by-{signer}", "no signature by a key that is known and still good")
    assert not site.requests(f"by-{signer}/by-{signer}.iso")


def test_a_key_of_the_keyring_that_may_not_sign_is_refused(site):
    site.make("pinned", signer="other", keyring=str(site.lab.folder / "both.gpg"), fingerprints=site.keys.fingerprints["maker"])
    site.refused("pinned", site.keys.fingerprints["other"], "may not sign")
    site.make("pinned", keyring=str(site.lab.folder / "both.gpg"), fingerprints=site.keys.fingerprints["maker"])
    site.fetch("pinned", check=True)


def test_a_fetched_key_is_worth_its_fingerprint(site):
    site.put("keys/maker.asc", (site.lab.folder / "maker.asc").read_bytes())
    site.put("keys/none.asc", b"<html>no key here</html>")
    fingerprint = site.keys.fingerprints["maker"]
    site.make("key", keyring="", key=BASE + "keys/none.asc", fingerprints=fingerprint)
    site.refused("key", "there is no OpenPGP key")
    site.make("key", keyring="", key=BASE + "keys/maker.asc", fingerprints="0" * 40)
    site.refused("key", "may not sign")
    site.make("key", keyring="", key=BASE + "keys/gone.asc", fingerprints=fingerprint)
    site.refused("key", "404", fingerprint)
    site.make("key", keyring="", key=BASE + "keys/maker.asc", fingerprints=fingerprint)
    site.fetch("key", check=True)
    assert site.has("key")


def test_keys_of_the_users_may_be_armored(site):
    site.make("own", keyring="/nowhere.gpg", package="some-keyring")
    site.refused("own", "apt install some-keyring")
    site.fetch("own", "--keyring", site.lab.folder / "maker.asc", check=True)
    assert site.has("own")


def test_without_a_signature_https_must_vouch(site):
    site.make("unsigned", signature="")
    site.refused("unsigned", "nobody signs unsigned")
    site.refused("unsigned", "HTTPS must vouch", words=("--unsigned",))
    site.make("unsigned")
    site.refused("unsigned", "HTTPS must vouch", words=("--unsigned",))
    assert not site.log_file.read_text()


def test_two_at_once_do_not_spoil_each_other(site):
    site.make("twice")
    site.fault("twice/SHA256SUMS", "wait 3")
    from lab.network import imprint_binary
    words = [imprint_binary(), "image", "fetch", "twice", "--offers", site.lab.folder / "offers.yaml", "--socket",
             site.lab.folder / "control.sock"]
    first = subprocess.Popen(site.lab.command(*words), env=dict(os.environ, TMPDIR=str(site.cache)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        site.lab.wait("the first", lambda: site.requests("twice/SHA256SUMS"))
        assert "is being fetched already" in site.fetch("twice").stderr
    finally:
        assert first.wait(60) == 0
    assert site.has("twice")


def test_an_unknown_name_leads_to_the_nearest(site):
    site.make("something")
    done = site.fetch("somthing")
    assert done.returncode == 1 and "did you mean something?" in done.stderr


def test_the_list_of_offers_has_what_is_shipped_and_ones_own(site):
    site.make("mine-alone")
    names = [offer["name"] for offer in json.loads(site.fetch("--json", check=True).stdout)]
    assert "debian-12" in names and "ubuntu-24.04" in names and "mine-alone" in names


@pytest.mark.parametrize("text,says", [("offers: [{name: x}]", '"description"'), ("offers: [{nam: x}]", "no such key"), ("x: 1", "list called 'offers'"),
                                       ("offers: [{name: x, description: y, base: 'ftp://x/', file: z}]", "http://"),
                                       ("offers: [{name: x, description: y, base: 'http://x/', file: 'z*', signature: s}]", "named and signed"),
                                       ("offers: [", "not YAML")])
def test_a_broken_file_of_offers_is_told_with_its_place(site, text, says):
    (site.lab.folder / "broken.yaml").write_text(text)
    done = site.lab.cli("image", "fetch", "--offers", site.lab.folder / "broken.yaml", check=False)
    assert done.returncode == 1
    assert says in done.stderr and "broken.yaml:" in done.stderr


def test_an_image_is_added_by_its_url(site, quiet):
    lab = site.lab
    site.put("live 12.iso", site.iso)
    url = BASE + "live%2012.iso"
    digest = hashlib.sha256(site.iso).hexdigest()
    add = lambda *words: lab.cli("image", "add", url, *words, check=False, env=dict(os.environ, TMPDIR=str(site.cache)))
    wrong = add("by-url", "--sha256", "0" * 64)
    assert wrong.returncode == 1 and f"the file's SHA-256 is {digest}, not the one that --sha256 says" in wrong.stderr
    assert not site.has("by-url") and not [name for name in site.left() if not name.endswith(".lock")]
    site.fault("live 12.iso", "cut")
    assert add("by-url", "--sha256", digest.upper()).returncode == 0  # it goes on by itself
    assert site.has("by-url") and not site.left()
    again = add("by-url")
    assert again.returncode == 1 and "by-url" in again.stderr  # said before the download
    site.fault()
    assert add("--description", "named by its URL").returncode == 0
    assert site.has("live-2012") or site.has("live-12")
    gone = lab.cli("image", "add", BASE + "nothing.iso", check=False)
    assert gone.returncode == 1 and "nothing.iso" in gone.stderr
    for name in ("by-url", "live-2012", "live-12"):
        lab.cli("image", "remove", name, check=False)
