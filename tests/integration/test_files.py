# SPDX-License-Identifier: GPL-3.0-or-later
"""Files over TFTP and HTTP with the packaged clients, and the content tree's rules."""

import hashlib
import os

import pytest


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One lab with files for the whole module."""
    from lab import Lab
    with Lab() as lab:
        root = lab.make_folder("tftp")
        (root / "big.bin").write_bytes(os.urandom(5_000_000 + 17))
        (root / "empty").write_bytes(b"")
        (root / "exact").write_bytes(os.urandom(512 * 8))
        (root / "text").write_bytes(b"one\ntwo\r\nthree\n")
        (root / "Boot").mkdir()
        (root / "Boot" / "BCD").write_bytes(b"store")
        (root / "out").symlink_to("/etc/passwd")
        (root / "secret").write_text("x")
        (root / "secret").chmod(0o600)
        (root / "app.efi").write_bytes(b"MZ")
        lab.start_imprint()
        lab.add_host("client", "192.168.77.50")
        lab.root = root
        yield lab


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


TFTP_CLIENTS = {
    "tftp-hpa": ["tftp", "-m", "binary", "192.168.77.1", "-c", "get", "{name}", "{out}"],
    "atftp": ["atftp", "--get", "-r", "{name}", "-l", "{out}", "192.168.77.1"],
    "atftp-window": ["atftp", "--option", "blksize 1428", "--option", "windowsize 16", "--get", "-r", "{name}", "-l", "{out}", "192.168.77.1"],
    "curl": ["curl", "-sS", "--fail", "-o", "{out}", "tftp://192.168.77.1/{name}"],
    "curl-plain": ["curl", "-sS", "--tftp-no-options", "-o", "{out}", "tftp://192.168.77.1/{name}"],
    "curl-1468": ["curl", "-sS", "--tftp-blksize", "1468", "-o", "{out}", "tftp://192.168.77.1/{name}"],
    "busybox": ["busybox", "tftp", "-g", "-r", "{name}", "-l", "{out}", "192.168.77.1"],
    "busybox-1408": ["busybox", "tftp", "-g", "-b", "1408", "-r", "{name}", "-l", "{out}", "192.168.77.1"],
}


@pytest.mark.parametrize("name", ["big.bin", "exact", "empty"])
@pytest.mark.parametrize("program", TFTP_CLIENTS)
def test_tftp_clients_get_the_whole_file(shared, program, name):
    if program in ("curl", "curl-1468") and name == "empty":
        name = "exact"  # curl 7.88 gives up on an empty file whose transfer is over with the first packet, whoever serves it
    out = shared.folder / f"{program}-{name}"
    out.write_bytes(b"")
    shared.run(*(word.format(name=name, out=out) for word in TFTP_CLIENTS[program]), host="client", timeout=90)
    assert digest(out) == digest(shared.root / name)


def test_netascii_converts_line_ends(shared):
    out = shared.folder / "netascii"
    shared.run("tftp", "-m", "netascii", "192.168.77.1", "-c", "get", "text", out, host="client")
    assert out.read_bytes().replace(b"\r\0", b"\r") == b"one\ntwo\r\nthree\n"


@pytest.mark.parametrize("name", ["Boot/BCD", "boot/bcd", "\\Boot\\BCD", "/boot\\bcd", "//Boot//BCD", "C:\\boot\\bcd"])
def test_names_as_windows_loaders_write_them_find_the_file(shared, name):
    out = shared.folder / "bcd"
    out.unlink(missing_ok=True)
    shared.run("atftp", "--get", "-r", name, "-l", out, "192.168.77.1", host="client")
    assert out.read_bytes() == b"store"


@pytest.mark.parametrize("name", ["../imprint.yaml", "Boot/../../imprint.yaml", "out", "secret", "nothing", "..\\imprint.yaml"])
def test_what_is_outside_unreadable_or_absent_is_refused(shared, name):
    out = shared.folder / "refused"
    out.unlink(missing_ok=True)
    done = shared.run("atftp", "--get", "-r", name, "-l", out, "192.168.77.1", host="client", check=False)
    assert done.returncode != 0 or not out.exists() or out.stat().st_size == 0
    code = shared.run("curl", "-s", "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", "http://192.168.77.1/" + name.replace("\\", "%5C"),
                      host="client").stdout
    assert code in ("403", "404")


def test_writing_is_refused(shared):
    source = shared.folder / "upload"
    source.write_bytes(b"data")
    done = shared.run("atftp", "--put", "-l", source, "-r", "upload", "192.168.77.1", host="client", check=False)
    assert done.returncode != 0 and not (shared.root / "upload").exists()


def curl(shared, *words):
    return shared.run("curl", "-sS", *words, host="client").stdout  # line ends become \n


def test_http_serves_whole_files_ranges_and_heads(shared):
    out = shared.folder / "http"
    curl(shared, "--fail", "-o", out, "http://192.168.77.1/big.bin")
    assert digest(out) == digest(shared.root / "big.bin")
    curl(shared, "--fail", "-r", "1000000-", "-o", out, "http://192.168.77.1/big.bin")
    assert out.read_bytes() == (shared.root / "big.bin").read_bytes()[1000000:]
    head = curl(shared, "-I", "http://192.168.77.1/big.bin")
    assert head.startswith("HTTP/1.1 200 OK\n") and "Content-Length: 5000017" in head
    assert "Accept-Ranges: bytes" in head and "ETag: \"" in head
    assert not [line for line in head.splitlines() if line.endswith(":") or line.endswith(": ")]


def test_http_knows_types_not_modified_and_unsatisfiable(shared):
    assert "Content-Type: application/efi\n" in curl(shared, "-I", "http://192.168.77.1/app.efi")
    etag = next(line for line in curl(shared, "-I", "http://192.168.77.1/app.efi").splitlines() if line.startswith("ETag")).split(" ", 1)[1]
    code = ["-o", "/dev/null", "-w", "%{http_code}"]
    assert curl(shared, *code, "-H", f"If-None-Match: {etag}", "http://192.168.77.1/app.efi") == "304"
    assert curl(shared, *code, "-r", "99-", "http://192.168.77.1/app.efi") == "416"
    assert curl(shared, *code, "-X", "POST", "-d", "x", "http://192.168.77.1/app.efi") == "405"


def test_wget_resumes(shared):
    out = shared.folder / "wget"
    out.write_bytes((shared.root / "big.bin").read_bytes()[:2_000_000])
    shared.run("wget", "-q", "-c", "-O", out, "http://192.168.77.1/big.bin", host="client")
    assert digest(out) == digest(shared.root / "big.bin")


@pytest.mark.parametrize("name", ["pxelinux.0", "ldlinux.c32", "shimx64.efi", "grubx64.efi", "grubnetia32.efi", "undionly.kpxe"])
def test_the_loaders_are_there(shared, name):
    curl(shared, "--fail", "-o", "/dev/null", f"http://192.168.77.1/{name}")


def test_many_tftp_clients_at_once(shared):
    script = "for n in $(seq 60); do curl -sS --fail --tftp-blksize 1428 tftp://192.168.77.1/big.bin | sha256sum & done; wait"
    sums = shared.run("bash", "-c", script, host="client", timeout=120).stdout.split()
    assert sums.count(digest(shared.root / "big.bin")) == 60
